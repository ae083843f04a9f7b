"""Bids of many requests, decided together (`chain.core.grouping`): one lock, one INSERT, one UPDATE, one commit for all that wait."""

from collections.abc import Sequence
from uuid import UUID

from flask import current_app
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.auctions.services.bidding import Answer, Ask, Decided, place_bids
from chain.auctions.services.closing import close_due, due_auctions
from chain.core.clock import utc_now
from chain.core.db import db, run_atomic
from chain.core.errors import DomainError, IdempotencyConflict
from chain.core.grouping import GroupWriter

EXTENSION = "chain_auction_intake"
Writer = GroupWriter[Ask, Decided]
#: Bidders who were answered together bid again together: worth a millisecond or two (bench/bids).
LINGER_SECONDS = 0.002
#: Groups that one process has written at a time on PostgreSQL: one is being decided while the other is being committed.
LANES = 2


def _write(session: Session, asks: Sequence[Ask]) -> list[Decided]:
    return place_bids(session, asks=asks)


def _writer_of(auction_lot_id: UUID) -> Writer:
    """Return the writer of a lot: always the same one. SQLite has one writer, PostgreSQL works for two at a time."""
    # one set per application: a process may hold several, each with a database of its own
    writers: tuple[Writer, ...] | None = current_app.extensions.get(EXTENSION)
    if writers is None:
        lanes = 1 if db.engine.dialect.name == "sqlite" else LANES
        made = tuple(GroupWriter(_write, linger_seconds=LINGER_SECONDS) for _ in range(lanes))
        writers = current_app.extensions.setdefault(EXTENSION, made)
    return writers[auction_lot_id.int % len(writers)]


def submit(ask: Ask) -> Answer:
    """Decide one bid in a transaction that may carry others too; return after its commit.

    Raises:
        DomainError: whatever `place_live_bid` raises.
        Busy: the database was held for too long; the same bid may be sent again.
    """
    try:
        decided = _writer_of(ask.auction_lot_id).submit(ask)
    except IntegrityError:
        raise IdempotencyConflict from None  # the same key or id went to another lot in the same instant
    if isinstance(decided, DomainError):
        raise decided
    return decided


def close_what_is_due(auction_id: UUID | None = None) -> None:
    """Close auctions whose end has come, should the worker not have done it; every page and resource of auctions calls it first."""
    now = utc_now()
    for due in due_auctions(db.session, now=now, auction_id=auction_id):
        run_atomic(lambda session, one=due: close_due(session, now=now, auction_id=one))  # type: ignore[misc]  # a default of a lambda
