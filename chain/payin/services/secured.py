"""Sales whose buyer pays before the goods leave: what stays until it is paid for, and the settlement once the goods are accepted."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_organisation
from chain.accounts.rules import OrganisationKind, Role, system_actor
from chain.core.clock import local_date
from chain.core.ids import new_id
from chain.core.money import Money
from chain.ledger.services.posting import lock_books
from chain.payin.errors import GoodsNotPaid
from chain.payin.queries.secured import is_secured, left_lots, worth_of
from chain.payin.queries.uses import settled_of_sale
from chain.sales.models import Sale
from chain.sales.queries.acceptance import accepted_on
from chain.sales.queries.due import due_in_books
from chain.sales.rules import SaleState
from chain.sales.terms import read_terms
from chain.settlement.models import SettlementRun
from chain.settlement.services.prepare import prepare_sale_run


def check_paid_for(session: Session, sale_id: UUID, lot_ids: Collection[UUID]) -> None:
    """Refuse lots of a secured sale that leave before they, and what left before them, are paid for. The books are locked.

    Raises:
        GoodsNotPaid: names what is needed and what is in, in the seller's books.
    """
    sale = session.get(Sale, sale_id)
    if sale is None or not read_terms(sale.terms).secured:
        return
    needed = worth_of(session, sale, left_lots(session, [sale.id])[sale.id] | set(lot_ids))
    paid = settled_of_sale(session, sale.id)
    if paid < needed:
        money = sale.book_currency
        raise GoodsNotPaid(number=sale.number, needed=Money(needed, money), paid=Money(paid, money))


def sales_to_share(session: Session) -> list[UUID]:
    """Return the secured sales that nobody has prepared a settlement of yet, the oldest first.

    A run that an officer discarded counts: the program does not prepare it again against their will.
    """
    known = select(SettlementRun.id).where(SettlementRun.sale_id == Sale.id).exists()
    return list(
        session.scalars(
            select(Sale.id)
            .where(Sale.state == SaleState.AGREED.value, is_secured(), ~known)
            .order_by(Sale.agreed_at, Sale.id)
        )
    )


def share_accepted(session: Session, *, now: datetime, sale_id: UUID) -> SettlementRun | None:
    """Prepare the settlement of a secured sale whose goods are accepted and paid for; None: it is not time yet.

    People approve it, bring it into the books and pay, as any other run.

    Raises:
        DomainError: it cannot be prepared, for example because another run pays some of the deliveries.
    """
    sale = session.get_one(Sale, sale_id)
    lock_books(session, sale.organisation_id)
    accepted = accepted_on(session, sale)
    zone = get_organisation(session, sale.buyer_id).timezone
    if accepted is None or accepted > local_date(now, zone):
        return None
    if settled_of_sale(session, sale.id) < due_in_books(session, sale):
        return None
    house = session.get_one(Organisation, sale.organisation_id)
    actor = system_actor(house.id, OrganisationKind(house.kind), Role.ACCOUNTANT)
    return prepare_sale_run(session, actor=actor, now=now, run_id=new_id(), sale_id=sale.id)
