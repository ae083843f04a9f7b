"""What is still missing of standing demands."""

from flask import Response, g, render_template, request

from chain.accounts.rules import Permission
from chain.buyers.gap_queries import list_gaps
from chain.buyers.rules import COMMODITY_LABELS
from chain.buyers.views import blueprint
from chain.buyers.words import local_today
from chain.core.db import db
from chain.core.i18n import N_
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.i18n import gettext
from chain.web.lists import every_row, page_wanted


@blueprint.get("/demands/gaps")
@permission_required(Permission.DEMANDS_READ)
def gap_list() -> str:
    """Show what the demands of today lack in the running period; `?commodity=` narrows them."""
    wanted = page_wanted(sortable=True)
    commodity = request.args.get("commodity") or None
    page = list_gaps(db.session, g.actor, wanted, today=local_today(), commodity=commodity)
    return render_template("buyers/gaps.html", page=page, commodity=commodity)


@blueprint.get("/demands/gaps.csv")
@permission_required(Permission.DEMANDS_READ)
def gap_file() -> Response:
    """Send the same list as a table."""
    commodity = request.args.get("commodity") or None
    header = (
        N_("Title"), N_("Buyer"), N_("Product"), N_("From"), N_("To"), N_("Asked"), N_("Covered"), N_("Missing"),
        N_("Still possible"),
    )  # fmt: skip
    rows = [
        [
            row.demand.title,
            row.buyer_name,
            gettext(COMMODITY_LABELS[row.demand.commodity]),
            row.gap.span.first.isoformat(),
            row.gap.span.last.isoformat(),
            f"{row.gap.least / 1000:.3f}",
            f"{row.gap.covered / 1000:.3f}",
            f"{row.gap.missing / 1000:.3f}",
            "" if row.gap.room is None else f"{row.gap.room / 1000:.3f}",
        ]
        for row in every_row(
            lambda wanted: list_gaps(db.session, g.actor, wanted, today=local_today(), commodity=commodity)
        )
    ]
    return csv_response("gaps.csv", [gettext(one) for one in header], rows)
