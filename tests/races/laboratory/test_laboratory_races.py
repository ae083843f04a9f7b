from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from chain.accounts.rules import Actor, Role
from chain.core.db import atomic, db
from chain.core.errors import Conflict, IdempotencyConflict
from chain.core.ids import new_id
from chain.laboratory.errors import ChoiceUnchanged, OpinionClosed, OpinionExists
from chain.laboratory.models import Measurement, MeasurementChoice, Sample, SecondOpinion
from chain.laboratory.services import (
    ask_second_opinion,
    choose_measurement,
    decide_second_opinion,
    import_measurements,
    open_measurements,
    record_measurement,
    take_sample,
)
from chain.lots.models import Lot, LotGrade, ProducerNotice
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.services import change_lot_states
from tests.support.cast import Cast, Person
from tests.support.laboratory import (
    file_with,
    graded_lot,
    make_instrument,
    measure,
    ofda_mapping,
    reading,
    sampled_lots,
)
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]


def count(app: Flask, model: type, *conditions: object) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0  # type: ignore[arg-type]


def as_grader(person: Person) -> Actor:
    """The person with the duty of a controller."""
    return Actor(
        user_id=person.id,
        organisation_id=person.house.id,
        organisation_kind=person.house.kind,
        roles=frozenset({Role.GRADER}),
    )


def graded(app: Flask, now: datetime) -> UUID:
    with app.app_context(), atomic() as session:
        return graded_lot(session, now).id


