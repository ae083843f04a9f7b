"""Reads of the gate: today's queue in the order of arrival."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.custody.models import GateVisit

#: Visits of a day that a page shows.
MAX_VISITS = 500


def visits_of(session: Session, actor: Actor, day: date, *, waiting: bool = False) -> Sequence[GateVisit]:
    """Return the visits of a day by ticket: all, or those that nobody called and who did not leave."""
    statement = select(GateVisit).where(
        GateVisit.organisation_id == actor.organisation_id, GateVisit.day == day
    )
    if waiting:
        statement = statement.where(GateVisit.served_at.is_(None), GateVisit.left_at.is_(None))
    return session.scalars(statement.order_by(GateVisit.ticket).limit(MAX_VISITS)).all()


def last_called(session: Session, actor: Actor, day: date) -> GateVisit | None:
    """Return the ticket that was called last and is still here."""
    return session.scalar(
        select(GateVisit)
        .where(
            GateVisit.organisation_id == actor.organisation_id,
            GateVisit.day == day,
            GateVisit.served_at.is_not(None),
            GateVisit.left_at.is_(None),
        )
        .order_by(GateVisit.served_at.desc(), GateVisit.ticket.desc())
        .limit(1)
    )


def get_visit_for(session: Session, actor: Actor, visit_id: UUID) -> GateVisit:
    """Return a visit at the own gate.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.scalar(
        select(GateVisit).where(GateVisit.id == visit_id, GateVisit.organisation_id == actor.organisation_id)
    )
    if found is None:
        raise NotFound
    return found
