"""Placing bids: any number of waiting ones, decided in the order of arrival under the locks of their lots, in one transaction.

`place_bids` is the one path; `place_live_bid` and `set_maximum` are it for a single one. Under load the edge gives it all that
wait in the process (`chain.auctions.intake`), so that one lock, one INSERT, one UPDATE and one commit serve them together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Uuid, and_, bindparam, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.auctions.errors import NotABidder, NotRegistered, OverCeiling
from chain.auctions.models import AuctionBid, AuctionBidder, AuctionLot
from chain.auctions.queries.facts import LotFacts, facts_of, open_maximum
from chain.auctions.rules import Event, Kind, Outcome, State, minimum, reserve_met
from chain.auctions.rules.bidding import TAKEN
from chain.auctions.rules.terms import check_price
from chain.auctions.services import pipeline
from chain.auctions.services.books import Book, books_of, extend_others, lock_auctions, lock_books, save_books
from chain.core.errors import DomainError, IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.idempotency import MAX_KEY_LENGTH, KeyTooLong
from chain.core.ids import new_id
from chain.core.money import amount_for
from chain.sales.errors import BidderExcluded
from chain.sales.models import BidderExclusion


@dataclass(frozen=True, slots=True)
class Ask:
    """A bid that waits to be decided."""

    actor: Actor
    #: the lot of the catalogue
    auction_lot_id: UUID
    #: made by the client
    id: UUID
    #: bid: an open price; maximum: up to which the server bids
    kind: Kind
    amount_minor: int
    #: the price that the bidder saw; None: no bid yet
    seen_minor: int | None
    #: when the request reached the server: this decides
    received_at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a bidder is told, as things stand when the bid was decided."""

    id: UUID
    auction_lot_id: UUID
    outcome: Outcome
    #: with `duplicate`: what the bid came to when it came first
    first_outcome: Outcome | None
    price_minor: int | None
    #: the lowest price of a bid now
    minimum_minor: int
    is_leading: bool
    reserve_met: bool
    ends_at: datetime
    #: its line in the lot's log; None: not taken
    sequence: int | None


Decided = Answer | DomainError


def place_live_bid(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    auction_lot_id: UUID,
    price_minor_per_unit: int,
    seen_minor: int | None,
    id: UUID | None = None,  # noqa: A002 - the name that every command of the product uses
    idempotency_key: str | None = None,
) -> Answer:
    """Bid an open price per kilogram or litre on one lot of an auction; the answer says what came of it.

    `now` is when the server received it. `seen_minor` is the price that the bidder saw, None when there was no bid.

    Raises:
        Forbidden, NotABidder: the actor may not bid.
        NotFound: there is no such lot for this buyer.
        NotRegistered, BidderExcluded: the buyer is not registered, or shut out.
        BidOutOfBounds, KeyTooLong: a price or key that cannot be meant.
        OverCeiling: the buyer could come to owe more than the registered ceiling.
        IdempotencyConflict: the key or id came before with other content.
    """
    bid_id = id or new_id()
    key = idempotency_key if idempotency_key is not None else str(bid_id)
    return _one(
        session,
        Ask(actor, auction_lot_id, bid_id, Kind.BID, price_minor_per_unit, seen_minor, now, key),
    )


def set_maximum(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    auction_lot_id: UUID,
    maximum_minor: int,
    seen_minor: int | None = None,
    id: UUID | None = None,  # noqa: A002 - as above
    idempotency_key: str | None = None,
) -> Answer:
    """Let the server bid for the buyer, up to a figure that nobody can read before the lot has closed.

    Raises:
        Whatever `place_live_bid` raises.
    """
    bid_id = id or new_id()
    key = idempotency_key if idempotency_key is not None else str(bid_id)
    return _one(
        session,
        Ask(actor, auction_lot_id, bid_id, Kind.MAXIMUM, maximum_minor, seen_minor, now, key),
    )


