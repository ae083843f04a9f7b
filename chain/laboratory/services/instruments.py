"""Instruments with their uncertainties, and how their files are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict
from chain.core.i18n import N_
from chain.core.text import tidy
from chain.laboratory.attributes import NotMeasurable, attribute_of, read_uncertainty
from chain.laboratory.errors import InstrumentNameTaken
from chain.laboratory.importing.mapping import Mapping as ColumnMapping
from chain.laboratory.models import Instrument
from chain.laboratory.queries.instruments import get_instrument_for
from chain.laboratory.rules import INSTRUMENT_METHODS, InstrumentKind
from chain.laboratory.services.audits import LaboratoryAudit

MAX_NAME, MAX_SERIAL = 100, 40

NAME_LENGTH = N_("Write a name of 1 to %(limit)s characters.")
SERIAL_TOO_LONG = N_("Write at most %(limit)s characters.")
NOT_AN_OPTION = N_("Choose one of the options.")
IN_THE_FUTURE = N_("The day lies in the future.")


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentTerms:
    """What is said of an instrument. `uncertainties`: plus-minus per attribute, as typed, in the attribute's unit."""

    name: str
    kind: str
    method: str
    serial: str | None = None
    calibrated_on: date | None = None
    uncertainties: Mapping[str, Any] = field(default_factory=dict)


def register_instrument(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the client's name for it, as in the API
    terms: InstrumentTerms,
) -> tuple[Instrument, bool]:
    """Register an instrument or laboratory; the same id and content again answers with the first one and False.

    Raises:
        Forbidden: the actor may not manage instruments.
        ValidationFailed: something that was said cannot be.
        InstrumentNameTaken: another one has the name.
        IdempotencyConflict: the id was used with other content.
    """
    actor.require(Permission.INSTRUMENTS_MANAGE)
    values = _checked(terms, now)
    known = session.get(Instrument, id)
    if known is not None:
        if known.organisation_id == actor.org and _values_of(known) == values:
            return known, False
        raise IdempotencyConflict
    row = Instrument(id=id, organisation_id=actor.org, created_at=now, created_by=actor.user_id, **values)
    _keep(session, row, add=True)
    _record(session, actor, now, row, LaboratoryAudit.INSTRUMENT_REGISTERED, None)
    return row, True


def change_instrument(
    session: Session, *, actor: Actor, now: datetime, instrument_id: UUID, terms: InstrumentTerms
) -> Instrument:
    """Change what is said of an instrument, as after a calibration. Measurements keep the uncertainty they were taken with.

    Raises:
        Forbidden, NotFound, ValidationFailed, InstrumentNameTaken.
    """
    actor.require(Permission.INSTRUMENTS_MANAGE)
    row = get_instrument_for(session, actor, instrument_id, for_update=True)
    values = _checked(terms, now)
    before = _values_of(row)
    if values == before:
        return row
    for name, value in values.items():
        setattr(row, name, value)
    _keep(session, row)
    _record(session, actor, now, row, LaboratoryAudit.INSTRUMENT_CHANGED, before)
    return row


def archive_instrument(session: Session, *, actor: Actor, now: datetime, instrument_id: UUID) -> Instrument:
    """Take an instrument out of use; its measurements stay. Again changes nothing."""
    actor.require(Permission.INSTRUMENTS_MANAGE)
    row = get_instrument_for(session, actor, instrument_id, for_update=True)
    if row.archived_at is None:
        row.archived_at = now
        session.flush()
        _record(session, actor, now, row, LaboratoryAudit.INSTRUMENT_ARCHIVED, None)
    return row


def save_mapping(
    session: Session, *, actor: Actor, now: datetime, instrument_id: UUID, mapping: ColumnMapping
) -> Instrument:
    """Keep how the files of an instrument are read; `mapping` was checked when it was made.

    Raises:
        Forbidden, NotFound.
    """
    actor.require(Permission.INSTRUMENTS_MANAGE)
    row = get_instrument_for(session, actor, instrument_id, for_update=True)
    before, after = row.mapping, mapping.as_record()
    if before != after:
        row.mapping = after
        session.flush()
        audit.record(
            session,
            tag=LaboratoryAudit.MAPPING_SAVED,
            actor=actor,
            now=now,
            subject_type="instrument",
            subject_id=row.id,
            before=before,
            after=after,
        )
    return row


def _checked(terms: InstrumentTerms, now: datetime) -> dict[str, Any]:
    errors = FieldErrors()
    name, serial = tidy(terms.name), tidy(terms.serial)
    if not 0 < len(name) <= MAX_NAME:
        errors.add("name", NAME_LENGTH, limit=MAX_NAME)
    if len(serial) > MAX_SERIAL:
        errors.add("serial", SERIAL_TOO_LONG, limit=MAX_SERIAL)
    if terms.kind not in set(InstrumentKind):
        errors.add("kind", NOT_AN_OPTION)
    if terms.method not in set(INSTRUMENT_METHODS):
        errors.add("method", NOT_AN_OPTION)
    if terms.calibrated_on is not None and terms.calibrated_on > now.date():
        errors.add("calibrated_on", IN_THE_FUTURE)
    kept = {}
    for key, typed in terms.uncertainties.items():
        try:
            value = read_uncertainty(attribute_of(None, key), typed)
        except NotMeasurable as refused:
            errors.add(f"uncertainty_{key}"[:60], refused.message.msgid, **refused.message.params)
        else:
            if value is not None:
                kept[key] = value
    errors.raise_any()
    return {
        "name": name,
        "kind": terms.kind,
        "method": terms.method,
        "serial": serial or None,
        "calibrated_on": terms.calibrated_on,
        "uncertainties": dict(sorted(kept.items())),
    }


def _values_of(row: Instrument) -> dict[str, Any]:
    names = ("name", "kind", "method", "serial", "calibrated_on", "uncertainties")
    return {name: getattr(row, name) for name in names}


def _keep(session: Session, row: Instrument, *, add: bool = False) -> None:
    """Write the row; a name that somebody else took is refused."""
    taken = select(Instrument.id).where(
        Instrument.organisation_id == row.organisation_id,
        Instrument.name == row.name,
        Instrument.id != row.id,
    )
    with session.no_autoflush:
        if session.scalar(taken) is not None:
            raise InstrumentNameTaken
    try:
        with session.begin_nested():
            if add:
                session.add(row)
            session.flush()
    except IntegrityError:
        raise InstrumentNameTaken from None  # in the same instant


def _record(  # noqa: PLR0917 - the parts of an audit record
    session: Session,
    actor: Actor,
    now: datetime,
    row: Instrument,
    tag: LaboratoryAudit,
    before: Mapping[str, Any] | None,
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="instrument",
        subject_id=row.id,
        before=before,
        after=_values_of(row),
    )
