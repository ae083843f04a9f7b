"""Bids of many requests, decided together (`chain.core.grouping`): one lock, one INSERT, one UPDATE, one commit for all that wait."""

from collections.abc import Sequence
from uuid import UUID

from flask import Flask, current_app
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.identity import Holder, find_token_holders
from chain.auctions.services import pipeline
from chain.auctions.services.bidding import Answer, Ask, Decided, Knock, place_bids
from chain.auctions.services.closing import close_due, due_auctions
from chain.auctions.services.lane import Lane, Longer, signed
from chain.core.clock import utc_now
from chain.core.db import Busy, atomic, db, is_transient, run_atomic
from chain.core.errors import DomainError, IdempotencyConflict
from chain.core.grouping import GroupWriter

EXTENSION = "chain_auction_intake"
Told = tuple[Decided, Holder | None]
#: Bidders who were answered together bid again together: worth half a millisecond (bench/bids).
LINGER_SECONDS = 0.0005


class BidWriter(GroupWriter[Ask | Knock, Told]):
    """Writes groups of bids of one application: the short way where that is possible, otherwise in a session."""

    def __init__(self, app: Flask) -> None:
        super().__init__(_write, linger_seconds=LINGER_SECONDS)
        self._app = app
        self._lane: Lane | None = None

    def _commit(self, commands: Sequence[Ask | Knock]) -> Sequence[Told]:
        with self._app.app_context():
            bind = db.session.get_bind()
            if isinstance(bind, Engine) and pipeline.is_possible(db.session):
                self._lane = self._lane or Lane(db.engine)
                try:
                    return self._lane.decide(commands)
                except Longer:
                    pass
                except DBAPIError as error:
                    if is_transient(error):
                        raise Busy from error
                    raise
            with atomic() as session:
                return self._write(session, commands)


def _write(session: Session, waiting: Sequence[Ask | Knock]) -> list[Told]:
    """Decide bids in a session; who stands behind a token is looked up in the same transaction."""
    hashes = {one.token_hash for one in waiting if isinstance(one, Knock)}
    found = find_token_holders(session, hashes=hashes, now=utc_now()) if hashes else {}
    holders = [found.get(one.token_hash) if isinstance(one, Knock) else None for one in waiting]
    asks = [signed(one, holder) for one, holder in zip(waiting, holders, strict=True)]
    decided = iter(place_bids(session, asks=[ask for ask in asks if isinstance(ask, Ask)]))
    return [
        (ask if isinstance(ask, DomainError) else next(decided), holder)
        for ask, holder in zip(asks, holders, strict=True)
    ]


def _writer_of(app: Flask) -> BidWriter:
    """Return the writer of an application: one, because two groups that are written at a time are smaller and get in each other's way."""
    writer: BidWriter = app.extensions.get(EXTENSION) or app.extensions.setdefault(EXTENSION, BidWriter(app))
    return writer


def submit(ask: Ask) -> Answer:
    """Decide one bid in a transaction that may carry others too; return after its commit.

    Raises:
        DomainError: whatever `place_live_bid` raises.
        Busy: the database was held for too long; the same bid may be sent again.
    """
    return _submit(current_app._get_current_object(), ask)[0]  # type: ignore[attr-defined]  # noqa: SLF001 - Flask's documented way


def submit_knock(app: Flask, knock: Knock) -> tuple[Answer, Holder]:
    """Decide the bid of whoever holds a token, as `submit` does; no application context is needed.

    Raises:
        NotSignedIn: nobody holds it.
        DomainError: as for `submit`.
    """
    answer, holder = _submit(app, knock)
    assert holder is not None  # noqa: S101 - a bid that is answered has a holder
    return answer, holder


def _submit(app: Flask, one: Ask | Knock) -> tuple[Answer, Holder | None]:
    try:
        decided, holder = _writer_of(app).submit(one)
    except IntegrityError:
        raise IdempotencyConflict from None  # the same key or id went to another lot in the same instant
    if isinstance(decided, DomainError):
        raise decided
    return decided, holder


def close_what_is_due(auction_id: UUID | None = None) -> None:
    """Close auctions whose end has come, should the worker not have done it; every page and resource of auctions calls it first."""
    now = utc_now()
    for due in due_auctions(db.session, now=now, auction_id=auction_id):
        run_atomic(lambda session, one=due: close_due(session, now=now, auction_id=one))  # type: ignore[misc]  # a default of a lambda