def _one(session: Session, ask: Ask) -> Answer:
    session.flush()
    try:
        with session.begin_nested():
            (decided,) = place_bids(session, asks=[ask])
    except IntegrityError:
        raise IdempotencyConflict from None
    session.expire_all()  # the rows were written under the ORM
    if isinstance(decided, DomainError):
        raise decided
    return decided


def place_bids(session: Session, *, asks: Sequence[Ask]) -> list[Decided]:
    """Decide bids in their order; one answer or refusal each. A refusal touches nobody else."""
    facts = facts_of(session, {ask.auction_lot_id for ask in asks})
    refused = {place: error for place, ask in enumerate(asks) if (error := _refusal(ask, facts)) is not None}
    good = [ask for place, ask in enumerate(asks) if place not in refused]
    if not good:
        return [refused[place] for place in range(len(asks))]
    desk = _open_desk(session, {ask.auction_lot_id: facts[ask.auction_lot_id] for ask in good}, good)
    decided = [refused[place] if place in refused else desk.decide(ask) for place, ask in enumerate(asks)]
    save_books(session, desk.books.values())
    return decided


def _refusal(ask: Ask, facts: Mapping[UUID, LotFacts]) -> DomainError | None:
    """Return why a bid is none, before anything is locked."""
    try:
        ask.actor.require(Permission.BIDS_PLACE)
        if ask.actor.organisation_kind is not OrganisationKind.BUYER:
            raise NotABidder
        if not 0 < len(ask.key) <= MAX_KEY_LENGTH or "\x00" in ask.key:
            raise KeyTooLong
        lot = facts.get(ask.auction_lot_id)
        if lot is None:
            raise NotFound
        check_price(ask.amount_minor, lot.currency)
    except DomainError as error:
        return error
    return None


def _open_desk(session: Session, wanted: Mapping[UUID, LotFacts], asks: Sequence[Ask]) -> "_Desk":
    """Lock the lots, then look up all that decides; where a catalogue closes together, its auction first and all of its lots."""
    together = {one.auction_id for one in wanted.values() if one.is_together}
    if together:
        lock_auctions(session, together)
        others = session.scalars(select(AuctionLot.id).where(AuctionLot.auction_id.in_(together))).all()
        wanted = facts_of(session, {*wanted, *others})
    auctions = {one.auction_id for one in wanted.values()}
    buyers = {ask.actor.org for ask in asks}
    keys = {ask.key for ask in asks}
    if pipeline.is_possible(session):
        lots, earlier, bidders = pipeline.read(
            session, lot_ids=wanted, auctions=auctions, buyers=buyers, keys=keys
        )
        books = books_of(lots, wanted)
    else:
        books = lock_books(session, wanted.values())
        connection = session.connection()
        sought = {"buyers": list(buyers), "keys": list(keys)}
        earlier = connection.execute(_EARLIER, sought).all()
        bidders = connection.execute(_BIDDERS, {"auctions": list(auctions), "buyers": list(buyers)}).all()
    registered = {
        (row.auction_id, row.buyer_id): _Bidder(row.id, row.ceiling_minor, row.excluded_because)
        for row in bidders
    }
    return _Desk(books, _known(earlier), registered, _owed(session, registered))


@dataclass(frozen=True, slots=True)
class _Bidder:
    """A registration as it stands while the lots are locked."""

    id: UUID
    ceiling_minor: int | None
    excluded_because: str | None


