"""What is due for a sale: agreed amounts of the lots that it kept, and the changes by the contract's rules."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, union_all
from sqlalchemy.orm import Session

from chain.custody.models import Dispatch
from chain.custody.rules.words import DispatchState
from chain.sales.adjusting import ClaimState, Due, share_due
from chain.sales.models import Sale, SaleAdjustment, SaleClaim, SaleLine, SaleRelease


def is_kept() -> ColumnElement[bool]:
    """Return the condition that a sale did not let a lot of it go."""
    return ~(
        select(SaleRelease.lot_id)
        .where(SaleRelease.sale_id == SaleLine.sale_id, SaleRelease.lot_id == SaleLine.lot_id)
        .correlate(SaleLine)
        .exists()
    )


def kept_lot_ids(sale_id: UUID | None) -> Select[tuple[UUID]]:
    """Return the statement for the lots that a sale kept."""
    return select(SaleLine.lot_id).where(SaleLine.sale_id == sale_id, is_kept())


def dues_of(session: Session, sale: Sale) -> list[Due]:
    """Return what is due for each lot of a sale, by the ids of the lots."""
    return dues_of_sales(session, [sale])[sale.id]


def dues_of_sales(session: Session, sales: Collection[Sale]) -> dict[UUID, list[Due]]:
    """Return what is due for each lot of some sales, by the ids of the lots."""
    ids = [sale.id for sale in sales]
    lines: defaultdict[UUID, dict[UUID, tuple[int, int]]] = defaultdict(dict)
    for row in session.execute(
        select(SaleLine.sale_id, SaleLine.lot_id, SaleLine.quantity, SaleLine.amount_minor).where(
            SaleLine.sale_id.in_(ids), is_kept()
        )
    ):
        lines[row.sale_id][row.lot_id] = (row.quantity, row.amount_minor)
    changes: defaultdict[UUID, dict[UUID, int]] = defaultdict(dict)
    for change in session.execute(
        select(
            SaleAdjustment.sale_id,
            SaleAdjustment.lot_id,
            func.sum(SaleAdjustment.amount_minor).label("minor"),
        )
        .where(SaleAdjustment.sale_id.in_(ids))
        .group_by(SaleAdjustment.sale_id, SaleAdjustment.lot_id)
    ):
        changes[change.sale_id][change.lot_id] = int(change.minor)
    return {sale.id: share_due(lines[sale.id], changes[sale.id], sale.rate_millionths) for sale in sales}


def due_in_books(session: Session, sale: Sale) -> int:
    """Return what is due for a sale in the seller's books."""
    return sum(one.book_minor for one in dues_of(session, sale))


def adjustments_of(session: Session, sale_id: UUID) -> Sequence[SaleAdjustment]:
    """Return the changes of a sale's amounts, the first one first."""
    return session.scalars(
        select(SaleAdjustment)
        .where(SaleAdjustment.sale_id == sale_id)
        .order_by(SaleAdjustment.made_at, SaleAdjustment.id)
    ).all()


def is_unclear(session: Session, sale_id: UUID) -> bool:
    """Tell whether a claim of a sale waits for its answer or one of its loads is in dispute."""
    return sale_id in unclear_among(session, [sale_id])


def unclear_among(session: Session, sale_ids: Collection[UUID]) -> set[UUID]:
    """Return those among sales of which a claim waits for its answer or a load is in dispute."""
    claims: Any = select(SaleClaim.sale_id).where(
        SaleClaim.sale_id.in_(sale_ids), SaleClaim.state == ClaimState.OPEN.value
    )
    loads: Any = select(Dispatch.sale_id).where(
        Dispatch.sale_id.in_(sale_ids), Dispatch.state == DispatchState.DISPUTED.value
    )
    return {one for one in session.scalars(union_all(claims, loads)) if one is not None}
