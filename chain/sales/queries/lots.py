"""Reads of the lots of a sale that somebody must act on."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.lots.models import Lot
from chain.sales.models import SaleLine
from chain.sales.queries.due import is_kept


def unsent_lots(session: Session, sale_id: UUID, limit: int) -> Sequence[UUID]:
    """Return the first lots of a sale that have not left the seller's house."""
    return session.scalars(
        select(Lot.id)
        .join(SaleLine, SaleLine.lot_id == Lot.id)
        .where(SaleLine.sale_id == sale_id, Lot.left_at.is_(None), is_kept())
        .order_by(Lot.number)
        .limit(limit)
    ).all()
