from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, SamePerson
from chain.core.ids import new_id
from chain.grading.services import choose_scheme
from chain.laboratory.errors import ChoiceUnchanged
from chain.laboratory.queries import measurements_of
from chain.laboratory.queries.measurements import choices_of
from chain.laboratory.services import choose_measurement
from chain.lots.errors import ClassFixed, ReasonNeeded
from chain.lots.models import Lot
from chain.lots.queries import grades_of, history_of, lock_lots
from chain.lots.rules import LotState
from chain.lots.services import change_lot_states, confirm_grade
from tests.support.cast import Cast
from tests.support.laboratory import graded_lot, measure
from tests.support.lots import fibre, make_lot, make_producer, milk


def choose(
    session: Session, cast: Cast, now: datetime, lot: Lot, measurement: UUID | None, **changes: Any
) -> Lot:
    values: dict[str, Any] = {
        "actor": cast.grader.actor,
        "id": new_id(),
        "attribute": "micron",
        "reason": "Informe del laboratorio",
    }
    return choose_measurement(
        session, now=now, lot_id=lot.id, measurement_id=measurement, **(values | changes)
    )


def test_a_class_that_changes_is_a_new_record_and_waits_for_another_person(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = graded_lot(session, now)
    made = measure(session, now, lot)
    later = now + timedelta(hours=1)
    choose(session, cast, later, lot, made.id)
    assert (lot.grade_key, lot.grade_confirmed, lot.state) != ("baby", True, "graded")
    assert (lot.grade_confirmed, lot.state, lot.micron_tenths) == (False, "registered", 189)
    assert (lot.measured, lot.attributes["micron"]) == ({"micron": "18.9"}, "22.4")
    kinds = [(one.kind, one.key) for one in grades_of(session, lot.id)]
    assert kinds[:2] == [("proposal", "baby"), ("confirmation", "baby")]
    assert kinds[2][0] == "recalculation"
    assert kinds[2][1] == lot.grade_key
    with pytest.raises(SamePerson):
        confirm_grade(session, actor=cast.grader.actor, now=later, lot_id=lot.id)
    confirm_grade(session, actor=cast.everything.actor, now=later, lot_id=lot.id)
    assert (lot.state, lot.grade_confirmed) == ("graded", True)


def test_a_class_that_stays_stays_confirmed(session: Session, cast: Cast, now: datetime) -> None:
    lot = graded_lot(session, now)
    made = measure(session, now, lot, value="22.3")
    choose(session, cast, now, lot, made.id)
    assert (lot.grade_key, lot.grade_confirmed, lot.state, lot.micron_tenths) == ("baby", True, "graded", 223)
    assert [one.kind for one in grades_of(session, lot.id)][-1] == "recalculation"


def test_the_delivery_can_count_again(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    made = measure(session, now, lot)
    choose(session, cast, now, lot, made.id)
    with pytest.raises(ChoiceUnchanged):
        choose(session, cast, now, lot, made.id)
    choose(session, cast, now, lot, None, reason="La muestra era de otro saco")
    assert (lot.measured, lot.micron_tenths, lot.grade_key) == (None, 224, "baby")
    assert [one.value for one in choices_of(session, lot.id)] == [None, "18.9"]
    counting = [one for one in measurements_of(session, cast.clerk.actor, lot.id) if one.counts]
    assert {(one.attribute, one.value) for one in counting} == {("micron", "22.4"), ("length_mm", "85")}
    with pytest.raises(ChoiceUnchanged):
        choose(session, cast, now, lot, None, reason="Otra vez lo mismo")


def test_it_is_too_late_once_the_lot_is_on_offer(session: Session, cast: Cast, now: datetime) -> None:
    lot = graded_lot(session, now)
    made = measure(session, now, lot)
    lots = lock_lots(session, cast.centre.id, [lot.id])
    change_lot_states(session, actor=cast.seller.actor, now=now, lots=lots, to=LotState.OFFERED)
    with pytest.raises(ClassFixed):
        choose(session, cast, now, lot, made.id)
    assert lot.grade_key == "baby"


def test_what_does_not_belong_to_the_lot_is_not_found(session: Session, cast: Cast, now: datetime) -> None:
    lot, other = graded_lot(session, now), graded_lot(session, now)
    made = measure(session, now, other)
    with pytest.raises(NotFound):
        choose(session, cast, now, lot, made.id)
    with pytest.raises(NotFound):
        choose(session, cast, now, other, made.id, attribute="length_mm")
    with pytest.raises(NotFound):
        choose(session, cast, now, other, made.id, actor=cast.outsider.actor)
    with pytest.raises(Forbidden):
        choose(session, cast, now, other, made.id, actor=cast.clerk.actor)
    with pytest.raises(ReasonNeeded):
        choose(session, cast, now, other, made.id, reason=" ")


def test_the_same_decision_again_changes_nothing(session: Session, cast: Cast, now: datetime) -> None:
    lot = graded_lot(session, now)
    made = measure(session, now, lot)
    wanted = new_id()
    choose(session, cast, now, lot, made.id, id=wanted)
    steps = len(history_of(session, lot.id))
    choose(session, cast, now, lot, made.id, id=wanted)
    assert len(history_of(session, lot.id)) == steps
    with pytest.raises(IdempotencyConflict):
        choose(session, cast, now, lot, None, id=wanted)


def test_a_figure_that_no_class_rests_on_counts_too(session: Session, cast: Cast, now: datetime) -> None:
    lot = graded_lot(session, now)
    made = measure(session, now, lot, attribute="yield_pct", value="91.2", uncertainty=None)
    choose(session, cast, now, lot, made.id, attribute="yield_pct")
    assert (lot.measured, lot.state, lot.micron_tenths) == ({"yield_pct": "91.2"}, "graded", 224)


def milk_lot(session: Session, cast: Cast, now: datetime) -> Lot:
    """A lot of milk that is classed by a norm with confirmed limits."""
    day = now.date() - timedelta(days=1)
    choose_scheme(
        session,
        actor=cast.grader.actor,
        now=now,
        commodity="raw-milk",
        scheme="raw-milk-co",
        edition="2012",
        valid_from=day,
    )
    lot = make_lot(session, now, milk(make_producer(session, now), now))
    return confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=lot.id)


def reasons(session: Session, lot: Lot) -> str:
    return repr(grades_of(session, lot.id)[-1].reasons)


def test_what_the_laboratory_finds_in_milk_is_held_against_the_norm(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = milk_lot(session, cast, now)
    before = lot.grade_key
    values = {"attribute": "antibiotics", "value": "positive", "uncertainty": None}
    made = measure(session, now, lot, **values)
    choose(session, cast, now, lot, made.id, attribute="antibiotics")
    assert lot.measured == {"antibiotics": "positive"}
    assert lot.grade_key != before
    assert (lot.grade_confirmed, lot.state) == (False, "registered")
    assert "antibi" in reasons(session, lot).lower()


def test_a_freezing_point_on_another_scale_is_never_held_against_the_norm(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = milk_lot(session, cast, now)
    values = {"attribute": "freezing_point_c", "value": "-0.450", "uncertainty": None}
    hortvet = measure(session, now, lot, **values, basis="hortvet")
    celsius = measure(session, now, lot, **values, basis="celsius")
    before = lot.grade_key
    choose(session, cast, now, lot, hortvet.id, attribute="freezing_point_c")
    assert (lot.measured, lot.grade_key) == ({"freezing_point_c_other_scale": "-0.45"}, before)
    choose(session, cast, now, lot, celsius.id, attribute="freezing_point_c")
    assert lot.measured == {"freezing_point_c": "-0.45"}
    assert lot.grade_key != before
