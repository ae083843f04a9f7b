"""The steps of money that are killed: accounting and reversing runs, money of buyers, payments to producers.

`python -m tests.support.killing_money`; see tests.support.killing.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import parse_id
from chain.payin.card_facts import IntentFacts, MovementFacts
from chain.payin.models import CardCheckout, Invoice
from chain.payin.provider import Notice
from chain.payin.services.cards import apply_intent, keep_event
from chain.payin.services.invoices import InvoiceWanted, issue_invoice
from chain.payin.services.payments import record_buyer_payment
from chain.payout.models import Payout
from chain.payout.services.batches import send_batch
from chain.payout.services.settling import record_paid, record_returned
from chain.sales.models import Sale
from chain.settlement.services.reversing import reverse_run
from chain.settlement.services.runs import account_run, pay_run
from tests.support.cast import Cast
from tests.support.killing import Step, serve

CAST = Cast()
TREASURER, ACCOUNTANT = CAST.treasurer.actor, CAST.accountant.actor
FEE = 137


def same_id(subject: UUID, purpose: int) -> UUID:
    """Return the id that every retry of a step sends again."""
    return parse_id(str(UUID(int=subject.int ^ purpose)))


def _payments(session: Session, batch_id: UUID) -> list[UUID]:
    return list(
        session.scalars(select(Payout.id).where(Payout.batch_id == batch_id).order_by(Payout.position))
    )


def _pay_in(session: Session, sale_id: UUID, now: datetime) -> object:
    """More than what the sale's invoice asks for: the rest is the buyer's credit."""
    sale = session.get_one(Sale, sale_id)
    return record_buyer_payment(
        session,
        actor=TREASURER,
        now=now,
        payment_id=same_id(sale_id, 1),
        sale_id=sale_id,
        amount_minor=sale.proceeds_minor + 500,
        paid_on=now.date(),
    )


def _invoice(session: Session, sale_id: UUID, now: datetime) -> object:
    wanted = InvoiceWanted(id=same_id(sale_id, 2), sale_id=sale_id, due_on=now.date())
    return issue_invoice(session, actor=TREASURER, now=now, wanted=wanted)


def _card(session: Session, checkout_id: UUID, now: datetime) -> None:
    """What a notice of the provider does in its transaction: it is kept and applied, once."""
    checkout = session.get_one(CardCheckout, checkout_id)
    invoice = session.get_one(Invoice, checkout.invoice_id)
    mark = checkout_id.hex
    notice = Notice(
        id=f"evt_{mark}",
        type="payment_intent.succeeded",
        made_at=now,
        object_kind="payment_intent",
        object_id=f"pi_{mark}",
        intent_id=f"pi_{mark}",
        charge_id=None,
    )
    movement = MovementFacts(
        id=f"txn_{mark}",
        kind="charge",
        source=f"ch_{mark}",
        amount_minor=checkout.amount_minor,
        fee_minor=FEE,
        currency=invoice.currency,
        made_at=now,
    )
    house = CAST.centre.id
    if keep_event(session, organisation_id=house, now=now, notice=notice, outcome="applied"):
        facts = IntentFacts(
            id=notice.object_id,
            checkout_id=checkout_id,
            status="succeeded",
            amount_minor=checkout.amount_minor,
            currency=invoice.currency,
            charge_id=movement.source,
            charged_at=now,
            movement=movement,
        )
        apply_intent(session, organisation_id=house, now=now, facts=facts)


STEPS: Mapping[str, Step] = {
    "account": lambda session, subject, now: account_run(session, actor=ACCOUNTANT, now=now, run_id=subject),
    "reverse": lambda session, subject, now: reverse_run(
        session, actor=ACCOUNTANT, now=now, run_id=subject, reason="Mal pesado"
    ),
    "pay": lambda session, subject, now: pay_run(session, actor=TREASURER, now=now, run_id=subject),
    "invoice": _invoice,
    "pay_in": _pay_in,
    "card": _card,
    "send": lambda session, subject, now: send_batch(session, actor=TREASURER, now=now, batch_id=subject),
    "paid": lambda session, subject, now: record_paid(
        session, actor=TREASURER, now=now, batch_id=subject, payout_ids=_payments(session, subject)
    ),
    "returned": lambda session, subject, now: record_returned(
        session,
        actor=TREASURER,
        now=now,
        batch_id=subject,
        payout_id=_payments(session, subject)[0],
        reason="Cuenta cerrada",
    ),
}

if __name__ == "__main__":
    serve(STEPS)
