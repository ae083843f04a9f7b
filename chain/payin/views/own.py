"""Pages of a buyer: the invoices received, and paying them."""

from uuid import UUID

from flask import Response, current_app, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import NotFound
from chain.core.i18n import N_
from chain.core.ids import new_id, parse_id
from chain.payin.card_edge import card_house, open_checkout, takes_cards
from chain.payin.errors import CardsOff
from chain.payin.models import BankAccount
from chain.payin.pages import every_row, filters_wanted, local_today, page_wanted
from chain.payin.provider import CHECKOUT_ORIGIN
from chain.payin.queries import invoices as queries
from chain.payin.queries.statements import bank_accounts
from chain.payin.services.cards import ask_checkout
from chain.payin.views import blueprint
from chain.payin.views.invoices import FILE_HEADER, file_row
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.i18n import gettext


@blueprint.get("/purchases/invoices")
@permission_required(Permission.INVOICES_PAY)
def own_invoice_list() -> str:
    """List the invoices that the buyer received."""
    filters = filters_wanted()
    return render_template(
        "payin/own_invoices.html",
        page=queries.own_invoices(db.session, g.actor, page_wanted(), filters),
        filters=filters,
        today=local_today(),
    )


@blueprint.get("/purchases/invoices.csv")
@permission_required(Permission.INVOICES_PAY)
def own_invoice_file() -> Response:
    """Give the invoices received as a file."""
    rows = every_row(lambda asked: queries.own_invoices(db.session, g.actor, asked))
    header = [gettext(one) for one in FILE_HEADER]
    return csv_response("invoices.csv", header, [file_row(row) for row in rows])


def _received(invoice_id: UUID) -> queries.InvoiceRow:
    row = queries.get_invoice_row_for(db.session, g.actor, invoice_id)
    if row.invoice.buyer_id != g.actor.organisation_id:
        raise NotFound
    return row


@blueprint.get("/purchases/invoices/<uuid:invoice_id>")
@permission_required(Permission.INVOICES_PAY)
def own_invoice_show(invoice_id: UUID) -> str:
    """Show an invoice, and how to pay it."""
    row = _received(invoice_id)
    invoice = row.invoice
    cards = takes_cards(db.session, invoice.organisation_id)
    if cards:
        g.form_to = CHECKOUT_ORIGIN
    accounts = (
        [db.session.get_one(BankAccount, invoice.bank_account_id)]
        if invoice.bank_account_id
        else bank_accounts(db.session, invoice.organisation_id)
    )
    return render_template(
        "payin/own_invoice.html",
        row=row,
        parts=queries.invoice_parts(db.session, invoice),
        accounts=[one for one in accounts if one.closed_at is None],
        cards=cards,
        try_id=new_id(),
        today=local_today(),
    )


@blueprint.post("/purchases/invoices/<uuid:invoice_id>/card")
@permission_required(Permission.INVOICES_PAY)
def own_invoice_pay(invoice_id: UUID) -> BaseResponse:
    """Send the buyer to the card provider's page; the same form again leads to the same page."""
    row = _received(invoice_id)
    _provider, house = card_house(db.session)
    if house.id != row.invoice.organisation_id:
        raise CardsOff
    wanted = parse_id(request.form.get("id"))
    with atomic() as session:
        checkout = ask_checkout(
            session, actor=g.actor, now=utc_now(), checkout_id=wanted, invoice_id=invoice_id
        )
    address = str(current_app.config["SETTINGS"].address)
    path = url_for("payin.own_invoice_paid", invoice_id=invoice_id)
    to = open_checkout(
        checkout.id,
        success_url=address + path,
        cancel_url=address + url_for("payin.own_invoice_show", invoice_id=invoice_id),
        language="es" if g.language == "es" else "en",
    )
    return redirect(to, 303)


@blueprint.get("/purchases/invoices/<uuid:invoice_id>/paid")
@permission_required(Permission.INVOICES_PAY)
def own_invoice_paid(invoice_id: UUID) -> BaseResponse:
    """Come back from the provider's page: that alone proves nothing, the notice does."""
    _received(invoice_id)
    flash(
        gettext(N_("Thank you. The payment shows here as soon as the card provider confirms it.")), "success"
    )
    return redirect(url_for("payin.own_invoice_show", invoice_id=invoice_id))
