"""What a lot was made of, and what became of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Row, or_, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.genealogy.errors import TraceTooLarge
from chain.genealogy.models import LotEvent
from chain.genealogy.words import LineRole
from chain.lots.models import Lot
from chain.lots.queries import get_lot_for

#: Lots of one answer.
MAX_LOTS = 250_000


@dataclass(frozen=True, slots=True)
class TraceLot:
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
    sold_at: datetime | None
    left_at: datetime | None
    #: operations between it and the lot that was asked for, on the longest way
    depth: int


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """An event of a trace."""

    id: UUID
    number: int
    kind: str
    process: str | None
    happened_at: datetime
    happened_on: date


@dataclass(frozen=True, slots=True)
class TraceEdge:
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
    rows = read_lots(session, or_(Lot.id == lot_id, Lot.used_by_event_id.in_(select(up.c.id))))
    events = read_events(session, up)
    used = {row.used_by_event_id for row in rows if row.id != lot_id}
    known = {event.id: event for event in events if event.id in used}
    edges: list[TraceEdge] = []
    for row in rows:
        if row.id != lot_id and row.used_by_event_id in known:
            edges.append(TraceEdge(row.used_by_event_id, row.id, LineRole.INPUT.value, row.quantity))
        if row.made_by_event_id in known:
            edges.append(TraceEdge(row.made_by_event_id, row.id, LineRole.OUTPUT.value, row.quantity))
    return _trace(lot_id, rows, known, edges, upwards=True)


def trace_forward(session: Session, actor: Actor, lot_id: UUID) -> Trace:
    """Return everything that a lot went into.

    Raises:
        NotFound: there is no such lot, or it is somebody else's.
        TraceTooLarge: more lots than one answer takes.
    """
    get_lot_for(session, actor, lot_id)
    down = events_down(Lot.id == lot_id)
    rows = read_lots(session, or_(Lot.id == lot_id, Lot.made_by_event_id.in_(select(down.c.id))))
    known = {event.id: event for event in read_events(session, down)}
    edges: list[TraceEdge] = []
    for row in rows:
        if row.used_by_event_id in known:
            edges.append(TraceEdge(row.used_by_event_id, row.id, LineRole.INPUT.value, row.quantity))
        if row.id != lot_id and row.made_by_event_id in known:
            edges.append(TraceEdge(row.made_by_event_id, row.id, LineRole.OUTPUT.value, row.quantity))
    return _trace(lot_id, rows, known, edges, upwards=False)


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


_COLUMNS = (
    Lot.id,
    Lot.number,
    Lot.commodity,
    Lot.label,
    Lot.origin,
    Lot.producer_id,
    Lot.delivered_on,
    Lot.quantity,
    Lot.unit,
    Lot.grade_scheme,
    Lot.grade_edition,
    Lot.grade_key,
    Lot.claim,
    Lot.state,
    Lot.site_id,
    Lot.is_held,
    Lot.used_by_event_id,
    Lot.sold_at,
    Lot.left_at,
    Lot.made_by_event_id,
)


def read_lots(session: Session, which: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """Read the lots of a trace.

    Raises:
        TraceTooLarge: there are too many.
    """
    rows = session.connection().execute(select(*_COLUMNS).where(which).limit(MAX_LOTS + 1)).all()
    if len(rows) > MAX_LOTS:
        raise TraceTooLarge(limit=MAX_LOTS)
    return rows


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


def trace_lot(row: Row[Any], depth: int) -> TraceLot:
    """Return a row of `read_lots` as a lot of a trace."""
    return TraceLot(*(*row[:-1], depth))


def _trace(
    lot_id: UUID,
    rows: Sequence[Row[Any]],
    known: Mapping[UUID, TraceEvent],
    edges: Sequence[TraceEdge],
    *,
    upwards: bool,
) -> Trace:
    depths = _depths(lot_id, list(known), edges, upwards=upwards)
    nodes = [trace_lot(row, depths.get(row.id, 0)) for row in rows]
    nodes.sort(key=lambda one: (one.depth, one.number))
    return Trace(lot_id, nodes, list(known.values()), edges)


def _depths(
    lot_id: UUID, events: Sequence[UUID], edges: Sequence[TraceEdge], *, upwards: bool
) -> dict[UUID, int]:
    """Return how many operations lie between each lot and the asked one, on the longest way.

    Events are numbered as they are recorded, and none uses what is not there yet: one pass in that order is enough.
    """
    near, far = (LineRole.OUTPUT, LineRole.INPUT) if upwards else (LineRole.INPUT, LineRole.OUTPUT)
    near_lots: dict[UUID, list[UUID]] = defaultdict(list)
    far_lots: dict[UUID, list[UUID]] = defaultdict(list)
    for edge in edges:
        if edge.role == near:
            near_lots[edge.event_id].append(edge.lot_id)
        elif edge.role == far:
            far_lots[edge.event_id].append(edge.lot_id)
    depths = {lot_id: 0}
    for event_id in reversed(events) if upwards else events:
        depth = 1 + max((depths.get(one, 0) for one in near_lots[event_id]), default=0)
        for one in far_lots[event_id]:
            depths[one] = max(depths.get(one, 0), depth)
    return depths
