"""The two-round clock from its opening to the awards, on the database."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chain.accounts.rules import OrganisationKind, Role, system_actor
from chain.auctions.clock.errors import (
    ClockLotRefused,
    ClockStateRefused,
    NotAClockBuyer,
    RoundClosed,
    RoundStillOpen,
)
from chain.auctions.clock.models import ClockAllotment, ClockRequest
from chain.auctions.clock.queries import clock_awards, clock_log, get_clock_for, last_told_line, own_wishes
from chain.auctions.clock.rules import ClockState, Wish
from chain.auctions.clock.services import NewProduct, cancel_clock, place_request, replay_clock
from chain.buyers.errors import LimitExceeded, NotVetted
from chain.buyers.models import BuyerVetting, SellerLimitRule, TradingLimit
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord, OutboxMessage
from chain.core.outbox import run_next
from chain.core.paging import PageRequest
from chain.lots.models import Lot
from chain.lots.rules import LotState
from chain.sales.errors import BidderExcluded, ReasonMissing
from chain.sales.models import AwardLine, BidderExclusion, MarketEntry, Sale
from chain.sales.queries.events import event_log, get_event_for
from chain.sales.services.awards import confirm_award, decline_award
from tests.support.cast import Cast
from tests.support.clocks import HOUR, ask, close, make_clock, products
from tests.support.market import add_graded_lots

MINUTE = timedelta(minutes=1)


def test_opening_reserves_the_lots_and_commits_to_a_seed(session: Session, cast: Cast, now: datetime) -> None:
    clock = make_clock(session, now)
    assert clock.number == 1
    white, black = products(session, clock)
    assert (white.kilograms, black.kilograms) == (60, 30)
    assert {lot.state for lot in session.scalars(select(Lot))} == {LotState.OFFERED.value}
    line = session.scalars(select(MarketEntry)).one()
    assert line.kind == "opened"
    assert len(line.data["seed_commitment"]) == 64
    assert clock.sealed_seed not in str(line.data)
    assert get_clock_for(session, cast.buyer.actor, clock.id).kilograms == 90
    with pytest.raises(NotFound):
        get_clock_for(session, cast.outsider.actor, clock.id)


def test_what_cannot_be_offered_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    (mixed, other) = add_graded_lots(session, now, 1), add_graded_lots(session, now, 1, colour="black")
    with pytest.raises(ValidationFailed) as refused:
        make_clock(session, now, products=[NewProduct((*mixed, *other), 10_000)])
    assert "products" in refused.value.errors
    with pytest.raises(ValidationFailed) as refused:
        make_clock(session, now, products=[], title=" ", first_closes_at=now, second_minutes=0, step_minor=0)
    assert set(refused.value.errors) == {"products", "title", "first_closes_at", "second_minutes", "step"}
    clock = make_clock(session, now, products=[NewProduct(tuple(mixed), 10_000)])
    with pytest.raises(ClockLotRefused):
        make_clock(session, now, products=[NewProduct(tuple(mixed), 10_000)])
    with pytest.raises(IdempotencyConflict):
        make_clock(session, now, id=clock.id)
    with pytest.raises(Forbidden):
        cancel_clock(session, actor=cast.clerk.actor, now=now, clock_id=clock.id)


def test_one_round_is_enough_when_no_more_is_wanted_than_there_is(
    session: Session, cast: Cast, now: datetime
) -> None:
    clock = make_clock(session, now)
    ask(session, now, clock, 40, 10)
    ask(session, now + MINUTE, clock, 20, actor=cast.rival_buyer.actor)
    close(session, now + HOUR, clock)
    assert clock.state == ClockState.AWARDED
    awards = clock_awards(session, clock.id)
    assert {(award.buyer_id, award.quantity, award.proceeds_minor) for award in awards} == {
        (cast.mill.id, 50_000, 40 * 10_000 + 10 * 8_000),
        (cast.rival_mill.id, 20_000, 20 * 10_000),
    }
    back = session.scalar(
        select(func.sum(Lot.quantity)).where(
            Lot.state == LotState.GRADED.value, Lot.used_by_event_id.is_(None)
        )
    )
    assert back == 20_000
    assert replay_clock(session, clock.id).agrees


def test_too_much_demand_raises_the_price_once_and_then_allots(
    session: Session, cast: Cast, now: datetime
) -> None:
    clock = make_clock(session, now)
    ask(session, now, clock, 60, 10)
    ask(session, now, clock, 30, 10, actor=cast.rival_buyer.actor)
    close(session, now + HOUR, clock)
    white, black = products(session, clock)
    assert clock.state == ClockState.SECOND
    assert (white.first_demand, white.second_price_minor) == (90, 12_000)
    assert (black.first_demand, black.second_price_minor) == (20, None)
    assert clock.second_closes_at == now + HOUR + 30 * MINUTE
    assert clock.second_closes_at is not None
    ask(session, now + HOUR, clock, 50, best=12_500)
    ask(session, now + HOUR, clock, 30, actor=cast.rival_buyer.actor, best=13_000)
    with pytest.raises(RoundStillOpen):
        close(session, now + HOUR, clock)
    close(session, clock.second_closes_at, clock)
    assert clock.state == ClockState.AWARDED
    got = {
        (row.buyer_id, row.product_id, row.kilograms, row.price_minor)
        for row in session.scalars(select(ClockAllotment))
    }
    assert got == {
        (cast.mill.id, white.id, 30, 12_500),
        (cast.rival_mill.id, white.id, 30, 12_500),
        (cast.mill.id, black.id, 10, 8_000),
        (cast.rival_mill.id, black.id, 10, 8_000),
    }
    grams = session.execute(
        select(AwardLine.price_minor_per_unit, func.sum(AwardLine.quantity)).group_by(
            AwardLine.price_minor_per_unit
        )
    ).all()
    assert {tuple(row) for row in grams} == {(12_500, 60_000), (8_000, 20_000)}
    told = replay_clock(session, clock.id)
    assert told.agrees, told.lines


def test_all_awards_answered_end_the_clock(session: Session, cast: Cast, now: datetime) -> None:
    clock = make_clock(session, now)
    ask(session, now, clock, 40, 10)
    ask(session, now, clock, 20, actor=cast.rival_buyer.actor)
    close(session, now + HOUR, clock)
    first, second = clock_awards(session, clock.id)
    confirm_award(session, actor=cast.everything.actor, now=now + HOUR, award_id=first.id)
    assert clock.state == ClockState.AWARDED
    decline_award(session, actor=cast.everything.actor, now=now + HOUR, award_id=second.id, reason="No pagó.")
    assert clock.state == ClockState.SOLD
    assert session.scalars(select(Sale.method)).all() == ["clock"]
    assert replay_clock(session, clock.id).agrees


def test_nobody_asked_and_the_lots_go_back(session: Session, now: datetime) -> None:
    clock = make_clock(session, now)
    close(session, now + HOUR, clock)
    assert clock.state == ClockState.PASSED_IN
    assert {lot.state for lot in session.scalars(select(Lot))} == {LotState.GRADED.value}
    assert replay_clock(session, clock.id).agrees


def test_the_worker_closes_both_rounds(session: Session, cast: Cast, now: datetime) -> None:
    clock = make_clock(session, now)
    ask(session, now, clock, 60)
    ask(session, now, clock, 60, actor=cast.rival_buyer.actor)
    while run_next(session, now=now + HOUR - MINUTE):  # other areas may be told of the opening
        assert clock.state == ClockState.FIRST
    assert run_next(session, now=now + HOUR)
    assert clock.state == ClockState.SECOND
    assert clock.second_closes_at is not None
    while run_next(session, now=clock.second_closes_at):
        session.refresh(clock)
    assert clock.state == ClockState.AWARDED
    assert session.scalar(select(func.count()).where(OutboxMessage.last_error.is_not(None))) == 0
    # nobody raised the own request: all goes at the price of round 1, drawn by lot
    assert {row.price_minor for row in session.scalars(select(ClockAllotment))} == {10_000}


def test_requests_are_sealed_counted_last_and_safe_to_repeat(
    session: Session, cast: Cast, now: datetime
) -> None:
    clock = make_clock(session, now)
    ask(session, now, clock, 47, 13)
    white, _ = products(session, clock)
    wishes = [Wish(white.id, 29)]
    command: dict[str, Any] = {"clock_id": clock.id, "id": new_id(), "wishes": wishes}
    first = place_request(session, actor=cast.buyer.actor, now=now + MINUTE, **command)
    assert place_request(session, actor=cast.buyer.actor, now=now + 2 * HOUR, **command).id == first.id
    with pytest.raises(IdempotencyConflict):
        place_request(
            session, actor=cast.buyer.actor, now=now, **(command | {"wishes": [Wish(white.id, 28)]})
        )
    _, own = own_wishes(session, cast.buyer.actor, clock.id, 1)
    assert own[white.id].kilograms == 29
    for row in session.scalars(select(ClockRequest)):
        assert "29" not in row.sealed.split(".")[0]
        assert "kilograms" not in row.sealed
    records = session.scalars(select(AuditRecord).where(AuditRecord.tag == "auctions:clock:requested")).all()
    assert len(records) == 2
    assert all("kilograms" not in str(record.after) for record in records)
    close(session, now + HOUR, clock)
    assert {row.kilograms for row in session.scalars(select(ClockAllotment))} == {29}


def test_who_asked_is_told_after_the_round_only(session: Session, cast: Cast, now: datetime) -> None:
    clock = make_clock(session, now)
    ask(session, now, clock, 60)
    view = get_clock_for(session, cast.rival_buyer.actor, clock.id)
    everything = PageRequest(1, 100)
    kinds = [line.kind for line in clock_log(session, cast.rival_buyer.actor, view, everything).items]
    assert kinds == ["opened"]
    ask(session, now, clock, 1, actor=cast.rival_buyer.actor)
    ask(session, now, clock, 60)
    own = clock_log(session, cast.buyer.actor, view, everything).items
    assert [(line.kind, line.is_own, line.sequence, line.alias) for line in own] == [
        ("opened", False, 1, None),
        ("request", True, None, None),
        ("request", True, None, None),
    ]
    assert last_told_line(session, view.id) == 1
    event = get_event_for(session, cast.seller.actor, view.id)  # the seller's own people learn no more
    assert (event.entries, [line.kind for line in event_log(session, cast.seller.actor, event)]) == (
        1,
        ["opened"],
    )
    close(session, now + HOUR, clock)
    view = get_clock_for(session, cast.rival_buyer.actor, clock.id)
    lines = clock_log(session, cast.rival_buyer.actor, view, everything).items
    assert [line.alias for line in lines if line.kind == "request_opened"] == [2, 1]
    assert [line.sequence for line in lines][:4] == [1, 2, 3, 4]


@pytest.mark.parametrize("late", [HOUR, 2 * HOUR])
def test_the_clock_of_the_server_decides(session: Session, now: datetime, late: timedelta) -> None:
    clock = make_clock(session, now)
    with pytest.raises(RoundClosed):
        ask(session, now + late, clock, 10)


def test_who_may_not_ask_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    clock = make_clock(session, now)
    with pytest.raises(Forbidden):
        ask(session, now, clock, 10, actor=cast.seller.actor)
    for house in (cast.centre, cast.other_centre):
        with pytest.raises(NotAClockBuyer):
            ask(session, now, clock, 10, actor=system_actor(house.id, OrganisationKind.CENTRE, Role.BUYER))


def test_an_excluded_buyer_neither_asks_nor_gets(session: Session, cast: Cast, now: datetime) -> None:
    clock = make_clock(session, now)
    ask(session, now, clock, 40)
    session.add(
        BidderExclusion(
            id=new_id(),
            organisation_id=cast.centre.id,
            buyer_id=cast.mill.id,
            event_kind="clock",
            event_id=clock.id,
            reason="No recogió lo comprado.",
            excluded_at=now,
            excluded_by=None,
        )
    )
    session.flush()
    with pytest.raises(BidderExcluded):
        ask(session, now, clock, 30)
    close(session, now + HOUR, clock)
    assert clock.state == ClockState.PASSED_IN
    kinds = session.scalars(select(MarketEntry.kind).order_by(MarketEntry.sequence)).all()
    assert kinds == ["opened", "request", "left_out", "round_closed", "seed", "closed"]
    assert replay_clock(session, clock.id).agrees


def test_a_lot_on_hold_is_not_sold(session: Session, cast: Cast, now: datetime) -> None:
    clock = make_clock(session, now)
    ask(session, now, clock, 40)
    ask(session, now + MINUTE, clock, 20, actor=cast.rival_buyer.actor)
    heaviest = session.scalars(select(Lot).where(Lot.quantity == 30_000, Lot.colour == "white")).one()
    session.execute(update(Lot).where(Lot.id == heaviest.id).values(is_held=True))
    close(session, now + HOUR, clock)
    assert clock.state == ClockState.SECOND  # 60 kg are wanted and only 30 kg are there
    assert clock.second_closes_at is not None
    close(session, clock.second_closes_at, clock)
    assert sum(row.kilograms for row in session.scalars(select(ClockAllotment))) == 30
    session.refresh(heaviest)
    assert heaviest.state == LotState.GRADED.value
    assert replay_clock(session, clock.id).agrees


def test_cancelling_needs_a_reason_once_somebody_asked(session: Session, cast: Cast, now: datetime) -> None:
    clock = make_clock(session, now)
    ask(session, now, clock, 10)
    with pytest.raises(ReasonMissing):
        cancel_clock(session, actor=cast.seller.actor, now=now, clock_id=clock.id)
    cancel_clock(session, actor=cast.seller.actor, now=now, clock_id=clock.id, reason="Faltó fibra.")
    cancel_clock(session, actor=cast.seller.actor, now=now, clock_id=clock.id)
    assert clock.state == ClockState.CANCELLED
    assert {lot.state for lot in session.scalars(select(Lot))} == {LotState.GRADED.value}
    with pytest.raises(RoundClosed):
        ask(session, now, clock, 10)
    other = make_clock(session, now)
    close(session, now + HOUR, other)
    with pytest.raises(ClockStateRefused):
        cancel_clock(session, actor=cast.seller.actor, now=now, clock_id=other.id, reason="Tarde.")
    with pytest.raises(NotFound):
        cancel_clock(session, actor=cast.outsider.actor, now=now, clock_id=other.id)


def test_a_changed_log_does_not_replay(session: Session, now: datetime) -> None:
    clock = make_clock(session, now)
    ask(session, now, clock, 10)
    close(session, now + HOUR, clock)
    line = session.scalars(select(MarketEntry).where(MarketEntry.kind == "allotted")).one()
    session.expunge(line)
    copy = MarketEntry(
        **{column.key: getattr(line, column.key) for column in MarketEntry.__table__.columns}
        | {"id": new_id(), "sequence": 99, "data": line.data | {"kilograms": 11}}
    )
    session.add(copy)
    session.flush()
    assert not replay_clock(session, clock.id).agrees


def test_a_request_is_checked_against_vetting_and_the_limit(
    session: Session, cast: Cast, now: datetime
) -> None:
    session.add(SellerLimitRule(organisation_id=cast.centre.id, limit_required=True, changed_at=now))
    limit = {"credit_minor": 0, "deposit_minor": 600_000, "held_minor": 0}
    for buyer_id in (cast.mill.id, cast.rival_mill.id):
        session.add(TradingLimit(organisation_id=cast.centre.id, buyer_id=buyer_id, currency="PEN", **limit))
    session.flush()
    clock = make_clock(session, now)
    with pytest.raises(LimitExceeded):
        ask(session, now, clock, 60, 1)  # 60 kg at 100.00 and 1 kg at 80.00
    ask(session, now, clock, 60)
    ask(session, now, clock, 50, actor=cast.rival_buyer.actor)
    close(session, now + HOUR, clock)
    with pytest.raises(LimitExceeded):  # 10 kg at 150.00, and 50 kg of round 1 at 100.00
        ask(session, now + HOUR, clock, 10, best=15_000)
    ask(session, now + HOUR, clock, 0)
    assert session.scalars(select(TradingLimit.held_minor).distinct()).all() == [0]
    session.add(
        BuyerVetting(buyer_id=cast.mill.id, status="suspended", tier="full", documents=[], decided_at=now)
    )
    session.flush()
    with pytest.raises(NotVetted):
        ask(session, now + HOUR, clock, 1)
