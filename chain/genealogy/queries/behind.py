"""How many producers stand behind derived lots, for lists that show many of them."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.genealogy.models import LotShare
from chain.lots.models import Lot

#: Lots of one IN list.
CHUNK = 1000


def count_producers(session: Session, lot_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many producers each of some derived lots comes from; one statement for a page of them."""
    ids, found = list(lot_ids), {}
    for start in range(0, len(ids), CHUNK):
        rows = session.execute(
            select(LotShare.lot_id, func.count(Lot.producer_id.distinct()))
            .join(Lot, Lot.id == LotShare.primary_id)
            .where(LotShare.lot_id.in_(ids[start : start + CHUNK]))
            .group_by(LotShare.lot_id)
        )
        found.update({lot_id: count for lot_id, count in rows})  # noqa: C416 - rows are no pairs to the type checker
    return found
