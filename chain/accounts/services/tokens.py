"""API tokens: made by their user, shown once, kept as a hash."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from chain.accounts.errors import NameNeeded, PermissionNotHeld, TokenLifetime, TooManyTokens
from chain.accounts.models import ApiToken
from chain.accounts.queries import get_token_for
from chain.accounts.rules import PERMISSION_LABELS, Actor, Permission
from chain.accounts.services.sign_in import token_hash
from chain.core import audit
from chain.core.errors import Forbidden, IdempotencyConflict
from chain.core.i18n import Message

#: Tokens look alike, so that a secret scanner finds one that was published by mistake.
TOKEN_MARK = "cdn_"  # noqa: S105 - the start of every token, no secret
PREFIX_LENGTH = 10
MAX_TOKENS = 20
MAX_DAYS = 366
MAX_NAME_LENGTH = 80


class TokenAudit(StrEnum):
    """Tags of the audit trail."""

    CREATED = "accounts:token:created"
    REVOKED = "accounts:token:revoked"


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A token and its secret; the secret is None when the same form came a second time."""

    token: ApiToken
    secret: str | None


def create_token(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    token_id: UUID,
    name: str,
    days: int,
    limited_to: Iterable[Permission],
) -> MadeToken:
    """Make a token for the acting organisation with some of the own permissions.

    Raises:
        NameNeeded, TokenLifetime, PermissionNotHeld, TooManyTokens.
        IdempotencyConflict: the id belongs to another token.
    """
    actor.require(Permission.TOKENS_MANAGE)
    if actor.user_id is None:
        raise Forbidden(permission=Message(PERMISSION_LABELS[Permission.TOKENS_MANAGE]))
    existing = session.get(ApiToken, token_id)
    if existing is not None:
        if existing.user_id != actor.user_id or existing.name != name.strip():
            raise IdempotencyConflict
        return MadeToken(existing, None)
    wanted = frozenset(limited_to)
    _check(session, actor, now=now, name=name.strip(), days=days, wanted=wanted)
    secret = TOKEN_MARK + secrets.token_urlsafe(32)
    token = ApiToken(
        id=token_id,
        user_id=actor.user_id,
        organisation_id=actor.org,
        name=name.strip(),
        prefix=secret[:PREFIX_LENGTH],
        token_hash=token_hash(secret),
        limited_to=sorted(wanted),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    after = {"name": token.name, "permissions": sorted(wanted)}
    _note(session, TokenAudit.CREATED, actor=actor, now=now, token=token, after=after)
    return MadeToken(token, secret)


def _check(
    session: Session, actor: Actor, *, now: datetime, name: str, days: int, wanted: frozenset[Permission]
) -> None:
    if not 0 < len(name) <= MAX_NAME_LENGTH:
        raise NameNeeded(limit=MAX_NAME_LENGTH)
    if not 1 <= days <= MAX_DAYS:
        raise TokenLifetime(limit=MAX_DAYS)
    if not wanted or not wanted <= actor.permissions:
        raise PermissionNotHeld
    valid = select(func.count()).where(
        ApiToken.user_id == actor.user_id,
        ApiToken.revoked_at.is_(None),
        or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > now),
    )
    if (session.scalar(valid) or 0) >= MAX_TOKENS:
        raise TooManyTokens(limit=MAX_TOKENS)


def revoke_token(session: Session, *, actor: Actor, now: datetime, token_id: UUID) -> ApiToken:
    """End a token of one's own; a second time changes nothing.

    Raises:
        NotFound: it is somebody else's.
    """
    token = get_token_for(session, actor, token_id)
    if token.revoked_at is None:
        token.revoked_at = now
        session.flush()
        _note(session, TokenAudit.REVOKED, actor=actor, now=now, token=token, after={"name": token.name})
    return token


def revoke_all_tokens(session: Session, *, user_id: UUID, now: datetime) -> None:
    """End every token of a user, as a reset by an administrator does."""
    session.execute(
        update(ApiToken)
        .where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def note_token_use(session: Session, *, token_id: UUID, now: datetime) -> None:
    """Keep the day on which a token was last used; later uses of the same day change nothing."""
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, or_(ApiToken.last_used_on.is_(None), ApiToken.last_used_on < today))
        .values(last_used_on=today)
    )


def _note(
    session: Session,
    tag: TokenAudit,
    *,
    actor: Actor,
    now: datetime,
    token: ApiToken,
    after: Mapping[str, object],
) -> None:
    audit.record(
        session, tag=tag, actor=actor, now=now, subject_type="api_token", subject_id=token.id, after=after
    )
