"""Credit notes: numbered papers that lower an invoice, with their effect in the books."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import IdempotencyConflict, NotFound
from chain.core.money import Money, split_largest_remainder
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import lock_books, post_entry
from chain.lots.models import Lot
from chain.papers.rules import PaperKind, serial
from chain.papers.services.issue import PaperDraft, issue_papers
from chain.papers.services.voiding import checked_reason
from chain.papers.words import amount_in_words
from chain.payin.audit_tags import PayinAudit
from chain.payin.contents import VERSION, check_credit_note
from chain.payin.errors import CreditAboveInvoice, InvoiceVoided
from chain.payin.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from chain.payin.queries.invoicing import booked_of_sale, invoiced_in_books, lots_to_invoice, posted_credits
from chain.payin.rules import worth_of
from chain.payin.services.invoices import parties
from chain.sales.models import Sale
from chain.sales.queries.due import due_in_books
from chain.settlement.services.changes import tell_of_credit_note

SUBJECT = "credit_note"


def issue_credit_note(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    note_id: UUID,
    invoice_id: UUID,
    amount_minor: int,
    reason: str,
) -> CreditNote:
    """Lower an invoice by an amount, shared over its lots: first what is no longer due of each, then by amount.

    When the sale was settled at the higher amount, the organisation bears the difference (other expenses). Otherwise the
    settlement takes the lower one, nothing is posted, and its producers are told. An invoice that was paid before becomes overpaid.

    Raises:
        Forbidden: the actor may not issue credit notes.
        NotFound: it is not an invoice of the organisation.
        InvoiceVoided: it is void.
        CreditAboveInvoice: less of it is left.
        ValidationFailed: the reason is missing or too long.
        IdempotencyConflict: the id was used for another credit note.
    """
    actor.require(Permission.INVOICES_WRITE)
    lock_books(session, actor.org)
    invoice = session.get(Invoice, invoice_id, populate_existing=True)
    if invoice is None or invoice.organisation_id != actor.org:
        raise NotFound
    why = checked_reason(reason)
    known = _known(session, note_id, invoice, amount_minor, why)
    if known is not None:
        return known
    if invoice.voided_at is not None:
        raise InvoiceVoided(serial=invoice.serial)
    most = invoice.amount_minor - invoice.credited_minor
    if not 0 < amount_minor <= most:
        raise CreditAboveInvoice(most=Money(most, invoice.currency))
    sale = session.get_one(Sale, invoice.sale_id)
    parts = _parts(session, invoice, sale, amount_minor)
    book = worth_of(invoice.book_minor, invoice.amount_minor, invoice.credited_minor + amount_minor)
    book -= invoice.credited_book_minor
    entry_id = _post(session, actor, now, invoice, sale, note_id, book)
    invoice.credited_minor += amount_minor
    invoice.credited_book_minor += book
    session.flush()
    content = _content(session, actor, invoice, sale, parts, amount_minor, why)
    check_credit_note(content)
    (paper,) = issue_papers(
        session,
        actor=actor,
        now=now,
        organisation_id=actor.org,
        kind=PaperKind.CREDIT_NOTE,
        drafts=[PaperDraft(SUBJECT, note_id, invoice.buyer_id, invoice.currency, amount_minor, content)],
    )
    note = CreditNote(
        id=note_id,
        organisation_id=actor.org,
        invoice_id=invoice.id,
        paper_id=paper.id,
        serial=serial(paper.series, paper.number),
        amount_minor=amount_minor,
        book_minor=book,
        reason=why,
        issued_on=paper.issued_on,
        issued_at=now,
        issued_by=actor.user_id,
        entry_id=entry_id,
    )
    return _keep(session, actor, now, invoice, note, parts)


def _known(
    session: Session, note_id: UUID, invoice: Invoice, amount_minor: int, why: str
) -> CreditNote | None:
    known = session.get(CreditNote, note_id)
    if known is not None and (known.invoice_id, known.amount_minor, known.reason) != (
        invoice.id,
        amount_minor,
        why,
    ):
        raise IdempotencyConflict
    return known


def _content(  # noqa: PLR0917 - private; what a credit note is made of
    session: Session,
    actor: Actor,
    invoice: Invoice,
    sale: Sale,
    parts: Mapping[UUID, int],
    amount_minor: int,
    why: str,
) -> dict[str, Any]:
    house = get_own_organisation(session, actor)
    return {
        "version": VERSION,
        **parties(session, house, sale),
        "invoice": {"serial": invoice.serial, "issued_on": invoice.issued_on.isoformat()},
        "currency": invoice.currency,
        "lines": [
            {"label": number, "amount_minor": minor} for number, minor in _numbered(session, parts) if minor
        ],
        "amount_minor": amount_minor,
        "amount_in_words": amount_in_words(amount_minor, invoice.currency),
        "reason": why,
        "invoice_minor": invoice.amount_minor,
        "credited_minor": invoice.credited_minor,
        "due_minor": invoice.amount_minor - invoice.credited_minor,
        "notes": [],
    }


def _keep(  # noqa: PLR0917 - private
    session: Session,
    actor: Actor,
    now: datetime,
    invoice: Invoice,
    note: CreditNote,
    parts: Mapping[UUID, int],
) -> CreditNote:
    session.add(note)
    session.flush()
    rows: list[dict[str, Any]] = [
        {"credit_note_id": note.id, "lot_id": lot_id, "amount_minor": minor}
        for lot_id, minor in sorted(parts.items())
        if minor
    ]
    session.execute(insert(CreditNoteLine), rows)
    audit.record(
        session,
        tag=PayinAudit.CREDIT_NOTE_ISSUED,
        actor=actor,
        now=now,
        subject_type="invoice",
        subject_id=invoice.id,
        before={"credited_minor": invoice.credited_minor - note.amount_minor},
        after={
            "credited_minor": invoice.credited_minor,
            "serial": note.serial,
            "reason": note.reason,
            "entry_id": note.entry_id,
        },
    )
    sale = session.get_one(Sale, invoice.sale_id)
    tell_of_credit_note(session, now=now, sale=sale, serial=note.serial, reason=note.reason)
    return note


def _parts(session: Session, invoice: Invoice, sale: Sale, amount: int) -> dict[UUID, int]:
    """Share a credit over the lots of its invoice; no lot is credited more than it has left."""
    left = {
        row.lot_id: int(row.minor)
        for row in session.execute(
            select(InvoiceLine.lot_id, InvoiceLine.amount_minor.label("minor")).where(
                InvoiceLine.invoice_id == invoice.id
            )
        )
    }
    for row in session.execute(
        select(CreditNoteLine.lot_id, func.sum(CreditNoteLine.amount_minor).label("minor"))
        .join(CreditNote, CreditNote.id == CreditNoteLine.credit_note_id)
        .where(CreditNote.invoice_id == invoice.id)
        .group_by(CreditNoteLine.lot_id)
    ):
        left[row.lot_id] -= int(row.minor)
    first = {
        lot.lot_id: min(lot.to_credit_minor, left[lot.lot_id])
        for lot in lots_to_invoice(session, sale)
        if lot.lot_id in left
    }
    parts = _share(first, min(amount, sum(first.values())))
    rest = amount - sum(parts.values())
    more = _share({lot_id: left[lot_id] - parts.get(lot_id, 0) for lot_id in left}, rest)
    return {lot_id: parts.get(lot_id, 0) + more.get(lot_id, 0) for lot_id in left}


def _share(weights: Mapping[UUID, int], amount: int) -> dict[UUID, int]:
    order = sorted(weights)
    if amount <= 0 or not any(weights.values()):
        return {}
    return dict(
        zip(order, split_largest_remainder(amount, [weights[one] for one in order], order), strict=True)
    )


def _numbered(session: Session, parts: Mapping[UUID, int]) -> list[tuple[str, int]]:
    rows = session.execute(select(Lot.id, Lot.number).where(Lot.id.in_(parts)).order_by(Lot.number))
    return [(row.number, parts[row.id]) for row in rows]


def _post(  # noqa: PLR0917 - private
    session: Session, actor: Actor, now: datetime, invoice: Invoice, sale: Sale, note_id: UUID, book: int
) -> UUID | None:
    """Post what of a credit the settlement of the sale charged, or will charge, to the buyer; see docs/payments.md."""
    due = due_in_books(session, sale)
    booked = booked_of_sale(session, sale)
    gross, net = invoiced_in_books(session, sale.id)
    to_come = max(0, due - gross)
    charged = due if booked is None else booked
    too_much = charged - (net - book) - to_come - posted_credits(session, sale.id)
    amount = min(book, max(0, too_much))
    if not amount:
        return None
    house = get_own_organisation(session, actor)
    entry = post_entry(
        session,
        actor=actor,
        organisation_id=invoice.organisation_id,
        now=now,
        occurred_on=local_date(now, house.timezone),
        kind=EntryKind.CREDIT_NOTE,
        description=f"Nota de crédito de la factura {invoice.serial}",
        idempotency_key=f"credit_note:{note_id}",
        lines=[
            LedgerLine(AccountCode.OTHER_EXPENSE, amount, None, invoice.book_currency),
            LedgerLine(AccountCode.RECEIVABLE_BUYERS, -amount, invoice.buyer_id, invoice.book_currency),
        ],
    )
    return entry.id
