"""What the price scheme adds to the plain price or takes off: put to the records whose litres it is of. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from chain.pricing.rules import (
    ComponentKind,
    DeliveryFacts,
    PricedGroup,
    Result,
    SchemeSpan,
    price_deliveries,
)
from chain.pricing.rules import Quota as DayQuota
from chain.pricing.rules.content import DayPrices
from chain.settlement.fortnight.facts import DayMilk, Key, Quality, Quota
from chain.settlement.fortnight.period import Period
from chain.settlement.fortnight.results import Record
from chain.settlement.pricing_lines import component_item


def priced_quality(
    span: SchemeSpan,
    deliveries: Sequence[DeliveryFacts],
    history: Iterable[Result],
    *,
    period: Period,
    quotas: Iterable[Quota],
    elsewhere: Iterable[DayMilk] = (),
    holidays: Collection[date] = (),
) -> list[Quality]:
    """Return what a version that serves the whole fortnight adds to the plain price of each delivery; its label is its zone.

    From the books and from files alike.
    """
    # without prices of their own, Sundays and milk over the quota still are payrolls of their own
    span = replace(span, content=replace(span.content, days=span.content.days or DayPrices()))
    groups = price_deliveries(
        [span],
        deliveries,
        period=(period.first, period.last),
        history=history,
        quotas=day_quotas(quotas, period.days, elsewhere),
        holidays=holidays,
    )
    return [quality for group in groups for quality in _of_group(group, span)]


def _of_group(group: PricedGroup, span: SchemeSpan) -> Iterable[Quality]:
    assert group.block is not None  # noqa: S101 - the span has prices by day
    for part in group.components:
        if part.kind is not ComponentKind.BASE:
            item = component_item(group, part, span, None)
            yield Quality(UUID(group.label), group.producer_id, group.block.value, item)


def day_quotas(
    quotas: Iterable[Quota], days: Collection[date], elsewhere: Iterable[DayMilk] = ()
) -> Mapping[tuple[UUID, date], DayQuota]:
    """Return what each producer is paid in full on each day, as prices take it, less what was paid elsewhere."""
    used: dict[tuple[UUID, date], int] = {}
    for milk in elsewhere:
        used[milk.producer, milk.day] = used.get((milk.producer, milk.day), 0) + milk.quantity_ml
    return {
        (one.producer, day): DayQuota(
            max(one.per_day_ml - used.get((one.producer, day), 0), 0), one.weekday_minor, one.sunday_minor
        )
        for one in quotas
        if one.is_enabled
        for day in days
        if one.first <= day <= one.last
    }


def add_quality(records: Sequence[Record], quality: Iterable[Quality]) -> None:
    """Give each record its premiums and penalties.

    Where somebody brings milk to two zones on one day, the quota serves the lower zone code first here and the morning first
    in the price scheme; what finds no payroll in its zone goes to the one in the producer's first zone.
    """
    places: dict[tuple[Key, str, Key], Record] = {}
    first: dict[tuple[Key, str], Record] = {}
    for record in records:
        places[record.producer, record.payroll.value, record.zone] = record
        first.setdefault((record.producer, record.payroll.value), record)
    for one in quality:
        place = places.get((one.producer, one.payroll, one.zone)) or first[one.producer, one.payroll]
        place.quality.append(one.item)
    for record in records:
        _limit(record)


def _limit(record: Record) -> None:
    """Let no rounding make milk worth less than nothing: the largest penalty gives way."""
    if record.quality and record.value_minor < 0:
        place = min(range(len(record.quality)), key=lambda at: record.quality[at].amount_minor)
        largest = record.quality[place]
        record.quality[place] = largest._replace(amount_minor=largest.amount_minor - record.value_minor)
