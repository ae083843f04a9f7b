"""Pages of price grids: published ones with their sources, and those that the organisation writes."""

from collections.abc import Mapping
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound, ValidationFailed
from chain.core.i18n import N_, Message
from chain.grading import queries, services
from chain.grading.forms import GridForm
from chain.grading.grid_files import get_grid, published_grids
from chain.grading.grid_rows import GRID_COLUMNS, grid_document, rows_of_grid
from chain.grading.models import OwnPriceGrid
from chain.grading.pricing import DECIMALS, UNITS, read_grid
from chain.grading.row_forms import MORE_ROWS, padded, read_rows, row_and_column
from chain.grading.scheme import ALPACA_FIBRE, Kind, class_names_of
from chain.grading.scheme_files import all_schemes
from chain.grading.views import blueprint, local_today
from chain.grading.views.own import AT_ROW, whole
from chain.web.access import permission_required, sign_in_required
from chain.web.forms import option


@blueprint.get("/prices")
@sign_in_required
def grid_list() -> str:
    """Show the published grids and the organisation's own ones."""
    own = queries.list_own_grids(db.session, g.actor) if g.actor.organisation_id else ()
    return render_template(
        "grading/grids.html",
        published=published_grids(),
        own=own,
        may_write=g.actor.may(Permission.SCHEMES_WRITE),
    )


@blueprint.get("/prices/<key>/<edition>")
@sign_in_required
def grid_detail(key: str, edition: str) -> str:
    """Show every cell of a grid with its sources."""
    row: OwnPriceGrid | None = None
    try:
        grid = get_grid(key, edition)
    except LookupError:
        row = queries.get_own_grid_for(db.session, g.actor, key, edition)
        grid = read_grid(row.document, name=key)
    return render_template(
        "grading/grid.html",
        grid=grid,
        own=row,
        class_names=_class_names(*grid.grades_from),
        groups={one.key: one.names for one in grid.colour_groups},
        valid_from=row.document.get("valid_from") if row is not None else None,
        may_write=g.actor.may(Permission.SCHEMES_WRITE),
    )


def _class_names(key: str, edition: str) -> Mapping[str, Any]:
    try:
        scheme, _ = queries.get_scheme_for(db.session, g.actor, key, edition)
    except NotFound:
        return {}
    return class_names_of(scheme)


def _commodity(key: str, edition: str) -> str:
    try:
        return queries.get_scheme_for(db.session, g.actor, key, edition)[0].commodity
    except NotFound:
        return ALPACA_FIBRE


@blueprint.get("/prices/new")
@permission_required(Permission.SCHEMES_WRITE)
def grid_form() -> str:
    """Show the form: empty, or filled with what `?from=key@edition` holds."""
    form = GridForm()
    rows: list[dict[str, str]] = []
    key, _, edition = request.args.get("from", "").partition("@")
    if key:
        row = queries.get_own_grid_for(db.session, g.actor, key, edition)
        grid = read_grid(row.document, name=key)
        rows = rows_of_grid(grid)
        form.key.data = key
        form.edition.data = str(queries.newest_edition(db.session, OwnPriceGrid, key) + 1)
        form.grades_from.data = "@".join(grid.grades_from)
        form.label_es.data, form.label_en.data = grid.label["es"], grid.label["en"]
        form.currency.data, form.unit.data = grid.currency, grid.unit
    else:
        form.currency.data = g.organisation.currency if g.organisation else "PEN"
        form.unit.data = "kg"
    form.valid_from.data = local_today()
    return _page(form, rows)


@blueprint.post("/prices/new")
@permission_required(Permission.SCHEMES_WRITE)
def grid_submit() -> Response | str | tuple[str, int]:
    """Add rows or save."""
    form = GridForm()
    _offer(form)
    rows = read_rows(GRID_COLUMNS, request.form)
    if request.form.get("action") == "add":
        return _page(form, rows, more=MORE_ROWS)
    if not form.validate_on_submit() or form.valid_from.data is None:
        return _page(form, rows), 422
    key, _, edition = form.grades_from.data.partition("@")
    label = form.label_es.data or ""
    document = grid_document(
        rows,
        classes=_class_names(key, edition),
        commodity=_commodity(key, edition),
        grades_from=(key, edition),
        label={"es": label, "en": form.label_en.data or label},
        currency=form.currency.data,
        unit=form.unit.data,
        valid_from=form.valid_from.data,
    )
    try:
        with atomic() as session:
            row = services.save_own_grid(
                session,
                actor=g.actor,
                now=utc_now(),
                grid_id=form.id.value,
                document=document,
                word=form.word.data or label,
                key=form.key.data or None,
                edition=whole(form.edition.data),
            )
    except DomainError as refused:
        return _page(form, rows, marks=_take(form, refused)), 422
    flash(N_("The price grid was saved."), "success")
    return redirect(url_for("grading.grid_detail", key=row.key, edition=row.edition))


def _take(form: GridForm, refused: DomainError) -> set[tuple[int, str]]:
    if not isinstance(refused, ValidationFailed):
        form.take_refusal(refused)
        return set()
    marks: set[tuple[int, str]] = set()
    told: list[Message] = []
    for path, messages in refused.errors.items():
        number, column = row_and_column(path, "cells", GRID_COLUMNS)
        if number is None:
            told += messages
            continue
        marks.add((number, column or "grade"))
        told += [Message(AT_ROW, {"number": number + 1, "problem": one}) for one in messages]
    form.take_refusal(ValidationFailed({"": told}))
    return marks


def _offer(form: GridForm) -> None:
    language = "en" if g.language == "en" else "es"
    own = queries.offered_schemes(db.session, g.actor.org)
    form.grades_from.choices = [
        option(one.id, one.label[language])
        for one in (*own, *all_schemes())
        if one.kind in {Kind.MICRON, Kind.MICRON_LENGTH, Kind.CARCASS}
    ]
    form.currency.choices = [option(one, one) for one in DECIMALS]
    form.unit.choices = [option(one, one) for one in UNITS]


def _page(
    form: GridForm,
    rows: list[dict[str, str]],
    *,
    more: int = 0,
    marks: set[tuple[int, str]] | None = None,
) -> str:
    _offer(form)
    shown = whole(form.shown.data) or 0
    listed = padded(rows, shown + more)
    form.shown.data = str(len(listed))
    return render_template(
        "grading/grid_form.html", form=form, columns=GRID_COLUMNS, rows=listed, marks=marks or set()
    )


@blueprint.post("/prices/<key>/<edition>/withdraw")
@permission_required(Permission.SCHEMES_WRITE)
def grid_withdraw(key: str, edition: str) -> Response:
    """Take a grid out of use."""
    with atomic() as session:
        services.withdraw_own_grid(session, actor=g.actor, now=utc_now(), key=key, edition=edition)
    flash(N_("The price grid was withdrawn."), "success")
    return redirect(url_for("grading.grid_detail", key=key, edition=edition))
