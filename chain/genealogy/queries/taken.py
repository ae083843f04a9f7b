"""What producers took back of their deliveries, so that nobody pays for it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from chain.genealogy.models import LotEvent, LotEventLine
from chain.genealogy.words import LineRole
from chain.lots.models import Lot
from chain.lots.queries import CHUNK


def taken_of(session: Session, primary_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how much was taken back of each delivery, in its own unit; deliveries of which nothing was are left out.

    Only what was taken while it was still the product that was delivered counts. Cheese for milk, or charque for a
    carcass, is another thing with another weight: the house and the producer settle it apart.
    """
    undoing, source = aliased(LotEvent), aliased(LotEventLine)
    taken_from = aliased(Lot)
    same_product = (
        select(source.id)
        .join(taken_from, taken_from.id == source.lot_id)
        .where(
            source.event_id == LotEventLine.event_id,
            source.role == LineRole.INPUT.value,
            taken_from.commodity == Lot.commodity,
        )
        .exists()
    )
    found: dict[UUID, int] = {}
    wanted = sorted(set(primary_ids))
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(LotEventLine.lot_id, func.sum(LotEventLine.quantity).label("taken"))
            .join(Lot, Lot.id == LotEventLine.lot_id)
            .outerjoin(undoing, undoing.reverses_id == LotEventLine.event_id)
            .where(
                LotEventLine.lot_id.in_(wanted[start : start + CHUNK]),
                LotEventLine.role == LineRole.TAKEN.value,
                undoing.id.is_(None),
                same_product,
            )
            .group_by(LotEventLine.lot_id)
        )
        found.update({row.lot_id: int(row.taken) for row in rows if row.lot_id is not None})
    return found
