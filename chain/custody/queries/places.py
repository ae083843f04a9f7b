"""Reads of places, container types and routes."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import SELLER_KINDS, Actor, OrganisationKind
from chain.core.errors import NotFound
from chain.lots.models import CollectionRoute, ContainerType, Site

Place = TypeVar("Place", Site, ContainerType, CollectionRoute)

#: Rows of a list of places; an organisation has far fewer.
MAX_PLACES = 500


def get_site_for(session: Session, actor: Actor, site_id: UUID) -> Site:
    """Return a place of the actor's organisation.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    return _get(session, Site, actor, site_id)


def get_container_type_for(session: Session, actor: Actor, type_id: UUID) -> ContainerType:
    """Return a container type of the actor's organisation; see `get_site_for`."""
    return _get(session, ContainerType, actor, type_id)


def get_route_for(session: Session, actor: Actor, route_id: UUID) -> CollectionRoute:
    """Return a route of the actor's organisation; see `get_site_for`."""
    return _get(session, CollectionRoute, actor, route_id)


def _get(session: Session, model: type[Place], actor: Actor, row_id: UUID) -> Place:
    found = session.scalar(
        select(model).where(model.id == row_id, model.organisation_id == actor.organisation_id)
    )
    if found is None:
        raise NotFound
    return found


def list_sites(session: Session, actor: Actor, *, archived: bool = False) -> Sequence[Site]:
    """Return the places by code; those in use, or all."""
    statement = select(Site).where(Site.organisation_id == actor.organisation_id)
    if not archived:
        statement = statement.where(Site.archived_at.is_(None))
    return session.scalars(statement.order_by(Site.code).limit(MAX_PLACES)).all()


def list_container_types(
    session: Session, actor: Actor, *, archived: bool = False, lent_only: bool = False
) -> Sequence[ContainerType]:
    """Return the container types by name; those in use, or all."""
    statement = select(ContainerType).where(ContainerType.organisation_id == actor.organisation_id)
    if not archived:
        statement = statement.where(ContainerType.archived_at.is_(None))
    if lent_only:
        statement = statement.where(ContainerType.is_lent.is_(True))
    return session.scalars(statement.order_by(ContainerType.name).limit(MAX_PLACES)).all()


def list_routes(session: Session, actor: Actor, *, archived: bool = False) -> Sequence[CollectionRoute]:
    """Return the routes by code; those in use, or all."""
    statement = select(CollectionRoute).where(CollectionRoute.organisation_id == actor.organisation_id)
    if not archived:
        statement = statement.where(CollectionRoute.archived_at.is_(None))
    return session.scalars(statement.order_by(CollectionRoute.code).limit(MAX_PLACES)).all()


def destinations(session: Session, actor: Actor) -> Sequence[Organisation]:
    """Return the organisations that goods may be sent to: every buyer and seller but the own one, by name."""
    kinds = {kind.value for kind in SELLER_KINDS} | {OrganisationKind.BUYER.value}
    return session.scalars(
        select(Organisation)
        .where(Organisation.kind.in_(kinds), Organisation.id != actor.organisation_id)
        .order_by(Organisation.name)
        .limit(MAX_PLACES)
    ).all()
