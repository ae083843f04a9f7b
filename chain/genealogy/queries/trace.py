"""What a lot was made of, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor


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
    raise RuntimeError  # being built


def trace_forward(session: Session, actor: Actor, lot_id: UUID) -> Trace:
    """Return everything that a lot went into.

    Raises:
        NotFound: there is no such lot, or it is somebody else's.
        TraceTooLarge: more lots than one answer takes.
    """
    raise RuntimeError  # being built
