"""Payments by card: what the provider says, brought into the books. Level-triggered and only forward.

Whatever notice came, the object it names was asked for anew; applying the same facts twice, or older ones after newer
ones, changes nothing. Facts come in from outside (card_edge.py); nothing here calls the provider.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, OrganisationKind, Permission, system_actor
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import IdempotencyConflict, NotFound
from chain.ledger.queries.periods import closed_until
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import lock_books, post_entry
from chain.payin.audit_tags import PayinAudit
from chain.payin.card_facts import IntentFacts, MovementFacts, SessionFacts
from chain.payin.errors import InvoiceVoided, NothingOpen
from chain.payin.models import BuyerPayment, BuyerRefund, CardCheckout, CardEvent, CardMovement, Invoice
from chain.payin.provider import Notice
from chain.payin.rules import CHECKOUT_RANK, CheckoutState, Means, RefundState, worth_of
from chain.payin.services.card_changes import apply_disputes, apply_refunds
from chain.payin.services.payments import NewPayment, keep_payment
from chain.payin.services.refunds import take_refund_back

#: How long the provider's page stays open; it must be at least 30 minutes, and a retry within it finds the same page.
CHECKOUT_HOURS = 2


def provider_actor(house: Organisation) -> Actor:
    """Return whom the books name for what the provider tells: nobody."""
    return system_actor(house.id, OrganisationKind(house.kind))


def booking_day(session: Session, house: Organisation, moment: datetime, now: datetime) -> date:
    """Return the day on which something is booked: its own, or today when its month is closed or its clock is ahead."""
    today = local_date(now, house.timezone)
    day = min(local_date(moment, house.timezone), today)
    closed = closed_until(session, house.id)
    return today if closed is not None and day <= closed else day


def ask_checkout(
    session: Session, *, actor: Actor, now: datetime, checkout_id: UUID, invoice_id: UUID
) -> CardCheckout:
    """Begin to pay what is open of an invoice by card; the same id again, or a page that is still open, is the same try.

    Raises:
        Forbidden: the actor may not pay invoices.
        NotFound: it is not an invoice to the actor's organisation.
        InvoiceVoided: it is void.
        NothingOpen: nothing is open.
        IdempotencyConflict: the id was used for another invoice.
    """
    actor.require(Permission.INVOICES_PAY)
    invoice = session.get(Invoice, invoice_id)
    if invoice is None or invoice.buyer_id != actor.organisation_id:
        raise NotFound
    lock_books(session, invoice.organisation_id)
    session.refresh(invoice)
    known = session.get(CardCheckout, checkout_id)
    if known is not None:
        if known.invoice_id != invoice.id:
            raise IdempotencyConflict
        return known
    if invoice.voided_at is not None:
        raise InvoiceVoided(serial=invoice.serial)
    rest = invoice.amount_minor - invoice.credited_minor - invoice.paid_minor
    if rest <= 0:
        raise NothingOpen
    again = session.scalar(
        select(CardCheckout)
        .where(
            CardCheckout.invoice_id == invoice.id,
            CardCheckout.state.in_([CheckoutState.ASKED.value, CheckoutState.OPEN.value]),
            CardCheckout.amount_minor == rest,
            CardCheckout.expires_at > now + timedelta(minutes=31),
        )
        .order_by(CardCheckout.asked_at.desc())
    )
    if again is not None:
        return again
    checkout = CardCheckout(
        id=checkout_id,
        organisation_id=invoice.organisation_id,
        invoice_id=invoice.id,
        buyer_id=invoice.buyer_id,
        amount_minor=rest,
        currency=invoice.currency,
        state=CheckoutState.ASKED.value,
        asked_at=now,
        asked_by=actor.user_id,
        expires_at=(now + timedelta(hours=CHECKOUT_HOURS)).replace(microsecond=0),
    )
    session.add(checkout)
    session.flush()
    _note(session, PayinAudit.CARD_ASKED, actor, now, checkout)
    return checkout


def _note(session: Session, tag: PayinAudit, actor: Actor, now: datetime, checkout: CardCheckout) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="card_checkout",
        subject_id=checkout.id,
        after={
            "invoice_id": checkout.invoice_id,
            "amount_minor": checkout.amount_minor,
            "currency": checkout.currency,
            "state": checkout.state,
        },
    )


def keep_event(
    session: Session, *, organisation_id: UUID, now: datetime, notice: Notice, outcome: str
) -> bool:
    """Store a notice, in the transaction of its effect; return False when it was stored before."""
    lock_books(session, organisation_id)
    dialect_insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    stored = session.scalar(
        dialect_insert(CardEvent)
        .values(
            provider_id=notice.id,
            type=notice.type,
            object_id=notice.object_id,
            made_at=notice.made_at,
            received_at=now,
            outcome=outcome,
        )
        .on_conflict_do_nothing(index_elements=["provider_id"])
        .returning(CardEvent.provider_id)
    )
    return stored is not None


def _advance(checkout: CardCheckout, state: CheckoutState) -> bool:
    if CHECKOUT_RANK[state] <= CHECKOUT_RANK[CheckoutState(checkout.state)]:
        return False
    checkout.state = state.value
    return True


def apply_session(session: Session, *, organisation_id: UUID, facts: SessionFacts) -> None:
    """Bring the state of a try to pay forward; the money itself comes with the payment's facts."""
    lock_books(session, organisation_id)
    checkout = _checkout_of(session, organisation_id, facts.checkout_id)
    if checkout is None:
        return
    if checkout.provider_id is None:
        checkout.provider_id = facts.id
    elif checkout.provider_id != facts.id:
        return
    if facts.url:
        checkout.url = facts.url
    if facts.intent_id and checkout.intent_id is None:
        checkout.intent_id = facts.intent_id
    if facts.status == "expired":
        _advance(checkout, CheckoutState.EXPIRED)
    elif facts.status == "complete":
        _advance(checkout, CheckoutState.PROCESSING)
    else:
        _advance(checkout, CheckoutState.OPEN)
    session.flush()


