"""Pages of what a buyer pays, and of the papers of its purchases."""

from flask import Response as FlaskResponse
from flask import g, render_template

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import db
from chain.core.i18n import N_
from chain.portal.queries.payments import PaymentRow, list_papers, list_payments
from chain.portal.views import blueprint
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.i18n import gettext
from chain.web.lists import every_row, page_wanted


@blueprint.get("/portal/payments")
@permission_required(Permission.BIDS_PLACE)
def payment_list() -> str:
    """Show what of each purchase is paid and open."""
    return render_template(
        "portal/payments.html", page=list_payments(db.session, g.actor, page_wanted()), today=utc_now().date()
    )


@blueprint.get("/portal/payments.csv")
@permission_required(Permission.BIDS_PLACE)
def payment_file() -> FlaskResponse:
    """Give the payments as a file."""
    header = [
        gettext(text)
        for text in (
            N_("Sale"), N_("Seller"), N_("Agreed"), N_("Currency"), N_("Due"), N_("Paid so far"),
            N_("Left to pay"), N_("Pay until"),
        )
    ]  # fmt: skip
    rows = [_file_row(row) for row in every_row(lambda request: list_payments(db.session, g.actor, request))]
    return csv_response("payments.csv", header, rows)


def _file_row(row: PaymentRow) -> list[object]:
    amounts = [f"{minor / 100:.2f}" for minor in (row.due_minor, row.paid_minor, row.open_minor)]
    due = row.due_on.isoformat() if row.due_on else ""
    return [row.number, row.seller_name, row.agreed_at.isoformat(), row.currency, *amounts, due]


@blueprint.get("/portal/documents")
@permission_required(Permission.BIDS_PLACE)
def paper_list() -> str:
    """Show the papers of each purchase."""
    return render_template("portal/papers.html", page=list_papers(db.session, g.actor, page_wanted()))
