"""A calculated fortnight as lines and blocks of a settlement run. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from chain.core.i18n import N_
from chain.ledger.rules import AccountCode
from chain.settlement.fortnight.facts import FortnightInput
from chain.settlement.fortnight.results import PAYROLL_LABELS, Fortnight, Payroll, Record, ZoneFacts
from chain.settlement.lines import BlockKey, BlockSums, Item, Line, blocks_of, explain, item_of
from chain.settlement.rules import ItemKind

WEIGHING = N_("Weighing difference")
RESERVE = N_("Reserve of the producers")
OTHER_INCOME = N_("Other income")
WHY_BLOCK = N_(
    "Scale %(scale_ml)s, deliveries %(book_ml)s, of them over the quota %(excess_ml)s. Weighing difference %(weighing_minor)s, reserve %(reserve_minor)s."
)
WHY_INCOME = N_("Dated %(dated_on)s.")


def lines_of(found: Fortnight) -> list[Line]:
    """Return a line per producer: one slip with all blocks."""
    lines: dict[UUID, Line] = {}
    for record in found.records:  # by payroll, zone and producer
        line = lines.get(record.producer)
        if line is None:
            count = found.deliveries[record.producer]
            line = lines[record.producer] = Line(record.producer, record.zone, deliveries=count)
        elif line.zone_id != record.zone:
            line.zone_id = None  # milk of several zones: the items say which
        line.quantity += record.quantity_ml
        line.items += _items(record)
    return list(lines.values())


def _items(record: Record) -> Iterable[Item]:
    block, zone = record.payroll.value, record.zone
    yield Item(
        ItemKind.DELIVERY,
        PAYROLL_LABELS[record.payroll],
        record.milk_minor,
        quantity=record.quantity_ml,
        price_minor_per_unit=record.price_minor,
        block=block,
        zone_id=zone,
        explanation=record.explanation,
    )
    for one in record.quality:
        yield one._replace(block=block, zone_id=zone)
    if record.weighing_minor:
        why = record.weighing_explanation
        yield Item(
            ItemKind.WEIGHING, WEIGHING, record.weighing_minor, block=block, zone_id=zone, explanation=why
        )
    if record.reserve_minor:
        yield Item(
            ItemKind.RESERVE,
            RESERVE,
            -record.reserve_minor,
            block=block,
            zone_id=zone,
            account=AccountCode.RESERVE.value,
            explanation=record.reserve_explanation,
        )
    for taken in record.taken:
        yield item_of(taken.taking, block, zone)._replace(explanation=taken.explanation)
    for income in record.incomes:
        yield Item(
            ItemKind.OTHER_INCOME,
            income.name,
            income.amount_minor,
            block=block,
            zone_id=zone,
            account=AccountCode.OTHER_EXPENSE.value,
            explanation=explain(WHY_INCOME, dated_on=income.dated_on.isoformat()),
        )


def sums_of(lines: Iterable[Line], found: Fortnight, given: FortnightInput) -> list[BlockSums]:
    """Return the blocks of the run: the four payrolls of each zone, in the order of codes."""
    zones = sorted(given.zones.values(), key=lambda zone: zone.code)
    order: list[BlockKey] = [(zone.key, payroll.value) for zone in zones for payroll in Payroll]
    names = {zone.key: zone.name or zone.code for zone in zones}
    why: Mapping[BlockKey, dict[str, Any]] = {
        (zone.zone, Payroll.WEEKDAY.value): _why(zone) for zone in found.zones
    }
    return blocks_of(lines, order, names, why)


def _why(zone: ZoneFacts) -> dict[str, Any]:
    told = explain(
        WHY_BLOCK,
        scale_ml=zone.scale_ml,
        book_ml=zone.book_ml,
        excess_ml=zone.excess_ml,
        weighing_minor=zone.weighing_minor,
        reserve_minor=zone.reserve_minor,
    )
    told["groups"] = [[name, asked, taken] for name, (asked, taken) in zone.group_minor.items()]
    return told
