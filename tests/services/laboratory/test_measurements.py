from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from chain.laboratory.errors import InstrumentArchived
from chain.laboratory.models import Sample
from chain.laboratory.queries import measurements_of, shown_measurements
from chain.laboratory.queries.measurements import list_measurements
from chain.laboratory.services import (
    archive_instrument,
    ask_second_opinion,
    choose_measurement,
    record_measurement,
)
from chain.lots.errors import LotCancelled
from chain.lots.models import Lot
from chain.lots.queries import history_of
from chain.lots.services import cancel_lot
from tests.support.cast import Cast, Person
from tests.support.laboratory import graded_lot, make_instrument, make_sample, measure, reading
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


@pytest.fixture
def blind(session: Session, cast: Cast, now: datetime) -> tuple[Lot, Sample]:
    """A lot, and the sealed sample of it that somebody is to grade blind."""
    lot = graded_lot(session, now)
    asked, _ = ask_second_opinion(
        session, actor=cast.clerk.actor, now=now, id=new_id(), lot_id=lot.id, reason="No estoy conforme"
    )
    return lot, session.get_one(Sample, asked.sample_id)


def test_values_of_a_blind_sample_do_not_lead_graders_to_its_lot(
    session: Session, cast: Cast, now: datetime, blind: tuple[Lot, Sample]
) -> None:
    lot, sample = blind
    by_code = reading(now, sample_code=sample.code)
    record_measurement(session, actor=cast.everything.actor, now=now, reading=by_code)

    def values(person: Person) -> set[str]:
        page = list_measurements(session, person.actor, lot.id, PageRequest())
        assert {one.id for one in page.items} == {
            one.id for one in measurements_of(session, person.actor, lot.id) if one.id
        }
        return {one.value for one in page.items}

    assert values(cast.everything) == set()
    assert values(cast.clerk) == {"18.9"}
    assert "laboratory:measurement:recorded" not in {one.tag for one in history_of(session, lot.id)}


def test_the_right_lot_of_a_blind_sample_sounds_like_a_wrong_one(
    session: Session, cast: Cast, now: datetime, blind: tuple[Lot, Sample]
) -> None:
    lot, sample = blind
    guess = reading(now, lot_id=lot.id, sample_code=sample.code)
    with pytest.raises(NotFound):
        record_measurement(session, actor=cast.everything.actor, now=now, reading=guess)


def test_a_grader_does_not_find_the_lot_of_a_blind_sample_by_choosing_its_value(
    session: Session, cast: Cast, now: datetime, blind: tuple[Lot, Sample]
) -> None:
    lot, sample = blind
    by_code = reading(now, sample_code=sample.code)
    made, _ = record_measurement(session, actor=cast.clerk.actor, now=now, reading=by_code)
    with pytest.raises(NotFound):
        choose_measurement(
            session,
            actor=cast.everything.actor,
            now=now,
            id=new_id(),
            lot_id=lot.id,
            attribute="micron",
            measurement_id=made.id,
            reason="es el del laboratorio",
        )


def test_a_cancelled_lot_is_not_named_to_who_knows_only_the_code(
    session: Session, cast: Cast, now: datetime, lot: Lot
) -> None:
    sample = make_sample(session, now, lot)
    cancel_lot(session, actor=cast.clerk.actor, now=now, lot_id=lot.id, reason="Otro productor")
    with pytest.raises(LotCancelled) as refused:
        record_measurement(
            session, actor=cast.grader.actor, now=now, reading=reading(now, sample_code=sample.code)
        )
    assert lot.number not in str(refused.value.message)
