"""Instruments and laboratories with their uncertainties."""

from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, Kind, ValidationFailed
from chain.core.i18n import N_
from chain.laboratory.attributes import ATTRIBUTES
from chain.laboratory.forms import InstrumentForm
from chain.laboratory.importing.mapping import ROLE_LABELS, read_mapping
from chain.laboratory.queries.instruments import get_instrument_for, list_files, list_instruments
from chain.laboratory.services import archive_instrument, change_instrument, register_instrument
from chain.laboratory.services.instruments import InstrumentTerms
from chain.laboratory.views import blueprint
from chain.web.access import permission_required
from chain.web.i18n import gettext
from chain.web.lists import page_wanted

PREFIX = "uncertainty_"
#: Figures that are calculated and that no instrument shows.
REACHED = frozenset({"clean_mass_kg", "invoice_mass_kg", "mass_kg", "spinning_fineness_um"})
Answer = str | Response | tuple[str, int]


@blueprint.get("/laboratory/instruments")
@permission_required(Permission.MEASUREMENTS_WRITE)
def instrument_list() -> str:
    """List the instruments."""
    page = list_instruments(db.session, g.actor, page_wanted())
    return render_template("laboratory/instruments.html", page=page)


@blueprint.get("/laboratory/instruments/new")
@permission_required(Permission.INSTRUMENTS_MANAGE)
def instrument_form() -> str:
    """Show the empty form."""
    return _form_page(InstrumentForm(), {}, None)


def _form_page(form: InstrumentForm, typed: dict[str, str], instrument_id: UUID | None) -> str:
    measured = [one for one in ATTRIBUTES.values() if one.is_number and one.key not in REACHED]
    return render_template(
        "laboratory/instrument_form.html",
        form=form,
        typed=typed,
        problems=getattr(form, "uncertainty_problems", []),
        measured=measured,
        instrument_id=instrument_id,
    )


def _typed() -> dict[str, str]:
    """Return the uncertainties that were typed, by attribute."""
    return {
        name.removeprefix(PREFIX): value.strip()
        for name, value in request.form.items()
        if name.startswith(PREFIX) and value.strip()
    }


def _terms(form: InstrumentForm, typed: dict[str, str]) -> InstrumentTerms:
    return InstrumentTerms(
        name=form.name.data or "",
        kind=form.kind.data,
        method=form.method.data,
        serial=form.serial.data,
        calibrated_on=form.calibrated_on.data,
        uncertainties=typed,
    )


def _take_refusal(form: InstrumentForm, refused: DomainError) -> None:
    """Put a refusal at its fields; those of uncertainties are linked from the top by their places."""
    problems = [
        (f"{gettext(ATTRIBUTES[name.removeprefix(PREFIX)].label)}: {gettext(message)}", f"#{name}")
        for name, messages in refused.errors.items()
        if name.removeprefix(PREFIX) in ATTRIBUTES
        for message in messages
    ]
    form.uncertainty_problems = problems
    rest = {
        name: found for name, found in refused.errors.items() if name.removeprefix(PREFIX) not in ATTRIBUTES
    }
    if rest or not problems:
        form.take_refusal(ValidationFailed(rest) if rest else refused)


def _forgive_empty_day(form: InstrumentForm) -> None:
    """Take an empty day of calibration as not known."""
    if not (request.form.get("calibrated_on") or "").strip():
        form.calibrated_on.process_errors = []


@blueprint.post("/laboratory/instruments/new")
@permission_required(Permission.INSTRUMENTS_MANAGE)
def instrument_submit() -> Answer:
    """Register the instrument."""
    form, typed = InstrumentForm(), _typed()
    _forgive_empty_day(form)
    if form.validate_on_submit():
        try:
            with atomic() as session:
                row, _ = register_instrument(
                    session, actor=g.actor, now=utc_now(), id=form.id.value, terms=_terms(form, typed)
                )
        except DomainError as refused:
            _take_refusal(form, refused)
        else:
            flash(N_("The instrument is registered."), "success")
            return redirect(url_for("laboratory.instrument_show", instrument_id=row.id))
    return _form_page(form, typed, None), 422


@blueprint.get("/laboratory/instruments/<uuid:instrument_id>")
@permission_required(Permission.MEASUREMENTS_WRITE)
def instrument_show(instrument_id: UUID) -> str:
    """Show an instrument, how its files are read, and those that were."""
    row = get_instrument_for(db.session, g.actor, instrument_id)
    mapping = read_mapping(row.mapping)
    meanings: list[Any] = []
    for one in mapping.columns if mapping else ():
        attribute = ATTRIBUTES.get(one.meaning)
        label = attribute.label if attribute else ROLE_LABELS[one.meaning]
        meanings.append((one, label, attribute))
    return render_template(
        "laboratory/instrument.html",
        instrument=row,
        mapping=mapping,
        meanings=meanings,
        uncertainties=[(ATTRIBUTES[key], value) for key, value in row.uncertainties.items()],
        page=list_files(db.session, g.actor, page_wanted(), instrument_id=row.id),
    )


@blueprint.get("/laboratory/instruments/<uuid:instrument_id>/change")
@permission_required(Permission.INSTRUMENTS_MANAGE)
def instrument_change_form(instrument_id: UUID) -> str:
    """Show the form with what is known."""
    row = get_instrument_for(db.session, g.actor, instrument_id)
    form = InstrumentForm(
        name=row.name,
        kind=row.kind,
        method=row.method,
        serial=row.serial,
        calibrated_on=row.calibrated_on,
    )
    return _form_page(form, dict(row.uncertainties), row.id)


@blueprint.post("/laboratory/instruments/<uuid:instrument_id>/change")
@permission_required(Permission.INSTRUMENTS_MANAGE)
def instrument_change_submit(instrument_id: UUID) -> Answer:
    """Change what is said of the instrument."""
    form, typed = InstrumentForm(), _typed()
    _forgive_empty_day(form)
    if form.validate_on_submit():
        try:
            with atomic() as session:
                change_instrument(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    instrument_id=instrument_id,
                    terms=_terms(form, typed),
                )
        except DomainError as refused:
            if refused.kind is Kind.NOT_FOUND:
                raise
            _take_refusal(form, refused)
        else:
            flash(N_("The instrument is changed. Earlier measurements keep their uncertainty."), "success")
            return redirect(url_for("laboratory.instrument_show", instrument_id=instrument_id))
    return _form_page(form, typed, instrument_id), 422


@blueprint.post("/laboratory/instruments/<uuid:instrument_id>/archive")
@permission_required(Permission.INSTRUMENTS_MANAGE)
def instrument_archive(instrument_id: UUID) -> Answer:
    """Take the instrument out of use."""
    with atomic() as session:
        archive_instrument(session, actor=g.actor, now=utc_now(), instrument_id=instrument_id)
    flash(N_("The instrument is out of use. Its measurements stay."), "success")
    return redirect(url_for("laboratory.instrument_list"))
