"""What the price scheme adds to a fortnight's plain prices: read only where a scheme has premiums, penalties or composition."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from chain.lots.models import Lot
from chain.pricing.queries import Basis, basis_of, look_at
from chain.pricing.rules import SchemeSpan
from chain.settlement.fortnight.facts import DayMilk, Quality, Quota
from chain.settlement.fortnight.models import MilkZoneRoute
from chain.settlement.fortnight.period import Period
from chain.settlement.fortnight.quality import priced_quality
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
    zones = _zones_of_lots(session, organisation_id, period, commodity, zone)
    deliveries = [
        one._replace(label=str(zones[one.lot_id]))
        for one in unpaid_deliveries(session, organisation_id, commodity, period.first, period.last)
    ]
    looked = look_at(session, organisation_id, [span], deliveries, (period.first, period.last))
    found = priced_quality(
        span,
        looked.deliveries,
        looked.history,
        period=period,
        quotas=quotas,
        elsewhere=elsewhere,
        holidays=holidays,
    )
    return found, basis_of(looked)


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
