"""Outbox messages of buyers: a deposit goes back once nothing is committed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import OrganisationKind, Role, system_actor
from chain.buyers.models import DepositReturn
from chain.buyers.services.deposits import return_when_free
from chain.buyers.services.limits import RETURN_MESSAGE
from chain.core.outbox import handles


@handles(RETURN_MESSAGE)
def return_deposit(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Make a deposit due to be paid back, unless the buyer committed something meanwhile: then it waits on."""
    row = session.get_one(DepositReturn, UUID(payload["return_id"]))
    kind = OrganisationKind(get_organisation(session, row.organisation_id).kind)
    actor = system_actor(row.organisation_id, kind, Role.TREASURER)
    return_when_free(session, actor=actor, now=now, return_id=row.id)
