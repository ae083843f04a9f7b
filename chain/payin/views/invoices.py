"""Pages of invoices for the organisation that issues them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response, flash, g, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import Conflict, DomainError, NotFound, SamePerson
from chain.core.i18n import N_
from chain.core.money import Money
from chain.payin.card_edge import takes_cards
from chain.payin.forms import CreditNoteForm, InvoiceForm, ReasonForm, minor_of
from chain.payin.pages import every_row, filters_wanted, ids_wanted, local_today, page_wanted, plain_amount
from chain.payin.queries import invoices as queries
from chain.payin.queries.invoicing import lots_to_invoice
from chain.payin.queries.statements import bank_accounts
from chain.payin.rules import INVOICE_STATE_LABELS
from chain.payin.services.credit_notes import issue_credit_note
from chain.payin.services.invoices import InvoiceWanted, issue_invoice, void_invoice
from chain.payin.services.payments import release_overpaid
from chain.payin.views import blueprint
from chain.sales.models import Sale
from chain.sales.queries import get_sale_for
from chain.sales.terms import read_terms
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.formats import timezone_name
from chain.web.forms import option
from chain.web.i18n import gettext

FILE_HEADER = (
    N_("Invoice"), N_("Issued"), N_("Pay until"), N_("Buyer"), N_("Sale"), N_("Currency"), N_("Amount"),
    N_("Credit notes"), N_("Paid so far"), N_("Left to pay"), N_("State"),
)  # fmt: skip


@blueprint.get("/invoices")
@permission_required(Permission.INVOICES_READ)
def invoice_list() -> str:
    """List the invoices, all or in one state."""
    filters = filters_wanted()
    return render_template(
        "payin/invoices.html",
        page=queries.list_invoices(db.session, g.actor, page_wanted(), filters),
        filters=filters,
        buyers=queries.buyers_of_house(db.session, g.actor.org),
        today=local_today(),
        may_write=g.actor.may(Permission.INVOICES_WRITE),
        may_record=g.actor.may(Permission.PAYIN_WRITE),
    )


@blueprint.get("/invoices.csv")
@permission_required(Permission.INVOICES_READ)
def invoice_file() -> Response:
    """Give the invoices as a file, with the filters of the list."""
    filters = filters_wanted()
    rows = every_row(lambda asked: queries.list_invoices(db.session, g.actor, asked, filters))
    return csv_response(
        "invoices.csv", [gettext(one) for one in FILE_HEADER], [file_row(row) for row in rows]
    )


def file_row(row: queries.InvoiceRow) -> list[object]:
    """Return the line of an invoice in a file."""
    one = row.invoice
    amounts = (one.amount_minor, one.credited_minor, one.paid_minor, row.open_minor)
    return [
        one.serial, one.issued_on.isoformat(), one.due_on.isoformat(), row.buyer_name, row.sale_number,
        one.currency, *(plain_amount(minor) for minor in amounts), gettext(INVOICE_STATE_LABELS[row.state]),
    ]  # fmt: skip


@blueprint.get("/invoices/new")
@permission_required(Permission.INVOICES_WRITE)
def invoice_choose() -> str:
    """Offer the sales without an invoice."""
    return render_template(
        "payin/invoice_choose.html", sales=queries.sales_to_invoice(db.session, g.actor.org)
    )


def _own_sale(sale_id: UUID) -> Sale:
    sale = get_sale_for(db.session, g.actor, sale_id)
    if sale.organisation_id != g.actor.org:
        raise NotFound
    return sale


def _invoice_form(sale: Sale) -> tuple[InvoiceForm, list[Any]]:
    form = InvoiceForm()
    lots = [lot for lot in lots_to_invoice(db.session, sale) if lot.open_minor > 0]
    form.lots.choices = [option(lot.lot_id, f"{lot.number} · {lot.label}") for lot in lots]
    accounts = bank_accounts(db.session, g.actor.org)
    form.bank_account_id.choices = [
        option("", gettext(N_("None on the paper"))),
        *(option(one.id, f"{one.bank} · {one.number} · {one.currency}") for one in accounts),
    ]
    return form, lots


@blueprint.get("/sales/<uuid:sale_id>/invoice")
@permission_required(Permission.INVOICES_WRITE)
def invoice_form(sale_id: UUID) -> str:
    """Show what of a sale can be invoiced."""
    sale = _own_sale(sale_id)
    form, lots = _invoice_form(sale)
    today = local_date(utc_now(), timezone_name())
    terms = read_terms(sale.terms)
    form.due_on.data = today if terms.secured else today + timedelta(days=terms.payment_days)
    form.lots.data = [str(lot.lot_id) for lot in lots]
    fitting = [one.id for one in bank_accounts(db.session, g.actor.org) if one.currency == sale.currency]
    form.bank_account_id.data = str(fitting[0]) if len(fitting) == 1 else ""
    return render_template("payin/invoice_new.html", form=form, sale=sale, lots=lots)


@blueprint.post("/sales/<uuid:sale_id>/invoice")
@permission_required(Permission.INVOICES_WRITE)
def invoice_submit(sale_id: UUID) -> BaseResponse | tuple[str, int]:
    """Issue an invoice."""
    sale = _own_sale(sale_id)
    form, lots = _invoice_form(sale)
    if form.validate_on_submit() and form.due_on.data:
        try:
            wanted = InvoiceWanted(
                id=form.id.value,
                sale_id=sale.id,
                due_on=form.due_on.data,
                lot_ids=ids_wanted("lots") or None,
                bank_account_id=UUID(form.bank_account_id.data) if form.bank_account_id.data else None,
                note=(form.note.data or "").strip(),
            )
            with atomic() as session:
                invoice = issue_invoice(session, actor=g.actor, now=utc_now(), wanted=wanted)
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("Invoice %(serial)s issued."), serial=invoice.serial), "success")
            return redirect(url_for("payin.invoice_show", invoice_id=invoice.id))
    return render_template("payin/invoice_new.html", form=form, sale=sale, lots=lots), 422


@blueprint.get("/invoices/<uuid:invoice_id>")
@permission_required(Permission.INVOICES_READ)
def invoice_show(invoice_id: UUID) -> str:
    """Show an invoice with its credit notes and what paid it."""
    row = _issued(invoice_id)
    sale = db.session.get_one(Sale, row.invoice.sale_id)
    return render_template(
        "payin/invoice.html",
        row=row,
        parts=queries.invoice_parts(db.session, row.invoice),
        today=local_today(),
        to_credit=sum(lot.to_credit_minor for lot in lots_to_invoice(db.session, sale)),
        cards=takes_cards(db.session, g.actor.org),
        may_write=g.actor.may(Permission.INVOICES_WRITE),
        may_record=g.actor.may(Permission.PAYIN_WRITE),
    )


def _issued(invoice_id: UUID) -> queries.InvoiceRow:
    row = queries.get_invoice_row_for(db.session, g.actor, invoice_id)
    if row.invoice.organisation_id != g.actor.organisation_id:
        raise NotFound
    return row


@blueprint.get("/invoices/<uuid:invoice_id>/credit-note")
@permission_required(Permission.INVOICES_WRITE)
def credit_note_form(invoice_id: UUID) -> str:
    """Show the form for a credit note, filled with what is no longer due."""
    row = _issued(invoice_id)
    form = CreditNoteForm()
    sale = db.session.get_one(Sale, row.invoice.sale_id)
    left = row.invoice.amount_minor - row.invoice.credited_minor
    minor = min(sum(lot.to_credit_minor for lot in lots_to_invoice(db.session, sale)), left)
    if minor:
        form.amount.typed = f"{minor // 100}.{minor % 100:02d}"
    return render_template("payin/credit_note.html", form=form, row=row)


@blueprint.post("/invoices/<uuid:invoice_id>/credit-note")
@permission_required(Permission.INVOICES_WRITE)
def credit_note_submit(invoice_id: UUID) -> BaseResponse | tuple[str, int]:
    """Issue a credit note."""
    row = _issued(invoice_id)
    form = CreditNoteForm()
    amount = minor_of(form.amount) if form.validate_on_submit() else None
    if amount is not None:
        try:
            with atomic() as session:
                note = issue_credit_note(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    note_id=form.id.value,
                    invoice_id=invoice_id,
                    amount_minor=amount,
                    reason=form.reason.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("Credit note %(serial)s issued."), serial=note.serial), "success")
            return redirect(url_for("payin.invoice_show", invoice_id=invoice_id))
    return render_template("payin/credit_note.html", form=form, row=row), 422


@blueprint.get("/invoices/<uuid:invoice_id>/void")
@permission_required(Permission.INVOICES_WRITE)
def invoice_void_form(invoice_id: UUID) -> str:
    """Ask why an invoice is voided."""
    return render_template("payin/invoice_void.html", form=ReasonForm(), row=_issued(invoice_id))


@blueprint.post("/invoices/<uuid:invoice_id>/void")
@permission_required(Permission.INVOICES_WRITE)
def invoice_void(invoice_id: UUID) -> BaseResponse | tuple[str, int]:
    """Void an invoice."""
    row = _issued(invoice_id)
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                void_invoice(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    invoice_id=invoice_id,
                    reason=form.reason.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The invoice is void.")), "success")
            return redirect(url_for("payin.invoice_show", invoice_id=invoice_id))
    return render_template("payin/invoice_void.html", form=form, row=row), 422


@blueprint.post("/invoices/<uuid:invoice_id>/release")
@permission_required(Permission.PAYIN_WRITE)
def invoice_release(invoice_id: UUID) -> BaseResponse:
    """Move what is overpaid to the buyer's credit."""
    row = _issued(invoice_id)
    back = url_for("payin.invoice_show", invoice_id=invoice_id)

    def step(session: Session) -> str:
        moved = release_overpaid(session, actor=g.actor, now=utc_now(), invoice_id=invoice_id)
        return gettext(N_("%(amount)s is now the buyer's credit."), amount=Money(moved, row.invoice.currency))

    return take_step(step, back)


def take_step(step: Callable[[Session], str], back: str) -> BaseResponse:
    """Take a step and go back to the page; a refusal by the state of things is told there."""
    try:
        with atomic() as session:
            done = step(session)
    except (Conflict, SamePerson) as refused:
        if isinstance(refused, SamePerson):
            raise
        flash(gettext(refused.message), "error")
    else:
        flash(done, "success")
    return redirect(back)
