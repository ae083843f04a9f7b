"""Users and their roles, as an administrator manages them."""

import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.duties import keeper_role
from chain.accounts.errors import (
    InvalidUsername,
    LastAdministrator,
    NameNeeded,
    OwnDeactivation,
    RoleNeeded,
    RoleNotFitting,
    RolesApart,
    UnknownUsername,
    UsernameTaken,
    WorksElsewhere,
)
from chain.accounts.models import Organisation, RoleAssignment, User
from chain.accounts.queries import get_own_organisation, get_user_for, roles_in, works_elsewhere
from chain.accounts.rules import ROLES_APART, Actor, OrganisationKind, Permission, Role, roles_for
from chain.accounts.services.passwords import check_strength, hash_password
from chain.accounts.services.sign_in import end_all_sign_ins, normal_username
from chain.accounts.services.tokens import revoke_all_tokens
from chain.core import audit
from chain.core.errors import IdempotencyConflict
from chain.core.ids import new_id

_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,39}")
MAX_NAME_LENGTH = 200
#: Letters of generated passwords: none that is mistaken for another on paper.
PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - an alphabet
PASSWORD_GROUPS, PASSWORD_GROUP_LENGTH = 3, 4


class UserAudit(StrEnum):
    """Tags of the audit trail."""

    CREATED = "accounts:user:created"
    ROLES_SET = "accounts:user:roles_set"
    LANGUAGE_SET = "accounts:user:language_set"
    PREFERENCES_SET = "accounts:user:preferences_set"
    PASSWORD_CHANGED = "accounts:user:password_changed"  # noqa: S105 - the name of an event
    PASSWORD_RESET = "accounts:user:password_reset"  # noqa: S105 - the name of an event
    DEACTIVATED = "accounts:user:deactivated"
    REACTIVATED = "accounts:user:reactivated"


def generate_password() -> str:
    """Return a password that can be read out and typed on a phone: `kdm4-xw7t-p9rh`, 59 bits."""
    groups = (
        "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(PASSWORD_GROUP_LENGTH))
        for _ in range(PASSWORD_GROUPS)
    )
    return "-".join(groups)


