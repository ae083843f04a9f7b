"""What a delivery is weighed in and comes by: kinds of containers, routes, and the bags of a lot."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.lots.models import CollectionRoute, ContainerType, LotBag

#: Kinds of containers or routes of one house; a page offers them all.
MAX_KINDS = 200


def containers_of(session: Session, organisation_id: UUID) -> Mapping[UUID, int | None]:
    """Return the tare in grams of every kind of container of a house, those no longer in use included: a telephone may
    send what it weighed last week.
    """
    rows = session.execute(
        select(ContainerType.id, ContainerType.tare_g)
        .where(ContainerType.organisation_id == organisation_id)
        .limit(MAX_KINDS)
    )
    return {row.id: row.tare_g for row in rows}


def container_types(session: Session, organisation_id: UUID) -> Sequence[ContainerType]:
    """Return the kinds of containers in use, by name."""
    return session.scalars(
        select(ContainerType)
        .where(ContainerType.organisation_id == organisation_id, ContainerType.archived_at.is_(None))
        .order_by(ContainerType.name)
        .limit(MAX_KINDS)
    ).all()


def routes_among(session: Session, organisation_id: UUID, ids: Collection[UUID | None]) -> set[UUID]:
    """Return which of the ids are routes of the house."""
    wanted = [one for one in ids if one is not None]
    statement = select(CollectionRoute.id).where(
        CollectionRoute.organisation_id == organisation_id, CollectionRoute.id.in_(wanted)
    )
    return set(session.scalars(statement))


def collection_routes(session: Session, organisation_id: UUID) -> Sequence[CollectionRoute]:
    """Return the routes in use, by code."""
    return session.scalars(
        select(CollectionRoute)
        .where(CollectionRoute.organisation_id == organisation_id, CollectionRoute.archived_at.is_(None))
        .order_by(CollectionRoute.code)
        .limit(MAX_KINDS)
    ).all()


def get_route_for(session: Session, actor: Actor, route_id: UUID) -> CollectionRoute:
    """Return a route of the actor's organisation.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.get(CollectionRoute, route_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class BagRow:
    """A bag or can of a lot, with the name of its kind of container."""

    position: int
    container_type_id: UUID | None
    container: str | None
    code: str | None
    gross_g: int | None
    tare_g: int | None
    volume_ml: int | None
    source: str

    @property
    def net(self) -> int:
        """Grams or millilitres of the goods."""
        return self.volume_ml if self.volume_ml is not None else (self.gross_g or 0) - (self.tare_g or 0)


def bags_of(session: Session, lot_id: UUID) -> Sequence[BagRow]:
    """Return the bags of a lot, the first one first; none for a lot that was weighed in one go."""
    rows = session.execute(
        select(
            LotBag.position,
            LotBag.container_type_id,
            ContainerType.name,
            LotBag.code,
            LotBag.gross_g,
            LotBag.tare_g,
            LotBag.volume_ml,
            LotBag.source,
        )
        .outerjoin(ContainerType, ContainerType.id == LotBag.container_type_id)
        .where(LotBag.lot_id == lot_id)
        .order_by(LotBag.position)
    )
    return [BagRow(*row) for row in rows]
