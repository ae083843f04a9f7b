"""What the page and the poll show of an auction, and the version by which a poll learns that nothing moved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import false, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.auctions.models import Auction, AuctionBid, AuctionBidder, AuctionLot
from chain.auctions.queries.auctions import get_auction_for, get_auction_lot_for, is_buyer
from chain.auctions.queries.facts import buyer_mark
from chain.auctions.rules import AuctionLotState, AuctionState, Kind
from chain.auctions.rules.steps import Steps, from_plain, step_at
from chain.auctions.rules.terms import ENDED
from chain.sales.models import MarketEntry

MAX_LINES = 500


@dataclass(frozen=True, slots=True)
class Viewer:
    """How somebody looks at an auction."""

    #: the buyer whose own lines are “you”; None: no buyer
    buyer_id: UUID | None
    #: sees which buyer an alias is
    is_manager: bool
    #: sees which award a lot came to
    is_seller: bool
    #: the committee, and who opened it, as with tenders; neither the auditor nor the market manager
    sees_reserve: bool


def viewer_of(actor: Actor, auction: Auction) -> Viewer:
    """Return how somebody looks at an auction that they may see."""
    is_own = auction.organisation_id == actor.organisation_id
    return Viewer(
        actor.org if is_buyer(actor) else None,
        is_own and actor.may(Permission.MARKET_MANAGE),
        is_own and actor.may(Permission.TENDERS_READ),
        is_own
        and (
            actor.may(Permission.AWARDS_ACCEPT)
            or (actor.user_id is not None and actor.user_id == auction.created_by)
        ),
    )


def phase_word(auction: Auction, now: datetime) -> str:
    """Return upcoming, running, paused, closed or cancelled."""
    if auction.state != AuctionState.OPEN:
        return auction.state
    return "running" if now >= auction.starts_at else "upcoming"


def aliases_of(session: Session, auction_id: UUID) -> Mapping[UUID, int]:
    """Return the numbers by which bidders are known, by buyer."""
    rows = session.execute(
        select(AuctionBidder.buyer_id, AuctionBidder.alias).where(AuctionBidder.auction_id == auction_id)
    )
    return {row.buyer_id: row.alias for row in rows}


def state_version(session: Session, actor: Actor, auction_id: UUID, *, now: datetime) -> str:
    """Return a word that changes whenever what `auction_state` shows this reader changes; the clock apart.

    Two short statements: every line of a log counts the lot's sequence up, and an award's answer changes a state.

    Raises:
        NotFound: there is no such auction for this reader.
    """
    auction = get_auction_for(session, actor, auction_id)
    rows = session.execute(
        select(AuctionLot.state, func.sum(AuctionLot.sequence), func.count())
        .where(AuctionLot.auction_id == auction_id)
        .group_by(AuctionLot.state)
        .order_by(AuctionLot.state)
    ).all()
    seen = viewer_of(actor, auction)
    alias = None
    if seen.buyer_id is not None:
        alias = session.scalar(
            select(AuctionBidder.alias).where(
                AuctionBidder.auction_id == auction_id, AuctionBidder.buyer_id == seen.buyer_id
            )
        )
    parts = (phase_word(auction, now), alias, seen, [tuple(row) for row in rows])
    return sha256(repr(parts).encode()).hexdigest()[:20]


def auction_state(session: Session, actor: Actor, auction_id: UUID, *, now: datetime) -> dict[str, Any]:
    """Return an auction and its lots as this reader may see them now.

    The reserve is there for the seller's committee only; no maximum is there for anybody.

    Raises:
        NotFound: there is no such auction for this reader.
    """
    version = state_version(session, actor, auction_id, now=now)
    auction = get_auction_for(session, actor, auction_id)
    viewer = viewer_of(actor, auction)
    bidder = None
    if viewer.buyer_id is not None:
        bidder = session.scalar(
            select(AuctionBidder).where(
                AuctionBidder.auction_id == auction_id, AuctionBidder.buyer_id == viewer.buyer_id
            )
        )
    aliases = aliases_of(session, auction_id)
    steps = from_plain(auction.steps)
    lots = session.scalars(
        select(AuctionLot)
        .where(AuctionLot.auction_id == auction_id)
        .order_by(AuctionLot.position)
        .execution_options(populate_existing=True)
    ).all()
    return {
        "id": auction.id,
        "number": auction.number,
        "title": auction.title,
        "phase": phase_word(auction, now),
        "state": auction.state,
        "reason": auction.reason,
        "version": version,
        "now": now,
        "starts_at": auction.starts_at,
        "ends_at": max(lot.ends_at for lot in lots),
        "currency": auction.currency,
        "unit": auction.unit,
        "is_registered": bidder is not None,
        "alias": bidder.alias if bidder else None,
        "ceiling_minor": bidder.ceiling_minor if bidder else None,
        "lots": [_lot(lot, steps, viewer, aliases, now) for lot in lots],
    }


def _lot(
    lot: AuctionLot, steps: Steps, viewer: Viewer, aliases: Mapping[UUID, int], now: datetime
) -> dict[str, Any]:
    price = lot.price_minor
    is_leading = lot.leader_id is not None and lot.leader_id == viewer.buyer_id
    return {
        "id": lot.id,
        "position": lot.position,
        "title": lot.title,
        "quantity": lot.quantity,
        "state": lot.state,
        "is_over": lot.state in ENDED or (lot.state == AuctionLotState.OPEN and now >= lot.ends_at),
        "ends_at": lot.ends_at,
        "start_minor": lot.start_minor,
        "price_minor": price,
        "minimum_minor": lot.start_minor if price is None else price + step_at(steps, price),
        "step_minor": step_at(steps, price or lot.start_minor),
        "leader_alias": aliases.get(lot.leader_id) if lot.leader_id else None,
        "leader_id": lot.leader_id if viewer.is_manager else None,
        "is_leading": is_leading,
        "has_maximum": is_leading and lot.leader_sealed is not None,
        "reserve_met": lot.reserve_met,
        "has_reserve": lot.reserve_minor is not None,
        "reserve_minor": lot.reserve_minor if viewer.sees_reserve else None,
        "sequence": lot.sequence,
        "award_id": lot.award_id if is_leading or viewer.is_seller else None,
    }


def bids_after(
    session: Session, actor: Actor, auction_lot_id: UUID, after: int = 0, *, limit: int = MAX_LINES
) -> list[dict[str, Any]]:
    """Return the lines of a lot's log after one, in their order, as this reader may see them.

    Missing numbers are the leader's own changes of a maximum, which rivals and staff see after the end only.

    Raises:
        NotFound: there is no such lot for this reader.
    """
    auction, lot = get_auction_lot_for(session, actor, auction_lot_id)
    viewer = viewer_of(actor, auction)
    is_over = lot.state in ENDED
    statement = select(AuctionBid).where(
        AuctionBid.auction_lot_id == auction_lot_id, AuctionBid.sequence > after
    )
    if not is_over:
        own = false() if viewer.buyer_id is None else AuctionBid.buyer_id == viewer.buyer_id
        statement = statement.where(or_(~AuctionBid.is_silent, own))
    bids = session.scalars(statement.order_by(AuctionBid.sequence).limit(limit)).all()
    maxima = _opened(session, lot) if is_over else {}
    aliases = aliases_of(session, auction.id)
    return [_line(bid, viewer, aliases, maxima) for bid in bids]


def _opened(session: Session, lot: AuctionLot) -> Mapping[int, Mapping[str, Any]]:
    """Return the maxima that the end of a lot opened into the event's log, by line; none for a cancelled lot."""
    entries = session.scalars(
        select(MarketEntry.data).where(
            MarketEntry.event_id == lot.auction_id, MarketEntry.kind == "lot_closed"
        )
    )
    for data in entries:
        if data["lot"] == str(lot.id):
            return {one["sequence"]: one for one in data["maxima"]}
    return {}


