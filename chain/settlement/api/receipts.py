"""Receipts as a resource: papers of the kind `receipt` with the settlement that they belong to."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, g

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.errors import NotFound
from chain.papers.drawing.sheets import signed_code_of
from chain.papers.edge import format_for, printed_answer, reading_answer
from chain.papers.queries.papers import PaperRow, get_paper_for
from chain.papers.rules import PaperKind, serial
from chain.papers.schemas import PaperFormatArgs
from chain.settlement.queries.receipts import list_receipts, runs_of
from chain.settlement.schemas import ReceiptArgs, ReceiptDetailSchema, ReceiptSchema
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema

PDF = {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}

blueprint = ApiBlueprint("receipts", __name__, url="/receipts", description="What producers were paid.")


@blueprint.get("")
@blueprint.arguments(ReceiptArgs, location="query")
@blueprint.response(200, page_schema(ReceiptSchema))
@permission_required(Permission.RECEIPTS_READ)
def receipt_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the receipts, by number, member code or name (q) or of one run; sort by number, issued_at or amount."""
    page = list_receipts(db.session, g.actor, page_request(args), text=args["q"], run_id=args["run_id"])
    runs = runs_of(db.session, [row.paper for row in page.items])
    return page_answer(page, lambda row: answer_of(row, runs))


@blueprint.get("/<uuid:receipt_id>")
@blueprint.response(200, ReceiptDetailSchema)
@permission_required(Permission.RECEIPTS_READ)
def receipt_detail(receipt_id: UUID) -> dict[str, Any]:
    """Return a receipt with its frozen content."""
    row = _receipt(receipt_id)
    paper = row.paper
    return answer_of(row, runs_of(db.session, [paper])) | {
        "content": paper.content,
        "content_hash": paper.content_hash,
        "check_code": paper.check_code,
        "signed_code": signed_code_of(paper),
    }


@blueprint.get("/<uuid:receipt_id>/pdf")
@blueprint.arguments(PaperFormatArgs, location="query")
@blueprint.doc(responses={"200": {"description": "The receipt, marked as for reading.", "content": PDF}})
@permission_required(Permission.RECEIPTS_READ)
def receipt_pdf(args: dict[str, Any], receipt_id: UUID) -> Response:
    """Return the receipt as PDF, marked as for reading; it counts as no print."""
    paper = _receipt(receipt_id).paper
    return reading_answer(paper, format_for(paper, args["format"]))


@blueprint.post("/<uuid:receipt_id>/print")
@blueprint.arguments(PaperFormatArgs, location="query")
@blueprint.doc(responses={"200": {"description": "The original, or a numbered copy.", "content": PDF}})
@permission_required(Permission.RECEIPTS_PRINT)
def receipt_print(args: dict[str, Any], receipt_id: UUID) -> Response:
    """Print the receipt: the original the first time, then numbered copies; each print is noted."""
    fmt = format_for(_receipt(receipt_id).paper, args["format"])
    return printed_answer(g.actor, [receipt_id], fmt)


def _receipt(receipt_id: UUID) -> PaperRow:
    row = get_paper_for(db.session, g.actor, receipt_id)
    if row.paper.kind != PaperKind.RECEIPT:
        raise NotFound
    return row


def answer_of(row: PaperRow, runs: Mapping[UUID, UUID]) -> dict[str, Any]:
    """Return a receipt as lists show it."""
    paper = row.paper
    return {
        "id": paper.id,
        "serial": serial(paper.series, paper.number),
        "producer_id": paper.party_id,
        "producer_name": row.party_name,
        "member_code": row.member_code,
        "run_id": runs.get(paper.id),
        "issued_at": paper.issued_at,
        "currency": paper.currency,
        "net_minor": paper.amount_minor,
        "printed": paper.printed,
        "voided_at": paper.voided_at,
    }
