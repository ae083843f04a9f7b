"""Organisations: created by the platform's operator with their first administrator, kept by their administrators."""

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.duties import keeper_role
from chain.accounts.errors import InvalidOrganisationCode, NameNeeded, OrganisationCodeTaken, UnknownParent
from chain.accounts.models import Organisation, User
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import (
    COUNTRY_CURRENCY,
    COUNTRY_TIMEZONE,
    Actor,
    Country,
    OrganisationKind,
    Permission,
)
from chain.accounts.services.users import add_user
from chain.core import audit
from chain.core.errors import IdempotencyConflict

_CODE = re.compile(r"[A-Z][A-Z0-9-]{1,19}")
MAX_NAME_LENGTH = 200
MAX_PLACE_LENGTH = 200
MAX_TAX_ID_LENGTH = 20
#: Kinds that other organisations may belong to.
PARENT_KINDS = frozenset(
    {OrganisationKind.FEDERATION, OrganisationKind.ASSOCIATION, OrganisationKind.PROGRAMME}
)


class OrganisationAudit(StrEnum):
    """Tags of the audit trail."""

    CREATED = "accounts:organisation:created"
    CHANGED = "accounts:organisation:changed"


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    """What the operator tells of a new organisation. Currency and time zone follow the country."""

    kind: OrganisationKind
    code: str
    name: str
    country: Country
    place: str | None = None
    tax_id: str | None = None
    parent_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """The person who will manage the users of a new organisation."""

    user_id: UUID
    username: str
    display_name: str
    password: str


def clean(text: str | None, limit: int) -> str | None:
    """Return a text without blanks around it, cut at the column's length; None when empty."""
    return (text or "").strip()[:limit] or None


def check_name(name: str) -> str:
    """Return a name without blanks around it.

    Raises:
        NameNeeded: it is empty or too long.
    """
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME_LENGTH:
        raise NameNeeded(limit=MAX_NAME_LENGTH)
    return name


def add_organisation(
    session: Session, *, actor: Actor, now: datetime, organisation_id: UUID, facts: OrganisationFacts
) -> Organisation:
    """Make an organisation. The caller has checked that the actor may.

    Raises:
        InvalidOrganisationCode, NameNeeded, OrganisationCodeTaken, UnknownParent.
    """
    code = facts.code.strip().upper()
    if not _CODE.fullmatch(code):
        raise InvalidOrganisationCode
    if session.scalar(select(Organisation.id).where(Organisation.code == code)) is not None:
        raise OrganisationCodeTaken
    if facts.parent_id is not None:
        parent = session.get(Organisation, facts.parent_id)
        if parent is None or OrganisationKind(parent.kind) not in PARENT_KINDS:
            raise UnknownParent
    organisation = Organisation(
        id=organisation_id,
        kind=facts.kind,
        code=code,
        name=check_name(facts.name),
        country=facts.country,
        currency=COUNTRY_CURRENCY[facts.country],
        timezone=COUNTRY_TIMEZONE[facts.country],
        parent_id=facts.parent_id,
        tax_id=clean(facts.tax_id, MAX_TAX_ID_LENGTH),
        place=clean(facts.place, MAX_PLACE_LENGTH),
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(organisation)
    except IntegrityError:
        raise OrganisationCodeTaken from None  # somebody took the code, or sent the same form, in the same instant
    audit.record(
        session,
        tag=OrganisationAudit.CREATED,
        actor=actor,
        now=now,
        subject_type="organisation",
        subject_id=organisation.id,
        after={**asdict(facts), "code": code},
    )
    return organisation


def create_organisation(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    organisation_id: UUID,
    facts: OrganisationFacts,
    administrator: FirstAdministrator,
    fast_hash: bool = False,
) -> tuple[Organisation, User | None]:
    """Make an organisation and its first administrator; the user is None when the same id came before.

    Raises:
        IdempotencyConflict: the id belongs to another organisation.
        Everything that `add_organisation` and `add_user` raise.
    """
    actor.require(Permission.ORGANISATIONS_MANAGE)
    existing = session.get(Organisation, organisation_id)
    if existing is not None:
        same = (existing.code, existing.kind) == (facts.code.strip().upper(), facts.kind)
        if not same or existing.name != facts.name.strip():
            raise IdempotencyConflict
        return existing, None
    organisation = add_organisation(
        session, actor=actor, now=now, organisation_id=organisation_id, facts=facts
    )
    user = add_user(
        session,
        actor=actor,
        organisation=organisation,
        username=administrator.username,
        display_name=administrator.display_name,
        password=administrator.password,
        roles=[keeper_role(facts.kind)],
        now=now,
        fast_hash=fast_hash,
        user_id=administrator.user_id,
    )
    return organisation, user


def change_organisation(
    session: Session, *, actor: Actor, now: datetime, name: str, place: str | None, tax_id: str | None
) -> Organisation:
    """Change name, place and tax number of the own organisation. Code, kind and country stay: papers carry them.

    Raises:
        NameNeeded: the name is empty or too long.
    """
    actor.require(Permission.ORGANISATION_MANAGE)
    organisation = get_own_organisation(session, actor)
    after = {
        "name": check_name(name),
        "place": clean(place, MAX_PLACE_LENGTH),
        "tax_id": clean(tax_id, MAX_TAX_ID_LENGTH),
    }
    before = {key: getattr(organisation, key) for key in after}
    if before != after:
        for key, value in after.items():
            setattr(organisation, key, value)
        session.flush()
        audit.record(
            session,
            tag=OrganisationAudit.CHANGED,
            actor=actor,
            now=now,
            subject_type="organisation",
            subject_id=organisation.id,
            before=before,
            after=after,
        )
    return organisation
