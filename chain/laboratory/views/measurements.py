"""Recording values by lot or by sample code, calculating figures, and deciding which value counts."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import local_moment, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, Kind, NotFound
from chain.core.i18n import N_
from chain.laboratory.attributes import (
    ATTRIBUTES,
    Attribute,
    NotMeasurable,
    attribute_of,
    attributes_of,
    plain_number,
)
from chain.laboratory.forms import CalculationForm, ChoiceForm, MeasurementForm
from chain.laboratory.formulas import FORMULAS, Formula
from chain.laboratory.queries.instruments import instrument_choices
from chain.laboratory.queries.measurements import measurements_of
from chain.laboratory.readings import Reading
from chain.laboratory.services import calculate_measurement, choose_measurement, record_measurement
from chain.laboratory.services.calculations import value_for
from chain.laboratory.views import blueprint
from chain.laboratory.views.samples import sample_row
from chain.laboratory.words import measured_text, method_text
from chain.lots.labels import amount
from chain.lots.models import Lot
from chain.lots.products import PRODUCTS
from chain.lots.queries import get_lot_for
from chain.web.access import permission_required
from chain.web.formats import timezone_name
from chain.web.forms import option
from chain.web.i18n import gettext

Answer = str | Response | tuple[str, int]
#: Stands for the value that was recorded at delivery.
DELIVERY = "delivery"


def _attribute(commodity: str, key: str) -> Attribute:
    try:
        return attribute_of(commodity, key)
    except NotMeasurable as refused:
        raise NotFound from refused


@blueprint.get("/laboratory/lots/<uuid:lot_id>/measurements/new")
@permission_required(Permission.MEASUREMENTS_WRITE)
def record_choose(lot_id: UUID) -> str:
    """Ask what was measured of a lot."""
    lot = get_lot_for(db.session, g.actor, lot_id)
    links = [
        (one.label, url_for("laboratory.record_form", lot_id=lot.id, key=one.key))
        for one in attributes_of(lot.commodity)
    ]
    return render_template("laboratory/record_choose.html", lot=lot, links=links)


@blueprint.get("/laboratory/lots/<uuid:lot_id>/measurements/new/<key>")
@permission_required(Permission.MEASUREMENTS_WRITE)
def record_form(lot_id: UUID, key: str) -> str:
    """Show the form for one value of a lot."""
    lot = get_lot_for(db.session, g.actor, lot_id)
    return _record_page(_empty_form(), _attribute(lot.commodity, key), lot=lot)


@blueprint.post("/laboratory/lots/<uuid:lot_id>/measurements/new/<key>")
@permission_required(Permission.MEASUREMENTS_WRITE)
def record_submit(lot_id: UUID, key: str) -> Answer:
    """Record one value of a lot."""
    lot = get_lot_for(db.session, g.actor, lot_id)
    attribute = _attribute(lot.commodity, key)
    form = MeasurementForm()
    if _record(form, attribute, lot_id=lot.id):
        return redirect(url_for("lots.show", lot_id=lot.id))
    return _record_page(form, attribute, lot=lot), 422


@blueprint.get("/laboratory/samples/<string(length=7):code>/measurements/new/<key>")
@permission_required(Permission.MEASUREMENTS_WRITE)
def record_sample_form(code: str, key: str) -> str:
    """Show the form for one value of a sample, for whoever knows only its code."""
    row = sample_row(code)
    return _record_page(_empty_form(), _attribute(row.commodity, key), code=row.code)


@blueprint.post("/laboratory/samples/<string(length=7):code>/measurements/new/<key>")
@permission_required(Permission.MEASUREMENTS_WRITE)
def record_sample_submit(code: str, key: str) -> Answer:
    """Record one value of a sample."""
    row = sample_row(code)
    attribute = _attribute(row.commodity, key)
    form = MeasurementForm()
    if _record(form, attribute, sample_code=row.code):
        return redirect(url_for("laboratory.sample_show", code=row.code))
    return _record_page(form, attribute, code=row.code), 422


def _empty_form() -> MeasurementForm:
    form = MeasurementForm()
    form.measured_at.data = utc_now().astimezone(ZoneInfo(timezone_name())).replace(tzinfo=None)
    return form


def _record_page(
    form: MeasurementForm, attribute: Attribute, *, lot: Lot | None = None, code: str | None = None
) -> str:
    form.offer(attribute, instrument_choices(db.session, g.actor))
    return render_template("laboratory/record.html", form=form, attribute=attribute, lot=lot, code=code)


def _record(form: MeasurementForm, attribute: Attribute, **subject: Any) -> bool:
    """Record what the form says; after a refusal the form holds it."""
    instruments = instrument_choices(db.session, g.actor)
    form.offer(attribute, instruments)
    if not form.validate_on_submit():
        return False
    assert isinstance(form.measured_at.data, datetime)  # noqa: S101 - the form was validated
    wanted = next((one for one in instruments if str(one.id) == form.instrument_id.data), None)
    reading = Reading(
        id=form.id.value,
        attribute=attribute.key,
        value=form.word.data if attribute.options else form.value.data,
        unit=form.unit.data or None,
        basis=form.basis.data or None,
        method=form.method.data,
        status=form.status.data,
        instrument_id=None if wanted is None else wanted.id,
        uncertainty=form.uncertainty.data,
        operator=form.operator.data,
        document=form.document.data,
        measured_at=local_moment(form.measured_at.data, timezone_name()),
        **subject,
    )
    try:
        with atomic() as session:
            record_measurement(session, actor=g.actor, now=utc_now(), reading=reading)
    except DomainError as refused:
        if refused.kind in {Kind.NOT_FOUND, Kind.FORBIDDEN}:
            raise
        form.take_refusal(refused)
        return False
    flash(N_("The value is recorded. It counts once somebody decides so."), "success")
    return True


# --- Calculated figures ----------------------------------------------------------------------------------------------


@blueprint.get("/laboratory/lots/<uuid:lot_id>/calculate")
@permission_required(Permission.MEASUREMENTS_WRITE)
def calculate_choose(lot_id: UUID) -> str:
    """Show the formulas of the product, with where they come from and whether their inputs were measured."""
    lot = get_lot_for(db.session, g.actor, lot_id)
    form = PRODUCTS[lot.commodity].icon
    rows = [(one, _inputs(lot, one)) for one in FORMULAS.values() if form in one.forms]
    return render_template("laboratory/calculate_choose.html", lot=lot, rows=rows)


def _inputs(lot: Lot, formula: Formula) -> list[tuple[str, str | None]]:
    """Return what a formula takes of a lot, in words; None for what was not measured."""
    found: list[tuple[str, str | None]] = []
    for one in formula.inputs:
        if one.kind == "quantity":
            found.append((one.label, amount(lot.quantity, lot.unit)))
        elif one.attribute is not None:
            value, _ = value_for(db.session, lot, one.attribute)
            unit = ATTRIBUTES[one.attribute].unit
            text = None if value is None else measured_text(one.attribute, plain_number(value), unit)
            found.append((one.label, text))
    return found


@blueprint.get("/laboratory/lots/<uuid:lot_id>/calculate/<formula>")
@permission_required(Permission.MEASUREMENTS_WRITE)
def calculate_form(lot_id: UUID, formula: str) -> str:
    """Show a formula, what it takes, and what must be agreed."""
    return _calculate_page(lot_id, formula, CalculationForm())


def _calculate_page(lot_id: UUID, key: str, form: CalculationForm) -> str:
    lot = get_lot_for(db.session, g.actor, lot_id)
    formula = FORMULAS.get(key)
    if formula is None or PRODUCTS[lot.commodity].icon not in formula.forms:
        raise NotFound
    agreed = {one.key for one in formula.inputs if one.kind == "contract"}
    form.regain.flags.required = form.constant.flags.required = True
    return render_template(
        "laboratory/calculate.html",
        lot=lot,
        formula=formula,
        inputs=_inputs(lot, formula),
        agreed=agreed,
        form=form,
    )


@blueprint.post("/laboratory/lots/<uuid:lot_id>/calculate/<formula>")
@permission_required(Permission.MEASUREMENTS_WRITE)
def calculate_submit(lot_id: UUID, formula: str) -> Answer:
    """Calculate a figure and keep it."""
    form = CalculationForm()
    if form.validate_on_submit():
        agreed = {"regain": form.regain.data, "constant": form.constant.data}
        try:
            with atomic() as session:
                calculate_measurement(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    id=form.id.value,
                    lot_id=lot_id,
                    formula=formula,
                    agreed=agreed,
                )
        except DomainError as refused:
            if refused.kind in {Kind.NOT_FOUND, Kind.FORBIDDEN}:
                raise
            form.take_refusal(refused)
        else:
            flash(N_("The figure is calculated and kept with its formula."), "success")
            return redirect(url_for("lots.show", lot_id=lot_id))
    return _calculate_page(lot_id, formula, form), 422


# --- Which value counts ----------------------------------------------------------------------------------------------


@blueprint.get("/laboratory/lots/<uuid:lot_id>/choose/<key>")
@permission_required(Permission.GRADES_CONFIRM)
def choose_form(lot_id: UUID, key: str) -> str:
    """Show the values of an attribute, to decide which one counts."""
    return _choose_page(lot_id, key, ChoiceForm())


def _choose_page(lot_id: UUID, key: str, form: ChoiceForm) -> str:
    lot = get_lot_for(db.session, g.actor, lot_id)
    attribute = _attribute(lot.commodity, key)
    values = [one for one in measurements_of(db.session, g.actor, lot.id) if one.attribute == key]
    form.measurement_id.choices = [
        option(
            one.id or DELIVERY,
            f"{measured_text(key, one.value, one.unit, one.uncertainty)} — {method_text(one)}",
        )
        for one in values
    ]
    if values and not any(one.at_delivery for one in values):
        form.measurement_id.choices.append(option(DELIVERY, gettext(N_("None of these counts"))))
    if not form.is_submitted():
        form.measurement_id.data = next((str(one.id or DELIVERY) for one in values if one.counts), DELIVERY)
    return render_template("laboratory/choose.html", form=form, lot=lot, attribute=attribute)


@blueprint.post("/laboratory/lots/<uuid:lot_id>/choose/<key>")
@permission_required(Permission.GRADES_CONFIRM)
def choose_submit(lot_id: UUID, key: str) -> Answer:
    """Decide which value counts."""
    form = ChoiceForm()
    form.measurement_id.validate_choice = False
    if form.validate_on_submit():
        try:
            wanted = None if form.measurement_id.data == DELIVERY else UUID(form.measurement_id.data)
        except ValueError:
            raise NotFound from None
        try:
            with atomic() as session:
                lot = choose_measurement(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    id=form.id.value,
                    lot_id=lot_id,
                    attribute=key,
                    measurement_id=wanted,
                    reason=form.reason.data or "",
                )
                is_confirmed = lot.grade_confirmed
        except DomainError as refused:
            if refused.kind in {Kind.NOT_FOUND, Kind.FORBIDDEN}:
                raise
            form.take_refusal(refused)
        else:
            told = N_("The value counts now.")
            if not is_confirmed:
                told = N_("The value counts now. Another person must confirm the class.")
            flash(told, "success")
            return redirect(url_for("lots.show", lot_id=lot_id))
    return _choose_page(lot_id, key, form), 422
