from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import OutboxMessage
from chain.core.outbox import run_next
from chain.core.paging import PageRequest
from chain.laboratory.errors import (
    NotBlind,
    NotYourOpinion,
    OpinionClosed,
    OpinionExists,
    OpinionNeedsClass,
    OpinionTooLate,
)
from chain.laboratory.models import SecondOpinion
from chain.laboratory.queries.opinions import (
    blind_queue,
    count_blind,
    get_blind_row,
    list_opinions,
    opinions_of_lot,
    own_deliveries,
)
from chain.laboratory.services import (
    ask_second_opinion,
    decide_second_opinion,
    set_terms,
    withdraw_second_opinion,
)
from chain.laboratory.services.opinions import apply_finding, ask_own_opinion
from chain.lots.errors import ClassFixed
from chain.lots.models import Lot, ProducerNotice
from chain.lots.queries import grades_of, lock_lots
from chain.lots.rules import LotState
from chain.lots.services import change_lot_states
from chain.producers.models import Producer
from tests.support.cast import Cast, Person
from tests.support.laboratory import graded_lot
from tests.support.lots import fibre, make_lot, make_producer


def ask(session: Session, now: datetime, person: Person, lot: Lot, **changes: Any) -> SecondOpinion:
    values: dict[str, Any] = {"id": new_id(), "reason": "No estoy conforme con la clase"}
    return ask_second_opinion(session, actor=person.actor, now=now, lot_id=lot.id, **(values | changes))[0]


def decide(
    session: Session,
    now: datetime,
    person: Person,
    opinion: SecondOpinion,
    key: str = "fleece",
    note: str = "Cerda",
) -> SecondOpinion:
    return decide_second_opinion(
        session, actor=person.actor, now=now, opinion_id=opinion.id, key=key, note=note
    )


def notices(session: Session) -> list[str]:
    return [one.msgid for one in session.scalars(select(ProducerNotice).order_by(ProducerNotice.created_at))]


