"""The opening of many lots with many bids: who gets what, exclusions, passing in, the log and its replay."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, Role
from chain.buyers.errors import NotVetted
from chain.core.errors import Forbidden, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from chain.lots.models import Lot
from chain.market.models import Bid, Tender
from chain.market.queries.bidder_log import bidder_log
from chain.market.queries.bids import BidResult, list_own_bids, tender_awards
from chain.market.queries.negotiable import negotiable
from chain.market.queries.replay import replay_tender
from chain.market.queries.tenders import get_own_tender_for, get_tender_for
from chain.market.rules import GridPrice, Offer
from chain.market.services import accept_award, close_tender, decline_award, place_bid
from chain.sales.errors import AlreadyExcluded, BidderExcluded, LogBroken, ReasonMissing
from chain.sales.models import Award, AwardLine, MarketEntry, MarketRule, Sale
from chain.sales.queries.events import replay_event
from chain.sales.queries.exclusions import excluded_buyers
from chain.sales.queries.log import check_chain, log_of
from chain.sales.services.exclusions import exclude_bidder, readmit_bidder
from chain.sales.services.terms import set_event_terms
from chain.sales.terms import Terms
from tests.support.cast import Cast
from tests.support.market import DAY, add_graded_lots, make_bid, make_tender

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
CLASS = "ntp-231.301/2014"


def _place(session: Session, now: datetime, tender: Tender, actor: Actor, **offer: Any) -> Bid:
    return place_bid(session, actor=actor, now=now, tender_id=tender.id, offer=Offer("PEN", **offer))


def _close(session: Session, cast: Cast, tender: Tender) -> Tender:
    return close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)


def _kinds(session: Session, tender: Tender) -> list[str]:
    return list(
        session.scalars(
            select(MarketEntry.kind).where(MarketEntry.event_id == tender.id).order_by(MarketEntry.sequence)
        )
    )


def test_two_buyers_share_the_lots_and_each_gets_one_award(
    session: Session, now: datetime, cast: Cast
) -> None:
    lots = [
        *add_graded_lots(session, now, 2, grade_key="baby"),
        *add_graded_lots(session, now, 2, grade_key="fleece", colour="light_fawn"),
    ]
    tender = make_tender(session, now, lots)
    _place(session, now, tender, cast.buyer.actor, grid=(GridPrice(f"{CLASS}/baby", None, 14_000), GridPrice(f"{CLASS}/fleece", "light_fawn", 10_500)))  # fmt: skip
    _place(session, now, tender, cast.rival_buyer.actor, price_minor=12_000)
    _close(session, cast, tender)
    awards = {award.buyer_id: award for award in session.scalars(select(Award))}
    assert (awards[cast.mill.id].proceeds_minor, awards[cast.rival_mill.id].proceeds_minor) == (
        420_000,
        360_000,
    )
    assert (tender.state, tender.award_status, tender.award_gap_millionths) == ("awarded", "optimal", 0)
    assert _kinds(session, tender) == [
        "opened", "bid", "bid", "opening", "seed", "bid_opened", "bid_opened", "decided", "awarded", "awarded",
    ]  # fmt: skip
    accept_award(session, actor=cast.everything.actor, now=tender.closes_at, tender_id=tender.id)
    assert tender.state == "accepted"
    assert sorted(session.scalars(select(Sale.proceeds_minor))) == [360_000, 420_000]
    assert replay_tender(session, tender.id).agrees


def test_what_nobody_gets_returns_to_the_stock(session: Session, now: datetime, cast: Cast) -> None:
    lots = add_graded_lots(session, now, 3)
    tender = make_tender(session, now, lots, lot_reserves={lots[2]: 20_000})
    _place(session, now, tender, cast.buyer.actor, price_minor=12_000)
    _close(session, cast, tender)
    states = {lot.id: lot.state for lot in session.scalars(select(Lot).where(Lot.id.in_(lots)))}
    assert states == {lots[0]: "offered", lots[1]: "offered", lots[2]: "graded"}
    assert set(session.scalars(select(AwardLine.lot_id))) == set(lots[:2])
    assert replay_tender(session, tender.id).agrees
    decline_award(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id, reason="No")
    assert set(session.scalars(select(Lot.state).where(Lot.id.in_(lots)))) == {"graded"}


def test_at_most_so_many_kilograms(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)  # 10, 20 and 30 kg
    _place(session, now, tender, cast.buyer.actor, price_minor=15_000, most=35_000)
    _place(session, now, tender, cast.rival_buyer.actor, price_minor=12_000, least=25_000)
    _close(session, cast, tender)
    quantities = {award.buyer_id: award.quantity for award in session.scalars(select(Award))}
    assert quantities == {cast.mill.id: 30_000, cast.rival_mill.id: 30_000}
    assert replay_tender(session, tender.id).agrees


@pytest.mark.parametrize(
    "offer",
    [
        {},
        {"price_minor": 100, "lots": {UUID(int=1): 100}},
        {"lots": {UUID(int=1): 100}},
        {"grid": (GridPrice("no/such/class", None, 100),)},
        {"price_minor": 100, "least": 60_001},
        {"price_minor": 100, "most": 9_999},
        {"price_minor": 100, "whole": True, "most": 59_999},
        {"price_minor": 100, "least": 30_000, "most": 20_000},
    ],
)
def test_a_bid_that_cannot_be_meant_is_refused(
    session: Session, now: datetime, cast: Cast, offer: dict[str, Any]
) -> None:
    tender = make_tender(session, now)
    with pytest.raises(ValidationFailed):
        _place(session, now, tender, cast.buyer.actor, **offer)


def test_a_buyer_that_is_not_vetted_cannot_bid(session: Session, now: datetime, cast: Cast) -> None:
    stranger = Actor(new_id(), _new_buyer(session, now), cast.mill.kind, frozenset({Role.BUYER}))
    with pytest.raises(NotVetted):
        make_bid(session, now, make_tender(session, now), 12_000, stranger)


def _new_buyer(session: Session, now: datetime) -> UUID:
    house = session.scalars(select(Organisation).where(Organisation.kind == "buyer").limit(1)).one()
    values = {column.key: getattr(house, column.key) for column in Organisation.__table__.columns}
    made = Organisation(**values | {"id": new_id(), "code": "NUEVA", "name": "Hilandería nueva"})
    session.add(made)
    session.flush()
    return made.id


def test_without_a_valid_bid_the_best_bidder_may_be_asked_for_a_week(
    session: Session, now: datetime, cast: Cast
) -> None:
    tender = make_tender(session, now)
    make_bid(session, now, tender, 9_000)
    make_bid(session, now, tender, 9_500, cast.rival_buyer.actor)
    _close(session, cast, tender)
    assert _kinds(session, tender)[-2:] == ["passed_in", "negotiable"]
    view = get_own_tender_for(session, cast.seller.actor, tender.id, now=now)
    best = negotiable(session, view, tender.closes_at)
    assert best is not None
    assert (best.buyer_id, best.offer.price_minor, best.is_open) == (cast.rival_mill.id, 9_500, True)
    assert best.until == tender.closes_at + timedelta(days=7)
    late = negotiable(session, view, best.until)
    assert late is not None
    assert not late.is_open
    assert replay_tender(session, tender.id).agrees


def test_the_manager_excludes_with_a_reason_that_the_buyer_and_the_log_tell(
    session: Session, now: datetime, cast: Cast
) -> None:
    tender = make_tender(session, now)
    make_bid(session, now, tender, 15_000)
    manager = cast.market_manager.actor
    common: dict[str, Any] = {"buyer_id": cast.mill.id, "event_id": tender.id}
    for person in (cast.seller, cast.everything, cast.auditor, cast.buyer):
        with pytest.raises(Forbidden):
            exclude_bidder(session, actor=person.actor, now=now, id=new_id(), reason="x", **common)
    with pytest.raises(ReasonMissing):
        exclude_bidder(session, actor=manager, now=now, id=new_id(), reason=" ", **common)
    with pytest.raises(NotFound):
        exclude_bidder(session, actor=manager, now=now, id=new_id(), reason="x", buyer_id=cast.centre.id)
    first = exclude_bidder(session, actor=manager, now=now + SECOND, id=new_id(), reason="No pagó", **common)
    again = exclude_bidder(session, actor=manager, now=now + SECOND, id=first.id, reason="No pagó", **common)
    assert again.id == first.id
    with pytest.raises(AlreadyExcluded):
        exclude_bidder(session, actor=manager, now=now + MINUTE, id=new_id(), reason="Otra vez", **common)
    with pytest.raises(BidderExcluded) as refused:
        make_bid(session, now + MINUTE, tender, 16_000)
    assert refused.value.params == {"reason": "No pagó"}
    make_bid(session, now + MINUTE, tender, 11_000, cast.rival_buyer.actor)
    _close(session, cast, tender)
    assert session.scalars(select(Award.buyer_id)).all() == [cast.rival_mill.id]
    opened = session.scalars(select(MarketEntry).where(MarketEntry.kind == "bid_opened")).all()
    told = {entry.buyer_id: (entry.data["standing"], entry.data.get("reason")) for entry in opened}
    assert told == {cast.mill.id: ("excluded", "No pagó"), cast.rival_mill.id: ("counts", None)}
    assert replay_tender(session, tender.id).agrees
    (row,) = list_own_bids(session, cast.buyer.actor, PageRequest()).items
    assert row.result is BidResult.EXCLUDED


def test_an_exclusion_from_the_whole_market_holds_until_it_is_lifted(
    session: Session, now: datetime, cast: Cast
) -> None:
    manager = cast.market_manager.actor
    tender = make_tender(session, now)
    row = exclude_bidder(
        session, actor=manager, now=now, id=new_id(), buyer_id=cast.mill.id, reason="Incumplió dos contratos"
    )
    with pytest.raises(BidderExcluded):
        make_bid(session, now, tender, 12_000)
    with pytest.raises(ReasonMissing):
        readmit_bidder(session, actor=manager, now=now, exclusion_id=row.id, reason="")
    readmit_bidder(session, actor=manager, now=now + MINUTE, exclusion_id=row.id, reason="Pagó la deuda")
    make_bid(session, now + MINUTE, tender, 12_000)
    log = session.scalars(
        select(MarketEntry).where(MarketEntry.event_id == cast.centre.id).order_by(MarketEntry.sequence)
    ).all()
    assert [(entry.kind, entry.data["reason"]) for entry in log] == [
        ("excluded", "Incumplió dos contratos"),
        ("readmitted", "Pagó la deuda"),
    ]
    assert replay_event(session, cast.centre.id, "market").agrees
    assert not excluded_buyers(session, seller_id=cast.centre.id, event_id=tender.id, now=now + 2 * MINUTE)


def test_the_reserve_is_the_committees_and_not_the_managers(
    session: Session, now: datetime, cast: Cast
) -> None:
    tender = make_tender(session, now)
    seen = {
        name: get_tender_for(session, person.actor, tender.id, now=now).reserve_minor_per_unit
        for name, person in (
            ("opener", cast.seller), ("officer", cast.everything), ("manager", cast.market_manager),
            ("auditor", cast.auditor), ("buyer", cast.buyer),
        )
    }  # fmt: skip
    assert seen == {"opener": 10_000, "officer": 10_000, "manager": None, "auditor": None, "buyer": None}
    for entry in session.scalars(select(MarketEntry)):
        assert "10000" not in str({**entry.data, "quantity": None})


def test_the_market_manager_opens_the_bids_too(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)
    make_bid(session, now, tender, 12_000)
    with pytest.raises(Forbidden):
        close_tender(session, actor=cast.auditor.actor, now=tender.closes_at, tender_id=tender.id)
    close_tender(session, actor=cast.market_manager.actor, now=tender.closes_at, tender_id=tender.id)
    assert tender.state == "awarded"


def test_two_officers_are_counted_until_the_sale(session: Session, now: datetime, cast: Cast) -> None:
    session.execute(
        update(MarketRule).where(MarketRule.organisation_id == cast.centre.id).values(confirmations_needed=2)
    )
    tender = make_tender(session, now)
    make_bid(session, now, tender, 12_000)
    _close(session, cast, tender)
    officer = cast.everything.actor
    other = Actor(cast.treasurer.id, cast.centre.id, cast.centre.kind, frozenset({Role.SELLER}))
    assert accept_award(session, actor=officer, now=tender.closes_at, tender_id=tender.id) is None
    assert accept_award(session, actor=officer, now=tender.closes_at, tender_id=tender.id) is None
    view = get_own_tender_for(session, officer, tender.id, now=tender.closes_at)
    (award,) = tender_awards(session, view)
    assert (award.confirmations, award.award.confirmations_needed, award.sale_id) == (1, 2, None)
    sale = accept_award(session, actor=other, now=tender.closes_at, tender_id=tender.id)
    assert sale is not None
    assert tender.state == "accepted"


def test_a_rival_reads_aliases_and_never_a_losers_price(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)
    set_event_terms(
        session,
        actor=cast.seller.actor,
        now=now,
        method="tender",
        event_id=tender.id,
        terms=Terms(payment_days=8),
    )
    make_bid(session, now, tender, 12_345)
    make_bid(session, now + SECOND, tender, 13_579, cast.rival_buyer.actor)
    before = bidder_log(
        session, cast.buyer.actor, get_tender_for(session, cast.buyer.actor, tender.id, now=now)
    )
    assert [line.kind for line in before] == ["opened", "terms", "bid"]
    assert [line.sequence for line in before] == [0, 0, 0]
    assert before[1].data is not None
    assert before[1].data["payment_days"] == 8
    _close(session, cast, tender)
    log = bidder_log(session, cast.buyer.actor, get_tender_for(session, cast.buyer.actor, tender.id, now=now))
    own = [line for line in log if line.is_own]
    assert "12345" in str([line.data for line in own])
    assert "13579" not in str([line.data for line in log])
    assert [line.alias for line in log if line.kind == "awarded"] == [2]


def test_a_changed_log_is_found(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)
    make_bid(session, now, tender, 12_000)
    _close(session, cast, tender)
    replayed = replay_tender(session, tender.id)
    assert replayed.agrees
    assert replayed.entries == 7
    award = session.scalars(select(Award)).one()
    entry = session.scalars(select(MarketEntry).where(MarketEntry.kind == "bid_opened")).one()
    changed = {**entry.data, "text": entry.data["text"].replace("12000", "99000")}
    session.expunge(entry)
    entry.data = changed
    lines = [entry if one.id == entry.id else one for one in log_of(session, tender.id)]
    with pytest.raises(LogBroken):
        check_chain(lines)
    assert award.proceeds_minor == 720_000


def test_before_the_opening_a_replay_checks_what_there_is(
    session: Session, now: datetime, cast: Cast
) -> None:
    tender = make_tender(session, now)
    make_bid(session, now + DAY / 2, tender, 12_000)
    replayed = replay_tender(session, tender.id)
    assert replayed.agrees
    assert any("not opened" in str(line) for line in replayed.lines)
