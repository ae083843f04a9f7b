"""Outbox messages of the market: closing tenders at their deadline."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import OrganisationKind, Role, system_actor
from chain.core.outbox import handles
from chain.market.services.steps import lock_tender
from chain.market.services.tenders import CLOSE_MESSAGE, close_tender


@handles(CLOSE_MESSAGE)
def close_at_deadline(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Open the bids of a tender whose deadline has come; nothing happens when a person did it before."""
    tender = lock_tender(session, UUID(payload["tender_id"]))
    kind = OrganisationKind(get_organisation(session, tender.organisation_id).kind)
    actor = system_actor(tender.organisation_id, kind, Role.SELLER)
    close_tender(session, actor=actor, now=now, tender_id=tender.id)
