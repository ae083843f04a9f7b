"""The writer of prices: whether a seller lets published prices name it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import SELLER_KINDS, Actor, Permission
from chain.buyers.errors import NotASeller
from chain.core import audit
from chain.prices.models import PriceConsent


class PricesAudit(StrEnum):
    """Tags of the audit trail."""

    CONSENT_SET = "prices:consent:set"


def set_consent(session: Session, *, actor: Actor, now: datetime, is_named: bool) -> PriceConsent:
    """Say whether prices may name the actor's organisation; the same again changes nothing.

    Raises:
        Forbidden, NotASeller: the actor or the organisation may not.
    """
    actor.require(Permission.ORGANISATION_MANAGE)
    organisation = get_own_organisation(session, actor)
    if organisation.kind not in SELLER_KINDS:
        raise NotASeller
    row = session.get(PriceConsent, organisation.id, with_for_update=True, populate_existing=True)
    before = row is not None and row.is_named
    if row is None:
        row = PriceConsent(
            organisation_id=organisation.id, is_named=is_named, changed_at=now, changed_by=actor.user_id
        )
        session.add(row)
    elif before == is_named:
        return row
    row.is_named, row.changed_at, row.changed_by = is_named, now, actor.user_id
    session.flush()
    audit.record(
        session,
        tag=PricesAudit.CONSENT_SET,
        actor=actor,
        now=now,
        subject_type="organisation",
        subject_id=organisation.id,
        before={"is_named": before},
        after={"is_named": is_named},
    )
    return row
