"""A reading as a form, a file or a program says it, and the checks that make a measurement of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.core.text import tidy
from chain.laboratory.attributes import (
    Attribute,
    NotMeasurable,
    attribute_of,
    read_basis,
    read_measured,
    read_uncertainty,
)
from chain.laboratory.rules import Method, Status

#: How far an instrument's clock may run ahead; older measurements are a slip in the year.
CLOCK_SKEW = timedelta(minutes=5)
MAX_AGE = timedelta(days=10 * 366)
MAX_OPERATOR, MAX_DOCUMENT, MAX_RAW = 100, 100, 4000

NOT_A_METHOD = N_("Choose how it was measured.")
NOT_A_STATUS = N_("Choose estimate, report or certificate.")
TOUCH_ESTIMATES = N_("What a hand feels is an estimate.")
NUMBER_NEEDED = N_("Write the number of the certificate.")
TOO_LONG = N_("Write at most %(limit)s characters.")
NO_ZONE = N_("The time needs its offset from UTC, such as 2026-11-22T14:30:00-05:00.")
IN_THE_FUTURE = N_("The measurement lies in the future. Check date and time.")
TOO_OLD = N_("The measurement is more than ten years old. Check the year.")
OTHER_METHOD = N_("This instrument measures in another way.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value, of a lot (`lot_id`) or of a sample (`sample_code`), as it was typed or sent."""

    id: UUID
    attribute: str
    value: Any
    method: str
    measured_at: datetime
    lot_id: UUID | None = None
    sample_code: str | None = None
    unit: str | None = None
    basis: str | None = None
    status: str = Status.REPORT.value
    instrument_id: UUID | None = None
    #: plus-minus; None: the instrument's
    uncertainty: Any = None
    operator: str | None = None
    document: str | None = None
    raw_line: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedReading:
    """A believed reading in the columns of a measurement."""

    attribute: Attribute
    value: str
    basis: str | None
    method: str
    status: str
    uncertainty: str | None
    operator: str | None
    document: str | None
    measured_at: datetime
    raw_line: str | None


def check_reading(
    reading: Reading,
    *,
    commodity: str,
    now: datetime,
    instrument_method: str | None = None,
    uncertainties: Mapping[str, str] | None = None,
) -> CheckedReading | FieldErrors:
    """Return the reading as it will be kept, or every refusal per field."""
    errors = FieldErrors()
    attribute: Attribute | None = None
    value = basis = uncertainty = None
    try:
        attribute = attribute_of(commodity, reading.attribute)
    except NotMeasurable as refused:
        errors.add("attribute", refused.message.msgid, **refused.message.params)
    if attribute is not None:
        typed_uncertainty = reading.uncertainty
        if typed_uncertainty in {None, ""}:
            typed_uncertainty = (uncertainties or {}).get(attribute.key)
        value = _take(errors, "value", read_measured, attribute, reading.value, reading.unit or None)
        basis = _take(errors, "basis", read_basis, attribute, reading.basis)
        uncertainty = _take(errors, "uncertainty", read_uncertainty, attribute, typed_uncertainty)
    _check_method(reading, instrument_method, errors)
    operator = _words(reading.operator, "operator", MAX_OPERATOR, errors)
    document = _words(reading.document, "document", MAX_DOCUMENT, errors)
    if reading.status == Status.CERTIFICATE and not document:
        errors.add("document", NUMBER_NEEDED)
    _check_moment(reading.measured_at, now, errors)
    if errors or attribute is None or value is None:
        return errors
    return CheckedReading(
        attribute=attribute,
        value=value,
        basis=basis,
        method=reading.method,
        status=reading.status,
        uncertainty=uncertainty,
        operator=operator,
        document=document,
        measured_at=reading.measured_at,
        raw_line=(reading.raw_line or "")[:MAX_RAW] or None,
    )


def _take(errors: FieldErrors, name: str, reader: Any, *arguments: Any) -> str | None:
    try:
        found: str | None = reader(*arguments)
    except NotMeasurable as refused:
        errors.add(name, refused.message.msgid, **refused.message.params)
        return None
    return found


def _check_method(reading: Reading, instrument_method: str | None, errors: FieldErrors) -> None:
    if reading.method not in set(Method) - {Method.CALCULATED}:
        errors.add("method", NOT_A_METHOD)
    elif instrument_method is not None and reading.method != instrument_method:
        errors.add("method", OTHER_METHOD)
    if reading.status not in set(Status):
        errors.add("status", NOT_A_STATUS)
    elif reading.method == Method.TOUCH and reading.status != Status.ESTIMATE:
        errors.add("status", TOUCH_ESTIMATES)


def _words(text: str | None, name: str, limit: int, errors: FieldErrors) -> str | None:
    found = tidy(text)
    if len(found) > limit:
        errors.add(name, TOO_LONG, limit=limit)
    return found or None


def _check_moment(moment: datetime, now: datetime, errors: FieldErrors) -> None:
    if moment.tzinfo is None:
        errors.add("measured_at", NO_ZONE)
    elif moment > now + CLOCK_SKEW:
        errors.add("measured_at", IN_THE_FUTURE)
    elif moment < now - MAX_AGE:
        errors.add("measured_at", TOO_OLD)
