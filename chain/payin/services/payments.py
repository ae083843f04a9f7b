"""Money that a buyer paid in: recorded once, spread over invoices, the rest kept as the buyer's credit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.core.money import CURRENCIES
from chain.ledger.models import JournalEntry
from chain.ledger.rules import AccountCode, EntryKind
from chain.ledger.services.manual import DAY_TOO_OLD, OLDEST_DAY
from chain.ledger.services.posting import lock_books, post_entry
from chain.payin.audit_tags import PayinAudit
from chain.payin.errors import InvoiceVoided, NothingOpen, NotOverpaid, OtherCurrency
from chain.payin.models import BankAccount, BuyerPayment, Invoice, PaymentUse
from chain.payin.queries.uses import used_of
from chain.payin.rules import MAX_AMOUNT_MINOR, MAX_NAME, Means, worth_of
from chain.payin.services.uses import (
    Taken,
    debt_of,
    keep_uses,
    release_uses,
    settle,
    settlement_lines,
    targets_of,
)
from chain.sales.models import Sale
from chain.sales.queries import get_sale_for

MONEY_ACCOUNTS = {
    Means.CASH: AccountCode.CASH,
    Means.BANK: AccountCode.BANK,
    Means.CARD: AccountCode.CARD_CLEARING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """Money of a buyer. `book_minor` is what it was worth in the books on the day; None: it is in their currency."""

    id: UUID
    buyer_id: UUID
    amount_minor: int
    currency: str
    paid_on: date
    means: Means = Means.BANK
    book_minor: int | None = None
    #: pay this sale only
    sale_id: UUID | None = None
    #: pay these, in this order; None: all that are open, the oldest first
    invoice_ids: Sequence[UUID] | None = None
    reference: str | None = None
    bank_account_id: UUID | None = None


def record_buyer_payment(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    payment_id: UUID,
    sale_id: UUID,
    amount_minor: int,
    paid_on: date,
    means: Means = Means.CASH,
    reference: str | None = None,
) -> JournalEntry:
    """Record what a buyer paid for a sale, in the currency of the books; the same id again changes nothing.

    The sale's invoices are paid first, the oldest first, then what of it has no invoice; the rest is the buyer's credit.

    Raises:
        Forbidden: the actor may not record payments.
        NotFound: the sale is not one of the organisation's.
        ValidationFailed: the amount or the day cannot be used.
        IdempotencyConflict: the id was used for another payment.
    """
    actor.require(Permission.PAYIN_WRITE)
    lock_books(session, actor.org)
    sale = get_sale_for(session, actor, sale_id)
    if sale.organisation_id != actor.org:
        raise NotFound
    payment = NewPayment(
        id=payment_id,
        buyer_id=sale.buyer_id,
        amount_minor=amount_minor,
        currency=sale.book_currency,
        paid_on=paid_on,
        means=means,
        sale_id=sale.id,
        reference=reference,
    )
    made = record_payment(session, actor=actor, now=now, payment=payment)
    return session.get_one(JournalEntry, made.entry_id)


def record_payment(session: Session, *, actor: Actor, now: datetime, payment: NewPayment) -> BuyerPayment:
    """Record money of a buyer: debit where it lies, credit what it settles, the rest is the buyer's credit.

    Raises:
        Forbidden: the actor may not record payments.
        NotFound: the buyer, the sale, an invoice or the bank account is not known to the organisation.
        ValidationFailed: the amount, its worth or the day cannot be used.
        OtherCurrency: the money can settle none of the chosen invoices.
        IdempotencyConflict: the id was used for another payment.
    """
    actor.require(Permission.PAYIN_WRITE)
    return keep_payment(session, actor=actor, organisation_id=actor.org, now=now, payment=payment)


def keep_payment(
    session: Session, *, actor: Actor, organisation_id: UUID, now: datetime, payment: NewPayment
) -> BuyerPayment:
    """Record money whose origin is certain (a person who may, or the card provider); see `record_payment`."""
    lock_books(session, organisation_id)
    house = get_organisation(session, organisation_id)
    _check(payment, house, local_date(now, house.timezone))
    book = payment.amount_minor if payment.book_minor is None else payment.book_minor
    known = session.get(BuyerPayment, payment.id)
    if known is not None:
        return _same_or_refuse(session, known, organisation_id, payment, book)
    sale = _check_parties(session, organisation_id, payment)
    made = BuyerPayment(
        id=payment.id,
        organisation_id=organisation_id,
        buyer_id=payment.buyer_id,
        sale_id=payment.sale_id,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        book_minor=book,
        paid_on=payment.paid_on,
        recorded_at=now,
        recorded_by=actor.user_id,
        means=payment.means.value,
        reference=payment.reference,
        bank_account_id=payment.bank_account_id,
    )
    targets = targets_of(
        session, organisation_id, payment.buyer_id, sale=sale, invoice_ids=payment.invoice_ids
    )
    taken, uses = settle(session, actor=actor, now=now, payment=made, targets=targets)
    entry = post_entry(
        session,
        actor=actor,
        organisation_id=organisation_id,
        now=now,
        occurred_on=payment.paid_on,
        kind=EntryKind.CARD_PAYMENT if payment.means is Means.CARD else EntryKind.BUYER_PAYMENT,
        description="Pago del comprador" + (f" · venta n.º {sale.number}" if sale is not None else ""),
        idempotency_key=f"buyer_payment:{payment.id}",
        lines=settlement_lines(
            made,
            taken,
            currency=house.currency,
            money=MONEY_ACCOUNTS[payment.means],
            rest_minor=book - taken.received_minor,
        ),
    )
    made.entry_id = entry.id
    session.add(made)
    session.flush()
    keep_uses(session, now, uses, entry.id)
    _note_payment(session, actor, now, made, taken)
    return made


def _note_payment(session: Session, actor: Actor, now: datetime, made: BuyerPayment, taken: Taken) -> None:
    after: dict[str, Any] = {
        "amount_minor": made.amount_minor,
        "currency": made.currency,
        "paid_on": made.paid_on,
        "means": made.means,
        "entry_id": made.entry_id,
        "settled_minor": taken.settled_minor,
        "credit_minor": made.amount_minor - taken.amount_minor,
    }
    audit.record(
        session,
        tag=PayinAudit.PAYMENT_RECORDED,
        actor=actor,
        now=now,
        subject_type="buyer_payment",
        subject_id=made.id,
        after=after,
    )


def _same_or_refuse(
    session: Session, known: BuyerPayment, organisation_id: UUID, payment: NewPayment, book: int
) -> BuyerPayment:
    """Return the payment that the id stands for, if it says the same; what it settled at once are the invoices that were chosen."""
    kept = (
        known.organisation_id,
        known.buyer_id,
        known.sale_id,
        known.amount_minor,
        known.currency,
        known.book_minor,
        known.paid_on,
        known.means,
        known.reference,
        known.bank_account_id,
    )
    wanted = (
        organisation_id,
        payment.buyer_id,
        payment.sale_id,
        payment.amount_minor,
        payment.currency,
        book,
        payment.paid_on,
        payment.means.value,
        payment.reference,
        payment.bank_account_id,
    )
    if kept != wanted:
        raise IdempotencyConflict
    if payment.invoice_ids is not None:
        settled = session.scalars(
            select(PaymentUse.invoice_id).where(
                PaymentUse.payment_id == known.id,
                PaymentUse.entry_id == known.entry_id,
                PaymentUse.invoice_id.is_not(None),
            )
        )
        if not set(settled) <= set(payment.invoice_ids):
            raise IdempotencyConflict
    return known


def _check_parties(session: Session, organisation_id: UUID, payment: NewPayment) -> Sale | None:
    """See that the organisation knows what the payment names; return its sale."""
    sale = None
    if payment.sale_id is not None:
        sale = session.get(Sale, payment.sale_id)
        if sale is None or (sale.organisation_id, sale.buyer_id) != (organisation_id, payment.buyer_id):
            raise NotFound
    elif (
        session.scalar(
            select(Sale.id)
            .where(Sale.organisation_id == organisation_id, Sale.buyer_id == payment.buyer_id)
            .limit(1)
        )
        is None
    ):
        raise NotFound
    if payment.bank_account_id is not None:
        account = session.get(BankAccount, payment.bank_account_id)
        if account is None or account.organisation_id != organisation_id:
            raise NotFound
    for invoice_id in payment.invoice_ids or ():
        invoice = session.get(Invoice, invoice_id)
        if invoice is None or (invoice.organisation_id, invoice.buyer_id) != (
            organisation_id,
            payment.buyer_id,
        ):
            raise NotFound
        if payment.currency not in {invoice.currency, invoice.book_currency}:
            raise OtherCurrency(currency=payment.currency, wanted=invoice.currency)
    return sale


def _check(payment: NewPayment, house: Organisation, today: date) -> None:
    errors = FieldErrors()
    for name, amount in (("amount", payment.amount_minor), ("book", payment.book_minor)):
        if amount is not None and not 0 < amount <= MAX_AMOUNT_MINOR:
            errors.add(
                name, N_("The amount must be above zero and at most %(most)s."), most=MAX_AMOUNT_MINOR // 100
            )
    if payment.currency not in CURRENCIES:
        errors.add("currency", N_("Choose one of the currencies."))
    elif payment.currency != house.currency and payment.book_minor is None:
        errors.add("book", N_("Write what it is worth in %(currency)s on that day."), currency=house.currency)
    elif payment.currency == house.currency and payment.book_minor not in {None, payment.amount_minor}:
        errors.add("book", N_("An amount in the currency of the books is worth itself."))
    if payment.paid_on > today:
        errors.add("paid_on", N_("The day lies in the future."))
    elif payment.paid_on < OLDEST_DAY:  # months are closed in turn from the first one on
        errors.add("paid_on", DAY_TOO_OLD)
    if payment.reference is not None and len(payment.reference) > MAX_NAME:
        errors.add("reference", N_("Write at most %(most)s characters."), most=MAX_NAME)
    errors.raise_any()


def apply_credit(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    payment_id: UUID,
    invoice_ids: Sequence[UUID] | None = None,
    use_id: UUID | None = None,
) -> int:
    """Let what is left of a payment settle open invoices; return how much of it did, in its currency.

    Doing it again settles only what is left, so a second submit is harmless; the same `use_id` again settles nothing.

    Raises:
        Forbidden: the actor may not record payments.
        NotFound: it is not a payment to the organisation.
        NothingOpen: no open invoice fits, or nothing is left.
        IdempotencyConflict: the id was used for another payment or other invoices.
    """
    actor.require(Permission.PAYIN_WRITE)
    lock_books(session, actor.org)
    payment = session.get(BuyerPayment, payment_id)
    if payment is None or payment.organisation_id != actor.org:
        raise NotFound
    key = f"buyer_credit:{use_id or new_id()}"
    known = _applied_before(session, payment, key, invoice_ids)
    if known is not None:
        return known
    house = get_organisation(session, actor.org)
    before = used_of(session, payment.id)
    targets = targets_of(session, actor.org, payment.buyer_id, invoice_ids=invoice_ids)
    taken, uses = settle(session, actor=actor, now=now, payment=payment, targets=targets)
    if not uses:
        raise NothingOpen
    entry = post_entry(
        session,
        actor=actor,
        organisation_id=actor.org,
        now=now,
        occurred_on=local_date(now, house.timezone),
        kind=EntryKind.BUYER_PAYMENT,
        description="Aplicación de un anticipo del comprador",
        idempotency_key=key,
        lines=settlement_lines(
            payment, taken, currency=house.currency, money=AccountCode.BUYER_PREPAYMENTS, rest_minor=0
        ),
    )
    keep_uses(session, now, uses, entry.id)
    _record(session, PayinAudit.PAYMENT_APPLIED, actor, now, payment, before, taken)
    return taken.amount_minor


def _applied_before(
    session: Session, payment: BuyerPayment, key: str, invoice_ids: Sequence[UUID] | None
) -> int | None:
    """Return what a use of credit settled under a key before."""
    uses = session.scalars(
        select(PaymentUse)
        .join(JournalEntry, JournalEntry.id == PaymentUse.entry_id)
        .where(JournalEntry.organisation_id == payment.organisation_id, JournalEntry.idempotency_key == key)
    ).all()
    if not uses:
        return None
    settled = {use.invoice_id for use in uses}
    if {use.payment_id for use in uses} != {payment.id} or (
        invoice_ids is not None and not settled <= set(invoice_ids)
    ):
        raise IdempotencyConflict
    return sum(use.amount_minor for use in uses)


def release_overpaid(session: Session, *, actor: Actor, now: datetime, invoice_id: UUID) -> int:
    """Move what is overpaid on an invoice (paid first, credited later) to the buyer's credit; return how much.

    Raises:
        Forbidden: the actor may not record payments.
        NotFound: it is not an invoice of the organisation.
        NotOverpaid: it is not.
    """
    actor.require(Permission.PAYIN_WRITE)
    lock_books(session, actor.org)
    invoice = session.get(Invoice, invoice_id, populate_existing=True)
    if invoice is None or invoice.organisation_id != actor.org:
        raise NotFound
    if invoice.voided_at is not None:
        raise InvoiceVoided(serial=invoice.serial)
    house = get_organisation(session, actor.org)
    paid_by = session.scalars(
        select(BuyerPayment)
        .where(BuyerPayment.id.in_(select(PaymentUse.payment_id).where(PaymentUse.invoice_id == invoice.id)))
        .order_by(BuyerPayment.recorded_at.desc(), BuyerPayment.id)
    ).all()
    moved = 0
    for payment in paid_by:
        over = _over(invoice, payment)
        if over <= 0:
            break
        mark = used_of(session, payment.id)
        moved += release_uses(
            session,
            actor=actor,
            now=now,
            day=local_date(now, house.timezone),
            payment=payment,
            amount_minor=over,
            key=f"invoice:{invoice.id}:release:{payment.id}:{invoice.credited_minor}:{mark}",
            invoice_id=invoice.id,
        )
    if not moved:
        raise NotOverpaid
    audit.record(
        session,
        tag=PayinAudit.PAYMENT_RELEASED,
        actor=actor,
        now=now,
        subject_type="invoice",
        subject_id=invoice.id,
        after={"amount_minor": moved},
    )
    return moved


def _over(invoice: Invoice, payment: BuyerPayment) -> int:
    """Return what is overpaid, in the currency of a payment."""
    debt = debt_of(invoice)
    return -(debt.open_minor if payment.currency == invoice.currency else debt.open_book_minor)


def credit_of(session: Session, payment: BuyerPayment) -> tuple[int, int]:
    """Return what of a payment settled nothing: in its currency, and in the books."""
    used = used_of(session, payment.id)
    rest = payment.book_minor - worth_of(payment.book_minor, payment.amount_minor, used)
    return payment.amount_minor - used, rest


def _record(  # noqa: PLR0917 - private; one line of facts
    session: Session,
    tag: PayinAudit,
    actor: Actor,
    now: datetime,
    payment: BuyerPayment,
    before: int,
    taken: Taken,
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="buyer_payment",
        subject_id=payment.id,
        before={"used_minor": before},
        after={"used_minor": before + taken.amount_minor, "settled_minor": taken.settled_minor},
    )
