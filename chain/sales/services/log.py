"""Writing the public log of an event: numbered, chained by hashes, never changed. The caller holds the event's row locked."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.core.hashing import plain
from chain.core.ids import new_id
from chain.sales.models import MarketEntry
from chain.sales.queries.log import marks_of
from chain.sales.rules import GENESIS, Entry, entry_hash


def write_log(
    session: Session,
    *,
    organisation_id: UUID,
    event_kind: str,
    event_id: UUID,
    now: datetime,
    entries: Sequence[Entry],
) -> int:
    """Append lines to an event's log and return the number of the last one.

    The caller holds the lock of the event's row (or has just made it): the order of the log is the order of the database.
    """
    last = session.execute(
        select(MarketEntry.sequence, MarketEntry.hash)
        .where(MarketEntry.event_id == event_id)
        .order_by(MarketEntry.sequence.desc())
        .limit(1)
    ).first()
    sequence, previous = (last.sequence, last.hash) if last else (0, GENESIS)
    rows = []
    for entry in entries:
        sequence += 1
        plain_entry = Entry(entry.kind, plain(entry.data), entry.user_id, entry.buyer_id)
        digest = entry_hash(
            previous,
            event_id=event_id,
            sequence=sequence,
            at=now,
            entry=plain_entry,
            marks=marks_of(event_id, entry.user_id, entry.buyer_id),
        )
        rows.append(
            {
                "id": new_id(),
                "organisation_id": organisation_id,
                "event_kind": event_kind,
                "event_id": event_id,
                "sequence": sequence,
                "kind": entry.kind,
                "at": now,
                "user_id": entry.user_id,
                "buyer_id": entry.buyer_id,
                "data": plain_entry.data,
                "previous_hash": previous,
                "hash": digest,
            }
        )
        previous = digest
    if rows:
        session.execute(insert(MarketEntry), rows)
    return sequence
