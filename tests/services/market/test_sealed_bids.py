"""Nobody reads a price before the opening: no table holds it; afterwards every commitment can be checked."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import LargeBinary, String, func, select
from sqlalchemy import cast as to_type
from sqlalchemy.orm import Session

from chain.core.errors import NotFound
from chain.core.ids import new_id
from chain.core.orm import Model
from chain.core.sealing import Sealer, commitment, sealer, use_sealer
from chain.market.errors import NotInvited, SealKeyWrong
from chain.market.models import Bid, OpenedBid
from chain.market.queries.sealed import offer_of
from chain.market.rules import GridPrice, Offer
from chain.market.services import cancel_tender, close_tender, place_bid
from chain.sales.models import MarketEntry
from tests.support.cast import Cast
from tests.support.market import add_graded_lots, make_bid, make_tender

SECOND = timedelta(seconds=1)
PRICE = 98_317
CLASS = "ntp-231.301/2014/super_baby"


def _everything_kept(session: Session) -> dict[str, str]:
    """Return every value of every table as one text by table, as somebody who reads the database sees it."""
    kept = {}
    for name, table in Model.metadata.tables.items():
        columns = [
            to_type(column, String) for column in table.columns if not isinstance(column.type, LargeBinary)
        ]
        kept[name] = "\n".join(str(tuple(row)) for row in session.execute(select(*columns)))
    return kept


def test_no_table_holds_a_price_before_the_opening(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)
    make_bid(session, now, tender, PRICE)
    grid = Offer("PEN", grid=(GridPrice(CLASS, "white", PRICE - 1),), most=31_000)
    place_bid(session, actor=cast.rival_buyer.actor, now=now, tender_id=tender.id, offer=grid)
    for name, text in _everything_kept(session).items():
        assert str(PRICE) not in text, name
        assert str(PRICE - 1) not in text, name
        assert "983.1" not in text, name
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    holders = {name for name, text in _everything_kept(session).items() if str(PRICE) in text}
    assert {"opened_bid", "market_entry", "award_line"} <= holders


def test_sealed_words_of_a_cheap_and_a_dear_bid_are_equally_long(
    session: Session, now: datetime, cast: Cast
) -> None:
    tender = make_tender(session, now)
    make_bid(session, now, tender, 7)
    offer = Offer("PEN", grid=(GridPrice(CLASS, "white", 90_000), GridPrice(CLASS, None, 80_000)))
    place_bid(session, actor=cast.rival_buyer.actor, now=now, tender_id=tender.id, offer=offer)
    lengths = session.scalars(select(func.length(Bid.sealed))).all()
    assert len(set(lengths)) == 1
    assert session.scalars(select(Bid.price_minor_per_unit)).all() == [None, None]


def test_commitments_stand_in_the_log_at_once_and_open_afterwards(
    session: Session, now: datetime, cast: Cast
) -> None:
    tender = make_tender(session, now)
    for place, price in enumerate((12_000, 12_500)):
        make_bid(session, now + place * SECOND, tender, price)
    logged = session.scalars(
        select(MarketEntry).where(MarketEntry.kind == "bid").order_by(MarketEntry.sequence)
    ).all()
    bids = session.scalars(select(Bid).order_by(Bid.sequence)).all()
    assert [entry.data["commitment"] for entry in logged] == [bid.commitment for bid in bids]
    assert [entry.at for entry in logged] == [bid.placed_at for bid in bids]
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    opened = session.scalars(select(OpenedBid)).all()
    assert {one.bid_id: one.standing for one in opened} == {bids[0].id: "replaced", bids[1].id: "counts"}
    committed = {bid.id: bid.commitment for bid in bids}
    assert all(commitment(one.text, one.nonce or "") == committed[one.bid_id] for one in opened)


def test_the_bidder_reads_the_own_bid_at_any_time(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)
    offer = Offer("", grid=(GridPrice(CLASS, None, 11_000),), least=20_000, most=50_000)
    bid = place_bid(session, actor=cast.buyer.actor, now=now, tender_id=tender.id, offer=offer)
    kept = offer_of(bid)
    assert (kept.currency, kept.grid, kept.least, kept.most) == ("PEN", offer.grid, 20_000, 50_000)


def test_with_another_key_nothing_opens_and_the_tender_stays_open(
    session: Session, now: datetime, cast: Cast
) -> None:
    tender = make_tender(session, now)
    make_bid(session, now, tender, 12_000)
    right = sealer()
    use_sealer(Sealer("another key"))
    try:
        with pytest.raises(SealKeyWrong), session.begin_nested():
            close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    finally:
        use_sealer(right)
    session.refresh(tender)
    assert tender.state == "open"
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    assert tender.state == "awarded"


def test_a_cancelled_tender_keeps_its_bids_and_its_seed_sealed(
    session: Session, now: datetime, cast: Cast
) -> None:
    tender = make_tender(session, now)
    make_bid(session, now, tender, PRICE)
    cancel_tender(session, actor=cast.seller.actor, now=now, tender_id=tender.id, reason="Se mojó")
    assert not session.scalars(select(OpenedBid)).all()
    kinds = session.scalars(select(MarketEntry.kind).order_by(MarketEntry.sequence)).all()
    assert kinds == ["opened", "bid", "cancelled"]
    assert str(PRICE) not in "".join(_everything_kept(session).values())


def test_a_bid_of_before_there_were_seals_still_counts(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)
    old = Bid(
        id=new_id(),
        tender_id=tender.id,
        organisation_id=cast.rival_mill.id,
        sequence=1,
        price_minor_per_unit=13_000,
        currency="PEN",
        placed_at=now,
        idempotency_key="old",
        content_hash="0" * 64,
    )
    session.add(old)
    session.flush()
    make_bid(session, now + SECOND, tender, 12_000)
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    assert tender.winning_bid_id == old.id


def test_only_invited_buyers_find_a_private_tender(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now, invited=[cast.mill.id])
    make_bid(session, now, tender, 12_000)
    with pytest.raises(NotFound):
        make_bid(session, now, tender, 13_000, cast.rival_buyer.actor)
    for guests in ([], [cast.other_centre.id], [cast.mill.id, new_id()]):
        with pytest.raises(NotInvited):
            make_tender(session, now, add_graded_lots(session, now), invited=guests)
