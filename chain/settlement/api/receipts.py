"""Receipts as a resource."""

from typing import Any
from uuid import UUID

from flask import Response, g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.settlement.pages import own_address, pdf_answer
from chain.settlement.queries import receipts as queries
from chain.settlement.queries.receipts import ReceiptRow
from chain.settlement.receipt_rules import serial
from chain.settlement.receipts.render import render_receipts, sheet_of
from chain.settlement.schemas import ReceiptArgs, ReceiptDetailSchema, ReceiptSchema
from chain.settlement.services.receipts import print_receipts
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema

PDF = {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}

blueprint = ApiBlueprint("receipts", __name__, url="/receipts", description="What producers were paid.")


@blueprint.get("")
@blueprint.arguments(ReceiptArgs, location="query")
@blueprint.response(200, page_schema(ReceiptSchema))
@permission_required(Permission.RECEIPTS_READ)
def receipt_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the receipts, by number, member code or name (q) or of one run; sort by number, issued_at or net."""
    page = queries.list_receipts(
        db.session, g.actor, page_request(args), text=args["q"], run_id=args["run_id"]
    )
    return page_answer(page, answer_of)


@blueprint.get("/<uuid:receipt_id>")
@blueprint.response(200, ReceiptDetailSchema)
@permission_required(Permission.RECEIPTS_READ)
def receipt_detail(receipt_id: UUID) -> dict[str, Any]:
    """Return a receipt with its frozen content."""
    row = queries.get_receipt_for(db.session, g.actor, receipt_id)
    receipt = row.receipt
    return answer_of(row) | {
        "content": receipt.content,
        "content_hash": receipt.content_hash,
        "check_code": receipt.check_code,
    }


@blueprint.get("/<uuid:receipt_id>/pdf")
@blueprint.doc(responses={"200": {"description": "The receipt, marked as for reading.", "content": PDF}})
@permission_required(Permission.RECEIPTS_READ)
def receipt_pdf(receipt_id: UUID) -> Response:
    """Return the receipt as PDF, marked as for reading; it counts as no print."""
    receipt = queries.get_receipt_for(db.session, g.actor, receipt_id).receipt
    pdf = render_receipts([sheet_of(receipt)], address=own_address())
    return pdf_answer(pdf, serial(receipt.series, receipt.number))


@blueprint.post("/<uuid:receipt_id>/print")
@blueprint.doc(responses={"200": {"description": "The original, or a numbered copy.", "content": PDF}})
@permission_required(Permission.RECEIPTS_PRINT)
def receipt_print(receipt_id: UUID) -> Response:
    """Print the receipt: the original the first time, then numbered copies; each print is noted."""
    with atomic() as session:
        (printed,) = print_receipts(session, actor=g.actor, now=utc_now(), receipt_ids=[receipt_id])
    receipt = printed.receipt
    pdf = render_receipts([sheet_of(receipt, printed.copy)], address=own_address())
    return pdf_answer(pdf, serial(receipt.series, receipt.number))


def answer_of(row: ReceiptRow) -> dict[str, Any]:
    """Return a receipt as lists show it."""
    receipt = row.receipt
    return {
        "id": receipt.id,
        "serial": serial(receipt.series, receipt.number),
        "producer_id": receipt.producer_id,
        "producer_name": row.full_name,
        "member_code": row.member_code,
        "run_id": row.run_id,
        "issued_at": receipt.issued_at,
        "currency": receipt.currency,
        "net_minor": receipt.net_minor,
        "printed": receipt.printed,
    }