def note(
    session: Session,
    tag: UserAudit,
    *,
    actor: Actor,
    now: datetime,
    user: User,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Write the audit record of a change to a user."""
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="user",
        subject_id=user.id,
        before=before,
        after=after,
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
        InvalidUsername, NameNeeded, UsernameTaken, RoleNeeded, RoleNotFitting, WeakPassword.
    """
    username, display_name, wanted = normal_username(username), display_name.strip(), frozenset(roles)
    if not _USERNAME.fullmatch(username):
        raise InvalidUsername
    if not 0 < len(display_name) <= MAX_NAME_LENGTH:
        raise NameNeeded(limit=MAX_NAME_LENGTH)
    check_roles(wanted, OrganisationKind(organisation.kind))
    check_strength(password, username)
    if session.scalar(select(User.id).where(User.username == username)) is not None:
        raise UsernameTaken
    user = User(
        id=user_id or new_id(),
        username=username,
        display_name=display_name,
        password_hash=hash_password(password, fast=fast_hash),
        language=language,
        number_format=None,
        is_active=True,
        must_change_password=must_change_password,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError:
        raise UsernameTaken from None  # somebody took the name, or sent the same form, in the same instant
    _grant(session, actor=actor, user_id=user.id, organisation_id=organisation.id, roles=wanted, now=now)
    after = {"username": username, "roles": sorted(wanted), "organisation": organisation.code}
    note(session, UserAudit.CREATED, actor=actor, now=now, user=user, after=after)
    return user


def check_roles(roles: frozenset[Role], kind: OrganisationKind) -> None:
    """Refuse no role at all, roles that make no sense in this kind of organisation, and two that one person may not have.

    Raises:
        RoleNeeded, RoleNotFitting, RolesApart.
    """
    if not roles:
        raise RoleNeeded
    if not roles <= roles_for(kind):
        raise RoleNotFitting
    if roles >= ROLES_APART:
        raise RolesApart


def _grant(
    session: Session,
    *,
    actor: Actor,
    user_id: UUID,
    organisation_id: UUID,
    roles: Iterable[Role],
    now: datetime,
) -> None:
    session.add_all(
        RoleAssignment(
            id=new_id(),
            user_id=user_id,
            organisation_id=organisation_id,
            role=role,
            granted_at=now,
            granted_by=actor.user_id,
        )
        for role in sorted(roles)
    )
    session.flush()


def create_user(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    user_id: UUID,
    username: str,
    display_name: str,
    roles: Iterable[Role],
    password: str,
    language: str = "es",
    fast_hash: bool = False,
) -> tuple[User, bool]:
    """Make a user of the own organisation; return it and whether it was there already under the same id.

    Raises:
        IdempotencyConflict: the id belongs to another user or came with other content.
        Everything that `add_user` raises.
    """
    actor.require(Permission.USERS_MANAGE)
    wanted = frozenset(roles)
    existing = session.get(User, user_id)
    if existing is not None:
        same = (
            existing.username == normal_username(username) and existing.display_name == display_name.strip()
        )
        if not same or roles_in(session, user_id, actor.org) != wanted:
            raise IdempotencyConflict
        return existing, True
    user = add_user(
        session,
        actor=actor,
        organisation=get_own_organisation(session, actor),
        username=username,
        display_name=display_name,
        password=password,
        roles=wanted,
        now=now,
        language=language,
        fast_hash=fast_hash,
        user_id=user_id,
    )
    return user, False


def set_roles(session: Session, *, actor: Actor, now: datetime, user_id: UUID, roles: Iterable[Role]) -> User:
    """Give a user exactly these roles in the own organisation; none at all only to somebody who works elsewhere too.

    Raises:
        NotFound, RoleNeeded, RoleNotFitting, LastAdministrator.
    """
    actor.require(Permission.USERS_MANAGE)
    user = get_user_for(session, actor, user_id)
    organisation = lock_organisations(session, [actor.org])[0]
    wanted, before = frozenset(roles), roles_in(session, user_id, actor.org)
    if wanted or not works_elsewhere(session, user_id, actor.org):
        check_roles(wanted, OrganisationKind(organisation.kind))
    if wanted == before:
        return user
    keeper = keeper_role(OrganisationKind(organisation.kind))
    if keeper in before - wanted:
        check_keeper_remains(session, organisation, without=user_id)
    session.execute(
        delete(RoleAssignment).where(
            RoleAssignment.user_id == user_id,
            RoleAssignment.organisation_id == organisation.id,
            RoleAssignment.role.in_(before - wanted),
        )
    )
    _grant(
        session, actor=actor, user_id=user_id, organisation_id=organisation.id, roles=wanted - before, now=now
    )
    note(
        session,
        UserAudit.ROLES_SET,
        actor=actor,
        now=now,
        user=user,
        before={"roles": sorted(before)},
        after={"roles": sorted(wanted)},
    )
    return user


def add_colleague(
    session: Session, *, actor: Actor, now: datetime, username: str, roles: Iterable[Role]
) -> User:
    """Give roles in the own organisation to somebody who has an account already.

    Raises:
        UnknownUsername, RoleNeeded, RoleNotFitting.
    """
    actor.require(Permission.USERS_MANAGE)
    organisation, wanted = lock_organisations(session, [actor.org])[0], frozenset(roles)
    check_roles(wanted, OrganisationKind(organisation.kind))
    user = session.scalar(select(User).where(User.username == normal_username(username)))
    if user is None or not user.is_active:
        raise UnknownUsername
    before = roles_in(session, user.id, organisation.id)
    check_roles(wanted | before, OrganisationKind(organisation.kind))
    _grant(
        session, actor=actor, user_id=user.id, organisation_id=organisation.id, roles=wanted - before, now=now
    )
    note(
        session,
        UserAudit.ROLES_SET,
        actor=actor,
        now=now,
        user=user,
        before={"roles": sorted(before)},
        after={"roles": sorted(wanted | before)},
    )
    return user


def deactivate_user(session: Session, *, actor: Actor, now: datetime, user_id: UUID) -> User:
    """Block a person: no sign-in, no token works from now on. What they did stays under their name.

    Raises:
        NotFound, OwnDeactivation, WorksElsewhere, LastAdministrator.
    """
    actor.require(Permission.USERS_MANAGE)
    user = get_user_for(session, actor, user_id)
    if user_id == actor.user_id:
        raise OwnDeactivation
    check_all_own(session, actor, user_id)
    kept = session.scalars(
        select(RoleAssignment.organisation_id)
        .where(RoleAssignment.user_id == user_id, RoleAssignment.role.in_((Role.ADMIN, Role.OPERATOR)))
        .distinct()
    )
    for organisation in lock_organisations(session, kept):
        if keeper_role(OrganisationKind(organisation.kind)) in roles_in(session, user_id, organisation.id):
            check_keeper_remains(session, organisation, without=user_id)
    if not user.is_active:
        return user
    user.is_active = False
    end_all_sign_ins(session, user_id=user_id, now=now)
    session.flush()
    note(session, UserAudit.DEACTIVATED, actor=actor, now=now, user=user)
    return user


def reactivate_user(session: Session, *, actor: Actor, now: datetime, user_id: UUID) -> User:
    """Let a blocked person in again.

    Raises:
        NotFound, WorksElsewhere.
    """
    actor.require(Permission.USERS_MANAGE)
    user = get_user_for(session, actor, user_id)
    check_all_own(session, actor, user_id)
    if not user.is_active:
        user.is_active = True
        session.flush()
        note(session, UserAudit.REACTIVATED, actor=actor, now=now, user=user)
    return user


def reset_password(
    session: Session, *, actor: Actor, now: datetime, user_id: UUID, password: str, fast_hash: bool = False
) -> User:
    """Set a password that the person must change at once; their sign-ins end and their tokens are revoked.

    Raises:
        NotFound, WorksElsewhere, WeakPassword.
    """
    actor.require(Permission.USERS_MANAGE)
    user = get_user_for(session, actor, user_id)
    check_all_own(session, actor, user_id)
    check_strength(password, user.username)
    user.password_hash = hash_password(password, fast=fast_hash)
    user.must_change_password = True
    end_all_sign_ins(session, user_id=user_id, now=now)
    revoke_all_tokens(session, user_id=user_id, now=now)
    session.flush()
    note(session, UserAudit.PASSWORD_RESET, actor=actor, now=now, user=user)
    return user


def check_all_own(session: Session, actor: Actor, user_id: UUID) -> None:
    """Refuse to block or reset a person who also works for others; the platform's operator may.

    Raises:
        WorksElsewhere: another organisation would be hit too.
    """
    if not actor.may(Permission.ORGANISATIONS_MANAGE) and works_elsewhere(session, user_id, actor.org):
        raise WorksElsewhere


def lock_organisations(session: Session, ids: Iterable[UUID]) -> list[Organisation]:
    """Lock organisations, in id order, so that two administrators do not remove each other at once."""
    statement = select(Organisation).where(Organisation.id.in_(list(ids))).order_by(Organisation.id)
    return list(session.scalars(statement.with_for_update()))


def check_keeper_remains(session: Session, organisation: Organisation, *, without: UUID) -> None:
    """Refuse to leave an organisation without an active administrator.

    Raises:
        LastAdministrator: nobody else is one.
    """
    others = exists().where(
        RoleAssignment.organisation_id == organisation.id,
        RoleAssignment.role == keeper_role(OrganisationKind(organisation.kind)),
        RoleAssignment.user_id != without,
        RoleAssignment.user_id == User.id,
        User.is_active.is_(True),
    )
    if not session.scalar(select(others)):
        raise LastAdministrator
