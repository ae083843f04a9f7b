"""Pages that bring in a sheet of debts: upload, look, then take it."""

from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.files import get_file, store_file
from chain.core.i18n import N_
from chain.dues.forms import ImportForm
from chain.dues.movement_file import MISTAKES_SHOWN, read_movement_file
from chain.dues.services.importing import import_movements, preview_movements
from chain.dues.views import blueprint
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.forms import BaseForm
from chain.web.i18n import gettext

#: Rows that the preview shows; all are counted.
ROWS_SHOWN = 200


@blueprint.get("/debts/import")
@permission_required(Permission.ADVANCES_WRITE)
def import_form() -> str:
    """Ask for a file."""
    return render_template("dues/import.html", form=ImportForm())


@blueprint.get("/debts/import/sample.csv")
@permission_required(Permission.ADVANCES_WRITE)
def import_sample() -> FlaskResponse:
    """Give a sheet to fill in."""
    header = ("codigo", "tipo", "fecha", "monto", "detalle", "origen", "decision")
    rows = [
        ("P-001", "alimento", "16/03/2026", "120.00", "2 sacos de balanceado", "productos", ""),
        (
            "P-002",
            "adelanto",
            "2026-03-16",
            "80.50",
            "Útiles escolares",
            "efectivo",
            "Asamblea del 5 de enero",
        ),
        ("P-002", "veterinaria", "2026-03-17", "45", "Vacuna", "", ""),
    ]
    return csv_response("deudas-modelo.csv", header, rows)


@blueprint.post("/debts/import")
@permission_required(Permission.ADVANCES_WRITE)
def import_submit() -> Response | tuple[str, int]:
    """Read the file and go to what it would do."""
    form = ImportForm()
    if form.validate_on_submit():
        content = form.file.data.read()
        try:
            read_movement_file(content)
            with atomic() as session:
                stored = store_file(
                    session,
                    organisation_id=g.actor.org,
                    name=form.file.data.filename or "",
                    media_type="application/octet-stream",
                    content=content,
                    now=utc_now(),
                    user_id=g.actor.user_id,
                )
                file_id = stored.id
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            return redirect(url_for("dues.import_preview", file_id=file_id))
    return render_template("dues/import.html", form=form), 422


@blueprint.get("/debts/import/<uuid:file_id>")
@permission_required(Permission.ADVANCES_WRITE)
def import_preview(file_id: UUID) -> str:
    """Show what the file would add, and each cell that cannot be used."""
    return _preview(file_id, BaseForm())


def _preview(file_id: UUID, form: BaseForm) -> str:
    stored = get_file(db.session, organisation_id=g.actor.org, file_id=file_id)
    read = read_movement_file(stored.content)
    preview = preview_movements(db.session, actor=g.actor, now=utc_now(), file=read)
    return render_template(
        "dues/import_preview.html",
        form=form,
        file=stored,
        preview=preview,
        rows=preview.rows[:ROWS_SHOWN],
        bad=preview.bad[:MISTAKES_SHOWN],
    )


@blueprint.post("/debts/import/<uuid:file_id>")
@permission_required(Permission.ADVANCES_WRITE)
def import_take(file_id: UUID) -> Response | tuple[str, int]:
    """Take the file, all of it or nothing."""
    form = BaseForm()
    stored = get_file(db.session, organisation_id=g.actor.org, file_id=file_id)
    try:
        read = read_movement_file(stored.content)
        with atomic() as session:
            added, known = import_movements(session, actor=g.actor, now=utc_now(), file=read)
    except DomainError as refused:
        form.take_refusal(refused)
        return _preview(file_id, form), 422
    flash(
        gettext(N_("%(added)s debts were added; %(known)s were known already."), added=added, known=known),
        "success",
    )
    return redirect(url_for("dues.movement_list"))
