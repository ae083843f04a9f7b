"""Invoices of sales, and their end: numbered papers whose amounts never change."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_organisation, get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.ledger.rules import AccountCode, EntryKind
from chain.ledger.services.posting import lock_books, post_entry
from chain.papers.models import Paper
from chain.papers.rules import PaperKind, serial
from chain.papers.services.issue import PaperDraft, issue_papers
from chain.papers.services.voiding import void_papers
from chain.papers.words import amount_in_words
from chain.payin.audit_tags import PayinAudit
from chain.payin.contents import VERSION, check_invoice
from chain.payin.errors import InvoiceInUse, InvoiceVoided, NothingToInvoice, SaleUnclear
from chain.payin.models import BankAccount, BuyerPayment, Invoice, InvoiceLine, PaymentUse
from chain.payin.queries.invoices import voided_before
from chain.payin.queries.invoicing import LotToInvoice, invoiced_in_books, lots_to_invoice
from chain.payin.rules import MAX_NAME
from chain.payin.services.uses import keep_uses, release_uses, settle, settlement_lines, targets_of
from chain.sales.adjusting import CHANGE_LABELS, Change
from chain.sales.models import Sale
from chain.sales.queries import get_sale_for
from chain.sales.queries.due import due_in_books, is_unclear
from chain.sales.terms import MILLION, in_books, read_terms

__all__ = ["InvoiceWanted", "issue_invoice", "void_invoice"]
SUBJECT = "invoice"
MAX_LOTS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceWanted:
    """An invoice to issue. `lot_ids` None: every lot of which something is left to invoice."""

    id: UUID
    sale_id: UUID
    due_on: date
    lot_ids: Collection[UUID] | None = None
    bank_account_id: UUID | None = None
    note: str = ""


def issue_invoice(session: Session, *, actor: Actor, now: datetime, wanted: InvoiceWanted) -> Invoice:
    """Issue a numbered invoice for lots of a sale; the same id again returns the first one.

    Amounts are what is due by the contract and not invoiced yet. What the buyer paid for the sale before settles it at once.
    The invoice posts nothing: the settlement of the sale charges its buyer.

    Raises:
        Forbidden: the actor may not issue invoices.
        NotFound: the sale, a lot of it or the bank account is not the organisation's.
        SaleUnclear: a claim or a load in dispute waits.
        NothingToInvoice: nothing is left.
        ValidationFailed: the day or the note cannot be used.
        IdempotencyConflict: the id was used for another invoice.
    """
    actor.require(Permission.INVOICES_WRITE)
    lock_books(session, actor.org)
    sale = get_sale_for(session, actor, wanted.sale_id)
    if sale.organisation_id != actor.org:
        raise NotFound
    house = get_own_organisation(session, actor)
    account = _account(session, actor, wanted.bank_account_id)
    known = _known(session, actor, wanted)
    if known is not None:
        return known
    _check(wanted, local_date(now, house.timezone))
    if is_unclear(session, sale.id):
        raise SaleUnclear
    lots = _chosen(lots_to_invoice(session, sale), wanted.lot_ids)
    amount = sum(lot.open_minor for lot in lots)
    if amount <= 0:
        raise NothingToInvoice
    book = _book_amount(session, sale, lots, amount)
    content = _content(session, house, sale, account, lots, wanted, amount, book)
    check_invoice(content)
    (paper,) = issue_papers(
        session,
        actor=actor,
        now=now,
        organisation_id=actor.org,
        kind=PaperKind.INVOICE,
        drafts=[PaperDraft(SUBJECT, wanted.id, sale.buyer_id, sale.currency, amount, content)],
    )
    invoice = _invoice(wanted, sale, paper, book, actor)
    session.add(invoice)
    session.flush()
    _keep_lines(session, invoice, lots)
    _take_over_payments(session, actor, now, invoice, sale, paper.issued_on)
    _note_issue(session, actor, now, invoice, sale)
    return invoice


def _invoice(wanted: InvoiceWanted, sale: Sale, paper: Paper, book: int, actor: Actor) -> Invoice:
    return Invoice(
        id=wanted.id,
        organisation_id=paper.organisation_id,
        buyer_id=sale.buyer_id,
        sale_id=sale.id,
        paper_id=paper.id,
        serial=serial(paper.series, paper.number),
        currency=sale.currency,
        amount_minor=paper.amount_minor,
        book_currency=sale.book_currency,
        book_minor=book,
        rate_millionths=sale.rate_millionths,
        issued_on=paper.issued_on,
        due_on=wanted.due_on,
        issued_at=paper.issued_at,
        issued_by=actor.user_id,
        content_hash=_digest(wanted),
        bank_account_id=wanted.bank_account_id,
        paid_minor=0,
        paid_book_minor=0,
        credited_minor=0,
        credited_book_minor=0,
    )


def _known(session: Session, actor: Actor, wanted: InvoiceWanted) -> Invoice | None:
    known = session.get(Invoice, wanted.id)
    if known is None:
        return None
    if (known.organisation_id, known.content_hash) != (actor.org, _digest(wanted)):
        raise IdempotencyConflict
    return known


def _digest(wanted: InvoiceWanted) -> str:
    """Return the hash of what was asked for: the same lots in another order are the same."""
    return content_hash(
        {
            "sale": wanted.sale_id,
            "due_on": wanted.due_on,
            "lots": None if wanted.lot_ids is None else sorted({str(one) for one in wanted.lot_ids}),
            "bank_account": wanted.bank_account_id,
            "note": wanted.note,
        }
    )


def _keep_lines(session: Session, invoice: Invoice, lots: Sequence[LotToInvoice]) -> None:
    session.execute(
        insert(InvoiceLine),
        [
            {
                "invoice_id": invoice.id,
                "lot_id": lot.lot_id,
                "quantity": lot.quantity,
                "amount_minor": lot.open_minor,
            }
            for lot in lots
        ],
    )


def _note_issue(session: Session, actor: Actor, now: datetime, invoice: Invoice, sale: Sale) -> None:
    audit.record(
        session,
        tag=PayinAudit.INVOICE_ISSUED,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=invoice.id,
        after={
            "serial": invoice.serial,
            "amount_minor": invoice.amount_minor,
            "currency": sale.currency,
            "sale": sale.number,
        },
    )


def _check(wanted: InvoiceWanted, today: date) -> None:
    errors = FieldErrors()
    if wanted.due_on < today:
        errors.add("due_on", N_("The day lies in the past."))
    if len(wanted.note) > MAX_NAME:
        errors.add("note", N_("Write at most %(most)s characters."), most=MAX_NAME)
    errors.raise_any()


def _account(session: Session, actor: Actor, account_id: UUID | None) -> BankAccount | None:
    if account_id is None:
        return None
    account = session.get(BankAccount, account_id)
    if account is None or account.organisation_id != actor.org or account.closed_at is not None:
        raise NotFound
    return account


def _chosen(lots: Sequence[LotToInvoice], wanted: Collection[UUID] | None) -> list[LotToInvoice]:
    if wanted is not None and not set(wanted) <= {lot.lot_id for lot in lots}:
        raise NotFound
    return [lot for lot in lots if lot.open_minor > 0 and (wanted is None or lot.lot_id in wanted)][:MAX_LOTS]


def _book_amount(session: Session, sale: Sale, lots: Sequence[LotToInvoice], amount: int) -> int:
    """Return an invoice's worth in the books; the last invoice of a sale takes what is left, so that they sum to it."""
    if sale.rate_millionths == MILLION:
        return amount
    left = sum(lot.open_minor for lot in lots_to_invoice(session, sale)) - amount
    if left == 0:
        gross, _ = invoiced_in_books(session, sale.id)
        rest = due_in_books(session, sale) - gross
        if rest > 0:
            return rest
    del lots
    return max(1, in_books(amount, sale.rate_millionths))


