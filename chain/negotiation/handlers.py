"""Outbox messages of offers, and what offers tell the area `sales` of themselves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.i18n import N_, Message
from chain.core.outbox import handles
from chain.negotiation.models import Offer, OfferStep
from chain.negotiation.queries.offers import terms_of
from chain.negotiation.queries.open_lots import shown_openly
from chain.negotiation.rules import OFFER_STATE_LABELS, OfferState, StepKind, replay_state, step_hash
from chain.negotiation.services.answers import after_answer, expire_offer
from chain.negotiation.services.steps import EXPIRE_MESSAGE, lock_offer
from chain.sales.methods import EventName, MethodHooks, Replayed, register_method
from chain.sales.queries.log import log_of
from chain.sales.rules import Method
from chain.sales.showing import register_showing


@handles(EXPIRE_MESSAGE)
def expire_when_due(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """End an offer that nobody answered in time."""
    expire_offer(session, now=now, offer_id=UUID(payload["offer_id"]), step=int(payload["step"]))


def _names(session: Session, ids: frozenset[UUID]) -> Mapping[UUID, EventName]:
    rows = session.execute(select(Offer.id, Offer.number).where(Offer.id.in_(ids)))
    return {
        row.id: EventName(
            f"Trato directo {row.number}", row.number, "negotiation.offer_detail", {"offer_id": row.id}
        )
        for row in rows
    }


def replay_offer(session: Session, offer_id: UUID) -> Replayed:
    """Run an offer's log through the rules again: the state that it leads to, and whether each step says what the log swore."""
    offer = session.get_one(Offer, offer_id)
    entries = log_of(session, offer_id)
    state = replay_state([entry.kind for entry in entries])
    steps = session.scalars(
        select(OfferStep).where(OfferStep.offer_id == offer_id).order_by(OfferStep.sequence)
    ).all()
    sworn = {entry.data["step"]: entry.data["said"] for entry in entries if "said" in entry.data}
    wrong = [step.sequence for step in steps if _digest(session, step) != sworn.get(step.sequence)]
    lines = [
        Message(N_("Step %(number)s does not say what the log says of it."), {"number": number})
        for number in wrong
    ]
    if state is not None:
        label = Message(OFFER_STATE_LABELS[state])
        lines.append(Message(N_("The log leads to the state “%(state)s”."), {"state": label}))
    agrees = not wrong and len(sworn) == len(steps) and state == OfferState(offer.state)
    return Replayed(agrees, len(entries), tuple(lines))


def _digest(session: Session, step: OfferStep) -> str:
    terms = terms_of(session, step) if step.terms is not None else None
    return step_hash(
        StepKind(step.kind), terms=terms, reason=step.reason, offer_id=step.offer_id, side=step.side
    )


register_method(Method.OFFER, MethodHooks(lock_offer, after_answer, _names, replay_offer))
register_showing("negotiation", shown_openly)
