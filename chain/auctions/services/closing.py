"""The end: lots whose time has come are closed, awarded or passed in, and their sealed maxima are opened into the log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, OrganisationKind, Role, system_actor
from chain.auctions.models import Auction, AuctionBid, AuctionBidder, AuctionLot
from chain.auctions.queries.facts import facts_of, open_maximum
from chain.auctions.rules import AuctionLotState, AuctionState, AwardBy, Event, Kind
from chain.auctions.rules import reserve_met as is_reserve_met
from chain.auctions.rules.terms import SETTLE, check_transition
from chain.auctions.services.books import Book, lock_books, save_books
from chain.auctions.services.steps import AuctionAudit, lock_auction, lock_parts, log_event, note, set_timer
from chain.buyers.services.limits import release_limit
from chain.lots.models import Lot
from chain.lots.rules import LotState
from chain.lots.services.states import change_lot_states
from chain.sales.models import Award
from chain.sales.rules import AwardState, Entry, Method
from chain.sales.services.awards import make_award


def due_auctions(session: Session, *, now: datetime, auction_id: UUID | None = None) -> Sequence[UUID]:
    """Return the auctions that have open lots whose end has come. A cheap read, which pages make before they show anything."""
    statement = (
        select(AuctionLot.auction_id)
        .where(AuctionLot.state == AuctionLotState.OPEN.value, AuctionLot.ends_at <= now - SETTLE)
        .distinct()
        .order_by(AuctionLot.auction_id)
    )
    if auction_id is not None:
        statement = statement.where(AuctionLot.auction_id == auction_id)
    return session.scalars(statement).all()


def close_due(session: Session, *, now: datetime, auction_id: UUID) -> list[UUID]:
    """Close the lots of an auction whose end has come; return them. Once is as good as often.

    The worker calls it by a timer, and every request that meets an auction after its end (`due_auctions`).
    """
    auction = lock_auction(session, auction_id)
    if auction.state != AuctionState.OPEN:
        return []
    due = session.scalars(
        select(AuctionLot.id).where(
            AuctionLot.auction_id == auction_id,
            AuctionLot.state == AuctionLotState.OPEN.value,
            AuctionLot.ends_at <= now - SETTLE,
        )
    ).all()
    books = {
        lot_id: book
        for lot_id, book in lock_books(session, facts_of(session, due).values()).items()
        # a bid that was written while we waited for the row may have moved the end
        if book.word == AuctionLotState.OPEN.value and book.state.ends_at <= now - SETTLE
    }
    if books:
        _close(session, now, auction, books)
    set_timer(session, now, auction.id)
    return list(books)


def _close(session: Session, now: datetime, auction: Auction, books: Mapping[UUID, Book]) -> None:
    kind = OrganisationKind(get_organisation(session, auction.organisation_id).kind)
    actor = system_actor(auction.organisation_id, kind, Role.SELLER)
    entries = []
    for book in sorted(books.values(), key=lambda one: one.facts.position):
        won = is_reserve_met(book.facts.terms, book.state)
        book.move(AuctionLotState.AWARDED if won else AuctionLotState.PASSED_IN)
        event = Event(Kind.CLOSED, book.time(book.state.ends_at))
        after, decision = book.decide(event)
        book.write(event, after, decision)
        entries.append(_result(session, book, won=won))
    save_books(session, books.values())
    session.expire_all()
    for lot in session.scalars(select(AuctionLot).where(AuctionLot.id.in_(books))):
        lot.closed_at = now
    session.flush()
    log_event(session, now, auction, entries)
    passed = [lot_id for lot_id, book in books.items() if book.word == AuctionLotState.PASSED_IN.value]
    _pass_in(session, actor, now, auction, passed)
    _end_if_last(session, actor, now, auction)
    award_what_is_won(session, actor, now, auction)
    note(
        session,
        tag=AuctionAudit.LOT_CLOSED,
        actor=actor,
        now=now,
        auction=auction,
        more={"lots": sorted(books), "passed_in": sorted(passed)},
    )


def _result(session: Session, book: Book, *, won: bool) -> Entry:
    """Return the line of the event's log that tells how a lot ended, anchors its own log, and opens the sealed maxima."""
    maxima = []
    for bid in session.execute(
        select(AuctionBid.id, AuctionBid.sequence, AuctionBid.sealed)
        .where(AuctionBid.auction_lot_id == book.facts.lot_id, AuctionBid.kind == Kind.MAXIMUM.value)
        .order_by(AuctionBid.sequence)
    ):
        amount, nonce = open_maximum(bid.id, bid.sealed)
        maxima.append({"sequence": bid.sequence, "maximum_minor": amount, "nonce": nonce})
    data = {
        "lot": book.facts.lot_id,
        "position": book.facts.position,
        "result": book.word,
        "price_minor": book.state.price if won else None,
        "lines": book.sequence,
        "head": book.last_hash,
        "maxima": maxima,
    }
    return Entry("lot_closed", data, buyer_id=book.state.leader if won else None)


