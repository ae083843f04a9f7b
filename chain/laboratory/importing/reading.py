"""From the rows of an instrument's file to readings: every cell by its column, every problem at its row and title. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from chain.core.i18n import N_, Message
from chain.core.tables import CELL_BLANK, ROW_TOO_LONG
from chain.core.text import tidy
from chain.laboratory.attributes import ATTRIBUTES
from chain.laboratory.codes import clean_code, is_code
from chain.laboratory.importing.mapping import DATE, DOCUMENT, OPERATOR, SAMPLE, TIME, Mapping, finder_for
from chain.lots.importing import values
from chain.lots.importing.columns import Column
from chain.lots.importing.reading import Problem
from chain.lots.importing.sheets import Sheet, open_sheet
from chain.lots.importing.values import MAX_CELL, Cell

NOT_A_CODE = N_("“%(value)s” is not a sample code: check each character.")
NOTHING_MEASURED = N_("The row holds a sample code and no value.")
TIME_WITHOUT_DATE = N_("There is a time of day and no date.")
MAX_WORDS, MAX_RAW = 100, 4000

_GROUPED = {
    ",": re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?"),
    ".": re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?"),
}
_OTHER = {",": ".", ".": ","}
_DAY = re.compile(r"([0-9]{1,4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,4})(?:[T ]+(.+))?")
_ORDERS = {"dmy": (2, 1, 0), "mdy": (2, 0, 1), "ymd": (0, 1, 2)}
CENTURY = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A row that was read: its number as a spreadsheet shows it, its sample, its values by attribute, and the line itself."""

    number: int
    code: str
    values: Sequence[tuple[str, Decimal | str]]
    #: None: the file does not say when
    measured_at: datetime | None
    operator: str | None
    document: str | None
    raw_line: str


@dataclass(frozen=True, slots=True)
class ReadMeasurements:
    """A file that was read: its good rows in order, and the problems of the others."""

    sheet: Sheet
    rows: Sequence[FileRow]
    problems: Sequence[Problem]
    total: int


def read_measurements(content: bytes, mapping: Mapping, zone: ZoneInfo) -> ReadMeasurements:
    """Read every row of a file by the mapping of its instrument, on the clock of the centre.

    Raises:
        UnusableFile: anything about the file as a whole: its kind, its size, columns that are missing.
    """
    sheet = open_sheet(content, finder_for(mapping))
    reader = _Reader(sheet, mapping, zone)
    rows = [row for number, cells in sheet.rows if (row := reader.read(number, cells)) is not None]
    return ReadMeasurements(sheet, rows, reader.problems, len(sheet.rows))


