"""Figures calculated from measurements, kept as measurements with their formula and what went into them."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.errors import FieldErrors, IdempotencyConflict
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.grading.attributes import parse_number
from chain.laboratory.attributes import ATTRIBUTES, NotMeasurable, plain_number, read_measured
from chain.laboratory.formulas import FORMULAS, MAX_REGAIN, Formula, Input
from chain.laboratory.models import Measurement
from chain.laboratory.queries.measurements import counting_measurements
from chain.laboratory.rules import Method, Status
from chain.laboratory.services.measurements import keep_measurement
from chain.lots.errors import LotCancelled
from chain.lots.models import Lot
from chain.lots.products import PRODUCTS
from chain.lots.queries import get_lot_for
from chain.lots.rules import LotState

UNKNOWN_FORMULA = N_("Choose a formula of this product.")
NOT_MEASURED = N_("%(label)s was not measured of this lot.")
NOT_AGREED = N_("Write the figure of the contract: there is no usual value.")
NOT_A_NUMBER = N_("“%(value)s” is not a number.")
NOT_AN_OPTION = N_("Choose one of %(options)s.")
REGAIN_BOUNDS = N_("A regain lies from 0 to %(most)s %%.")
DRY_ABOVE_SAMPLE = N_("The oven-dry mass is above the sample as weighed.")
THOUSAND = Decimal(1000)
#: What a figure refers to follows from what its source refers to.
_MIRRORED = {"le_30": "gt_30", "lt_30": "ge_30", "gt_30": "le_30", "ge_30": "lt_30", "unknown": "unknown"}

Used = dict[str, dict[str, str | None]]


def calculate_measurement(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the client's name for it, as in the API
    lot_id: UUID,
    formula: str,
    agreed: Mapping[str, Any] | None = None,
) -> tuple[Measurement, bool]:
    """Calculate a figure of a lot from its measurements and keep it; the same id again answers with the first one.

    Each input is the value that counts, else the one written down at delivery, else the latest. `agreed` brings what the
    parties agreed by contract (regain, the constant c); nothing of that has a default.

    Raises:
        Forbidden: the actor may not record measurements.
        NotFound: there is no such lot here.
        ValidationFailed: an input is missing or cannot be, or the result is not believable.
        LotCancelled: the lot is cancelled.
        IdempotencyConflict: the id was used with other content.
    """
    actor.require(Permission.MEASUREMENTS_WRITE)
    lot = get_lot_for(session, actor, lot_id)
    wanted = FORMULAS.get(formula)
    errors = FieldErrors()
    if wanted is None or PRODUCTS[lot.commodity].icon not in wanted.forms:
        errors.add("formula", UNKNOWN_FORMULA)
        errors.raise_any()
        raise AssertionError  # an error was noted
    terms = {one.key: str((agreed or {}).get(one.key) or "") for one in wanted.inputs}
    digest = content_hash({"lot": lot.id, "formula": wanted.key, "agreed": terms})
    known = session.get(Measurement, id)
    if known is not None:
        if known.organisation_id == actor.org and known.content_hash == digest:
            return known, False
        raise IdempotencyConflict
    if lot.state == LotState.CANCELLED:
        raise LotCancelled(number=lot.number)
    values, used, basis = _inputs(session, lot, wanted, terms, errors)
    value = _result(wanted, values, errors)
    row = Measurement(
        id=id,
        organisation_id=actor.org,
        lot_id=lot.id,
        attribute=wanted.gives,
        value=value,
        unit=ATTRIBUTES[wanted.gives].unit,
        basis=basis if ATTRIBUTES[wanted.gives].bases else None,
        method=Method.CALCULATED.value,
        status=Status.ESTIMATE.value,
        formula=wanted.key,
        raw_line=json.dumps(used, sort_keys=True),
        measured_at=now,
        recorded_at=now,
        recorded_by=actor.user_id,
        content_hash=digest,
    )
    keep_measurement(session, actor=actor, now=now, row=row)
    return row, True


def _result(wanted: Formula, values: Mapping[str, Decimal], errors: FieldErrors) -> str:
    """Return the canonical result; a result that cannot be true is refused at the formula."""
    if not errors and {"sample", "dry"} <= values.keys() and values["dry"] > values["sample"]:
        errors.add("formula", DRY_ABOVE_SAMPLE)
    errors.raise_any()
    attribute = ATTRIBUTES[wanted.gives]
    rounded = wanted.compute(values).quantize(Decimal(1).scaleb(-attribute.decimals), ROUND_HALF_UP)
    try:
        return read_measured(attribute, plain_number(rounded))
    except NotMeasurable as refused:
        errors.add("formula", refused.message.msgid, **refused.message.params)
        errors.raise_any()
        raise AssertionError from refused  # an error was noted


def _inputs(
    session: Session, lot: Lot, wanted: Formula, terms: Mapping[str, str], errors: FieldErrors
) -> tuple[dict[str, Decimal], Used, str | None]:
    values: dict[str, Decimal] = {}
    used: Used = {}
    basis = wanted.basis
    for one in wanted.inputs:
        if one.kind == "contract":
            found = _agreed(one, terms[one.key], errors)
            source = None
        elif one.kind == "quantity":
            found, source = Decimal(lot.quantity) / THOUSAND, None
        else:
            found, source = value_for(session, lot, one.attribute or "")
            if found is None:
                errors.add("formula", NOT_MEASURED, label=one.label)
            if source is not None and source.basis in _MIRRORED:
                basis = _MIRRORED[source.basis]
        if found is not None:
            values[one.key] = found
            used[one.key] = {
                "value": plain_number(found),
                "measurement_id": None if source is None else str(source.id),
            }
    return values, used, basis


def _agreed(one: Input, typed: str, errors: FieldErrors) -> Decimal | None:
    if not typed.strip():
        errors.add(one.key, NOT_AGREED)
        return None
    try:
        value = parse_number(typed)
    except ValueError:
        errors.add(one.key, NOT_A_NUMBER, value=typed[:40])
        return None
    if one.options and value not in {Decimal(option) for option in one.options}:
        errors.add(one.key, NOT_AN_OPTION, options=", ".join(one.options))
        return None
    if not one.options and value is not None and not 0 <= value <= MAX_REGAIN:
        errors.add(one.key, REGAIN_BOUNDS, most=MAX_REGAIN)
        return None
    return value


def value_for(session: Session, lot: Lot, attribute: str) -> tuple[Decimal | None, Measurement | None]:
    """Return the value of an attribute that a formula takes, and the measurement it is of (None: at delivery)."""
    chosen = counting_measurements(session, [lot.id]).get((lot.id, attribute))
    if chosen is not None:
        row = session.get_one(Measurement, chosen)
        return Decimal(row.value), row
    if attribute in (lot.attributes or {}):
        return Decimal(str(lot.attributes[attribute])), None
    latest = session.scalar(
        select(Measurement)
        .where(Measurement.lot_id == lot.id, Measurement.attribute == attribute)
        .order_by(Measurement.measured_at.desc(), Measurement.id.desc())
        .limit(1)
    )
    return (None, None) if latest is None else (Decimal(latest.value), latest)
