"""Writing, copying, changing and reading a version."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_, Message
from chain.core.quantity import Unit
from chain.grading.pricing import read_grid
from chain.grading.queries import get_own_grid_for
from chain.lots.products import PRODUCTS
from chain.pricing.forms import MISSING_LABELS, UNIT_LABELS, VersionForm
from chain.pricing.grids import content_of_grid
from chain.pricing.models import PriceScheme
from chain.pricing.pages import (
    class_choices,
    class_schemes,
    colour_choices,
    constituent_choices,
    local_today,
    parameter_choices,
    standard_groups,
    typed_number,
    usual_scheme,
)
from chain.pricing.queries.schemes import get_scheme_for, get_version_for, versions_of
from chain.pricing.queries.spans import span_of
from chain.pricing.row_forms import (
    MORE_ROWS,
    TABLES,
    Errors,
    Row,
    padded,
    rows_of,
    sent_rows,
)
from chain.pricing.rules.content import PayUnit, PriceContent, SchemeKind
from chain.pricing.rules.documents import content_of
from chain.pricing.services.schemes import change_version, write_version
from chain.pricing.views import blueprint
from chain.pricing.wording import describe
from chain.web.access import permission_required
from chain.web.forms import choices, option
from chain.web.i18n import gettext

LEFT_OUT = N_(
    "%(count)s cells of the grid depend on the staple length and were left out: use a premium for the length instead."
)
TABLE_LABELS = {
    "classes": N_("Prices of the classes"),
    "composition": N_("Composition"),
    "adjustments": N_("Premiums and penalties"),
}
SAVED = N_("The draft is saved. Read it through, look at the preview, then put it into force.")


@blueprint.get("/price-schemes/<uuid:scheme_id>/versions/new")
@permission_required(Permission.PRICES_WRITE)
def version_form(scheme_id: UUID) -> str:
    """Show the form: empty, or with what `?from=` another version or `?grid=` a price grid holds."""
    scheme = get_scheme_for(db.session, g.actor, scheme_id)
    content, left_out = _template(scheme)
    form = VersionForm()
    form.show(content)
    # what follows another version begins tomorrow: today's deliveries have its price, and keep it
    form.valid_from.data = local_today() + timedelta(days=1 if request.args.get("from") else 0)
    if left_out:
        flash(gettext(Message(LEFT_OUT, {"count": left_out})), "warning")
    rows = rows_of(content, typed_number)
    if content.kind is SchemeKind.CLASSES and not rows["classes"]:
        form.grades_from.data = usual_scheme(scheme.commodity)
        rows["classes"] = _all_classes(form)
    return _page(scheme, form, rows, content.colour_groups)


@blueprint.post("/price-schemes/<uuid:scheme_id>/versions/new")
@permission_required(Permission.PRICES_WRITE)
def version_submit(scheme_id: UUID) -> Response | str | tuple[str, int]:
    """Add rows, take another grading scheme, or save the draft."""
    scheme = get_scheme_for(db.session, g.actor, scheme_id)
    return _submit(scheme, None, _template(scheme)[0].colour_groups)


@blueprint.get("/price-versions/<uuid:version_id>/edit")
@permission_required(Permission.PRICES_WRITE)
def version_edit_form(version_id: UUID) -> str:
    """Show a draft in the form."""
    scheme, version = get_version_for(db.session, g.actor, version_id)
    content = content_of(version.content)
    form = VersionForm()
    form.show(content)
    form.valid_from.data, form.valid_to.data = version.valid_from, version.valid_to
    form.decided_by.data = version.decided_by
    return _page(scheme, form, rows_of(content, typed_number), content.colour_groups, version_id=version_id)


@blueprint.post("/price-versions/<uuid:version_id>/edit")
@permission_required(Permission.PRICES_WRITE)
def version_edit_submit(version_id: UUID) -> Response | str | tuple[str, int]:
    """Add rows, take another grading scheme, or save the draft anew."""
    scheme, version = get_version_for(db.session, g.actor, version_id)
    return _submit(scheme, version_id, content_of(version.content).colour_groups)


@blueprint.get("/price-versions/<uuid:version_id>")
@permission_required(Permission.RUNS_READ)
def version_detail(version_id: UUID) -> str:
    """Show a version in plain words."""
    return _show(version_id, "pricing/version.html")


@blueprint.get("/price-versions/<uuid:version_id>/print")
@permission_required(Permission.RUNS_READ)
def version_print(version_id: UUID) -> str:
    """Show a version as a sheet to hang up or hand out."""
    return _show(version_id, "pricing/version_print.html")


def _show(version_id: UUID, template: str) -> str:
    scheme, version = get_version_for(db.session, g.actor, version_id)
    listed = versions_of(db.session, scheme.id)
    span = span_of(scheme, version)
    class_choices(span.content.grades_from)  # an own grading scheme is at hand from here on
    return render_template(
        template,
        scheme=scheme,
        version=version,
        content=span.content,
        sentences=describe(span, g.language),
        newest=listed[0],
        today=local_today(),
        may_write=g.actor.may(Permission.PRICES_WRITE),
        may_withdraw=g.actor.may(Permission.RUNS_APPROVE),
    )


def _template(scheme: PriceScheme) -> tuple[PriceContent, int]:
    """Return what the form begins with, and how many cells of a grid could not be taken over."""
    is_liquid = PRODUCTS[scheme.commodity].unit is Unit.MILLILITRE
    unit = PayUnit.LITRE if is_liquid else PayUnit.KILOGRAM
    if source := request.args.get("from", type=UUID):
        _, version = get_version_for(db.session, g.actor, source)
        return content_of(version.content), 0
    key, _, edition = request.args.get("grid", "").partition("@")
    if key:
        row = get_own_grid_for(db.session, g.actor, key, edition)
        return content_of_grid(read_grid(row.document, name=key))
    known = [one.value for one in SchemeKind]
    wanted = request.args.get("kind", "")
    kind = SchemeKind(wanted) if wanted in known else SchemeKind.MILK if is_liquid else SchemeKind.FLAT
    return PriceContent(kind=kind, unit=unit, is_for_whole_periods=kind is SchemeKind.MILK), 0


def _all_classes(form: VersionForm) -> list[Row]:
    return [{"grade": key, "colour": "", "price": ""} for key in class_choices(form.grades())]


def _submit(scheme: PriceScheme, version_id: UUID | None, groups: Any) -> Response | str | tuple[str, int]:
    form = VersionForm()
    _offer(form, scheme)
    rows = {table: sent_rows(table, request.form) for table in TABLES}
    action = request.form.get("action", "")
    if action.startswith("add-"):
        return _page(scheme, form, rows, groups, version_id=version_id, more=action.removeprefix("add-"))
    if action == "classes":
        known = {row["grade"] for row in rows["classes"]}
        rows["classes"] += [one for one in _all_classes(form) if one["grade"] not in known]
        return _page(scheme, form, rows, groups, version_id=version_id)
    errors: Errors = {}
    refusals: list[tuple[Message, str]] = []
    if form.validate_on_submit() and form.valid_from.data:
        content = form.content(rows, {**standard_groups(), **groups}, errors)
        if not errors and not form.errors:
            try:
                return _save(scheme, version_id, form, content)
            except DomainError as refused:
                errors = {path: list(messages) for path, messages in refused.errors.items()}
                if not errors:
                    form.take_refusal(refused)
        refusals = form.take_row_errors(errors, TABLE_LABELS)
    page = _page(scheme, form, rows, groups, version_id=version_id, refusals=refusals)
    return page, 422


def _save(scheme: PriceScheme, version_id: UUID | None, form: VersionForm, content: PriceContent) -> Response:
    assert form.valid_from.data is not None, "the form asks for it"  # noqa: S101 - checked by the caller
    values: dict[str, Any] = {
        "content": content,
        "valid_from": form.valid_from.data,
        "valid_to": form.valid_to.data,
        "decided_by": form.decided_by.data or "",
    }
    with atomic() as session:
        if version_id is None:
            version = write_version(
                session,
                actor=g.actor,
                now=utc_now(),
                version_id=form.id.value,
                scheme_id=scheme.id,
                **values,
            )
        else:
            version = change_version(session, actor=g.actor, now=utc_now(), version_id=version_id, **values)
        saved = version.id
    flash(gettext(SAVED), "success")
    return redirect(url_for("pricing.version_detail", version_id=saved))


def _offer(form: VersionForm, scheme: PriceScheme) -> None:
    is_liquid = PRODUCTS[scheme.commodity].unit is Unit.MILLILITRE
    units = UNIT_LABELS if is_liquid else {PayUnit.KILOGRAM: UNIT_LABELS[PayUnit.KILOGRAM]}
    form.unit.choices = choices(units)
    form.missing.choices = choices(MISSING_LABELS)
    language = "en" if g.language == "en" else "es"
    listed = [option(one.id, one.label[language]) for one in class_schemes(scheme.commodity)]
    form.grades_from.choices = [option("", ""), *listed]


def _page(
    scheme: PriceScheme,
    form: VersionForm,
    rows: dict[str, list[Row]],
    groups: Any,
    *,
    version_id: UUID | None = None,
    more: str = "",
    refusals: list[tuple[Message, str]] | None = None,
) -> str:
    _offer(form, scheme)
    kind = form.scheme_kind()
    shown = {
        table: padded(listed, len(listed) + (MORE_ROWS if table == more else 0))
        for table, listed in rows.items()
    }
    return render_template(
        "pricing/version_form.html",
        scheme=scheme,
        form=form,
        kind=kind,
        version_id=version_id,
        tables=TABLES,
        rows=shown,
        lists={
            "grade": class_choices(form.grades()),
            "colour": colour_choices({**standard_groups(), **groups}),
            "parameter": parameter_choices(scheme.commodity),
            "constituent": constituent_choices(),
        },
        refusals=refusals or [],
        marks={place for _, place in refusals or []},
    )
