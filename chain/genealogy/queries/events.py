"""What was done with lots."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import User
from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, order_by, paginate_rows
from chain.genealogy.models import LotEvent, LotEventLine
from chain.genealogy.words import LineRole
from chain.lots.models import Lot
from chain.lots.queries import get_lot_for


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as lists show it."""

    id: UUID
    number: int
    kind: str
    process: str | None
    happened_at: datetime
    happened_on: date
    balance_unit: str
    input_total: int
    output_total: int
    loss_total: int
    gain_total: int
    taken_total: int
    reason: str | None
    recipe_id: UUID | None
    density: str | None
    site_id: UUID | None
    #: the event that this one undoes, and the one that undid this one
    reverses_id: UUID | None
    reversed_by_id: UUID | None
    recorded_at: datetime
    recorded_by: str | None


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of an event with its lot; `lot_*` null where the line is no lot."""

    role: str
    lot_id: UUID | None
    lot_number: str | None
    commodity: str | None
    label: str | None
    quantity: int
    unit: str
    #: in the event's balance unit
    balance: int
    cause: str | None
    note: str | None
    producer_id: UUID | None
    from_site_id: UUID | None
    to_site_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilters:
    """Which events are wanted; None is any."""

    kind: str | None = None
    process: str | None = None
    from_day: date | None = None
    to_day: date | None = None
    #: where it happened, or whence or whither something was brought
    site_id: UUID | None = None


#: Events of one lot that are shown: made, moved, used, and undone again; far more than happens.
MAX_OF_LOT = 500
SORT_COLUMNS = {"number": LotEvent.number, "happened_at": LotEvent.happened_at, "kind": LotEvent.kind}
LINE_SORT = {"role": LotEventLine.role, "quantity": LotEventLine.quantity, "number": Lot.number}


def get_event_for(session: Session, actor: Actor, event_id: UUID) -> LotEvent:
    """Return an event of the actor's organisation.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.scalar(
        select(LotEvent).where(LotEvent.id == event_id, LotEvent.organisation_id == actor.org)
    )
    if found is None:
        raise NotFound
    return found


def get_event_row(session: Session, actor: Actor, event_id: UUID) -> EventRow:
    """Return an event as lists show it.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = session.execute(_events(actor).where(LotEvent.id == event_id)).first()
    if row is None:
        raise NotFound
    return EventRow(*row)


def lines_for_reversal(session: Session, event_id: UUID) -> Sequence[LotEventLine]:
    """Return all lines of an event, in their order."""
    return session.scalars(
        select(LotEventLine).where(LotEventLine.event_id == event_id).order_by(LotEventLine.position)
    ).all()


def list_events(
    session: Session, actor: Actor, filters: EventFilters, request: PageRequest
) -> Page[EventRow]:
    """Return a page of events, the latest first."""
    statement = _events(actor)
    if filters.kind is not None:
        statement = statement.where(LotEvent.kind == filters.kind)
    if filters.process is not None:
        statement = statement.where(LotEvent.process == filters.process)
    if filters.from_day is not None:
        statement = statement.where(LotEvent.happened_on >= filters.from_day)
    if filters.to_day is not None:
        statement = statement.where(LotEvent.happened_on <= filters.to_day)
    if filters.site_id is not None:
        moved = select(LotEventLine.event_id).where(
            or_(
                LotEventLine.from_site_id == filters.site_id,
                LotEventLine.to_site_id == filters.site_id,
            )
        )
        statement = statement.where(or_(LotEvent.site_id == filters.site_id, LotEvent.id.in_(moved)))
    statement = statement.order_by(LotEvent.happened_at.desc(), LotEvent.number.desc())
    statement = order_by(statement, request.sort, SORT_COLUMNS, LotEvent.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([EventRow(*row) for row in page.items], page.page, page.page_size, page.total)


def lines_of(session: Session, actor: Actor, event_id: UUID, request: PageRequest) -> Page[LineRow]:
    """Return a page of the lines of an event, in their order.

    Raises:
        NotFound: there is no such event, or it is somebody else's.
    """
    get_event_for(session, actor, event_id)
    statement = (
        select(
            LotEventLine.role,
            LotEventLine.lot_id,
            Lot.number,
            Lot.commodity,
            Lot.label,
            LotEventLine.quantity,
            LotEventLine.unit,
            LotEventLine.balance,
            LotEventLine.cause,
            LotEventLine.note,
            LotEventLine.producer_id,
            LotEventLine.from_site_id,
            LotEventLine.to_site_id,
        )
        .outerjoin(Lot, Lot.id == LotEventLine.lot_id)
        .where(LotEventLine.event_id == event_id)
        .order_by(LotEventLine.position)
    )
    statement = order_by(statement, request.sort, LINE_SORT, LotEventLine.position.expression)
    page = paginate_rows(session, statement, request)
    return Page([LineRow(*row) for row in page.items], page.page, page.page_size, page.total)


def events_of(session: Session, actor: Actor, lot_id: UUID) -> Sequence[EventRow]:
    """Return the events in which a lot took part, the first one first; at most `MAX_OF_LOT`.

    Raises:
        NotFound: there is no such lot, or it is somebody else's.
    """
    get_lot_for(session, actor, lot_id)
    took_part = (
        select(LotEventLine.event_id)
        .where(LotEventLine.lot_id == lot_id, LotEventLine.role != LineRole.TAKEN.value)
        .distinct()
    )
    rows = session.execute(
        _events(actor).where(LotEvent.id.in_(took_part)).order_by(LotEvent.number).limit(MAX_OF_LOT)
    )
    return [EventRow(*row) for row in rows]


def _events(actor: Actor) -> Select[Any]:
    reversal = aliased(LotEvent)
    return (
        select(
            LotEvent.id,
            LotEvent.number,
            LotEvent.kind,
            LotEvent.process,
            LotEvent.happened_at,
            LotEvent.happened_on,
            LotEvent.balance_unit,
            LotEvent.input_total,
            LotEvent.output_total,
            LotEvent.loss_total,
            LotEvent.gain_total,
            LotEvent.taken_total,
            LotEvent.reason,
            LotEvent.recipe_id,
            LotEvent.density,
            LotEvent.site_id,
            LotEvent.reverses_id,
            reversal.id,
            LotEvent.recorded_at,
            User.display_name,
        )
        .outerjoin(reversal, reversal.reverses_id == LotEvent.id)
        .outerjoin(User, User.id == LotEvent.recorded_by)
        .where(LotEvent.organisation_id == actor.organisation_id)
    )