def _checkout_of(session: Session, organisation_id: UUID, checkout_id: UUID | None) -> CardCheckout | None:
    if checkout_id is None:
        return None
    found = session.get(CardCheckout, checkout_id, populate_existing=True)
    return found if found is not None and found.organisation_id == organisation_id else None


def fail_checkout(session: Session, *, organisation_id: UUID, checkout_id: UUID | None) -> None:
    """Note that the bank refused a payment that was being checked."""
    checkout = _checkout_of(session, organisation_id, checkout_id)
    if checkout is not None:
        _advance(checkout, CheckoutState.FAILED)
        session.flush()


def fail_refund(session: Session, *, organisation_id: UUID, now: datetime, refund_id: UUID) -> None:
    """Note that the provider refused a refund that nothing was booked of."""
    lock_books(session, organisation_id)
    house = get_organisation(session, organisation_id)
    refund = session.get_one(BuyerRefund, refund_id, populate_existing=True)
    payment = session.get_one(BuyerPayment, refund.payment_id)
    if refund.state == RefundState.APPROVED:
        actor, day = provider_actor(house), local_date(now, house.timezone)
        take_refund_back(session, actor=actor, now=now, day=day, refund=refund, payment=payment)


def apply_intent(session: Session, *, organisation_id: UUID, now: datetime, facts: IntentFacts) -> bool:
    """Bring a payment by card, its fee, refunds and disputes into the books; return whether it is one of ours."""
    lock_books(session, organisation_id)
    checkout = _checkout_of(session, organisation_id, facts.checkout_id)
    if checkout is None:
        return False
    house = get_organisation(session, organisation_id)
    if checkout.intent_id is None:
        checkout.intent_id = facts.id
    if facts.charged_at is None:
        session.flush()
        return True
    if facts.charge_id and checkout.charge_id is None:
        checkout.charge_id = facts.charge_id
    actor = provider_actor(house)
    payment = _payment(session, actor, now, house, checkout, facts, facts.charged_at)
    if facts.movement is not None:
        keep_movement(session, house=house, now=now, movement=facts.movement, entry_id=payment.entry_id)
    day = booking_day(session, house, now, now)
    for refund in apply_refunds(session, actor=actor, now=now, day=day, payment=payment, found=facts.refunds):
        keep_movement(session, house=house, now=now, movement=refund[0], entry_id=refund[1])
    for change in apply_disputes(
        session, actor=actor, now=now, day=day, payment=payment, found=facts.disputes
    ):
        keep_movement(session, house=house, now=now, movement=change[0], entry_id=change[1])
    session.flush()
    return True


