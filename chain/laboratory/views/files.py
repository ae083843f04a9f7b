"""Files of instruments: choose one, say once what its columns mean, look at what was understood, confirm."""

from collections.abc import Sequence
from uuid import UUID

from flask import Response, current_app, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, Kind, ValidationFailed
from chain.core.files import get_file
from chain.core.i18n import N_
from chain.laboratory import import_edge
from chain.laboratory.attributes import ATTRIBUTES
from chain.laboratory.forms import FileForm, MappingForm, meaning_options, read_columns
from chain.laboratory.importing.mapping import (
    MAX_COLUMNS,
    RAW,
    guess_header,
    make_mapping,
    meaning_value,
    read_mapping,
)
from chain.laboratory.models import Instrument
from chain.laboratory.queries.instruments import get_file_row_for, get_instrument_for
from chain.laboratory.services import save_mapping
from chain.laboratory.services.imports import MeasurementReport
from chain.laboratory.views import blueprint
from chain.lots.import_edge import problem_rows
from chain.lots.importing.report import Outcome
from chain.lots.importing.sheets import Sheet, open_sheet
from chain.lots.importing.values import as_text
from chain.lots.services.imports import ImportChoices
from chain.lots.uploads import Slip, UploadShelf
from chain.web.access import permission_required
from chain.web.forms import option
from chain.web.i18n import gettext

Answer = str | BaseResponse | tuple[str, int]
#: Problems that the page lists, rows that it shows of a file that nobody has explained, and characters of a cell.
MAX_SHOWN, RAW_ROWS, CELL_SHOWN = 50, 12, 24
NO_TITLES = N_("There is no row of titles")
ROW_WORD = N_("Row %(number)s")
COLUMN_WORD = N_("Column %(number)s")


def _shelf(instrument_id: UUID) -> UploadShelf:
    """Return where files wait; slips of one instrument are not taken for another's."""
    settings = current_app.config["SETTINGS"]
    secret = f"{current_app.config['SECRET_KEY']}{instrument_id.hex}"
    return UploadShelf(settings.var_dir, secret, g.actor.org, g.actor.user_id)


@blueprint.get("/laboratory/instruments/<uuid:instrument_id>/file")
@permission_required(Permission.MEASUREMENTS_WRITE)
def file_form(instrument_id: UUID) -> str:
    """Ask for a file of an instrument."""
    instrument = get_instrument_for(db.session, g.actor, instrument_id)
    return render_template("laboratory/file.html", form=FileForm(), instrument=instrument)


@blueprint.post("/laboratory/instruments/<uuid:instrument_id>/file")
@permission_required(Permission.MEASUREMENTS_WRITE)
def file_submit(instrument_id: UUID) -> Answer:
    """Keep the file and go on: to its columns when nobody has explained them, else to the preview."""
    instrument = get_instrument_for(db.session, g.actor, instrument_id)
    form = FileForm()
    if form.validate_on_submit():
        shelf = _shelf(instrument.id)
        slip = shelf.keep(form.file.data.read(), form.file.data.filename or "", ImportChoices())
        try:
            if instrument.mapping is None:
                open_sheet(shelf.content(slip), RAW)
                return redirect(
                    url_for("laboratory.mapping_form", instrument_id=instrument.id, t=shelf.sign(slip)), 303
                )
            _examine(instrument.id, slip)
            return redirect(
                url_for("laboratory.file_preview", instrument_id=instrument.id, t=shelf.sign(slip)), 303
            )
        except DomainError as refused:
            form.take_refusal(refused)
    page = render_template("laboratory/file.html", form=form, instrument=instrument)
    return page, 422


def _examine(instrument_id: UUID, slip: Slip) -> MeasurementReport:
    return import_edge.examine(
        actor=g.actor,
        instrument_id=instrument_id,
        content=_shelf(instrument_id).content(slip),
        file_name=slip.file_name,
    )


# --- What the columns mean -------------------------------------------------------------------------------------------


