"""Kinds of containers and routes for tests of registration."""

from uuid import UUID

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import CollectionRoute, ContainerType, Site
from tests.support.cast import Cast

CAST = Cast()


def make_container(
    session: Session,
    name: str = "Saco de yute",
    tare_g: int | None = 450,
    organisation_id: UUID | None = None,
) -> UUID:
    """Add a kind of sack to the centre."""
    made = ContainerType(
        id=new_id(),
        organisation_id=organisation_id or CAST.centre.id,
        name=name,
        kind="sack",
        tare_g=tare_g,
        is_lent=True,
    )
    session.add(made)
    session.flush()
    return made.id


def make_route(
    session: Session,
    code: str = "R1",
    due_minutes: int | None = 8 * 60,
    organisation_id: UUID | None = None,
) -> UUID:
    """Add a route to the centre, due at eight in the morning."""
    made = CollectionRoute(
        id=new_id(),
        organisation_id=organisation_id or CAST.centre.id,
        code=code,
        name="Ruta norte",
        due_minutes=due_minutes,
    )
    session.add(made)
    session.flush()
    return made.id


def make_tank(session: Session, max_temperature_tenths: int = 80) -> UUID:
    """Add a milk tank to the centre that takes nothing above 8 °C."""
    made = Site(
        id=new_id(),
        organisation_id=CAST.centre.id,
        code="T1",
        name="Tanque",
        kind="tank",
        capacity=1_000_000,
        max_temperature_tenths=max_temperature_tenths,
    )
    session.add(made)
    session.flush()
    return made.id
