"""Pages that bring in the tables of a dairy from spreadsheets: upload, look, then take it."""

from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.core.errors import DomainError, Forbidden, NotFound
from chain.core.i18n import N_
from chain.settlement.fortnight.forms import ImportTableForm
from chain.settlement.fortnight.imported import FATE_LABELS, Fate
from chain.settlement.fortnight.services.importing import require_table, tables_of
from chain.settlement.fortnight.tables import MAX_ROWS, SHEETS, TABLE_LABELS, Table
from chain.settlement.fortnight.upload import keep_file, take_kept
from chain.settlement.views import blueprint
from chain.web.access import sign_in_required
from chain.web.csv_out import csv_response
from chain.web.forms import BaseForm, choices
from chain.web.i18n import current_language, gettext

BROUGHT_IN = N_("%(rows)s rows were read; %(added)s of them are new.")
SPANISH = 1
#: Rows that the preview shows; all are counted.
ROWS_SHOWN = 200
TABLE = "<any(weighings, quotas, licences, movements, reserve):table>"


@blueprint.get("/settlement/dairy/import")
@sign_in_required
def table_import_form() -> str:
    """Ask for a table and its file."""
    return _page(_form())


@blueprint.post("/settlement/dairy/import")
@sign_in_required
def table_import() -> Response | tuple[str, int]:
    """Look at a file, and go to what it would do; nothing is brought in yet."""
    form = _form()
    table = Table(form.table.data) if form.table.data in set(Table) else None
    if table is not None:
        require_table(g.actor, table)
        if file_id := keep_file(form, table):
            return redirect(url_for("settlement.table_preview", table=table.value, file_id=file_id))
    else:
        form.validate()
    return _page(form), 422


@blueprint.get(f"/settlement/dairy/import/{TABLE}/<uuid:file_id>")
@sign_in_required
def table_preview(table: str, file_id: UUID) -> str | tuple[str, int]:
    """Show what becomes of each row of a file; nothing is brought in."""
    try:
        stored, found = take_kept(Table(table), file_id, dry_run=True)
    except (Forbidden, NotFound):
        raise
    except DomainError as refused:
        return _refused(table, refused)
    return render_template(
        "settlement/fortnight/import_preview.html",
        form=BaseForm(),
        file=stored,
        found=found,
        rows=found.seen[:ROWS_SHOWN],
        titles=_titles(found.table),
        label=TABLE_LABELS[found.table],
        labels=FATE_LABELS,
        fates=Fate,
    )


@blueprint.post(f"/settlement/dairy/import/{TABLE}/<uuid:file_id>")
@sign_in_required
def table_take(table: str, file_id: UUID) -> Response | tuple[str, int]:
    """Bring in the file that was looked at, all of it or nothing; a second click adds nothing."""
    try:
        _, found = take_kept(Table(table), file_id)
    except (Forbidden, NotFound):
        raise
    except DomainError as refused:
        return _refused(table, refused)
    flash(gettext(BROUGHT_IN, rows=found.rows, added=found.added), "success")
    return redirect(url_for("settlement.table_import_form"))


def _refused(table: str, refused: DomainError) -> tuple[str, int]:
    """Say at the form why a kept file cannot be brought in any more."""
    form = _form()
    form.table.data = table
    form.take_refusal(refused)
    return _page(form), 422


@blueprint.get(f"/settlement/dairy/import/{TABLE}.csv")
@sign_in_required
def table_sample(table: str) -> FlaskResponse:
    """Give a sheet to fill in: its titles."""
    require_table(g.actor, Table(table))
    sheet = SHEETS[Table(table)]
    place = SPANISH if current_language() == "es" else 0
    return csv_response(f"{sheet.stems[place]}.csv", _titles(Table(table)), [])


def _titles(table: Table) -> list[str]:
    """Return what the columns of a table are called in the reader's language."""
    place = SPANISH if current_language() == "es" else 0
    return [words[min(place, len(words) - 1)] for words in SHEETS[table].columns.values()]


def _form() -> ImportTableForm:
    form = ImportTableForm()
    tables = tables_of(g.actor)
    if not tables:
        require_table(g.actor, Table.WEIGHINGS)  # refuses, and says what is needed
    form.table.choices = choices({table.value: TABLE_LABELS[table] for table in tables})
    return form


def _page(form: ImportTableForm) -> str:
    return render_template(
        "settlement/fortnight/import.html",
        form=form,
        tables=[(table, TABLE_LABELS[table], _titles(table)) for table in tables_of(g.actor)],
        most=MAX_ROWS,
    )
