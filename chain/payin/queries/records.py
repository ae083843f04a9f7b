"""How buyers keep their contracts: days from delivery to money, and how many sales ended early. Published for every buyer."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.clock import local_date
from chain.custody.models import Dispatch
from chain.payin.models import BuyerPayment, PaymentUse
from chain.sales.models import Sale
from chain.sales.queries.fulfilment import ARRIVED
from chain.sales.queries.records import SalesCount, counts_by_buyer

#: Fewer payments say more about chance than about the buyer: a choice of the project.
LEAST_PAYMENTS = 3


@dataclass(frozen=True, slots=True)
class BuyerRecord:
    """A buyer's record over all sellers. `median_days` is None while there are fewer than three payments."""

    buyer_id: UUID
    name: str
    payments: int
    median_days: Decimal | None
    counts: SalesCount


def days_between(delivered_on: date, paid_on: date) -> int:
    """Return the days from delivery to payment; who pays before the delivery pays on the day."""
    return max(0, (paid_on - delivered_on).days)


def median_days(days: Sequence[int]) -> Decimal | None:
    """Return the median, half days included; None for fewer than three payments. 2, 5, 9 and 30 days: 7."""
    return Decimal(str(median(days))) if len(days) >= LEAST_PAYMENTS else None


def buyer_records(session: Session) -> Sequence[BuyerRecord]:
    """Return the record of every buyer that bought something, by name."""
    days = _days(session)
    counts = counts_by_buyer(session)
    rows = session.execute(
        select(Organisation.id, Organisation.name)
        .where(Organisation.id.in_(counts))
        .order_by(Organisation.name, Organisation.id)
    )
    return [
        BuyerRecord(row.id, row.name, len(days[row.id]), median_days(days[row.id]), counts[row.id])
        for row in rows
    ]


def _days(session: Session) -> defaultdict[UUID, list[int]]:
    """Return the days of each payment for a sale that arrived, by buyer; the last load of a sale counts."""
    arrivals = (
        select(Dispatch.sale_id, func.max(Dispatch.arrived_at).label("arrived_at"))
        .where(Dispatch.sale_id.is_not(None), Dispatch.state.in_(ARRIVED))
        .group_by(Dispatch.sale_id)
        .subquery()
    )
    settled = (
        select(PaymentUse.payment_id, PaymentUse.sale_id)
        .where(PaymentUse.sale_id.is_not(None))
        .group_by(PaymentUse.payment_id, PaymentUse.sale_id)
        .having(func.sum(PaymentUse.settled_minor) > 0)
        .subquery()
    )
    rows = session.execute(
        select(BuyerPayment.buyer_id, BuyerPayment.paid_on, arrivals.c.arrived_at, Organisation.timezone)
        .join(settled, settled.c.payment_id == BuyerPayment.id)
        .join(Sale, Sale.id == settled.c.sale_id)
        .join(arrivals, arrivals.c.sale_id == Sale.id)
        .join(Organisation, Organisation.id == Sale.organisation_id)
    )
    found: defaultdict[UUID, list[int]] = defaultdict(list)
    for row in rows:
        found[row.buyer_id].append(days_between(local_date(row.arrived_at, row.timezone), row.paid_on))
    return found
