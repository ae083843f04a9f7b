"""What a buyer has to pay, and the papers of its purchases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, Permission
from chain.core.clock import local_date
from chain.core.errors import NotFound
from chain.core.money import Money
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.custody.models import Dispatch
from chain.custody.rules.words import DispatchState
from chain.payin.models import PaymentUse
from chain.payin.queries.uses import settled_of_sales
from chain.sales.models import Sale
from chain.sales.queries.due import due_in_books
from chain.sales.terms import read_terms

PAYMENT_SORT: SortColumns = {
    "agreed_at": Sale.agreed_at,
    "number": Sale.number,
    "proceeds": Sale.proceeds_minor,
}
#: Sales that are looked through for what is due; a mill has far fewer that are not paid.
MOST_LOOKED_AT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRow:
    """What of a purchase is paid and what is open, in the currency of the seller's books."""

    sale_id: UUID
    number: int
    seller_name: str
    agreed_at: datetime
    currency: str
    due_minor: int
    paid_minor: int
    #: None: nothing has arrived yet, and the days do not run
    due_on: date | None
    due_moment: datetime | None
    ended: str | None

    @property
    def open_minor(self) -> int:
        """What is left to pay."""
        return max(self.due_minor - self.paid_minor, 0)

    @property
    def open_amount(self) -> Money:
        """What is left to pay, as money."""
        return Money(self.open_minor, self.currency)

    def is_late(self, today: date) -> bool:
        """Whether it should have been paid."""
        return self.open_minor > 0 and self.due_on is not None and today > self.due_on


def list_payments(session: Session, actor: Actor, request: PageRequest) -> Page[PaymentRow]:
    """Return the purchases with what of them is paid and open, the latest first.

    Raises:
        NotFound: the actor may not read sales.
    """
    if not actor.may(Permission.SALES_READ):
        raise NotFound
    statement = (
        select(Sale, Organisation.name, Organisation.timezone)
        .join(Organisation, Organisation.id == Sale.organisation_id)
        .where(Sale.buyer_id == actor.org)
        .order_by(Sale.agreed_at.desc(), Sale.id)
    )
    page = paginate_rows(
        session, order_by(statement, request.sort, PAYMENT_SORT, Sale.id.expression), request
    )
    return Page(_rows(session, page.items), page.page, page.page_size, page.total)


def due_payments(session: Session, actor: Actor, now: datetime, *, limit: int) -> Sequence[PaymentRow]:
    """Return what is open of goods that arrived, the oldest day first."""
    del now
    arrived = select(Dispatch.sale_id).where(
        Dispatch.to_organisation_id == actor.org, Dispatch.arrived_at.is_not(None)
    )
    paid = (
        select(func.coalesce(func.sum(PaymentUse.settled_minor), 0))
        .where(PaymentUse.sale_id == Sale.id)
        .correlate(Sale)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Sale, Organisation.name, Organisation.timezone)
        .join(Organisation, Organisation.id == Sale.organisation_id)
        .where(Sale.buyer_id == actor.org, Sale.id.in_(arrived), or_(paid == 0, paid < Sale.book_minor))
        .order_by(Sale.agreed_at)
        .limit(MOST_LOOKED_AT)
    ).all()
    found = [row for row in _rows(session, rows) if row.open_minor > 0 and row.due_on is not None]
    return sorted(found, key=lambda row: (row.due_on or date.max, row.number))[:limit]


def _rows(session: Session, rows: Sequence[Any]) -> list[PaymentRow]:
    sales = [row[0] for row in rows]
    ids = [sale.id for sale in sales]
    paid = settled_of_sales(session, ids)
    arrived = _arrived(session, ids)
    found = []
    for sale, name, zone in rows:
        on = arrived.get(sale.id)
        due_on = (
            local_date(on, zone) + timedelta(days=read_terms(sale.terms).payment_days)
            if on is not None
            else None
        )
        moment = datetime.combine(due_on, time(23, 59), ZoneInfo(zone)).astimezone(UTC) if due_on else None
        found.append(
            PaymentRow(
                sale_id=sale.id,
                number=sale.number,
                seller_name=name,
                agreed_at=sale.agreed_at,
                currency=sale.book_currency,
                due_minor=due_in_books(session, sale),
                paid_minor=paid.get(sale.id, 0),
                due_on=due_on,
                due_moment=moment,
                ended=sale.ended,
            )
        )
    return found


def _arrived(session: Session, sale_ids: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """Return when the last load of each sale arrived."""
    rows = session.execute(
        select(Dispatch.sale_id, func.max(Dispatch.arrived_at).label("at"))
        .where(Dispatch.sale_id.in_(sale_ids), Dispatch.arrived_at.is_not(None))
        .group_by(Dispatch.sale_id)
    )
    return {row.sale_id: row.at for row in rows}


@dataclass(frozen=True, slots=True)
class PaperRow:
    """The papers of a purchase."""

    sale_id: UUID
    number: int
    seller_name: str
    agreed_at: datetime
    #: id and number of each load
    loads: Sequence[tuple[UUID, int]]


def list_papers(session: Session, actor: Actor, request: PageRequest) -> Page[PaperRow]:
    """Return the purchases with their papers, the latest first.

    Raises:
        NotFound: the actor may not read sales.
    """
    if not actor.may(Permission.SALES_READ):
        raise NotFound
    statement = (
        select(Sale.id, Sale.number, Organisation.name, Sale.agreed_at)
        .join(Organisation, Organisation.id == Sale.organisation_id)
        .where(Sale.buyer_id == actor.org)
        .order_by(Sale.agreed_at.desc(), Sale.id)
    )
    statement = order_by(statement, request.sort, PAYMENT_SORT, Sale.id.expression)
    page = paginate_rows(session, statement, request)
    loads: dict[UUID, list[tuple[UUID, int]]] = {}
    rows = session.execute(
        select(Dispatch.sale_id, Dispatch.id, Dispatch.number)
        .where(
            Dispatch.sale_id.in_([row.id for row in page.items]),
            Dispatch.to_organisation_id == actor.org,
            Dispatch.state != DispatchState.CANCELLED.value,
        )
        .order_by(Dispatch.dispatched_at, Dispatch.id)
    )
    for row in rows:
        loads.setdefault(row.sale_id, []).append((row.id, row.number))
    found = [
        PaperRow(row.id, row.number, row.name, row.agreed_at, loads.get(row.id, [])) for row in page.items
    ]
    return Page(found, page.page, page.page_size, page.total)
