"""Pages that bring in the tables of a dairy from spreadsheets."""

from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.core.i18n import N_
from chain.settlement.fortnight.forms import ImportTableForm
from chain.settlement.fortnight.services.importing import require_table, tables_of
from chain.settlement.fortnight.tables import MAX_ROWS, SHEETS, TABLE_LABELS, Table
from chain.settlement.fortnight.upload import take_file
from chain.settlement.views import blueprint
from chain.web.access import sign_in_required
from chain.web.csv_out import csv_response
from chain.web.forms import choices
from chain.web.i18n import current_language, gettext

BROUGHT_IN = N_("%(rows)s rows were read; %(added)s of them are new.")
SPANISH = 1


@blueprint.get("/settlement/dairy/import")
@sign_in_required
def table_import_form() -> str:
    """Ask for a table and its file."""
    return _page(_form())


@blueprint.post("/settlement/dairy/import")
@sign_in_required
def table_import() -> Response | tuple[str, int]:
    """Bring a file in, all of it or nothing."""
    form = _form()
    table = Table(form.table.data) if form.table.data in set(Table) else None
    if table is not None:
        require_table(g.actor, table)
        if found := take_file(form, table):
            flash(gettext(BROUGHT_IN, rows=found.rows, added=found.added), "success")
            return redirect(url_for("settlement.table_import_form"))
    else:
        form.validate()
    return _page(form), 422


@blueprint.get("/settlement/dairy/import/<any(weighings, quotas, licences, movements, reserve):table>.csv")
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
