"""The page that tells how buyers keep their contracts."""

from flask import Response, render_template

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.i18n import N_
from chain.payin.queries.records import LEAST_PAYMENTS, buyer_records
from chain.payin.views import blueprint
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.i18n import gettext

FILE_HEADER = (
    N_("Buyer"), N_("Days to payment"), N_("Payments"), N_("Sales"), N_("Cancelled by agreement"),
    N_("Buyer did not fulfil"), N_("Seller did not fulfil"),
)  # fmt: skip


@blueprint.get("/buyers/records")
@permission_required(Permission.SALES_READ)
def buyer_record_list() -> str:
    """Show the days from delivery to money and the sales that ended early, for each buyer."""
    return render_template(
        "payin/buyer_records.html", records=buyer_records(db.session), least=LEAST_PAYMENTS
    )


@blueprint.get("/buyers/records.csv")
@permission_required(Permission.SALES_READ)
def buyer_record_file() -> Response:
    """Give the same as a file."""
    header = [gettext(one) for one in FILE_HEADER]
    rows: list[list[object]] = [
        [
            one.name,
            "" if one.median_days is None else str(one.median_days),
            one.payments,
            one.counts.sales,
            one.counts.cancelled,
            one.counts.buyer_defaults,
            one.counts.seller_defaults,
        ]
        for one in buyer_records(db.session)
    ]
    return csv_response("buyers.csv", header, rows)
