"""The receipts of a settlement: listed with it, and printed in parts. Each paper has its own page in chain.papers."""

from uuid import UUID

from flask import Response, g, render_template, request

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.errors import NotFound
from chain.papers.edge import PART, paper_language, printed_answer, wanted
from chain.papers.rules import PaperFormat
from chain.settlement.pages import page_wanted
from chain.settlement.queries.receipts import list_receipts, receipt_ids_of_run
from chain.settlement.queries.runs import get_run_for
from chain.settlement.views import blueprint
from chain.web.access import permission_required


@blueprint.get("/settlement/runs/<uuid:run_id>/receipts")
@permission_required(Permission.RECEIPTS_READ)
def run_receipts(run_id: UUID) -> str:
    """List the receipts of a run, voided ones included."""
    run = get_run_for(db.session, g.actor, run_id)
    page = list_receipts(db.session, g.actor, page_wanted(), run_id=run.id)
    return render_template("settlement/receipts.html", page=page, run=run)


@blueprint.post("/settlement/runs/<uuid:run_id>/print")
@permission_required(Permission.RECEIPTS_PRINT)
def run_print(run_id: UUID) -> Response:
    """Print a part of a run's receipts, a hundred at a time, in the format that was chosen."""
    part = max(request.form.get("part", 0, int), 0)
    fmt = wanted(PaperFormat, request.form.get("format")) or PaperFormat.A5
    ids = receipt_ids_of_run(db.session, g.actor, run_id)[part * PART : (part + 1) * PART]
    if not ids:
        raise NotFound
    return printed_answer(g.actor, ids, fmt, paper_language(request.values.get("language")))
