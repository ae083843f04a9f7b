"""What is told of buyers: sales, and how many of them ended early."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from chain.sales.adjusting import EndKind
from chain.sales.models import Sale


@dataclass(frozen=True, slots=True)
class SalesCount:
    """How a buyer's purchases went."""

    sales: int
    cancelled: int
    buyer_defaults: int
    seller_defaults: int


def counts_by_buyer(session: Session) -> Mapping[UUID, SalesCount]:
    """Return the figures of every buyer that bought something, over all sellers."""

    def of(kind: EndKind) -> object:
        return func.sum(case((Sale.ended == kind.value, 1), else_=0))

    rows = session.execute(
        select(
            Sale.buyer_id,
            func.count(),
            of(EndKind.CANCELLED),
            of(EndKind.BUYER_DEFAULT),
            of(EndKind.SELLER_DEFAULT),
        ).group_by(Sale.buyer_id)  # type: ignore[call-overload]  # the stubs do not take sums typed as objects
    )
    return {row[0]: SalesCount(*(int(value) for value in row[1:])) for row in rows}
