"""From the rows of a table to deliveries: every cell by its column, every problem at its row and title."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial, reduce
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chain.core.i18n import N_, Message
from chain.core.tables import CELL_BLANK, ROW_TOO_LONG, UnusableFile
from chain.grading.scheme import RAW_MILK
from chain.lots.attributes import NotBelievable, read_value
from chain.lots.importing import values
from chain.lots.importing.columns import ATTRIBUTES, COLUMNS_MISSING, WEIGHTS, Column, folded, missing_columns
from chain.lots.importing.sheets import Sheet
from chain.lots.importing.values import MAX_CELL, Cell
from chain.lots.importing.weights import QUINTAL_NOT_SAID, UNIT_MISSING, WeightScale, choose_unit
from chain.producers.rules import clean_code

LIST = N_("%(first)s, %(rest)s")
LOOKS_LIKE_TOTAL = N_("This looks like a line of totals. Delete it from the file.")
NET_DIFFERS = N_("Gross minus tare is %(net)s, but the net weight says %(said)s.")
LITRES_AND_WEIGHT = N_("Milk is measured in litres: leave the weights of this row empty.")
WEIGHT_NEEDED = N_("This product is weighed: fill in the gross or the net weight.")

Found = Any
TOTAL = "total"
AMOUNTS = (*WEIGHTS, "litres", "unit")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be taken: its number as a spreadsheet shows it, the title of the column, and the reason."""

    row: int
    column: str
    reason: Message


@dataclass(slots=True, kw_only=True)
class ReadRow:
    """A row that was read without a problem. `source_key` says what it means, and how often that stood in the file before."""

    number: int
    member_code: str
    commodity: str
    delivered_at: datetime
    gross_g: int | None
    tare_g: int | None
    quantity: int | None
    attributes: dict[str, str]
    chosen_key: str | None
    reference: str | None
    id: UUID | None
    source_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What was chosen for the whole file, and the clock of the centre."""

    zone: ZoneInfo
    scale: WeightScale = field(default_factory=WeightScale)
    commodity: str | None = None


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was read: its good rows in order, and the problems of the others."""

    sheet: Sheet
    rows: Sequence[ReadRow]
    problems: Sequence[Problem]
    total: int


def listed(parts: Sequence[str | Message]) -> str | Message:
    """Return a list in words, whose parts may be messages."""
    return reduce(lambda rest, first: Message(LIST, {"first": first, "rest": rest}), reversed(parts))


def read_rows(sheet: Sheet, options: ReadOptions) -> ReadFile:
    """Read every row.

    Raises:
        UnusableFile: columns are missing, or the unit of the weights is not said.
    """
    header = sheet.header
    missing = missing_columns(header, has_commodity=options.commodity is not None)
    if missing:
        raise UnusableFile(COLUMNS_MISSING, columns=listed(missing))
    _check_units(sheet, options)
    reader = _Reader(sheet, options)
    rows = [row for number, cells in sheet.rows if (row := reader.read(number, cells)) is not None]
    _identify(rows)
    return ReadFile(sheet, rows, reader.problems, len(sheet.rows))


def _check_units(sheet: Sheet, options: ReadOptions) -> None:
    weights = [one for one in sheet.header.columns if one.field in WEIGHTS]
    if not weights:
        return
    has_unit = options.scale.unit is not None or sheet.header.has("unit")
    if not has_unit and any(one.unit is None for one in weights):
        raise UnusableFile(UNIT_MISSING)
    if options.scale.grams_per_quintal is None and (
        any(one.unit == "qq" for one in weights)
        or (options.scale.unit == "qq" and any(one.unit is None for one in weights))
    ):
        raise UnusableFile(QUINTAL_NOT_SAID)


def _identify(rows: Sequence[ReadRow]) -> None:
    """Give each row its source key: the hash of what it means and how often the same stood above it."""
    seen: Counter[str] = Counter()
    for row in rows:
        if row.id is not None:
            continue  # the sender's own id says which delivery it is
        meaning = (
            row.member_code,
            row.commodity,
            row.delivered_at.isoformat(),
            row.gross_g,
            row.tare_g,
            row.quantity,
            sorted(row.attributes.items()),
            row.chosen_key,
            row.reference,
        )
        digest = hashlib.sha256(repr(meaning).encode()).hexdigest()
        seen[digest] += 1
        row.source_key = f"{digest}:{seen[digest]}"