class _Desk:
    """Decides bids on locked books; looks everything up once for all that wait."""

    def __init__(
        self,
        books: Mapping[UUID, Book],
        earlier: dict[Any, "_Known"],
        bidders: Mapping[tuple[UUID, UUID], _Bidder],
        owed: "Owed",
    ) -> None:
        self.books = books
        self._earlier = earlier
        self._bidders = bidders
        self._owed = owed

    def decide(self, ask: Ask) -> Decided:
        """Decide one bid."""
        book = self.books[ask.auction_lot_id]
        bidder = self._bidders.get((book.facts.auction_id, ask.actor.org))
        digest = _digest(ask)
        known = self._earlier.get((ask.actor.org, ask.key)) or self._earlier.get(ask.id)
        if known is not None:
            return _repeated(ask, book, known, digest)
        if bidder is None:
            return NotRegistered()
        if bidder.excluded_because is not None:
            return BidderExcluded(reason=bidder.excluded_because)
        event = Event(ask.kind, book.time(ask.received_at), ask.actor.org, ask.amount_minor, ask.seen_minor)
        after, decision = book.decide(event)
        if decision.outcome not in TAKEN:
            assert decision.outcome is not None  # noqa: S101 - every bid has an outcome
            return _answer(ask, book, decision.outcome, None)
        if bidder.ceiling_minor is not None and self._is_over(ask, book, bidder.ceiling_minor):
            return OverCeiling()
        before = book.state
        book.write(
            event, after, decision, bid_id=ask.id, user_id=ask.actor.user_id, key=ask.key, digest=digest
        )
        self._keep(book, before, after)
        if decision.extended and book.facts.is_together:
            extend_others(self.books, book, event.at, after.ends_at)
        assert decision.outcome is not None  # noqa: S101 - as above
        row = book.rows[-1]
        known = _Known(row["content_hash"], row["sealed"], ask.id, decision.outcome.value, book.sequence)
        self._earlier[ask.actor.org, ask.key] = self._earlier[ask.id] = known
        return _answer(ask, book, decision.outcome, book.sequence)

    def _is_over(self, ask: Ask, book: Book, ceiling_minor: int) -> bool:
        """Tell whether the buyer could come to owe more than the ceiling, should this bid win.

        It is asked of losing bids as well: the refusal must not tell how high the leader's maximum is.
        """
        owed = self._owed.get((book.facts.auction_id, ask.actor.org), {})
        others = sum(amount for lot_id, amount in owed.items() if lot_id != book.facts.lot_id)
        return others + amount_for(book.facts.quantity, ask.amount_minor) > ceiling_minor

    def _keep(self, book: Book, before: State, after: State) -> None:
        """Keep what the leader could come to owe for this lot, for the bids that follow in this transaction."""
        lot_id, auction_id = book.facts.lot_id, book.facts.auction_id
        if before.leader is not None:
            self._owed.get((auction_id, before.leader), {}).pop(lot_id, None)
        if after.leader is not None and after.leader_max is not None:
            owed = self._owed.setdefault((auction_id, after.leader), {})
            owed[lot_id] = amount_for(book.facts.quantity, after.leader_max)


def _digest(ask: Ask) -> str:
    """Return the hash of a bid's content. A maximum's figure is left out: it could be found by trying; `_same` opens the seal."""
    content = {"lot": ask.auction_lot_id, "kind": ask.kind.value, "seen": ask.seen_minor}
    if ask.kind is Kind.BID:
        content["amount"] = ask.amount_minor
    return content_hash(content)


