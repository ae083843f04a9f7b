from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.laboratory.errors import InstrumentArchived
from chain.laboratory.queries import measurements_of, shown_measurements
from chain.laboratory.services import archive_instrument, choose_measurement, record_measurement
from chain.lots.models import Lot
from tests.support.cast import Cast
from tests.support.laboratory import make_instrument, make_sample, measure, reading
from tests.support.lots import fibre, make_lot, make_producer, milk


@pytest.fixture
def lot(session: Session, now: datetime) -> Lot:
    return make_lot(session, now, fibre(make_producer(session, now), now))


def refused_fields(session: Session, cast: Cast, now: datetime, lot: Lot, **changes: Any) -> set[str]:
    with pytest.raises(ValidationFailed) as refused:
        record_measurement(
            session, actor=cast.clerk.actor, now=now, reading=reading(now, lot_id=lot.id, **changes)
        )
    return set(refused.value.errors)


def test_several_values_stand_on_a_lot_and_the_one_of_the_delivery_counts(
    session: Session, cast: Cast, now: datetime, lot: Lot
) -> None:
    measure(session, now, lot)
    measure(session, now, lot, value="19,2", method="touch", status="estimate", uncertainty=None)
    found = [one for one in measurements_of(session, cast.auditor.actor, lot.id) if one.attribute == "micron"]
    assert [(one.value, one.method, one.counts) for one in found if one.counts] == [("22.4", "", True)]
    assert {one.value for one in found} == {"22.4", "18.9", "19.2"}
    assert lot.micron_tenths == 224


def test_the_instrument_gives_method_and_uncertainty(
    session: Session, cast: Cast, now: datetime, lot: Lot
) -> None:
    instrument = make_instrument(session, now)
    made = measure(
        session,
        now,
        lot,
        method="instrument",
        instrument_id=instrument.id,
        uncertainty=None,
        operator="L. Mamani",
    )
    assert (made.method, made.uncertainty, made.instrument_id) == ("instrument", "0.4", instrument.id)
    assert refused_fields(session, cast, now, lot, instrument_id=instrument.id) == {"method"}
    archive_instrument(session, actor=cast.grader.actor, now=now, instrument_id=instrument.id)
    with pytest.raises(InstrumentArchived):
        measure(session, now, lot, method="instrument", instrument_id=instrument.id)


def test_by_code_alone(session: Session, cast: Cast, now: datetime, lot: Lot) -> None:
    sample = make_sample(session, now, lot)
    made, _ = record_measurement(
        session, actor=cast.grader.actor, now=now, reading=reading(now, sample_code=sample.code.lower())
    )
    assert (made.lot_id, made.sample_id) == (lot.id, sample.id)
    other = make_lot(session, now, fibre(make_producer(session, now, name="Otra Persona"), now))
    with pytest.raises(NotFound):
        measure(session, now, other, sample_code=sample.code)


def test_what_is_refused(session: Session, cast: Cast, now: datetime, lot: Lot) -> None:
    def fields(**changes: Any) -> set[str]:
        return refused_fields(session, cast, now, lot, **changes)

    assert fields(attribute="fat_pct", value="3.5") == {"attribute"}
    assert fields(attribute="comfort_pct", value="98") == {"basis"}
    assert fields(value="220", method="guess", status="surely") == {"value", "method", "status"}
    assert fields(method="touch") == {"status"}
    assert fields(status="certificate") == {"document"}
    assert fields(measured_at=now + timedelta(days=1)) == {"measured_at"}
    assert fields(measured_at=now - timedelta(days=4000)) == {"measured_at"}
    assert fields(measured_at=now.replace(tzinfo=None)) == {"measured_at"}
    assert fields(uncertainty="-1") == {"uncertainty"}
    with pytest.raises(ValidationFailed):
        record_measurement(session, actor=cast.clerk.actor, now=now, reading=reading(now))


def test_a_certificate_keeps_its_number(session: Session, now: datetime, lot: Lot) -> None:
    made = measure(session, now, lot, status="certificate", document=" CF-2026/118 ")
    assert (made.status, made.document) == ("certificate", "CF-2026/118")


def test_milk_keeps_the_reference_of_its_density(session: Session, now: datetime) -> None:
    lot = make_lot(session, now, milk(make_producer(session, now), now))
    made = measure(
        session,
        now,
        lot,
        attribute="density_g_ml",
        value="1030,2",
        unit="kg/m³",
        basis="20_c",
        uncertainty="0.0003",
    )
    assert (made.value, made.unit, made.basis) == ("1.0302", "g/ml", "20_c")


def test_the_same_again_is_the_first_one(session: Session, cast: Cast, now: datetime, lot: Lot) -> None:
    wanted = new_id()
    first = measure(session, now, lot, id=wanted)
    assert measure(session, now, lot, id=wanted) is first
    with pytest.raises(IdempotencyConflict):
        measure(session, now, lot, id=wanted, value="19")


def test_who_may_record(session: Session, cast: Cast, now: datetime, lot: Lot) -> None:
    for person, refusal in ((cast.seller, Forbidden), (cast.outsider, NotFound)):
        with pytest.raises(refusal):
            record_measurement(session, actor=person.actor, now=now, reading=reading(now, lot_id=lot.id))


def test_a_measurement_is_never_changed(session: Session, now: datetime, lot: Lot) -> None:
    made = measure(session, now, lot)
    made.value = "17"
    with pytest.raises(DBAPIError):
        session.flush()


def test_a_buyer_sees_what_counts_without_names(
    session: Session, cast: Cast, now: datetime, lot: Lot
) -> None:
    sample = make_sample(session, now, lot)
    made = measure(session, now, lot, sample_code=sample.code, operator="L. Mamani", raw_line="x")
    measure(session, now, lot, value="21")
    choose_measurement(
        session,
        actor=cast.grader.actor,
        now=now,
        id=new_id(),
        lot_id=lot.id,
        attribute="micron",
        measurement_id=made.id,
        reason="Informe del laboratorio",
    )
    (micron,) = [one for one in shown_measurements(session, [lot.id])[lot.id] if one.attribute == "micron"]
    assert (micron.value, micron.uncertainty, micron.method, micron.status) == (
        "18.9",
        "0.4",
        "laboratory",
        "report",
    )
    assert (micron.operator, micron.sample_code, micron.raw_line, micron.recorded_by) == (None,) * 4
