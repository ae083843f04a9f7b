"""All receipts of a settlement as one print job."""

from uuid import UUID

from flask import flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic
from chain.core.errors import DomainError, Forbidden, NotFound
from chain.core.ids import parse_id
from chain.papers.edge import paper_language, wanted
from chain.papers.rules import PaperFormat
from chain.papers.services.jobs import order_print_job
from chain.settlement.queries.receipts import receipt_ids_of_run
from chain.settlement.views import blueprint
from chain.web.access import permission_required
from chain.web.i18n import gettext


@blueprint.post("/settlement/runs/<uuid:run_id>/print-job")
@permission_required(Permission.RECEIPTS_PRINT)
def run_print_job(run_id: UUID) -> BaseResponse:
    """Order the printing of all receipts of a run; the processes of the worker draw them."""
    try:
        with atomic() as session:
            job, _ = order_print_job(
                session,
                actor=g.actor,
                now=utc_now(),
                job_id=parse_id(request.form.get("id")),
                paper_ids=receipt_ids_of_run(session, g.actor, run_id),
                fmt=wanted(PaperFormat, request.form.get("format")) or PaperFormat.A5,
                language=paper_language(request.form.get("language")),
            )
    except (Forbidden, NotFound):
        raise
    except DomainError as refused:
        flash(gettext(refused.message), "error")
        return redirect(url_for("settlement.run_show", run_id=run_id))
    return redirect(url_for("papers.job_show", job_id=job.id))