def _answer(
    ask: Ask, book: Book, outcome: Outcome, sequence: int | None, first: Outcome | None = None
) -> Answer:
    terms, state = book.facts.terms, book.state
    return Answer(
        id=ask.id,
        auction_lot_id=ask.auction_lot_id,
        outcome=outcome,
        first_outcome=first,
        price_minor=state.price,
        minimum_minor=minimum(terms, state),
        is_leading=state.leader is not None and state.leader == ask.actor.org,
        reserve_met=reserve_met(terms, state),
        ends_at=state.ends_at,
        sequence=sequence,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What of an earlier line answers its repetition."""

    content_hash: str | None
    sealed: str | None
    id: UUID
    outcome: str | None
    sequence: int


def _repeated(ask: Ask, book: Book, known: _Known, digest: str) -> Decided:
    """Answer a bid that came before; with other content it is refused."""
    if known.content_hash != digest or known.id != ask.id:
        return IdempotencyConflict()
    if known.sealed is not None and open_maximum(known.id, known.sealed)[0] != ask.amount_minor:
        return IdempotencyConflict()
    return _answer(ask, book, Outcome.DUPLICATE, known.sequence, Outcome(known.outcome or Outcome.OUTBID))


_bid, _bidder, _shut = AuctionBid.__table__, AuctionBidder.__table__, BidderExclusion.__table__
_lot = AuctionLot.__table__

_EARLIER = select(
    _bid.c.id,
    _bid.c.buyer_id,
    _bid.c.idempotency_key,
    _bid.c.content_hash,
    _bid.c.sealed,
    _bid.c.outcome,
    _bid.c.sequence,
).where(
    _bid.c.idempotency_key.in_(bindparam("keys", expanding=True)),
    _bid.c.buyer_id.in_(bindparam("buyers", expanding=True, type_=Uuid())),
)


def _known(rows: Sequence[Any]) -> dict[Any, _Known]:
    """Return lines that were written before, by (buyer, key) and by id.

    An id that somebody used under another key is found by the primary key, when the line is inserted.
    """
    found: dict[Any, _Known] = {}
    for row in rows:
        known = _Known(row.content_hash, row.sealed, row.id, row.outcome, row.sequence)
        found[row.id] = found[row.buyer_id, row.idempotency_key] = known
    return found


def _shut_out() -> ColumnElement[bool]:
    """Return the condition under which an exclusion holds for a bidder's auction; as `check_not_excluded` says it."""
    return and_(
        _shut.c.buyer_id == _bidder.c.buyer_id,
        _shut.c.organisation_id == _lot_seller.c.organisation_id,
        _shut.c.lifted_at.is_(None),
        or_(_shut.c.event_id.is_(None), _shut.c.event_id == _bidder.c.auction_id),
    )


_lot_seller = AuctionLot.__table__.alias("seller_of")
_BIDDERS = (
    select(
        _bidder.c.id,
        _bidder.c.auction_id,
        _bidder.c.buyer_id,
        _bidder.c.ceiling_minor,
        _shut.c.reason.label("excluded_because"),
    )
    .join(_lot_seller, and_(_lot_seller.c.auction_id == _bidder.c.auction_id, _lot_seller.c.position == 1))
    .outerjoin(_shut, _shut_out())
    .where(
        _bidder.c.auction_id.in_(bindparam("auctions", expanding=True, type_=Uuid())),
        _bidder.c.buyer_id.in_(bindparam("buyers", expanding=True, type_=Uuid())),
    )
    .order_by(_shut.c.excluded_at)
)


Owed = dict[tuple[UUID, UUID], dict[UUID, int]]


def _owed(session: Session, bidders: Mapping[tuple[UUID, UUID], _Bidder]) -> Owed:
    """Return what buyers with a ceiling could come to owe for lots that they lead or won, by auction, buyer and lot.

    Their registrations are locked first (lots before registrations, both in the order of ids): of two bids on two lots at once,
    the later one sees the earlier one.
    """
    held = {pair: one for pair, one in bidders.items() if one.ceiling_minor is not None}
    if not held:
        return {}
    ids = sorted(one.id for one in held.values())
    session.execute(
        select(AuctionBidder.id).where(AuctionBidder.id.in_(ids)).order_by(AuctionBidder.id).with_for_update()
    )
    rows = session.execute(
        select(
            _lot.c.id,
            _lot.c.auction_id,
            _lot.c.quantity,
            _lot.c.price_minor,
            _lot.c.leader_id,
            _lot.c.leader_bid_id,
            _lot.c.leader_sealed,
        ).where(
            _lot.c.auction_id.in_({auction_id for auction_id, _ in held}),
            _lot.c.leader_id.in_({buyer_id for _, buyer_id in held}),
            _lot.c.state.not_in(("passed_in", "declined", "cancelled")),
        )
    )
    owed: Owed = {}
    for row in rows:
        if (row.auction_id, row.leader_id) in held:
            owed.setdefault((row.auction_id, row.leader_id), {})[row.id] = _at_most(row)
    return owed


def _at_most(row: Row[Any]) -> int:
    """Return what the leader of a lot could come to owe for it."""
    highest = row.price_minor
    if row.leader_sealed is not None:
        highest, _ = open_maximum(row.leader_bid_id, row.leader_sealed)
    return amount_for(row.quantity, highest)
