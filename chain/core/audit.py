"""The audit trail: one record for each change of state, in the transaction of the change."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

import structlog
from sqlalchemy import insert
from sqlalchemy.orm import Session

from chain.core.hashing import plain
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.core.outbox import enqueue

#: Kind of the outbox message that tells a watcher of a record, after its commit.
WATCHED_MESSAGE = "audit.watched"
_watched: set[str] = set()


class ActsFor(Protocol):
    """Whoever acts: a user for an organisation. Both are null for the worker and the command line."""

    @property
    def user_id(self) -> UUID | None: ...
    @property
    def organisation_id(self) -> UUID | None: ...


def watch(*tags: str) -> None:
    """Have a message put in the outbox for each record with one of these tags, in the transaction of the change.

    For areas that stand above the one that writes the record, such as alerts; they handle `WATCHED_MESSAGE`.
    """
    _watched.update(tags)


def request_id() -> str | None:
    """Return the id of the request that is being answered, if any; it is bound by the edge."""
    return structlog.contextvars.get_contextvars().get("request_id")


def record_values(
    *,
    tag: StrEnum,
    actor: ActsFor,
    now: datetime,
    subject_type: str,
    subject_id: UUID | None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the columns of one audit record, for bulk paths that insert many at once."""
    return {
        "id": new_id(),
        "at": now,
        "tag": str(tag),
        "actor_id": actor.user_id,
        "organisation_id": actor.organisation_id,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "before": plain(before) if before is not None else None,
        "after": plain(after) if after is not None else None,
        "request_id": request_id(),
    }


def record(
    session: Session,
    *,
    tag: StrEnum,
    actor: ActsFor,
    now: datetime,
    subject_type: str,
    subject_id: UUID | None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write one audit record. `tag` is area:subject:action."""
    session.execute(
        insert(AuditRecord),
        [
            record_values(
                tag=tag,
                actor=actor,
                now=now,
                subject_type=subject_type,
                subject_id=subject_id,
                before=before,
                after=after,
            )
        ],
    )
    if str(tag) in _watched:
        payload = {"tag": str(tag), "subject_id": subject_id, "organisation_id": actor.organisation_id}
        enqueue(session, kind=WATCHED_MESSAGE, payload=payload, now=now)
