"""The timer that closes auctions; and what auctions tell the area `sales` of themselves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.auctions.models import Auction, AuctionBid, AuctionLot
from chain.auctions.queries.replay import replay_auction
from chain.auctions.services.closing import after_answer, close_due
from chain.auctions.services.steps import CLOSE_MESSAGE, lock_auction
from chain.core.outbox import handles
from chain.sales.methods import EventName, MethodHooks, register_method
from chain.sales.rules import Method


@handles(CLOSE_MESSAGE)
def close_when_due(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Close what is due of an auction and set the next timer; nothing happens when a request did it before."""
    close_due(session, now=now, auction_id=UUID(payload["auction_id"]))


def _names(session: Session, ids: frozenset[UUID]) -> Mapping[UUID, EventName]:
    rows = session.execute(select(Auction.id, Auction.title, Auction.number).where(Auction.id.in_(ids)))
    return {
        row.id: EventName(row.title, row.number, "auctions.auction_detail", {"auction_id": row.id})
        for row in rows
    }


def _is_bound(session: Session, auction_id: UUID) -> bool:
    of_auction = select(AuctionLot.id).where(AuctionLot.auction_id == auction_id).order_by(AuctionLot.id)
    lots = session.scalars(of_auction.with_for_update()).all()  # bids lock their lot: none comes in meanwhile
    bids = select(AuctionBid.id).where(AuctionBid.auction_lot_id.in_(lots), AuctionBid.buyer_id.is_not(None))
    return session.scalar(bids.limit(1)) is not None


register_method(Method.AUCTION, MethodHooks(lock_auction, after_answer, _names, replay_auction, _is_bound))
