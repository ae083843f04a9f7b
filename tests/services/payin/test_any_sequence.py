"""Whatever is paid, credited, refunded or disputed, in whatever order: the books balance and the figures agree."""

from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import DomainError
from chain.core.ids import new_id
from chain.ledger.rules import AccountCode, EntryKind
from chain.payin.models import BuyerPayment, BuyerRefund, Invoice
from chain.payin.queries.uses import settled_of_sale, used_of
from chain.payin.services.credit_notes import issue_credit_note
from chain.payin.services.payments import apply_credit, release_overpaid
from chain.payin.services.refunds import approve_refund, ask_refund, give_back
from tests.support.cast import Cast
from tests.support.payin import LATER, PROCEEDS, balance, check_books, invoiced, pay

CAST = Cast()
TREASURER, SECOND = CAST.treasurer.actor, CAST.second_treasurer.actor
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "credit", "refund", "dispute", "apply", "release"]), st.integers(1, 500_000)
    ),
    min_size=1,
    max_size=8,
)


def _step(session: Session, now: datetime, invoice: Invoice, what: str, amount: int) -> None:
    at = now + LATER
    payment = session.scalars(select(BuyerPayment).order_by(BuyerPayment.id.desc())).first()
    if what == "pay":
        pay(session, now, invoice, amount)
    elif what == "credit":
        issue_credit_note(
            session, actor=TREASURER, now=at, note_id=new_id(), invoice_id=invoice.id, amount_minor=amount,
            reason="Acordado",
        )  # fmt: skip
    elif what == "release":
        release_overpaid(session, actor=TREASURER, now=at, invoice_id=invoice.id)
    elif payment is None:
        return
    elif what == "refund":
        refund = ask_refund(
            session, actor=TREASURER, now=at, refund_id=new_id(), payment_id=payment.id, amount_minor=amount,
            reason="Acordado",
        )  # fmt: skip
        approve_refund(session, actor=SECOND, now=at, refund_id=refund.id)
    elif what == "apply":
        apply_credit(session, actor=TREASURER, now=at, payment_id=payment.id)
    else:
        give_back(
            session, actor=TREASURER, now=at, day=at.date(), payment=payment,
            amount_minor=min(amount, payment.amount_minor), key=f"dispute:{new_id()}", use="dispute",
            money=AccountCode.BANK, kind=EntryKind.DISPUTE, description="Disputa",
        )  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_books_balance_and_the_invoice_says_what_is_open(
    session: Session, now: datetime, steps: list[tuple[str, int]]
) -> None:
    outer = session.begin_nested()
    invoice = invoiced(session, now)
    for what, amount in steps:
        try:
            with session.begin_nested():
                _step(session, now, invoice, what, amount)
        except DomainError:
            session.refresh(invoice)
    open_minor = invoice.amount_minor - invoice.credited_minor - invoice.paid_minor
    assert settled_of_sale(session, invoice.sale_id) == invoice.paid_minor
    assert balance(session, AccountCode.RECEIVABLE_BUYERS, invoice.buyer_id) == open_minor
    assert balance(session, AccountCode.OTHER_EXPENSE) >= invoice.credited_minor
    credit = sum(one.amount_minor - used_of(session, one.id) for one in session.scalars(select(BuyerPayment)))
    assert balance(session, AccountCode.BUYER_PREPAYMENTS) == -credit
    assert open_minor <= PROCEEDS
    numbers = session.scalars(select(BuyerRefund.number).order_by(BuyerRefund.number)).all()
    assert numbers == list(range(1, len(numbers) + 1)), "every refund has a number, and none is missing"
    check_books(session)
    outer.rollback()
    session.expire_all()
