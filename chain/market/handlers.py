"""Outbox messages of the market: closing tenders at their deadline; and what tenders tell the area `sales` of themselves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import OrganisationKind, Role, system_actor
from chain.core.outbox import handles
from chain.market.models import Bid, Tender
from chain.market.queries.replay import replay_tender
from chain.market.services.awards import after_answer
from chain.market.services.opening import close_tender
from chain.market.services.steps import lock_tender
from chain.market.services.tenders import CLOSE_MESSAGE
from chain.sales.methods import EventName, MethodHooks, register_method
from chain.sales.rules import Method


@handles(CLOSE_MESSAGE)
def close_at_deadline(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Open the bids of a tender whose deadline has come; nothing happens when a person did it before."""
    tender = lock_tender(session, UUID(payload["tender_id"]))
    kind = OrganisationKind(get_organisation(session, tender.organisation_id).kind)
    actor = system_actor(tender.organisation_id, kind, Role.SELLER)
    close_tender(session, actor=actor, now=now, tender_id=tender.id)


def _names(session: Session, ids: frozenset[UUID]) -> Mapping[UUID, EventName]:
    rows = session.execute(select(Tender.id, Tender.title, Tender.number).where(Tender.id.in_(ids)))
    return {
        row.id: EventName(row.title, row.number, "market.tender_detail", {"tender_id": row.id})
        for row in rows
    }


def _is_bound(session: Session, tender_id: UUID) -> bool:
    return session.scalar(select(Bid.id).where(Bid.tender_id == tender_id).limit(1)) is not None


register_method(Method.TENDER, MethodHooks(lock_tender, after_answer, _names, replay_tender, _is_bound))
