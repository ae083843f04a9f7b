"""Reads for labels and scanning: bags of lots, and a lot by its number."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.lots.models import Lot, LotBag
from chain.lots.numbers import full_number

PART = 1000


def bags_of(session: Session, actor: Actor, lot_ids: Sequence[UUID]) -> dict[UUID, list[LotBag]]:
    """Return the bags of lots of the actor's organisation, in their order; lots without bags are missing."""
    found: dict[UUID, list[LotBag]] = {}
    for start in range(0, len(lot_ids), PART):
        rows = session.scalars(
            select(LotBag)
            .join(Lot, Lot.id == LotBag.lot_id)
            .where(LotBag.lot_id.in_(lot_ids[start : start + PART]), Lot.organisation_id == actor.org)
            .order_by(LotBag.lot_id, LotBag.position)
        )
        for bag in rows:
            found.setdefault(bag.lot_id, []).append(bag)
    return found


def lot_id_by_number(session: Session, actor: Actor, text: str) -> UUID:
    """Return the lot of the actor's organisation that has a number, written in whatever way.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    code = session.scalar(select(Organisation.code).where(Organisation.id == actor.org)) or ""
    number = full_number(text, code)
    found = (
        None
        if number is None
        else session.scalar(select(Lot.id).where(Lot.organisation_id == actor.org, Lot.number == number))
    )
    if found is None:
        raise NotFound
    return found
