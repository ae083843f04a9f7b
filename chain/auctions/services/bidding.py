"""Placing bids: any number of waiting ones, decided in the order of arrival under the locks of their lots, in one transaction.

`place_bids` is the one path; `place_live_bid` and `set_maximum` are it for a single one. Under load the edge gives it all that
wait in the process (`chain.auctions.intake`), so that one lock, one INSERT, one UPDATE and one commit serve them together.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.auctions.errors import NotABidder, NotRegistered, OverCeiling
from chain.auctions.models import AuctionLot
from chain.auctions.queries.facts import LotFacts, facts_of, open_maximum
from chain.auctions.rules import Event, Kind, Outcome, State, minimum, reserve_met
from chain.auctions.rules.bidding import TAKEN
from chain.auctions.rules.terms import check_price
from chain.auctions.services import lookups, pipeline
from chain.auctions.services.books import Book, books_of, extend_others, lock_auctions, lock_books, save_books
from chain.auctions.services.lookups import Bidder, Known, Owed
from chain.core.errors import DomainError, IdempotencyConflict, NotFound
from chain.core.idempotency import MAX_KEY_LENGTH, KeyTooLong
from chain.core.ids import new_id
from chain.core.money import amount_for
from chain.sales.errors import BidderExcluded


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
class Knock:
    """A bid of which only the bearer token is known as yet; who asks is looked up with all else that decides."""

    token_hash: str
    auction_lot_id: UUID
    id: UUID
    kind: Kind
    amount_minor: int
    seen_minor: int | None
    received_at: datetime

    @property
    def key(self) -> str:
        """The idempotency key: the id."""
        return str(self.id)

    def of(self, actor: Actor) -> Ask:
        """Return the bid of an actor."""
        return Ask(
            actor,
            self.auction_lot_id,
            self.id,
            self.kind,
            self.amount_minor,
            self.seen_minor,
            self.received_at,
            self.key,
        )


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
    refused = {
        place: error for place, ask in enumerate(asks) if (error := refusal_of(ask, facts)) is not None
    }
    good = [ask for place, ask in enumerate(asks) if place not in refused]
    if not good:
        return [refused[place] for place in range(len(asks))]
    desk = _open_desk(session, {ask.auction_lot_id: facts[ask.auction_lot_id] for ask in good}, good)
    decided = [refused[place] if place in refused else desk.decide(ask) for place, ask in enumerate(asks)]
    save_books(session, desk.books.values())
    return decided


def refusal_of(ask: Ask, facts: Mapping[UUID, LotFacts]) -> DomainError | None:
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


def _open_desk(session: Session, wanted: Mapping[UUID, LotFacts], asks: Sequence[Ask]) -> "Desk":
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
        found = pipeline.read(
            pipeline.driver_of(session), pipeline.Wanted(list(wanted), auctions, buyers, (), keys)
        )
        books, earlier, bidders = books_of(found.lots, wanted), found.earlier, found.bidders
    else:
        books = lock_books(session, wanted.values())
        earlier, bidders = lookups.earlier_lines(session, keys), lookups.bidders(session, auctions, buyers)
    registered = lookups.registered_of(bidders)
    return Desk(books, lookups.known_of(earlier), registered, lookups.owed(session, registered))


class Desk:
    """Decides bids on locked books; looks everything up once for all that wait."""

    def __init__(
        self,
        books: Mapping[UUID, Book],
        earlier: dict[Any, Known],
        bidders: Mapping[tuple[UUID, UUID], Bidder],
        owed: Owed,
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
        known = Known(ask.actor.org, digest, row["sealed"], ask.id, decision.outcome.value, book.sequence)
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
    """Return the hash of a bid's content. A maximum's figure is left out: it could be found by trying; `_repeated` opens the seal.

    The text is that of `content_hash`, written down: making canonical JSON of a dictionary takes longer than deciding the bid.
    """
    amount = f'"amount":{ask.amount_minor},' if ask.kind is Kind.BID else ""
    seen = "null" if ask.seen_minor is None else ask.seen_minor
    text = f'{{{amount}"kind":"{ask.kind.value}","lot":"{ask.auction_lot_id}","seen":{seen}}}'
    return hashlib.sha256(text.encode()).hexdigest()


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


def _repeated(ask: Ask, book: Book, known: Known, digest: str) -> Decided:
    """Answer a bid that came before; with other content it is refused."""
    if known.buyer_id != ask.actor.org or known.content_hash != digest or known.id != ask.id:
        return IdempotencyConflict()
    if known.sealed is not None and open_maximum(known.id, known.sealed)[0] != ask.amount_minor:
        return IdempotencyConflict()
    return _answer(ask, book, Outcome.DUPLICATE, known.sequence, Outcome(known.outcome or Outcome.OUTBID))