@blueprint.get("/laboratory/instruments/<uuid:instrument_id>/columns")
@permission_required(Permission.INSTRUMENTS_MANAGE)
def mapping_form(instrument_id: UUID) -> Answer:
    """Show the first rows of a file and ask what its columns mean."""
    instrument = get_instrument_for(db.session, g.actor, instrument_id)
    text = request.args.get("t")
    if not text:
        flash(N_("Choose a file of the instrument first; its columns are shown then."), "info")
        return redirect(url_for("laboratory.file_form", instrument_id=instrument.id))
    shelf = _shelf(instrument.id)
    slip = shelf.read(text)
    sheet = open_sheet(shelf.content(slip), RAW)
    form = MappingForm()
    form.t.data = text
    known = read_mapping(instrument.mapping)
    chosen: dict[str, str] = {}
    if known is not None:
        form.decimal.data, form.dates.data, form.status.data = known.decimal, known.dates, known.status
        chosen = {f"column_{one.place}": meaning_value(one) for one in known.columns}
    form.header_row.data = known.header_row if known else guess_header(sheet.rows[:60])
    return _mapping_page(form, instrument, slip, sheet, chosen)


def _mapping_page(
    form: MappingForm, instrument: Instrument, slip: Slip, sheet: Sheet, chosen: dict[str, str]
) -> str:
    shown = sheet.rows[: max(RAW_ROWS, (form.header_row.data or 0) + 3)][:60]
    width = min(max((len(cells) for _, cells in shown), default=0), MAX_COLUMNS)
    form.header_row.choices = [
        option(0, gettext(NO_TITLES)),
        *(option(number, gettext(ROW_WORD, number=number)) for number, _ in shown),
    ]
    options = meaning_options()
    groups: dict[str, list[tuple[str, str]]] = {}
    for value, label, group in options:
        groups.setdefault(group, []).append((value, label))
    return render_template(
        "laboratory/mapping.html",
        form=form,
        instrument=instrument,
        slip=slip,
        rows=[(number, [_shown(cells, place) for place in range(width)]) for number, cells in shown],
        titles=_titles(sheet, form.header_row.data or 0, width),
        groups=groups,
        chosen=chosen,
    )


def _shown(cells: Sequence[object], place: int) -> str:
    text = as_text(cells[place]) if place < len(cells) else ""  # type: ignore[arg-type]  # cells of a sheet
    return text if len(text) <= CELL_SHOWN else text[: CELL_SHOWN - 1] + "…"


def _titles(sheet: Sheet, header_row: int, width: int) -> list[str]:
    cells = next((cells for number, cells in sheet.rows if number == header_row), ())
    return [" ".join(as_text(cells[place]).split()) if place < len(cells) else "" for place in range(width)]


@blueprint.post("/laboratory/instruments/<uuid:instrument_id>/columns")
@permission_required(Permission.INSTRUMENTS_MANAGE)
def mapping_submit(instrument_id: UUID) -> Answer:
    """Keep what the columns mean, or show the page again for another row of titles."""
    instrument = get_instrument_for(db.session, g.actor, instrument_id)
    form = MappingForm()
    shelf = _shelf(instrument.id)
    slip = shelf.read(form.t.data)
    sheet = open_sheet(shelf.content(slip), RAW)
    chosen = {name: value for name, value in request.form.items() if name.startswith("column_")}
    if "refresh" in request.form:
        return _mapping_page(form, instrument, slip, sheet, chosen)
    if form.validate_on_submit():
        titles = _titles(sheet, form.header_row.data or 0, MAX_COLUMNS)
        try:
            mapping = make_mapping(
                header_row=form.header_row.data or 0,
                decimal=form.decimal.data,
                dates=form.dates.data,
                status=form.status.data,
                columns=read_columns(chosen, titles),
            )
            with atomic() as session:
                save_mapping(
                    session, actor=g.actor, now=utc_now(), instrument_id=instrument.id, mapping=mapping
                )
            _examine(instrument.id, slip)
        except DomainError as refused:
            if refused.kind in {Kind.NOT_FOUND, Kind.FORBIDDEN}:
                raise
            _take_refusal(form, refused)
        else:
            return redirect(
                url_for("laboratory.file_preview", instrument_id=instrument.id, t=shelf.sign(slip)), 303
            )
    return _mapping_page(form, instrument, slip, sheet, chosen), 422


