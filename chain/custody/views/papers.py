"""Papers: waybills and storage receipts, printed from their frozen content; every printing after the first says COPIA."""

from typing import Any
from uuid import UUID

from flask import g, redirect, render_template, request, url_for

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import NotFound
from chain.core.ids import new_id, parse_id
from chain.custody import services
from chain.custody.queries.dispatches import get_dispatch_for, get_print_for, prints_of
from chain.custody.queries.holds import get_receipt_for, state_of_receipt
from chain.custody.rules.arrivals import totals_by_unit
from chain.custody.rules.words import PAPERS, DocumentKind
from chain.custody.views import blueprint
from chain.custody.views.parts import Answer
from chain.web.access import permission_required
from chain.web.i18n import using_language


@blueprint.get("/stock/receipts/<uuid:receipt_id>")
@permission_required(Permission.LOTS_READ)
def receipt_detail(receipt_id: UUID) -> str:
    """Show the storage receipt of a pledge."""
    receipt = get_receipt_for(db.session, g.actor, receipt_id)
    return render_template(
        "custody/receipt.html",
        receipt=receipt,
        state=state_of_receipt(db.session, receipt.id),
        sums=_sums(receipt.content),
        prints=prints_of(db.session, receipt.id),
        papers=PAPERS,
        print_id=new_id(),
        may_print=g.actor.may(Permission.HOLDS_WRITE),
    )


@blueprint.post("/stock/receipts/<uuid:receipt_id>/print")
@permission_required(Permission.HOLDS_WRITE)
def receipt_print(receipt_id: UUID) -> Answer:
    """Note that a receipt is printed, and show it."""
    return _print(DocumentKind.STORAGE_RECEIPT, receipt_id)


@blueprint.post("/stock/dispatches/<uuid:dispatch_id>/print")
@permission_required(Permission.DISPATCHES_WRITE)
def waybill_print(dispatch_id: UUID) -> Answer:
    """Note that a waybill is printed, and show it."""
    return _print(DocumentKind.WAYBILL, dispatch_id)


def _print(kind: DocumentKind, document_id: UUID) -> Answer:
    with atomic() as session:
        done = services.print_paper(
            session,
            actor=g.actor,
            now=utc_now(),
            print_id=parse_id(request.form.get("id")),
            kind=kind,
            document_id=document_id,
            paper=request.form.get("paper", ""),
        )
    return redirect(url_for("custody.paper", print_id=done.id))


@blueprint.get("/stock/papers/<uuid:print_id>")
@permission_required(Permission.LOTS_READ)
def paper(print_id: UUID) -> str:
    """Show one printing, in Spanish whoever prints it: the paper goes to others."""
    printing = get_print_for(db.session, g.actor, print_id)
    values: dict[str, Any] = {"printing": printing}
    if printing.kind == DocumentKind.WAYBILL:
        dispatch = get_dispatch_for(db.session, g.actor, printing.document_id)
        if dispatch.organisation_id != g.actor.organisation_id:
            raise NotFound
        template, content = "custody/waybill.html", dispatch.waybill
        values |= {"document": dispatch, "content_hash": dispatch.content_hash}
    else:
        receipt = get_receipt_for(db.session, g.actor, printing.document_id)
        template, content = "custody/storage_receipt.html", receipt.content
        values |= {"document": receipt, "content_hash": receipt.content_hash}
    with using_language("es"):
        return render_template(template, content=content, sums=_sums(content), **values)


def _sums(content: dict[str, Any]) -> dict[str, int]:
    """Return the sum per unit of a paper's lots."""
    return totals_by_unit([(one["unit"], one["quantity"]) for one in content["lots"]])
