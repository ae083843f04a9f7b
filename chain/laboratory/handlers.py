"""Outbox messages of the laboratory: second opinions that nobody decided in time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import OrganisationKind, Role, system_actor
from chain.core.outbox import handles
from chain.laboratory.models import SecondOpinion
from chain.laboratory.services.opinions import LAPSE_MESSAGE, lapse_second_opinion


@handles(LAPSE_MESSAGE)
def lapse_at_deadline(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Mark a second opinion whose deadline has come; nothing happens when it was decided before."""
    opinion = session.get_one(SecondOpinion, UUID(payload["opinion_id"]))
    kind = OrganisationKind(get_organisation(session, opinion.organisation_id).kind)
    actor = system_actor(opinion.organisation_id, kind, Role.GRADER)
    lapse_second_opinion(session, actor=actor, now=now, opinion_id=opinion.id)
