"""Places, lots and commands for tests of custody."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.custody.models import Dispatch, LotHold
from chain.custody.services import NewDispatch, NewHold, dispatch_lots, hold_lots
from chain.custody.services.places import ContainerFacts, SiteFacts, keep_container_type, keep_site
from chain.lots.models import ContainerType, Lot, Site
from tests.support.cast import CENTRE, Cast, House, Person
from tests.support.market import add_graded_lots

CAST = Cast()


def make_site(session: Session, now: datetime, person: Person | None = None, **changes: Any) -> Site:
    """Add a store, or another place."""
    facts: dict[str, Any] = {
        "code": f"A{str(new_id())[-6:]}",
        "name": "Almacén principal",
        "kind": "store",
    } | changes
    actor = (person or CAST.everything).actor
    return keep_site(session, actor=actor, now=now, site_id=new_id(), facts=SiteFacts(**facts))[0]


def make_tank(session: Session, now: datetime, **changes: Any) -> Site:
    """Add a milk tank of 1,000 litres with the limits of NB 33013."""
    values: dict[str, Any] = {
        "name": "Tanque",
        "kind": "tank",
        "capacity": 1_000_000,
        "max_temperature_tenths": 100,
        "max_hours": 12,
    }
    return make_site(session, now, **(values | changes))


def make_cans(session: Session, now: datetime, **changes: Any) -> ContainerType:
    """Add cans that are lent."""
    facts: dict[str, Any] = {
        "name": "Porongo 20 l",
        "kind": "can",
        "tare_g": 4_000,
        "is_lent": True,
    } | changes
    return keep_container_type(
        session, actor=CAST.everything.actor, now=now, type_id=new_id(), facts=ContainerFacts(**facts)
    )[0]


def lots_in(
    session: Session,
    now: datetime,
    site: Site | None,
    count: int = 3,
    *,
    house: House = CENTRE,
    **changes: Any,
) -> list[UUID]:
    """Add graded lots of 10, 20, 30 kg … that lie in a place."""
    values = {"site_id": site.id if site else None} | changes
    return add_graded_lots(session, now, count, house=house, **values)


def hold(session: Session, now: datetime, lot_ids: list[UUID], **changes: Any) -> list[LotHold]:
    """Hold lots for their quality as the grader."""
    values: dict[str, Any] = {
        "id": new_id(),
        "lot_ids": lot_ids,
        "reason": "quality",
        "note": "Huele a humedad",
    } | changes
    return hold_lots(session, actor=CAST.grader.actor, now=now, hold=NewHold(**values))


def send(session: Session, now: datetime, lot_ids: list[UUID], **changes: Any) -> Dispatch:
    """Dispatch lots to the mill as the clerk."""
    values: dict[str, Any] = {"id": new_id(), "lot_ids": lot_ids}
    if not {"to_site_id", "to_organisation_id", "destination"} & set(changes):
        values["to_organisation_id"] = CAST.mill.id
    return dispatch_lots(session, actor=CAST.clerk.actor, now=now, dispatch=NewDispatch(**(values | changes)))


def lot(session: Session, lot_id: UUID) -> Lot:
    """Return a lot as it is now."""
    return session.get_one(Lot, lot_id, populate_existing=True)
