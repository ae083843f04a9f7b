"""Deliveries that wait to be paid, as a price sees them."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from chain.genealogy.queries.taken import taken_of
from chain.lots.grades import class_with_norm
from chain.lots.models import Lot
from chain.lots.rules import LotState
from chain.pricing.rules import DeliveryFacts
from chain.producers.models import Producer
from chain.settlement.models import RunLot, SettlementRun
from chain.settlement.rules import RunState

#: States in which a delivery waits to be paid by a period run or at the gate.
UNPAID = (LotState.REGISTERED.value, LotState.GRADED.value)


def standing_run_of(lot_id: Any) -> ColumnElement[bool]:
    """Return the condition that a delivery, or a part of it, is in a run that was not discarded."""
    return (
        select(RunLot.source_id)
        .join(SettlementRun, SettlementRun.id == RunLot.run_id)
        .where(RunLot.source_id == lot_id, SettlementRun.state != RunState.DISCARDED.value)
        .exists()
    )


def delivered_between(first: date, last: date) -> list[ColumnElement[bool]]:
    """Return the conditions that a delivery came on one of some days.

    The indexes of lots are sorted by moments, so the days are a stretch of them, a day wider at both ends for any time zone.
    """
    begin, end = (datetime.combine(day, time(), UTC) for day in (day_from(first, -1), day_from(last, 2)))
    return [Lot.delivered_on.between(first, last), Lot.delivered_at.between(begin, end)]


def day_from(day: date, days: int) -> date:
    """Return the day so many days from another, as far as the calendar goes."""
    return date.fromordinal(min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal()))


def waiting(organisation_id: UUID) -> list[ColumnElement[bool]]:
    """Return the conditions of deliveries that wait for payment and are in no standing run."""
    return [
        Lot.organisation_id == organisation_id,
        Lot.origin == "delivery",  # what was made of deliveries is paid with them
        Lot.state.in_(UNPAID),
        ~standing_run_of(Lot.id),
    ]


def unpaid_deliveries(
    session: Session, organisation_id: UUID, commodity: str, first: date, last: date
) -> list[DeliveryFacts]:
    """Return the deliveries of a period that wait for payment, less what producers took back of them."""
    return _facts(
        session,
        [*waiting(organisation_id), Lot.commodity == commodity, *delivered_between(first, last)],
    )


def chosen_deliveries(
    session: Session, organisation_id: UUID, lot_ids: Collection[UUID]
) -> list[DeliveryFacts]:
    """Return those of some deliveries that wait for payment."""
    return _facts(session, [*waiting(organisation_id), Lot.id.in_(lot_ids)])


def run_deliveries(session: Session, run_id: UUID) -> list[DeliveryFacts]:
    """Return the deliveries that a run pays, as they are now."""
    return _facts(session, [Lot.id.in_(select(RunLot.lot_id).where(RunLot.run_id == run_id))])


def _facts(session: Session, conditions: Sequence[ColumnElement[bool]]) -> list[DeliveryFacts]:
    rows = session.execute(
        select(
            Lot.id,
            Lot.producer_id,
            Lot.delivered_on,
            Lot.quantity,
            Lot.unit,
            Lot.commodity,
            Lot.grade_scheme,
            Lot.grade_edition,
            Lot.grade_key,
            Lot.colour,
            Lot.micron_tenths,
            Lot.claim,
            Lot.attributes,
            Producer.sex,
        )
        .join(Producer, Producer.id == Lot.producer_id)
        .where(*conditions)
        .order_by(Lot.id)
    ).all()
    taken = taken_of(session, [row.id for row in rows])
    labels: dict[tuple[str | None, str | None, str | None], str] = {}
    found: list[DeliveryFacts] = []
    for row in rows:
        left = row.quantity - taken.get(row.id, 0)
        if left <= 0:
            continue
        key = (row.grade_scheme, row.grade_edition, row.grade_key)
        if key not in labels:
            labels[key] = (
                class_with_norm(row.grade_scheme, row.grade_edition, row.grade_key, "es")
                if row.grade_scheme and row.grade_key
                else row.commodity
            )
        found.append(
            DeliveryFacts(
                row.id,
                row.id,
                row.producer_id,
                row.delivered_on,
                left,
                row.unit,
                labels[key],
                row.commodity,
                row.grade_scheme,
                row.grade_key,
                row.colour,
                row.micron_tenths,
                row.claim or "conventional",
                row.attributes,
                row.sex == "female",
                row.attributes.get("shift"),
            )
        )
    return found
