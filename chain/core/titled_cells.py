"""Reads the rows of a table by its titles; every bad cell is kept with its row, its column and the reason."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from chain.core.errors import DomainError
from chain.core.i18n import N_, Message
from chain.core.tables import CELL_BLANK, COLUMN_TWICE, Table, UnusableFile

COLUMN_MISSING = N_("The column “%(column)s” is missing.")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that cannot be used; rows are counted as a spreadsheet shows them."""

    row: int
    column: str
    reason: Message


class UnreadableCell(ValueError):
    """What a reader of cells raises when the text is not what it reads."""

    def __init__(self, text: str, **params: object) -> None:
        super().__init__(text)
        self.reason = Message(text, params)


class TitledRow:
    """A row with its cells by column."""

    def __init__(self, number: int, cells: Mapping[str, str]) -> None:
        self.number = number
        self.cells = cells
        self.bad: list[BadCell] = []

    def read(self, column: str, read: Callable[[str], T]) -> T | None:
        """Return what a cell says; None, with the reason in `bad`, when it is blank or cannot be read."""
        text = self.cells.get(column, "")
        if not text:
            self.bad.append(BadCell(self.number, column, Message(CELL_BLANK)))
            return None
        try:
            return read(text)
        except DomainError as error:
            self.bad.append(BadCell(self.number, column, error.message))
        except UnreadableCell as error:
            self.bad.append(BadCell(self.number, column, error.reason))
        return None

    def read_if_given(self, column: str, read: Callable[[str], T]) -> T | None:
        """Return what a cell says; None when it is blank, which is no mistake."""
        return self.read(column, read) if self.cells.get(column) else None


def titled_rows(
    table: Table,
    titles: Mapping[str, Sequence[str]],
    *,
    optional: Collection[str],
    fold: Callable[[str], str],
) -> Iterator[TitledRow]:
    """Yield the rows that are not blank. `titles` holds what people call each column, as `fold` writes it.

    Raises:
        UnusableFile: a column is missing, or stands twice.
    """
    places = _find_columns(table.titles, titles, optional, fold)
    for number, cells in enumerate(table.rows, start=2):
        if any(cell.strip() for cell in cells):
            yield TitledRow(
                number, {name: cells[at].strip() for name, at in places.items() if at < len(cells)}
            )


def _find_columns(
    found: Sequence[str],
    titles: Mapping[str, Sequence[str]],
    optional: Collection[str],
    fold: Callable[[str], str],
) -> dict[str, int]:
    places: dict[str, int] = {}
    for at, title in enumerate(found):
        word = fold(title)
        for name, known in titles.items():
            if word in known:
                if name in places:
                    raise UnusableFile(COLUMN_TWICE, column=name)
                places[name] = at
    for name in titles:
        if name not in places and name not in optional:
            raise UnusableFile(COLUMN_MISSING, column=name)
    return places
