"""Communities."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict
from chain.core.i18n import N_
from chain.core.text import tidy
from chain.producers.errors import CommunityExists
from chain.producers.models import Community
from chain.producers.rules import NAME_LENGTH
from chain.producers.services.desk import ProducersAudit, open_desk


def create_community(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the client's name for it, as in the API
    name: str,
    district: str,
    region: str,
) -> Community:
    """Add a community of the organisation's country; the same id again returns the first one.

    Raises:
        ValidationFailed: a name is too short or too long.
        CommunityExists: the district has a community of that name.
        IdempotencyConflict: the id was used with other content.
    """
    desk = open_desk(session, actor, now)
    content = {"name": tidy(name), "district": tidy(district), "region": tidy(region)}
    errors = FieldErrors()
    low, high = NAME_LENGTH
    for field, text in content.items():
        if not low <= len(text) <= high:
            errors.add(field, N_("Write the name with %(low)s to %(high)s letters."), low=low, high=high)
    errors.raise_any()
    known = session.get(Community, id)
    if known is not None:
        if {name: getattr(known, name) for name in content} != content:
            raise IdempotencyConflict
        return known
    community = Community(id=id, country=desk.organisation.country, **content)
    try:
        with session.begin_nested():
            session.add(community)
    except IntegrityError:
        raise CommunityExists from None
    audit.record(
        session,
        tag=ProducersAudit.COMMUNITY_CREATED,
        actor=actor,
        now=now,
        subject_type="community",
        subject_id=community.id,
        after=content,
    )
    return community
