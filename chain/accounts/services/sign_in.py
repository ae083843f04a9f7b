"""Signing in and out. A sign-in is a row; the cookie carries a random token whose hash the row keeps."""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, insert, select, update
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
_DECOY = hash_password("a password that nobody has")


class SignInAudit(StrEnum):
    """Tags of the audit trail."""

    SIGNED_IN = "accounts:sign_in:started"
    SIGNED_OUT = "accounts:sign_in:ended"
    SWITCHED = "accounts:sign_in:organisation_switched"


def token_hash(token: str) -> str:
    """Return what is kept of a token. It is random and long, so one round of sha256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_throttle(session: Session, *, username: str, address: str, limit: int, now: datetime) -> None:
    """Refuse when a name or an address failed too often.

    Raises:
        Throttled: it did.
    """
    since = now - THROTTLE_WINDOW
    by_name, by_address = session.execute(
        select(
            select(func.count())
            .select_from(SignInAttempt)
            .where(SignInAttempt.username == username, SignInAttempt.at > since)
            .scalar_subquery(),
            select(func.count())
            .select_from(SignInAttempt)
            .where(SignInAttempt.address == address, SignInAttempt.at > since)
            .scalar_subquery(),
        )
    ).one()
    if by_name >= limit or by_address >= limit * ADDRESS_FACTOR:
        raise Throttled(minutes=int(THROTTLE_WINDOW.total_seconds() // 60))


def note_failed_attempt(session: Session, *, username: str, address: str, now: datetime) -> None:
    """Keep a failed attempt; runs in a transaction of its own, after the refused one was rolled back."""
    session.execute(
        insert(SignInAttempt),
        [{"id": new_id(), "username": username[:80], "address": address[:60], "at": now}],
    )


def sign_in(
    session: Session, *, username: str, password: str, address: str, limit: int, hours: int, now: datetime
) -> tuple[User, str]:
    """Check a name and a password and start a sign-in; return the user and the token for the cookie.

    Raises:
        WrongCredentials: name or password are wrong, or the user is inactive.
        Throttled: too many attempts failed.
    """
    username = username.strip().lower()
    check_throttle(session, username=username, address=address, limit=limit, now=now)
    user = session.scalar(select(User).where(User.username == username))
    fits = password_fits(user.password_hash if user else _DECOY, password)
    if user is None or not fits or not user.is_active:
        raise WrongCredentials
    organisations = organisations_of(session, user.id)
    token = secrets.token_urlsafe(32)
    row = SignIn(
        id=new_id(),
        user_id=user.id,
        organisation_id=organisations[0].id if organisations else None,
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
    return user, token


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
