"""Invoices, credit notes and payments of buyers as resources."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.payin.models import BuyerPayment, CreditNote, Invoice
from chain.payin.queries import invoices as queries
from chain.payin.rules import InvoiceState, Means
from chain.payin.schemas import (
    BuyerPaymentArgs,
    BuyerPaymentSchema,
    CreditNoteArgs,
    CreditNoteSchema,
    InvoiceArgs,
    InvoiceListArgs,
    InvoiceSchema,
    ReceivedPaymentArgs,
    VoidInvoiceArgs,
)
from chain.payin.services.credit_notes import issue_credit_note
from chain.payin.services.invoices import InvoiceWanted, issue_invoice, void_invoice
from chain.payin.services.payments import NewPayment, record_payment
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema

invoices = ApiBlueprint("invoices", __name__, url="/invoices", description="What buyers are asked to pay.")
own = ApiBlueprint(
    "received_invoices", __name__, url="/received-invoices", description="Invoices that a buyer received."
)
payments = ApiBlueprint(
    "buyer_payments", __name__, url="/buyer-payments", description="Money that buyers paid."
)

KNOWN = "The same id with the same content came before."


def invoice_answer(row: queries.InvoiceRow) -> dict[str, Any]:
    """Return an invoice as JSON says it."""
    one = row.invoice
    return {
        "id": one.id,
        "serial": one.serial,
        "sale_id": one.sale_id,
        "buyer_id": one.buyer_id,
        "buyer_name": row.buyer_name,
        "seller_name": row.seller_name,
        "currency": one.currency,
        "amount_minor": one.amount_minor,
        "credited_minor": one.credited_minor,
        "paid_minor": one.paid_minor,
        "open_minor": row.open_minor,
        "state": row.state.value,
        "issued_on": one.issued_on,
        "due_on": one.due_on,
        "paper_id": one.paper_id,
        "replaces": [{"id": void_id, "serial": serial} for void_id, serial in row.replaces],
    }


def _filters(args: dict[str, Any]) -> queries.InvoiceFilters:
    state = args.pop("state", None)
    return queries.InvoiceFilters(
        state=InvoiceState(state) if state else None,
        buyer_id=args.pop("buyer_id", None),
        sale_id=args.pop("sale_id", None),
    )


@invoices.get("")
@invoices.arguments(InvoiceListArgs, location="query")
@invoices.response(200, page_schema(InvoiceSchema))
@permission_required(Permission.INVOICES_READ)
def invoice_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the invoices issued; sort by issued_on, due_on, serial or amount."""
    filters = _filters(args)
    return page_answer(
        queries.list_invoices(db.session, g.actor, page_request(args), filters), invoice_answer
    )


@own.get("")
@own.arguments(InvoiceListArgs, location="query")
@own.response(200, page_schema(InvoiceSchema))
@permission_required(Permission.INVOICES_PAY)
def received_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the invoices received; sort by issued_on, due_on, serial or amount."""
    filters = _filters(args)
    return page_answer(queries.own_invoices(db.session, g.actor, page_request(args), filters), invoice_answer)


@invoices.post("")
@invoices.arguments(InvoiceArgs)
@invoices.response(201, InvoiceSchema)
@invoices.alt_response(200, schema=InvoiceSchema, description=KNOWN)
@permission_required(Permission.INVOICES_WRITE)
def invoice_issue(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Issue an invoice of what of a sale is due and not invoiced."""
    with atomic() as session:
        is_known = session.get(Invoice, data["id"]) is not None
        made = issue_invoice(session, actor=g.actor, now=utc_now(), wanted=InvoiceWanted(**data))
    row = queries.get_invoice_row_for(db.session, g.actor, made.id)
    return invoice_answer(row), 200 if is_known else 201


@invoices.get("/<uuid:invoice_id>")
@invoices.response(200, InvoiceSchema)
@permission_required(Permission.INVOICES_READ)
def invoice_detail(invoice_id: UUID) -> dict[str, Any]:
    """Show an invoice."""
    return invoice_answer(queries.get_invoice_row_for(db.session, g.actor, invoice_id))


@invoices.post("/<uuid:invoice_id>/void")
@invoices.arguments(VoidInvoiceArgs)
@invoices.response(200, InvoiceSchema)
@permission_required(Permission.INVOICES_WRITE)
def invoice_void(data: dict[str, Any], invoice_id: UUID) -> dict[str, Any]:
    """Void an invoice that nobody paid."""
    with atomic() as session:
        void_invoice(session, actor=g.actor, now=utc_now(), invoice_id=invoice_id, reason=data["reason"])
    return invoice_answer(queries.get_invoice_row_for(db.session, g.actor, invoice_id))


@invoices.post("/<uuid:invoice_id>/credit-notes")
@invoices.arguments(CreditNoteArgs)
@invoices.response(201, CreditNoteSchema)
@invoices.alt_response(200, schema=CreditNoteSchema, description=KNOWN)
@permission_required(Permission.INVOICES_WRITE)
def credit_note_issue(data: dict[str, Any], invoice_id: UUID) -> tuple[CreditNote, int]:
    """Lower an invoice."""
    with atomic() as session:
        is_known = session.get(CreditNote, data["id"]) is not None
        made = issue_credit_note(
            session,
            actor=g.actor,
            now=utc_now(),
            note_id=data["id"],
            invoice_id=invoice_id,
            amount_minor=data["amount_minor"],
            reason=data["reason"],
        )
    return made, 200 if is_known else 201


def payment_answer(row: queries.PaymentRow) -> dict[str, Any]:
    """Return a payment as JSON says it."""
    one = row.payment
    return {
        "id": one.id,
        "buyer_id": one.buyer_id,
        "buyer_name": row.buyer_name,
        "sale_id": one.sale_id,
        "currency": one.currency,
        "amount_minor": one.amount_minor,
        "book_minor": one.book_minor,
        "credit_minor": row.credit_minor,
        "paid_on": one.paid_on,
        "means": one.means,
        "reference": one.reference,
    }


@payments.get("")
@payments.arguments(ReceivedPaymentArgs, location="query")
@payments.response(200, page_schema(BuyerPaymentSchema))
@permission_required(Permission.INVOICES_READ)
def payment_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the money that buyers paid; sort by paid_on or amount."""
    with_credit = args.pop("with_credit", False)
    found = queries.list_buyer_payments(db.session, g.actor, page_request(args), with_credit=with_credit)
    return page_answer(found, payment_answer)


@payments.post("")
@payments.arguments(BuyerPaymentArgs)
@payments.response(201, BuyerPaymentSchema)
@payments.alt_response(200, schema=BuyerPaymentSchema, description=KNOWN)
@permission_required(Permission.PAYIN_WRITE)
def payment_record(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Record money of a buyer: the invoices that are named are paid first, or the oldest; the rest is credit."""
    paid_on: date = data.pop("paid_on")
    with atomic() as session:
        is_known = session.get(BuyerPayment, data["id"]) is not None
        made = record_payment(
            session,
            actor=g.actor,
            now=utc_now(),
            payment=NewPayment(**(data | {"means": Means(data["means"])}), paid_on=paid_on),
        )
    row = queries.get_payment_row_for(db.session, g.actor, made.id)
    return payment_answer(row), 200 if is_known else 201
