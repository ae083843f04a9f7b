import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.laboratory.models import Measurement
from chain.laboratory.services import calculate_measurement, choose_measurement
from chain.lots.models import Lot
from tests.support.cast import Cast
from tests.support.laboratory import measure
from tests.support.lots import fibre, make_lot, make_producer, milk


def calculate(
    session: Session, cast: Cast, now: datetime, lot: Lot, formula: str, **agreed: Any
) -> Measurement:
    return calculate_measurement(
        session, actor=cast.clerk.actor, now=now, id=new_id(), lot_id=lot.id, formula=formula, agreed=agreed
    )[0]


def refused(session: Session, cast: Cast, now: datetime, lot: Lot, formula: str, **agreed: Any) -> set[str]:
    with pytest.raises(ValidationFailed) as error:
        calculate(session, cast, now, lot, formula, **agreed)
    return set(error.value.errors)


def test_the_invoice_mass_needs_a_regain_that_was_agreed(session: Session, cast: Cast, now: datetime) -> None:
    delivery = fibre(make_producer(session, now), now, gross_g=1_000_500, tare_g=500)
    lot = make_lot(session, now, delivery)
    assert refused(session, cast, now, lot, "invoice_mass") == {"formula", "regain"}
    sample = measure(session, now, lot, attribute="sample_mass_g", value="500.0", uncertainty=None)
    dry = measure(session, now, lot, attribute="dry_mass_g", value="445.0", uncertainty=None)
    assert refused(session, cast, now, lot, "invoice_mass") == {"regain"}
    assert refused(session, cast, now, lot, "invoice_mass", regain="41") == {"regain"}
    made = calculate(session, cast, now, lot, "invoice_mass", regain="16")
    assert (made.value, made.unit, made.method, made.status) == ("1032.4", "kg", "calculated", "estimate")
    used = json.loads(made.raw_line or "")
    assert used["regain"] == {"value": "16", "measurement_id": None}
    assert used["lot"]["value"] == "1000"
    assert {used["sample"]["measurement_id"], used["dry"]["measurement_id"]} == {str(sample.id), str(dry.id)}


def test_solids_from_what_was_written_down_at_delivery(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, milk(make_producer(session, now), now))
    assert refused(session, cast, now, lot, "snf_density") == {"constant"}
    assert refused(session, cast, now, lot, "snf_density", constant="0.5") == {"constant"}
    made = calculate(session, cast, now, lot, "snf_density", constant="0.44")
    assert made.value == "8.84"  # 30 / 4 + 0.25 * 3.6 + 0.44
    assert calculate(session, cast, now, lot, "total_solids").value == "12.44"
    assert calculate(session, cast, now, lot, "mass").value == "24.205"  # 23.5 l at 1.030


def test_the_value_that_counts_is_taken(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    measure(session, now, lot, attribute="cv_pct", value="24", uncertainty=None)
    chosen = measure(session, now, lot, value="20.0")
    measure(session, now, lot, value="25.0")
    assert calculate(session, cast, now, lot, "spinning_fineness").value == "22.4"
    choose_measurement(
        session,
        actor=cast.grader.actor,
        now=now,
        id=new_id(),
        lot_id=lot.id,
        attribute="micron",
        measurement_id=chosen.id,
        reason="Informe",
    )
    assert calculate(session, cast, now, lot, "spinning_fineness").value == "20"


def test_the_prickle_factor_refers_to_what_the_comfort_factor_left(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    measure(session, now, lot, attribute="comfort_pct", value="96.8", basis="le_30", uncertainty=None)
    made = calculate(session, cast, now, lot, "prickle")
    assert (made.value, made.basis) == ("3.2", "gt_30")


def test_what_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    assert refused(session, cast, now, lot, "mass") == {"formula"}
    assert refused(session, cast, now, lot, "alchemy") == {"formula"}
    assert refused(session, cast, now, lot, "cv") == {"formula"}
    measure(session, now, lot, attribute="sample_mass_g", value="400", uncertainty=None)
    measure(session, now, lot, attribute="dry_mass_g", value="445", uncertainty=None)
    assert refused(session, cast, now, lot, "moisture") == {"formula"}
    with pytest.raises(NotFound):
        calculate_measurement(
            session, actor=cast.outsider.actor, now=now, id=new_id(), lot_id=lot.id, formula="cv"
        )


def test_the_same_again_is_the_first_one(session: Session, cast: Cast, now: datetime) -> None:
    lot = make_lot(session, now, milk(make_producer(session, now), now))
    wanted, actor = new_id(), cast.clerk.actor
    first, is_new = calculate_measurement(
        session, actor=actor, now=now, id=wanted, lot_id=lot.id, formula="mass"
    )
    again, is_again = calculate_measurement(
        session, actor=actor, now=now, id=wanted, lot_id=lot.id, formula="mass"
    )
    assert (first.id, is_new, is_again) == (again.id, True, False)
    with pytest.raises(IdempotencyConflict):
        calculate_measurement(session, actor=actor, now=now, id=wanted, lot_id=lot.id, formula="total_solids")
