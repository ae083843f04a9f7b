"""Calling a lot back: who delivered it, what else it touched, who received it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.rules import Actor
from chain.genealogy.models import LotEvent, LotEventLine
from chain.genealogy.queries.shares import CHUNK, DELIVERY, shares_of
from chain.genealogy.queries.trace import TraceLot, events_down, events_up, read_lots, trace_lot
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
    sources = [row for row in read_lots(session, is_source) if row.origin == DELIVERY]
    down = events_down(is_source)
    is_touched = or_(
        Lot.id == lot_id,
        and_(Lot.origin == DELIVERY, Lot.used_by_event_id.in_(select(up.c.id))),
        Lot.made_by_event_id.in_(select(down.c.id)),
    )
    touched = sorted(read_lots(session, is_touched), key=lambda row: row.number)
    return Recall(
        lot_id,
        _delivered_by(session, lot, sources),
        [trace_lot(row, 0) for row in touched],
        received_by(session, actor, [row.id for row in touched]),
    )


def _delivered_by(session: Session, lot: Lot, sources: Sequence[Row[Any]]) -> list[DeliveredBy]:
    parts = {one.primary_id: one.quantity for one in shares_of(session, [lot.id])[lot.id]}
    names = names_of(session, lot.organisation_id, {row.producer_id for row in sources})
    found = []
    for row in sources:
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


def received_by(session: Session, actor: Actor, lot_ids: Collection[UUID]) -> list[ReceivedBy]:
    """Return those of the lots that are not in the house any more, with their receivers as far as anybody knows."""
    found = [*_sold_or_gone(session, actor, lot_ids), *_taken_back(session, actor, lot_ids)]
    told = receivers_of(session, [one.lot_id for one in found if one.how != TAKEN_BACK])
    answer = []
    for one in found:
        receiver = told.get(one.lot_id)
        known = receiver is not None and one.how != TAKEN_BACK
        answer.append(
            replace(one, receiver=receiver.name, reference=receiver.reference) if known and receiver else one
        )
    return sorted(answer, key=lambda one: (one.number, one.how))


def _sold_or_gone(session: Session, actor: Actor, lot_ids: Collection[UUID]) -> Iterator[ReceivedBy]:
    for chunk in _chunks(lot_ids):
        rows = session.execute(
            select(Lot.id, Lot.number, Lot.commodity, Lot.quantity, Lot.unit, Lot.sold_at, Lot.left_at).where(
                Lot.id.in_(chunk),
                Lot.organisation_id == actor.org,
                or_(Lot.sold_at.is_not(None), Lot.left_at.is_not(None)),
            )
        )
        for row in rows:
            how, at = (SOLD, row.sold_at) if row.sold_at is not None else (DISPATCHED, row.left_at)
            yield ReceivedBy(row.id, row.number, row.commodity, row.quantity, row.unit, how, at)


def _taken_back(session: Session, actor: Actor, lot_ids: Collection[UUID]) -> Iterator[ReceivedBy]:
    """Find what producers took back of these lots, by events that still stand."""
    used, taken = aliased(LotEventLine), aliased(LotEventLine)
    for chunk in _chunks(lot_ids):
        rows = session.execute(
            select(
                Lot.id,
                Lot.number,
                Lot.commodity,
                func.sum(taken.quantity),
                taken.unit,
                LotEvent.happened_at,
                Producer.full_name,
            )
            .join(used, (used.lot_id == Lot.id) & (used.role == LineRole.INPUT.value))
            .join(LotEvent, (LotEvent.id == used.event_id) & (LotEvent.id == Lot.used_by_event_id))
            .join(taken, (taken.event_id == LotEvent.id) & (taken.role == LineRole.TAKEN.value))
            .join(Producer, Producer.id == taken.producer_id)
            .where(
                Lot.id.in_(chunk),
                Lot.organisation_id == actor.org,
                LotEvent.kind == EventKind.TAKE_BACK.value,
            )
            .group_by(Lot.id, Lot.number, Lot.commodity, taken.unit, LotEvent.happened_at, Producer.full_name)
        )
        for lot_id, number, commodity, quantity, unit, at, name in rows:
            yield ReceivedBy(lot_id, number, commodity, int(quantity), unit, TAKEN_BACK, at, receiver=name)


def _chunks(ids: Collection[UUID]) -> Iterator[list[UUID]]:
    listed = sorted(set(ids))
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
