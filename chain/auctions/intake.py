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


def _write(session: Session, asks: Sequence[Ask]) -> list[Decided]:
    return place_bids(session, asks=asks)


def submit(ask: Ask) -> Answer:
    """Decide one bid in a transaction that may carry others too; return after its commit.

    Raises:
        DomainError: whatever `place_live_bid` raises.
        Busy: the database was held for too long; the same bid may be sent again.
    """
    # one writer per application: a process may hold several, each with a database of its own
    writer: Writer = current_app.extensions.setdefault(EXTENSION, GroupWriter(_write))
    try:
        decided = writer.submit(ask)
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
