"""A contract in dollars: its rate is frozen, the money comes at the rate of its day, the difference is a gain or a loss."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import ValidationFailed
from chain.core.ids import new_id
from chain.ledger.rules import AccountCode
from chain.papers.models import Paper
from chain.payin.errors import NothingOpen, OtherCurrency
from chain.payin.models import Invoice
from chain.payin.services.credit_notes import issue_credit_note
from chain.payin.services.payments import NewPayment, apply_credit, credit_of, record_payment
from chain.payin.services.refunds import approve_refund, ask_refund
from chain.sales.models import Sale
from chain.sales.services.awards import confirm_award
from chain.sales.terms import Rate
from chain.settlement.services.runs import account_run, approve_run, prepare_sale_run
from tests.support.cast import Cast
from tests.support.market import make_award
from tests.support.payin import LATER, balance, check_books, invoiced, pay
from tests.support.selling import FIRST, award_of, in_dollars, rule, terms

CAST = Cast()
#: 60 kg at US$ 120.00, at 3.700000 in the contract.
DOLLARS, SOLES = 720_000, 2_664_000


@pytest.fixture
def sale(session: Session, now: datetime) -> Sale:
    """A sale for US$ 7,200.00, S/ 26,640.00 by the contract."""
    rule(session, 1)
    award = in_dollars(session, award_of(session, make_award(session, now)).id)
    terms(session, now, rates={"USD": Rate(3_700_000, now.date(), "SBS")})
    confirm_award(session, actor=FIRST, now=now, award_id=award.id)
    return session.scalars(select(Sale)).one()


@pytest.fixture
def invoice(session: Session, now: datetime, sale: Sale) -> Invoice:
    """An invoice of it, which its settlement charged."""
    run = prepare_sale_run(session, actor=CAST.preparer.actor, now=now, run_id=new_id(), sale_id=sale.id)
    approve_run(session, actor=CAST.treasurer.actor, now=now, run_id=run.id)
    account_run(session, actor=CAST.treasurer.actor, now=now, run_id=run.id)
    return invoiced(session, now, sale)


def owed(session: Session, invoice: Invoice) -> int:
    return balance(session, AccountCode.RECEIVABLE_BUYERS, invoice.buyer_id)


def test_the_invoice_freezes_the_rate_of_the_contract_and_says_it(session: Session, invoice: Invoice) -> None:
    assert (invoice.currency, invoice.amount_minor, invoice.book_currency, invoice.book_minor) == (
        "USD", DOLLARS, "PEN", SOLES,
    )  # fmt: skip
    assert invoice.rate_millionths == 3_700_000
    content = session.get_one(Paper, invoice.paper_id).content
    assert content["rate"]["rate_millionths"] == 3_700_000, content["rate"]
    assert owed(session, invoice) == SOLES


def test_dollars_that_are_worth_more_or_less_on_their_day_leave_a_gain_or_a_loss(
    session: Session, now: datetime, invoice: Invoice
) -> None:
    pay(session, now, invoice, 200_000, currency="USD", book_minor=743_000)
    assert balance(session, AccountCode.EXCHANGE_GAIN) == -3_000
    assert owed(session, invoice) == SOLES - 740_000
    pay(session, now, invoice, 520_000, currency="USD", book_minor=1_913_600)
    assert balance(session, AccountCode.EXCHANGE_LOSS) == 1_924_000 - 1_913_600
    assert (owed(session, invoice), invoice.paid_minor, invoice.paid_book_minor) == (0, DOLLARS, SOLES)
    assert balance(session, AccountCode.BANK) == 743_000 + 1_913_600
    check_books(session)


def test_dollars_paid_for_a_sale_before_its_invoice_pay_it_when_it_is_issued(
    session: Session, now: datetime, sale: Sale
) -> None:
    payment = record_payment(
        session,
        actor=CAST.treasurer.actor,
        now=now + LATER,
        payment=NewPayment(
            id=new_id(), buyer_id=sale.buyer_id, amount_minor=100_000, currency="USD", book_minor=372_000,
            paid_on=now.date(), sale_id=sale.id,
        ),
    )  # fmt: skip
    assert credit_of(session, payment) == (100_000, 372_000)  # a debt in dollars begins with the invoice
    invoice = invoiced(session, now, sale)
    assert (invoice.paid_minor, invoice.paid_book_minor) == (100_000, 370_000)
    assert credit_of(session, payment) == (0, 0)
    assert balance(session, AccountCode.BUYER_PREPAYMENTS) == 0
    assert (owed(session, invoice), balance(session, AccountCode.EXCHANGE_GAIN)) == (-370_000, -2_000)
    check_books(session)


def test_soles_settle_an_invoice_in_dollars_at_the_rate_of_the_contract(
    session: Session, now: datetime, invoice: Invoice
) -> None:
    pay(session, now, invoice, 370_000, currency="PEN")
    assert (invoice.paid_minor, invoice.paid_book_minor) == (100_000, 370_000)
    assert balance(session, AccountCode.EXCHANGE_GAIN) == balance(session, AccountCode.EXCHANGE_LOSS) == 0
    pay(session, now, invoice, SOLES - 370_000, currency="PEN")
    assert (owed(session, invoice), invoice.paid_minor) == (0, DOLLARS)
    check_books(session)


def test_what_is_too_much_in_dollars_is_credit_at_its_worth_and_goes_back_at_it(
    session: Session, now: datetime, invoice: Invoice
) -> None:
    payment = pay(session, now, invoice, DOLLARS + 10_000, currency="USD", book_minor=2_701_000)
    assert credit_of(session, payment) == (10_000, 37_000)
    assert balance(session, AccountCode.BUYER_PREPAYMENTS, invoice.buyer_id) == -37_000
    refund = ask_refund(
        session, actor=CAST.treasurer.actor, now=now + LATER, refund_id=new_id(), payment_id=payment.id,
        amount_minor=10_000, reason="Pagó de más",
    )  # fmt: skip
    approve_refund(session, actor=CAST.second_treasurer.actor, now=now + LATER, refund_id=refund.id)
    assert (refund.currency, refund.state) == ("USD", "done")
    assert balance(session, AccountCode.BUYER_PREPAYMENTS, invoice.buyer_id) == 0
    check_books(session)


def test_a_credit_note_in_dollars_lowers_the_books_at_the_frozen_rate(
    session: Session, now: datetime, invoice: Invoice
) -> None:
    issue_credit_note(
        session, actor=CAST.treasurer.actor, now=now + LATER, note_id=new_id(), invoice_id=invoice.id,
        amount_minor=20_000, reason="Humedad",
    )  # fmt: skip
    assert owed(session, invoice) == SOLES - 74_000
    payment = pay(session, now, invoice, DOLLARS, currency="USD", book_minor=SOLES)
    assert (owed(session, invoice), credit_of(session, payment)) == (0, (20_000, 74_000))
    check_books(session)


def test_other_money_needs_its_worth_and_a_third_currency_pays_nothing(
    session: Session, now: datetime, invoice: Invoice
) -> None:
    with pytest.raises(ValidationFailed):
        pay(session, now, invoice, 1_000, currency="USD")
    with pytest.raises(OtherCurrency):
        pay(session, now, invoice, 1_000, currency="BOB", book_minor=4_000)
    kept = pay(session, now, invoice, 1_000, currency="BOB", book_minor=4_000, invoice_ids=None)
    assert credit_of(session, kept) == (1_000, 4_000)
    with pytest.raises(NothingOpen):
        apply_credit(
            session, actor=CAST.treasurer.actor, now=now + LATER, payment_id=kept.id, invoice_ids=[invoice.id]
        )


def test_soles_that_go_back_leave_what_dollars_paid_to_the_cent(
    session: Session, now: datetime, invoice: Invoice
) -> None:
    """Ten times a cent of 0.037 soles stand as 0.40 in the books, which is 0.11 dollars; 0.10 were paid."""
    for cents in (1,) * 10:
        pay(session, now, invoice, cents, currency="USD", book_minor=4 * cents)
    soles = pay(session, now, invoice, 10_001, currency="PEN")
    refund = ask_refund(
        session, actor=CAST.treasurer.actor, now=now + LATER, refund_id=new_id(), payment_id=soles.id,
        amount_minor=10_001, reason="Era de otra venta",
    )  # fmt: skip
    approve_refund(session, actor=CAST.second_treasurer.actor, now=now + LATER, refund_id=refund.id)
    assert invoice.paid_minor == 10
    assert owed(session, invoice) == SOLES - invoice.paid_book_minor
    check_books(session)
