"""Signing in and out. A sign-in is a row; the cookie carries a random token whose hash the row keeps.

The steps of a sign-in: `reserve_attempt` (a short write), `check_credentials` (slow on purpose, no transaction open),
`start_sign_in` (a short write). The attempt is kept before the password is looked at, so that many guesses sent at once
do not all pass the throttle.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from chain.accounts.errors import Throttled, WrongCredentials
from chain.accounts.models import SignIn, SignInAttempt, User
from chain.accounts.queries import organisations_of, roles_in
from chain.accounts.rules import Actor
from chain.accounts.services.passwords import hash_password, password_fits
from chain.core import audit
from chain.core.errors import NotFound
from chain.core.ids import new_id

THROTTLE_WINDOW = timedelta(minutes=15)
#: An address may fail this many times as often as a name: a centre's clerks share one connection.
ADDRESS_FACTOR = 10


class SignInAudit(StrEnum):
    """Tags of the audit trail."""

    SIGNED_IN = "accounts:sign_in:started"
    SIGNED_OUT = "accounts:sign_in:ended"
    SWITCHED = "accounts:sign_in:organisation_switched"


@lru_cache(maxsize=1)
def decoy_hash() -> str:
    """Return a hash to try passwords of unknown names on, so that they take as long as those of known ones."""
    return hash_password("a password that nobody has")


def token_hash(token: str) -> str:
    """Return what is kept of a token. It is random and long, so one round of sha256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def normal_username(username: str) -> str:
    """Return a user name as it is kept."""
    return username.strip().lower()


def check_throttle(session: Session, *, username: str, address: str, limit: int, now: datetime) -> None:
    """Refuse when a name or an address failed too often.

    Raises:
        Throttled: it did.
    """
    recent = select(func.count()).select_from(SignInAttempt).where(SignInAttempt.at > now - THROTTLE_WINDOW)
    by_name, by_address = session.execute(
        select(
            recent.where(SignInAttempt.username == username).scalar_subquery(),
            recent.where(SignInAttempt.address == address).scalar_subquery(),
        )
    ).one()
    if by_name >= limit or by_address >= limit * ADDRESS_FACTOR:
        raise Throttled(minutes=int(THROTTLE_WINDOW.total_seconds() // 60))


def reserve_attempt(session: Session, *, username: str, address: str, limit: int, now: datetime) -> None:
    """Count an attempt before its password is looked at; a success takes it away again. Old ones are forgotten.

    Raises:
        Throttled: the name or the address failed too often.
    """
    name, place = normal_username(username)[:80], address[:60]
    if session.get_bind().dialect.name == "postgresql":
        # one guess of a name at a time: none of many sent at once counts the others as not yet made
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
    session.execute(delete(SignInAttempt).where(SignInAttempt.at <= now - THROTTLE_WINDOW))
    check_throttle(session, username=name, address=place, limit=limit, now=now)
    session.execute(insert(SignInAttempt), [{"id": new_id(), "username": name, "address": place, "at": now}])


def check_credentials(session: Session, *, username: str, password: str) -> User:
    """Return the user whose name and password these are; reads only.

    Raises:
        WrongCredentials: name or password are wrong, or the user is inactive.
    """
    user = session.scalar(select(User).where(User.username == normal_username(username)))
    fits = password_fits(user.password_hash if user else decoy_hash(), password)
    if user is None or not fits or not user.is_active:
        raise WrongCredentials
    return user


def start_sign_in(session: Session, *, user: User, checked_hash: str, hours: int, now: datetime) -> str:
    """Start a sign-in and return the token for the cookie. `checked_hash` is what the password was compared with.

    Raises:
        WrongCredentials: the password was changed or the user deactivated since it was checked.
    """
    session.refresh(user)
    if user.password_hash != checked_hash or not user.is_active:
        raise WrongCredentials
    session.execute(delete(SignInAttempt).where(SignInAttempt.username == user.username))
    token = secrets.token_urlsafe(32)
    row = SignIn(
        id=new_id(),
        user_id=user.id,
        organisation_id=_first_organisation(session, user.id),
        token_hash=token_hash(token),
        created_at=now,
        expires_at=now + timedelta(hours=hours),
    )
    session.add(row)
    session.flush()
    actor = Actor(user_id=user.id, organisation_id=row.organisation_id)
    audit.record(
        session, tag=SignInAudit.SIGNED_IN, actor=actor, now=now, subject_type="user", subject_id=user.id
    )
    return token


def _first_organisation(session: Session, user_id: UUID) -> UUID | None:
    """Return the organisation to act for at first: the one of the last time, else the first by name."""
    own = [organisation.id for organisation in organisations_of(session, user_id)]
    last = session.scalar(
        select(SignIn.organisation_id)
        .where(SignIn.user_id == user_id)
        .order_by(SignIn.created_at.desc(), SignIn.id.desc())
        .limit(1)
    )
    return last if last in own else next(iter(own), None)


def sign_out(session: Session, *, sign_in_id: UUID, actor: Actor, now: datetime) -> None:
    """End a sign-in: its cookie is worth nothing from now on."""
    session.execute(
        update(SignIn).where(SignIn.id == sign_in_id, SignIn.ended_at.is_(None)).values(ended_at=now)
    )
    audit.record(
        session,
        tag=SignInAudit.SIGNED_OUT,
        actor=actor,
        now=now,
        subject_type="user",
        subject_id=actor.user_id,
    )


def end_all_sign_ins(session: Session, *, user_id: UUID, now: datetime, but: UUID | None = None) -> None:
    """End every sign-in of a user, as a new password does; `but` stays."""
    statement = update(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
    if but is not None:
        statement = statement.where(SignIn.id != but)
    session.execute(statement.values(ended_at=now))


def switch_organisation(
    session: Session, *, sign_in_id: UUID, actor: Actor, organisation_id: UUID, now: datetime
) -> None:
    """Act for another of one's own organisations.

    Raises:
        NotFound: the user has no role there.
    """
    if actor.user_id is None or not roles_in(session, actor.user_id, organisation_id):
        raise NotFound
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(organisation_id=organisation_id))
    audit.record(
        session,
        tag=SignInAudit.SWITCHED,
        actor=actor,
        now=now,
        subject_type="organisation",
        subject_id=organisation_id,
    )
