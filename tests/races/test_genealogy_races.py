"""Two people reach for the same lot in the same instant: exactly one gets it, and the other one is told."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from chain.core.db import atomic, db, run_atomic
from chain.core.ids import new_id
from chain.genealogy.errors import CannotUndo, SiteFull
from chain.genealogy.models import LotEvent
from chain.genealogy.rules import Event, Loss, Merge, Part, Split, TakeBack, Transfer, Undo
from chain.genealogy.services import (
    merge_lots,
    record_loss,
    split_lot,
    take_back,
    transfer_lots,
    undo_event,
)
from chain.genealogy.services.verify import verify_genealogy
from chain.lots.errors import LotCancelled, LotUsed
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from tests.support.cast import Cast
from tests.support.genealogy import make_site
from tests.support.lots import fibre, make_lot, make_producer, milk
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]
CAST = Cast()
PEOPLE = (CAST.clerk, CAST.second_clerk)


@pytest.fixture
def lots(fresh_app: Flask, now: datetime) -> list[UUID]:
    with fresh_app.app_context(), atomic() as session:
        producer = make_producer(session, now)
        return [make_lot(session, now, fibre(producer, now)).id for _ in range(4)]


def doing(service: Callable[..., LotEvent], event: Event, who: int, now: datetime) -> Callable[[], object]:
    def act() -> object:
        return run_atomic(lambda session: service(session, actor=PEOPLE[who].actor, now=now, event=event).id)

    return act


def check(app: Flask, events: int) -> None:
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(LotEvent)) == events
        report = verify_genealogy(db.session)
        assert report.is_whole, report.problems


def merging(now: datetime, *lots: UUID, **changes: Any) -> Merge:
    return Merge(id=new_id(), happened_at=now, lot_ids=lots, output_id=new_id(), **changes)


def test_two_merges_that_share_a_lot(race: Race, fresh_app: Flask, now: datetime, lots: list[UUID]) -> None:
    one, other = merging(now, lots[0], lots[1]), merging(now, lots[2], lots[1])
    outcomes = race(doing(merge_lots, one, 0, now), doing(merge_lots, other, 1, now))
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    assert any(isinstance(outcome.error, LotUsed) for outcome in outcomes), outcomes
    check(fresh_app, 1)


def test_merge_split_loss_and_take_back_of_one_lot(
    race: Race, fresh_app: Flask, now: datetime, lots: list[UUID]
) -> None:
    with fresh_app.app_context():
        owner = db.session.get_one(Lot, lots[0]).producer_id
    assert owner is not None
    parts = tuple(Part(id=new_id(), quantity=6_250) for _ in range(2))
    head: dict[str, Any] = {"happened_at": now, "lot_id": lots[0]}
    outcomes = race(
        doing(merge_lots, merging(now, *lots), 0, now),
        doing(split_lot, Split(id=new_id(), parts=parts, **head), 1, now),
        doing(record_loss, Loss(id=new_id(), quantity=12_500, cause="moisture", **head), 0, now),
        doing(take_back, TakeBack(id=new_id(), quantity=12_500, producer_id=owner, **head), 1, now),
    )
    assert sum(outcome.won for outcome in outcomes) == 1
    refused = [outcome.error for outcome in outcomes if not outcome.won]
    assert all(isinstance(error, LotUsed | LotCancelled) for error in refused), refused
    check(fresh_app, 1)


def test_the_same_event_sent_three_times_at_once_is_one(
    race: Race, fresh_app: Flask, now: datetime, lots: list[UUID]
) -> None:
    event = merging(now, *lots)
    outcomes = race(*(doing(merge_lots, event, 0, now) for _ in range(3)))
    assert [outcome.value for outcome in outcomes] == [event.id] * 3, outcomes
    check(fresh_app, 1)


def test_undoing_races_with_using_and_with_itself(
    race: Race, fresh_app: Flask, now: datetime, lots: list[UUID]
) -> None:
    event = merging(now, *lots)
    with fresh_app.app_context(), atomic() as session:
        merge_lots(session, actor=CAST.clerk.actor, now=now, event=event)
    undo = Undo(id=new_id(), happened_at=now, event_id=event.id, reason="por error")
    again = Undo(id=new_id(), happened_at=now, event_id=event.id, reason="por error")
    used = Loss(id=new_id(), happened_at=now, lot_id=event.output_id, quantity=50_000, cause="moisture")
    outcomes = race(
        doing(undo_event, undo, 0, now), doing(undo_event, again, 1, now), doing(record_loss, used, 1, now)
    )
    assert sum(outcome.won for outcome in outcomes) == 1, outcomes
    refused = [outcome.error for outcome in outcomes if not outcome.won]
    assert all(isinstance(error, LotUsed | LotCancelled | CannotUndo) for error in refused), refused
    check(fresh_app, 2)


def test_two_cans_do_not_both_fit_into_the_last_room_of_a_tank(
    race: Race, fresh_app: Flask, now: datetime
) -> None:
    with fresh_app.app_context(), atomic() as session:
        producer = make_producer(session, now)
        tank = make_site(session, "T1", "tank", capacity=100_000).id
        cans = [make_lot(session, now, milk(producer, now, quantity=60_000)).id for _ in range(2)]
    orders = [Transfer(id=new_id(), happened_at=now, lot_ids=(can,), to_site_id=tank) for can in cans]
    outcomes = race(*(doing(transfer_lots, order, who, now) for who, order in enumerate(orders)))
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    assert any(isinstance(outcome.error, SiteFull) for outcome in outcomes), outcomes
    check(fresh_app, 1)


def test_delivering_goes_on_while_somebody_holds_the_deliveries_of_a_lot(
    race: Race, fresh_app: Flask, now: datetime, lots: list[UUID]
) -> None:
    """Shares point at deliveries; a settlement that has those locked does not stand in the way of a sorting hall."""
    event = merging(now, *lots)
    with fresh_app.app_context(), atomic() as session:
        merge_lots(session, actor=CAST.clerk.actor, now=now, event=event)
    parts = tuple(Part(id=new_id(), quantity=25_000) for _ in range(2))
    order = Split(id=new_id(), happened_at=now, lot_id=event.output_id, parts=parts)

    def settle() -> object:
        with atomic() as session:
            found = lock_lots(session, CAST.centre.id, [*lots, event.output_id])
            return len(found)

    outcomes = race(doing(split_lot, order, 0, now), settle, settle)
    assert all(outcome.won for outcome in outcomes), outcomes
    check(fresh_app, 2)
