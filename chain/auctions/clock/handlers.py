"""Outbox messages of the clock: the end of its rounds; and what the clock tells the area `sales` of itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import OrganisationKind, Role, system_actor
from chain.auctions.clock.models import Clock, ClockRequest
from chain.auctions.clock.queries import last_told_line
from chain.auctions.clock.rules import round_of
from chain.auctions.clock.services import after_answer, close_round, replay_clock
from chain.auctions.clock.services.steps import DUE_MESSAGE, lock_clock
from chain.core.outbox import handles
from chain.sales.methods import EventName, MethodHooks, register_method
from chain.sales.rules import Method


@handles(DUE_MESSAGE)
def close_when_due(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Open the requests of a round whose hour has come; nothing happens when a person did it before."""
    clock = lock_clock(session, UUID(payload["clock_id"]))
    if round_of(clock.state) != payload["round"]:
        return
    kind = OrganisationKind(get_organisation(session, clock.organisation_id).kind)
    actor = system_actor(clock.organisation_id, kind, Role.SELLER)
    close_round(session, actor=actor, now=now, clock_id=clock.id)


def _names(session: Session, ids: frozenset[UUID]) -> Mapping[UUID, EventName]:
    rows = session.execute(select(Clock.id, Clock.title, Clock.number).where(Clock.id.in_(ids)))
    return {
        row.id: EventName(row.title, row.number, "auctions.clock_detail", {"clock_id": row.id})
        for row in rows
    }


def _is_bound(session: Session, clock_id: UUID) -> bool:
    asked = select(ClockRequest.id).where(ClockRequest.clock_id == clock_id)
    return session.scalar(asked.limit(1)) is not None


register_method(
    Method.CLOCK, MethodHooks(lock_clock, after_answer, _names, replay_clock, _is_bound, last_told_line)
)
