"""How a user wants to be told: the own mail address, proven by a code, which kinds, how often; and the way out of it."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.errors import FieldErrors, NotFound
from chain.core.i18n import N_
from chain.core.outbox import enqueue
from chain.core.sealing import sealer
from chain.portal.errors import CodeJustSent, EmailNotConfirmed, NotAnEmail, WrongCode
from chain.portal.models import AlertSetting
from chain.portal.rules import CODE_DIGITS, CODE_LIVES, CODE_PAUSE, MAX_CODE_TRIES, AlertKind, Pace, is_email

#: Kind of the outbox message that sends the code; the payload holds the code sealed, never in the clear.
CODE_MESSAGE = "portal.code"


class PortalAudit(StrEnum):
    """Tags of the audit trail. No record tells an address."""

    EMAIL_ENTERED = "portal:email:entered"
    EMAIL_CONFIRMED = "portal:email:confirmed"
    EMAIL_REMOVED = "portal:email:removed"
    ALERTS_CHOSEN = "portal:alerts:chosen"
    UNSUBSCRIBED = "portal:alerts:unsubscribed"


def setting_of(session: Session, user_id: UUID, *, now: datetime) -> AlertSetting:
    """Return how a user wants to be told, locked, made when it is not there yet."""
    found = session.scalar(select(AlertSetting).where(AlertSetting.user_id == user_id).with_for_update())
    if found is None:
        found = AlertSetting(
            user_id=user_id,
            pace=Pace.OFF.value,
            kinds=[kind.value for kind in AlertKind],
            unsubscribe_token=secrets.token_urlsafe(32),
            code_tries=0,
            changed_at=now,
        )
        session.add(found)
        session.flush()
    return found


def _own(session: Session, actor: Actor, now: datetime) -> AlertSetting:
    if actor.user_id is None:
        raise NotFound
    return setting_of(session, actor.user_id, now=now)


def code_hash(user_id: UUID, code: str) -> str:
    """Return what is kept of a code."""
    return hashlib.sha256(f"{user_id}:{code}".encode()).hexdigest()


def enter_email(session: Session, *, actor: Actor, now: datetime, email: str) -> AlertSetting:
    """Keep an address and send a code to it; until the code comes back nothing else is sent there.

    Raises:
        NotAnEmail: it cannot be an address.
        CodeJustSent: a code was sent in the last minute.
    """
    address = email.strip()
    if not is_email(address):
        raise NotAnEmail
    row = _own(session, actor, now)
    if row.code_until is not None and now < row.code_until - CODE_LIVES + CODE_PAUSE:
        raise CodeJustSent
    code = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))
    if row.email != address:
        row.confirmed_at = None
    row.email, row.changed_at = address, now
    row.code_hash, row.code_until, row.code_tries = code_hash(row.user_id, code), now + CODE_LIVES, 0
    session.flush()
    _send_code(session, now, row.user_id, code)
    _note(session, PortalAudit.EMAIL_ENTERED, actor, now, row.user_id)
    return row


def _send_code(session: Session, now: datetime, user_id: UUID, code: str) -> None:
    enqueue(
        session,
        kind=CODE_MESSAGE,
        payload={"user_id": user_id, "sealed": sealer().seal(code, f"portal.code:{user_id}")},
        now=now,
    )


def confirm_email(session: Session, *, actor: Actor, now: datetime, code: str) -> AlertSetting | None:
    """Take the code that was sent; None: it is wrong, and one try less is left (keep that, then refuse).

    Raises:
        WrongCode: there is no code to confirm, it is too old, or was tried too often.
    """
    row = _own(session, actor, now)
    if row.code_hash is None or row.code_until is None or now >= row.code_until:
        raise WrongCode
    if row.code_tries >= MAX_CODE_TRIES:
        raise WrongCode
    if not hmac.compare_digest(row.code_hash, code_hash(row.user_id, code.strip())):
        row.code_tries += 1
        session.flush()
        return None
    row.confirmed_at, row.changed_at = now, now
    row.code_hash = row.code_until = None
    if row.pace == Pace.OFF:
        row.pace = Pace.AT_ONCE.value
    session.flush()
    _note(session, PortalAudit.EMAIL_CONFIRMED, actor, now, row.user_id)
    return row


def remove_email(session: Session, *, actor: Actor, now: datetime) -> AlertSetting:
    """Forget the address; alerts stand on the page only."""
    row = _own(session, actor, now)
    row.email = row.confirmed_at = row.code_hash = row.code_until = None
    row.pace, row.changed_at = Pace.OFF.value, now
    session.flush()
    _note(session, PortalAudit.EMAIL_REMOVED, actor, now, row.user_id)
    return row


def choose_alerts(
    session: Session, *, actor: Actor, now: datetime, pace: str, kinds: Collection[str]
) -> AlertSetting:
    """Choose how often mails come and of which kinds.

    Raises:
        ValidationFailed: there is no such pace or kind.
        EmailNotConfirmed: mails are wanted and no address is confirmed.
    """
    errors = FieldErrors()
    if pace not in list(Pace):
        errors.add("pace", N_("Choose one of the options."))
    if not set(kinds) <= set(AlertKind):
        errors.add("kinds", N_("Choose one of the options."))
    errors.raise_any()
    row = _own(session, actor, now)
    if pace != Pace.OFF and row.confirmed_at is None:
        raise EmailNotConfirmed
    row.pace, row.kinds, row.changed_at = pace, [kind.value for kind in AlertKind if kind in set(kinds)], now
    session.flush()
    _note(session, PortalAudit.ALERTS_CHOSEN, actor, now, row.user_id)
    return row


def unsubscribe(session: Session, *, now: datetime, token: str) -> AlertSetting:
    """Stop all mails to whoever holds the link of one; nobody needs to sign in for it. Again changes nothing.

    Raises:
        NotFound: there is no such link.
    """
    row = session.scalar(
        select(AlertSetting)
        .where(AlertSetting.unsubscribe_token == token.replace("\x00", ""))
        .with_for_update()
    )
    if row is None:
        raise NotFound
    if row.pace != Pace.OFF:
        row.pace, row.changed_at = Pace.OFF.value, now
        session.flush()
        nobody = Actor(user_id=None, organisation_id=None, organisation_kind=None, roles=frozenset())
        _note(session, PortalAudit.UNSUBSCRIBED, nobody, now, row.user_id)
    return row


def _note(session: Session, tag: PortalAudit, actor: Actor, now: datetime, user_id: UUID) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="user",
        subject_id=user_id,
        after={"tag": str(tag)},
    )
