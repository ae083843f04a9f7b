"""How far sales are fulfilled: what was ordered, sent, arrived and accepted, as a whole and by delivery period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.clock import local_date
from chain.custody.models import Dispatch, DispatchLine
from chain.custody.rules.words import DispatchState
from chain.sales.models import Sale, SaleLine
from chain.sales.queries.due import is_kept
from chain.sales.terms import Period, Terms

#: States of a load in which its lots have arrived.
ARRIVED = (DispatchState.ARRIVED.value, DispatchState.DISPUTED.value, DispatchState.SETTLED.value)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What of a sale went which way. Quantities in grams or millilitres; what is accepted counts for the price."""

    sent: int = 0
    arrived: int = 0
    accepted: int = 0
    disputed: int = 0


@dataclass(frozen=True, slots=True)
class PeriodDelivered:
    """A delivery period with what was sent in it."""

    period: Period
    delivered: Delivered
    is_over: bool

    @property
    def is_short(self) -> bool:
        """Less was sent than the least of a period that is over."""
        return self.is_over and self.delivered.sent < self.period.least

    @property
    def is_above(self) -> bool:
        """More was sent than the most of the period."""
        return self.delivered.sent > self.period.most


def arrived_lots() -> Any:
    """Return the expression for how many lots of a sale have arrived."""
    return (
        select(func.count(func.distinct(DispatchLine.lot_id)))
        .select_from(Dispatch)
        .join(DispatchLine, DispatchLine.dispatch_id == Dispatch.id)
        .where(Dispatch.sale_id == Sale.id, Dispatch.state.in_(ARRIVED))
        .correlate(Sale)
        .scalar_subquery()
    )


def kept_quantity(session: Session, sale_id: UUID) -> int:
    """Return how much of a sale was not let go."""
    total = session.scalar(select(func.sum(SaleLine.quantity)).where(SaleLine.sale_id == sale_id, is_kept()))
    return int(total or 0)


def _loads(session: Session, sale_id: UUID) -> Sequence[Any]:
    return session.execute(
        select(
            Dispatch.dispatched_at,
            Dispatch.state,
            func.sum(DispatchLine.quantity).label("sent"),
            func.sum(DispatchLine.arrived_quantity).label("arrived"),
            func.sum(func.coalesce(DispatchLine.agreed_quantity, DispatchLine.quantity)).label("accepted"),
        )
        .join(DispatchLine, DispatchLine.dispatch_id == Dispatch.id)
        .where(Dispatch.sale_id == sale_id, Dispatch.state != DispatchState.CANCELLED.value)
        .group_by(Dispatch.id, Dispatch.dispatched_at, Dispatch.state)
    ).all()


def _sum(loads: Sequence[Any]) -> Delivered:
    """Sum up loads; within the tolerance the sent weight is accepted, after a dispute the one settled on."""
    done = (DispatchState.ARRIVED, DispatchState.SETTLED)
    return Delivered(
        sent=sum(int(one.sent) for one in loads),
        arrived=sum(int(one.arrived or 0) for one in loads),
        accepted=sum(int(one.accepted) for one in loads if one.state in done),
        disputed=sum(int(one.sent) for one in loads if one.state == DispatchState.DISPUTED),
    )


def delivered_of(
    session: Session, sale: Sale, terms: Terms, *, zone: str, today: date
) -> tuple[Delivered, Sequence[PeriodDelivered]]:
    """Return what of a sale was delivered, as a whole and by the periods of its contract, by the day of departure."""
    loads = _loads(session, sale.id)
    periods = [
        PeriodDelivered(
            one,
            _sum([load for load in loads if one.first <= local_date(load.dispatched_at, zone) <= one.last]),
            today > one.last,
        )
        for one in sorted(terms.periods, key=lambda one: one.first)
    ]
    return _sum(loads), periods
