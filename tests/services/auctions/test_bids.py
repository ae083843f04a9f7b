"""Bids of a live auction through the services: answers, keys, registrations, ceilings, the sealed maximum, the log."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, OrganisationKind, Permission, Role
from chain.auctions.errors import BidOutOfBounds, NotABidder, NotRegistered, OverCeiling
from chain.auctions.models import AuctionBid, AuctionLot
from chain.auctions.queries.facts import open_maximum
from chain.auctions.queries.replay import replay_auction
from chain.auctions.queries.state import auction_state, bids_after
from chain.auctions.rules import Closing, Kind, Outcome
from chain.auctions.rules.log import GENESIS
from chain.auctions.services.bidding import Ask, place_bids
from chain.auctions.services.opening import register_bidder
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound
from chain.core.idempotency import KeyTooLong
from chain.core.ids import new_id
from chain.sales.errors import BidderExcluded
from chain.sales.models import BidderExclusion
from tests.support.auctions import HOUR, MINUTE, OUTBID, WINNING, bid, lots_of, make_auction, maximum
from tests.support.cast import Cast


def test_a_bid_leads_and_the_rival_outbids_it(session: Session, cast: Cast, now: datetime) -> None:
    (lot,) = lots_of(session, make_auction(session, now).id)
    first = bid(session, now, lot, 10_000)
    assert (first.outcome, first.price_minor, first.minimum_minor, first.sequence) == (
        WINNING,
        10_000,
        10_100,
        1,
    )
    second = bid(session, now, lot, 10_100, cast.rival_buyer.actor)
    assert (second.outcome, second.is_leading, second.reserve_met) == (WINNING, True, False)
    assert bid(session, now, lot, 10_100).outcome is Outcome.TOO_LOW
    assert bid(session, now, lot, 10_100, seen_minor=10_000).outcome is Outcome.STALE
    row = session.get_one(AuctionLot, lot)
    assert (row.price_minor, row.leader_id, row.sequence) == (10_100, cast.rival_mill.id, 2)


def test_a_maximum_bids_for_the_buyer_and_stands_sealed(session: Session, cast: Cast, now: datetime) -> None:
    (lot,) = lots_of(session, make_auction(session, now, reserve=None).id)
    assert maximum(session, now, lot, 12_345).price_minor == 10_000
    answer = bid(session, now, lot, 11_000, cast.rival_buyer.actor)
    assert (answer.outcome, answer.price_minor, answer.is_leading) == (OUTBID, 11_100, False)
    line = session.scalars(select(AuctionBid).where(AuctionBid.kind == "maximum")).one()
    assert line.sealed is not None
    assert (line.amount_minor, open_maximum(line.id, line.sealed)[0]) == (None, 12_345)
    for table in ("auction_bid", "auction_lot", "audit_record", "market_entry", "outbox_message"):
        assert "12345" not in str(session.execute(text(f"SELECT * FROM {table}")).all()).replace("'", "")


def test_the_same_bid_again_is_a_duplicate_and_another_one_under_its_key_is_refused(
    session: Session, cast: Cast, now: datetime
) -> None:
    (lot,) = lots_of(session, make_auction(session, now).id)
    bid_id = new_id()
    bid(session, now, lot, 10_000, id=bid_id, seen_minor=None)
    bid(session, now, lot, 10_100, cast.rival_buyer.actor)
    again = bid(session, now + 2 * HOUR, lot, 10_000, id=bid_id, seen_minor=None)
    assert (again.outcome, again.first_outcome, again.sequence, again.is_leading) == (
        Outcome.DUPLICATE,
        WINNING,
        1,
        False,
    )
    with pytest.raises(IdempotencyConflict):
        bid(session, now, lot, 10_500, id=bid_id, seen_minor=None)
    with pytest.raises(IdempotencyConflict):
        bid(session, now, lot, 10_000, id=new_id(), idempotency_key=str(bid_id), seen_minor=None)
    with pytest.raises(IdempotencyConflict):  # the rival guesses the id
        bid(session, now, lot, 10_500, cast.rival_buyer.actor, id=bid_id)


def test_the_same_maximum_again_is_a_duplicate_and_another_figure_is_refused(
    session: Session, now: datetime
) -> None:
    (lot,) = lots_of(session, make_auction(session, now).id)
    bid_id = new_id()
    maximum(session, now, lot, 12_000, id=bid_id, seen_minor=None)
    assert maximum(session, now, lot, 12_000, id=bid_id, seen_minor=None).outcome is Outcome.DUPLICATE
    with pytest.raises(IdempotencyConflict):
        maximum(session, now, lot, 12_001, id=bid_id, seen_minor=None)


def test_who_may_bid(session: Session, cast: Cast, now: datetime) -> None:
    auction = make_auction(session, now, bidders=[cast.buyer.actor])
    (lot,) = lots_of(session, auction.id)
    with pytest.raises(NotRegistered):
        bid(session, now, lot, 10_000, cast.rival_buyer.actor)
    with pytest.raises(Forbidden):
        bid(session, now, lot, 10_000, cast.seller.actor)
    reader = cast.buyer.actor
    limited = Actor(
        reader.user_id,
        reader.organisation_id,
        reader.organisation_kind,
        reader.roles,
        frozenset({Permission.BOARD_READ}),
    )
    with pytest.raises(Forbidden):
        bid(session, now, lot, 10_000, limited)
    with pytest.raises(NotFound):
        bid(session, now, new_id(), 10_000)
    with pytest.raises(BidOutOfBounds):
        bid(session, now, lot, 100_001)
    with pytest.raises(KeyTooLong):
        bid(session, now, lot, 10_000, idempotency_key="x" * 256)


def test_an_excluded_bidder_is_told_the_reason_and_can_bid_again_once_readmitted(
    session: Session, cast: Cast, now: datetime
) -> None:
    auction = make_auction(session, now)
    (lot,) = lots_of(session, auction.id)
    for event_id in (None, auction.id):
        shut = BidderExclusion(
            organisation_id=cast.centre.id,
            buyer_id=cast.mill.id,
            event_kind=None if event_id is None else "auction",
            event_id=event_id,
            reason="No pagó en 2025.",
            excluded_at=now,
        )
        session.add(shut)
        session.flush()
        with pytest.raises(BidderExcluded, match="No pagó"):
            bid(session, now, lot, 10_000)
        shut.lifted_at = now
        session.flush()
    assert bid(session, now, lot, 10_000).outcome is WINNING


def test_a_buyer_cannot_come_to_owe_more_than_the_ceiling(
    session: Session, cast: Cast, now: datetime
) -> None:
    auction = make_auction(session, now, lots=2, reserve=None, bidders=[cast.rival_buyer.actor])
    first, second = lots_of(session, auction.id)  # 10 kg and 20 kg
    register_bidder(session, actor=cast.buyer.actor, now=now, auction_id=auction.id, ceiling_minor=320_000)
    assert maximum(session, now, first, 12_000).outcome is WINNING  # 1,200.00 at most, of 3,200.00
    with pytest.raises(OverCeiling):
        bid(session, now, second, 10_100)  # 2,020.00
    assert bid(session, now, second, 10_000).outcome is WINNING
    with pytest.raises(
        OverCeiling
    ):  # told of a bid that would lose as well, so that it is no way to feel for a maximum
        maximum(session, now, second, 12_000)
    bid(session, now, first, 12_100, cast.rival_buyer.actor)  # outbid: 1,200.00 are free again
    assert maximum(session, now, second, 16_000).outcome is WINNING


def test_several_bids_of_one_transaction_are_decided_in_their_order(
    session: Session, cast: Cast, now: datetime
) -> None:
    auction = make_auction(session, now, lots=2, reserve=None)
    first, second = lots_of(session, auction.id)
    buyers = (cast.buyer.actor, cast.rival_buyer.actor)
    asks = [
        Ask(buyers[place % 2], first, bid_id, Kind.BID, 10_000 + 100 * place, None, now, str(bid_id))
        for place, bid_id in enumerate(new_id() for _ in range(6))
    ]
    asks.insert(3, Ask(buyers[0], second, (one := new_id()), Kind.MAXIMUM, 11_000, None, now, str(one)))
    asks.append(asks[0])
    asks.append(Ask(cast.seller.actor, first, (two := new_id()), Kind.BID, 20_000, None, now, str(two)))
    *answers, refused = place_bids(session, asks=asks)
    assert isinstance(refused, Forbidden)
    assert [one.outcome for one in answers if not isinstance(one, Exception)] == [WINNING] * 7 + [
        Outcome.DUPLICATE
    ]
    session.expire_all()
    log = session.scalars(
        select(AuctionBid).where(AuctionBid.auction_lot_id == first).order_by(AuctionBid.sequence)
    ).all()
    assert [line.id for line in log] == [ask.id for ask in asks if ask.auction_lot_id == first][:6]
    assert [line.previous_hash for line in log] == [GENESIS, *[line.hash for line in log[:-1]]]
    assert replay_auction(session, auction.id).agrees


def test_a_late_bid_extends_its_lot_or_the_whole_catalogue_that_closes_together(
    session: Session, now: datetime
) -> None:
    for closing, others in ((Closing.EACH, HOUR + 2 * MINUTE), (Closing.TOGETHER, HOUR + MINUTE)):
        auction = make_auction(session, now, lots=2, reserve=None, closing=closing)
        first, second = lots_of(session, auction.id)
        answer = bid(session, now + HOUR - MINUTE, first, 10_000)
        assert answer.ends_at == now + HOUR + MINUTE
        assert session.get_one(AuctionLot, second).ends_at == now + others
        assert replay_auction(session, auction.id).agrees


def test_a_bid_at_the_end_is_late_and_times_in_the_log_never_go_back(
    session: Session, cast: Cast, now: datetime
) -> None:
    (lot,) = lots_of(session, make_auction(session, now, reserve=None).id)
    assert bid(session, now + HOUR, lot, 10_000).outcome is Outcome.CLOSED
    bid(session, now + HOUR - timedelta(milliseconds=1), lot, 10_000)
    bid(session, now + HOUR - timedelta(milliseconds=5), lot, 10_100, cast.rival_buyer.actor)
    times = session.scalars(select(AuctionBid.at).order_by(AuctionBid.sequence)).all()
    assert times == [now + HOUR - timedelta(milliseconds=1)] * 2


def test_the_log_names_nobody_and_hides_what_the_leader_does_in_silence(
    session: Session, cast: Cast, now: datetime
) -> None:
    auction = make_auction(session, now, reserve=None)
    (lot,) = lots_of(session, auction.id)
    maximum(session, now, lot, 11_000)
    maximum(session, now, lot, 12_000)  # silent
    bid(session, now, lot, 10_500, cast.rival_buyer.actor)
    own = bids_after(session, cast.buyer.actor, lot)
    rival = bids_after(session, cast.rival_buyer.actor, lot)
    seller = bids_after(session, cast.seller.actor, lot)
    assert [line["sequence"] for line in own] == [1, 2, 3]
    assert [line["sequence"] for line in rival] == [line["sequence"] for line in seller] == [1, 3]
    assert [(line["alias"], line["is_you"], line["buyer_id"]) for line in rival] == [
        (1, False, None),
        (2, True, cast.rival_mill.id),
    ]
    assert {line["buyer_id"] for line in seller} == {None}
    assert [line["amount_minor"] for line in own] == [None, None, 10_500]
    assert [line["sequence"] for line in bids_after(session, cast.rival_buyer.actor, lot, 1)] == [3]


def test_the_state_shows_each_reader_what_is_theirs(session: Session, cast: Cast, now: datetime) -> None:
    auction = make_auction(session, now)
    (lot,) = lots_of(session, auction.id)
    maximum(session, now, lot, 10_900)
    mine = auction_state(session, cast.buyer.actor, auction.id, now=now)
    theirs = auction_state(session, cast.rival_buyer.actor, auction.id, now=now)
    house = auction_state(session, cast.seller.actor, auction.id, now=now)
    assert (mine["alias"], theirs["alias"], house["alias"]) == (1, 2, None)
    seen = [
        [
            shown["lots"][0][name]
            for name in ("is_leading", "has_maximum", "reserve_minor", "reserve_met", "leader_alias")
        ]
        for shown in (mine, theirs, house)
    ]
    assert seen == [
        [True, True, None, False, 1],
        [False, False, None, False, 1],
        [False, False, 11_000, False, 1],
    ]
    assert "10900" not in str([mine, theirs, house])
    for role in (Role.AUDITOR, Role.MARKET_MANAGER):
        reader = Actor(new_id(), cast.centre.id, OrganisationKind(cast.centre.kind), frozenset({role}))
        shown = auction_state(session, reader, auction.id, now=now)["lots"][0]
        assert (shown["has_reserve"], shown["reserve_minor"]) == (True, None)
    with pytest.raises(NotFound):
        auction_state(session, cast.outsider.actor, auction.id, now=now)
    with pytest.raises(NotABidder):
        register_bidder(
            session,
            actor=Actor(cast.buyer.id, cast.centre.id, cast.centre.kind, cast.buyer.actor.roles),
            now=now,
            auction_id=auction.id,
        )


def test_the_version_changes_with_every_line_and_not_with_the_clock(
    session: Session, cast: Cast, now: datetime
) -> None:
    auction = make_auction(session, now)
    (lot,) = lots_of(session, auction.id)

    def version(moment: datetime = now) -> str:
        return str(auction_state(session, cast.buyer.actor, auction.id, now=moment)["version"])

    first = version()
    assert version(now + MINUTE) == first
    bid(session, now, lot, 10_000)
    second = version()
    bid(session, now, lot, 10_100, cast.rival_buyer.actor)
    assert len({first, second, version()}) == 3