def _line(
    bid: AuctionBid, viewer: Viewer, aliases: Mapping[UUID, int], maxima: Mapping[int, Mapping[str, Any]]
) -> dict[str, Any]:
    opened = maxima.get(bid.sequence, {})
    return {
        "id": bid.id,
        "auction_lot_id": bid.auction_lot_id,
        "sequence": bid.sequence,
        "kind": bid.kind,
        "at": bid.at,
        "alias": aliases.get(bid.buyer_id) if bid.buyer_id else None,
        "is_you": bid.buyer_id is not None and bid.buyer_id == viewer.buyer_id,
        "buyer_id": bid.buyer_id if viewer.is_manager or bid.buyer_id == viewer.buyer_id else None,
        "amount_minor": bid.amount_minor if bid.kind == Kind.BID else opened.get("maximum_minor"),
        "nonce": opened.get("nonce"),
        "commitment": bid.commitment,
        "outcome": bid.outcome,
        "price_minor": bid.price_minor,
        "leader_alias": aliases.get(bid.leader_id) if bid.leader_id else None,
        "ends_at": bid.ends_at,
        "buyer_mark": buyer_mark(bid.auction_lot_id, bid.buyer_id),
        "leader_mark": buyer_mark(bid.auction_lot_id, bid.leader_id),
        "hash": bid.hash,
    }
