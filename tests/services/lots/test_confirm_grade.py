from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, NotFound, SamePerson
from chain.core.ids import new_id
from chain.lots.errors import AlreadyGraded, ClassNeeded, LotStateRefused, NoteNeeded, UnknownClass
from chain.lots.models import Lot, LotGrade
from chain.lots.queries import grades_of, history_of
from chain.lots.services import cancel_lot, confirm_grade, confirm_proposals
from tests.support.cast import Cast
from tests.support.lots import carcass, fibre, make_lot, make_producer, milk
from tests.support.queries import Queries


@pytest.fixture
def lot(session: Session, now: datetime) -> Lot:
    return make_lot(session, now, fibre(make_producer(session, now), now))


def test_a_second_person_confirms_the_proposal(session: Session, cast: Cast, now: datetime, lot: Lot) -> None:
    done = confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=lot.id)
    assert (done.state, done.grade_key, done.grade_confirmed) == ("graded", "baby", True)
    kinds = [(one.kind, one.key, one.graded_by) for one in grades_of(session, lot.id)]
    assert kinds == [("proposal", "baby", cast.clerk.name), ("confirmation", "baby", cast.grader.name)]
    assert [one.tag for one in history_of(session, lot.id)] == ["lots:lot:registered", "lots:lot:graded"]


def test_another_class_needs_a_note_and_keeps_it(
    session: Session, cast: Cast, now: datetime, lot: Lot
) -> None:
    with pytest.raises(NoteNeeded):
        confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=lot.id, key="fleece", note=" ")
    confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=lot.id, key="fleece", note="Tiene cerda")
    assert lot.grade_key == "fleece"
    kept = session.scalars(select(LotGrade).where(LotGrade.kind == "confirmation")).one()
    assert kept.reasons[0]["params"] == {"note": "Tiene cerda"}


def test_a_class_that_the_norm_does_not_have_is_refused(
    session: Session, cast: Cast, now: datetime, lot: Lot
) -> None:
    with pytest.raises(UnknownClass):
        confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=lot.id, key="oro", note="Me gusta")
    assert not lot.grade_confirmed


def test_whoever_registered_it_cannot_confirm_it(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now), cast.everything.actor)
    with pytest.raises(SamePerson):
        confirm_grade(session, actor=cast.everything.actor, now=now, lot_id=lot.id)


def test_confirming_needs_the_permission_and_the_own_organisation(
    session: Session, cast: Cast, now: datetime, lot: Lot
) -> None:
    with pytest.raises(Forbidden):
        confirm_grade(session, actor=cast.second_clerk.actor, now=now, lot_id=lot.id)
    with pytest.raises(NotFound):
        confirm_grade(session, actor=cast.outsider.actor, now=now, lot_id=lot.id)


def test_a_class_is_confirmed_once(session: Session, cast: Cast, now: datetime, lot: Lot) -> None:
    confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=lot.id)
    with pytest.raises(AlreadyGraded):
        confirm_grade(session, actor=cast.everything.actor, now=now, lot_id=lot.id)


def test_a_cancelled_lot_is_not_graded(session: Session, cast: Cast, now: datetime, lot: Lot) -> None:
    cancel_lot(session, actor=cast.clerk.actor, now=now, lot_id=lot.id, reason="Pesado dos veces")
    with pytest.raises(LotStateRefused):
        confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=lot.id)


def test_fibre_that_was_not_measured_needs_a_class(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now, attributes={}))
    with pytest.raises(ClassNeeded):
        confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=lot.id)
    confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=lot.id, key="baby")
    assert lot.grade_key == "baby"


def test_milk_and_meat_without_limits_may_be_confirmed_as_undetermined(
    session: Session, cast: Cast, now: datetime
) -> None:
    producer = make_producer(session, now)
    for delivery in (milk(producer, now), carcass(producer, now)):
        lot = make_lot(session, now, delivery)
        confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=lot.id)
        assert (lot.state, lot.grade_key) == ("graded", None)


def test_many_are_confirmed_together_and_each_refusal_is_told(
    session: Session, cast: Cast, now: datetime, query_count: Callable[[], AbstractContextManager[Queries]]
) -> None:
    producer = make_producer(session, now)
    good = [make_lot(session, now, fibre(producer, now)) for _ in range(3)]
    own = make_lot(session, now, fibre(producer, now), actor=cast.everything.actor)
    done = make_lot(session, now, fibre(producer, now))
    confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=done.id)
    wanted = [one.id for one in (*good, own, done)] + [new_id()]
    with query_count() as queries:
        found = confirm_proposals(session, actor=cast.everything.actor, now=now, lot_ids=wanted)
    assert queries.count <= 8, str(queries)
    assert {lot.id for lot in found.lots} == {lot.id for lot in good}
    assert all(lot.grade_confirmed and lot.state == "graded" for lot in found.lots)
    assert [(number, type(error).__name__) for number, error in found.refused] == [
        (own.number, "SamePerson"),
        (None, "AlreadyGraded"),
        (None, "NotFound"),
    ]
    kept = session.scalars(
        select(LotGrade).where(LotGrade.lot_id == good[0].id, LotGrade.kind == "confirmation")
    )
    assert [(one.key, one.graded_by) for one in kept] == [(good[0].grade_key, cast.everything.id)]
    with pytest.raises(Forbidden):
        confirm_proposals(session, actor=cast.clerk.actor, now=now, lot_ids=wanted)
