"""Pausing, resuming and cancelling an auction."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.auctions.errors import HasBids
from chain.auctions.models import Auction, AuctionBid, AuctionLot
from chain.auctions.queries.auctions import may_watch
from chain.auctions.queries.facts import facts_of
from chain.auctions.rules import AuctionLotState, AuctionState, Event, Kind
from chain.auctions.rules.terms import check_transition
from chain.auctions.services.books import Book, lock_books, save_books
from chain.auctions.services.closing import award_what_is_won, close_due, release_ceilings
from chain.auctions.services.steps import AuctionAudit, lock_auction, lock_parts, log_event, note, set_timer
from chain.core.errors import NotFound
from chain.lots.rules import LotState
from chain.lots.services.states import change_lot_states
from chain.sales.rules import Entry, clean_reason


def _lock_own(session: Session, actor: Actor, auction_id: UUID) -> Auction:
    auction = lock_auction(session, auction_id)
    if auction.organisation_id != actor.org or not may_watch(actor):
        raise NotFound
    return auction


def pause_auction(session: Session, *, actor: Actor, now: datetime, auction_id: UUID, reason: str) -> Auction:
    """Stop the clock of an auction, with a reason that everybody reads; only the market manager does it. Twice changes nothing.

    Raises:
        Forbidden: the actor does not watch over the market.
        NotFound: there is no such auction here.
        AuctionStateRefused: it has ended or was cancelled.
        ReasonMissing: no reason was written.
    """
    actor.require(Permission.MARKET_MANAGE)
    auction = _lock_own(session, actor, auction_id)
    if auction.state == AuctionState.PAUSED:
        return auction
    check_transition(auction.state, AuctionState.PAUSED)
    auction.reason = clean_reason(reason)
    close_due(session, now=now, auction_id=auction_id)  # what has ended stays ended
    check_transition(auction.state, AuctionState.PAUSED)
    books = _books(session, auction, AuctionLotState.OPEN)
    for book in books.values():
        # the clock of a lot that is due stands at its end
        event = Event(Kind.PAUSED, book.time(min(now, book.state.ends_at)))
        after, decision = book.decide(event)
        book.move(AuctionLotState.PAUSED)
        book.write(event, after, decision)
    save_books(session, books.values())
    auction.state, auction.paused_at = AuctionState.PAUSED.value, now
    _tell(session, actor, now, auction, AuctionAudit.PAUSED, before=AuctionState.OPEN)
    return auction


def resume_auction(session: Session, *, actor: Actor, now: datetime, auction_id: UUID) -> Auction:
    """Let the clock go on: every open lot ends later by as long as it stood still. Twice changes nothing.

    Raises:
        Forbidden: the actor does not watch over the market.
        NotFound: there is no such auction here.
        AuctionStateRefused: it has ended or was cancelled.
    """
    actor.require(Permission.MARKET_MANAGE)
    auction = _lock_own(session, actor, auction_id)
    if auction.state == AuctionState.OPEN:
        return auction
    check_transition(auction.state, AuctionState.OPEN)
    books = _books(session, auction, AuctionLotState.PAUSED)
    for book in books.values():
        event = Event(Kind.RESUMED, book.time(now))
        after, decision = book.decide(event)
        book.move(AuctionLotState.OPEN)
        book.write(event, after, decision)
    save_books(session, books.values())
    auction.state, auction.paused_at, auction.reason = AuctionState.OPEN.value, None, None
    _tell(session, actor, now, auction, AuctionAudit.RESUMED, before=AuctionState.PAUSED)
    set_timer(session, now, auction.id)
    return auction


def cancel_auction(
    session: Session, *, actor: Actor, now: datetime, auction_id: UUID, reason: str
) -> Auction:
    """Cancel an auction with a reason. The seller may before the first bid, the market manager until the end. Maxima stay sealed.

    Lots that have ended keep their result; the deliveries of the others return to the stock.

    Raises:
        Forbidden: the actor may neither sell nor watch over the market.
        NotFound: there is no such auction here.
        HasBids: somebody has bid, and only the market manager may cancel now.
        AuctionStateRefused: it has ended.
        ReasonMissing: no reason was written.
    """
    is_manager = actor.may(Permission.MARKET_MANAGE)
    if not is_manager:
        actor.require(Permission.TENDERS_WRITE)
    auction = _lock_own(session, actor, auction_id)
    if auction.state == AuctionState.CANCELLED:
        return auction
    if auction.state == AuctionState.OPEN:
        close_due(session, now=now, auction_id=auction_id)
    check_transition(auction.state, AuctionState.CANCELLED)
    why = clean_reason(reason)
    before = AuctionState(auction.state)
    books = _books(session, auction, AuctionLotState.OPEN, AuctionLotState.PAUSED)
    if not is_manager and _has_bids(session, auction.id):
        raise HasBids
    _cancel_lots(session, actor, now, auction, books)
    auction.state, auction.closed_at, auction.reason = AuctionState.CANCELLED.value, now, why
    release_ceilings(session, now, auction)
    award_what_is_won(session, actor, now, auction)
    _tell(session, actor, now, auction, AuctionAudit.CANCELLED, before=before)
    return auction


def _cancel_lots(
    session: Session, actor: Actor, now: datetime, auction: Auction, books: Mapping[UUID, Book]
) -> None:
    for book in books.values():
        event = Event(Kind.CANCELLED, book.time(now))
        after, decision = book.decide(event)
        book.move(AuctionLotState.CANCELLED)
        book.write(event, after, decision)
    save_books(session, books.values())
    lots = [lot for part in lock_parts(session, auction, list(books)).values() for lot in part]
    change_lot_states(session, actor=actor, now=now, lots=lots, to=LotState.GRADED)


def _has_bids(session: Session, auction_id: UUID) -> bool:
    """Tell whether anybody has bid; the lots are locked, so nobody bids meanwhile."""
    has = (
        exists()
        .where(AuctionBid.auction_lot_id == AuctionLot.id, AuctionLot.auction_id == auction_id)
        .where(AuctionBid.buyer_id.is_not(None))
    )
    return bool(session.scalar(select(has)))


def _books(session: Session, auction: Auction, *states: AuctionLotState) -> dict[UUID, Book]:
    ids = session.scalars(
        select(AuctionLot.id).where(
            AuctionLot.auction_id == auction.id, AuctionLot.state.in_([state.value for state in states])
        )
    ).all()
    books = lock_books(session, facts_of(session, ids).values())
    return {lot_id: book for lot_id, book in books.items() if book.word in {state.value for state in states}}


def _tell(
    session: Session,
    actor: Actor,
    now: datetime,
    auction: Auction,
    tag: AuctionAudit,
    *,
    before: AuctionState,
) -> None:
    """Write log and audit record of a step that people took."""
    session.flush()
    session.expire_all()
    word = tag.value.rpartition(":")[2]
    log_event(session, now, auction, [Entry(word, {"reason": auction.reason}, actor.user_id)])
    note(
        session,
        tag=tag,
        actor=actor,
        now=now,
        auction=auction,
        before=before.value,
        more={"reason": auction.reason},
    )
