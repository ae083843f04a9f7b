"""Corrections by reversal: both versions stay, linked, and the producer is told."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.lots.errors import AlreadyCorrected, LotHeld, LotMadeHere, LotNotCorrectable, LotUsed, ReasonNeeded
from chain.lots.models import Lot, ProducerNotice
from chain.lots.queries.notices import notices_of, successor_of
from chain.lots.rules import LotState
from chain.lots.services import cancel_lot, confirm_grade, notices
from chain.lots.services.corrections import changes_between, correct_lot
from chain.lots.services.notices import mark_notice_read
from tests.support.cast import Cast
from tests.support.lots import fibre, make_lot, make_producer

WHY = "La tara era de otro saco"


def test_the_old_lot_is_cancelled_and_the_new_one_points_at_it(
    session: Session, cast: Cast, now: datetime
) -> None:
    producer = make_producer(session, now)
    old = make_lot(session, now, fibre(producer, now))
    right = fibre(producer, now, tare_g=800)
    done = correct_lot(
        session, actor=cast.second_clerk.actor, now=now, lot_id=old.id, delivery=right, reason=WHY
    )
    assert (old.state, done.new.state, done.new.replaces_id) == ("cancelled", "registered", old.id)
    assert done.new.registered_by == cast.second_clerk.id
    found = successor_of(session, old.id)
    assert found is not None
    assert found.id == done.new.id
    assert changes_between(old, done.new) == {"quantity": (12_500, 12_200), "tare_g": (500, 800)}
    record = session.scalars(select(AuditRecord).where(AuditRecord.tag == "lots:lot:corrected")).one()
    assert record.after is not None
    assert (record.subject_id, record.after["reason"], record.after["tare_g"]) == (done.new.id, WHY, 800)


def test_the_producer_is_told_what_changed(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    old = make_lot(session, now, fibre(producer, now))
    right = fibre(producer, now, tare_g=800)
    new = correct_lot(session, actor=cast.clerk.actor, now=now, lot_id=old.id, delivery=right, reason=WHY).new
    (told,) = notices_of(session, producer)
    assert str(told.message) == notices.CORRECTED_KG % {
        "old": old.number,
        "number": new.number,
        "before": "12.5",
        "after": "12.2",
        "reason": WHY,
    }


def test_a_delivery_of_the_wrong_person_is_told_to_both(session: Session, cast: Cast, now: datetime) -> None:
    wrong, right = make_producer(session, now), make_producer(session, now, name="Juana Mamani")
    old = make_lot(session, now, fibre(wrong, now))
    correct_lot(
        session, actor=cast.clerk.actor, now=now, lot_id=old.id, delivery=fibre(right, now), reason=WHY
    )
    assert [one.msgid for one in notices_of(session, wrong)] == [notices.NOT_YOURS]
    assert [one.msgid for one in notices_of(session, right)] == [notices.CORRECTED]


def test_a_cancellation_is_told_too(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    lot = make_lot(session, now, fibre(producer, now))
    cancel_lot(session, actor=cast.clerk.actor, now=now, lot_id=lot.id, reason="Se registró dos veces")
    (told,) = notices_of(session, producer)
    assert (told.msgid, told.params["number"]) == (notices.CANCELLED, lot.number)


def test_the_same_correction_again_changes_nothing(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    old = make_lot(session, now, fibre(producer, now))
    right = fibre(producer, now, tare_g=800)

    def correct(reason: str = WHY, **changes: object) -> bool:
        delivery = replace(right, **changes)  # type: ignore[arg-type]  # fields of a delivery
        return correct_lot(
            session, actor=cast.clerk.actor, now=now, lot_id=old.id, delivery=delivery, reason=reason
        ).duplicate

    assert not correct()
    assert correct()
    assert len(notices_of(session, producer)) == 1
    with pytest.raises(IdempotencyConflict):
        correct(tare_g=900)
    with pytest.raises(AlreadyCorrected):
        correct(id=new_id())


def test_a_correction_may_be_corrected(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    lot = make_lot(session, now, fibre(producer, now))
    for tare in (600, 700):
        lot = correct_lot(
            session,
            actor=cast.clerk.actor,
            now=now,
            lot_id=lot.id,
            delivery=fibre(producer, now, tare_g=tare),
            reason=WHY,
        ).new
    assert lot.tare_g == 700
    assert session.query(Lot).filter(Lot.state != "cancelled").count() == 1


@pytest.mark.parametrize("state", [LotState.OFFERED, LotState.SOLD, LotState.SETTLED])
def test_what_others_acted_on_is_not_corrected(
    session: Session, cast: Cast, now: datetime, state: LotState
) -> None:
    producer = make_producer(session, now)
    lot = make_lot(session, now, fibre(producer, now))
    lot.state = state.value
    session.flush()
    with pytest.raises(LotNotCorrectable):
        correct_lot(
            session,
            actor=cast.clerk.actor,
            now=now,
            lot_id=lot.id,
            delivery=fibre(producer, now),
            reason=WHY,
        )


def test_used_and_held_lots_are_not_corrected_nor_cancelled(
    session: Session, cast: Cast, now: datetime
) -> None:
    producer = make_producer(session, now)
    used, held = (make_lot(session, now, fibre(producer, now)) for _ in range(2))
    used.used_by_event_id, held.is_held = new_id(), True
    session.flush()
    for lot, refusal in ((used, LotUsed), (held, LotHeld)):
        with pytest.raises(refusal):
            correct_lot(
                session,
                actor=cast.clerk.actor,
                now=now,
                lot_id=lot.id,
                delivery=fibre(producer, now),
                reason=WHY,
            )
        with pytest.raises(refusal):
            cancel_lot(session, actor=cast.clerk.actor, now=now, lot_id=lot.id, reason=WHY)


def test_a_lot_that_was_made_here_is_neither_corrected_nor_cancelled(
    session: Session, cast: Cast, now: datetime
) -> None:
    producer = make_producer(session, now)
    source = make_lot(session, now, fibre(producer, now))
    made = Lot(
        id=new_id(),
        organisation_id=source.organisation_id,
        number="CC01-009999",
        commodity="yarn",
        origin="derived",
        delivered_at=now,
        delivered_on=now.date(),
        quantity=900,
        unit="g",
        attributes={},
        registered_at=now,
        content_hash="0" * 64,
    )
    session.add(made)
    session.flush()
    with pytest.raises(LotNotCorrectable):
        correct_lot(
            session,
            actor=cast.clerk.actor,
            now=now,
            lot_id=made.id,
            delivery=fibre(producer, now),
            reason=WHY,
        )
    with pytest.raises(LotMadeHere):
        cancel_lot(session, actor=cast.clerk.actor, now=now, lot_id=made.id, reason=WHY)


def test_a_graded_lot_goes_back_to_the_second_person(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    lot = make_lot(session, now, fibre(producer, now))
    confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=lot.id)
    new = correct_lot(
        session,
        actor=cast.clerk.actor,
        now=now,
        lot_id=lot.id,
        delivery=fibre(producer, now, tare_g=600),
        reason=WHY,
    ).new
    assert (new.state, new.grade_confirmed) == ("registered", False)


def test_corrections_need_permission_reason_and_a_believable_delivery(
    session: Session, cast: Cast, now: datetime
) -> None:
    producer = make_producer(session, now)
    lot = make_lot(session, now, fibre(producer, now))
    with pytest.raises(Forbidden):
        correct_lot(
            session,
            actor=cast.grader.actor,
            now=now,
            lot_id=lot.id,
            delivery=fibre(producer, now),
            reason=WHY,
        )
    with pytest.raises(NotFound):
        correct_lot(
            session,
            actor=cast.outsider.actor,
            now=now,
            lot_id=lot.id,
            delivery=fibre(producer, now),
            reason=WHY,
        )
    with pytest.raises(ReasonNeeded):
        correct_lot(
            session,
            actor=cast.clerk.actor,
            now=now,
            lot_id=lot.id,
            delivery=fibre(producer, now),
            reason=" x ",
        )
    with pytest.raises(ValidationFailed), session.begin_nested():
        correct_lot(
            session,
            actor=cast.clerk.actor,
            now=now,
            lot_id=lot.id,
            delivery=fibre(producer, now, tare_g=99_000),
            reason=WHY,
        )
    assert lot.state == "registered"


def test_a_notice_is_read_once_and_by_its_producer_only(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    lot = make_lot(session, now, fibre(producer, now))
    cancel_lot(session, actor=cast.clerk.actor, now=now, lot_id=lot.id, reason=WHY)
    notice = session.scalars(select(ProducerNotice)).one()
    with pytest.raises(NotFound):
        mark_notice_read(session, actor=cast.producer.actor, now=now, notice_id=notice.id)
    from chain.producers.models import Producer

    session.get_one(Producer, producer).user_id = cast.producer.id
    session.flush()
    mark_notice_read(session, actor=cast.producer.actor, now=now, notice_id=notice.id)
    mark_notice_read(session, actor=cast.producer.actor, now=now + timedelta(days=1), notice_id=notice.id)
    assert notice.read_at == now
