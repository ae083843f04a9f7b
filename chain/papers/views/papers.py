"""Pages of the organisation's papers, and of one's own."""

from typing import Any
from uuid import UUID

from flask import Response, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import Conflict, DomainError, Forbidden, NotFound
from chain.core.i18n import N_
from chain.core.paging import PageRequest
from chain.papers.drawing.render import data_of
from chain.papers.drawing.sheets import sheet_of
from chain.papers.drawing.styles import styles
from chain.papers.edge import (
    filters_of,
    format_for,
    paper_language,
    printed_answer,
    reading_answer,
    usual_format,
    wanted_day,
)
from chain.papers.errors import VoidRefused
from chain.papers.forms import VoidPaperForm
from chain.papers.queries import papers as queries
from chain.papers.queries.papers import PaperRow
from chain.papers.queries.series import readable_series
from chain.papers.rules import (
    KIND_FORMATS,
    KIND_LABELS,
    STATE_LABELS,
    PaperKind,
    PaperState,
    print_permission,
    serial,
    void_permission,
)
from chain.papers.services.voiding import void_paper
from chain.papers.subjects import subject_of
from chain.papers.views import blueprint
from chain.web.access import permission_required, sign_in_required
from chain.web.csv_out import amount_cell, csv_response
from chain.web.formats import timezone_name
from chain.web.i18n import current_language, gettext

#: Rows of one file of the register.
MAX_REGISTER = 100_000
REGISTER_HEADER = (
    N_("Kind"), N_("Number"), N_("Date"), N_("Made out to"), N_("Member"), N_("Currency"), N_("Amount"), N_("State"),
    N_("Voided on"), N_("Reason"), N_("Prints"), N_("Check code"), N_("Key"),
)  # fmt: skip


@blueprint.get("/papers")
@permission_required(Permission.RECEIPTS_READ)
def paper_list() -> str:
    """List the papers of the organisation."""
    filters = filters_of(request.args)
    request_page = PageRequest(request.args.get("page", 1, int))
    page = queries.list_papers(db.session, g.actor, request_page, filters)
    series = readable_series(db.session, g.actor)
    return render_template(
        "papers/list.html",
        page=page,
        filters=filters,
        series=series,
        kinds=queries.readable_kinds(g.actor),
        kept={key: value for key, value in request.args.items() if value and key != "page"},
        may_print_jobs=g.actor.may(Permission.RECEIPTS_PRINT),
    )


@blueprint.get("/papers.csv")
@permission_required(Permission.RECEIPTS_READ)
def paper_file() -> Response:
    """Return the register as a CSV file, with the filters of the list."""
    rows = queries.register_rows(db.session, g.actor, filters_of(request.args), MAX_REGISTER)
    header = [gettext(one) for one in REGISTER_HEADER]
    return csv_response(f"{gettext(N_('papers'))}.csv", header, [_register_line(row) for row in rows])


def _register_line(row: PaperRow) -> list[Any]:
    paper = row.paper
    state = PaperState.VALID if paper.voided_at is None else PaperState.VOIDED
    return [
        gettext(KIND_LABELS[PaperKind(paper.kind)]),
        serial(paper.series, paper.number),
        paper.issued_on.isoformat(),
        row.party_name,
        row.member_code,
        paper.currency,
        amount_cell(paper.amount_minor),
        gettext(STATE_LABELS[state]),
        local_date(paper.voided_at, timezone_name()).isoformat() if paper.voided_at else None,
        paper.void_reason,
        paper.printed,
        paper.check_code,
        paper.key_id,
    ]


@blueprint.get("/papers/series")
@permission_required(Permission.RECEIPTS_READ)
def series_check() -> str:
    """Show whether each series has each of its numbers."""
    return render_template("papers/series.html", series=readable_series(db.session, g.actor))


@blueprint.get("/receipts/<uuid:paper_id>", alias=True)  # as in earlier versions
@blueprint.get("/papers/<uuid:paper_id>")
@sign_in_required
def paper_show(paper_id: UUID) -> str:
    """Show a paper of the organisation, or one's own."""
    return _paper_page(paper_id, VoidPaperForm())