def _content(  # noqa: PLR0917 - private; what an invoice is made of
    session: Session,
    house: Organisation,
    sale: Sale,
    account: BankAccount | None,
    lots: Sequence[LotToInvoice],
    wanted: InvoiceWanted,
    amount: int,
    book: int,
) -> dict[str, Any]:
    adjustments = []
    lines = []
    for lot in lots:
        is_first = lot.invoiced_minor == 0
        shown = lot.agreed_minor if is_first else lot.open_minor
        lines.append(
            {
                "lot": lot.number,
                "label": lot.label,
                "quantity": lot.quantity,
                "price_minor_per_unit": lot.price_minor_per_unit if is_first else None,
                "amount_minor": shown,
            }
        )
        if is_first:
            adjustments += [
                {"lot": lot.number, "label": CHANGE_LABELS[Change(kind)], "amount_minor": minor}
                for kind, minor in lot.adjustments
            ]
    return {
        "version": VERSION,
        **parties(session, house, sale),
        "unit": sale.unit,
        "currency": sale.currency,
        "lines": lines,
        "adjustments": adjustments,
        "quantity": sum(lot.quantity for lot in lots),
        "amount_minor": amount,
        "amount_in_words": amount_in_words(amount, sale.currency),
        "book_currency": sale.book_currency,
        "book_minor": book,
        "rate": rate_of(sale),
        "due_on": wanted.due_on.isoformat(),
        "bank": None
        if account is None
        else {
            "bank": account.bank,
            "number": account.number,
            "interbank": account.interbank,
            "currency": account.currency,
        },
        "replaces": voided_before(session, sale.id, [lot.lot_id for lot in lots]),
        "notes": [wanted.note] if wanted.note else [],
    }


