"""Auctions for tests: three lots of a catalogue, two registered buyers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.auctions import handlers
from chain.auctions.models import Auction, AuctionLot
from chain.auctions.rules import CatalogueLot, Outcome, Step
from chain.auctions.services.bidding import Answer, place_live_bid, set_maximum
from chain.auctions.services.opening import open_auction, register_bidder
from chain.core.ids import new_id
from tests.support.cast import Cast
from tests.support.market import add_graded_lots

CAST = Cast()
#: services know of the timer and of awards through it; the application imports it
HANDLERS = handlers
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
#: one step for all prices, so that sums in tests are easy
STEPS = (Step(0, 100),)


def make_auction(
    session: Session,
    now: datetime,
    *,
    lots: int = 1,
    start: int = 10_000,
    reserve: int | None = 11_000,
    bidders: Sequence[Actor] = (CAST.buyer.actor, CAST.rival_buyer.actor),
    **changes: Any,
) -> Auction:
    """Open an auction of lots of 10 kg, 20 kg … from 100.00 in steps of 1.00, running for an hour, with registered buyers."""
    deliveries = add_graded_lots(session, now, lots)
    values: dict[str, Any] = {
        "id": new_id(),
        "title": "Remate de marzo",
        "lots": [CatalogueLot((one,), start, reserve) for one in deliveries],
        "ends_at": now + HOUR,
        "steps": STEPS,
    }
    auction = open_auction(session, actor=CAST.seller.actor, now=now, **(values | changes))
    for actor in bidders:
        register_bidder(session, actor=actor, now=now, auction_id=auction.id)
    return auction


def lots_of(session: Session, auction_id: UUID) -> list[UUID]:
    """Return the lots of a catalogue in its order."""
    statement = select(AuctionLot.id).where(AuctionLot.auction_id == auction_id)
    return list(session.scalars(statement.order_by(AuctionLot.position)))


def price_of(session: Session, lot_id: UUID) -> int | None:
    """Return the price that stands."""
    return session.scalar(select(AuctionLot.price_minor).where(AuctionLot.id == lot_id))


def bid(
    session: Session, now: datetime, lot_id: UUID, price: int, actor: Actor = CAST.buyer.actor, **more: Any
) -> Answer:
    """Bid an open price, having seen the one that stands."""
    values = {"seen_minor": price_of(session, lot_id)} | more
    return place_live_bid(
        session, actor=actor, now=now, auction_lot_id=lot_id, price_minor_per_unit=price, **values
    )


def maximum(
    session: Session, now: datetime, lot_id: UUID, figure: int, actor: Actor = CAST.buyer.actor, **more: Any
) -> Answer:
    """Set a maximum, having seen the price that stands."""
    values = {"seen_minor": price_of(session, lot_id)} | more
    return set_maximum(session, actor=actor, now=now, auction_lot_id=lot_id, maximum_minor=figure, **values)


WINNING, OUTBID = Outcome.WINNING, Outcome.OUTBID