class _Reader:
    """Reads rows; equal cells of a column are read once."""

    def __init__(self, sheet: Sheet, options: ReadOptions) -> None:
        self.header = sheet.header
        self.options = options
        self.problems: list[Problem] = []
        self._columns = {column.field: column for column in sheet.header.columns}
        self._plain: list[tuple[Column, Callable[[Cell], Found], dict[Any, Found]]] = [
            (column, _READERS[column.field], {})
            for column in sheet.header.columns
            if column.field in _READERS
        ]
        self._code_place = self._columns["member_code"].place
        self._has_bare_weights = any(
            column.field in WEIGHTS and column.unit is None for column in sheet.header.columns
        )
        self._attributes = [column for column in sheet.header.columns if column.field in ATTRIBUTES]
        self._canonical: dict[Any, str | Message | None] = {}
        self._grams: dict[tuple[str, Decimal], int | Message] = {}

    def read(self, number: int, cells: Sequence[Cell]) -> ReadRow | None:
        """Return the row, or None after noting what is wrong with it."""
        before = len(self.problems)
        if len(cells) > self.header.width and any(
            cell not in {None, ""} for cell in cells[self.header.width :]
        ):
            self._refuse(number, str(self.header.width + 1), Message(ROW_TOO_LONG))
            return None
        code = cells[self._code_place] if self._code_place < len(cells) else None
        if (not code or (isinstance(code, str) and code.lstrip()[:5].lower() == TOTAL)) and self._is_total(
            number, cells
        ):
            return None
        found = self._cells(number, cells)
        commodity = found.get("commodity") or self.options.commodity
        for needed in ("member_code", "date"):
            if needed not in found:
                self._refuse_field(number, needed, Message(CELL_BLANK))
        if commodity is None and "commodity" not in found:
            self._refuse_field(number, "commodity", Message(CELL_BLANK))
        if commodity is None or commodity is _BAD:
            return None
        attributes = self._read_attributes(number, cells, commodity)
        amounts = self._amounts(number, commodity, found)
        if len(self.problems) > before or amounts is None:
            return None
        gross, tare, quantity = amounts
        return ReadRow(
            number=number,
            member_code=found["member_code"],
            commodity=commodity,
            delivered_at=self._moment(found["date"], found.get("time")),
            gross_g=gross,
            tare_g=tare,
            quantity=quantity,
            attributes=attributes,
            chosen_key=found.get("carcass_class"),
            reference=found.get("reference"),
            id=found.get("id"),
        )

    def _refuse(self, number: int, column: str, reason: Message) -> None:
        self.problems.append(Problem(number, column, reason))

    def _refuse_field(self, number: int, name: str, reason: Message) -> None:
        self._refuse(number, self.header.title_of(name), reason)

    def _is_total(self, number: int, cells: Sequence[Cell]) -> bool:
        """Name a line of totals as what it is; it has no producer."""
        code = self._columns["member_code"]
        first = next((cell for cell in cells if cell is not None and cell != ""), None)
        if not isinstance(first, str) or not folded(first[:MAX_CELL]).startswith(TOTAL):
            return False
        self._refuse(number, code.title, Message(LOOKS_LIKE_TOTAL))
        return True

    def _cells(self, number: int, cells: Sequence[Cell]) -> dict[str, Found]:
        """Read the cells that mean the same for every product; `_BAD` stands for one with a problem."""
        found: dict[str, Found] = {}
        width = len(cells)
        for column, reader, known in self._plain:
            cell = cells[column.place] if column.place < width else None
            if cell is None or cell == "":
                continue
            key = cell if isinstance(cell, str) else (type(cell), cell)
            if key in known:
                value = known[key]
            else:
                value = known[key] = self._read_cell(cell, reader)
            if value is None:
                continue
            if isinstance(value, Message):
                self._refuse(number, column.title, value)
                value = _BAD
            found[column.field] = value
        return found

    @staticmethod
    def _read_cell(cell: Cell, reader: Callable[[Cell], Found]) -> Found:
        if isinstance(cell, str):
            if not cell.strip():
                return None
            if len(cell) > MAX_CELL:
                return Message(values.CELL_TOO_LONG, {"limit": MAX_CELL})
        return reader(cell)

    def _read_attributes(self, number: int, cells: Sequence[Cell], commodity: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for column in self._attributes:
            cell = cells[column.place] if column.place < len(cells) else None
            if cell is None or cell == "":
                continue
            key = (commodity, column.field, type(cell), cell)
            if key in self._canonical:
                value = self._canonical[key]
            else:
                value = self._canonical[key] = self._read_cell(
                    cell, partial(_canonical_attribute, commodity, column.field)
                )
            if isinstance(value, Message):
                self._refuse(number, column.title, value)
            elif value is not None:
                found[column.field] = value
        return found

    # --- Amounts ------------------------------------------------------------------------------------------------------

    def _amounts(
        self, number: int, commodity: str, found: Mapping[str, Found]
    ) -> tuple[int | None, int | None, int | None] | None:
        """Return gross, tare and net in grams, or the volume in millilitres as the net; None after a problem."""
        before = len(self.problems)
        grams: dict[str, int] = {}
        for name in WEIGHTS:
            if isinstance(found.get(name), Decimal):
                weight = self._weight(number, name, found)
                if weight is not None:
                    grams[name] = weight
        if len(self.problems) > before or any(
            found.get(name) is _BAD for name in (*WEIGHTS, "litres", "unit")
        ):
            return None
        gross, tare, net = (grams.get(name) for name in WEIGHTS)
        litres = found.get("litres")
        if commodity == RAW_MILK:
            return self._volume(number, litres, grams)
        if gross is None and net is None:
            name = "net" if self.header.has("net") and not self.header.has("gross") else "gross"
            self._refuse_field(number, name, Message(WEIGHT_NEEDED))
            return None
        if gross is not None and net is not None:
            return self._weighed_twice(number, gross, tare, net)
        return gross, tare, net

    def _weight(self, number: int, name: str, found: Mapping[str, Found]) -> int | None:
        column = self._columns[name]
        row_unit = found.get("unit")
        if row_unit is _BAD:
            return None
        if column.unit is not None and self._has_bare_weights:
            row_unit = None  # the column of units speaks of the titles that name none
        unit = choose_unit(title=column.unit, row=row_unit, whole_file=self.options.scale.unit)
        if isinstance(unit, Message):
            self._refuse(number, self.header.title_of("unit" if column.unit is None else name), unit)
            return None
        key = (unit, found[name])
        weight = self._grams.get(key)
        if weight is None:
            weight = self._grams[key] = self.options.scale.grams(found[name], unit)
        if isinstance(weight, Message):
            self._refuse(number, column.title, weight)
            return None
        return weight

    def _volume(
        self, number: int, litres: Decimal | None, weights: Mapping[str, int]
    ) -> tuple[None, None, int] | None:
        if weights:
            self._refuse_field(number, next(iter(weights)), Message(LITRES_AND_WEIGHT))
            return None
        if litres is None:
            self._refuse_field(number, "litres", Message(CELL_BLANK))
            return None
        millilitres = self.options.scale.grams(litres, "kg")  # thousandths, as kilograms to grams
        assert isinstance(millilitres, int)  # noqa: S101 - only quintals may lack a factor
        return None, None, millilitres

    def _weighed_twice(
        self, number: int, gross: int, tare: int | None, net: int
    ) -> tuple[int, int, None] | None:
        """Take gross and tare when the net weight agrees to the gram; a missing tare is what the two leave."""
        if tare is None:
            return gross, gross - net, None
        # gross, tare and net of one row are rounded to grams one by one: pounds may differ by one
        if abs(gross - tare - net) > 1:
            params = {"net": f"{gross - tare} g", "said": f"{net} g"}
            self._refuse_field(number, "net", Message(NET_DIFFERS, params))
            return None
        return gross, tare, None

    def _moment(self, day: date | datetime, hour: time | None) -> datetime:
        """Return the moment on the centre's clock; a day without an hour begins at midnight."""
        if hour is not None:
            moment = datetime.combine(day, hour)
        elif isinstance(day, datetime):
            moment = day
        else:
            moment = datetime.combine(day, time())
        return moment.replace(tzinfo=self.options.zone)


def _canonical_attribute(commodity: str, name: str, cell: Cell) -> str | Message | None:
    plain = values.plain_attribute(commodity, name, cell)
    if isinstance(plain, Message):
        return plain
    try:
        return read_value(commodity, name, plain)
    except NotBelievable as refused:
        return refused.message


def _member_code(cell: Cell) -> str | Message | None:
    words = values.read_words(cell)
    return words if isinstance(words, Message) else clean_code(words)


#: Stands where a cell was refused, so that nothing else complains of its absence.
_BAD: Any = object()
_READERS: Mapping[str, Callable[[Cell], Found]] = {
    "member_code": _member_code,
    "commodity": values.read_commodity,
    "date": values.read_date,
    "time": values.read_time,
    "gross": values.read_number,
    "tare": values.read_number,
    "net": values.read_number,
    "litres": values.read_number,
    "unit": values.read_unit,
    "carcass_class": values.read_words,
    "id": values.read_id,
    "reference": values.read_words,
}
