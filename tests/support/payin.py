"""Settled sales, invoices and payments for tests of payin."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.ledger.models import LedgerAccount, Posting
from chain.ledger.rules import AccountCode
from chain.ledger.services.verify import verify_ledger
from chain.payin.models import BuyerPayment, Invoice
from chain.payin.services.invoices import InvoiceWanted, issue_invoice
from chain.payin.services.payments import NewPayment, record_payment
from chain.sales.models import Sale
from chain.settlement.models import SettlementRun
from chain.settlement.services.runs import account_run, approve_run, prepare_sale_run
from tests.support.cast import Cast
from tests.support.market import make_sale

CAST = Cast()
#: What `make_sale` sells for: 60 kg at 120.00.
PROCEEDS = 720_000
LATER = timedelta(days=3)


def settled_sale(session: Session, now: datetime) -> Sale:
    """Sell three lots to the mill and bring the settlement into the books: the mill owes 7,200.00."""
    return settled(session, now, make_sale(session, now))


def settled(session: Session, now: datetime, sale: Sale) -> Sale:
    """Bring the settlement of a sale into the books."""
    run = prepare_sale_run(session, actor=CAST.preparer.actor, now=now, run_id=new_id(), sale_id=sale.id)
    approve_run(session, actor=CAST.treasurer.actor, now=now, run_id=run.id)
    account_run(session, actor=CAST.treasurer.actor, now=now, run_id=run.id)
    assert session.get_one(SettlementRun, run.id).account_entry_id is not None
    return sale


def invoiced(session: Session, now: datetime, sale: Sale | None = None, **changes: Any) -> Invoice:
    """Issue an invoice of a settled sale, due in 15 days after it."""
    sale = sale or settled_sale(session, now)
    values: dict[str, Any] = {
        "id": new_id(),
        "sale_id": sale.id,
        "due_on": (now + timedelta(days=20)).date(),
    }
    wanted = InvoiceWanted(**(values | changes))
    return issue_invoice(session, actor=CAST.treasurer.actor, now=now + LATER, wanted=wanted)


def pay(session: Session, now: datetime, invoice: Invoice, amount: int, **changes: Any) -> BuyerPayment:
    """Record money of the mill for an invoice."""
    values: dict[str, Any] = {
        "id": new_id(),
        "buyer_id": invoice.buyer_id,
        "amount_minor": amount,
        "currency": invoice.book_currency,
        "paid_on": (now + LATER).date(),
        "invoice_ids": [invoice.id],
    }
    return record_payment(
        session, actor=CAST.treasurer.actor, now=now + LATER, payment=NewPayment(**(values | changes))
    )


def balance(session: Session, account: AccountCode, party_id: UUID | None = None) -> int:
    """Return the balance of an account of the centre, debit positive."""
    statement = (
        select(func.coalesce(func.sum(Posting.amount_minor), 0))
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(LedgerAccount.organisation_id == CAST.centre.id, LedgerAccount.code == account.value)
    )
    if party_id is not None:
        statement = statement.where(Posting.party_id == party_id)
    return int(session.scalar(statement) or 0)


def check_books(session: Session) -> None:
    """See that the books are whole and balanced."""
    report = verify_ledger(session, CAST.centre.id)
    assert not report.problems, report.problems
