"""The market in the same instant: bids, tenders for one lot, acceptances, a bid against the closing. On both databases."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from chain.accounts.rules import Actor, Role
from chain.core.db import atomic, db, run_atomic
from chain.core.errors import IdempotencyConflict
from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.market.errors import LotTaken, TenderClosed, TenderStateRefused
from chain.market.models import Bid, Tender
from chain.market.services import close_tender, open_tender, place_bid
from chain.sales.models import Sale, SaleLine
from tests.support.cast import Cast
from tests.support.market import DAY, add_graded_lots, make_award, make_tender, sold
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]


def _tender(app: Flask, now: datetime) -> UUID:
    with app.app_context(), atomic() as session:
        return make_tender(session, now).id


def _bid(
    tender_id: UUID, actor: Actor, now: datetime, price: int, key: str | None = None
) -> Callable[[], Any]:
    def run() -> Any:
        return run_atomic(
            lambda session: (
                place_bid(
                    session,
                    actor=actor,
                    now=now,
                    tender_id=tender_id,
                    price_minor_per_unit=price,
                    idempotency_key=key,
                ).id
            )
        )

    return run


def test_bids_in_the_same_instant_are_all_answered_and_numbered_without_gaps(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    tender_id = _tender(fresh_app, now)
    actors = [cast.buyer.actor, cast.rival_buyer.actor]
    outcomes = race(*[_bid(tender_id, actors[place % 2], now, 12_000 + place) for place in range(8)])
    assert [outcome.error for outcome in outcomes] == [None] * 8
    with fresh_app.app_context():
        log = db.session.scalars(select(Bid).order_by(Bid.sequence)).all()
        assert [bid.sequence for bid in log] == list(range(1, 9))
        assert {bid.id for bid in log} == {outcome.value for outcome in outcomes}
        assert [bid.placed_at for bid in log] == sorted(bid.placed_at for bid in log)


def test_one_key_sent_four_times_at_once_makes_one_bid(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    tender_id = _tender(fresh_app, now)
    outcomes = race(*[_bid(tender_id, cast.buyer.actor, now, 12_000, "same")] * 4)
    assert len({outcome.value for outcome in outcomes if outcome.won}) == 1
    assert all(outcome.won for outcome in outcomes)
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Bid)) == 1


def test_one_key_with_two_prices_keeps_one(race: Race, fresh_app: Flask, cast: Cast, now: datetime) -> None:
    tender_id = _tender(fresh_app, now)
    outcomes = race(
        _bid(tender_id, cast.buyer.actor, now, 12_000, "same"),
        _bid(tender_id, cast.buyer.actor, now, 13_000, "same"),
    )
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    assert isinstance(next(one.error for one in outcomes if not one.won), IdempotencyConflict)


def test_of_two_tenders_that_want_one_lot_exactly_one_gets_it(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    with fresh_app.app_context(), atomic() as session:
        first, shared, last = add_graded_lots(session, now, 3)

    def offer(lot_ids: list[UUID]) -> Callable[[], Any]:
        def run() -> Any:
            with atomic() as session:
                return open_tender(
                    session,
                    actor=cast.seller.actor,
                    now=now,
                    id=new_id(),
                    title="Fibra",
                    lot_ids=lot_ids,
                    reserve_minor_per_unit=1,
                    closes_at=now + DAY,
                ).number

        return run

    outcomes = race(offer([shared, first]), offer([last, shared]))
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    assert isinstance(next(one.error for one in outcomes if not one.won), LotTaken)
    with fresh_app.app_context():
        states = db.session.scalars(select(Lot.state)).all()
        assert sorted(states) == ["graded", "offered", "offered"]
        assert db.session.scalar(select(func.count()).select_from(Tender)) == 1


def test_of_two_acceptances_exactly_one_makes_the_sale(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    with fresh_app.app_context(), atomic() as session:
        tender_id = make_award(session, now).id
    other = Actor(cast.treasurer.id, cast.centre.id, cast.centre.kind, frozenset({Role.SELLER}))

    def accept(actor: Actor) -> Callable[[], Any]:
        def run() -> Any:
            with atomic() as session:
                return sold(session, actor=actor, now=now + DAY, tender_id=tender_id).id

        return run

    outcomes = race(accept(cast.everything.actor), accept(other))
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    assert isinstance(next(one.error for one in outcomes if not one.won), TenderStateRefused)
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Sale)) == 1
        assert db.session.scalar(select(func.count()).select_from(SaleLine)) == 3


def test_a_bid_against_the_closing_either_counts_or_is_refused(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    tender_id = _tender(fresh_app, now)
    deadline = now + DAY

    def close() -> Any:
        with atomic() as session:
            return close_tender(session, actor=cast.seller.actor, now=deadline, tender_id=tender_id).state

    bid, closing = race(
        _bid(tender_id, cast.buyer.actor, deadline - timedelta(milliseconds=1), 12_000), close
    )
    assert closing.won
    with fresh_app.app_context():
        tender = db.session.get_one(Tender, tender_id)
        if bid.won:
            assert (tender.state, tender.winning_bid_id) == ("awarded", bid.value)
        else:
            assert isinstance(bid.error, TenderClosed)
            assert (tender.state, tender.winning_bid_id) == ("passed_in", None)


def test_sales_and_tenders_opened_at_once_get_different_numbers(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    with fresh_app.app_context(), atomic() as session:
        lots = [add_graded_lots(session, now, 1) for _ in range(4)]

    def offer(lot_ids: list[UUID]) -> Callable[[], Any]:
        def run() -> Any:
            return run_atomic(lambda session: make_tender(session, now, lot_ids).number)

        return run

    outcomes = race(*[offer(one) for one in lots])
    assert sorted(outcome.value for outcome in outcomes) == [1, 2, 3, 4]
