"""The page that tells how buyers keep their contracts."""

from flask import render_template

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.payin.queries.records import LEAST_PAYMENTS, buyer_records
from chain.payin.views import blueprint
from chain.web.access import permission_required


@blueprint.get("/buyers/records")
@permission_required(Permission.SALES_READ)
def buyer_record_list() -> str:
    """Show the days from delivery to money and the sales that ended early, for each buyer."""
    return render_template(
        "payin/buyer_records.html", records=buyer_records(db.session), least=LEAST_PAYMENTS
    )
