"""Who works at the counter, for whom and when; and the tags of the audit trail."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.clock import local_date


class ProducersAudit(StrEnum):
    """Tags of the audit trail."""

    PRODUCER_REGISTERED = "producers:producer:registered"
    PRODUCER_CHANGED = "producers:producer:changed"
    MEMBERSHIP_BEGUN = "producers:membership:begun"
    MEMBERSHIP_ENDED = "producers:membership:ended"
    COMMUNITY_CREATED = "producers:community:created"
    CARD_ISSUED = "producers:card:issued"
    CARD_REPLACED = "producers:card:replaced"


@dataclass(frozen=True, slots=True)
class Desk:
    """What every step of a use case needs."""

    session: Session
    actor: Actor
    now: datetime
    organisation: Organisation

    @property
    def today(self) -> date:
        """The day it is at the organisation."""
        return local_date(self.now, self.organisation.timezone)


def open_desk(session: Session, actor: Actor, now: datetime) -> Desk:
    """Return the desk of an actor who may write producers.

    Raises:
        Forbidden: the actor may not.
    """
    actor.require(Permission.PRODUCERS_WRITE)
    return Desk(session, actor, now, get_own_organisation(session, actor))
