"""What the price scheme adds to a fortnight's plain prices: read only where a scheme has premiums, penalties or composition."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from chain.lots.models import Lot
from chain.pricing.queries import Basis, basis_of, look_at
from chain.pricing.rules import ComponentKind, PricedGroup, SchemeSpan, price_deliveries
from chain.pricing.rules import Quota as DayQuota
from chain.pricing.rules.content import DayPrices
from chain.settlement.fortnight.facts import DayMilk, Quality, Quota
from chain.settlement.fortnight.models import MilkZoneRoute
from chain.settlement.fortnight.period import Period
from chain.settlement.pricing_lines import component_item
from chain.settlement.queries.deliveries import unpaid_deliveries


def quality_of(
    session: Session,
    organisation_id: UUID,
    period: Period,
    spans: Sequence[SchemeSpan],
    *,
    commodity: str,
    zone: ColumnElement[UUID],
    quotas: Sequence[Quota],
    elsewhere: Sequence[DayMilk],
    holidays: Collection[date],
) -> tuple[list[Quality], Basis | None]:
    """Return premiums and penalties per zone, producer and payroll, by the one version that serves the whole fortnight.

    The deliveries are priced one by one, with the results of the laboratory that count for each; beside the amounts comes what
    they rest on, None for a version of plain prices.
    """
    span = next((one for one in spans if one.covers(period.first, period.last)), None)
    if span is None or not (span.content.composition or span.content.adjustments):
        return [], None
    # without prices of their own, Sundays and milk over the quota still are payrolls of their own
    span = replace(span, content=replace(span.content, days=span.content.days or DayPrices()))
    zones = _zones_of_lots(session, organisation_id, period, commodity, zone)
    deliveries = [
        one._replace(label=str(zones[one.lot_id]))
        for one in unpaid_deliveries(session, organisation_id, commodity, period.first, period.last)
    ]
    looked = look_at(session, organisation_id, [span], deliveries, (period.first, period.last))
    groups = price_deliveries(
        [span],
        looked.deliveries,
        period=(period.first, period.last),
        history=looked.history,
        quotas=day_quotas(quotas, period.days, elsewhere),
        holidays=holidays,
    )
    return [quality for group in groups for quality in _of_group(group, span)], basis_of(looked)


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


def _zones_of_lots(
    session: Session, organisation_id: UUID, period: Period, commodity: str, zone: ColumnElement[UUID]
) -> dict[UUID, UUID]:
    rows = session.execute(
        select(Lot.id, zone)
        .outerjoin(MilkZoneRoute, MilkZoneRoute.route_id == Lot.route_id)
        .where(
            Lot.organisation_id == organisation_id,
            Lot.commodity == commodity,
            Lot.delivered_on.between(period.first, period.last),
        )
    )
    return {row[0]: row[1] for row in rows}
