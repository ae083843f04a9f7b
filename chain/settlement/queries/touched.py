"""Whom a change of prices or deductions touches: who delivers, who owes, and what they were paid last."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from chain.lots.models import Lot
from chain.producers.models import Membership
from chain.settlement.fortnight.models import MilkZoneRoute
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from chain.settlement.rules import IN_THE_BOOKS, RunState

#: A producer of fibre delivers once a year.
LATELY = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class LastPayment:
    """The last settlement of a producer that is in the books."""

    gross_minor: int
    quantity: int


def who_delivers(
    session: Session,
    organisation_id: UUID,
    today: date,
    *,
    commodity: str | None = None,
    of_route: Sequence[ColumnElement[bool]] = (),
) -> list[UUID]:
    """Return the present members who delivered something in the last year: anything, one product, or by routes of a zone."""
    statement = (
        select(Lot.producer_id)
        .join(
            Membership,
            (Membership.producer_id == Lot.producer_id) & (Membership.organisation_id == Lot.organisation_id),
        )
        .where(
            Lot.organisation_id == organisation_id,
            Lot.origin == "delivery",
            Lot.state != "cancelled",
            Lot.delivered_on > today - LATELY,
            Membership.left_on.is_(None),
        )
        .distinct()
        .order_by(Lot.producer_id)
    )
    if commodity is not None:
        statement = statement.where(Lot.commodity == commodity)
    if of_route:
        statement = statement.outerjoin(MilkZoneRoute, MilkZoneRoute.route_id == Lot.route_id).where(
            *of_route
        )
    return [one for one in session.scalars(statement) if one is not None]


def last_payments(
    session: Session, organisation_id: UUID, currency: str, producer_ids: Collection[UUID]
) -> dict[UUID, LastPayment]:
    """Return what producers got in the last settlement that is in the books."""
    place = (
        func.row_number()
        .over(
            partition_by=SettlementLine.producer_id,
            order_by=(SettlementRun.accounted_at.desc(), SettlementRun.number.desc()),
        )
        .label("place")
    )
    ranked = (
        select(SettlementLine.producer_id, SettlementLine.gross_minor, SettlementLine.quantity, place)
        .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
        .where(
            SettlementRun.organisation_id == organisation_id,
            SettlementRun.currency == currency,
            SettlementRun.state.in_([state.value for state in IN_THE_BOOKS]),
            SettlementLine.gross_minor > 0,
        )
        .subquery()
    )
    rows = session.execute(
        select(ranked.c.producer_id, ranked.c.gross_minor, ranked.c.quantity).where(ranked.c.place == 1)
    )
    return {
        row.producer_id: LastPayment(row.gross_minor, row.quantity)
        for row in rows
        if row.producer_id in producer_ids
    }


def was_taken(session: Session, rule_id: UUID) -> bool:
    """Tell whether a run that stands takes something by a rule or group charge."""
    return (
        session.scalar(
            select(SettlementItem.id)
            .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
            .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
            .where(SettlementItem.rule_id == rule_id, SettlementRun.state != RunState.DISCARDED.value)
            .limit(1)
        )
        is not None
    )
