"""Calling a lot back: who delivered it, what else it touched, who received it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.genealogy.models import LotEvent, LotEventLine
from chain.genealogy.queries.shares import CHUNK, DELIVERY, shares_of
from chain.genealogy.queries.trace import TraceLot, events_down, events_up, read_lots
from chain.genealogy.receivers import receivers_of
from chain.genealogy.words import EventKind, LineRole
from chain.lots.models import Lot
from chain.lots.queries import get_lot_for
from chain.producers.models import Producer
from chain.producers.queries import names_of

SOLD, DISPATCHED, TAKEN_BACK = "sold", "dispatched", "taken_back"


@dataclass(frozen=True, slots=True)
class DeliveredBy:
    """A delivery that the lot comes from; `quantity` of it is in the lot, in the lot's unit (0: less than one gram)."""

    lot_id: UUID
    number: str
    producer_id: UUID
    producer_name: str
    member_code: str | None
    community: str | None
    delivered_on: date
    quantity: int


@dataclass(frozen=True, slots=True)
class ReceivedBy:
    """A lot that is not in the house any more. `receiver` and `reference` are told by the areas above, if they know."""

    lot_id: UUID
    number: str
    commodity: str
    quantity: int
    unit: str
    #: sold, dispatched or taken_back
    how: str
    at: datetime
    receiver: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """What must be known when something is wrong with a lot."""

    lot_id: UUID
    delivered_by: Sequence[DeliveredBy]
    #: every lot in which something of these deliveries may be, the deliveries and the lot itself included
    lots: Sequence[TraceLot]
    received_by: Sequence[ReceivedBy]


def recall(session: Session, actor: Actor, lot_id: UUID) -> Recall:
    """Return who delivered what is in a lot, which lots hold something of the same deliveries, and who received those.

    Raises:
        NotFound: there is no such lot, or it is somebody else's.
        TraceTooLarge: more lots than one answer takes.
    """
    lot = get_lot_for(session, actor, lot_id)
    up = events_up(lot_id)
    is_source = or_(Lot.id == lot_id, Lot.used_by_event_id.in_(select(up.c.id)))
    down = events_down(is_source)
    is_touched = or_(
        Lot.id == lot_id,
        and_(Lot.origin == DELIVERY, Lot.used_by_event_id.in_(select(up.c.id))),
        Lot.made_by_event_id.in_(select(down.c.id)),
    )
    touched = read_lots(session, is_touched)
    sources = [one for one in touched if one.origin == DELIVERY]
    return Recall(
        lot_id,
        _delivered_by(session, lot, sources),
        touched,
        received_by(session, touched),
    )


def _delivered_by(session: Session, lot: Lot, sources: Sequence[TraceLot]) -> list[DeliveredBy]:
    parts = {one.primary_id: one.quantity for one in shares_of(session, [lot.id])[lot.id]}
    names = names_of(session, lot.organisation_id, {row.producer_id for row in sources if row.producer_id})
    found = []
    for row in sources:
        if row.producer_id is None:
            continue
        name = names.get(row.producer_id)
        found.append(
            DeliveredBy(
                lot_id=row.id,
                number=row.number,
                producer_id=row.producer_id,
                producer_name=name.full_name if name else "",
                member_code=name.member_code if name else None,
                community=name.community if name else None,
                delivered_on=row.delivered_on,
                quantity=parts.get(row.id, 0),
            )
        )
    return sorted(found, key=lambda one: (one.producer_name, one.delivered_on, one.number))


def received_by(session: Session, lots: Sequence[TraceLot]) -> list[ReceivedBy]:
    """Return those of the lots that are not in the house any more, with their receivers as far as anybody knows."""
    found = []
    for lot in lots:
        if lot.sold_at is not None or lot.left_at is not None:
            how = SOLD if lot.sold_at is not None else DISPATCHED
            at = lot.sold_at or lot.left_at
            assert at is not None  # noqa: S101 - one of them is there
            found.append(ReceivedBy(lot.id, lot.number, lot.commodity, lot.quantity, lot.unit, how, at))
    told = receivers_of(session, [one.lot_id for one in found])
    found = [
        replace(one, receiver=told[one.lot_id].name, reference=told[one.lot_id].reference)
        if one.lot_id in told
        else one
        for one in found
    ]
    return sorted([*found, *_taken_back(session, lots)], key=lambda one: (one.number, one.how))


def _taken_back(session: Session, lots: Sequence[TraceLot]) -> Iterator[ReceivedBy]:
    """Find what producers took back of these lots, by events that still stand."""
    used = {lot.used_by_event_id: lot for lot in lots if lot.used_by_event_id is not None}
    for chunk in _chunks(used):
        rows = session.execute(
            select(
                LotEvent.id,
                func.sum(LotEventLine.quantity).label("quantity"),
                LotEventLine.unit,
                LotEvent.happened_at,
                Producer.full_name,
            )
            .join(LotEventLine, LotEventLine.event_id == LotEvent.id)
            .join(Producer, Producer.id == LotEventLine.producer_id)
            .where(
                LotEvent.id.in_(chunk),
                LotEvent.kind == EventKind.TAKE_BACK.value,
                LotEventLine.role == LineRole.TAKEN.value,
            )
            .group_by(LotEvent.id, LotEventLine.unit, LotEvent.happened_at, Producer.full_name)
        )
        for event_id, quantity, unit, at, name in rows:
            lot = used[event_id]
            yield ReceivedBy(
                lot.id, lot.number, lot.commodity, int(quantity), unit, TAKEN_BACK, at, receiver=name
            )


def _chunks(ids: Collection[UUID]) -> Iterator[list[UUID]]:
    listed = sorted(set(ids))
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
