"""Importing a file: choose it, look at what was understood, confirm, see what came of it."""

from typing import Any
from uuid import UUID

from flask import Response, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.errors import DomainError
from chain.core.paging import PageRequest
from chain.lots import import_edge
from chain.lots.grades import class_name
from chain.lots.import_forms import ImportForm
from chain.lots.import_queries import get_import_for, list_imports
from chain.lots.import_template import template_workbook
from chain.lots.importing.report import ImportReport, Outcome, UploadGone
from chain.lots.products import PRODUCT_LABELS
from chain.lots.uploads import Slip, UploadShelf
from chain.lots.views import blueprint
from chain.web.access import permission_required
from chain.web.i18n import current_language, gettext

#: Problems that the page lists; all of them are in the file to download.
MAX_SHOWN = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _shelf() -> UploadShelf:
    settings = current_app.config["SETTINGS"]
    return UploadShelf(settings.var_dir, str(current_app.secret_key), g.actor.org, g.actor.user_id)


@blueprint.get("/lots/import")
@permission_required(Permission.LOTS_IMPORT)
def import_form() -> str:
    """Show the form and the imports so far."""
    return _form_page(ImportForm())


@blueprint.post("/lots/import")
@permission_required(Permission.LOTS_IMPORT)
def import_submit() -> BaseResponse | tuple[str, int]:
    """Keep the file and go to its preview; a file that cannot be read is refused here, with its reason."""
    form = ImportForm()
    shelf = _shelf()
    slip: Slip | None = None
    if form.validate():
        try:
            choices = form.read_choices()
            slip = _received(form, shelf, choices)
            import_edge.examine(
                actor=g.actor, content=shelf.content(slip), file_name=slip.file_name, choices=choices
            )
            return redirect(url_for("lots.import_preview", t=shelf.sign(slip)), 303)
        except UploadGone as gone:
            form.kept.data = ""
            form.take_refusal(gone)
        except DomainError as refused:
            form.take_refusal(refused)
            form.kept.data = shelf.sign(slip) if slip is not None else form.kept.data
    return _form_page(form, slip), 422


def _received(form: ImportForm, shelf: UploadShelf, choices: Any) -> Slip:
    """Keep the file that came, or the one that came before with what was chosen now."""
    if form.file.data:
        return shelf.keep(form.file.data.read(), form.file.data.filename or "", choices)
    earlier = shelf.read(form.kept.data)
    return shelf.keep(shelf.content(earlier), earlier.file_name, choices)


def _form_page(form: ImportForm, slip: Slip | None = None) -> str:
    page = list_imports(db.session, g.actor, PageRequest(min(request.args.get("page", 1, int), 1_000_000)))
    return render_template(
        "lots/import.html", form=form, kept_name=slip.file_name if slip else None, page=page
    )


@blueprint.get("/lots/import/preview")
@permission_required(Permission.LOTS_IMPORT)
def import_preview() -> BaseResponse | str:
    """Show what the file would do; nothing is written."""
    report, slip = _preview_of(request.args.get("t"))
    return _preview_page(report, slip)


def _preview_of(text: str | None) -> tuple[ImportReport, Slip]:
    shelf = _shelf()
    slip = shelf.read(text)
    report = import_edge.examine(
        actor=g.actor, content=shelf.content(slip), file_name=slip.file_name, choices=slip.choices
    )
    return report, slip


def _preview_page(report: ImportReport, slip: Slip) -> str:
    return render_template(
        "lots/import_preview.html",
        report=report,
        slip_text=_shelf().sign(slip),
        problems=import_edge.problem_rows(report.problems[:MAX_SHOWN]),
        more_problems=max(len(report.problems) - MAX_SHOWN, 0),
        commodity_labels=PRODUCT_LABELS,
        grade_name=lambda row: class_name(
            row.grade_scheme, row.grade_edition, row.grade_key, current_language()
        ),
    )


@blueprint.get("/lots/import/bad-rows.csv")
@permission_required(Permission.LOTS_IMPORT)
def import_bad_rows() -> Response:
    """Download the bad rows with their reasons."""
    report, _ = _preview_of(request.args.get("t"))
    return _download(
        import_edge.bad_rows_csv(report), "text/csv; charset=utf-8", gettext("bad-rows") + ".csv"
    )


@blueprint.post("/lots/import/confirm")
@permission_required(Permission.LOTS_IMPORT)
def import_confirm() -> BaseResponse | tuple[str, int]:
    """Store the file that was looked at; a second click changes nothing."""
    shelf = _shelf()
    slip = shelf.read(request.form.get("t"))
    report = import_edge.store(
        actor=g.actor,
        batch_id=slip.batch_id,
        content=shelf.content(slip),
        file_name=slip.file_name,
        choices=slip.choices,
        skip_bad=request.form.get("skip_bad") == "1",
    )
    if report.outcome is Outcome.REFUSED:
        return _preview_page(report, slip), 422
    slip_text = shelf.sign(slip) if report.bad else None
    return redirect(url_for("lots.import_result", batch_id=slip.batch_id, t=slip_text), 303)


@blueprint.get("/lots/import/<uuid:batch_id>")
@permission_required(Permission.LOTS_IMPORT)
def import_result(batch_id: UUID) -> str:
    """Show what an import stored."""
    batch = get_import_for(db.session, g.actor, batch_id)
    return render_template("lots/import_result.html", batch=batch, slip_text=request.args.get("t"))


@blueprint.get("/lots/import/template.xlsx")
@permission_required(Permission.LOTS_IMPORT)
def import_template() -> Response:
    """Download the empty workbook."""
    return _download(template_workbook(), XLSX, gettext("lots-template") + ".xlsx")


def _download(content: bytes, kind: str, name: str) -> Response:
    return Response(
        content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