def _pass_in(
    session: Session, actor: Actor, now: datetime, auction: Auction, auction_lot_ids: Sequence[UUID]
) -> None:
    """Give the deliveries of lots without a buyer back to the stock."""
    lots = [lot for part in lock_parts(session, auction, auction_lot_ids).values() for lot in part]
    change_lot_states(session, actor=actor, now=now, lots=lots, to=LotState.GRADED)


def _end_if_last(session: Session, actor: Actor, now: datetime, auction: Auction) -> None:
    """End the auction with its last lot: free the ceilings."""
    still = session.scalar(
        select(AuctionLot.id)
        .where(
            AuctionLot.auction_id == auction.id,
            AuctionLot.state.in_((AuctionLotState.OPEN.value, AuctionLotState.PAUSED.value)),
        )
        .limit(1)
    )
    if still is not None:
        return
    check_transition(auction.state, AuctionState.CLOSED)
    auction.state, auction.closed_at = AuctionState.CLOSED.value, now
    session.flush()
    release_ceilings(session, now, auction)
    log_event(session, now, auction, [Entry("closed")])
    note(
        session,
        tag=AuctionAudit.CLOSED,
        actor=actor,
        now=now,
        auction=auction,
        before=AuctionState.OPEN.value,
    )


def release_ceilings(session: Session, now: datetime, auction: Auction) -> None:
    """Free what bidders had held; the awards hold what was won."""
    held = select(AuctionBidder.id).where(
        AuctionBidder.auction_id == auction.id, AuctionBidder.ceiling_minor.is_not(None)
    )
    for bidder_id in session.scalars(held.order_by(AuctionBidder.id)).all():
        release_limit(session, ref_id=bidder_id, now=now)


def award_what_is_won(session: Session, actor: Actor, now: datetime, auction: Auction) -> None:
    """Make the awards that are ready: of each lot at once, or of the whole catalogue for each buyer when it is over."""
    by_catalogue = auction.award_by == AwardBy.CATALOGUE
    if by_catalogue and auction.state not in {AuctionState.CLOSED, AuctionState.CANCELLED}:
        return
    won = session.scalars(
        select(AuctionLot)
        .where(
            AuctionLot.auction_id == auction.id,
            AuctionLot.state == AuctionLotState.AWARDED.value,
            AuctionLot.award_id.is_(None),
        )
        .order_by(AuctionLot.position)
    ).all()
    groups: dict[UUID | None, list[AuctionLot]] = {}
    for lot in won:
        groups.setdefault(lot.leader_id if by_catalogue else lot.id, []).append(lot)
    parts = lock_parts(session, auction, [lot.id for lot in won])
    entries = [_make(session, actor, now, auction, group=group, parts=parts) for group in groups.values()]
    log_event(session, now, auction, entries)


def _make(
    session: Session,
    actor: Actor,
    now: datetime,
    auction: Auction,
    *,
    group: Sequence[AuctionLot],
    parts: Mapping[UUID, Sequence[Lot]],
) -> Entry:
    buyer_id = group[0].leader_id
    assert buyer_id is not None  # noqa: S101 - an awarded lot has a leader
    lots = sorted((part for lot in group for part in parts[lot.id]), key=lambda one: one.id)
    award = make_award(
        session,
        actor=actor,
        now=now,
        seller_id=auction.organisation_id,
        buyer_id=buyer_id,
        method=Method.AUCTION,
        event_id=auction.id,
        bid_id=group[0].leader_bid_id if len(group) == 1 else None,
        lots=lots,
        prices={part.id: lot.price_minor or 0 for lot in group for part in parts[lot.id]},
        currency=auction.currency,
        opened_by=auction.created_by,
    )
    for lot in group:
        lot.award_id = award.id
    session.flush()
    data = {"award": award.id, "positions": [lot.position for lot in group]}
    return Entry("awarded", data, buyer_id=buyer_id)


_AFTER = {
    AwardState.CONFIRMED: AuctionLotState.SOLD,
    AwardState.DECLINED: AuctionLotState.DECLINED,
    AwardState.LAPSED: AuctionLotState.DECLINED,
}


def after_answer(session: Session, _actor: Actor, _now: datetime, award: Award) -> None:
    """Bring the lots of an award into the state that follows from its answer."""
    to = _AFTER[AwardState(award.state)]
    for lot in session.scalars(select(AuctionLot).where(AuctionLot.award_id == award.id)):
        lot.state = to.value
    session.flush()