def _take_refusal(form: MappingForm, refused: DomainError) -> None:
    """Put a refusal at its fields; those of columns are linked from the top by their numbers."""
    rest = {}
    problems = []
    for name, messages in refused.errors.items():
        _, is_column, place = name.partition("column_")
        if not is_column:
            rest[name] = messages
            continue
        number = gettext(COLUMN_WORD, number=int(place) + 1)
        problems += [(f"{number}: {gettext(message)}", f"#{name}") for message in messages]
    form.column_problems = problems
    if rest or not problems:
        form.take_refusal(ValidationFailed(rest) if rest else refused)


# --- Preview and result ----------------------------------------------------------------------------------------------


@blueprint.get("/laboratory/instruments/<uuid:instrument_id>/preview")
@permission_required(Permission.MEASUREMENTS_WRITE)
def file_preview(instrument_id: UUID) -> str:
    """Show what the file would do; nothing is written."""
    instrument = get_instrument_for(db.session, g.actor, instrument_id)
    slip = _shelf(instrument.id).read(request.args.get("t"))
    return _preview_page(instrument, _examine(instrument.id, slip), slip)


def _preview_page(instrument: Instrument, report: MeasurementReport, slip: Slip) -> str:
    shown: dict[int, tuple[str, dict[str, str]]] = {}
    for one in report.preview:
        _, values = shown.setdefault(one.row, (one.code, {}))
        values[one.checked.attribute.key] = one.checked.value
    keys = [field for _, field in report.columns if field in ATTRIBUTES]
    return render_template(
        "laboratory/file_preview.html",
        instrument=instrument,
        report=report,
        slip_text=_shelf(instrument.id).sign(slip),
        problems=problem_rows(report.problems[:MAX_SHOWN]),
        more_problems=max(len(report.problems) - MAX_SHOWN, 0),
        rows=shown,
        shown_attributes=[ATTRIBUTES[key] for key in keys],
    )


@blueprint.get("/laboratory/instruments/<uuid:instrument_id>/bad-rows.csv")
@permission_required(Permission.MEASUREMENTS_WRITE)
def file_bad_rows(instrument_id: UUID) -> Response:
    """Download the bad rows with their reasons."""
    slip = _shelf(instrument_id).read(request.args.get("t"))
    content = import_edge.bad_rows_csv(_examine(instrument_id, slip))
    return _download(content, "text/csv; charset=utf-8", gettext("bad-rows") + ".csv")


@blueprint.post("/laboratory/instruments/<uuid:instrument_id>/confirm")
@permission_required(Permission.MEASUREMENTS_WRITE)
def file_confirm(instrument_id: UUID) -> Answer:
    """Store the file that was looked at; a second click changes nothing."""
    instrument = get_instrument_for(db.session, g.actor, instrument_id)
    shelf = _shelf(instrument.id)
    slip = shelf.read(request.form.get("t"))
    report = import_edge.store(
        actor=g.actor,
        instrument_id=instrument.id,
        batch_id=slip.batch_id,
        content=shelf.content(slip),
        file_name=slip.file_name,
        skip_bad=request.form.get("skip_bad") == "1",
    )
    if report.outcome is Outcome.REFUSED:
        return _preview_page(instrument, report, slip), 422
    return redirect(url_for("laboratory.file_result", file_id=slip.batch_id), 303)


@blueprint.get("/laboratory/files/<uuid:file_id>")
@permission_required(Permission.MEASUREMENTS_WRITE)
def file_result(file_id: UUID) -> str:
    """Show what came of a file."""
    return render_template("laboratory/file_result.html", row=get_file_row_for(db.session, g.actor, file_id))


@blueprint.get("/laboratory/files/<uuid:file_id>/original")
@permission_required(Permission.MEASUREMENTS_WRITE)
def file_original(file_id: UUID) -> Response:
    """Download the file as it came."""
    row = get_file_row_for(db.session, g.actor, file_id)
    stored = get_file(db.session, organisation_id=g.actor.org, file_id=row.file_id)
    name = "".join(letter for letter in stored.name if letter.isascii() and letter not in '"\\') or "file"
    return _download(stored.content, "application/octet-stream", name)


def _download(content: bytes, kind: str, name: str) -> Response:
    return Response(
        content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