def _paper_page(paper_id: UUID, form: VoidPaperForm) -> str:
    row = queries.get_paper_for(db.session, g.actor, paper_id)
    paper, kind = row.paper, PaperKind(row.paper.kind)
    is_ours = paper.organisation_id == g.actor.organisation_id and g.actor.may(Permission.RECEIPTS_READ)
    may_print = is_ours and g.actor.may(print_permission(kind))
    may_void = is_ours and g.actor.may(void_permission(kind)) and paper.voided_at is None
    subject, style, sheet = subject_of(paper.subject_type), styles().get(kind), sheet_of(paper)
    refused = subject.why_not_void(db.session, paper) if may_void else None
    return render_template(
        "papers/show.html",
        row=row,
        paper=paper,
        sheet=style.view(sheet, current_language()) if style else {},
        number=sheet.serial,
        ledger_day=wanted_day(paper.content.get("ledger_day")),
        is_signed=sheet.signed_code is not None,
        part=style.page_template if style else None,
        formats=KIND_FORMATS[kind],
        usual=usual_format(kind),
        may_print=may_print,
        may_void=may_void and refused is None,
        why_not=refused,
        form=form,
        prints=queries.prints_of(db.session, paper_id) if is_ours else [],
        voided_by=queries.voided_by(db.session, paper) if is_ours and paper.voided_by else None,
        paid_on=subject.paid_on(db.session, paper),
        subject=subject,
        subject_path=subject.path(db.session, paper) if is_ours else None,
        is_ours=is_ours,
    )


@blueprint.get("/receipts/<uuid:paper_id>/pdf", alias=True)
@blueprint.get("/papers/<uuid:paper_id>/pdf")
@sign_in_required
def paper_pdf(paper_id: UUID) -> Response:
    """Return the paper as PDF, marked as for reading; it counts as no print."""
    paper = queries.get_paper_for(db.session, g.actor, paper_id).paper
    fmt = format_for(paper, request.args.get("format"))
    return reading_answer(paper, fmt, paper_language(request.args.get("language")))


@blueprint.get("/papers/<uuid:paper_id>/data.json")
@sign_in_required
def paper_data(paper_id: UUID) -> Response:
    """Return what the paper says as JSON, the same that is attached to its PDF."""
    sheet = sheet_of(queries.get_paper_for(db.session, g.actor, paper_id).paper)
    headers = {"Content-Disposition": f'attachment; filename="{sheet.serial}.json"'}
    return Response(data_of(sheet), mimetype="application/json", headers=headers)


@blueprint.post("/receipts/<uuid:paper_id>/print", alias=True)
@blueprint.post("/papers/<uuid:paper_id>/print")
@permission_required(Permission.RECEIPTS_READ)
def paper_print(paper_id: UUID) -> Response:
    """Print a paper: the original the first time, then numbered copies."""
    fmt = format_for(queries.get_paper_for(db.session, g.actor, paper_id).paper, request.form.get("format"))
    return printed_answer(g.actor, [paper_id], fmt, paper_language(request.form.get("language")))


@blueprint.post("/papers/<uuid:paper_id>/void")
@permission_required(Permission.RECEIPTS_READ)
def paper_void(paper_id: UUID) -> BaseResponse | tuple[str, int]:
    """Void a paper, with a reason; its number stays."""
    form = VoidPaperForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                paper = void_paper(
                    session, actor=g.actor, now=utc_now(), paper_id=paper_id, reason=form.reason.data or ""
                )
                number = serial(paper.series, paper.number)
        except (Conflict, VoidRefused) as refused:
            flash(gettext(refused.message), "error")
            return redirect(url_for("papers.paper_show", paper_id=paper_id))
        except (Forbidden, NotFound):
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The paper %(number)s is voided."), number=number), "success")
            return redirect(url_for("papers.paper_show", paper_id=paper_id))
    return _paper_page(paper_id, form), 422


@blueprint.get("/my/receipts")
@permission_required(Permission.OWN_INCOME_READ)
def own_papers() -> str:
    """List the papers of the producer who is signed in."""
    page = queries.own_papers(db.session, g.actor, PageRequest(request.args.get("page", 1, int)))
    return render_template("papers/own.html", page=page)


@blueprint.get("/receipts")
@permission_required(Permission.RECEIPTS_READ)
def receipt_list() -> BaseResponse:
    """Lead from the address of earlier versions to the list."""
    text = request.args.get("q") or None
    return redirect(url_for("papers.paper_list", kind=PaperKind.RECEIPT.value, q=text), 301)
