"""The books of lots under auction: locked in the order of their ids, decided by the pure rules, written back in few statements."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from sqlalchemy import Uuid, bindparam, insert, select, update
from sqlalchemy.orm import Session

from chain.auctions.models import Auction, AuctionBid, AuctionLot
from chain.auctions.queries.facts import LotFacts, buyer_mark, open_maximum, phase_of, seal_maximum
from chain.auctions.rules import (
    AuctionLotState,
    Decision,
    Event,
    Kind,
    Phase,
    State,
    apply,
    reserve_met,
)
from chain.auctions.rules.log import Line, line_hash
from chain.auctions.services import pipeline
from chain.core.ids import new_id

if TYPE_CHECKING:
    from sqlalchemy import Table

#: PostgreSQL tells listeners “auction lot sequence” here when a transaction with bids commits: ids only.
CHANNEL = "chain_auctions"

_lot = cast("Table", AuctionLot.__table__)
_bid = cast("Table", AuctionBid.__table__)


class Book:
    """A locked lot: its state, and the lines that this transaction adds to its log."""

    __slots__ = (
        "facts", "last_at", "last_hash", "leader_bid_id", "leader_sealed", "rows", "sequence", "state", "word",
    )  # fmt: skip

    def __init__(self, facts: LotFacts, row: Any) -> None:
        self.facts = facts
        self.word: str = row.state
        self.sequence: int = row.sequence
        self.last_hash: str = row.last_hash
        self.last_at: datetime | None = row.last_at
        self.leader_bid_id: UUID | None = row.leader_bid_id
        self.leader_sealed: str | None = row.leader_sealed
        highest = row.price_minor
        if row.leader_sealed is not None and row.leader_bid_id is not None:
            highest, _ = open_maximum(row.leader_bid_id, row.leader_sealed)
        phase = phase_of(row.state)
        # nothing is written while a lot is paused, so its last line is the pause
        paused_at = row.last_at if phase is Phase.PAUSED else None
        self.state = State(phase, row.ends_at, row.price_minor, row.leader_id, highest, paused_at)
        self.rows: list[dict[str, Any]] = []

    def time(self, moment: datetime) -> datetime:
        """Return the time of the next line: never before the line before, so that log and clock agree."""
        return moment if self.last_at is None or moment >= self.last_at else self.last_at

    def decide(self, event: Event) -> tuple[State, Decision]:
        """Return what an event would do."""
        return apply(self.facts.terms, self.state, event)

    def write(
        self,
        event: Event,
        after: State,
        decision: Decision,
        *,
        bid_id: UUID | None = None,
        user_id: UUID | None = None,
        key: str | None = None,
        digest: str | None = None,
    ) -> None:
        """Add a line to the log and take over the state that it leaves."""
        line_id = bid_id or new_id()
        sealed = proof = None
        amount = event.amount
        if event.kind is Kind.MAXIMUM and amount is not None:
            sealed, proof = seal_maximum(line_id, amount)
            amount = None
        self._note_leader(event, after, line_id, sealed)
        self.sequence += 1
        line = Line(
            self.sequence,
            event.kind,
            event.at,
            buyer_mark(self.facts.lot_id, event.buyer),
            amount,
            proof,
            after.price,
            buyer_mark(self.facts.lot_id, after.leader),
            after.ends_at,
        )
        digest_of_line = line_hash(self.last_hash, self.facts.lot_id, line)
        self.rows.append(
            {
                "id": line_id,
                "auction_lot_id": self.facts.lot_id,
                "sequence": line.sequence,
                "kind": event.kind.value,
                "at": event.at,
                "buyer_id": event.buyer,
                "user_id": user_id,
                "amount_minor": amount,
                "sealed": sealed,
                "commitment": proof,
                "seen_minor": event.seen,
                "outcome": decision.outcome.value if decision.outcome else None,
                "is_silent": decision.silent,
                "price_minor": after.price,
                "leader_id": after.leader,
                "ends_at": after.ends_at,
                "idempotency_key": key,
                "content_hash": digest,
                "previous_hash": self.last_hash,
                "hash": digest_of_line,
            }
        )
        self.state, self.last_hash, self.last_at = after, digest_of_line, event.at

    def _note_leader(self, event: Event, after: State, line_id: UUID, sealed: str | None) -> None:
        """Keep which line made the leader's maximum."""
        if event.kind not in {Kind.BID, Kind.MAXIMUM} or after.leader != event.buyer:
            return
        if event.kind is Kind.MAXIMUM:
            self.leader_bid_id, self.leader_sealed = line_id, sealed
        elif after.leader != self.state.leader or after.leader_max != self.state.leader_max:
            self.leader_bid_id, self.leader_sealed = line_id, None  # an open bid: its price is all there is

    def move(self, word: AuctionLotState) -> None:
        """Set the lot's state word; the line that says so is written by the caller."""
        self.word = word.value


