"""Recording one measured value. Several may stand on a lot; none counts by being recorded."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.laboratory.errors import InstrumentArchived
from chain.laboratory.models import Instrument, Measurement, Sample
from chain.laboratory.queries.instruments import get_instrument_for
from chain.laboratory.queries.samples import find_sample, has_open_opinion_on, is_blind_for
from chain.laboratory.readings import CheckedReading, Reading, check_reading
from chain.laboratory.services.audits import LaboratoryAudit
from chain.lots.errors import LotCancelled
from chain.lots.models import Lot
from chain.lots.queries import get_lot_for
from chain.lots.rules import LotState

SUBJECT_NEEDED = N_("Say which lot or which sample was measured.")


def record_measurement(
    session: Session, *, actor: Actor, now: datetime, reading: Reading
) -> tuple[Measurement, bool]:
    """Keep a value of a lot or of a sample; the same id and content again answers with the first one and False.

    Who knows only the code of a sealed sample records by it and learns nothing of its lot.

    Raises:
        Forbidden: the actor may not record measurements.
        NotFound: lot or instrument are not here, or the sample is another lot's.
        NotASampleCode, UnknownSample: the code.
        InstrumentArchived: it is no longer in use.
        LotCancelled: the lot is cancelled.
        ValidationFailed: the value, its unit, method, status, number or time cannot be.
        IdempotencyConflict: the id was used with other content.
    """
    actor.require(Permission.MEASUREMENTS_WRITE)
    lot, sample = _subject(session, actor, reading)
    instrument = None
    if reading.instrument_id is not None:
        instrument = get_instrument_for(session, actor, reading.instrument_id)
    checked = check_reading(
        reading,
        commodity=lot.commodity,
        now=now,
        instrument_method=None if instrument is None else instrument.method,
        uncertainties=None if instrument is None else instrument.uncertainties,
    )
    if isinstance(checked, FieldErrors):
        raise ValidationFailed(checked.as_mapping())
    digest = _digest(lot.id, sample, instrument, checked)
    known = session.get(Measurement, reading.id)
    if known is not None:
        if known.organisation_id == actor.org and known.content_hash == digest:
            return known, False
        raise IdempotencyConflict
    if lot.state == LotState.CANCELLED:
        by_code = sample is not None and sample.is_sealed and reading.lot_id is None
        raise LotCancelled(number=sample.code if sample and by_code else lot.number)
    if instrument is not None and instrument.archived_at is not None:
        raise InstrumentArchived(name=instrument.name)
    row = Measurement(
        id=reading.id,
        organisation_id=actor.org,
        lot_id=lot.id,
        sample_id=None if sample is None else sample.id,
        instrument_id=None if instrument is None else instrument.id,
        content_hash=digest,
        recorded_at=now,
        recorded_by=actor.user_id,
        **columns_of(checked),
    )
    keep_measurement(session, actor=actor, now=now, row=row)
    return row, True


def _subject(session: Session, actor: Actor, reading: Reading) -> tuple[Lot, Sample | None]:
    sample = find_sample(session, actor, reading.sample_code) if reading.sample_code else None
    lot_id = reading.lot_id or (sample.lot_id if sample else None)
    if lot_id is None:
        errors = FieldErrors()
        errors.add("lot_id", SUBJECT_NEEDED)
        errors.raise_any()
        raise AssertionError  # an error was noted
    # to who may grade it blind, the right lot must sound like a wrong one
    if sample is not None and (
        sample.lot_id != lot_id or (reading.lot_id is not None and is_blind_for(session, actor, sample))
    ):
        raise NotFound
    return get_lot_for(session, actor, lot_id), sample


def columns_of(checked: CheckedReading) -> dict[str, object]:
    """Return a checked reading as columns."""
    return {
        "attribute": checked.attribute.key,
        "value": checked.value,
        "unit": checked.attribute.unit,
        "basis": checked.basis,
        "method": checked.method,
        "status": checked.status,
        "uncertainty": checked.uncertainty,
        "operator": checked.operator,
        "document": checked.document,
        "measured_at": checked.measured_at,
        "raw_line": checked.raw_line,
    }


def _digest(
    lot_id: UUID, sample: Sample | None, instrument: Instrument | None, checked: CheckedReading
) -> str:
    return content_hash(
        {
            "lot": lot_id,
            "sample": None if sample is None else sample.id,
            "instrument": None if instrument is None else instrument.id,
            **columns_of(checked),
            "measured_at": checked.measured_at.timestamp(),
        }
    )


def keep_measurement(session: Session, *, actor: Actor, now: datetime, row: Measurement) -> None:
    """Write a measurement with its audit record, which names no sample code.

    That of a sample under a second opinion does not stand in the history of its lot, where it would tell graders of both.

    Raises:
        IdempotencyConflict: the same id in the same instant; sent again, it gets the first answer.
    """
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise IdempotencyConflict from None
    blind_id = row.sample_id if row.sample_id and has_open_opinion_on(session, row.sample_id) else None
    audit.record(
        session,
        tag=LaboratoryAudit.MEASUREMENT_RECORDED,
        actor=actor,
        now=now,
        subject_type="lot" if blind_id is None else "sample",
        subject_id=blind_id or row.lot_id,
        after={
            "attribute": row.attribute,
            "value": row.value,
            "unit": row.unit,
            "method": row.method,
            "status": row.status,
        },
    )
