"""What is due for a sale: agreed amounts of the lots that it kept, and the changes by the contract's rules."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
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
    lines = {
        row.lot_id: (row.quantity, row.amount_minor)
        for row in session.execute(
            select(SaleLine.lot_id, SaleLine.quantity, SaleLine.amount_minor).where(
                SaleLine.sale_id == sale.id, is_kept()
            )
        )
    }
    changes = {
        row.lot_id: int(row.minor)
        for row in session.execute(
            select(SaleAdjustment.lot_id, func.sum(SaleAdjustment.amount_minor).label("minor"))
            .where(SaleAdjustment.sale_id == sale.id)
            .group_by(SaleAdjustment.lot_id)
        )
    }
    return share_due(lines, changes, sale.rate_millionths)


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
    claims: Any = (
        select(SaleClaim.id)
        .where(SaleClaim.sale_id == sale_id, SaleClaim.state == ClaimState.OPEN.value)
        .exists()
    )
    loads: Any = (
        select(Dispatch.id)
        .where(Dispatch.sale_id == sale_id, Dispatch.state == DispatchState.DISPUTED.value)
        .exists()
    )
    return bool(session.scalar(select(claims | loads)))
