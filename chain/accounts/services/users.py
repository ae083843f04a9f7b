"""Users, their roles and their preferences."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.errors import RoleNotFitting, UsernameTaken
from chain.accounts.models import Organisation, RoleAssignment, User
from chain.accounts.rules import Actor, OrganisationKind, Role, roles_for
from chain.accounts.services.passwords import check_strength, hash_password
from chain.core import audit
from chain.core.errors import NotFound
from chain.core.ids import new_id


class UserAudit(StrEnum):
    """Tags of the audit trail."""

    CREATED = "accounts:user:created"
    ROLES_SET = "accounts:user:roles_set"
    LANGUAGE_SET = "accounts:user:language_set"
    PASSWORD_CHANGED = "accounts:user:password_changed"  # noqa: S105 - the name of an event
    PASSWORD_RESET = "accounts:user:password_reset"  # noqa: S105 - the name of an event
    DEACTIVATED = "accounts:user:deactivated"
    REACTIVATED = "accounts:user:reactivated"


def set_language(session: Session, *, actor: Actor, language: str, now: datetime) -> None:
    """Keep the language that a user reads."""
    user = session.get(User, actor.user_id)
    if user is None:
        raise NotFound
    if user.language == language:
        return
    before, user.language = user.language, language
    audit.record(
        session,
        tag=UserAudit.LANGUAGE_SET,
        actor=actor,
        now=now,
        subject_type="user",
        subject_id=user.id,
        before={"language": before},
        after={"language": language},
    )


def add_user(
    session: Session,
    *,
    actor: Actor,
    organisation: Organisation,
    username: str,
    display_name: str,
    password: str,
    roles: Iterable[Role],
    now: datetime,
    language: str = "es",
    must_change_password: bool = True,
    fast_hash: bool = False,
    user_id: UUID | None = None,
) -> User:
    """Make a user with roles in one organisation. The caller has checked that the actor may.

    Raises:
        UsernameTaken, RoleNotFitting, WeakPassword.
    """
    username = username.strip().lower()
    check_strength(password, username)
    wanted = frozenset(roles)
    if not wanted <= roles_for(OrganisationKind(organisation.kind)):
        raise RoleNotFitting
    if session.scalar(select(User.id).where(User.username == username)) is not None:
        raise UsernameTaken
    user = User(
        id=user_id or new_id(),
        username=username,
        display_name=display_name.strip(),
        password_hash=hash_password(password, fast=fast_hash),
        language=language,
        number_format=None,
        is_active=True,
        must_change_password=must_change_password,
        created_at=now,
    )
    session.add(user)
    session.flush()
    for role in sorted(wanted):
        session.add(
            RoleAssignment(
                id=new_id(),
                user_id=user.id,
                organisation_id=organisation.id,
                role=role,
                granted_at=now,
                granted_by=actor.user_id,
            )
        )
    session.flush()
    audit.record(
        session,
        tag=UserAudit.CREATED,
        actor=actor,
        now=now,
        subject_type="user",
        subject_id=user.id,
        after={"username": username, "roles": sorted(wanted), "organisation": organisation.code},
    )
    return user
