"""The same command sent twice has the effect of one: the first answer is kept under the client's key."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.core.errors import DomainError, IdempotencyConflict, Kind
from chain.core.hashing import content_hash, plain
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.core.models import IdempotencyRecord

MAX_KEY_LENGTH = 255


class KeyTooLong(DomainError):
    """An idempotency key of more than 255 characters, or an empty one."""

    code = "idempotency_key_invalid"
    kind = Kind.INVALID
    text = N_("The idempotency key must have 1 to 255 characters.")


def run_once(
    session: Session,
    *,
    scope: str,
    key: str,
    content: Mapping[str, Any],
    now: datetime,
    command: Callable[[], Mapping[str, Any]],
) -> tuple[Mapping[str, Any], bool]:
    """Run a command unless its key was seen; return its answer and whether it ran now.

    Raises:
        IdempotencyConflict: the key was used with other content.
        KeyTooLong: the key is empty or longer than 255 characters.
    """
    if not 0 < len(key) <= MAX_KEY_LENGTH:
        raise KeyTooLong
    digest = content_hash(content)
    earlier = session.scalar(
        select(IdempotencyRecord).where(IdempotencyRecord.scope == scope, IdempotencyRecord.key == key)
    )
    if earlier is not None:
        if earlier.request_hash != digest:
            raise IdempotencyConflict
        return earlier.response, False
    answer = command()
    row = {
        "id": new_id(),
        "scope": scope,
        "key": key,
        "request_hash": digest,
        "response": plain(answer),
        "created_at": now,
    }
    try:
        with session.begin_nested():
            session.execute(insert(IdempotencyRecord), [row])
    except IntegrityError:
        raise IdempotencyConflict from None  # two first attempts at once: the later one is refused and rolled back
    return answer, True