_HOT = select(
    _lot.c.id,
    _lot.c.state,
    _lot.c.ends_at,
    _lot.c.price_minor,
    _lot.c.leader_id,
    _lot.c.leader_bid_id,
    _lot.c.leader_sealed,
    _lot.c.sequence,
    _lot.c.last_hash,
    _lot.c.last_at,
)
_LOCK_LOTS = (
    _HOT.where(_lot.c.id.in_(bindparam("ids", expanding=True, type_=Uuid())))
    .order_by(_lot.c.id)
    .with_for_update(of=_lot)
)


def lock_books(session: Session, facts: Iterable[LotFacts]) -> dict[UUID, Book]:
    """Lock lots under auction, in the order of their ids, until the end of the transaction."""
    by_id = {one.lot_id: one for one in facts}
    if not by_id:
        return {}
    return books_of(session.connection().execute(_LOCK_LOTS, {"ids": list(by_id)}), by_id)


def books_of(rows: Iterable[Any], facts: Mapping[UUID, LotFacts]) -> dict[UUID, Book]:
    """Return the books of locked rows."""
    return {row.id: Book(facts[row.id], row) for row in rows}


def lock_auctions(session: Session, auction_ids: Iterable[UUID]) -> Sequence[Auction]:
    """Lock auctions, in the order of their ids: always before their lots."""
    return session.scalars(
        select(Auction)
        .where(Auction.id.in_(sorted(auction_ids)))
        .order_by(Auction.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


_UPDATE = (
    update(_lot)
    .where(_lot.c.id == bindparam("b_id"))
    .values(
        state=bindparam("b_state"),
        ends_at=bindparam("b_ends_at"),
        price_minor=bindparam("b_price_minor"),
        leader_id=bindparam("b_leader_id"),
        leader_bid_id=bindparam("b_leader_bid_id"),
        leader_sealed=bindparam("b_leader_sealed"),
        reserve_met=bindparam("b_reserve_met"),
        sequence=bindparam("b_sequence"),
        last_hash=bindparam("b_last_hash"),
        last_at=bindparam("b_last_at"),
    )
)
_INSERT = insert(_bid)


def save_books(session: Session, books: Iterable[Book]) -> None:
    """Write the new lines of the logs and what they left, and tell PostgreSQL's listeners which lots moved."""
    moved = [book for book in books if book.rows]
    if not moved:
        return
    lines, lots = written_of(moved)
    if pipeline.is_possible(session):
        pipeline.write(pipeline.driver_of(session), lines=lines, lots=lots, channel=CHANNEL)
    else:
        session.connection().execute(_INSERT, lines)
        session.connection().execute(_UPDATE, lots)
    for book in moved:
        book.rows = []


def written_of(books: Iterable[Book]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the new lines of the logs, and what the lots that moved take over."""
    moved = [book for book in books if book.rows]
    return [row for book in moved for row in book.rows], [_values(book) for book in moved]


def _values(book: Book) -> dict[str, Any]:
    state = book.state
    return {
        "b_id": book.facts.lot_id,
        "b_state": book.word,
        "b_ends_at": state.ends_at,
        "b_price_minor": state.price,
        "b_leader_id": state.leader,
        "b_leader_bid_id": book.leader_bid_id,
        "b_leader_sealed": book.leader_sealed,
        "b_reserve_met": reserve_met(book.facts.terms, state),
        "b_sequence": book.sequence,
        "b_last_hash": book.last_hash,
        "b_last_at": book.last_at,
    }


def extend_others(books: Mapping[UUID, Book], book: Book, at: datetime, ends_at: datetime) -> None:
    """Give the other open lots of a catalogue that closes together the same later end, in their own logs."""
    for other in books.values():
        if other is book or other.facts.auction_id != book.facts.auction_id:
            continue
        if other.state.phase is Phase.OPEN and other.state.ends_at < ends_at:
            event = Event(Kind.EXTENDED, other.time(at), ends_at=ends_at)
            after, decision = other.decide(event)
            other.write(event, after, decision)