def _payment(  # noqa: PLR0917 - private
    session: Session,
    actor: Actor,
    now: datetime,
    house: Organisation,
    checkout: CardCheckout,
    facts: IntentFacts,
    charged_at: datetime,
) -> BuyerPayment:
    if checkout.payment_id is not None:
        return session.get_one(BuyerPayment, checkout.payment_id)
    invoice = session.get_one(Invoice, checkout.invoice_id)
    payment = keep_payment(
        session,
        actor=actor,
        organisation_id=house.id,
        now=now,
        payment=NewPayment(
            id=checkout.id,
            buyer_id=checkout.buyer_id,
            amount_minor=facts.amount_minor,
            currency=facts.currency,
            book_minor=_worth(house, invoice, facts),
            paid_on=booking_day(session, house, charged_at, now),
            means=Means.CARD,
            invoice_ids=[invoice.id],
            reference=facts.charge_id,
        ),
    )
    checkout.payment_id = payment.id
    _advance(checkout, CheckoutState.PAID)
    session.flush()
    _note(session, PayinAudit.CARD_PAID, actor, now, checkout)
    return payment


def _worth(house: Organisation, invoice: Invoice, facts: IntentFacts) -> int | None:
    """Return what a payment by card is worth in the books: what the provider made of it, else by the contract's rate."""
    if facts.currency == house.currency:
        return None
    if facts.movement is not None and facts.movement.currency == house.currency:
        return facts.movement.amount_minor
    return max(1, worth_of(invoice.book_minor, invoice.amount_minor, facts.amount_minor))


#: Kinds of movements that come with a payment's facts; the others are posted from the list of movements.
WITH_PAYMENT = frozenset({"charge", "payment", "refund", "payment_refund", "refund_failure", "adjustment"})
#: Movements between the provider and the bank, and what the provider charges for itself.
PAYOUTS = frozenset({"payout", "payout_failure", "payout_cancel", "payout_minimum_balance_hold"})
FEES = frozenset({"stripe_fee", "stripe_fx_fee", "network_cost", "tax_fee"})


def keep_movement(
    session: Session, *, house: Organisation, now: datetime, movement: MovementFacts, entry_id: UUID | None
) -> bool:
    """Keep a movement of the provider's balance once, and post its fee; return whether it is new.

    A movement in another currency than the books is kept without a fee entry and shows in the reconciliation.
    """
    if session.get(CardMovement, movement.id) is not None:
        return False
    fee_entry = None
    if movement.fee_minor and movement.currency == house.currency:
        fee_entry = post_entry(
            session,
            actor=provider_actor(house),
            organisation_id=house.id,
            now=now,
            occurred_on=booking_day(session, house, movement.made_at, now),
            kind=EntryKind.CARD_FEE,
            description="Comisión del cobro con tarjeta",
            idempotency_key=f"card:{movement.id}:fee",
            lines=[
                LedgerLine(AccountCode.CARD_FEES, movement.fee_minor, None, house.currency),
                LedgerLine(AccountCode.CARD_CLEARING, -movement.fee_minor, None, house.currency),
            ],
        ).id
    session.add(
        CardMovement(
            provider_id=movement.id,
            organisation_id=house.id,
            kind=movement.kind[:40],
            source=movement.source,
            amount_minor=movement.amount_minor,
            fee_minor=movement.fee_minor,
            net_minor=movement.net_minor,
            currency=movement.currency,
            made_at=movement.made_at,
            entry_id=entry_id,
            fee_entry_id=fee_entry,
        )
    )
    session.flush()
    return True


def apply_movement(
    session: Session, *, organisation_id: UUID, now: datetime, movement: MovementFacts
) -> bool:
    """Bring a movement that belongs to no payment into the books: to the bank and back, and the provider's own fees."""
    lock_books(session, organisation_id)
    if session.get(CardMovement, movement.id) is not None:
        return False
    house = get_organisation(session, organisation_id)
    other, kind, words = _counterpart(movement)
    entry_id = None
    if other is not None and movement.amount_minor and movement.currency == house.currency:
        entry_id = post_entry(
            session,
            actor=provider_actor(house),
            organisation_id=organisation_id,
            now=now,
            occurred_on=booking_day(session, house, movement.made_at, now),
            kind=kind,
            description=words,
            idempotency_key=f"card:{movement.id}",
            lines=[
                LedgerLine(AccountCode.CARD_CLEARING, movement.amount_minor, None, house.currency),
                LedgerLine(other, -movement.amount_minor, None, house.currency),
            ],
        ).id
    return keep_movement(session, house=house, now=now, movement=movement, entry_id=entry_id)


def _counterpart(movement: MovementFacts) -> tuple[AccountCode | None, EntryKind, str]:
    if movement.kind in PAYOUTS:
        return AccountCode.BANK, EntryKind.CARD_PAYOUT, "Cobros con tarjeta abonados en el banco"
    if movement.kind in FEES:
        return AccountCode.CARD_FEES, EntryKind.CARD_FEE, "Comisión del proveedor de tarjetas"
    return None, EntryKind.MANUAL, ""
