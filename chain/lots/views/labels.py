"""Labels of lots: one, several, or all that the board shows; as PDF or for a label printer."""

from collections.abc import Mapping

from flask import Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.lots import queries
from chain.lots.board_edge import asked_labels, asked_lots, asked_sheet
from chain.lots.label_content import MAX_LABELS, ROLLS, SHEETS
from chain.lots.label_sheets import render_labels
from chain.lots.panels import LotAction, register_action
from chain.lots.views import blueprint
from chain.lots.zpl import zpl_of
from chain.web.access import permission_required
from chain.web.errors import STATUS
from chain.web.formats import timezone_name
from chain.web.i18n import gettext
from chain.web.pdf import pdf_answer

register_action(
    LotAction(
        Permission.LOTS_READ,
        N_("Print a label"),
        "lots.labels_form",
        lambda _lot: True,
        argument="lot",
        order=10,
    )
)


@blueprint.get("/lots/labels")
@permission_required(Permission.LOTS_READ)
def labels_form() -> tuple[str, int]:
    """Choose the paper for labels of `?lot=` (several) or of what the board's address finds."""
    return _form({}, 200)


@blueprint.get("/lots/labels.pdf")
@permission_required(Permission.LOTS_READ)
def labels_pdf() -> BaseResponse | tuple[str, int]:
    """Give the labels as PDF."""
    try:
        sheet, start = asked_sheet(request.args)
        pdf = render_labels(asked_labels(), sheet, start=start)
    except DomainError as refused:
        return _refused(refused)
    return pdf_answer(pdf, _file_name())


@blueprint.get("/lots/labels.zpl")
@permission_required(Permission.LOTS_READ)
def labels_zpl() -> BaseResponse | tuple[str, int]:
    """Give the labels as ZPL, to be sent to a label printer as it is."""
    try:
        sheet, _ = asked_sheet(request.args, rolls_only=True)
        text = zpl_of(asked_labels(), sheet)
    except DomainError as refused:
        return _refused(refused)
    headers = {"Content-Disposition": f'attachment; filename="{_file_name()}.zpl"'}
    return Response(text, content_type="text/plain; charset=utf-8", headers=headers)


@blueprint.get("/L/<number>")
@permission_required(Permission.LOTS_READ)
def lot_of_label(number: str) -> BaseResponse:
    """Open the lot that a label's QR code names; whoever is not signed in signs in first."""
    return redirect(url_for("lots.show", lot_id=queries.lot_id_by_number(db.session, g.actor, number)))


def _refused(refused: DomainError) -> tuple[str, int]:
    """Show the form again with what is wrong; what is not there, or too much, has its page."""
    if not refused.errors:
        raise refused
    problems = {name: [gettext(one) for one in found] for name, found in refused.errors.items()}
    return _form(problems, STATUS[refused.kind])


def _form(problems: Mapping[str, list[str]], status: int) -> tuple[str, int]:
    lots = asked_lots() if not problems else []
    page = render_template(
        "lots/labels.html",
        lots=lots,
        problems=problems,
        sheets=SHEETS,
        rolls=ROLLS,
        limit=MAX_LABELS,
        has_bags=any(lot.bag_count for lot in lots),
        kept=[
            (name, value)
            for name, values in request.args.to_dict(flat=False).items()
            if name not in {"size", "start", "bags", "format"}
            for value in values
        ],
    )
    return page, status


def _file_name() -> str:
    return f"etiquetas-{local_date(utc_now(), timezone_name()).isoformat()}"
