"""Grades a table of fibre: any usual CSV in, the same rows and columns with their class out. No database, no web."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from chain.core.i18n import N_, Message
from chain.core.tables import CELL_BLANK, COLUMN_TWICE, ROW_TOO_LONG, UnusableFile, safe_cell
from chain.grading.attributes import LENGTH_MM, MICRON, NOT_A_NUMBER, OUT_OF_BOUNDS, Bounds, parse_number
from chain.grading.fibre import FibreClassifier
from chain.grading.result import GradeResult
from chain.grading.scheme_files import colour_lists

ADDED_COLUMNS = ("grade", "grade_name", "reasons")
MICRON_COLUMN, LENGTH_COLUMN, COLOUR_COLUMN = "micron", "length_mm", "colour"

COLUMN_MISSING = N_("The file has no column called “%(column)s”.")
COLUMN_TAKEN = N_("The file already has a column called “%(column)s”. Rename it first.")
COLOUR_NOT_LISTED = N_(
    "The colour “%(colour)s” is not in the list of colours. The class does not depend on it."
)


@dataclass(frozen=True, slots=True)
class BadCell:
    """Why a row got no class; rows count from 1, the titles being row 1, as a spreadsheet shows them."""

    row: int
    column: str
    reason: Message


@dataclass(frozen=True, slots=True)
class GradedRow:
    """The cells of one row as they came, with its class or with what is wrong."""

    cells: Sequence[str]
    result: GradeResult | None
    problems: tuple[BadCell, ...] = ()
    #: what is to be said of this row beside its class
    notes: tuple[Message, ...] = ()


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.casefold())
    return " ".join(
        "".join(one for one in letters if not unicodedata.combining(one)).replace("_", " ").split()
    )


@cache
def _colours() -> frozenset[str]:
    return frozenset(
        _plain(word)
        for scheme in colour_lists()
        for one in scheme.colours
        for word in (one.key, one.letters, str(one.number), *one.names.values())
    )


class TableGrader:
    """Finds the columns of a table once, then grades its rows one by one.

    Raises:
        UnusableFile: the micron column is missing, a needed column stands twice, or an added one is there already.
    """

    def __init__(self, titles: Sequence[str], classifier: FibreClassifier) -> None:
        self._classifier = classifier
        self._width = len(titles)
        plain = [title.strip().lower() for title in titles]
        for column in (MICRON_COLUMN, LENGTH_COLUMN, COLOUR_COLUMN):
            if plain.count(column) > 1:
                raise UnusableFile(COLUMN_TWICE, column=column)
        for column in ADDED_COLUMNS:
            if column in plain:
                raise UnusableFile(COLUMN_TAKEN, column=column)
        if MICRON_COLUMN not in plain:
            raise UnusableFile(COLUMN_MISSING, column=MICRON_COLUMN)
        self._micron_at = plain.index(MICRON_COLUMN)
        self._length_at = plain.index(LENGTH_COLUMN) if LENGTH_COLUMN in plain else None
        self._colour_at = plain.index(COLOUR_COLUMN) if COLOUR_COLUMN in plain else None

    def grade_rows(self, rows: Iterable[Sequence[str]]) -> Iterator[GradedRow]:
        """Grade every row; blank lines keep their place and are no problem."""
        for number, cells in enumerate(rows, start=2):
            if any(cell.strip() for cell in cells):
                yield self._grade(number, cells)
            else:
                yield GradedRow(cells, None)

    def _grade(self, number: int, cells: Sequence[str]) -> GradedRow:
        problems = []
        if len(cells) > self._width:
            problems.append(BadCell(number, str(self._width + 1), Message(ROW_TOO_LONG)))
        micron = self._number(number, cells, self._micron_at, MICRON_COLUMN, MICRON, problems)
        if micron is None and not problems:
            problems.append(BadCell(number, MICRON_COLUMN, Message(CELL_BLANK)))
        length = None
        if self._length_at is not None:
            length = self._number(number, cells, self._length_at, LENGTH_COLUMN, LENGTH_MM, problems)
        if problems:
            return GradedRow(cells, None, tuple(problems))
        whole_mm = None if length is None else int(length.quantize(Decimal(1), ROUND_HALF_UP))
        return GradedRow(cells, self._classifier.classify(micron, whole_mm), notes=self._colour_notes(cells))

    def _colour_notes(self, cells: Sequence[str]) -> tuple[Message, ...]:
        at = self._colour_at
        typed = cells[at].strip() if at is not None and at < len(cells) else ""
        if not typed or _plain(typed) in _colours():
            return ()
        return (Message(COLOUR_NOT_LISTED, {"colour": typed[:40]}),)

    @staticmethod
    def _number(  # noqa: PLR0917 — the cell, where it stands, and where to write what is wrong with it
        row: int, cells: Sequence[str], at: int, column: str, bounds: Bounds, problems: list[BadCell]
    ) -> Decimal | None:
        typed = cells[at].strip() if at < len(cells) else ""
        try:
            value = parse_number(typed)
        except ValueError:
            problems.append(BadCell(row, column, Message(NOT_A_NUMBER, {"value": typed[:40]})))
            return None
        if value is not None and not bounds.hold(value):
            params = {"value": value, "low": bounds.low, "high": bounds.high}
            problems.append(BadCell(row, column, Message(OUT_OF_BOUNDS, params)))
            return None
        return value


def padded(cells: Sequence[str], width: int, added: Sequence[str]) -> list[str]:
    """Return a row for the output: the cells as they came, then the added ones in their columns, then any surplus."""
    kept = [safe_cell(cell) for cell in cells]
    return [*kept[:width], *[""] * (width - len(kept)), *added, *kept[width:]]
