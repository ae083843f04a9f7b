"""Sales whose buyer pays before the goods leave: what was paid, what has left, and what is held until it is shared out."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.core.paging import Page, PageRequest, order_by, paginate_rows
from chain.custody.models import Dispatch, DispatchLine
from chain.custody.rules.words import DispatchState
from chain.payin.models import PaymentUse
from chain.payin.queries.uses import settled_of_sales
from chain.sales.adjusting import Due
from chain.sales.models import Sale
from chain.sales.queries.acceptance import accepted_days
from chain.sales.queries.due import dues_of, dues_of_sales
from chain.sales.rules import SaleState
from chain.sales.terms import read_terms
from chain.settlement.models import SettlementLine, SettlementRun
from chain.settlement.rules import IN_THE_BOOKS, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class SecuredSale:
    """A secured sale. Amounts in the currency of the seller's books."""

    sale_id: UUID
    number: int
    buyer_name: str
    currency: str
    due_minor: int
    paid_minor: int
    #: what the lots that have left are worth
    left_minor: int
    #: paid and not shared out
    held_minor: int
    #: from when the goods count as accepted; it may lie ahead
    accepted_on: date | None
    #: by when the producers were promised their money
    pay_by: date | None
    run_id: UUID | None
    #: what the producers have not been paid of the settlement; None: there is none in the books
    open_minor: int | None

    @property
    def missing_minor(self) -> int:
        """What is to be paid before everything may leave."""
        return max(0, self.due_minor - self.paid_minor)

    @property
    def uncovered_minor(self) -> int:
        """What has left without its money, since a payment was taken back."""
        return max(0, self.left_minor - self.paid_minor)

    def is_late(self, today: date) -> bool:
        """Tell whether the producers' day has gone by and they have not been paid."""
        return self.pay_by is not None and today > self.pay_by and self.open_minor != 0


def is_secured() -> ColumnElement[bool]:
    """Return the condition that the buyer of a sale pays before the goods leave."""
    found: ColumnElement[bool] = Sale.terms["secured"].as_boolean().is_(True)
    return found


def held_in(session: Session, organisation_id: UUID, currency: str) -> int:
    """Return what is held for the secured sales of an organisation that are not shared out."""
    total = session.scalar(
        select(func.sum(PaymentUse.settled_minor))
        .join(Sale, Sale.id == PaymentUse.sale_id)
        .where(
            Sale.organisation_id == organisation_id,
            Sale.book_currency == currency,
            Sale.state != SaleState.SETTLED.value,
            is_secured(),
        )
    )
    return int(total or 0)


def left_lots(session: Session, sale_ids: Collection[UUID]) -> defaultdict[UUID, set[UUID]]:
    """Return the lots of sales that have left."""
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for row in session.execute(
        select(Dispatch.sale_id, DispatchLine.lot_id)
        .join(DispatchLine, DispatchLine.dispatch_id == Dispatch.id)
        .where(Dispatch.sale_id.in_(sale_ids), Dispatch.state != DispatchState.CANCELLED.value)
    ):
        if row.sale_id is not None:
            found[row.sale_id].add(row.lot_id)
    return found


def worth_of(session: Session, sale: Sale, lot_ids: Collection[UUID]) -> int:
    """Return what is due for lots of a sale, in the books."""
    wanted = set(lot_ids)
    return sum(one.book_minor for one in dues_of(session, sale) if one.lot_id in wanted)


def secured_of(session: Session, sale: Sale) -> SecuredSale | None:
    """Return how a secured sale stands; None when it is not one."""
    if not read_terms(sale.terms).secured:
        return None
    (found,) = _secured(session, {sale: session.get_one(Organisation, sale.buyer_id).name})
    return found


def list_secured(
    session: Session, actor: Actor, request: PageRequest, *, only_open: bool = False
) -> Page[SecuredSale]:
    """Return the secured sales of the actor's organisation, the latest first; `only_open`: those not shared out."""
    buyer = aliased(Organisation)
    statement = (
        select(Sale, buyer.name)
        .join(buyer, buyer.id == Sale.buyer_id)
        .where(Sale.organisation_id == actor.org, is_secured())
        .order_by(Sale.number.desc())
    )
    if only_open:
        statement = statement.where(Sale.state != SaleState.SETTLED.value)
    statement = order_by(statement, request.sort, {"number": Sale.number}, Sale.id.expression)
    page = paginate_rows(session, statement, request)
    rows = _secured(session, {row[0]: row[1] for row in page.items})
    return Page(rows, page.page, page.page_size, page.total)


def _secured(session: Session, buyers: Mapping[Sale, str]) -> list[SecuredSale]:
    """Return how sales stand, in their order; the number of statements does not grow with them."""
    ids = [sale.id for sale in buyers]
    dues, accepted, left = (
        dues_of_sales(session, buyers),
        accepted_days(session, buyers),
        left_lots(session, ids),
    )
    paid, runs = settled_of_sales(session, ids), _runs(session, ids)
    return [
        _row(
            sale,
            buyer,
            dues[sale.id],
            left[sale.id],
            paid.get(sale.id, 0),
            accepted.get(sale.id),
            runs.get(sale.id),
        )
        for sale, buyer in buyers.items()
    ]


def _row(  # noqa: PLR0917 - private; one line of facts
    sale: Sale,
    buyer: str,
    dues: Sequence[Due],
    left: Collection[UUID],
    paid: int,
    accepted: date | None,
    run: Any,
) -> SecuredSale:
    days = read_terms(sale.terms).producer_days
    in_books = run is not None and run.state in {state.value for state in IN_THE_BOOKS}
    return SecuredSale(
        sale_id=sale.id,
        number=sale.number,
        buyer_name=buyer,
        currency=sale.book_currency,
        due_minor=sum(one.book_minor for one in dues),
        paid_minor=paid,
        left_minor=sum(one.book_minor for one in dues if one.lot_id in left),
        held_minor=0 if sale.state == SaleState.SETTLED else paid,
        accepted_on=accepted,
        pay_by=accepted + timedelta(days=days) if accepted is not None and days else None,
        run_id=None if run is None else run.id,
        open_minor=int(run.open_minor or 0) if in_books else None,
    )


def _runs(session: Session, sale_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    """Return the standing run of each sale, with what it still owes."""
    rows = session.execute(
        select(
            SettlementRun.sale_id,
            SettlementRun.id,
            SettlementRun.state,
            func.sum(SettlementLine.net_minor - SettlementLine.paid_minor).label("open_minor"),
        )
        .outerjoin(SettlementLine, SettlementLine.run_id == SettlementRun.id)
        .where(SettlementRun.sale_id.in_(sale_ids), SettlementRun.state != RunState.DISCARDED.value)
        .group_by(SettlementRun.sale_id, SettlementRun.id, SettlementRun.state)
    )
    return {row.sale_id: row for row in rows if row.sale_id is not None}
