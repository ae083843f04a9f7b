"""What `chain settle` writes: lists, slips, summary, and the debts that are carried over. CSV or a workbook."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from chain.core.i18n import N_, Message
from chain.core.tables import safe_cell
from chain.dues.rules import DUE_KIND_LABELS, DueKind
from chain.settlement.fortnight.facts import FortnightInput
from chain.settlement.fortnight.results import Block, Fortnight, Payroll, Record, summary_of
from chain.settlement.fortnight.run_lines import lines_of
from chain.settlement.fortnight.words import told_in_words
from chain.settlement.lines import Item

Cell = str | int | Decimal | None
Row = Sequence[Cell]
Translate = Callable[[Message], str]

#: The deductions that have a column of their own; the others are summed in the last one.
NAMED = (
    DueKind.WITHHOLDING,
    DueKind.BANK_FEE,
    DueKind.GA,
    DueKind.GROUP,
    DueKind.VET,
    DueKind.CREDIT,
    DueKind.FEED,
    DueKind.YOGHURT,
    DueKind.CANS,
)
LIST_COLUMNS = (
    "payroll",
    "zone",
    "producer",
    "name",
    "litres",
    "price",
    "milk_value",
    "weighing_difference",
    "reserve",
    "earned",
    *(kind.value for kind in NAMED),
    "other_deductions",
    "other_income",
    "net",
)
SLIP_COLUMNS = (
    "producer",
    "name",
    "zone",
    "payroll",
    "item",
    "litres",
    "price",
    "amount",
    "not_taken",
    "explanation",
)
SUMMARY_COLUMNS = ("zone", "block", "figure", "value")
MOVEMENT_COLUMNS = ("number", "kind", "producer", "date", "amount", "balance", "name")
QUALITY = "premiums_and_penalties"
ALL_ZONES, TOTAL = "*", "total"
NET = N_("Net pay")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table to be written."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Row]


def money(minor: int) -> Decimal:
    """Return minor units as money with its cents."""
    return Decimal(minor).scaleb(-2)


def litres(quantity_ml: int) -> Decimal:
    """Return litres with their millilitres."""
    return Decimal(quantity_ml).scaleb(-3)


def sheets_of(given: FortnightInput, found: Fortnight, translate: Translate) -> list[Sheet]:
    """Return everything that is written."""
    return [
        _lists_sheet(given, found),
        Sheet("slips", SLIP_COLUMNS, list(_slips(given, found, translate))),
        Sheet("summary", SUMMARY_COLUMNS, list(_summary(given, found))),
        movements_sheet(given, found),
    ]


def _lists_sheet(given: FortnightInput, found: Fortnight) -> Sheet:
    """Return the lists; a price with premiums has a column for them, after the milk."""
    sheet = Sheet("lists", LIST_COLUMNS, list(_lists(given, found)))
    if not any(record.quality for record in found.records):
        return sheet
    at = LIST_COLUMNS.index("weighing_difference")
    rows = [
        [*row[:at], money(record.quality_minor), *row[at:]]
        for row, record in zip(sheet.rows, found.records, strict=True)
    ]
    return Sheet("lists", [*LIST_COLUMNS[:at], QUALITY, *LIST_COLUMNS[at:]], rows)


def _lists(given: FortnightInput, found: Fortnight) -> Iterator[Row]:
    """Return a row per record: the four payrolls of each zone."""
    for record in found.records:
        member = given.members[record.producer]
        yield [
            record.payroll.value,
            given.zones[record.zone].code,
            member.code,
            member.name,
            litres(record.quantity_ml),
            None if record.price_minor is None else money(record.price_minor),
            money(record.milk_minor),
            money(record.weighing_minor),
            money(-record.reserve_minor),
            money(record.earned_minor),
            *_taken(record),
            money(record.income_minor),
            money(record.net_minor),
        ]


def _taken(record: Record) -> list[Decimal]:
    by_kind = dict.fromkeys(NAMED, 0)
    other = 0
    for one in record.taken:
        if one.taking.kind in by_kind:
            by_kind[one.taking.kind] -= one.taking.amount_minor
        else:
            other -= one.taking.amount_minor
    return [money(amount) for amount in (*by_kind.values(), other)]


def _slips(given: FortnightInput, found: Fortnight, translate: Translate) -> Iterator[Row]:
    """Return one slip per producer with all its blocks, by code; its last row is the net pay."""
    lines = {line.producer_id: line for line in lines_of(found)}
    for member in sorted(given.members.values(), key=lambda one: one.code):
        line = lines.get(member.key)
        if line is None:
            continue
        for item in line.items:
            yield _slip_row(given, member.code, member.name, item, translate)
        net = money(line.net_minor)
        total = litres(line.quantity)
        yield [member.code, member.name, "", TOTAL, translate(Message(NET)), total, None, net, None, ""]


def _slip_row(given: FortnightInput, code: str, name: str, item: Item, translate: Translate) -> Row:
    zone = given.zones[item.zone_id].code if item.zone_id else ""
    not_taken = item.dropped_minor + item.carried_minor
    return [
        code,
        name,
        zone,
        item.block,
        _label(item, translate),
        None if item.quantity is None else litres(item.quantity),
        None if item.price_minor_per_unit is None else money(item.price_minor_per_unit),
        money(item.amount_minor),
        money(not_taken) if not_taken else None,
        told_in_words(item.explanation, translate) if item.explanation else "",
    ]


def _label(item: Item, translate: Translate) -> str:
    if item.due_kind and item.label == item.due_kind:
        return translate(Message(DUE_KIND_LABELS[DueKind(item.due_kind)]))
    return translate(Message(item.label))


def _summary(given: FortnightInput, found: Fortnight) -> Iterator[Row]:
    """Return the blocks of all zones, of each zone, and what was shared out over each."""
    yield from _blocks(ALL_ZONES, found.records)
    for name, amount in found.taxes_minor.items():
        yield ALL_ZONES, "taxes", name, money(amount)
    yield ALL_ZONES, "reserve", "litres", litres(found.reserve_ml)
    by_zone: dict[UUID, list[Record]] = {}
    for record in found.records:
        by_zone.setdefault(record.zone, []).append(record)
    for zone in found.zones:
        code = given.zones[zone.zone].code
        yield from _blocks(code, by_zone.get(zone.zone, []))
        yield code, "scale", "weighed_litres", litres(zone.scale_ml)
        yield code, "scale", "delivered_litres", litres(zone.book_ml)
        for name, (asked, taken) in zone.group_minor.items():
            yield code, "group", f"{name}: asked", money(asked)
            yield code, "group", f"{name}: uncollected", money(asked - taken)


def _blocks(zone: str, records: Sequence[Record]) -> Iterator[Row]:
    summary = summary_of(records)
    blocks = (
        (Payroll.WEEKDAY.value, summary.weekday),
        (Payroll.SUNDAY.value, summary.sunday),
        (Payroll.EXCESS_WEEKDAY.value, summary.excess_weekday),
        (Payroll.EXCESS_SUNDAY.value, summary.excess_sunday),
        (TOTAL, summary.total),
    )
    for name, block in blocks:
        for figure, value in _figures(block):
            yield zone, name, figure, value


def _figures(block: Block) -> Iterator[tuple[str, Decimal]]:
    yield "litres", litres(block.quantity_ml)
    yield "milk_value", money(block.milk_minor)
    if block.quality_minor:
        yield QUALITY, money(block.quality_minor)
    if block.weighing_minor:
        yield "weighing_difference", money(block.weighing_minor)
        yield "weighed_value", money(block.weighed_minor)
    if block.reserve_minor:
        yield "reserve", money(-block.reserve_minor)
    if block.income_minor:
        yield "other_income", money(block.income_minor)
    for kind, amount in sorted(block.taken_minor.items()):
        yield kind, money(-amount)
    yield "net", money(block.net_minor)


def movements_sheet(given: FortnightInput, found: Fortnight) -> Sheet:
    """Return the debts after the fortnight, as the next one reads them; the amount is what was owed before."""
    after = {one.movement: one.after_minor for one in found.balances}
    rows: list[Row] = []
    for debt in sorted(given.movements, key=lambda one: (one.dated_on, one.number)):
        left = after.get(debt.id, debt.balance_minor)
        if left:
            code = given.members[debt.producer_id].code
            day = debt.dated_on.isoformat()
            owed = money(debt.balance_minor)
            rows.append([debt.number, debt.kind.value, code, day, owed, money(left), debt.name])
    return Sheet("movements", MOVEMENT_COLUMNS, rows)


def as_csv(sheet: Sheet) -> str:
    """Return a table as CSV; nothing in it runs as a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(sheet.columns)
    writer.writerows([_csv_cell(cell) for cell in row] for row in sheet.rows)
    return out.getvalue()


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return safe_cell(cell)
    return "" if cell is None else str(cell)


def as_workbook(sheets: Iterable[Sheet], path: Path, headings: Callable[[str], str]) -> None:
    """Write tables as the sheets of one workbook."""
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as workbook:
        bold, cents = workbook.add_format({"bold": True}), workbook.add_format({"num_format": "#,##0.00"})
        volume = workbook.add_format({"num_format": "#,##0.0##"})
        for sheet in sheets:
            page: Any = workbook.add_worksheet(headings(sheet.name))
            page.freeze_panes(1, 0)
            page.set_column(0, len(sheet.columns) - 1, 14)
            page.write_row(0, 0, sheet.columns, bold)
            for number, row in enumerate(sheet.rows, 1):
                for place, cell in enumerate(row):
                    _write(page, number, place, cell, (cents, volume))


def _write(page: Any, row: int, column: int, cell: Cell, formats: tuple[Any, Any]) -> None:
    if cell is None:
        return
    if isinstance(cell, str):
        page.write_string(row, column, cell)
    elif isinstance(cell, Decimal):
        is_money = cell.as_tuple().exponent == -2  # noqa: PLR2004 - cents have two places, litres three
        page.write_number(row, column, cell, formats[0] if is_money else formats[1])
    else:
        page.write_number(row, column, cell)
