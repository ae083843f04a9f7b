"""Temperatures of tanks and cold stores, typed by a person or sent by a thermometer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.errors import FieldErrors, IdempotencyConflict
from chain.core.i18n import N_
from chain.custody.models import TankReading
from chain.custody.queries.places import get_site_for
from chain.custody.rules.cold import HIGHEST_TENTHS, LOWEST_TENTHS
from chain.custody.services.steps import CustodyAudit, note_change

#: How far a thermometer's clock may run ahead, and how late it may send what it measured.
CLOCK_SKEW, MAX_AGE = timedelta(minutes=5), timedelta(days=31)
SOURCES = ("typed", "device")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReading:
    """A temperature at a moment, in tenths of a degree Celsius."""

    id: UUID
    site_id: UUID
    measured_at: datetime
    celsius_tenths: int
    source: str = "typed"


def read_tank(session: Session, *, actor: Actor, now: datetime, reading: NewReading) -> TankReading:
    """Keep a temperature. The same id with the same content returns the first record.

    Raises:
        Forbidden, NotFound, ValidationFailed, IdempotencyConflict.
    """
    actor.require(Permission.STOCK_WRITE)
    site = get_site_for(session, actor, reading.site_id)
    known = session.get(TankReading, reading.id)
    if known is not None:
        same = (known.site_id, known.measured_at, known.celsius_tenths, known.source) == (
            site.id,
            reading.measured_at,
            reading.celsius_tenths,
            reading.source,
        )
        if same:
            return known
        raise IdempotencyConflict
    errors = FieldErrors()
    if not LOWEST_TENTHS <= reading.celsius_tenths <= HIGHEST_TENTHS:
        errors.add("celsius", N_("This temperature cannot be right: write -40 to 60 °C."))
    if not now - MAX_AGE <= reading.measured_at <= now + CLOCK_SKEW:
        errors.add("measured_at", N_("The moment must lie within the last 31 days and not in the future."))
    if reading.source not in SOURCES:
        errors.add("source", N_("Choose one of the options."))
    if site.archived_at is not None:
        errors.add("site_id", N_("This place is archived."))
    errors.raise_any()
    row = TankReading(
        id=reading.id,
        organisation_id=actor.org,
        site_id=site.id,
        measured_at=reading.measured_at,
        celsius_tenths=reading.celsius_tenths,
        source=reading.source,
        recorded_at=now,
        recorded_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    note_change(
        session,
        tag=CustodyAudit.TANK_READ,
        actor=actor,
        now=now,
        subject="site",
        subject_id=site.id,
        after={"celsius_tenths": row.celsius_tenths, "measured_at": row.measured_at, "source": row.source},
    )
    return row
