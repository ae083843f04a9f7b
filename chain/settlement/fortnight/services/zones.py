"""Zones of a dairy, the routes that belong to them, and what their scales show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.ledger.services.posting import lock_books
from chain.lots.queries.equipment import get_route_for
from chain.settlement.fortnight.audit_tags import FortnightAudit
from chain.settlement.fortnight.errors import FortnightLocked
from chain.settlement.fortnight.models import MilkZone, MilkZoneRoute, ScaleReadingRow
from chain.settlement.fortnight.period import fortnight_of
from chain.settlement.fortnight.services.scale_told import Correction, tell_of_corrections
from chain.settlement.models import SettlementRun
from chain.settlement.rules import MAX_NAME, RunMethod, RunState

#: Who may type what a scale showed.
READERS = (Permission.STOCK_WRITE, Permission.RUNS_PREPARE, Permission.RUNS_APPROVE)
DEFAULT_CODE = "1"
DEFAULT_NAME = "Zona 1"
MAX_CODE = 40
#: No scale of a zone shows a million litres a day.
MAX_READING_ML = 1_000_000_000
MAX_READINGS = 5_000

CODE_TAKEN = N_("Another zone has this code.")
CODE_NEEDED = N_("Write a code of at most %(limit)s characters.")
NAME_NEEDED = N_("Write a name of at most %(limit)s characters.")
IN_FUTURE = N_("This day has not come yet.")
OUT_OF_RANGE = N_("A scale shows between 0 and %(most)s litres a day.")
TOO_MANY = N_("At most %(limit)s readings are recorded at once.")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a scale showed, as somebody typed it."""

    zone_id: UUID
    day: date
    quantity_ml: int


def ensure_default_zone(session: Session, *, actor: Actor, now: datetime) -> MilkZone:
    """Return the zone that deliveries without one go to; the first caller makes it. The books are locked."""
    found = session.scalars(
        select(MilkZone).where(MilkZone.organisation_id == actor.org, MilkZone.is_default)
    ).first()
    if found is None:
        found = MilkZone(
            id=new_id(),
            organisation_id=actor.org,
            code=DEFAULT_CODE,
            name=DEFAULT_NAME,
            is_default=True,
            created_at=now,
            created_by=actor.user_id,
        )
        session.add(found)
        session.flush()
        _record(session, FortnightAudit.ZONE_ADDED, actor, now, found, after={"code": found.code})
    return found


def add_zone(
    session: Session, *, actor: Actor, now: datetime, zone_id: UUID, code: str, name: str
) -> MilkZone:
    """Add a zone; the same id again changes nothing.

    Raises:
        Forbidden, ValidationFailed, IdempotencyConflict.
    """
    actor.require(Permission.PRICES_WRITE)
    lock_books(session, actor.org)
    code, name = code.strip(), name.strip()
    known = session.get(MilkZone, zone_id)
    if known is not None:
        if (known.organisation_id, known.code, known.name) == (actor.org, code, name):
            return known
        raise IdempotencyConflict
    ensure_default_zone(session, actor=actor, now=now)
    _check_words(session, actor.org, code, name, except_id=None)
    zone = MilkZone(
        id=zone_id, organisation_id=actor.org, code=code, name=name, created_at=now, created_by=actor.user_id
    )
    session.add(zone)
    session.flush()
    _record(session, FortnightAudit.ZONE_ADDED, actor, now, zone, after={"code": code, "name": name})
    return zone


def rename_zone(
    session: Session, *, actor: Actor, now: datetime, zone_id: UUID, code: str, name: str
) -> MilkZone:
    """Give a zone another code or name; runs keep the name that they were prepared with.

    Raises:
        Forbidden, NotFound, ValidationFailed.
    """
    actor.require(Permission.PRICES_WRITE)
    lock_books(session, actor.org)
    zone = get_zone_for(session, actor, zone_id)
    code, name = code.strip(), name.strip()
    _check_words(session, actor.org, code, name, except_id=zone.id)
    before = {"code": zone.code, "name": zone.name}
    if before != {"code": code, "name": name}:
        zone.code, zone.name = code, name
        session.flush()
        after = {"code": code, "name": name}
        _record(session, FortnightAudit.ZONE_CHANGED, actor, now, zone, before=before, after=after)
    return zone


def place_routes(session: Session, *, actor: Actor, now: datetime, zones: Mapping[UUID, UUID | None]) -> None:
    """Say to which zone each route belongs; None: to the default one.

    Raises:
        Forbidden, NotFound: a route or zone is not the organisation's.
    """
    actor.require(Permission.PRICES_WRITE)
    lock_books(session, actor.org)
    for route_id, zone_id in sorted(zones.items()):
        route = get_route_for(session, actor, route_id)
        zone = get_zone_for(session, actor, zone_id) if zone_id else None
        known = session.get(MilkZoneRoute, route.id)
        if (known.zone_id if known else None) == zone_id:
            continue
        session.execute(delete(MilkZoneRoute).where(MilkZoneRoute.route_id == route.id))
        if known is not None:
            session.expunge(known)
        if zone is not None:
            session.add(MilkZoneRoute(route_id=route.id, zone_id=zone.id))
            session.flush()
        audit.record(
            session,
            tag=FortnightAudit.ROUTE_PLACED,
            actor=actor,
            now=now,
            subject_type="collection_route",
            subject_id=route.id,
            after={"route": route.code, "zone": zone.code if zone else None},
        )


