"""The stock: what lies in the house, lot by lot and summed up, now or at the end of an earlier day.

Totals are sums over lots, so they always agree with the lots.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, order_by, paginate_rows
from chain.genealogy.models import LotEvent
from chain.lots.models import Lot, Site
from chain.lots.queries.labels import lot_id_by_number
from chain.lots.rules import LotState
from chain.lots.scanning import read_scan
from chain.lots.stock import in_stock
from chain.producers.models import Producer

#: A place "none recorded" in filters.
NOWHERE = "none"


def lying_here() -> ColumnElement[bool]:
    """Return the condition that a lot lies in the house: the stock, and sold lots that wait for their truck.

    A sold lot counts until it was dispatched or its sale was settled.
    """
    waiting = and_(
        Lot.sold_at.is_not(None),
        Lot.state == LotState.SOLD.value,
        Lot.left_at.is_(None),
        Lot.used_by_event_id.is_(None),
    )
    return or_(in_stock(), waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockFilter:
    """Which part of the stock is wanted; None is any."""

    commodity: str | None = None
    site_id: UUID | None = None
    #: only lots whose place is not recorded
    nowhere: bool = False
    held: bool | None = None


@dataclass(frozen=True, slots=True)
class StockRow:
    """A lot of the stock as lists show it."""

    id: UUID
    number: str
    commodity: str
    label: str | None
    quantity: int
    unit: str
    state: str
    is_held: bool
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None
    grade_confirmed: bool
    claim: str
    colour: str | None
    delivered_at: datetime
    best_before: Any
    producer_name: str | None
    site_id: UUID | None
    site_code: str | None
    site_name: str | None


@dataclass(frozen=True, slots=True)
class StockTotal:
    """The stock of one product, class and place. Quantities in grams or millilitres, by `unit`."""

    commodity: str
    unit: str
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None
    site_id: UUID | None
    site_code: str | None
    site_name: str | None
    lots: int
    quantity: int
    #: of these: on hold, and on offer
    held: int
    offered: int

    @property
    def free(self) -> int:
        """What may be moved, used or offered; a lot on offer that is held counts once."""
        return self.quantity - self.held - self.offered


SORT_COLUMNS = {
    "number": Lot.number,
    "quantity": Lot.quantity,
    "delivered_at": Lot.delivered_at,
    "site": Site.code,
}


def stock_totals(session: Session, actor: Actor, wanted: StockFilter) -> Sequence[StockTotal]:
    """Return the stock now, summed up by product, class and place."""
    held = case((Lot.is_held.is_(True), Lot.quantity), else_=0)
    offered = case((and_(Lot.is_held.is_(False), Lot.state == LotState.OFFERED.value), Lot.quantity), else_=0)
    keys = (
        Lot.commodity,
        Lot.unit,
        Lot.grade_scheme,
        Lot.grade_edition,
        Lot.grade_key,
        Lot.site_id,
        Site.code,
        Site.name,
    )
    rows = session.execute(
        select(*keys, func.count(), func.sum(Lot.quantity), func.sum(held), func.sum(offered))
        .outerjoin(Site, Site.id == Lot.site_id)
        .where(Lot.organisation_id == actor.organisation_id, in_stock(), *_conditions(wanted))
        .group_by(*keys)
        .order_by(Lot.commodity, Lot.grade_key, Site.code)
    )
    return [_total(row) for row in rows]


def stock_totals_on(
    session: Session, actor: Actor, wanted: StockFilter, end_of_day: datetime
) -> Sequence[StockTotal]:
    """Return the stock as it was at a moment, by product and class; where a lot lay then is not told.

    A cancelled lot was never there. Classes are those of now.
    """
    used = LotEvent.__table__.alias("used")
    keys = (Lot.commodity, Lot.unit, Lot.grade_scheme, Lot.grade_edition, Lot.grade_key)
    rows = session.execute(
        select(*keys, func.count(), func.sum(Lot.quantity))
        .outerjoin(used, used.c.id == Lot.used_by_event_id)
        .where(
            Lot.organisation_id == actor.organisation_id,
            Lot.delivered_at < end_of_day,
            Lot.state != LotState.CANCELLED.value,
            or_(Lot.used_by_event_id.is_(None), used.c.happened_at >= end_of_day),
            or_(Lot.sold_at.is_(None), Lot.sold_at >= end_of_day),
            or_(Lot.left_at.is_(None), Lot.left_at >= end_of_day),
            *_conditions(StockFilter(commodity=wanted.commodity)),
        )
        .group_by(*keys)
        .order_by(Lot.commodity, Lot.grade_key)
    )
    return [_total((*row[:5], None, None, None, *row[5:], 0, 0)) for row in rows]


def _total(row: Sequence[Any]) -> StockTotal:
    """Return a row of sums; PostgreSQL adds up to decimals."""
    commodity, unit, scheme, edition, key, site_id, code, name, lots, quantity, held, offered = row
    return StockTotal(
        commodity,
        unit,
        scheme,
        edition,
        key,
        site_id,
        code,
        name,
        lots,
        int(quantity),
        int(held),
        int(offered),
    )


def sold_and_waiting(session: Session, actor: Actor) -> tuple[int, dict[str, int]]:
    """Return how many sold lots still lie here, and their quantity per unit."""
    rows = session.execute(
        select(Lot.unit, func.count(), func.sum(Lot.quantity))
        .where(Lot.organisation_id == actor.organisation_id, lying_here(), Lot.sold_at.is_not(None))
        .group_by(Lot.unit)
    ).all()
    return sum(row[1] for row in rows), {row[0]: int(row[2]) for row in rows}


def stock_lots(session: Session, actor: Actor, wanted: StockFilter, request: PageRequest) -> Page[StockRow]:
    """Return a page of the lots in stock, by number."""
    statement = order_by(_lots(actor, wanted), request.sort, SORT_COLUMNS, Lot.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([StockRow(*row) for row in page.items], page.page, page.page_size, page.total)


def stock_rows(session: Session, actor: Actor, wanted: StockFilter, limit: int) -> Sequence[StockRow]:
    """Return up to `limit` lots of the stock without paging, for files."""
    return [StockRow(*row) for row in session.execute(_lots(actor, wanted).limit(limit))]


def lots_by_id(session: Session, actor: Actor, lot_ids: Sequence[UUID]) -> Sequence[StockRow]:
    """Return lots of the organisation, wherever they are, by number; strangers are missing."""
    statement = (
        _columns()
        .where(Lot.organisation_id == actor.organisation_id, Lot.id.in_(lot_ids))
        .order_by(Lot.number)
    )
    return [StockRow(*row) for row in session.execute(statement)]


def scanned_lot(session: Session, actor: Actor, text: str) -> UUID | None:
    """Return the lot of the organisation whose label or number was scanned or typed; None: there is none."""
    scan = read_scan(text)
    known = select(Lot.id).where(Lot.organisation_id == actor.organisation_id)
    if scan.lot_id is not None:
        return session.scalar(known.where(Lot.id == scan.lot_id))
    number = scan.number or scan.text
    as_typed = session.scalar(known.where(Lot.number.in_({number, number.upper()})).limit(1))
    if as_typed is not None:
        return as_typed
    try:
        return lot_id_by_number(session, actor, number)
    except NotFound:
        return None


def commodities_here(session: Session, actor: Actor) -> Sequence[str]:
    """Return the products of which something lies in the house."""
    return session.scalars(
        select(Lot.commodity)
        .where(Lot.organisation_id == actor.organisation_id, lying_here())
        .distinct()
        .order_by(Lot.commodity)
    ).all()


def lots_lying_in(session: Session, actor: Actor, site_id: UUID, limit: int) -> Sequence[StockRow]:
    """Return what lies in a place, the oldest first, sold lots that wait included."""
    statement = (
        _columns()
        .where(Lot.organisation_id == actor.organisation_id, Lot.site_id == site_id, lying_here())
        .order_by(Lot.delivered_at, Lot.id)
        .limit(limit)
    )
    return [StockRow(*row) for row in session.execute(statement)]


def _columns() -> Select[Any]:
    return (
        select(
            Lot.id,
            Lot.number,
            Lot.commodity,
            Lot.label,
            Lot.quantity,
            Lot.unit,
            Lot.state,
            Lot.is_held,
            Lot.grade_scheme,
            Lot.grade_edition,
            Lot.grade_key,
            Lot.grade_confirmed,
            Lot.claim,
            Lot.colour,
            Lot.delivered_at,
            Lot.best_before,
            Producer.full_name,
            Lot.site_id,
            Site.code,
            Site.name,
        )
        .outerjoin(Site, Site.id == Lot.site_id)
        .outerjoin(Producer, Producer.id == Lot.producer_id)
    )


def _lots(actor: Actor, wanted: StockFilter) -> Select[Any]:
    return (
        _columns()
        .where(Lot.organisation_id == actor.organisation_id, in_stock(), *_conditions(wanted))
        .order_by(Lot.number, Lot.id)
    )


def _conditions(wanted: StockFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.commodity is not None:
        found.append(Lot.commodity == wanted.commodity)
    if wanted.nowhere:
        found.append(Lot.site_id.is_(None))
    elif wanted.site_id is not None:
        found.append(Lot.site_id == wanted.site_id)
    if wanted.held is not None:
        found.append(Lot.is_held.is_(wanted.held))
    return found
