"""The end of auctions: awards, lots passed in, ceilings freed, maxima opened, pauses, cancelling, replay."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Role
from chain.auctions.errors import (
    AuctionOver,
    AuctionStateRefused,
    CeilingNeeded,
    CeilingTooLow,
    HasBids,
    LotTaken,
    UnknownBuyer,
)
from chain.auctions.models import Auction, AuctionBid, AuctionLot
from chain.auctions.queries.replay import replay_auction
from chain.auctions.queries.state import bids_after
from chain.auctions.rules import AwardBy, CatalogueLot, Outcome
from chain.auctions.rules.terms import SETTLE
from chain.auctions.services.closing import close_due, due_auctions
from chain.auctions.services.opening import open_auction, register_bidder
from chain.auctions.services.steps import CLOSE_MESSAGE
from chain.auctions.services.stopping import cancel_auction, pause_auction, resume_auction
from chain.buyers.errors import LimitExceeded
from chain.buyers.models import LimitHold, SellerLimitRule, TradingLimit
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound
from chain.core.ids import new_id
from chain.core.models import OutboxMessage
from chain.core.outbox import run_next
from chain.core.sealing import commitment
from chain.lots.models import Lot
from chain.sales.errors import ReasonMissing
from chain.sales.models import Award, AwardLine, MarketEntry, Sale
from chain.sales.services.awards import confirm_award, decline_award
from tests.support.auctions import HOUR, MINUTE, WINNING, bid, lots_of, make_auction, maximum
from tests.support.cast import Cast
from tests.support.market import add_graded_lots

DAY = timedelta(days=1)


def manager(cast: Cast) -> Actor:
    """Return somebody who watches over the market and sells nothing."""
    return Actor(cast.auditor.id, cast.centre.id, cast.centre.kind, frozenset({Role.MARKET_MANAGER}))


def states(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(AuctionLot.state).order_by(AuctionLot.position)))


def test_the_leader_at_or_over_the_reserve_gets_the_award_and_confirming_it_makes_the_sale(
    session: Session, cast: Cast, now: datetime
) -> None:
    auction = make_auction(session, now, lots=2)
    first, _ = lots_of(session, auction.id)
    maximum(session, now, first, 12_000)
    end = now + HOUR + 5 * MINUTE
    assert close_due(session, now=end, auction_id=auction.id) == lots_of(session, auction.id)
    assert states(session) == ["awarded", "passed_in"]
    award = session.scalars(select(Award)).one()
    assert (award.buyer_id, award.method, award.event_id, award.proceeds_minor) == (
        cast.mill.id,
        "auction",
        auction.id,
        110_000,  # 10 kg at the reserve of 110.00
    )
    assert sorted(session.scalars(select(Lot.state))) == ["graded", "offered"]
    assert session.get_one(Auction, auction.id).state == "closed"
    assert replay_auction(session, auction.id).agrees
    confirm_award(session, actor=cast.everything.actor, now=end, award_id=award.id)
    assert states(session) == ["sold", "passed_in"]
    assert session.scalars(select(Sale.proceeds_minor)).one() == 110_000
    assert replay_auction(session, auction.id).agrees


def test_a_declined_award_gives_the_lot_back(session: Session, cast: Cast, now: datetime) -> None:
    auction = make_auction(session, now)
    (lot,) = lots_of(session, auction.id)
    bid(session, now, lot, 11_000)
    close_due(session, now=now + HOUR + SETTLE, auction_id=auction.id)
    award = session.scalars(select(Award)).one()
    decline_award(session, actor=cast.everything.actor, now=now + 2 * HOUR, award_id=award.id, reason="Poco")
    assert states(session) == ["declined"]
    assert session.scalars(select(Lot.state)).all() == ["graded"]


def test_one_award_for_all_that_a_buyer_wins_where_the_catalogue_says_so(
    session: Session, cast: Cast, now: datetime
) -> None:
    auction = make_auction(session, now, lots=3, reserve=None, award_by=AwardBy.CATALOGUE)
    first, second, third = lots_of(session, auction.id)
    bid(session, now, first, 10_000)
    bid(session, now, second, 12_000, cast.rival_buyer.actor)
    bid(session, now, third, 11_000)
    close_due(session, now=now + HOUR + SETTLE, auction_id=auction.id)
    assert session.scalar(select(func.count()).select_from(Award)) == 0  # the others are still open
    close_due(session, now=now + HOUR + 10 * MINUTE, auction_id=auction.id)
    found = {award.buyer_id: award.proceeds_minor for award in session.scalars(select(Award))}
    assert found == {cast.mill.id: 100_000 + 330_000, cast.rival_mill.id: 240_000}
    assert session.scalar(select(func.count()).select_from(AwardLine)) == 3
    assert replay_auction(session, auction.id).agrees


def test_nothing_is_closed_before_its_time_and_closing_twice_changes_nothing(
    session: Session, now: datetime
) -> None:
    auction = make_auction(session, now)
    (lot,) = lots_of(session, auction.id)
    bid(session, now, lot, 11_000)
    assert (
        close_due(session, now=now + HOUR, auction_id=auction.id) == []
    )  # those in time may still wait for their turn
    assert due_auctions(session, now=now + HOUR) == []
    assert due_auctions(session, now=now + HOUR + SETTLE) == [auction.id]
    assert close_due(session, now=now + HOUR + SETTLE, auction_id=auction.id) == [lot]
    assert close_due(session, now=now + DAY, auction_id=auction.id) == []
    assert session.scalar(select(func.count()).select_from(Award)) == 1


def test_the_worker_closes_and_follows_an_end_that_moved(session: Session, now: datetime) -> None:
    auction = make_auction(session, now)
    (lot,) = lots_of(session, auction.id)
    bid(session, now + HOUR - MINUTE, lot, 11_000)
    while run_next(session, now=now + HOUR + SETTLE):
        pass
    assert states(session) == ["open"]
    while run_next(session, now=now + HOUR + MINUTE + SETTLE):
        pass
    assert states(session) == ["awarded"]
    left = select(func.count()).where(OutboxMessage.kind == CLOSE_MESSAGE, OutboxMessage.state == "waiting")
    assert session.scalar(left) == 0


def test_the_end_opens_the_maxima_into_the_log(session: Session, cast: Cast, now: datetime) -> None:
    auction = make_auction(session, now, reserve=None)
    (lot,) = lots_of(session, auction.id)
    maximum(session, now, lot, 12_000)
    maximum(session, now, lot, 11_500, cast.rival_buyer.actor)
    close_due(session, now=now + HOUR + SETTLE, auction_id=auction.id)
    lines = bids_after(session, cast.rival_buyer.actor, lot)
    assert [(line["kind"], line["amount_minor"]) for line in lines] == [
        ("maximum", 12_000),
        ("maximum", 11_500),
        ("closed", None),
    ]
    for line in lines[:2]:
        assert line["commitment"] == commitment(str(line["amount_minor"]), line["nonce"])


def test_a_buyer_whom_a_limit_binds_names_a_ceiling(session: Session, cast: Cast, now: datetime) -> None:
    auction = make_auction(session, now, bidders=[])
    session.add(SellerLimitRule(organisation_id=cast.centre.id, limit_required=True, changed_at=now))
    session.add(
        TradingLimit(
            organisation_id=cast.centre.id,
            buyer_id=cast.mill.id,
            currency="PEN",
            credit_minor=0,
            deposit_minor=500_000,
            held_minor=0,
        )
    )
    session.flush()
    with pytest.raises(CeilingNeeded):
        register_bidder(session, actor=cast.buyer.actor, now=now, auction_id=auction.id)
    with pytest.raises(LimitExceeded):
        register_bidder(
            session, actor=cast.buyer.actor, now=now, auction_id=auction.id, ceiling_minor=500_001
        )
    bidder = register_bidder(
        session, actor=cast.buyer.actor, now=now, auction_id=auction.id, ceiling_minor=500_000
    )
    assert bidder.ceiling_minor == 500_000


def test_a_ceiling_is_held_until_the_end(session: Session, cast: Cast, now: datetime) -> None:
    auction = make_auction(session, now, ceiling_required=True, bidders=[])
    with pytest.raises(CeilingNeeded):
        register_bidder(session, actor=cast.buyer.actor, now=now, auction_id=auction.id)
    with pytest.raises(CeilingTooLow):
        register_bidder(session, actor=cast.buyer.actor, now=now, auction_id=auction.id, ceiling_minor=0)
    bidder = register_bidder(
        session, actor=cast.buyer.actor, now=now, auction_id=auction.id, ceiling_minor=500_000
    )
    again = register_bidder(
        session, actor=cast.buyer.actor, now=now, auction_id=auction.id, ceiling_minor=500_000
    )
    assert again.id == bidder.id
    with pytest.raises(IdempotencyConflict):
        register_bidder(session, actor=cast.buyer.actor, now=now, auction_id=auction.id, ceiling_minor=1)
    hold = session.get_one(LimitHold, bidder.id)
    assert (hold.amount_minor, hold.released_at) == (500_000, None)
    close_due(session, now=now + HOUR + SETTLE, auction_id=auction.id)
    session.refresh(hold)
    assert hold.released_at is not None


def test_nobody_registers_after_the_end(session: Session, cast: Cast, now: datetime) -> None:
    auction = make_auction(session, now, bidders=[])
    close_due(session, now=now + HOUR + SETTLE, auction_id=auction.id)
    with pytest.raises(AuctionOver):
        register_bidder(session, actor=cast.buyer.actor, now=now + 2 * HOUR, auction_id=auction.id)


def test_a_pause_stops_the_clock_and_resuming_gives_the_time_back(
    session: Session, cast: Cast, now: datetime
) -> None:
    auction = make_auction(session, now, lots=2)
    first, _ = lots_of(session, auction.id)
    bid(session, now, first, 11_000)
    with pytest.raises(Forbidden):
        pause_auction(session, actor=cast.seller.actor, now=now, auction_id=auction.id, reason="x")
    with pytest.raises(ReasonMissing):
        pause_auction(session, actor=manager(cast), now=now, auction_id=auction.id, reason=" ")
    for _ in range(2):
        pause_auction(session, actor=manager(cast), now=now + MINUTE, auction_id=auction.id, reason="Sin luz")
    assert states(session) == ["paused", "paused"]
    assert bid(session, now + 2 * MINUTE, first, 11_100).outcome is Outcome.NOT_OPEN
    assert close_due(session, now=now + DAY, auction_id=auction.id) == []
    for _ in range(2):
        resume_auction(session, actor=manager(cast), now=now + 31 * MINUTE, auction_id=auction.id)
    ends = session.scalars(select(AuctionLot.ends_at).order_by(AuctionLot.position)).all()
    assert ends == [now + HOUR + 30 * MINUTE, now + HOUR + 32 * MINUTE]
    assert bid(session, now + 32 * MINUTE, first, 11_100).outcome is WINNING
    assert replay_auction(session, auction.id).agrees


def test_the_seller_cancels_before_the_first_bid_and_the_market_manager_any_time(
    session: Session, cast: Cast, now: datetime
) -> None:
    untouched = make_auction(session, now)
    with pytest.raises(ReasonMissing):
        cancel_auction(session, actor=cast.seller.actor, now=now, auction_id=untouched.id, reason="")
    cancel_auction(session, actor=cast.seller.actor, now=now, auction_id=untouched.id, reason="Lluvia")
    assert set(session.scalars(select(Lot.state))) == {"graded"}
    auction = make_auction(session, now)
    (lot,) = lots_of(session, auction.id)
    maximum(session, now, lot, 12_000)
    with pytest.raises(HasBids):
        cancel_auction(session, actor=cast.seller.actor, now=now, auction_id=auction.id, reason="Poco")
    with pytest.raises(NotFound):
        cancel_auction(session, actor=cast.outsider.actor, now=now, auction_id=auction.id, reason="x")
    cancel_auction(session, actor=manager(cast), now=now, auction_id=auction.id, reason="Fraude")
    assert bid(session, now, lot, 13_000).outcome is Outcome.CLOSED
    assert replay_auction(session, auction.id).agrees
    told = session.scalars(select(MarketEntry.data).where(MarketEntry.event_id == auction.id)).all()
    assert "12000" not in str(told)
    assert [line["amount_minor"] for line in bids_after(session, cast.rival_buyer.actor, lot)] == [None] * 2
    with pytest.raises(AuctionStateRefused):
        pause_auction(session, actor=manager(cast), now=now, auction_id=auction.id, reason="x")


def test_lots_that_have_ended_keep_their_award_when_the_rest_is_cancelled(
    session: Session, cast: Cast, now: datetime
) -> None:
    auction = make_auction(session, now, lots=2, award_by=AwardBy.CATALOGUE)
    first, _ = lots_of(session, auction.id)
    bid(session, now, first, 11_000)
    moment = now + HOUR + MINUTE
    cancel_auction(session, actor=manager(cast), now=moment, auction_id=auction.id, reason="Sin luz")
    assert states(session) == ["awarded", "cancelled"]
    assert session.scalars(select(Award.proceeds_minor)).all() == [110_000]
    assert replay_auction(session, auction.id).agrees


def test_opening_twice_is_opening_once_and_other_content_is_refused(
    session: Session, cast: Cast, now: datetime
) -> None:
    deliveries = add_graded_lots(session, now, 2)
    catalogue = [CatalogueLot(tuple(deliveries), 10_000)]
    auction_id = new_id()

    def announce(**changes: object) -> Auction:
        values = {"id": auction_id, "title": "Remate", "lots": catalogue, "ends_at": now + HOUR} | changes
        return open_auction(session, actor=cast.seller.actor, now=now, **values)  # type: ignore[arg-type]

    assert announce().id == announce().id
    with pytest.raises(IdempotencyConflict):
        announce(title="Otro")
    with pytest.raises(LotTaken):
        announce(id=new_id())
    with pytest.raises(UnknownBuyer):
        make_auction(session, now, invited=[cast.centre.id])


def test_a_private_auction_is_there_for_the_invited_only(session: Session, cast: Cast, now: datetime) -> None:
    auction = make_auction(session, now, invited=[cast.mill.id], bidders=[cast.buyer.actor])
    with pytest.raises(NotFound):
        register_bidder(session, actor=cast.rival_buyer.actor, now=now, auction_id=auction.id)
    with pytest.raises(NotFound):
        bids_after(session, cast.rival_buyer.actor, lots_of(session, auction.id)[0])


def test_the_replay_finds_what_was_changed(session: Session, now: datetime) -> None:
    auction = make_auction(session, now, reserve=None)
    (lot,) = lots_of(session, auction.id)
    bid(session, now, lot, 10_000)
    bid(session, now, lot, 10_500, seen_minor=10_000)
    assert replay_auction(session, auction.id).agrees
    row = session.get_one(AuctionLot, lot)
    row.price_minor = 10_400
    session.flush()
    found = replay_auction(session, auction.id)
    assert not found.agrees
    assert "another result" in str(found.lines[-1])


def test_the_log_of_bids_cannot_be_changed(session: Session, now: datetime) -> None:
    (lot,) = lots_of(session, make_auction(session, now).id)
    bid(session, now, lot, 10_000)
    for statement in ("UPDATE auction_bid SET price_minor = 1", "DELETE FROM auction_bid"):
        with pytest.raises(Exception, match="append-only"), session.begin_nested():
            session.execute(text(statement))
    assert session.scalar(select(func.count()).select_from(AuctionBid)) == 1
