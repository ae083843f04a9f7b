"""The outbox: what must happen after a commit is a row, taken by `chain worker`.

A handler gets the session and the payload and runs in a transaction of its own together with the mark "done", so an
effect inside the database happens once. PostgreSQL: several workers, FOR UPDATE SKIP LOCKED. SQLite: one worker.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from chain.core.hashing import plain
from chain.core.ids import new_id
from chain.core.log import without_values
from chain.core.models import OutboxMessage

log = structlog.get_logger(__name__)

Handler = Callable[[Session, Mapping[str, Any], datetime], None]

#: Attempts before a message is given up and shown as failed.
MAX_ATTEMPTS = 8
#: The first pause after a failure; it doubles with each attempt.
FIRST_PAUSE = timedelta(seconds=2)
_handlers: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register a function as the handler of a kind of message; `chain.app` imports the modules that do so."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def enqueue(
    session: Session,
    *,
    kind: str,
    payload: Mapping[str, Any],
    now: datetime,
    available_at: datetime | None = None,
    dedupe_key: str | None = None,
) -> None:
    """Put a message in the outbox, in the caller's transaction; a second one with the same dedupe key adds nothing."""
    row = {
        "id": new_id(),
        "kind": kind,
        "payload": plain(payload),
        "state": "waiting",
        "created_at": now,
        "available_at": available_at or now,
        "attempts": 0,
        "dedupe_key": dedupe_key,
    }
    if dedupe_key is None:
        session.execute(insert(OutboxMessage), [row])
        return
    dialect_insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(
        dialect_insert(OutboxMessage).values(row).on_conflict_do_nothing(index_elements=["dedupe_key"])
    )


def take_next(session: Session, *, now: datetime) -> OutboxMessage | None:
    """Lock and return the message that is due first, skipping those that other workers hold."""
    return session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.state == "waiting", OutboxMessage.available_at <= now)
        .order_by(OutboxMessage.available_at, OutboxMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()


def has_due(session: Session, *, now: datetime) -> bool:
    """Tell whether a message is due, without locking anything."""
    return (
        session.scalar(
            select(OutboxMessage.id)
            .where(OutboxMessage.state == "waiting", OutboxMessage.available_at <= now)
            .limit(1)
        )
        is not None
    )


def run_next(session: Session, *, now: datetime) -> bool:
    """Handle the next due message; return whether there was one. A failing handler leaves no effect but the note of it."""
    message = take_next(session, now=now)
    if message is None:
        return False
    message.attempts += 1
    try:
        with session.begin_nested():
            handler = _handlers.get(message.kind)
            if handler is None:
                raise LookupError(message.kind)  # noqa: TRY301 - an unknown kind is retried like any failure
            handler(session, message.payload, now)
            session.flush()
    except Exception as error:  # noqa: BLE001 - whatever a handler raises must not stop the queue
        kept = without_values(error)["error"]
        log.warning(
            "outbox_failed",
            kind=message.kind,
            id=str(message.id),
            attempts=message.attempts,
            error=kept,
        )
        message.last_error = kept[:2000]
        if message.attempts >= MAX_ATTEMPTS:
            message.state = "failed"
        else:
            message.available_at = now + FIRST_PAUSE * 2 ** (message.attempts - 1)
    else:
        message.state, message.done_at = "done", now
        log.info("outbox_done", kind=message.kind, id=str(message.id), attempts=message.attempts)
    session.flush()
    return True
