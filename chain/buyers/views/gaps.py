"""What is still missing of standing demands."""

from flask import g, render_template, request

from chain.accounts.rules import Permission
from chain.buyers.gap_queries import list_gaps
from chain.buyers.views import blueprint
from chain.buyers.words import local_today
from chain.core.db import db
from chain.web.access import permission_required
from chain.web.lists import page_wanted


@blueprint.get("/demands/gaps")
@permission_required(Permission.DEMANDS_READ)
def gap_list() -> str:
    """Show what the demands of today lack in the running period; `?commodity=` narrows them."""
    wanted = page_wanted(sortable=True)
    commodity = request.args.get("commodity") or None
    page = list_gaps(db.session, g.actor, wanted, today=local_today(), commodity=commodity)
    return render_template("buyers/gaps.html", page=page, commodity=commodity)
