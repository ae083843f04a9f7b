"""Events of the genealogy for tests, short enough to be read."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.certification.services import register_certificate
from chain.core.ids import new_id
from chain.genealogy.models import LotEvent
from chain.genealogy.rules import Merge, Part, Sort, SortedPart, Split, Undo
from chain.genealogy.services import merge_lots, sort_lot, split_lot, undo_event
from chain.lots.models import Lot, Site
from tests.support.cast import Cast

CAST = Cast()
CLERK = CAST.clerk.actor


def lot_of(session: Session, lot_id: UUID) -> Lot:
    """Read a lot as the database has it."""
    return session.get_one(Lot, lot_id, populate_existing=True)


def merge(session: Session, now: datetime, *lots: Lot, **changes: Any) -> Lot:
    """Merge lots as the clerk and return the new one."""
    made = new_id()
    order = Merge(
        id=new_id(), happened_at=now, lot_ids=tuple(one.id for one in lots), **{"output_id": made, **changes}
    )
    merge_lots(session, actor=CLERK, now=now, event=order)
    return lot_of(session, order.output_id)


def split(session: Session, now: datetime, lot: Lot, *quantities: int, **changes: Any) -> list[Lot]:
    """Split a lot as the clerk and return the parts."""
    parts = tuple(Part(id=new_id(), quantity=one) for one in quantities)
    order = Split(id=new_id(), happened_at=now, lot_id=lot.id, parts=parts, **changes)
    split_lot(session, actor=CLERK, now=now, event=order)
    return [lot_of(session, part.id) for part in parts]


def sort(
    session: Session, now: datetime, lot: Lot, classes: dict[str | None, int], **changes: Any
) -> dict[str | None, Lot]:
    """Sort a lot as the clerk and return the parts by class."""
    parts = {key: SortedPart(id=new_id(), class_key=key, quantity=one) for key, one in classes.items()}
    order = Sort(id=new_id(), happened_at=now, lot_id=lot.id, parts=tuple(parts.values()), **changes)
    sort_lot(session, actor=CLERK, now=now, event=order)
    return {key: lot_of(session, part.id) for key, part in parts.items()}


def undo(session: Session, now: datetime, event_id: UUID | None, **changes: Any) -> LotEvent:
    """Undo an event as the clerk."""
    assert event_id is not None
    order = Undo(
        **{"id": new_id(), "happened_at": now, "event_id": event_id, "reason": "se pesó mal", **changes}
    )
    return undo_event(session, actor=CLERK, now=now, event=order)


def make_site(
    session: Session, code: str, kind: str = "store", capacity: int | None = None, **values: Any
) -> Site:
    """Make a site of the centre."""
    site = Site(
        id=new_id(),
        organisation_id=values.pop("organisation_id", CAST.centre.id),
        code=code,
        name=f"Sitio {code}",
        kind=kind,
        capacity=capacity,
        **values,
    )
    session.add(site)
    session.flush()
    return site


def certify(session: Session, now: datetime, producer: UUID, level: str) -> None:
    """Let a producer hold a certificate, ten days before and after today."""
    register_certificate(
        session,
        actor=CAST.everything.actor,
        now=now,
        id=new_id(),
        producer_id=producer,
        scheme="spg-peru",
        level=level,
        number=f"SPG-{producer.hex[-6:]}",
        issued_by="Comité",
        valid_from=now.date() - timedelta(days=10),
        valid_to=now.date() + timedelta(days=10),
    )
