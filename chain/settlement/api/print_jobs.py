"""Print jobs as a resource: order the receipts of a settlement, ask how far they are, fetch the file."""

from typing import Any
from uuid import UUID

from flask import Response, g, stream_with_context
from marshmallow import fields, validate

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.papers.edge import job_answer
from chain.papers.queries.jobs import JobRow, get_job_for, list_jobs
from chain.papers.rules import JobState, PaperFormat
from chain.papers.services.jobs import order_print_job, retry_print_job
from chain.settlement.queries.receipts import receipt_ids_of_run
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, ClientId, PageArgs, Schema, page_answer, page_request, page_schema

PDF = {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}

blueprint = ApiBlueprint(
    "print_jobs", __name__, url="/print-jobs", description="Many receipts printed as one file."
)


class NewPrintJobSchema(Schema):
    """All standing receipts of a settlement, as one file."""

    id = ClientId(required=True)
    run_id = fields.UUID(required=True)
    format = fields.String(
        load_default=PaperFormat.A5.value, validate=validate.OneOf([one.value for one in PaperFormat])
    )
    language = fields.String(load_default="es", validate=validate.OneOf(["es", "en"]))


class PrintJobSchema(Schema):
    """A print job and how far it is."""

    id = fields.UUID()
    state = fields.String(validate=validate.OneOf([one.value for one in JobState]))
    format = fields.String()
    language = fields.String()
    first_serial = fields.String()
    last_serial = fields.String()
    papers = fields.Integer()
    papers_done = fields.Integer()
    blocks = fields.Integer()
    blocks_done = fields.Integer()
    blocks_failed = fields.Integer()
    last_error = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)


@blueprint.get("")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(PrintJobSchema))
@permission_required(Permission.RECEIPTS_PRINT)
def print_job_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the print jobs, the latest first."""
    return page_answer(list_jobs(db.session, g.actor, page_request(args)), _answer)


@blueprint.post("")
@blueprint.arguments(NewPrintJobSchema)
@blueprint.response(201, PrintJobSchema)
@blueprint.alt_response(200, schema=PrintJobSchema, description="The same job was ordered before.")
@permission_required(Permission.RECEIPTS_PRINT)
def print_job_order(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Order the printing of a settlement's receipts; each counts as one print from now on."""
    with atomic() as session:
        job, is_new = order_print_job(
            session,
            actor=g.actor,
            now=utc_now(),
            job_id=body["id"],
            paper_ids=receipt_ids_of_run(session, g.actor, body["run_id"]),
            fmt=PaperFormat(body["format"]),
            language=body["language"],
        )
        answer = _answer(get_job_for(session, g.actor, job.id))
    return answer, 201 if is_new else 200


@blueprint.get("/<uuid:job_id>")
@blueprint.response(200, PrintJobSchema)
@permission_required(Permission.RECEIPTS_PRINT)
def print_job_detail(job_id: UUID) -> dict[str, Any]:
    """Tell how far a print job is."""
    return _answer(get_job_for(db.session, g.actor, job_id))


@blueprint.post("/<uuid:job_id>/retry")
@blueprint.response(200, PrintJobSchema)
@permission_required(Permission.RECEIPTS_PRINT)
def print_job_retry(job_id: UUID) -> dict[str, Any]:
    """Let the blocks that failed be drawn again."""
    with atomic() as session:
        retry_print_job(session, actor=g.actor, now=utc_now(), job_id=job_id)
        return _answer(get_job_for(session, g.actor, job_id))


@blueprint.get("/<uuid:job_id>/pdf")
@blueprint.doc(responses={"200": {"description": "All receipts of the job.", "content": PDF}})
@permission_required(Permission.RECEIPTS_PRINT)
def print_job_pdf(job_id: UUID) -> Response:
    """Return the file of a finished job."""
    return job_answer(db.session, get_job_for(db.session, g.actor, job_id), stream_with_context)


def _answer(row: JobRow) -> dict[str, Any]:
    names = ("id", "format", "language", "first_serial", "last_serial", "papers", "created_at", "finished_at")
    return {name: getattr(row.job, name) for name in names} | {
        "state": row.state.value,
        "papers_done": row.papers_done,
        "blocks": row.blocks,
        "blocks_done": row.blocks_done,
        "blocks_failed": row.blocks_failed,
        "last_error": row.last_error,
    }
