from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.lots.models import Lot, LotGrade
from chain.lots.services import register_lot
from tests.support.cast import Cast
from tests.support.lots import CARCASS, FIBRE, carcass, fibre, make_lot, make_producer, milk


def test_a_delivery_of_fibre_becomes_a_numbered_lot_with_its_class(
    session: Session, cast: Cast, now: datetime
) -> None:
    producer = make_producer(session, now)
    lot = make_lot(session, now, fibre(producer, now))
    assert lot.number == "CC01-000001"
    assert (lot.quantity, lot.unit, lot.gross_g, lot.tare_g) == (12_500, "g", 13_000, 500)
    assert (lot.grade_scheme, lot.grade_edition, lot.grade_key) == ("ntp-231.301", "2014", "baby")
    assert (lot.state, lot.grade_confirmed, lot.claim) == ("registered", False, "conventional")
    assert (lot.micron_tenths, lot.colour) == (224, "white")
    assert lot.registered_by == cast.clerk.id
    assert lot.delivered_at == now
    assert lot.attributes == FIBRE


def test_the_proposal_is_kept_with_its_reasons_and_the_registration_is_audited(
    session: Session, now: datetime
) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    grade = session.scalars(select(LotGrade).where(LotGrade.lot_id == lot.id)).one()
    assert (grade.kind, grade.key) == ("proposal", "baby")
    assert "microns" in grade.reasons[0]["msgid"]
    record = session.scalars(select(AuditRecord).where(AuditRecord.subject_id == lot.id)).one()
    assert record.tag == "lots:lot:registered"
    assert record.after is not None
    assert record.after["number"] == lot.number
    assert record.before is None


def test_numbers_go_on_from_lot_to_lot(session: Session, now: datetime) -> None:
    producer = make_producer(session, now)
    numbers = [make_lot(session, now, fibre(producer, now)).number for _ in range(3)]
    assert numbers == ["CC01-000001", "CC01-000002", "CC01-000003"]


def test_milk_is_kept_in_millilitres_with_its_own_attributes(session: Session, now: datetime) -> None:
    lot = make_lot(session, now, milk(make_producer(session, now), now))
    assert (lot.quantity, lot.unit, lot.gross_g) == (23_500, "ml", None)
    assert lot.attributes["fat_pct"] == "3.6"
    assert lot.attributes["density_g_ml"] == "1.03"
    assert lot.grade_scheme == "ntp-202.001"


def test_a_carcass_keeps_the_class_that_a_person_chose(session: Session, now: datetime) -> None:
    producer = make_producer(session, now)
    unknown = make_lot(session, now, carcass(producer, now))
    chosen = make_lot(session, now, carcass(producer, now, chosen_key="extra"))
    assert (unknown.grade_key, chosen.grade_key) == (None, "extra")
    assert chosen.attributes == CARCASS


def test_the_same_delivery_twice_is_stored_once(session: Session, cast: Cast, now: datetime) -> None:
    delivery = fibre(make_producer(session, now), now)
    first = register_lot(session, actor=cast.clerk.actor, now=now, delivery=delivery)
    again = register_lot(session, actor=cast.clerk.actor, now=now + timedelta(hours=1), delivery=delivery)
    assert (first.duplicate, again.duplicate) == (False, True)
    assert again.lot.number == first.lot.number
    assert session.scalar(select(func.count()).select_from(Lot)) == 1


def test_the_same_id_with_another_weight_is_a_conflict(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    lot = make_lot(session, now, fibre(producer, now))
    with pytest.raises(IdempotencyConflict):
        register_lot(
            session, actor=cast.clerk.actor, now=now, delivery=fibre(producer, now, id=lot.id, gross_g=14_000)
        )


def test_an_id_of_another_organisation_is_a_conflict_and_tells_nothing(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    theirs = make_producer(session, now, actor=cast.outsider.actor)
    with pytest.raises(IdempotencyConflict):
        register_lot(session, actor=cast.outsider.actor, now=now, delivery=fibre(theirs, now, id=lot.id))


def test_a_producer_of_another_organisation_is_unknown(session: Session, cast: Cast, now: datetime) -> None:
    theirs = make_producer(session, now, actor=cast.outsider.actor)
    for producer in (theirs, new_id()):
        with pytest.raises(ValidationFailed) as refused:
            register_lot(session, actor=cast.clerk.actor, now=now, delivery=fibre(producer, now))
        assert list(refused.value.errors) == ["producer_id"]
    assert session.scalar(select(func.count()).select_from(Lot)) == 0


def test_who_may_not_register_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    for person in (cast.grader, cast.treasurer, cast.buyer, cast.auditor):
        with pytest.raises(Forbidden):
            register_lot(session, actor=person.actor, now=now, delivery=fibre(producer, now))


def test_the_day_is_that_of_the_centre(session: Session, now: datetime) -> None:
    late = now.replace(hour=3)  # 22:00 of the day before in Lima
    lot = make_lot(session, now, fibre(make_producer(session, now), late))
    assert lot.delivered_on.isoformat() == "2026-03-15"