def test_two_people_decide_one_second_opinion(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    lot_id = graded(fresh_app, now)
    with fresh_app.app_context(), atomic() as session:
        opinion_id = ask_second_opinion(
            session, actor=cast.clerk.actor, now=now, id=new_id(), lot_id=lot_id, reason="No conforme"
        )[0].id

    def deciding(person: Person, key: str) -> Callable[[], object]:
        def decide() -> object:
            with atomic() as session:
                row = decide_second_opinion(
                    session, actor=as_grader(person), now=now, opinion_id=opinion_id, key=key, note="A ciegas"
                )
                return row.found_key

        return decide

    outcomes = race(deciding(cast.treasurer, "fleece"), deciding(cast.accountant, "super_baby"))
    keys = [one.value for one in outcomes if one.won]
    if not keys:  # a class that this norm does not have
        raise AssertionError(outcomes)
    assert len(keys) == 1
    assert count(fresh_app, LotGrade, LotGrade.kind == "second_opinion") == 1
    assert count(fresh_app, ProducerNotice) == 1
    with fresh_app.app_context():
        assert db.session.get_one(Lot, lot_id).grade_key == keys[0]


def test_two_people_ask_about_one_class(race: Race, fresh_app: Flask, cast: Cast, now: datetime) -> None:
    lot_id = graded(fresh_app, now)

    def asking(person: Person) -> Callable[[], object]:
        def ask() -> object:
            with atomic() as session:
                return ask_second_opinion(
                    session, actor=person.actor, now=now, id=new_id(), lot_id=lot_id, reason="No conforme"
                )[0].id

        return ask

    outcomes = race(asking(cast.clerk), asking(cast.seller))
    assert sum(one.won for one in outcomes) == 1
    assert all(isinstance(one.error, OpinionExists) for one in outcomes if not one.won)
    assert (count(fresh_app, SecondOpinion), count(fresh_app, Sample)) == (1, 1)


def test_one_file_sent_twice_at_once_is_stored_once(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    with fresh_app.app_context(), atomic() as session:
        codes = [code for _, code in sampled_lots(session, now, 3)]
        instrument_id = make_instrument(session, now, ofda_mapping()).id
    content = file_with("ofda-synthetic.csv", codes)

    def bring() -> object:
        actor = cast.clerk.actor
        file = open_measurements(
            db.session, actor=actor, instrument_id=instrument_id, content=content, file_name="x.csv"
        )
        with atomic() as session:
            report = import_measurements(session, actor=actor, now=now, id=new_id(), file=file)
            return report.new, report.duplicates

    outcomes = race(bring, bring)
    assert sorted(one.value for one in outcomes) == [(0, 18), (18, 0)], outcomes
    assert count(fresh_app, Measurement) == 18


def test_two_decisions_which_value_counts(race: Race, fresh_app: Flask, cast: Cast, now: datetime) -> None:
    lot_id = graded(fresh_app, now)
    with fresh_app.app_context(), atomic() as session:
        made = measure(session, now, session.get_one(Lot, lot_id)).id

    def choose() -> object:
        with atomic() as session:
            return choose_measurement(
                session,
                actor=cast.grader.actor,
                now=now,
                id=new_id(),
                lot_id=lot_id,
                attribute="micron",
                measurement_id=made,
                reason="Informe",
            ).state

    outcomes = race(choose, choose)
    assert sum(one.won for one in outcomes) == 1
    assert all(isinstance(one.error, ChoiceUnchanged) for one in outcomes if not one.won)
    assert count(fresh_app, MeasurementChoice) == 1
    assert count(fresh_app, LotGrade, LotGrade.kind == "recalculation") == 1


def test_a_decision_and_an_offer(race: Race, fresh_app: Flask, cast: Cast, now: datetime) -> None:
    """Whoever is first wins: an offered lot keeps its class, and a lot that waits for confirmation is not offered."""
    lot_id = graded(fresh_app, now)
    with fresh_app.app_context(), atomic() as session:
        made = measure(session, now, session.get_one(Lot, lot_id)).id

    def choose() -> object:
        with atomic() as session:
            return choose_measurement(
                session,
                actor=cast.grader.actor,
                now=now,
                id=new_id(),
                lot_id=lot_id,
                attribute="micron",
                measurement_id=made,
                reason="Informe",
            ).state

    def offer() -> object:
        with atomic() as session:
            lots = lock_lots(session, cast.centre.id, [lot_id])
            change_lot_states(session, actor=cast.seller.actor, now=now, lots=lots, to=LotState.OFFERED)
            return "offered"

    outcomes = race(choose, offer)
    assert sum(one.won for one in outcomes) == 1, outcomes
    assert all(isinstance(one.error, Conflict) for one in outcomes if not one.won)


def test_the_same_id_twice_at_once_is_one_sample_and_one_value(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    lot_id, sample_id, value_id = graded(fresh_app, now), new_id(), new_id()

    def take() -> object:
        with atomic() as session:
            return take_sample(session, actor=cast.clerk.actor, now=now, id=sample_id, lot_id=lot_id)[0].code

    def record() -> object:
        with atomic() as session:
            made = reading(now, id=value_id, lot_id=lot_id)
            return record_measurement(session, actor=cast.clerk.actor, now=now, reading=made)[0].id

    for runner, model in ((take, Sample), (record, Measurement)):
        outcomes = race(runner, runner)
        assert any(one.won for one in outcomes)
        assert all(isinstance(one.error, IdempotencyConflict) for one in outcomes if not one.won), outcomes
        assert count(fresh_app, model) == 1


def test_a_late_decision_and_the_worker(race: Race, fresh_app: Flask, cast: Cast, now: datetime) -> None:
    from chain.laboratory.services import lapse_second_opinion

    lot_id = graded(fresh_app, now)
    with fresh_app.app_context(), atomic() as session:
        opinion, _ = ask_second_opinion(
            session, actor=cast.clerk.actor, now=now, id=new_id(), lot_id=lot_id, reason="No conforme"
        )
        opinion_id, deadline = opinion.id, opinion.deadline

    def decide() -> object:
        with atomic() as session:
            return decide_second_opinion(
                session,
                actor=cast.everything.actor,
                now=deadline,
                opinion_id=opinion_id,
                key="fleece",
                note="A ciegas",
            ).state

    def lapse() -> object:
        with atomic() as session:
            return lapse_second_opinion(
                session, actor=as_grader(cast.grader), now=deadline, opinion_id=opinion_id
            )

    outcomes = race(decide, lapse)
    decided = outcomes[0].won
    assert outcomes[1].value is not decided
    assert decided or isinstance(outcomes[0].error, OpinionClosed)
    assert count(fresh_app, ProducerNotice) == 1
