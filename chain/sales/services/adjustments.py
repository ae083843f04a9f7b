"""Changes of what is due for a lot of a sale, as append-only lines: by weight on arrival, by an accepted claim."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.custody.models import Dispatch, DispatchLine
from chain.custody.rules.words import DispatchState
from chain.sales.adjusting import Change, floored, weight_change
from chain.sales.models import Sale, SaleAdjustment, SaleLine
from chain.sales.queries.due import is_kept
from chain.sales.rules import SaleState


def lock_sale(session: Session, sale_id: UUID) -> Sale:
    """Lock a sale; its lots and claims are locked after it, never before."""
    return session.scalars(
        select(Sale).where(Sale.id == sale_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def adjust_by_arrivals(session: Session, *, now: datetime, sale_id: UUID, user_id: UUID | None = None) -> int:
    """Write a line for each lot whose weight was settled on after a dispute, and return how many. Again adds nothing.

    Within the tolerance the sold weight counts. After the settlement nothing is written: the page shows the difference.
    """
    sale = lock_sale(session, sale_id)
    if sale.state != SaleState.AGREED:
        return 0
    rows = session.execute(
        select(
            DispatchLine.lot_id,
            DispatchLine.agreed_quantity,
            Dispatch.id,
            SaleLine.quantity,
            SaleLine.amount_minor,
        )
        .join(Dispatch, Dispatch.id == DispatchLine.dispatch_id)
        .join(SaleLine, (SaleLine.lot_id == DispatchLine.lot_id) & (SaleLine.sale_id == Dispatch.sale_id))
        .outerjoin(
            SaleAdjustment,
            (SaleAdjustment.sale_id == sale.id)
            & (SaleAdjustment.lot_id == DispatchLine.lot_id)
            & (SaleAdjustment.kind == Change.WEIGHT.value)
            & (SaleAdjustment.source_id == Dispatch.id),
        )
        .where(
            Dispatch.sale_id == sale.id,
            Dispatch.state == DispatchState.SETTLED.value,
            DispatchLine.agreed_quantity.is_not(None),
            DispatchLine.agreed_quantity != SaleLine.quantity,
            SaleAdjustment.id.is_(None),
            is_kept(),
        )
        .order_by(DispatchLine.lot_id)
    ).all()
    for row in rows:
        add_adjustment(
            session,
            now=now,
            sale=sale,
            lot_id=row.lot_id,
            change=Change.WEIGHT,
            source_id=row.id,
            amount_minor=weight_change(row.amount_minor, row.quantity, row.agreed_quantity),
            basis={"sold": row.quantity, "accepted": row.agreed_quantity, "agreed_minor": row.amount_minor},
            user_id=user_id,
        )
    return len(rows)


def add_adjustment(
    session: Session,
    *,
    now: datetime,
    sale: Sale,
    lot_id: UUID,
    change: Change,
    source_id: UUID,
    amount_minor: int,
    basis: Mapping[str, Any],
    user_id: UUID | None,
) -> SaleAdjustment:
    """Write one line; less than nothing is never due. The caller holds the sale locked."""
    row = SaleAdjustment(
        id=new_id(),
        organisation_id=sale.organisation_id,
        sale_id=sale.id,
        lot_id=lot_id,
        kind=change.value,
        source_id=source_id,
        amount_minor=floored(amount_minor, due_of_lot(session, sale.id, lot_id)),
        basis=dict(basis),
        made_at=now,
        made_by=user_id,
    )
    session.add(row)
    session.flush()
    return row


def due_of_lot(session: Session, sale_id: UUID, lot_id: UUID) -> int:
    """Return what is due for one lot of a sale so far, in the currency of the price."""
    agreed = session.scalar(
        select(SaleLine.amount_minor).where(SaleLine.sale_id == sale_id, SaleLine.lot_id == lot_id)
    )
    changed = session.scalar(
        select(func.sum(SaleAdjustment.amount_minor)).where(
            SaleAdjustment.sale_id == sale_id, SaleAdjustment.lot_id == lot_id
        )
    )
    return (agreed or 0) + int(changed or 0)