class _Reader:
    def __init__(self, sheet: Sheet, mapping: Mapping, zone: ZoneInfo) -> None:
        self.mapping = mapping
        self.zone = zone
        self.width = sheet.header.width
        self.problems: list[Problem] = []
        self._columns = {column.field: column for column in sheet.header.columns}
        self._values = [column for column in sheet.header.columns if column.field in ATTRIBUTES]

    def read(self, number: int, cells: Sequence[Cell]) -> FileRow | None:
        """Return the row, or None after noting what is wrong with it."""
        before = len(self.problems)
        if len(cells) > self.width and any(cell not in {None, ""} for cell in cells[self.width :]):
            self._refuse(number, str(self.width + 1), Message(ROW_TOO_LONG))
            return None
        code = self._code(number, cells)
        found = []
        for column in self._values:
            value = self._value(number, column, cells)
            if value is not None:
                found.append((column.field, value))
        moment = self._moment(number, cells)
        operator, document = (self._words(cells, role) for role in (OPERATOR, DOCUMENT))
        if len(self.problems) > before or code is None:
            return None
        if not found:
            self._refuse(number, self._columns[SAMPLE].title, Message(NOTHING_MEASURED))
            return None
        return FileRow(
            number=number,
            code=code,
            values=found,
            measured_at=moment,
            operator=operator,
            document=document,
            raw_line=";".join(values.as_text(cell) for cell in cells)[:MAX_RAW],
        )

    def _refuse(self, number: int, column: str, reason: Message) -> None:
        self.problems.append(Problem(number, column, reason))

    def _cell(self, cells: Sequence[Cell], column: Column) -> Cell:
        cell = cells[column.place] if column.place < len(cells) else None
        return None if isinstance(cell, str) and not cell.strip() else cell

    def _code(self, number: int, cells: Sequence[Cell]) -> str | None:
        column = self._columns[SAMPLE]
        cell = self._cell(cells, column)
        if cell is None:
            self._refuse(number, column.title, Message(CELL_BLANK))
            return None
        code = clean_code(values.as_text(cell))
        if not is_code(code):
            self._refuse(number, column.title, Message(NOT_A_CODE, {"value": values.shown(cell)}))
            return None
        return code

    def _value(self, number: int, column: Column, cells: Sequence[Cell]) -> Decimal | str | None:
        cell = self._cell(cells, column)
        if cell is None:
            return None
        if isinstance(cell, str) and len(cell) > MAX_CELL:
            self._refuse(number, column.title, Message(values.CELL_TOO_LONG, {"limit": MAX_CELL}))
            return None
        if ATTRIBUTES[column.field].options:
            return values.as_text(cell)
        value = values.read_number(plain_digits(cell, self.mapping.decimal))
        if isinstance(value, Message):
            self._refuse(number, column.title, value)
            return None
        return value

    def _moment(self, number: int, cells: Sequence[Cell]) -> datetime | None:
        day = hour = None
        for role, reader in ((DATE, values.read_date), (TIME, values.read_time)):
            column = self._columns.get(role)
            cell = None if column is None else self._cell(cells, column)
            if column is None or cell is None:
                continue
            found = reader(plain_day(cell, self.mapping.dates) if role == DATE else cell)
            if isinstance(found, Message):
                self._refuse(number, column.title, found)
                return None
            day, hour = (found, hour) if role == DATE else (day, found)
        if day is None:
            if hour is not None:
                self._refuse(number, self._columns[TIME].title, Message(TIME_WITHOUT_DATE))
            return None
        return _joined(day, hour).replace(tzinfo=self.zone)

    def _words(self, cells: Sequence[Cell], role: str) -> str | None:
        column = self._columns.get(role)
        cell = None if column is None else self._cell(cells, column)
        return None if cell is None else tidy(values.as_text(cell))[:MAX_WORDS] or None


def _joined(day: date | time, hour: date | time | None) -> datetime:
    if isinstance(hour, time) and isinstance(day, date):
        return datetime.combine(day, hour)
    if isinstance(day, datetime):
        return day
    assert isinstance(day, date)  # noqa: S101 - read_date gives days
    return datetime.combine(day, time())


def plain_digits(cell: Cell, sign: str) -> Cell:
    """Return a number as `read_number` takes it: with "," as the decimal sign, "350.000" is three hundred and fifty thousand."""
    if not isinstance(cell, str) or sign not in _GROUPED:
        return cell
    text, other = cell.strip(), _OTHER[sign]
    if _GROUPED[sign].fullmatch(text):
        return text.replace(other, "").replace(sign, ".")
    # a separator in the wrong place is no number of this file: let it be refused
    return text.replace(other, "'") if other in text else text.replace(sign, ".")


def plain_day(cell: Cell, order: str) -> Cell:
    """Return a day of the file's order as year-month-day, two-digit years in this century."""
    match = _DAY.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if match is None:
        return cell
    parts = match.groups()[:3]
    places = _ORDERS["ymd"] if len(parts[0]) == len("2026") else _ORDERS[order]
    year, month, day = (int(parts[place]) for place in places)
    if len(parts[places[0]]) <= 2:  # noqa: PLR2004 - the digits of a short year
        year += CENTURY
    return f"{year:04d}-{month:02d}-{day:02d}" + (f" {match[4]}" if match[4] else "")
