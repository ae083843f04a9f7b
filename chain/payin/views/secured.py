"""The page of sales whose buyers pay before the goods leave, and of the money that is held for them."""

from flask import Response, g, render_template, request

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import db
from chain.core.i18n import N_
from chain.ledger.held_money import money_in_books
from chain.payin.pages import every_row, page_wanted, plain_amount
from chain.payin.queries.secured import held_in, list_secured
from chain.payin.views import blueprint
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.i18n import gettext

FILE_HEADER = (
    N_("Sale"), N_("Buyer"), N_("Currency"), N_("Due"), N_("Paid in"), N_("Has left"), N_("In safekeeping"), N_("Accepted from"),
    N_("Producers paid by"), N_("Still owed to producers"),
)  # fmt: skip


@blueprint.get("/secured-sales")
@permission_required(Permission.INVOICES_READ)
def secured_list() -> str:
    """List the secured sales with what is paid, gone and held, under what the books hold in money."""
    only_open = request.args.get("open") == "1"
    house = get_own_organisation(db.session, g.actor)
    held = held_in(db.session, house.id, house.currency)
    return render_template(
        "payin/secured.html",
        page=list_secured(db.session, g.actor, page_wanted(), only_open=only_open),
        only_open=only_open,
        currency=house.currency,
        held=held,
        money=money_in_books(db.session, house.id, house.currency),
        today=local_date(utc_now(), house.timezone),
    )


@blueprint.get("/secured-sales.csv")
@permission_required(Permission.INVOICES_READ)
def secured_file() -> Response:
    """Give the same as a file."""
    rows = every_row(lambda asked: list_secured(db.session, g.actor, asked))
    lines: list[list[object]] = [
        [
            row.number,
            row.buyer_name,
            row.currency,
            plain_amount(row.due_minor),
            plain_amount(row.paid_minor),
            plain_amount(row.left_minor),
            plain_amount(row.held_minor),
            row.accepted_on.isoformat() if row.accepted_on else "",
            row.pay_by.isoformat() if row.pay_by else "",
            "" if row.open_minor is None else plain_amount(row.open_minor),
        ]
        for row in rows
    ]
    return csv_response("secured-sales.csv", [gettext(one) for one in FILE_HEADER], lines)
