"""A settlement on paper: its summary by payroll, and the list that the producers sign, payroll by payroll."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response, g, render_template

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import db
from chain.settlement.explanations import block_title, kind_title
from chain.settlement.queries import runs as queries
from chain.settlement.queries.reconcile import totals_of
from chain.settlement.views import blueprint
from chain.web.access import permission_required
from chain.web.pdf import draw_pdf, pdf_answer

#: Rows of one piece of HTML: a long table is slow to lay out.
ROWS = 60
CSS = "settlement/list.css"


@blueprint.get("/settlement/runs/<uuid:run_id>/list.pdf")
@permission_required(Permission.RUNS_READ)
def run_list_pdf(run_id: UUID) -> Response:
    """Return summary and list for signatures as PDF, on A4."""
    row = queries.get_run_row_for(db.session, g.actor, run_id)
    run = row.run
    blocks = queries.blocks_of_run(db.session, run.id)
    shared: dict[str, Any] = {
        "run": run,
        "row": row,
        "house": get_organisation(db.session, run.organisation_id),
        "people": queries.people_of(db.session, run),
        "now": utc_now(),
        "kind_title": kind_title,
        "block_title": block_title,
    }
    summary = render_template(
        "settlement/list_summary.html", blocks=blocks, totals=totals_of(db.session, run), **shared
    )
    pieces = [summary]
    lists: list[tuple[str | None, Sequence[Any]]] = (
        [(block_title(block), queries.block_lines(db.session, run, block)) for block in blocks]
        if len(blocks) > 1
        else [(None, queries.all_lines(db.session, run))]
    )
    for title, lines in lists:
        pieces += [
            render_template(
                "settlement/list_lines.html",
                title=title,
                lines=lines[start : start + ROWS],
                first=start + 1,
                total=sum(line.net_minor for line in lines) if start + ROWS >= len(lines) else None,
                **shared,
            )
            for start in range(0, len(lines), ROWS)
        ]
    return pdf_answer(draw_pdf(pieces, CSS), f"{run.number}")
