"""A credit note that was borne by the organisation, and a settlement that comes after it at what is due by then."""

from datetime import datetime

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.ledger.rules import AccountCode
from chain.payin.models import Invoice
from chain.payin.queries.invoicing import lots_to_invoice
from chain.payin.services.credit_notes import issue_credit_note
from chain.sales.adjusting import Change
from chain.sales.models import Sale
from chain.sales.services.adjustments import add_adjustment
from chain.settlement.models import SettlementRun
from chain.settlement.services.reversing import reverse_run
from chain.settlement.services.runs import account_run, approve_run, discard_run, prepare_sale_run
from tests.support.cast import Cast
from tests.support.market import make_sale
from tests.support.payin import LATER, PROCEEDS, balance, check_books, invoiced, pay

CAST = Cast()
TREASURER = CAST.treasurer.actor
TEN = 20_000


def credit(session: Session, now: datetime, invoice: Invoice, amount: int = TEN) -> None:
    issue_credit_note(
        session, actor=TREASURER, now=now + LATER, note_id=new_id(), invoice_id=invoice.id, amount_minor=amount,
        reason="Humedad de la fibra",
    )  # fmt: skip


def change_due(session: Session, now: datetime, sale: Sale, amount: int) -> None:
    """Let what is due change by a rule of the contract, as a weight on arrival does."""
    lot = lots_to_invoice(session, sale)[0]
    add_adjustment(
        session, now=now, sale=sale, lot_id=lot.lot_id, change=Change.CLASS, source_id=new_id(),
        amount_minor=amount, basis={}, user_id=None,
    )  # fmt: skip
    session.flush()


def settle(session: Session, now: datetime, sale: Sale) -> SettlementRun:
    run = prepare_sale_run(session, actor=CAST.preparer.actor, now=now, run_id=new_id(), sale_id=sale.id)
    approve_run(session, actor=TREASURER, now=now, run_id=run.id)
    return account_run(session, actor=TREASURER, now=now, run_id=run.id)


def figures(session: Session, invoice: Invoice) -> tuple[int, int, int]:
    """Return what is open of the invoice, what the books say that the buyer owes, and what the organisation bears."""
    session.refresh(invoice)
    return (
        invoice.book_minor - invoice.credited_book_minor - invoice.paid_book_minor,
        balance(session, AccountCode.RECEIVABLE_BUYERS, invoice.buyer_id),
        balance(session, AccountCode.OTHER_EXPENSE),
    )


def test_a_new_settlement_at_the_lower_amount_takes_the_credit_over_from_the_organisation(
    session: Session, now: datetime
) -> None:
    sale = make_sale(session, now)
    invoice = invoiced(session, now, sale)
    first = settle(session, now, sale)
    credit(session, now, invoice)
    left = PROCEEDS - TEN
    assert figures(session, invoice) == (left, left, TEN)
    reverse_run(session, actor=TREASURER, now=now + LATER, run_id=first.id, reason="El peso al llegar")
    discard_run(session, actor=TREASURER, now=now + LATER, run_id=first.id, reason="El peso al llegar")
    change_due(session, now, sale, -TEN)
    again = settle(session, now + LATER, sale)
    assert again.gross_minor == left
    assert figures(session, invoice) == (left, left, 0), "the producers bear it now"
    pay(session, now, invoice, left)
    assert figures(session, invoice) == (0, 0, 0)
    check_books(session)


def test_a_reversal_leaves_what_the_organisation_bears_as_before(session: Session, now: datetime) -> None:
    sale = make_sale(session, now)
    invoice = invoiced(session, now, sale)
    credit(session, now, invoice)  # no rule of the contract gives it yet
    change_due(session, now, sale, -TEN)
    before = figures(session, invoice)
    for _ in range(2):
        run = settle(session, now, sale)
        assert figures(session, invoice) == (PROCEEDS - TEN, PROCEEDS - TEN, 0)
        reverse_run(session, actor=TREASURER, now=now, run_id=run.id, reason="Se anotó mal")
        assert figures(session, invoice) == before
        discard_run(session, actor=TREASURER, now=now, run_id=run.id, reason="Se anotó mal")
    check_books(session)


def test_what_is_due_again_after_a_credit_is_borne_by_the_organisation(
    session: Session, now: datetime
) -> None:
    sale = make_sale(session, now)
    invoice = invoiced(session, now, sale)
    change_due(session, now, sale, -TEN)
    credit(session, now, invoice)
    assert balance(session, AccountCode.OTHER_EXPENSE) == 0
    change_due(session, now, sale, TEN)
    settle(session, now, sale)
    assert figures(session, invoice) == (PROCEEDS - TEN, PROCEEDS - TEN, TEN)
    check_books(session)
