"""What the pages need beside the resources: lots to choose from, what an event made, who stands behind a lot."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.genealogy.models import LotEventLine, LotShare
from chain.genealogy.words import LineRole
from chain.lots.filters import Availability, BoardFilters
from chain.lots.models import Lot, Site
from chain.lots.queries import CHUNK
from chain.lots.queries.board import board_conditions
from chain.producers.models import Producer

#: Lots that a page offers to be ticked, lots that one form carries, and lots that one filter may stand for.
MAX_OFFERED, MAX_TICKED, MAX_FILTERED = 200, 1000, 20_000


@dataclass(frozen=True, slots=True)
class Found:
    """How much a filter finds, by unit."""

    lots: int
    quantities: Mapping[str, int]

    @property
    def seen(self) -> str:
        """A mark of what was seen, so that lots that came meanwhile are noticed."""
        return f"{self.lots}:" + ",".join(f"{unit}{total}" for unit, total in sorted(self.quantities.items()))


def offered_lots(session: Session, actor: Actor, filters: BoardFilters) -> Sequence[Lot]:
    """Return the first available lots that fit a filter, the latest delivery first."""
    statement = _available(session, actor, filters, Lot).order_by(Lot.delivered_at.desc(), Lot.id.desc())
    return session.scalars(statement.limit(MAX_OFFERED)).all()


def found_by(session: Session, actor: Actor, filters: BoardFilters) -> Found:
    """Return how many available lots fit a filter, and how much that is."""
    rows = session.execute(
        _available(session, actor, filters, Lot.unit, func.count(), func.sum(Lot.quantity)).group_by(Lot.unit)
    ).all()
    return Found(sum(row[1] for row in rows), {row[0]: int(row[2]) for row in rows})


def filtered_ids(session: Session, actor: Actor, filters: BoardFilters) -> Sequence[UUID]:
    """Return all available lots that fit a filter."""
    statement = _available(session, actor, filters, Lot.id).order_by(Lot.id)
    return session.scalars(statement.limit(MAX_FILTERED)).all()


def _available(session: Session, actor: Actor, filters: BoardFilters, *columns: Any) -> Select[Any]:
    assert filters.availability is Availability.AVAILABLE  # noqa: S101 - the pages offer nothing else
    return select(*columns).where(*board_conditions(session, actor, filters))


def lots_among(session: Session, actor: Actor, lot_ids: Collection[UUID]) -> list[Lot]:
    """Return those of some lots that are the actor's organisation's, by number."""
    wanted, found = sorted(set(lot_ids)), list[Lot]()
    for start in range(0, len(wanted), CHUNK):
        found += session.scalars(
            select(Lot).where(Lot.id.in_(wanted[start : start + CHUNK]), Lot.organisation_id == actor.org)
        )
    return sorted(found, key=lambda lot: lot.number)


def available_commodities(session: Session, actor: Actor) -> Sequence[str]:
    """Return the products of which there is something to be used."""
    filters = BoardFilters(availability=Availability.AVAILABLE)
    return session.scalars(
        _available(session, actor, filters, Lot.commodity).distinct().order_by(Lot.commodity)
    ).all()


def sites_in_use(session: Session, actor: Actor) -> Sequence[Site]:
    """Return the places of the organisation that are in use, by name."""
    return session.scalars(
        select(Site)
        .where(Site.organisation_id == actor.org, Site.archived_at.is_(None))
        .order_by(Site.name, Site.id)
    ).all()


def made_lots(session: Session, actor: Actor, event_id: UUID) -> Sequence[Lot]:
    """Return the lots that an event made, in the order of its lines."""
    return session.scalars(
        select(Lot)
        .join(LotEventLine, LotEventLine.lot_id == Lot.id)
        .where(
            LotEventLine.event_id == event_id,
            LotEventLine.role == LineRole.OUTPUT.value,
            Lot.organisation_id == actor.org,
        )
        .order_by(LotEventLine.position)
    ).all()


def largest_producers(session: Session, lot: Lot, limit: int) -> tuple[list[tuple[UUID, int, int]], int]:
    """Return id, deliveries and quantity of those who own most of a derived lot, and how many own something."""
    owned = (
        select(Lot.producer_id, func.count().label("deliveries"), func.sum(LotShare.quantity).label("sum"))
        .join(LotShare, LotShare.primary_id == Lot.id)
        .where(LotShare.lot_id == lot.id, Lot.producer_id.is_not(None))
        .group_by(Lot.producer_id)
        .subquery()
    )
    total = session.scalar(select(func.count()).select_from(owned)) or 0
    rows = session.execute(
        select(owned.c.producer_id, owned.c.deliveries, owned.c.sum)
        .order_by(owned.c.sum.desc(), owned.c.producer_id)
        .limit(limit)
    )
    return [(producer_id, count, int(quantity)) for producer_id, count, quantity in rows], total


def phones_of(session: Session, producer_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the telephones of producers who have one; the caller knows that the reader may see them."""
    wanted, found = sorted(set(producer_ids)), dict[UUID, str]()
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(Producer.id, Producer.phone).where(
                Producer.id.in_(wanted[start : start + CHUNK]), Producer.phone.is_not(None)
            )
        )
        found.update({producer_id: phone for producer_id, phone in rows if phone})
    return found
