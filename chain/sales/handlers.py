"""Outbox messages: what silence means for an award; what a weight that was settled on changes of a sale."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import OrganisationKind, Role, system_actor
from chain.core.outbox import handles
from chain.custody.services.arrivals import SETTLED_MESSAGE
from chain.sales.models import Award
from chain.sales.services.adjustments import adjust_by_arrivals
from chain.sales.services.awards import DUE_MESSAGE, answer_by_silence


@handles(DUE_MESSAGE)
def answer_when_due(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Apply the association's rule about silence to an award that nobody answered in time."""
    award = session.get_one(Award, UUID(payload["award_id"]))
    kind = OrganisationKind(get_organisation(session, award.organisation_id).kind)
    actor = system_actor(award.organisation_id, kind, Role.SELLER)
    answer_by_silence(session, actor=actor, now=now, award_id=award.id)


@handles(SETTLED_MESSAGE)
def adjust_when_settled(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Change what is due for lots of a sale whose weight both sides settled on."""
    adjust_by_arrivals(session, now=now, sale_id=UUID(payload["sale_id"]))
