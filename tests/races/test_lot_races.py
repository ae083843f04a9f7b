from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from chain.core.db import atomic, db
from chain.core.errors import Conflict, IdempotencyConflict
from chain.core.models import AuditRecord
from chain.lots.models import Lot, LotGrade
from chain.lots.rules import Delivery
from chain.lots.services import confirm_grade, register_lot, register_lots
from tests.support.cast import Cast, Person
from tests.support.lots import fibre, make_lot, make_producer
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]


@pytest.fixture
def producer(fresh_app: Flask, now: datetime) -> UUID:
    with fresh_app.app_context(), atomic() as session:
        return make_producer(session, now)


def registering(cast: Cast, now: datetime, delivery: Delivery) -> Callable[[], object]:
    def register() -> object:
        with atomic() as session:
            done = register_lot(session, actor=cast.clerk.actor, now=now, delivery=delivery)
            return done.duplicate, done.lot.number

    return register


def test_two_registrations_with_one_id_store_one_lot(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, producer: UUID
) -> None:
    register = registering(cast, now, fibre(producer, now))
    outcomes = race(register, register, register)
    assert all(outcome.won for outcome in outcomes), outcomes
    assert sorted(outcome.value[0] for outcome in outcomes) == [False, True, True]
    assert len({outcome.value[1] for outcome in outcomes}) == 1
    with fresh_app.app_context():
        for model in (Lot, LotGrade):
            assert db.session.scalar(select(func.count()).select_from(model)) == 1
        registered = select(func.count()).where(AuditRecord.tag == "lots:lot:registered")
        assert db.session.scalar(registered) == 1


def test_one_id_with_two_weights_is_one_lot_and_one_conflict(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, producer: UUID
) -> None:
    light = fibre(producer, now)
    heavy = fibre(producer, now, id=light.id, gross_g=30_000)
    outcomes = race(registering(cast, now, light), registering(cast, now, heavy))
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    assert any(isinstance(outcome.error, IdempotencyConflict) for outcome in outcomes)
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Lot)) == 1


def test_numbers_never_repeat(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, producer: UUID
) -> None:
    def register() -> object:
        with atomic() as session:
            batch = [fibre(producer, now) for _ in range(25)]
            return [
                one.number
                for one in register_lots(session, actor=cast.clerk.actor, now=now, deliveries=batch)
            ]

    outcomes = race(register, register, register, register)
    numbers = [number for outcome in outcomes for number in outcome.value]
    assert sorted(numbers) == [f"CC01-{number:06d}" for number in range(1, 101)]


def test_the_same_file_read_twice_at_once_adds_each_row_once(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, producer: UUID
) -> None:
    def read() -> object:
        with atomic() as session:
            batch = [fibre(producer, now, source_key=f"row-{number}") for number in range(20)]
            results = register_lots(session, actor=cast.clerk.actor, now=now, deliveries=batch)
            return [one.status.value for one in results]

    outcomes = race(read, read)
    statuses = sorted(status for outcome in outcomes for status in outcome.value)
    assert statuses == ["duplicate"] * 20 + ["stored"] * 20


def test_of_two_confirmations_one_wins(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, producer: UUID
) -> None:
    with fresh_app.app_context(), atomic() as session:
        lot_id = make_lot(session, now, fibre(producer, now)).id

    def confirming(person: Person) -> Callable[[], object]:
        def confirm() -> object:
            with atomic() as session:
                return confirm_grade(session, actor=person.actor, now=now, lot_id=lot_id).grade_key

        return confirm

    outcomes = race(confirming(cast.grader), confirming(cast.everything))
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    assert any(isinstance(outcome.error, Conflict) for outcome in outcomes)
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).where(LotGrade.kind == "confirmation")) == 1
