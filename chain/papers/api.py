"""JSON resources of papers."""

from typing import Any
from uuid import UUID

from flask import Response, g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.papers.drawing.sheets import signed_code_of
from chain.papers.edge import format_for, printed_answer, reading_answer
from chain.papers.queries.keys import published_keys
from chain.papers.queries.papers import PaperFilters, PaperRow, get_paper_for, list_papers
from chain.papers.queries.series import readable_series
from chain.papers.rules import PaperKind, PaperState, serial
from chain.papers.schemas import (
    PaperArgs,
    PaperDetailSchema,
    PaperFormatArgs,
    PaperKeysSchema,
    PaperSchema,
    PaperSeriesListSchema,
    VoidPaperSchema,
)
from chain.papers.services.voiding import void_paper
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema

PDF = {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}

papers = ApiBlueprint("papers", __name__, url="/papers", description="Numbered papers of every kind.")
keys = ApiBlueprint(
    "paper_keys", __name__, url="/paper-keys", description="Public keys that papers are signed with."
)
blueprints: list[ApiBlueprint] = [papers, keys]


@papers.get("")
@papers.arguments(PaperArgs, location="query")
@papers.response(200, page_schema(PaperSchema))
@permission_required(Permission.RECEIPTS_READ)
def paper_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the papers by number, member code or name (q), kind, series, state and days; sort by number, issued_at or amount."""
    filters = PaperFilters(
        kind=PaperKind(args["kind"]) if args["kind"] else None,
        series=args["series"],
        text=args["q"],
        state=PaperState(args["state"]) if args["state"] else None,
        first_day=args["first_day"],
        last_day=args["last_day"],
    )
    return page_answer(list_papers(db.session, g.actor, page_request(args), filters), _answer)


@papers.get("/series")
@papers.response(200, PaperSeriesListSchema)
@permission_required(Permission.RECEIPTS_READ)
def series_list() -> dict[str, Any]:
    """Tell for each series whether it has a gap."""
    return {"items": readable_series(db.session, g.actor)}


@papers.get("/<uuid:paper_id>")
@papers.response(200, PaperDetailSchema)
@permission_required(Permission.RECEIPTS_READ)
def paper_detail(paper_id: UUID) -> dict[str, Any]:
    """Return a paper with its frozen content and its codes."""
    return _detail(get_paper_for(db.session, g.actor, paper_id))


@papers.get("/<uuid:paper_id>/pdf")
@papers.arguments(PaperFormatArgs, location="query")
@papers.doc(
    responses={
        "200": {"description": "The paper, marked as for reading; PDF/A-3a with its data.", "content": PDF}
    }
)
@permission_required(Permission.RECEIPTS_READ)
def paper_pdf(args: dict[str, Any], paper_id: UUID) -> Response:
    """Return the paper as PDF, marked as for reading; it counts as no print."""
    paper = get_paper_for(db.session, g.actor, paper_id).paper
    return reading_answer(paper, format_for(paper, args["format"]))


@papers.post("/<uuid:paper_id>/print")
@papers.arguments(PaperFormatArgs, location="query")
@papers.doc(responses={"200": {"description": "The original, or a numbered copy.", "content": PDF}})
@permission_required(Permission.RECEIPTS_READ)
def paper_print(args: dict[str, Any], paper_id: UUID) -> Response:
    """Print the paper: the original the first time, then numbered copies; each print is noted."""
    fmt = format_for(get_paper_for(db.session, g.actor, paper_id).paper, args["format"])
    return printed_answer(g.actor, [paper_id], fmt)


@papers.post("/<uuid:paper_id>/void")
@papers.arguments(VoidPaperSchema)
@papers.response(200, PaperDetailSchema)
@permission_required(Permission.RECEIPTS_READ)
def paper_void(body: dict[str, Any], paper_id: UUID) -> dict[str, Any]:
    """Void a paper where what it is about allows it; its number stays."""
    with atomic() as session:
        void_paper(session, actor=g.actor, now=utc_now(), paper_id=paper_id, reason=body["reason"])
    return _detail(get_paper_for(db.session, g.actor, paper_id))


@keys.get("")
@keys.response(200, PaperKeysSchema)
@keys.doc(security=[])
def key_list() -> dict[str, Any]:
    """Publish the keys that papers were signed with, with their dates; anybody may ask."""
    return {"items": published_keys(db.session)}


def _answer(row: PaperRow) -> dict[str, Any]:
    paper = row.paper
    names = (
        "id", "kind", "series", "number", "party_id", "subject_type", "subject_id", "currency", "amount_minor", "issued_on",
        "issued_at", "printed", "voided_at", "void_reason",
    )  # fmt: skip
    return {name: getattr(paper, name) for name in names} | {
        "serial": serial(paper.series, paper.number),
        "party_name": row.party_name,
        "member_code": row.member_code,
    }


def _detail(row: PaperRow) -> dict[str, Any]:
    paper = row.paper
    return _answer(row) | {
        "content": paper.content,
        "content_hash": paper.content_hash,
        "check_code": paper.check_code,
        "key_id": paper.key_id,
        "signed_code": signed_code_of(paper),
    }
