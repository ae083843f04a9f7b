"""The results that prices look at: what counts for each delivery, and what producers had before."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from chain.core.hashing import canonical_json, text_hash
from chain.laboratory.models import Measurement, MeasurementChoice
from chain.laboratory.queries.measurements import counting_measurements
from chain.lots.models import Lot
from chain.lots.queries import CHUNK
from chain.pricing.queries.spans import spans_of
from chain.pricing.rules import (
    DeliveryFacts,
    Part,
    PricedGroup,
    Quota,
    Result,
    SchemeSpan,
    price_deliveries,
    spans_by_day,
)
from chain.pricing.rules.basis import price_basis
from chain.pricing.rules.results import MAX_DAYS_BACK, needed

#: Lots with a result that are looked through per producer; the three newest results are wanted, and some may be no numbers.
MAX_LOOKED_BACK = 12
#: The hash of what prices rest on, and the ids of the versions that looked at it.
Basis = dict[str, Any]


class LookedAt(NamedTuple):
    """The versions in play, deliveries with the results that count for them, and what their producers had before."""

    spans: list[SchemeSpan]
    deliveries: list[DeliveryFacts]
    history: list[Result]


def price_with_results(
    session: Session,
    organisation_id: UUID,
    spans: Sequence[SchemeSpan],
    deliveries: Iterable[DeliveryFacts],
    *,
    period: tuple[date, date] | None = None,
    quotas: Mapping[tuple[UUID, date], Quota] | None = None,
    holidays: Collection[date] = (),
    part: Part = Part.WHOLE,
) -> list[PricedGroup]:
    """Price deliveries with the results that count for them, and those that their producers had before.

    The database is asked for results only when a version in play looks at any.

    Raises:
        NoPriceInForce, NoPriceForClass, PricedAfterSale: as `price_deliveries`.
    """
    looked = look_at(session, organisation_id, spans, deliveries, period)
    return price_deliveries(
        spans,
        looked.deliveries,
        period=period,
        history=looked.history,
        quotas=quotas,
        holidays=holidays,
        part=part,
    )


def look_at(
    session: Session,
    organisation_id: UUID,
    spans: Sequence[SchemeSpan],
    deliveries: Iterable[DeliveryFacts],
    period: tuple[date, date] | None = None,
) -> LookedAt:
    """Return deliveries with the results that the versions in play look at.

    Raises:
        NoPriceInForce: deliveries lie on days without a price; the days are named.
    """
    listed = list(deliveries)
    days = spans_by_day(spans, {one.delivered_on for one in listed}, period)
    used = {one.version_id: one for one in days.values()}
    parameters = {key for span in used.values() for key in needed(span.content)}
    history: list[Result] = []
    if parameters:
        listed = with_results(session, listed, parameters)
        history = earlier_results(session, organisation_id, listed, parameters)
    return LookedAt(list(used.values()), listed, history)


def basis_of(looked: LookedAt) -> Basis | None:
    """Return what a run keeps, to tell later whether its prices still rest on the same; None: they look at nothing more."""
    rows = price_basis(*looked)
    if not rows:
        return None
    versions = sorted(str(span.version_id) for span in looked.spans)
    return {"hash": text_hash(canonical_json({"basis": rows})), "versions": versions}


def is_same_basis(
    session: Session, organisation_id: UUID, known: Basis, deliveries: Sequence[DeliveryFacts]
) -> bool:
    """Tell whether the same versions find in the same deliveries what they found when the run was prepared.

    The versions are those of the run, whatever became of them: a run that stands keeps its prices.
    """
    spans = spans_of(session, [UUID(one) for one in known["versions"]])
    return basis_of(look_at(session, organisation_id, spans, deliveries)) == known


def with_results(
    session: Session, deliveries: Sequence[DeliveryFacts], parameters: Collection[str]
) -> list[DeliveryFacts]:
    """Return deliveries with the results that count: those of a recorded decision before those at delivery."""
    found = results_of_lots(session, {one.source_id for one in deliveries}, parameters)
    return [
        one._replace(attributes={**one.attributes, **found[one.source_id]})
        if found.get(one.source_id)
        else one
        for one in deliveries
    ]


def results_of_lots(
    session: Session, lot_ids: Collection[UUID], parameters: Collection[str]
) -> dict[UUID, dict[str, str]]:
    """Return, per lot, the results that count for it, as text by parameter."""
    found: dict[UUID, dict[str, str]] = {}
    wanted = sorted(lot_ids)
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        for row in session.execute(select(Lot.id, Lot.attributes, Lot.measured).where(Lot.id.in_(chunk))):
            values = {**row.attributes, **(row.measured or {})}
            found[row.id] = {key: str(values[key]) for key in parameters if values.get(key) is not None}
    decided = session.scalar(
        select(func.count()).select_from(MeasurementChoice).where(MeasurementChoice.attribute.in_(parameters))
    )
    if decided:
        _take_measured(session, found, parameters)
    return found


def _take_measured(session: Session, found: dict[UUID, dict[str, str]], parameters: Collection[str]) -> None:
    chosen = {
        measurement_id: at
        for at, measurement_id in counting_measurements(session, found).items()
        if measurement_id is not None and at[1] in parameters
    }
    wanted = sorted(chosen)
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(Measurement.id, Measurement.value).where(Measurement.id.in_(wanted[start : start + CHUNK]))
        )
        for measurement_id, value in rows:
            lot_id, parameter = chosen[measurement_id]
            found[lot_id][parameter] = value


def earlier_results(
    session: Session,
    organisation_id: UUID,
    deliveries: Sequence[DeliveryFacts],
    parameters: Collection[str],
) -> list[Result]:
    """Return the results that the producers of deliveries had in the year before the first one, the latest of each.

    A dairy's producer delivers twice a day and has an analysis a month, so only lots with a result are counted back.
    """
    if not deliveries:
        return []
    first = min(one.delivered_on for one in deliveries)
    conditions = (
        Lot.organisation_id == organisation_id,
        Lot.commodity == deliveries[0].commodity,
        Lot.origin == "delivery",
        Lot.state != "cancelled",
        Lot.delivered_on < first,
        Lot.delivered_on >= date.fromordinal(first.toordinal() - MAX_DAYS_BACK),
    )
    producers = {one.producer_id for one in deliveries}
    lots = {
        row.id: row
        for parameter in sorted(parameters)
        for row in session.execute(_latest_with(parameter, conditions))
        if row.producer_id in producers
    }
    values = results_of_lots(session, lots, parameters)
    return [
        Result(lots[lot_id].producer_id, parameter, lots[lot_id].delivered_on, number)
        for lot_id, measured in values.items()
        for parameter, text in measured.items()
        if (number := _number(text)) is not None
    ]


def _latest_with(parameter: str, conditions: Iterable[ColumnElement[bool]]) -> Select[Any]:
    """Return the statement for the latest lots of every producer that have a result, in the delivery or of the laboratory."""
    rank = (
        func.row_number()
        .over(partition_by=Lot.producer_id, order_by=(Lot.delivered_on.desc(), Lot.id.desc()))
        .label("place")
    )
    has_result = or_(
        Lot.attributes[parameter].as_string().is_not(None), Lot.measured[parameter].as_string().is_not(None)
    )
    ranked = select(Lot.id, Lot.producer_id, Lot.delivered_on, rank).where(*conditions, has_result).subquery()
    return select(ranked.c.id, ranked.c.producer_id, ranked.c.delivered_on).where(
        ranked.c.place <= MAX_LOOKED_BACK
    )


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
