"""Reads of the public log of an event."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.sealing import sealer
from chain.sales.errors import LogBroken
from chain.sales.models import MarketEntry
from chain.sales.rules import GENESIS, Entry, Marks, entry_hash


def log_of(session: Session, event_id: UUID) -> Sequence[MarketEntry]:
    """Return the log of an event in its order. The caller has checked that the reader may see the event."""
    return session.scalars(
        select(MarketEntry).where(MarketEntry.event_id == event_id).order_by(MarketEntry.sequence)
    ).all()


def owner_of(session: Session, event_id: UUID) -> UUID | None:
    """Return whose event a log tells of; None: there is no such log."""
    return session.scalar(
        select(MarketEntry.organisation_id).where(MarketEntry.event_id == event_id).limit(1)
    )


def marks_of(event_id: UUID, user_id: UUID | None, buyer_id: UUID | None) -> Marks:
    """Return what stands in an event's published log for a person and a buyer."""
    context = f"log {event_id}"
    return Marks(
        None if user_id is None else sealer().mark(str(user_id), context),
        None if buyer_id is None else sealer().mark(str(buyer_id), context),
    )


def check_chain(entries: Sequence[MarketEntry]) -> None:
    """Refuse a log in which a line was changed, added or taken out.

    Raises:
        LogBroken: with the number of the first line that does not hang together.
    """
    previous = GENESIS
    for place, line in enumerate(entries, 1):
        entry = Entry(line.kind, line.data, line.user_id, line.buyer_id)
        digest = entry_hash(
            previous,
            event_id=line.event_id,
            sequence=line.sequence,
            at=line.at,
            entry=entry,
            marks=marks_of(line.event_id, line.user_id, line.buyer_id),
        )
        if line.sequence != place or line.previous_hash != previous or line.hash != digest:
            raise LogBroken(sequence=place)
        previous = line.hash


def aliases(entries: Sequence[MarketEntry]) -> Mapping[UUID, int]:
    """Return the number under which each buyer of a log is shown: in the order in which they first appear."""
    found: dict[UUID, int] = {}
    for entry in entries:
        if entry.buyer_id is not None:
            found.setdefault(entry.buyer_id, len(found) + 1)
    return found
