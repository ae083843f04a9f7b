"""Grades a table of fibre: any usual CSV in, the same rows and columns with their class out. No database, no web."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from chain.core.i18n import N_, Message
from chain.grading.attributes import LENGTH_MM, MICRON, NOT_A_NUMBER, OUT_OF_BOUNDS, Bounds, parse_number
from chain.grading.fibre import FibreClassifier
from chain.grading.result import GradeResult

MAX_FILE_BYTES = 200_000_000
ADDED_COLUMNS = ("grade", "grade_name", "reasons")
MICRON_COLUMN, LENGTH_COLUMN = "micron", "length_mm"

FILE_EMPTY = N_("The file is empty.")
FILE_TOO_LARGE = N_("The file is larger than %(limit)s MB.")
FILE_NOT_TEXT = N_("The file is not a CSV table. Save the sheet as CSV first.")
FILE_BROKEN = N_(
    "The table breaks off near line %(line)s: a quotation mark is missing or a cell is too long."
)
COLUMN_MISSING = N_("The file has no column called “%(column)s”.")
COLUMN_TWICE = N_("The file has the column “%(column)s” more than once.")
COLUMN_TAKEN = N_("The file already has a column called “%(column)s”. Rename it first.")
CELL_BLANK = N_("The cell is empty.")
ROW_TOO_LONG = N_("The row has more cells than the first row has titles.")

_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class UnusableFile(ValueError):
    """The file as a whole cannot be graded."""

    def __init__(self, text: str, **params: object) -> None:
        super().__init__(text)
        self.message = Message(text, params)


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


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file that was opened: its titles, its rows, and how it separates cells."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    delimiter: str


def read_table(content: bytes) -> Table:
    """Read UTF-8 (with or without BOM) or Latin-1, separated by commas, semicolons or tabs.

    Raises:
        UnusableFile: empty, too large, not text, or broken quoting.
    """
    if len(content) > MAX_FILE_BYTES:
        raise UnusableFile(FILE_TOO_LARGE, limit=MAX_FILE_BYTES // 1_000_000)
    text = _decode(content)
    if not text.strip():
        raise UnusableFile(FILE_EMPTY)
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = list(reader)
    except csv.Error as problem:
        raise UnusableFile(FILE_BROKEN, line=reader.line_num) from problem
    return Table(titles=rows[0], rows=rows[1:], delimiter=delimiter)


def _decode(content: bytes) -> str:
    if b"\0" in content:
        raise UnusableFile(FILE_NOT_TEXT)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _delimiter(text: str) -> str:
    """Take the separator that the row of titles holds most of; a comma when there is a single column."""
    titles = text.split("\n", 1)[0]
    return max(",;\t", key=titles.count)


class TableGrader:
    """Finds the columns of a table once, then grades its rows one by one.

    Raises:
        UnusableFile: the micron column is missing, a needed column stands twice, or an added one is there already.
    """

    def __init__(self, titles: Sequence[str], classifier: FibreClassifier) -> None:
        self._classifier = classifier
        self._width = len(titles)
        plain = [title.strip().lower() for title in titles]
        for column in (MICRON_COLUMN, LENGTH_COLUMN):
            if plain.count(column) > 1:
                raise UnusableFile(COLUMN_TWICE, column=column)
        for column in ADDED_COLUMNS:
            if column in plain:
                raise UnusableFile(COLUMN_TAKEN, column=column)
        if MICRON_COLUMN not in plain:
            raise UnusableFile(COLUMN_MISSING, column=MICRON_COLUMN)
        self._micron_at = plain.index(MICRON_COLUMN)
        self._length_at = plain.index(LENGTH_COLUMN) if LENGTH_COLUMN in plain else None

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
        return GradedRow(cells, self._classifier.classify(micron, whole_mm))

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


def safe_cell(cell: str) -> str:
    """Return the cell, with an apostrophe before whatever a spreadsheet would run as a formula."""
    if cell.startswith(_FORMULA_STARTS) and not _PLAIN_NUMBER.fullmatch(cell.strip()):
        return f"'{cell}"
    return cell
