"""Two people at one lot, one load, one sheet: exactly one wins, or both are kept."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from chain.core.db import atomic, db
from chain.core.errors import Conflict
from chain.core.ids import new_id
from chain.custody.models import Dispatch, LotHold, StockCountEntry
from chain.custody.services import (
    Arrival,
    NewCount,
    NewDispatch,
    NewEntry,
    NewHold,
    NewMovement,
    NewVisit,
    dispatch_lots,
    hold_lots,
    move_containers,
    open_count,
    record_arrival,
    record_count,
    register_arrival_at_gate,
    release_lot,
)
from chain.lots.models import Lot
from chain.market.services import open_tender
from tests.support.cast import Cast, Person
from tests.support.custody import hold, lots_in, make_cans, send
from tests.support.lots import make_producer
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]


@pytest.fixture
def lots(fresh_app: Flask, now: datetime) -> list[UUID]:
    with fresh_app.app_context(), atomic() as session:
        return lots_in(session, now, None, 2)


def pledging(cast: Cast, now: datetime, lots: list[UUID]) -> Callable[[], object]:
    def pledge() -> object:
        with atomic() as session:
            wanted = NewHold(
                id=new_id(), lot_ids=lots, reason="pledged", note="Adelanto 45", holder="Caja rural"
            )
            return hold_lots(session, actor=cast.grader.actor, now=now, hold=wanted)[0].id

    return pledge


def offering(cast: Cast, now: datetime, lots: list[UUID]) -> Callable[[], object]:
    def offer() -> object:
        with atomic() as session:
            return open_tender(
                session,
                actor=cast.seller.actor,
                now=now,
                id=new_id(),
                title="Fibra",
                lot_ids=lots,
                reserve_minor_per_unit=1000,
                closes_at=now + timedelta(days=2),
                note=None,
            ).id

    return offer


def sending(cast: Cast, now: datetime, lots: list[UUID], person: Person) -> Callable[[], object]:
    def go() -> object:
        with atomic() as session:
            wanted = NewDispatch(id=new_id(), lot_ids=lots, to_organisation_id=cast.mill.id)
            return dispatch_lots(session, actor=person.actor, now=now, dispatch=wanted).number

    return go


def test_a_pledge_against_an_offer_one_wins(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, lots: list[UUID]
) -> None:
    outcomes = race(pledging(cast, now, lots), offering(cast, now, lots))
    assert sum(outcome.won for outcome in outcomes) == 1, outcomes
    with fresh_app.app_context():
        for row in db.session.scalars(select(Lot).where(Lot.id.in_(lots))):
            assert row.is_held is not (row.state == "offered")


def test_two_dispatches_of_one_lot_one_leaves(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, lots: list[UUID]
) -> None:
    outcomes = race(
        sending(cast, now, lots, cast.clerk), sending(cast, now, list(reversed(lots)), cast.second_clerk)
    )
    assert sorted(outcome.won for outcome in outcomes) == [False, True], outcomes
    assert all(isinstance(outcome.error, Conflict) for outcome in outcomes if not outcome.won)
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Dispatch)) == 1


def test_a_hold_against_a_dispatch_never_holds_what_left(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, lots: list[UUID]
) -> None:
    outcomes = race(pledging(cast, now, lots), sending(cast, now, lots, cast.clerk))
    assert sum(outcome.won for outcome in outcomes) == 1, outcomes
    with fresh_app.app_context():
        for row in db.session.scalars(select(Lot).where(Lot.id.in_(lots))):
            assert row.is_held is (row.left_at is None)


def test_two_arrivals_with_two_weights_one_is_taken(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, lots: list[UUID]
) -> None:
    with fresh_app.app_context(), atomic() as session:
        dispatch_id = send(session, now, lots).id

    def arriving(grams: int) -> Callable[[], object]:
        def arrive() -> object:
            with atomic() as session:
                arrival = Arrival(dispatch_id=dispatch_id, totals={"g": grams})
                return record_arrival(session, actor=cast.buyer.actor, now=now, arrival=arrival).state

        return arrive

    outcomes = race(arriving(30_000), arriving(29_990))
    assert sorted(outcome.won for outcome in outcomes) == [False, True], outcomes


def test_two_releases_of_two_holds_leave_the_lot_free(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, lots: list[UUID]
) -> None:
    with fresh_app.app_context(), atomic() as session:
        ids = [hold(session, now, lots[:1])[0].id for _ in range(2)]

    def releasing(hold_id: UUID) -> Callable[[], object]:
        def release() -> object:
            with atomic() as session:
                actor = cast.grader.actor
                return release_lot(session, actor=actor, now=now, hold_id=hold_id, note="Seco").id

        return release

    assert all(outcome.won for outcome in race(*map(releasing, ids)))
    with fresh_app.app_context():
        standing = select(func.count()).select_from(LotHold).where(LotHold.released_at.is_(None))
        assert db.session.scalar(standing) == 0
        assert db.session.get_one(Lot, lots[0]).is_held is False


def test_two_people_who_count_one_lot_are_both_kept(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, lots: list[UUID]
) -> None:
    with fresh_app.app_context(), atomic() as session:
        count = NewCount(id=new_id())
        open_count(session, actor=cast.clerk.actor, now=now, count=count)

    def looking(person: Person, counted: int) -> Callable[[], object]:
        def look() -> object:
            with atomic() as session:
                entry = NewEntry(id=new_id(), count_id=count.id, lot_id=lots[0], counted=counted)
                return record_count(session, actor=person.actor, now=now, entry=entry).id

        return look

    outcomes = race(looking(cast.clerk, 9_900), looking(cast.second_clerk, 9_950))
    assert all(outcome.won for outcome in outcomes), outcomes
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(StockCountEntry)) == 2


def test_tickets_never_repeat(race: Race, cast: Cast, now: datetime) -> None:
    def come() -> object:
        with atomic() as session:
            visit = NewVisit(id=new_id(), purpose="delivery", visitor="Rosa")
            return register_arrival_at_gate(session, actor=cast.clerk.actor, now=now, visit=visit).ticket

    outcomes = race(come, come, come, come)
    assert sorted(outcome.value for outcome in outcomes) == [1, 2, 3, 4]


def test_two_returns_of_the_last_can_one_is_taken(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    with fresh_app.app_context(), atomic() as session:
        producer, cans = make_producer(session, now), make_cans(session, now).id

    def moving(kind: str) -> Callable[[], object]:
        def move() -> object:
            with atomic() as session:
                movement = NewMovement(
                    id=new_id(),
                    producer_id=producer,
                    container_type_id=cans,
                    kind=kind,
                    count=1,
                    happened_on=now.date(),
                )
                return move_containers(session, actor=cast.clerk.actor, now=now, movement=movement).count

        return move

    with fresh_app.app_context():
        moving("lent")()
    outcomes = race(moving("returned"), moving("returned"))
    assert sorted(outcome.won for outcome in outcomes) == [False, True], outcomes
