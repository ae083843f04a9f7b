"""Reading the files of a folder cell by cell; whatever cannot be read is noted with its file, line and column."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from chain.core.i18n import N_, Message
from chain.core.tables import MAX_FILE_BYTES, UnusableFile
from chain.core.workbooks import read_any_table
from chain.settlement.fortnight.folder_columns import NO, YES, Sheet

MAX_ROWS = 2_000_000
BAD_CELL = N_("%(file)s, line %(line)s, column %(column)s: %(reason)s")
NO_COLUMN = N_("%(file)s: the column “%(column)s” is missing.")
NO_FILE = N_("The file %(file)s is missing in %(folder)s.")
BAD_FILE = N_("%(file)s: %(problem)s")
EMPTY = N_("The cell is empty.")
NOT_A_DATE = N_("“%(value)s” is not a date. Write 2026-07-08 or 08/07/2026.")
NOT_A_NUMBER = N_(
    "“%(value)s” is not a number of at most %(places)s decimals. Write 12.5, without thousands separators."
)
NEGATIVE = N_("“%(value)s” is below zero.")
SAID_TWICE = N_("The same was said in line %(line)s already.")
NOT_YES_OR_NO = N_("“%(value)s” is neither yes nor no.")

_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:[.,][0-9]+)?")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


def same_word(text: str) -> str:
    """Return a title or a word as it is compared: small, without accents, blanks as underscores."""
    plain = unicodedata.normalize("NFKD", text.strip().lower())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).replace(" ", "_")


@dataclass(slots=True)
class Problems:
    """What could not be read."""

    listed: list[Message] = field(default_factory=list)

    def add(self, file: str, line: int, column: str, text: str, /, **params: object) -> None:
        """Note a cell."""
        self.add_message(file, line, column, Message(text, params))

    def add_message(self, file: str, line: int, column: str, reason: Message) -> None:
        """Note why a cell, or with the column * a whole line, cannot be used."""
        place = {"file": file, "line": line, "column": column, "reason": reason}
        self.listed.append(Message(BAD_CELL, place))


class Cells:
    """One row of a file, read by the names of columns."""

    __slots__ = ("_cells", "_places", "_problems", "file", "line")

    def __init__(
        self, file: str, line: int, cells: Sequence[str], places: dict[str, int], problems: Problems
    ) -> None:
        self.file, self.line = file, line
        self._cells, self._places, self._problems = cells, places, problems

    def text(self, column: str) -> str:
        """Return the cell without blanks around it; empty when the column or the cell is missing."""
        place = self._places.get(column)
        return "" if place is None or place >= len(self._cells) else self._cells[place].strip()

    def refuse(self, column: str, text: str, /, **params: object) -> None:
        """Note that a cell cannot be used."""
        self._problems.add(self.file, self.line, column, text, **params)

    def refuse_as(self, column: str, reason: Message) -> None:
        """Note that a cell cannot be used, for a reason that somebody else gave."""
        self._problems.add_message(self.file, self.line, column, reason)

    def needed(self, column: str) -> str | None:
        """Return the cell, or note that it is empty."""
        text = self.text(column)
        if not text:
            self.refuse(column, EMPTY)
        return text or None

    def day(self, column: str, *, is_needed: bool = True) -> date | None:
        """Return a date; day first when it is written with slashes."""
        text = self.needed(column) if is_needed else self.text(column)
        if not text:
            return None
        found = parse_day(text)
        if found is None:
            self.refuse(column, NOT_A_DATE, value=text[:40])
        return found

    def number(self, column: str, places: int, *, default: int | None = None) -> int | None:
        """Return a number that is not negative in units of its last place: 12.5 at 3 places is 12500."""
        text = self.text(column)
        if not text and default is not None:
            return default
        if not text:
            self.refuse(column, EMPTY)
            return None
        found = parse_number(text, places)
        if found is None:
            self.refuse(column, NOT_A_NUMBER, value=text[:40], places=places)
        elif found < 0:
            self.refuse(column, NEGATIVE, value=text[:40])
            return None
        return found

    def flag(self, column: str, *, default: bool) -> bool:
        """Return yes or no."""
        word = same_word(self.text(column))
        if word and word not in YES and word not in NO:
            self.refuse(column, NOT_YES_OR_NO, value=word[:40])
        return word in YES if word else default


def parse_day(text: str) -> date | None:
    """Read 2026-07-08 or 08/07/2026; a time after it does not matter."""
    text = text.split("T", maxsplit=1)[0].split(" ", maxsplit=1)[0]
    try:
        if _ISO.fullmatch(text):
            return date.fromisoformat(text)
        if found := _DAY_FIRST.fullmatch(text):
            day, month, year = map(int, found.groups())
            return date(year, month, day)
    except ValueError:
        return None
    return None


def parse_number(text: str, places: int) -> int | None:
    """Read a number with a point or a comma into units of its last place; None when it has more decimals."""
    if not _NUMBER.fullmatch(text):
        return None
    scaled = Decimal(text.replace(",", ".")).scaleb(places)
    whole = int(scaled)
    return whole if whole == scaled else None


def open_sheet(folder: Path, sheet: Sheet, problems: Problems) -> tuple[str, Iterator[Cells]]:
    """Return the name of a file and its rows; a file that may be missing has none.

    Raises:
        UnusableFile: a file that is needed is missing, or one cannot be read at all.
    """
    path = _find(folder, sheet)
    if path is None:
        if sheet.is_needed:
            raise UnusableFile(NO_FILE, file=f"{sheet.stems[0]}.csv", folder=folder.name)
        return sheet.stems[0], iter(())
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise UnusableFile(BAD_FILE, file=path.name, problem=problem.strerror or str(problem)) from problem
    return path.name, rows_of(content, path.name, sheet, problems)


def rows_of(
    content: bytes,
    name: str,
    sheet: Sheet,
    problems: Problems,
    *,
    limit: int = MAX_FILE_BYTES,
    most: int = MAX_ROWS,
) -> Iterator[Cells]:
    """Return the rows of a table that are not empty.

    Raises:
        UnusableFile: it cannot be read, or a column is missing.
    """
    try:
        table = read_any_table(content, limit=limit, rows=most)
    except UnusableFile as refused:
        raise UnusableFile(BAD_FILE, file=name, problem=refused.message) from refused
    titles = [same_word(title) for title in table.titles]
    places = {
        column: titles.index(word)
        for column, words in sheet.columns.items()
        for word in words
        if word in titles
    }
    for column in sorted(sheet.needed - places.keys()):
        raise UnusableFile(NO_COLUMN, file=name, column=column)
    return (
        Cells(name, line, cells, places, problems)
        for line, cells in enumerate(table.rows, 2)
        if any(cell.strip() for cell in cells)
    )


def _find(folder: Path, sheet: Sheet) -> Path | None:
    for stem in sheet.stems:
        for ending in (".csv", ".xlsx"):
            path = folder / f"{stem}{ending}"
            if path.is_file():
                return path
    return None
