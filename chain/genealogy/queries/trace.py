"""What a lot was made of, and what became of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import force_setattr
from sqlalchemy import CTE, ColumnElement, or_, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.genealogy.errors import TraceTooLarge
from chain.genealogy.models import LotEvent
from chain.genealogy.queries.ids import IdReader
from chain.genealogy.words import LineRole
from chain.lots.models import Lot
from chain.lots.queries import get_lot_for

#: Lots of one answer.
MAX_LOTS = 250_000
INPUT, OUTPUT = LineRole.INPUT.value, LineRole.OUTPUT.value


class TraceLot(msgspec.Struct, frozen=True, gc=False):
    """A lot of a trace."""

    id: UUID
    number: str
    commodity: str
    label: str | None
    #: delivery or derived
    origin: str
    #: who delivered it; null for a derived lot
    producer_id: UUID | None
    delivered_on: date
    quantity: int
    unit: str
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None
    claim: str
    state: str
    site_id: UUID | None
    is_held: bool
    used_by_event_id: UUID | None
    made_by_event_id: UUID | None
    sold_at: datetime | None
    left_at: datetime | None
    #: operations between it and the lot that was asked for, on the longest way
    depth: int = 0


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """An event of a trace."""

    id: UUID
    number: int
    kind: str
    process: str | None
    happened_at: datetime
    happened_on: date


class TraceEdge(msgspec.Struct, frozen=True, gc=False):
    """A lot that an event of the trace used (`role` input) or made (output)."""

    event_id: UUID
    lot_id: UUID
    role: str
    #: the whole lot, in its unit
    quantity: int


@dataclass(frozen=True, slots=True)
class Trace:
    """Lots, the asked one included, and the events between them, earliest first."""

    lot_id: UUID
    nodes: Sequence[TraceLot]
    events: Sequence[TraceEvent]
    edges: Sequence[TraceEdge]


def trace_back(session: Session, actor: Actor, lot_id: UUID) -> Trace:
    """Return everything that a lot was made of, down to the deliveries.

    Raises:
        NotFound: there is no such lot, or it is somebody else's.
        TraceTooLarge: more lots than one answer takes.
    """
    get_lot_for(session, actor, lot_id)
    up = events_up(lot_id)
    lots = read_lots(session, or_(Lot.id == lot_id, Lot.used_by_event_id.in_(select(up.c.id))))
    events = read_events(session, up)
    links = _Links(events)
    for lot in lots:
        if lot.id != lot_id:
            links.add(lot.used_by_event_id, INPUT, lot)
        links.add(lot.made_by_event_id, OUTPUT, lot)
    return links.trace(lot_id, lots, reversed(events), near=OUTPUT, far=INPUT)


def trace_forward(session: Session, actor: Actor, lot_id: UUID) -> Trace:
    """Return everything that a lot went into.

    Raises:
        NotFound: there is no such lot, or it is somebody else's.
        TraceTooLarge: more lots than one answer takes.
    """
    get_lot_for(session, actor, lot_id)
    down = events_down(Lot.id == lot_id)
    lots = read_lots(session, or_(Lot.id == lot_id, Lot.made_by_event_id.in_(select(down.c.id))))
    events = read_events(session, down)
    links = _Links(events)
    for lot in lots:
        links.add(lot.used_by_event_id, INPUT, lot)
        if lot.id != lot_id:
            links.add(lot.made_by_event_id, OUTPUT, lot)
    return links.trace(lot_id, lots, events, near=INPUT, far=OUTPUT)


def events_up(lot_id: UUID) -> CTE:
    """Return the events by which a lot came about, each of them once however many ways lead to it.

    An event uses lots wholly, so that the lots of an event are those that carry its id; a lot that came back by an undoing
    carries none, and what the event had made leads nowhere.
    """
    up = (
        select(Lot.made_by_event_id.label("id"))
        .where(Lot.id == lot_id, Lot.made_by_event_id.is_not(None))
        .cte("up", recursive=True)
    )
    return up.union(
        select(Lot.made_by_event_id).where(Lot.used_by_event_id == up.c.id, Lot.made_by_event_id.is_not(None))
    )


def events_down(start: ColumnElement[bool]) -> CTE:
    """Return the events into which lots went, and what was made of them, and so on."""
    down = (
        select(Lot.used_by_event_id.label("id"))
        .where(start, Lot.used_by_event_id.is_not(None))
        .distinct()
        .cte("down", recursive=True)
    )
    return down.union(
        select(Lot.used_by_event_id).where(
            Lot.made_by_event_id == down.c.id, Lot.used_by_event_id.is_not(None)
        )
    )


def read_lots(session: Session, which: ColumnElement[bool]) -> list[TraceLot]:
    """Read the lots of a trace, by their numbers.

    Raises:
        TraceTooLarge: there are too many.
    """
    ids = IdReader(session)
    statement = (
        select(
            ids.column(Lot.id),
            Lot.number,
            Lot.commodity,
            Lot.label,
            Lot.origin,
            ids.column(Lot.producer_id),
            Lot.delivered_on,
            Lot.quantity,
            Lot.unit,
            Lot.grade_scheme,
            Lot.grade_edition,
            Lot.grade_key,
            Lot.claim,
            Lot.state,
            ids.column(Lot.site_id),
            Lot.is_held,
            ids.column(Lot.used_by_event_id),
            ids.column(Lot.made_by_event_id),
            Lot.sold_at,
            Lot.left_at,
        )
        .where(which)
        .order_by(Lot.number)
        .limit(MAX_LOTS + 1)
    )
    rows = session.connection().execute(statement).all()
    if len(rows) > MAX_LOTS:
        raise TraceTooLarge(limit=MAX_LOTS)
    return [TraceLot(*_with_ids(row, ids.read)) for row in rows]


def _with_ids(row: Sequence[Any], read: Callable[[Any], Any]) -> tuple[Any, ...]:
    ids = (read(row[16]), read(row[17]))
    return (read(row[0]), *row[1:5], read(row[5]), *row[6:14], read(row[14]), row[15], *ids, *row[18:])


def read_events(session: Session, found: CTE) -> list[TraceEvent]:
    """Read the events of a trace, earliest first."""
    rows = session.connection().execute(
        select(
            LotEvent.id,
            LotEvent.number,
            LotEvent.kind,
            LotEvent.process,
            LotEvent.happened_at,
            LotEvent.happened_on,
        )
        .where(LotEvent.id.in_(select(found.c.id)))
        .order_by(LotEvent.number)
    )
    return [TraceEvent(*row) for row in rows]


class _Links:
    """The lots on both sides of each event."""

    def __init__(self, events: Sequence[TraceEvent]) -> None:
        self._events = events
        self._sides: dict[UUID, tuple[list[TraceLot], list[TraceLot]]] = {one.id: ([], []) for one in events}
        self._last_id: UUID | None = None
        self._last: tuple[list[TraceLot], list[TraceLot]] | None = None

    def add(self, event_id: UUID | None, role: str, lot: TraceLot) -> None:
        """Note that an event used or made a lot; other events than those of the trace are left out."""
        if event_id is None:
            return
        if (
            event_id is not self._last_id
        ):  # lots of one event stand together, and hashing an id takes its time
            self._last_id, self._last = event_id, self._sides.get(event_id)
        if self._last is not None:
            self._last[role == OUTPUT].append(lot)

    def trace(
        self, lot_id: UUID, lots: Sequence[TraceLot], order: Iterable[TraceEvent], *, near: str, far: str
    ) -> Trace:
        """Put the trace together; `order` goes away from the asked lot.

        Events are numbered as they are recorded, and none uses what is not there yet, so that one pass in that order finds
        the longest way to every lot. An event that was undone made something of nothing any more: it is left out.
        """
        for event in order:
            sides = self._sides[event.id]
            depth = 1 + max((one.depth for one in sides[near == OUTPUT]), default=0)
            for one in sides[far == OUTPUT]:
                if one.depth < depth:
                    force_setattr(one, "depth", depth)
        kept = [one for one in self._events if self._sides[one.id][0]]
        edges = [
            TraceEdge(event.id, lot.id, role, lot.quantity)
            for event in kept
            for role, side in zip((INPUT, OUTPUT), self._sides[event.id], strict=True)
            for lot in side
        ]
        return Trace(lot_id, sorted(lots, key=attrgetter("depth")), kept, edges)