def parties(session: Session, house: Organisation, sale: Sale) -> dict[str, Any]:
    """Return seller, buyer and contract as a paper says them."""
    buyer, terms = get_organisation(session, sale.buyer_id), read_terms(sale.terms)
    return {
        "organisation": {
            "name": house.name,
            "country": house.country,
            "code": house.code,
            "tax_id": house.tax_id,
            "address": house.place,
        },
        "party": {
            "name": buyer.name,
            "tax_id": buyer.tax_id,
            "address": buyer.place,
            "country": buyer.country,
        },
        "sale": {
            "number": sale.number,
            "agreed_on": local_date(sale.agreed_at, house.timezone).isoformat(),
            "payment_days": terms.payment_days,
            **({"secured": True} if terms.secured else {}),
        },
    }


def rate_of(sale: Sale) -> dict[str, Any] | None:
    """Return the frozen rate of a contract in another currency than the books."""
    if sale.rate_millionths == MILLION:
        return None
    return {
        "currency": sale.currency,
        "book_currency": sale.book_currency,
        "rate_millionths": sale.rate_millionths,
        "on": sale.rate_on.isoformat() if sale.rate_on else None,
        "source": sale.rate_source,
    }


def _take_over_payments(  # noqa: PLR0917 - private
    session: Session, actor: Actor, now: datetime, invoice: Invoice, sale: Sale, today: date
) -> None:
    """Let what was paid for the sale before it had an invoice pay this one: out of the sale, into the invoice.

    Money in the currency of the contract could settle nothing without an invoice; what is left of it is the buyer's credit until now.
    """
    payments = session.scalars(
        select(BuyerPayment)
        .where(
            or_(
                BuyerPayment.sale_id == sale.id,
                BuyerPayment.id.in_(
                    select(PaymentUse.payment_id).where(
                        PaymentUse.sale_id == sale.id, PaymentUse.invoice_id.is_(None)
                    )
                ),
            )
        )
        .order_by(BuyerPayment.paid_on, BuyerPayment.recorded_at, BuyerPayment.id)
    ).all()
    for payment in payments:
        release_uses(
            session,
            actor=actor,
            now=now,
            day=today,
            payment=payment,
            amount_minor=payment.amount_minor,
            key=f"invoice:{invoice.id}:takes:{payment.id}:out",
            of_sale=sale.id,
        )
        targets = targets_of(session, invoice.organisation_id, invoice.buyer_id, sale=sale)
        taken, uses = settle(session, actor=actor, now=now, payment=payment, targets=targets)
        if not uses:
            continue
        entry = post_entry(
            session,
            actor=actor,
            organisation_id=invoice.organisation_id,
            now=now,
            occurred_on=today,
            kind=EntryKind.BUYER_PAYMENT,
            description=f"Pago anterior aplicado a la factura {invoice.serial}",
            idempotency_key=f"invoice:{invoice.id}:takes:{payment.id}:in",
            lines=settlement_lines(
                payment,
                taken,
                currency=invoice.book_currency,
                money=AccountCode.BUYER_PREPAYMENTS,
                rest_minor=0,
            ),
        )
        keep_uses(session, now, uses, entry.id)


def void_invoice(session: Session, *, actor: Actor, now: datetime, invoice_id: UUID, reason: str) -> Invoice:
    """Void an invoice that nobody paid and nothing was credited of; its number stays, its lots can be invoiced again.

    Raises:
        Forbidden: the actor may not issue invoices.
        NotFound: it is not an invoice of the organisation.
        InvoiceVoided: it is void.
        InvoiceInUse: it was paid or credited in part.
        ValidationFailed: the reason is missing or too long.
    """
    actor.require(Permission.INVOICES_WRITE)
    lock_books(session, actor.org)
    invoice = session.get(Invoice, invoice_id, populate_existing=True)
    if invoice is None or invoice.organisation_id != actor.org:
        raise NotFound
    if invoice.voided_at is not None:
        raise InvoiceVoided(serial=invoice.serial)
    if invoice.paid_minor or invoice.credited_minor or invoice.paid_book_minor:
        raise InvoiceInUse(serial=invoice.serial)
    why = " ".join(reason.split())
    void_papers(
        session,
        actor=actor,
        now=now,
        organisation_id=actor.org,
        subject_type=SUBJECT,
        subject_ids=[invoice.id],
        reason=why,
    )
    invoice.voided_at, invoice.voided_by, invoice.void_reason = now, actor.user_id, why
    session.flush()
    audit.record(
        session,
        tag=PayinAudit.INVOICE_VOIDED,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=invoice.id,
        after={"serial": invoice.serial, "reason": why},
    )
    return invoice
