"""Reads of organisations, users and roles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import ApiToken, Organisation, RoleAssignment, SignIn, User
from chain.accounts.rules import Actor, OrganisationKind, Permission, Role
from chain.core.errors import NotFound


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who acts in a request, and everything that the edge needs to know of them."""

    user: User
    organisation: Organisation | None
    actor: Actor
    sign_in_id: UUID | None


def roles_in(session: Session, user_id: UUID, organisation_id: UUID) -> frozenset[Role]:
    """Return the roles of a user in an organisation."""
    rows = session.scalars(
        select(RoleAssignment.role).where(
            RoleAssignment.user_id == user_id, RoleAssignment.organisation_id == organisation_id
        )
    )
    return frozenset(Role(row) for row in rows)


def organisations_of(session: Session, user_id: UUID) -> Sequence[Organisation]:
    """Return the organisations in which a user has a role, by name."""
    return session.scalars(
        select(Organisation)
        .where(
            Organisation.id.in_(
                select(RoleAssignment.organisation_id).where(RoleAssignment.user_id == user_id)
            )
        )
        .order_by(Organisation.name, Organisation.id)
    ).all()


def actor_for(
    session: Session,
    user: User,
    organisation: Organisation | None,
    *,
    limited_to: Sequence[str] | None = None,
) -> Actor:
    """Return the actor that a user is in an organisation."""
    if organisation is None:
        return Actor(user_id=user.id, organisation_id=None)
    return Actor(
        user_id=user.id,
        organisation_id=organisation.id,
        organisation_kind=OrganisationKind(organisation.kind),
        roles=roles_in(session, user.id, organisation.id),
        limited_to=None if limited_to is None else frozenset(Permission(word) for word in limited_to),
    )


def find_signed_in(session: Session, *, token_hash: str, now: datetime) -> SignedIn | None:
    """Return who is signed in with a cookie's token; None when it ended, expired or the user is inactive."""
    row = session.execute(
        select(SignIn, User, Organisation)
        .join(User, User.id == SignIn.user_id)
        .outerjoin(Organisation, Organisation.id == SignIn.organisation_id)
        .where(SignIn.token_hash == token_hash, SignIn.ended_at.is_(None), SignIn.expires_at > now)
    ).first()
    if row is None or not row.User.is_active:
        return None
    actor = actor_for(session, row.User, row.Organisation)
    if row.Organisation is not None and not actor.roles:
        return SignedIn(row.User, None, Actor(user_id=row.User.id, organisation_id=None), row.SignIn.id)
    return SignedIn(row.User, row.Organisation, actor, row.SignIn.id)


def find_token_holder(session: Session, *, token_hash: str, now: datetime) -> SignedIn | None:
    """Return whom a bearer token speaks for; None when it is unknown, revoked, expired or the user is inactive."""
    row = session.execute(
        select(ApiToken, User, Organisation)
        .join(User, User.id == ApiToken.user_id)
        .join(Organisation, Organisation.id == ApiToken.organisation_id)
        .where(ApiToken.token_hash == token_hash, ApiToken.revoked_at.is_(None))
    ).first()
    if row is None or not row.User.is_active:
        return None
    if row.ApiToken.expires_at is not None and row.ApiToken.expires_at <= now:
        return None
    actor = actor_for(session, row.User, row.Organisation, limited_to=row.ApiToken.limited_to)
    return SignedIn(row.User, row.Organisation, actor, None)


def get_organisation(session: Session, organisation_id: UUID) -> Organisation:
    """Return an organisation by id.

    Raises:
        NotFound: there is none.
    """
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound
    return found


def find_organisation_by_code(session: Session, code: str) -> Organisation | None:
    """Return the organisation with a code, in any case of letters."""
    return session.scalar(select(Organisation).where(Organisation.code == code.strip().upper()))


def get_own_organisation(session: Session, actor: Actor) -> Organisation:
    """Return the organisation that the actor acts for."""
    return get_organisation(session, actor.org)
