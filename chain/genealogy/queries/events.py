"""What was done with lots."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.paging import Page, PageRequest
from chain.genealogy.models import LotEvent


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


def get_event_for(session: Session, actor: Actor, event_id: UUID) -> LotEvent:
    """Return an event of the actor's organisation.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    raise RuntimeError  # being built


def list_events(
    session: Session, actor: Actor, filters: EventFilters, request: PageRequest
) -> Page[EventRow]:
    """Return a page of events, the latest first."""
    raise RuntimeError  # being built


def lines_of(session: Session, actor: Actor, event_id: UUID, request: PageRequest) -> Page[LineRow]:
    """Return a page of the lines of an event, in their order."""
    raise RuntimeError  # being built


def events_of(session: Session, actor: Actor, lot_id: UUID) -> Sequence[EventRow]:
    """Return the events in which a lot took part, the first one first."""
    raise RuntimeError  # being built