def test_the_regrader_sees_the_sample_and_nothing_of_the_lot(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = graded_lot(session, now)
    opinion = ask(session, now, cast.clerk, lot)
    (row,) = blind_queue(session, cast.everything.actor, PageRequest(), now=now).items
    shown = repr(row)
    assert row.id == opinion.id
    assert (row.commodity, row.deadline) == ("alpaca-fibre", now + timedelta(days=7))
    assert lot.number not in shown
    assert "baby" not in shown
    assert str(lot.id) not in shown
    assert "Quispe" not in shown


def test_a_changed_class_is_a_new_record_that_counts(session: Session, cast: Cast, now: datetime) -> None:
    lot = graded_lot(session, now)
    opinion = ask(session, now, cast.clerk, lot)
    decide(session, now, cast.everything, opinion)
    assert (opinion.state, opinion.is_upheld, opinion.found_key) == ("decided", False, "fleece")
    assert (lot.grade_key, lot.grade_confirmed, lot.state) == ("fleece", True, "graded")
    kinds = {(one.kind, one.key) for one in grades_of(session, lot.id)}
    assert kinds == {("proposal", "baby"), ("confirmation", "baby"), ("second_opinion", "fleece")}
    assert len(notices(session)) == 1
    assert "is now" in notices(session)[0]


def test_an_upheld_class_leaves_the_grades_alone(session: Session, cast: Cast, now: datetime) -> None:
    lot = graded_lot(session, now)
    opinion = ask(session, now, cast.clerk, lot)
    decide(session, now, cast.everything, opinion, key="baby", note="Fina y pareja")
    assert (opinion.is_upheld, lot.grade_key, len(grades_of(session, lot.id))) == (True, "baby", 2)
    assert "stays" in notices(session)[0]


def test_a_lot_on_offer_keeps_its_class_and_the_finding_stands_on_record(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = graded_lot(session, now)
    lots = lock_lots(session, cast.centre.id, [lot.id])
    change_lot_states(session, actor=cast.seller.actor, now=now, lots=lots, to=LotState.OFFERED)
    opinion = ask(
        session, now, cast.buyer, lot, asked_for="buyer", asking_organisation_id=cast.buyer.house.id
    )
    decide(session, now, cast.everything, opinion)
    assert (lot.grade_key, lot.state) == ("baby", "offered")
    assert [one.kind for one in grades_of(session, lot.id)][-1] == "second_opinion"
    assert "already offered, sold" in notices(session)[0]


def test_a_finding_of_the_time_on_offer_can_count_once_the_lot_is_back(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = graded_lot(session, now)
    opinion = ask(session, now, cast.clerk, lot)
    lots = lock_lots(session, cast.centre.id, [lot.id])
    change_lot_states(session, actor=cast.seller.actor, now=now, lots=lots, to=LotState.OFFERED)
    grader = cast.grader.actor
    with pytest.raises(OpinionClosed):
        apply_finding(session, actor=grader, now=now, opinion_id=opinion.id)
    decide(session, now, cast.everything, opinion)
    with pytest.raises(ClassFixed):
        apply_finding(session, actor=grader, now=now, opinion_id=opinion.id)
    change_lot_states(session, actor=cast.seller.actor, now=now, lots=lots, to=LotState.GRADED)
    apply_finding(session, actor=grader, now=now, opinion_id=opinion.id)
    apply_finding(session, actor=grader, now=now, opinion_id=opinion.id)
    assert (lot.grade_key, lot.grade_confirmed, lot.state) == ("fleece", True, "graded")
    assert [one.kind for one in grades_of(session, lot.id)].count("second_opinion") == 1
    assert len(notices(session)) == 2
    with pytest.raises(Forbidden):
        apply_finding(session, actor=cast.clerk.actor, now=now, opinion_id=opinion.id)
    with pytest.raises(NotFound):
        apply_finding(session, actor=cast.outsider.actor, now=now, opinion_id=opinion.id)


def test_nobody_who_knows_the_lot_decides(session: Session, cast: Cast, now: datetime) -> None:
    lot = graded_lot(session, now)
    opinion = ask(session, now, cast.clerk, lot)
    with pytest.raises(NotBlind):
        decide(session, now, cast.grader, opinion)
    with pytest.raises(Forbidden):
        decide(session, now, cast.clerk, opinion)
    with pytest.raises(NotFound):
        decide(session, now, cast.outsider, opinion)
    assert count_blind(session, cast.grader.actor, now=now) == 0
    with pytest.raises(NotFound):
        get_blind_row(session, cast.grader.actor, opinion.id, now=now)
    own = ask(session, now, cast.everything, graded_lot(session, now))
    with pytest.raises(NotBlind):
        decide(session, now, cast.everything, own)


def test_when_one_may_ask(session: Session, cast: Cast, now: datetime) -> None:
    fresh = make_lot(session, now, fibre(make_producer(session, now, name="Ana Condori"), now))
    with pytest.raises(OpinionNeedsClass):
        ask(session, now, cast.clerk, fresh)
    lot = graded_lot(session, now)
    with pytest.raises(OpinionTooLate):
        ask(session, now + timedelta(days=10, seconds=1), cast.clerk, lot)
    first = ask(session, now + timedelta(days=10), cast.clerk, lot)
    with pytest.raises(OpinionExists):
        ask(session, now + timedelta(days=10), cast.seller, lot)
    decide(session, now + timedelta(days=11), cast.everything, first)
    with pytest.raises(OpinionExists):
        ask(session, now + timedelta(days=9), cast.clerk, lot)


def test_the_days_are_the_organisations_own(session: Session, cast: Cast, now: datetime) -> None:
    set_terms(session, actor=cast.grader.actor, now=now, ask_days=2, decide_days=1)
    lot = graded_lot(session, now)
    assert ask(session, now, cast.clerk, lot).deadline == now + timedelta(days=1)
    with pytest.raises(OpinionTooLate):
        ask(session, now + timedelta(days=3), cast.clerk, graded_lot(session, now))
    with pytest.raises(ValidationFailed):
        set_terms(session, actor=cast.grader.actor, now=now, ask_days=0, decide_days=366)
    with pytest.raises(Forbidden):
        set_terms(session, actor=cast.clerk.actor, now=now, ask_days=1, decide_days=1)


def test_who_may_ask(session: Session, cast: Cast, now: datetime) -> None:
    lot = graded_lot(session, now)
    for person, changes, refusal in (
        (cast.accountant, {}, Forbidden),
        (cast.outsider, {}, NotFound),
        (cast.buyer, {}, NotFound),
        (cast.buyer, {"asked_for": "buyer", "asking_organisation_id": cast.centre.id}, NotFound),
        (cast.clerk, {"asked_for": "buyer", "asking_organisation_id": cast.centre.id}, NotFound),
        (cast.clerk, {"asked_for": "me"}, ValidationFailed),
    ):
        with pytest.raises(refusal):
            ask(session, now, person, lot, **changes)


def test_a_producer_asks_for_own_deliveries_only(session: Session, cast: Cast, now: datetime) -> None:
    lot, other = graded_lot(session, now), graded_lot(session, now)
    assert own_deliveries(session, cast.producer.actor, now=now) == []
    session.get_one(Producer, lot.producer_id).user_id = cast.producer.id
    session.flush()
    (own,) = own_deliveries(session, cast.producer.actor, now=now)
    assert (own.id, own.ask_until) == (lot.id, now + timedelta(days=10))
    actor = cast.producer.actor
    opinion, is_new = ask_own_opinion(
        session, actor=actor, now=now, id=new_id(), lot_id=lot.id, reason="Mi fibra es fina"
    )
    again, is_again = ask_own_opinion(
        session, actor=actor, now=now, id=opinion.id, lot_id=lot.id, reason="Mi fibra es fina"
    )
    assert (opinion.asked_for, is_new, is_again, again.id) == ("producer", True, False, opinion.id)
    with pytest.raises(NotFound):
        ask_own_opinion(session, actor=actor, now=now, id=new_id(), lot_id=other.id, reason="No es mía")
    (own,) = own_deliveries(session, actor, now=now)
    assert own.ask_until is None
    assert own.opinion is not None
    assert own.opinion.state == "open"


def test_what_nobody_decides_in_time_lapses_and_may_be_asked_again(
    session: Session, cast: Cast, now: datetime
) -> None:
    import chain.laboratory.handlers  # noqa: F401 - registers the handler

    lot = graded_lot(session, now)
    opinion = ask(session, now, cast.clerk, lot)
    late = opinion.deadline + timedelta(seconds=1)
    with pytest.raises(OpinionClosed):
        decide(session, late, cast.everything, opinion)
    assert [one.state for one in opinions_of_lot(session, cast.clerk.actor, lot.id, now=late)] == ["lapsed"]
    while run_next(session, now=late):
        pass
    assert opinion.state == "lapsed"
    assert "Nobody gave" in notices(session)[0]
    assert session.scalars(
        select(OutboxMessage.state).where(OutboxMessage.kind.like("laboratory%"))
    ).all() == ["done"]
    assert ask(session, late, cast.clerk, lot).state == "open"


def test_the_worker_leaves_what_was_decided(session: Session, cast: Cast, now: datetime) -> None:
    opinion = ask(session, now, cast.clerk, graded_lot(session, now))
    decide(session, now, cast.everything, opinion)
    while run_next(session, now=opinion.deadline):
        pass
    assert opinion.state == "decided"


def test_only_who_asked_withdraws(session: Session, cast: Cast, now: datetime) -> None:
    opinion = ask(session, now, cast.clerk, graded_lot(session, now))
    with pytest.raises(NotYourOpinion):
        withdraw_second_opinion(session, actor=cast.seller.actor, now=now, opinion_id=opinion.id)
    with pytest.raises(NotFound):
        withdraw_second_opinion(session, actor=cast.outsider.actor, now=now, opinion_id=opinion.id)
    withdraw_second_opinion(session, actor=cast.clerk.actor, now=now, opinion_id=opinion.id)
    withdraw_second_opinion(session, actor=cast.clerk.actor, now=now, opinion_id=opinion.id)
    with pytest.raises(OpinionClosed):
        decide(session, now, cast.everything, opinion)


def test_the_same_answer_again_changes_nothing(session: Session, cast: Cast, now: datetime) -> None:
    opinion = ask(session, now, cast.clerk, graded_lot(session, now))
    decide(session, now, cast.everything, opinion)
    decide(session, now, cast.everything, opinion)
    assert len(notices(session)) == 1
    with pytest.raises(OpinionClosed):
        decide(session, now, cast.everything, opinion, key="baby")
    for key, note in (("", "Cerda"), ("platinum", "Cerda"), ("baby", "")):
        with pytest.raises(ValidationFailed):
            decide(session, now, cast.everything, opinion, key=key, note=note)


def test_the_same_question_with_other_words_is_a_conflict(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot, wanted = graded_lot(session, now), new_id()
    ask(session, now, cast.clerk, lot, id=wanted)
    assert ask(session, now, cast.clerk, lot, id=wanted).id == wanted
    with pytest.raises(IdempotencyConflict):
        ask(session, now, cast.clerk, lot, id=wanted, reason="Otra razón")


def test_who_may_grade_blind_does_not_see_what_is_open(session: Session, cast: Cast, now: datetime) -> None:
    lot = graded_lot(session, now)
    opinion = ask(session, now, cast.clerk, lot)
    assert list_opinions(session, cast.clerk.actor, PageRequest(), now=now).total == 1
    assert list_opinions(session, cast.everything.actor, PageRequest(), now=now).total == 0
    assert opinions_of_lot(session, cast.everything.actor, lot.id, now=now) == []
    assert list_opinions(session, cast.outsider.actor, PageRequest(), now=now).total == 0
    decide(session, now, cast.everything, opinion)
    assert list_opinions(session, cast.everything.actor, PageRequest(), now=now).total == 1
