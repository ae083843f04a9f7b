"""Who brought about the class of a lot that waits for confirmation: that person may not confirm it."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.lots.models import LotGrade

#: Gradings that propose a class: at registration, or by choosing a measurement.
PROPOSING = ("proposal", "recalculation")


def last_proposers(session: Session, lot_ids: Collection[UUID]) -> Mapping[UUID, UUID | None]:
    """Return who proposed the class of each lot as it is now. One statement for a page of lots."""
    rows = session.execute(
        select(LotGrade.lot_id, LotGrade.graded_by)
        .where(LotGrade.lot_id.in_(lot_ids), LotGrade.kind.in_(PROPOSING))
        .order_by(LotGrade.graded_at, LotGrade.id)
    )
    return {row.lot_id: row.graded_by for row in rows}


def last_proposer(session: Session, lot_id: UUID) -> UUID | None:
    """Return who proposed the class of a lot as it is now."""
    return last_proposers(session, [lot_id]).get(lot_id)
