"""Reads of dispatches: the own ones, and those that are addressed to the actor's organisation."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation, User
from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.custody.models import CustodyPrint, Dispatch, DispatchLine
from chain.custody.rules.words import DispatchState
from chain.lots.models import Lot

CHUNK = 10_000
#: Without a day it is expected on, a load is late after so long: a choice of the project.
LATE_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class DispatchRow:
    """A dispatch as lists show it. Sums per unit in grams and millilitres."""

    dispatch: Dispatch
    sender: str
    lots: int
    grams: int
    millilitres: int
    arrived_grams: int | None
    arrived_millilitres: int | None


@dataclass(frozen=True, slots=True)
class LineRow:
    """A lot on a waybill, with its weights."""

    lot_id: UUID
    number: str
    commodity: str
    unit: str
    quantity: int
    arrived_quantity: int | None
    agreed_quantity: int | None


@dataclass(frozen=True, slots=True)
class SaleDispatch:
    """A dispatch of a sale, for the market. Quantities of its lots in their unit; None: not known yet."""

    id: UUID
    number: int
    state: str
    dispatched_at: datetime
    arrived_at: datetime | None
    lot_ids: Sequence[UUID]
    quantity: int
    arrived_quantity: int | None
    agreed_quantity: int | None


@dataclass(frozen=True, slots=True)
class Received:
    """Who received a lot, for the recall list."""

    dispatch_id: UUID
    dispatch_number: int
    organisation_id: UUID | None
    organisation_name: str | None
    destination: str
    state: str
    dispatched_at: datetime
    arrived_at: datetime | None
    quantity: int
    unit: str


def _visible_to(actor: Actor) -> ColumnElement[bool]:
    return or_(
        Dispatch.organisation_id == actor.organisation_id,
        Dispatch.to_organisation_id == actor.organisation_id,
    )


def get_dispatch_for(session: Session, actor: Actor, dispatch_id: UUID) -> Dispatch:
    """Return a dispatch from or to the actor's organisation.

    Raises:
        NotFound: there is none, or it is between others.
    """
    found = session.scalar(select(Dispatch).where(Dispatch.id == dispatch_id, _visible_to(actor)))
    if found is None:
        raise NotFound
    return found


def is_late(now: datetime, today: date) -> ColumnElement[bool]:
    """Return the condition that a load should be there by now."""
    return and_(
        Dispatch.state == DispatchState.ON_THE_WAY.value,
        or_(
            Dispatch.expected_on < today,
            and_(Dispatch.expected_on.is_(None), Dispatch.dispatched_at < now - LATE_AFTER),
        ),
    )


SORT_COLUMNS: SortColumns = {"number": Dispatch.number, "dispatched_at": Dispatch.dispatched_at}


def list_dispatches(
    session: Session,
    actor: Actor,
    request: PageRequest,
    *,
    incoming: bool = False,
    state: str | None = None,
    late: ColumnElement[bool] | None = None,
) -> Page[DispatchRow]:
    """Return the own dispatches, or those addressed to the organisation, the newest first."""
    side = Dispatch.to_organisation_id if incoming else Dispatch.organisation_id
    statement = _rows().where(side == actor.organisation_id)
    if state is not None:
        statement = statement.where(Dispatch.state == state)
    if late is not None:
        statement = statement.where(late)
    latest_first = statement.order_by(Dispatch.dispatched_at.desc(), Dispatch.id.desc())
    page = paginate_rows(session, order_by(latest_first, request.sort, SORT_COLUMNS, Dispatch.id), request)
    return Page([_row(*row) for row in page.items], page.page, page.page_size, page.total)


def get_dispatch_row(session: Session, actor: Actor, dispatch_id: UUID) -> DispatchRow:
    """Return one dispatch as lists show it.

    Raises:
        NotFound: there is none, or it is between others.
    """
    row = session.execute(_rows().where(Dispatch.id == dispatch_id, _visible_to(actor))).first()
    if row is None:
        raise NotFound
    return _row(*row)


def _sum(column: Any, unit: str) -> Any:
    return (
        select(func.sum(column))
        .where(DispatchLine.dispatch_id == Dispatch.id, DispatchLine.unit == unit)
        .correlate(Dispatch)
        .scalar_subquery()
    )


def _rows() -> Select[Any]:
    lots = (
        select(func.count())
        .where(DispatchLine.dispatch_id == Dispatch.id)
        .correlate(Dispatch)
        .scalar_subquery()
    )
    return select(
        Dispatch,
        Organisation.name,
        lots,
        _sum(DispatchLine.quantity, "g"),
        _sum(DispatchLine.quantity, "ml"),
        _sum(DispatchLine.arrived_quantity, "g"),
        _sum(DispatchLine.arrived_quantity, "ml"),
    ).join(Organisation, Organisation.id == Dispatch.organisation_id)


def _row(dispatch: Dispatch, sender: str, lots: int, *sums: Any) -> DispatchRow:
    grams, millilitres, arrived_grams, arrived_millilitres = sums
    return DispatchRow(
        dispatch,
        sender,
        lots,
        int(grams or 0),
        int(millilitres or 0),
        None if arrived_grams is None else int(arrived_grams),
        None if arrived_millilitres is None else int(arrived_millilitres),
    )


def dispatch_lines(session: Session, dispatch_id: UUID) -> Sequence[LineRow]:
    """Return the lots of a dispatch by number."""
    rows = session.execute(
        select(
            DispatchLine.lot_id,
            Lot.number,
            Lot.commodity,
            DispatchLine.unit,
            DispatchLine.quantity,
            DispatchLine.arrived_quantity,
            DispatchLine.agreed_quantity,
        )
        .join(Lot, Lot.id == DispatchLine.lot_id)
        .where(DispatchLine.dispatch_id == dispatch_id)
        .order_by(Lot.number)
    )
    return [LineRow(*row) for row in rows]


def dispatches_of_lot(session: Session, actor: Actor, lot_id: UUID) -> Sequence[Dispatch]:
    """Return the own dispatches that a lot travelled with, the latest first."""
    return session.scalars(
        select(Dispatch)
        .join(DispatchLine, DispatchLine.dispatch_id == Dispatch.id)
        .where(DispatchLine.lot_id == lot_id, Dispatch.organisation_id == actor.organisation_id)
        .order_by(Dispatch.dispatched_at.desc())
    ).all()


def people_of(session: Session, dispatch: Dispatch) -> dict[UUID, str]:
    """Return the names of those who sent, received and settled."""
    ids = {dispatch.dispatched_by, dispatch.arrived_by, dispatch.resolved_by} - {None}
    rows = session.execute(select(User.id, User.display_name).where(User.id.in_(ids)))
    return {row[0]: row[1] for row in rows}


def dispatches_of_sale(session: Session, sale_id: UUID) -> Sequence[SaleDispatch]:
    """Return the dispatches of a sale, the first one first; cancelled ones too. The caller has checked who asks."""
    dispatches = session.scalars(
        select(Dispatch).where(Dispatch.sale_id == sale_id).order_by(Dispatch.dispatched_at, Dispatch.id)
    ).all()
    return [_sale_dispatch(session, one) for one in dispatches]


def _sale_dispatch(session: Session, one: Dispatch) -> SaleDispatch:
    lines = session.scalars(
        select(DispatchLine).where(DispatchLine.dispatch_id == one.id).order_by(DispatchLine.lot_id)
    ).all()
    arrived = [line.arrived_quantity for line in lines if line.arrived_quantity is not None]
    agreed = [line.agreed_quantity for line in lines if line.agreed_quantity is not None]
    return SaleDispatch(
        id=one.id,
        number=one.number,
        state=one.state,
        dispatched_at=one.dispatched_at,
        arrived_at=one.arrived_at,
        lot_ids=[line.lot_id for line in lines],
        quantity=sum(line.quantity for line in lines),
        arrived_quantity=sum(arrived) if arrived else None,
        agreed_quantity=sum(agreed) if agreed else None,
    )


def received_by(session: Session, lot_ids: Collection[UUID]) -> dict[UUID, list[Received]]:
    """Return who outside the house received lots, cancelled dispatches left out, for the recall list.

    The caller has checked that the lots are the actor's.
    """
    found: dict[UUID, list[Received]] = {}
    receiver = aliased(Organisation)
    wanted = sorted(set(lot_ids))
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(
                DispatchLine.lot_id,
                Dispatch.id,
                Dispatch.number,
                Dispatch.to_organisation_id,
                receiver.name,
                Dispatch.destination,
                Dispatch.state,
                Dispatch.dispatched_at,
                Dispatch.arrived_at,
                DispatchLine.quantity,
                DispatchLine.unit,
            )
            .join(Dispatch, Dispatch.id == DispatchLine.dispatch_id)
            .outerjoin(receiver, receiver.id == Dispatch.to_organisation_id)
            .where(
                DispatchLine.lot_id.in_(wanted[start : start + CHUNK]),
                Dispatch.to_site_id.is_(None),
                Dispatch.state != DispatchState.CANCELLED.value,
            )
            .order_by(Dispatch.dispatched_at, Dispatch.id)
        )
        for row in rows:
            found.setdefault(row[0], []).append(Received(*row[1:]))
    return found


def count_on_the_way_to(session: Session, actor: Actor) -> int:
    """Return how many loads are on the way to the actor's organisation."""
    return _count(
        session,
        Dispatch.to_organisation_id == actor.organisation_id,
        Dispatch.state == DispatchState.ON_THE_WAY.value,
    )


def count_late(session: Session, actor: Actor, now: datetime, today: date) -> int:
    """Return how many own loads should be there by now."""
    return _count(session, Dispatch.organisation_id == actor.organisation_id, is_late(now, today))


def count_disputed(session: Session, actor: Actor) -> int:
    """Return how many own loads are in dispute."""
    return _count(
        session,
        Dispatch.organisation_id == actor.organisation_id,
        Dispatch.state == DispatchState.DISPUTED.value,
    )


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Dispatch).where(*conditions)) or 0


def get_print_for(session: Session, actor: Actor, print_id: UUID) -> CustodyPrint:
    """Return one printing; the caller asks for the document, which says whose it is.

    Raises:
        NotFound: there is none.
    """
    del actor
    found = session.get(CustodyPrint, print_id)
    if found is None:
        raise NotFound
    return found


def prints_of(session: Session, document_id: UUID) -> Sequence[CustodyPrint]:
    """Return the printings of a paper, the original first."""
    return session.scalars(
        select(CustodyPrint).where(CustodyPrint.document_id == document_id).order_by(CustodyPrint.copy_number)
    ).all()
