"""Invoices, credit notes and what payments settle."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, SamePerson, ValidationFailed
from chain.core.ids import new_id
from chain.ledger.rules import AccountCode
from chain.lots.models import ProducerNotice
from chain.papers.models import Paper
from chain.payin.errors import (
    CreditAboveInvoice,
    InvoiceInUse,
    NothingOpen,
    NothingToInvoice,
    RefundAboveCeiling,
)
from chain.payin.models import BuyerPayment, Invoice
from chain.payin.queries.invoicing import lots_to_invoice
from chain.payin.rules import invoice_state
from chain.payin.services.credit_notes import issue_credit_note
from chain.payin.services.invoices import InvoiceWanted, issue_invoice, void_invoice
from chain.payin.services.payments import (
    apply_credit,
    credit_of,
    record_buyer_payment,
    release_overpaid,
)
from chain.payin.services.refunds import approve_refund, ask_refund, refundable
from chain.sales.adjusting import Change
from chain.sales.services.adjustments import add_adjustment
from chain.settlement.services.notices import SALE_CHANGED, SALE_CREDITED
from tests.support.cast import Cast
from tests.support.market import make_sale
from tests.support.payin import LATER, PROCEEDS, balance, check_books, invoiced, pay, settled, settled_sale

CAST = Cast()
TREASURER, SECOND = CAST.treasurer.actor, CAST.second_treasurer.actor


def _state(invoice: Invoice) -> str:
    return invoice_state(
        invoice.amount_minor, invoice.credited_minor, invoice.paid_minor, voided=invoice.voided_at is not None
    ).value


def test_an_invoice_asks_for_all_that_is_due_with_a_number_and_a_frozen_paper(
    session: Session, now: datetime
) -> None:
    sale = settled_sale(session, now)
    invoice = invoiced(session, now, sale)
    assert (invoice.serial, invoice.amount_minor, invoice.book_minor) == ("F001-00000001", PROCEEDS, PROCEEDS)
    paper = session.get_one(Paper, invoice.paper_id)
    assert sum(line["amount_minor"] for line in paper.content["lines"]) == PROCEEDS
    assert paper.content["party"]["name"] == CAST.mill.name
    assert [line["quantity"] for line in paper.content["lines"]] == [10_000, 20_000, 30_000]
    with pytest.raises(NothingToInvoice):
        invoiced(session, now, sale)


def test_the_same_id_again_gives_the_same_invoice_and_other_content_is_refused(
    session: Session, now: datetime
) -> None:
    sale = settled_sale(session, now)
    lots = [lot.lot_id for lot in lots_to_invoice(session, sale)][:2]
    first = invoiced(session, now, sale, lot_ids=lots)
    wanted = InvoiceWanted(id=first.id, sale_id=sale.id, due_on=first.due_on, lot_ids=lots[::-1])
    assert issue_invoice(session, actor=TREASURER, now=now + LATER, wanted=wanted) is first
    others = (
        replace(wanted, due_on=first.due_on + timedelta(days=1)),
        replace(wanted, lot_ids=lots[:1]),
        replace(wanted, lot_ids=None),
        replace(wanted, note="Segunda entrega"),
    )
    for other in others:
        with pytest.raises(IdempotencyConflict):
            issue_invoice(session, actor=TREASURER, now=now + LATER, wanted=other)


def test_a_sale_is_invoiced_in_several_parts(session: Session, now: datetime) -> None:
    sale = settled_sale(session, now)
    lots = [lot.lot_id for lot in lots_to_invoice(session, sale)]
    parts = [invoiced(session, now, sale, lot_ids=[lots[0]]), invoiced(session, now, sale, lot_ids=lots[1:])]
    assert [part.amount_minor for part in parts] == [120_000, 600_000]


def test_strangers_and_clerks_issue_nothing(session: Session, now: datetime) -> None:
    sale = settled_sale(session, now)
    wanted = InvoiceWanted(id=new_id(), sale_id=sale.id, due_on=(now + timedelta(days=9)).date())
    with pytest.raises(Forbidden):
        issue_invoice(session, actor=CAST.clerk.actor, now=now, wanted=wanted)
    with pytest.raises(NotFound):
        issue_invoice(session, actor=CAST.outsider.actor, now=now, wanted=wanted)


def test_a_partial_payment_leaves_the_rest_open_and_the_surplus_is_the_buyers_credit(
    session: Session, now: datetime
) -> None:
    invoice = invoiced(session, now)
    pay(session, now, invoice, 200_000)
    assert (_state(invoice), invoice.paid_minor) == ("partly_paid", 200_000)
    second = pay(session, now, invoice, 600_000)
    assert _state(invoice) == "paid"
    assert credit_of(session, second) == (80_000, 80_000)
    assert balance(session, AccountCode.BUYER_PREPAYMENTS, invoice.buyer_id) == -80_000
    assert balance(session, AccountCode.RECEIVABLE_BUYERS, invoice.buyer_id) == 0
    assert balance(session, AccountCode.BANK) == 800_000
    check_books(session)


def test_the_credit_pays_the_next_invoice_once(session: Session, now: datetime) -> None:
    first = invoiced(session, now)
    payment = pay(session, now, first, PROCEEDS + 50_000)
    with pytest.raises(NothingOpen):
        apply_credit(session, actor=TREASURER, now=now + LATER, payment_id=payment.id)
    second = invoiced(session, now)
    assert apply_credit(session, actor=TREASURER, now=now + LATER, payment_id=payment.id) == 50_000
    assert second.paid_minor == 50_000
    with pytest.raises(NothingOpen):
        apply_credit(session, actor=TREASURER, now=now + LATER, payment_id=payment.id)
    assert balance(session, AccountCode.BUYER_PREPAYMENTS) == 0
    check_books(session)


def test_money_without_a_chosen_invoice_pays_the_oldest_first(session: Session, now: datetime) -> None:
    late = invoiced(session, now, due_on=(now + timedelta(days=40)).date())
    early = invoiced(session, now, due_on=(now + timedelta(days=10)).date())
    pay(session, now, late, PROCEEDS + 1, invoice_ids=None)
    assert (early.paid_minor, late.paid_minor) == (PROCEEDS, 1)


def test_what_was_paid_before_the_invoice_pays_it_at_once(session: Session, now: datetime) -> None:
    sale = settled_sale(session, now)
    record_buyer_payment(
        session, actor=TREASURER, now=now + LATER, payment_id=new_id(), sale_id=sale.id, amount_minor=300_000,
        paid_on=now.date(),
    )  # fmt: skip
    invoice = invoiced(session, now, sale)
    assert (invoice.paid_minor, _state(invoice)) == (300_000, "partly_paid")
    assert balance(session, AccountCode.RECEIVABLE_BUYERS, invoice.buyer_id) == PROCEEDS - 300_000
    assert balance(session, AccountCode.BUYER_PREPAYMENTS) == 0
    check_books(session)


def test_a_credit_note_after_the_settlement_is_borne_by_the_organisation(
    session: Session, now: datetime
) -> None:
    invoice = invoiced(session, now)
    note = issue_credit_note(
        session, actor=TREASURER, now=now + LATER, note_id=new_id(), invoice_id=invoice.id, amount_minor=20_000,
        reason="Humedad de la fibra",
    )  # fmt: skip
    assert note.serial == "N001-00000001"
    assert balance(session, AccountCode.OTHER_EXPENSE) == 20_000
    assert balance(session, AccountCode.RECEIVABLE_BUYERS, invoice.buyer_id) == PROCEEDS - 20_000
    content = session.get_one(Paper, note.paper_id).content
    assert content["invoice_minor"] - content["credited_minor"] == content["due_minor"] == PROCEEDS - 20_000
    assert content["invoice"]["serial"] == invoice.serial
    with pytest.raises(CreditAboveInvoice):
        issue_credit_note(
            session, actor=TREASURER, now=now + LATER, note_id=new_id(), invoice_id=invoice.id,
            amount_minor=PROCEEDS, reason="Demasiado",
        )  # fmt: skip
    check_books(session)


def test_a_credit_note_before_the_settlement_tells_its_producers_once(
    session: Session, now: datetime
) -> None:
    sale = make_sale(session, now)
    invoice = invoiced(session, now, sale)
    lots = lots_to_invoice(session, sale)
    add_adjustment(
        session, now=now, sale=sale, lot_id=lots[0].lot_id, change=Change.CLASS, source_id=new_id(),
        amount_minor=-20_000, basis={}, user_id=None,
    )  # fmt: skip
    issue_credit_note(
        session, actor=TREASURER, now=now + LATER, note_id=new_id(), invoice_id=invoice.id, amount_minor=20_000,
        reason="Humedad de la fibra",
    )  # fmt: skip
    told = session.scalars(select(ProducerNotice).where(ProducerNotice.msgid == SALE_CREDITED)).all()
    assert [(one.params["before_minor"], one.params["after_minor"]) for one in told] == [
        (PROCEEDS, PROCEEDS - 20_000)
    ]
    settled(session, now, sale)
    assert session.scalar(select(ProducerNotice.id).where(ProducerNotice.msgid == SALE_CHANGED)) is None


def test_a_credit_after_the_payment_overpays_and_can_be_moved_and_refunded(
    session: Session, now: datetime
) -> None:
    invoice = invoiced(session, now)
    payment = pay(session, now, invoice, PROCEEDS)
    issue_credit_note(
        session, actor=TREASURER, now=now + LATER, note_id=new_id(), invoice_id=invoice.id, amount_minor=20_000,
        reason="Peso al llegar",
    )  # fmt: skip
    assert _state(invoice) == "overpaid"
    assert release_overpaid(session, actor=TREASURER, now=now + LATER, invoice_id=invoice.id) == 20_000
    assert _state(invoice) == "paid"
    assert balance(session, AccountCode.BUYER_PREPAYMENTS) == -20_000
    refund_id = new_id()
    ask_refund(
        session, actor=TREASURER, now=now + LATER, refund_id=refund_id, payment_id=payment.id, amount_minor=20_000,
        reason="Saldo a favor",
    )  # fmt: skip
    with pytest.raises(SamePerson):
        approve_refund(session, actor=TREASURER, now=now + LATER, refund_id=refund_id)
    approve_refund(session, actor=SECOND, now=now + LATER, refund_id=refund_id)
    assert balance(session, AccountCode.BUYER_PREPAYMENTS) == 0
    assert balance(session, AccountCode.BANK) == PROCEEDS - 20_000
    assert refundable(session, payment) == PROCEEDS - 20_000
    with pytest.raises(RefundAboveCeiling):
        ask_refund(
            session, actor=TREASURER, now=now + LATER, refund_id=new_id(), payment_id=payment.id,
            amount_minor=PROCEEDS, reason="Todo otra vez",
        )  # fmt: skip
    check_books(session)


def test_an_unpaid_invoice_is_voided_and_its_lots_are_free_again(session: Session, now: datetime) -> None:
    invoice = invoiced(session, now)
    void_invoice(
        session, actor=TREASURER, now=now + LATER, invoice_id=invoice.id, reason="Dirección equivocada"
    )
    assert _state(invoice) == "void"
    assert session.get_one(Paper, invoice.paper_id, populate_existing=True).voided_at is not None
    again = invoiced(session, now, None, sale_id=invoice.sale_id)
    assert again.serial == "F001-00000002"
    pay(session, now, again, 1)
    with pytest.raises(InvoiceInUse):
        void_invoice(session, actor=TREASURER, now=now + LATER, invoice_id=again.id, reason="Otra vez")


def test_the_same_payment_again_changes_nothing_and_another_one_is_refused(
    session: Session, now: datetime
) -> None:
    invoice = invoiced(session, now)
    made = pay(session, now, invoice, 10_000)
    again = pay(session, now, invoice, 10_000, id=made.id)
    assert again is made
    with pytest.raises(IdempotencyConflict):
        pay(session, now, invoice, 10_001, id=made.id)
    other = invoiced(session, now)
    with pytest.raises(IdempotencyConflict):
        pay(session, now, invoice, 10_000, id=made.id, invoice_ids=[other.id])
    assert len(session.scalars(select(BuyerPayment)).all()) == 1


def test_no_money_came_before_the_books_began(session: Session, now: datetime) -> None:
    """Months are closed in turn: one entry in the year 1 would leave two thousand years of months to close."""
    invoice = invoiced(session, now)
    for day in (date(1, 1, 1), date(1999, 12, 31)):
        with pytest.raises(ValidationFailed) as refused:
            pay(session, now, invoice, 100, paid_on=day)
        assert set(refused.value.errors) == {"paid_on"}
    pay(session, now, invoice, 100, paid_on=date(2000, 1, 1))
