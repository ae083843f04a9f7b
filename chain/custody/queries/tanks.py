"""Reads of tanks and cold stores: contents, readings, and what threatens the load."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import User
from chain.accounts.rules import Actor
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.custody.models import TankReading
from chain.custody.queries.stock import lying_here
from chain.custody.rules.cold import Alert, AlertLevel, Load, Reading, alerts_of, worst_level
from chain.custody.rules.words import SiteKind
from chain.genealogy.models import LotShare
from chain.lots.models import Lot, Site

#: Readings that a trend may need, and that the chart shows.
WINDOW = timedelta(hours=24)
MAX_READINGS = 500


@dataclass(frozen=True, slots=True)
class Contents:
    """What lies in a place. Quantities in grams and millilitres."""

    lots: int = 0
    grams: int = 0
    millilitres: int = 0
    #: when the oldest delivery in it came
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tank:
    """A place that is watched, with its contents, latest readings and alerts."""

    site: Site
    contents: Contents
    readings: Sequence[Reading]
    alerts: Sequence[Alert]

    @property
    def quantity(self) -> int:
        """What counts against the capacity: millilitres of a tank, grams elsewhere."""
        is_tank = self.site.kind == SiteKind.TANK
        return self.contents.millilitres if is_tank else self.contents.grams

    @property
    def latest(self) -> Reading | None:
        """The latest temperature."""
        return self.readings[-1] if self.readings else None

    @property
    def level(self) -> AlertLevel | None:
        """How bad it is; None: nothing threatens."""
        return worst_level(self.alerts)


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """A reading as lists show it."""

    id: UUID
    site_id: UUID
    measured_at: datetime
    celsius_tenths: int
    source: str
    recorded_at: datetime
    recorded_by: str | None


def tank_alerts(session: Session, actor: Actor, now: datetime) -> Sequence[Tank]:
    """Return the places whose load is threatened now, the worst first."""
    threatened = [tank for tank in watched_tanks(session, actor, now) if tank.alerts]
    return sorted(threatened, key=lambda tank: (tank.level is not AlertLevel.ALARM, tank.site.code))


def watched_tanks(session: Session, actor: Actor, now: datetime) -> Sequence[Tank]:
    """Return every tank, and every other place with a limit of temperature or time, by code."""
    sites = session.scalars(
        select(Site)
        .where(
            Site.organisation_id == actor.organisation_id,
            Site.archived_at.is_(None),
            or_(
                Site.kind == SiteKind.TANK.value,
                Site.max_temperature_tenths.is_not(None),
                Site.max_hours.is_not(None),
            ),
        )
        .order_by(Site.code)
    ).all()
    return _tanks(session, sites, now)


def tank_of(session: Session, site: Site, now: datetime) -> Tank:
    """Return one place with its contents, readings and alerts."""
    return _tanks(session, [site], now)[0]


def _tanks(session: Session, sites: Sequence[Site], now: datetime) -> list[Tank]:
    if not sites:
        return []
    ids = [site.id for site in sites]
    contents, readings = contents_of(session, ids), _latest_readings(session, ids, now)
    found = []
    for site in sites:
        inside = contents.get(site.id, Contents())
        shown = readings.get(site.id, [])
        load = Load(inside.oldest_at, site.max_temperature_tenths, site.max_hours, shown)
        found.append(Tank(site, inside, shown, alerts_of(load, now)))
    return found


def contents_of(session: Session, site_ids: Sequence[UUID]) -> dict[UUID, Contents]:
    """Return what lies in places, with the time of the oldest delivery: that of the primary lots of a mixture."""
    primary = aliased(Lot)
    oldest = (
        select(Lot.site_id, func.min(func.coalesce(primary.delivered_at, Lot.delivered_at)))
        .select_from(Lot)
        .outerjoin(LotShare, LotShare.lot_id == Lot.id)
        .outerjoin(primary, primary.id == LotShare.primary_id)
        .where(Lot.site_id.in_(site_ids), lying_here())
        .group_by(Lot.site_id)
    )
    since: dict[UUID, datetime] = {key: moment for key, moment in session.execute(oldest) if key}
    found: dict[UUID, Contents] = {}
    sums = session.execute(
        select(Lot.site_id, Lot.unit, func.count(), func.sum(Lot.quantity))
        .where(Lot.site_id.in_(site_ids), lying_here())
        .group_by(Lot.site_id, Lot.unit)
    )
    for site_id, unit, lots, total in sums:
        before = found.get(site_id, Contents())
        found[site_id] = Contents(
            lots=before.lots + lots,
            grams=before.grams + (int(total) if unit == "g" else 0),
            millilitres=before.millilitres + (int(total) if unit == "ml" else 0),
            oldest_at=since.get(site_id),
        )
    return found


def _latest_readings(session: Session, site_ids: Sequence[UUID], now: datetime) -> dict[UUID, list[Reading]]:
    """Return the readings of the last day per place, in the order of time; of a silent place its last one."""
    rows = session.execute(
        select(TankReading.site_id, TankReading.measured_at, TankReading.celsius_tenths)
        .where(
            TankReading.site_id.in_(site_ids),
            TankReading.measured_at >= now - WINDOW,
            TankReading.measured_at <= now + timedelta(minutes=5),
        )
        .order_by(TankReading.measured_at.desc(), TankReading.id.desc())
        .limit(MAX_READINGS * len(site_ids))
    ).all()
    found: dict[UUID, list[Reading]] = {}
    for site_id, measured_at, tenths in reversed(rows):
        found.setdefault(site_id, []).append(Reading(measured_at, tenths))
    for site_id in site_ids:
        if site_id not in found:
            last = session.execute(
                select(TankReading.measured_at, TankReading.celsius_tenths)
                .where(TankReading.site_id == site_id)
                .order_by(TankReading.measured_at.desc())
                .limit(1)
            ).first()
            if last is not None:
                found[site_id] = [Reading(last[0], last[1])]
    return found


def list_readings(session: Session, actor: Actor, site_id: UUID, request: PageRequest) -> Page[ReadingRow]:
    """Return the readings of a place, the latest first."""
    statement = (
        select(
            TankReading.id,
            TankReading.site_id,
            TankReading.measured_at,
            TankReading.celsius_tenths,
            TankReading.source,
            TankReading.recorded_at,
            User.display_name,
        )
        .outerjoin(User, User.id == TankReading.recorded_by)
        .where(TankReading.organisation_id == actor.organisation_id, TankReading.site_id == site_id)
        .order_by(TankReading.measured_at.desc(), TankReading.id.desc())
    )
    columns: SortColumns = {"measured_at": TankReading.measured_at}
    page = paginate_rows(session, order_by(statement, request.sort, columns, TankReading.id), request)
    return Page([ReadingRow(*row) for row in page.items], page.page, page.page_size, page.total)
