"""Single registrations that many requests send at once share transactions, and nothing else."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import pytest
import structlog
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.core.db import atomic, db
from chain.core.errors import Forbidden, IdempotencyConflict, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.lots import intake
from chain.lots.models import Lot, LotGrade
from chain.lots.rules import Delivery
from chain.lots.services import Ask, ItemResult, register_asked
from tests.support.cast import Cast, Person
from tests.support.lots import fibre, make_producer
from tests.support.patience import PATIENCE_SECONDS
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]


@pytest.fixture(autouse=True)
def _clock(set_clock: Callable[[datetime], None], now: datetime) -> None:
    set_clock(now)


@pytest.fixture
def producer(fresh_app: Flask, now: datetime) -> UUID:
    with fresh_app.app_context(), atomic() as session:
        return make_producer(session, now)


@pytest.fixture
def gather(fresh_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[int]]:
    """Hold the first transaction back until a number of requests wait; the returned list fills with sizes of groups."""

    def hold(expected: int) -> list[int]:
        sizes: list[int] = []

        def write(session: Session, *, now: datetime, asks: Sequence[Ask]) -> list[ItemResult]:
            sizes.append(len(asks))
            if len(sizes) == 1:
                _wait_for(fresh_app, expected - len(asks))
            return register_asked(session, now=now, asks=asks)

        monkeypatch.setattr(intake, "register_asked", write)
        return sizes

    return hold


def _wait_for(app: Flask, others: int) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while len(app.extensions[intake.EXTENSION]._waiting) < others:
        assert time.monotonic() < give_up, "the others never came"
        time.sleep(0.002)


def taking_in(person: Person, delivery: Delivery, request_id: str) -> Callable[[], tuple[str, str | None]]:
    """Register as a request would; the runner returns status and number."""

    def take() -> tuple[str, str | None]:
        structlog.contextvars.bind_contextvars(request_id=request_id)
        done = intake.take_in(person.actor, delivery).result
        return done.status.value, done.number

    return take


def request_ids_of(app: Flask) -> dict[UUID, str]:
    """Return the request that each registered lot is ascribed to."""
    with app.app_context():
        rows = db.session.execute(
            select(AuditRecord.subject_id, AuditRecord.request_id).where(
                AuditRecord.tag == "lots:lot:registered"
            )
        ).all()
    assert len({row.subject_id for row in rows}) == len(rows), "one record for each lot"
    return {row.subject_id: row.request_id for row in rows}


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_different_deliveries_are_all_stored_each_under_its_own_request(
    race: Race,
    fresh_app: Flask,
    cast: Cast,
    now: datetime,
    producer: UUID,
    gather: Callable[[int], list[int]],
) -> None:
    sizes = gather(16)
    deliveries = [fibre(producer, now, gross_g=10_000 + place) for place in range(16)]
    people = [cast.clerk, cast.second_clerk]
    outcomes = race(
        *[
            taking_in(people[place % 2], delivery, f"request-{place:02d}")
            for place, delivery in enumerate(deliveries)
        ]
    )
    assert [outcome.error for outcome in outcomes] == [None] * 16
    assert {outcome.value[0] for outcome in outcomes} == {"stored"}
    assert sorted(outcome.value[1] for outcome in outcomes) == [f"CC01-{one:06d}" for one in range(1, 17)]
    assert (len(sizes), sum(sizes)) == (2, 16)
    assert request_ids_of(fresh_app) == {
        delivery.id: f"request-{place:02d}" for place, delivery in enumerate(deliveries)
    }
    with fresh_app.app_context():
        by = dict(db.session.execute(select(Lot.id, Lot.registered_by)).tuples().all())
    assert by == {delivery.id: people[place % 2].id for place, delivery in enumerate(deliveries)}


def test_one_id_sent_many_times_is_one_lot_of_one_request(
    race: Race,
    fresh_app: Flask,
    cast: Cast,
    now: datetime,
    producer: UUID,
    gather: Callable[[int], list[int]],
) -> None:
    gather(10)
    delivery = fibre(producer, now)
    outcomes = race(*[taking_in(cast.clerk, delivery, f"request-{place:02d}") for place in range(10)])
    assert [outcome.error for outcome in outcomes] == [None] * 10
    statuses = [outcome.value[0] for outcome in outcomes]
    assert sorted(statuses) == ["duplicate"] * 9 + ["stored"]
    assert {outcome.value[1] for outcome in outcomes} == {"CC01-000001"}
    assert (count(fresh_app, Lot), count(fresh_app, LotGrade)) == (1, 1)
    assert request_ids_of(fresh_app) == {delivery.id: f"request-{statuses.index('stored'):02d}"}


def test_one_id_with_two_contents_is_one_lot_and_clear_conflicts(
    race: Race,
    fresh_app: Flask,
    cast: Cast,
    now: datetime,
    producer: UUID,
    gather: Callable[[int], list[int]],
) -> None:
    gather(6)
    light = fibre(producer, now)
    heavy = fibre(producer, now, id=light.id, gross_g=30_000)
    outcomes = race(
        *[taking_in(cast.clerk, light, f"light-{place:02d}") for place in range(3)],
        *[taking_in(cast.second_clerk, heavy, f"heavy-{place:02d}") for place in range(3)],
    )
    lost = [outcome for outcome in outcomes if not outcome.won]
    assert len(lost) == 3
    assert all(isinstance(outcome.error, IdempotencyConflict) for outcome in lost)
    assert sorted(outcome.value[0] for outcome in outcomes if outcome.won) == [
        "duplicate",
        "duplicate",
        "stored",
    ]
    assert count(fresh_app, Lot) == 1


def test_a_refused_request_with_the_same_id_lends_the_stored_one_nothing(
    race: Race,
    fresh_app: Flask,
    cast: Cast,
    now: datetime,
    producer: UUID,
    gather: Callable[[int], list[int]],
) -> None:
    gather(6)
    good = fibre(producer, now)
    bad = fibre(producer, now, id=good.id, tare_g=20_000)
    outcomes = race(
        *[taking_in(cast.clerk, bad, f"bad-{place:04d}") for place in range(5)],
        taking_in(cast.clerk, good, "good-0000"),
    )
    assert outcomes[5].value == ("stored", "CC01-000001")
    assert all(isinstance(outcome.error, ValidationFailed) for outcome in outcomes[:5])
    assert request_ids_of(fresh_app) == {good.id: "good-0000"}


def test_poisoned_deliveries_do_not_harm_the_others(
    race: Race,
    fresh_app: Flask,
    cast: Cast,
    now: datetime,
    producer: UUID,
    gather: Callable[[int], list[int]],
) -> None:
    sizes = gather(13)
    good = [fibre(producer, now, gross_g=10_000 + place) for place in range(8)]
    crashing = fibre(
        producer, now, import_batch_id=new_id()
    )  # no such file: the database refuses the whole statement
    outcomes = race(
        *[taking_in(cast.clerk, one, f"good-{place:04d}") for place, one in enumerate(good[:4])],
        taking_in(cast.clerk, crashing, "poison-1"),
        taking_in(cast.grader, fibre(producer, now), "poison-2"),
        taking_in(cast.clerk, fibre(producer, now, gross_g=-1), "poison-3"),
        taking_in(cast.clerk, fibre(new_id(), now), "poison-4"),
        taking_in(cast.outsider, fibre(producer, now), "poison-5"),
        *[taking_in(cast.second_clerk, one, f"good-{place:04d}") for place, one in enumerate(good[4:], 4)],
    )
    refusals = [outcome.error for outcome in outcomes[4:9]]
    expected = (IntegrityError, Forbidden, ValidationFailed, ValidationFailed, ValidationFailed)
    for error, kind in zip(refusals, expected, strict=True):
        assert isinstance(error, kind), error
    stored = [*outcomes[:4], *outcomes[9:]]
    assert [outcome.error for outcome in stored] == [None] * 8
    assert sorted(outcome.value[1] for outcome in stored) == [f"CC01-{one:06d}" for one in range(1, 9)]
    assert request_ids_of(fresh_app) == {one.id: f"good-{place:04d}" for place, one in enumerate(good)}
    assert count(fresh_app, LotGrade) == 8
    assert sum(sizes) > 13, "the group was written again, one by one"


def test_two_houses_share_a_transaction_and_keep_their_own_numbers(
    race: Race,
    fresh_app: Flask,
    cast: Cast,
    now: datetime,
    producer: UUID,
    gather: Callable[[int], list[int]],
) -> None:
    gather(8)
    with fresh_app.app_context(), atomic() as session:
        theirs = make_producer(session, now, actor=cast.outsider.actor)
    outcomes = race(
        *[taking_in(cast.clerk, fibre(producer, now), f"ours-{one:04d}") for one in range(4)],
        *[taking_in(cast.outsider, fibre(theirs, now), f"theirs-{one:02d}") for one in range(4)],
    )
    numbers = sorted(outcome.value[1] for outcome in outcomes)
    assert numbers == [f"CC0{house}-{one:06d}" for house in (1, 2) for one in range(1, 5)]
