"""Reads of open weighings, and the day's sheet of a route."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.lots.bags import Bag, bag_from_record
from chain.lots.models import CollectionRoute, Lot, LotBag, OpenWeighing, Site
from chain.lots.rules import LotState
from chain.producers.models import Membership, Producer

MAX_LISTED = 200
TENTHS = Decimal(10)


@dataclass(frozen=True, slots=True)
class WeighingRow:
    """An open weighing as lists show it."""

    id: UUID
    producer_id: UUID
    producer_name: str
    member_code: str | None
    commodity: str
    bags: Sequence[Bag]
    started_at: datetime
    started_by: str | None
    changed_at: datetime
    state: str

    @property
    def net(self) -> int:
        """Grams or millilitres so far."""
        return sum(bag.net for bag in self.bags)


def get_weighing_for(session: Session, actor: Actor, weighing_id: UUID) -> OpenWeighing:
    """Return a weighing of the actor's organisation, open or not.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.get(OpenWeighing, weighing_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    return found


def open_weighings(session: Session, actor: Actor) -> Sequence[WeighingRow]:
    """Return what is being weighed, the oldest first."""
    rows = session.execute(
        select(
            OpenWeighing.id,
            OpenWeighing.producer_id,
            Producer.full_name,
            Membership.member_code,
            OpenWeighing.commodity,
            OpenWeighing.bags,
            OpenWeighing.started_at,
            User.display_name,
            OpenWeighing.changed_at,
            OpenWeighing.state,
        )
        .join(Producer, Producer.id == OpenWeighing.producer_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == OpenWeighing.producer_id)
            & (Membership.organisation_id == OpenWeighing.organisation_id),
        )
        .outerjoin(User, User.id == OpenWeighing.started_by)
        .where(OpenWeighing.organisation_id == actor.org, OpenWeighing.state == "open")
        .order_by(OpenWeighing.started_at, OpenWeighing.id)
        .limit(MAX_LISTED)
    )
    return [
        WeighingRow(
            id=row[0],
            producer_id=row[1],
            producer_name=row[2],
            member_code=row[3],
            commodity=row[4],
            bags=[bag_from_record(one["bag"]) for one in row[5]],
            started_at=row[6],
            started_by=row[7],
            changed_at=row[8],
            state=row[9],
        )
        for row in rows
    ]


def count_open_weighings(session: Session, actor: Actor) -> int:
    """Return how many deliveries are being weighed."""
    statement = select(func.count()).where(
        OpenWeighing.organisation_id == actor.org, OpenWeighing.state == "open"
    )
    return session.scalar(statement) or 0


@dataclass(frozen=True, slots=True)
class CanRow:
    """A can, or a delivery without cans, on the sheet of a route. `quantity` in millilitres or grams."""

    lot_id: UUID
    number: str
    producer_name: str | None
    member_code: str | None
    delivered_at: datetime
    position: int | None
    code: str | None
    quantity: int
    unit: str
    #: am or pm, for milk
    shift: str | None
    temperature_c: Decimal | None
    is_late: bool
    is_warm: bool


@dataclass(frozen=True, slots=True)
class RouteSheet:
    """Who poured what on a day, can by can, in the order of arrival."""

    route: CollectionRoute
    day: date
    cans: Sequence[CanRow]
    #: by unit
    totals: dict[str, int]
    #: when the last can should have been in; None: no limit
    due_at: datetime | None
    #: what the house's milk tanks take, in °C; None: no tank says
    warmest_c: Decimal | None

    @property
    def flagged(self) -> int:
        """How many cans came late or warm."""
        return sum(1 for can in self.cans if can.is_late or can.is_warm)


def route_sheet(session: Session, route: CollectionRoute, day: date, timezone: str) -> RouteSheet:
    """Return the sheet of a route on a calendar day; cancelled deliveries are left out."""
    due_at = None
    if route.due_minutes is not None:
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone))
        due_at = midnight + timedelta(minutes=route.due_minutes)
    warmest = warmest_allowed(session, route.organisation_id)
    rows = session.execute(
        select(
            Lot.id,
            Lot.number,
            Producer.full_name,
            Membership.member_code,
            Lot.delivered_at,
            Lot.quantity,
            Lot.unit,
            Lot.attributes,
            LotBag.position,
            LotBag.code,
            LotBag.gross_g,
            LotBag.tare_g,
            LotBag.volume_ml,
        )
        .outerjoin(LotBag, LotBag.lot_id == Lot.id)
        .outerjoin(Producer, Producer.id == Lot.producer_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == Lot.producer_id) & (Membership.organisation_id == Lot.organisation_id),
        )
        .where(
            Lot.organisation_id == route.organisation_id,
            Lot.route_id == route.id,
            Lot.delivered_on == day,
            Lot.state != LotState.CANCELLED.value,
        )
        .order_by(Lot.delivered_at, Lot.number, LotBag.position)
    )
    cans = []
    totals: dict[str, int] = {}
    for row in rows:
        quantity = row.quantity
        if row.position is not None:
            quantity = row.volume_ml if row.volume_ml is not None else row.gross_g - row.tare_g
        typed = row.attributes.get("temperature_c")
        temperature = None if typed is None else Decimal(typed)
        totals[row.unit] = totals.get(row.unit, 0) + quantity
        cans.append(
            CanRow(
                row.id,
                row.number,
                row.full_name,
                row.member_code,
                row.delivered_at,
                row.position,
                row.code,
                quantity,
                row.unit,
                row.attributes.get("shift"),
                temperature,
                is_late=due_at is not None and row.delivered_at > due_at,
                is_warm=warmest is not None and temperature is not None and temperature > warmest,
            )
        )
    return RouteSheet(route, day, cans, totals, due_at, warmest)


def warmest_allowed(session: Session, organisation_id: UUID) -> Decimal | None:
    """Return the lowest limit among the house's milk tanks, in °C: what is colder than that may go into any of them."""
    tenths = session.scalar(
        select(func.min(Site.max_temperature_tenths)).where(
            Site.organisation_id == organisation_id, Site.kind == "tank", Site.archived_at.is_(None)
        )
    )
    return None if tenths is None else Decimal(int(tenths)) / TENTHS
