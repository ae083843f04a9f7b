"""The board, saved searches and labels as JSON resources and files."""

from typing import Any
from uuid import UUID

from flask import Response, g, request

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.lots import queries, services
from chain.lots.board_edge import asked_labels, asked_query, asked_sheet
from chain.lots.board_schemas import (
    BoardArgs,
    BoardPageSchema,
    LabelArgs,
    SearchListSchema,
    SearchNewSchema,
    SearchRenameSchema,
    SearchSchema,
)
from chain.lots.label_sheets import render_labels
from chain.lots.models import SavedSearch
from chain.lots.zpl import zpl_of
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint
from chain.web.pdf import pdf_answer

blueprint = ApiBlueprint(
    "lot_board", __name__, url="/lots", description="The board of lots, saved searches, labels."
)

LABELS = {
    "application/pdf": {"schema": {"type": "string", "format": "binary"}},
    "text/plain": {"schema": {"type": "string"}},
}


@blueprint.get("/board")
@blueprint.arguments(BoardArgs, location="query")
@blueprint.response(200, BoardPageSchema)
@permission_required(Permission.LOTS_READ)
def board(args: dict[str, Any]) -> dict[str, Any]:
    """List lots by the filters of the board, page after page by cursors: as fast on the last page as on the first."""
    del args  # read, and refused, as on the page
    page = queries.board_page(db.session, g.actor, asked_query())
    return {
        "items": page.items,
        "next": page.after,
        "previous": page.before,
        "count": page.counted,
        "is_counted": page.is_counted,
    }


@blueprint.get("/labels")
@blueprint.arguments(LabelArgs, location="query")
@blueprint.doc(responses={"200": {"description": "The labels, PDF or ZPL II.", "content": LABELS}})
@permission_required(Permission.LOTS_READ)
def labels(args: dict[str, Any]) -> Response:
    """Return the labels of named lots, or of those that the filters find, at most 300."""
    is_zpl = args["format"] == "zpl"
    sheet, start = asked_sheet(request.args, rolls_only=is_zpl)
    found = asked_labels()
    if is_zpl:
        return Response(zpl_of(found, sheet), content_type="text/plain; charset=utf-8")
    return pdf_answer(render_labels(found, sheet, start=start), "labels")


@blueprint.get("/searches")
@blueprint.response(200, SearchListSchema)
@permission_required(Permission.LOTS_READ)
def search_list() -> dict[str, Any]:
    """List the searches that the caller saved."""
    return {"items": queries.saved_searches(db.session, g.actor)}


@blueprint.post("/searches")
@blueprint.arguments(SearchNewSchema)
@blueprint.response(201, SearchSchema)
@blueprint.alt_response(200, schema=SearchSchema, description="The same came before.", success=True)
@permission_required(Permission.LOTS_READ)
def search_save(data: dict[str, Any]) -> tuple[SavedSearch, int]:
    """Save a search of the board for the caller."""
    with atomic() as session:
        search, is_new = services.save_search(session, actor=g.actor, now=utc_now(), **data)
    return search, 201 if is_new else 200


@blueprint.patch("/searches/<uuid:search_id>")
@blueprint.arguments(SearchRenameSchema)
@blueprint.response(200, SearchSchema)
@permission_required(Permission.LOTS_READ)
def search_rename(data: dict[str, Any], search_id: UUID) -> SavedSearch:
    """Give a search another name."""
    with atomic() as session:
        return services.rename_search(session, actor=g.actor, search_id=search_id, name=data["name"])


@blueprint.delete("/searches/<uuid:search_id>")
@blueprint.response(204)
@permission_required(Permission.LOTS_READ)
def search_delete(search_id: UUID) -> None:
    """Forget a search."""
    with atomic() as session:
        services.delete_search(session, actor=g.actor, search_id=search_id)
