"""Pages of receipts: the organisation's, the producer's own, and the public check."""

from uuid import UUID

from flask import Response, g, make_response, render_template, request

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import NotFound
from chain.settlement.pages import PART, own_address, page_wanted, pdf_answer
from chain.settlement.queries import receipts as queries
from chain.settlement.receipt_rules import CHECK_CODE, initials, issued_on, net_in_words, serial
from chain.settlement.receipts.render import render_receipts, sheet_of
from chain.settlement.services.receipts import print_receipts
from chain.settlement.views import blueprint
from chain.web.access import permission_required, sign_in_required
from chain.web.i18n import current_language

MAX_SEARCH = 100


@blueprint.get("/receipts")
@permission_required(Permission.RECEIPTS_READ)
def receipt_list() -> str:
    """List the receipts, or find one by number, member code or name."""
    text = request.args.get("q", "")[:MAX_SEARCH]
    page = queries.list_receipts(db.session, g.actor, page_wanted(), text=text)
    return render_template("settlement/receipts.html", page=page, text=text, run=None)


@blueprint.get("/receipts/<uuid:receipt_id>")
@sign_in_required
def receipt_show(receipt_id: UUID) -> str:
    """Show a receipt of the organisation, or the producer's own."""
    row = queries.get_receipt_for(db.session, g.actor, receipt_id)
    return render_template(
        "settlement/receipt.html",
        row=row,
        content=row.receipt.content,
        in_words=net_in_words(row.receipt.content, current_language()),
        prints=queries.prints_of(db.session, receipt_id),
        may_print=g.actor.may(Permission.RECEIPTS_PRINT)
        and row.receipt.organisation_id == g.actor.organisation_id,
        may_see_run=g.actor.may(Permission.RUNS_READ)
        and row.receipt.organisation_id == g.actor.organisation_id,
    )


@blueprint.get("/receipts/<uuid:receipt_id>/pdf")
@sign_in_required
def receipt_pdf(receipt_id: UUID) -> Response:
    """Return the receipt as PDF, marked as for reading; it counts as no print."""
    receipt = queries.get_receipt_for(db.session, g.actor, receipt_id).receipt
    pdf = render_receipts([sheet_of(receipt)], address=own_address(), language=_paper_language())
    return pdf_answer(pdf, serial(receipt.series, receipt.number))


@blueprint.post("/receipts/<uuid:receipt_id>/print")
@permission_required(Permission.RECEIPTS_PRINT)
def receipt_print(receipt_id: UUID) -> Response:
    """Print a receipt: the original the first time, then numbered copies."""
    return _printed([receipt_id])


@blueprint.post("/settlement/runs/<uuid:run_id>/print")
@permission_required(Permission.RECEIPTS_PRINT)
def run_print(run_id: UUID) -> Response:
    """Print a part of a run's receipts, a hundred at a time."""
    part = max(request.form.get("part", 0, int), 0)
    wanted = queries.receipt_ids_of_run(db.session, g.actor, run_id)[part * PART : (part + 1) * PART]
    if not wanted:
        raise NotFound
    return _printed(wanted)


def _printed(receipt_ids: list[UUID]) -> Response:
    with atomic() as session:
        printed = print_receipts(session, actor=g.actor, now=utc_now(), receipt_ids=receipt_ids)
    sheets = [sheet_of(one.receipt, one.copy) for one in printed]
    first, last = printed[0].receipt, printed[-1].receipt
    name = serial(first.series, first.number)
    if last is not first:
        name = f"{name}_{serial(last.series, last.number)}"
    return pdf_answer(render_receipts(sheets, address=own_address(), language=_paper_language()), name)


def _paper_language() -> str:
    """Return Spanish, the language of the paper, unless `?language=en` or a form asks for English."""
    return "en" if request.values.get("language") == "en" else "es"


@blueprint.get("/my/receipts")
@permission_required(Permission.OWN_INCOME_READ)
def own_receipts() -> str:
    """List the receipts of the producer who is signed in."""
    page = queries.own_receipts(db.session, g.actor, page_wanted())
    return render_template("settlement/own_receipts.html", page=page)


@blueprint.get("/R/<code>")
def verify_receipt(code: str) -> Response:
    """Tell anybody whether a receipt is genuine: number, date, net amount and initials, no more.

    Codes hold 80 random bits, so there is nothing to find by trying.
    """
    wanted = code.strip().upper().replace(" ", "").replace("-", "")
    receipt = queries.find_receipt_by_code(db.session, wanted) if CHECK_CODE.fullmatch(wanted) else None
    page = render_template(
        "settlement/check.html",
        receipt=receipt,
        content=receipt.content if receipt else None,
        day=issued_on(receipt.content) if receipt else None,
        initials=initials(receipt.content["producer"]["name"]) if receipt else None,
    )
    response = make_response(page, 200 if receipt else 404)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
