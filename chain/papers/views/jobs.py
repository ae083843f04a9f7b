"""Pages of print jobs: how far they are, and their file. They need no script: the page asks for itself again."""

from uuid import UUID

from flask import (
    Response,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.i18n import N_
from chain.core.paging import PageRequest
from chain.papers.edge import job_answer
from chain.papers.queries.jobs import get_job_for, list_jobs
from chain.papers.rules import JobState
from chain.papers.services.jobs import retry_print_job
from chain.papers.views import blueprint
from chain.web.access import permission_required
from chain.web.i18n import gettext

#: Seconds after which the page of a job that is being drawn asks again.
AGAIN_SECONDS = 4


@blueprint.get("/papers/print-jobs")
@permission_required(Permission.RECEIPTS_PRINT)
def job_list() -> str:
    """List the print jobs of the organisation."""
    page = list_jobs(db.session, g.actor, PageRequest(request.args.get("page", 1, int)))
    return render_template("papers/jobs.html", page=page)


@blueprint.get("/papers/print-jobs/<uuid:job_id>")
@permission_required(Permission.RECEIPTS_PRINT)
def job_show(job_id: UUID) -> Response:
    """Show how far a print job is."""
    row = get_job_for(db.session, g.actor, job_id)
    answer = make_response(render_template("papers/job.html", row=row, job=row.job))
    if row.state in {JobState.WAITING, JobState.PRINTING}:
        answer.headers["Refresh"] = str(AGAIN_SECONDS)
    return answer


@blueprint.get("/papers/print-jobs/<uuid:job_id>/pdf")
@permission_required(Permission.RECEIPTS_PRINT)
def job_pdf(job_id: UUID) -> Response:
    """Send the file of a finished job."""
    return job_answer(db.session, get_job_for(db.session, g.actor, job_id), stream_with_context)


@blueprint.post("/papers/print-jobs/<uuid:job_id>/retry")
@permission_required(Permission.RECEIPTS_PRINT)
def job_retry(job_id: UUID) -> BaseResponse:
    """Let the blocks that failed be drawn again."""
    with atomic() as session:
        retry_print_job(session, actor=g.actor, now=utc_now(), job_id=job_id)
    flash(gettext(N_("The printing goes on.")), "success")
    return redirect(url_for("papers.job_show", job_id=job_id))
