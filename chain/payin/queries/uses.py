"""Reads of what payments settled."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.payin.models import PaymentUse


def used_of(session: Session, payment_id: UUID) -> int:
    """Return how much of a payment settled something or went back, in its currency."""
    total = session.scalar(
        select(func.sum(PaymentUse.amount_minor)).where(PaymentUse.payment_id == payment_id)
    )
    return int(total or 0)


def worth_used(session: Session, payment_id: UUID) -> int:
    """Return what the used part of a payment was worth in the books."""
    total = session.scalar(
        select(func.sum(PaymentUse.received_minor)).where(PaymentUse.payment_id == payment_id)
    )
    return int(total or 0)


def settled_of_sale(session: Session, sale_id: UUID, *, without_invoice: bool = False) -> int:
    """Return what payments settled of a sale in the books, all of it or what no invoice counts."""
    statement = select(func.sum(PaymentUse.settled_minor)).where(PaymentUse.sale_id == sale_id)
    if without_invoice:
        statement = statement.where(PaymentUse.invoice_id.is_(None))
    return int(session.scalar(statement) or 0)


def settled_of_sales(session: Session, sale_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """Return what payments settled of sales in the books."""
    rows = session.execute(
        select(PaymentUse.sale_id, func.sum(PaymentUse.settled_minor).label("minor"))
        .where(PaymentUse.sale_id.in_(sale_ids))
        .group_by(PaymentUse.sale_id)
    )
    return {row.sale_id: int(row.minor) for row in rows if row.sale_id is not None}