def record_readings(
    session: Session, *, actor: Actor, now: datetime, readings: Sequence[Reading]
) -> list[ScaleReadingRow]:
    """Record what scales showed; a day that has a reading gets the new one, until its fortnight is prepared, and producers are told.

    Raises:
        Forbidden, NotFound, ValidationFailed.
        FortnightLocked: a run of that fortnight stands.
    """
    require_reader(actor)
    lock_books(session, actor.org)
    organisation = get_own_organisation(session, actor)
    _check_readings(readings, local_date(now, organisation.timezone))
    zones = {one.zone_id for one in readings}
    for zone_id in sorted(zones):
        get_zone_for(session, actor, zone_id)
    _refuse_locked(session, actor.org, {one.day for one in readings})
    known = _rows_of(session, readings)
    rows = []
    originals = {place: row.quantity_ml for place, row in known.items()}
    for one in readings:
        row = known.get((one.zone_id, one.day))
        before = None if row is None else row.quantity_ml
        if row is None:
            row = ScaleReadingRow(id=new_id(), organisation_id=actor.org, zone_id=one.zone_id, day=one.day)
            session.add(row)
            known[one.zone_id, one.day] = row
        rows.append(row)
        if before != one.quantity_ml:
            row.quantity_ml, row.recorded_at, row.recorded_by = one.quantity_ml, now, actor.user_id
            session.flush()
            _record_reading(session, actor, now, row, before)
    corrections = [
        Correction(*place, old, known[place].quantity_ml)
        for place, old in originals.items()
        if known[place].quantity_ml != old
    ]
    if corrections:
        tell_of_corrections(session, organisation=organisation, now=now, corrections=corrections)
    return rows


def known_readings(session: Session, readings: Sequence[Reading]) -> dict[tuple[UUID, date], int]:
    """Return what is kept of the zones and days of some readings, in millilitres."""
    return {key: row.quantity_ml for key, row in _rows_of(session, readings).items()}


def _rows_of(session: Session, readings: Sequence[Reading]) -> dict[tuple[UUID, date], ScaleReadingRow]:
    rows = session.scalars(
        select(ScaleReadingRow).where(
            ScaleReadingRow.zone_id.in_({one.zone_id for one in readings}),
            ScaleReadingRow.day.in_({one.day for one in readings}),
        )
    )
    return {(row.zone_id, row.day): row for row in rows}


def require_reader(actor: Actor) -> None:
    """Let those type readings who weigh milk, and those who settle it.

    Raises:
        Forbidden: the actor does neither.
    """
    if not any(actor.may(one) for one in READERS):
        actor.require(Permission.STOCK_WRITE)


def get_zone_for(session: Session, actor: Actor, zone_id: UUID) -> MilkZone:
    """Return a zone of the actor's organisation.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    found = session.get(MilkZone, zone_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    return found


def _check_words(
    session: Session, organisation_id: UUID, code: str, name: str, *, except_id: UUID | None
) -> None:
    errors = FieldErrors()
    if not 0 < len(code) <= MAX_CODE:
        errors.add("code", CODE_NEEDED, limit=MAX_CODE)
    if not 0 < len(name) <= MAX_NAME:
        errors.add("name", NAME_NEEDED, limit=MAX_NAME)
    taken = session.scalar(
        select(MilkZone.id).where(MilkZone.organisation_id == organisation_id, MilkZone.code == code)
    )
    if taken not in {None, except_id}:
        errors.add("code", CODE_TAKEN)
    errors.raise_any()


def _check_readings(readings: Sequence[Reading], today: date) -> None:
    errors = FieldErrors()
    if len(readings) > MAX_READINGS:
        errors.add("readings", TOO_MANY, limit=MAX_READINGS)
    if any(one.day > today for one in readings):
        errors.add("day", IN_FUTURE)
    if any(not 0 <= one.quantity_ml <= MAX_READING_ML for one in readings):
        errors.add("litres", OUT_OF_RANGE, most=MAX_READING_ML // 1000)
    errors.raise_any()


def _refuse_locked(session: Session, organisation_id: UUID, days: set[date]) -> None:
    """What a run was calculated from stands while the run does; discard it to correct a reading."""
    firsts = {fortnight_of(day).first: day for day in sorted(days, reverse=True)}
    locked = session.scalars(
        select(SettlementRun.period_from).where(
            SettlementRun.organisation_id == organisation_id,
            SettlementRun.method == RunMethod.MILK_FORTNIGHT.value,
            SettlementRun.period_from.in_(firsts),
            SettlementRun.state != RunState.DISCARDED.value,
        )
    ).all()
    if locked:
        first = min(one for one in locked if one is not None)
        raise FortnightLocked(day=firsts[first])


def _record_reading(
    session: Session, actor: Actor, now: datetime, row: ScaleReadingRow, before: int | None
) -> None:
    is_new = before is None
    audit.record(
        session,
        tag=FortnightAudit.READING_RECORDED if is_new else FortnightAudit.READING_CORRECTED,
        actor=actor,
        now=now,
        subject_type="scale_reading",
        subject_id=row.id,
        before=None if is_new else {"quantity_ml": before},
        after={"zone_id": str(row.zone_id), "day": row.day.isoformat(), "quantity_ml": row.quantity_ml},
    )


def _record(
    session: Session,
    tag: FortnightAudit,
    actor: Actor,
    now: datetime,
    zone: MilkZone,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object],
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="milk_zone",
        subject_id=zone.id,
        before=before,
        after=after,
    )
