"""Pages of what is taken from every payment: rules, group charges, and what a household keeps."""

from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.dues.forms import CapForm, DeductionForm, EndDeductionForm, GroupChargeForm, minor_of
from chain.dues.pages import local_today, page_wanted
from chain.dues.queries import terms as queries
from chain.dues.queries.dues import cap_on
from chain.dues.rules import Basis, DueKind
from chain.dues.services.rules import (
    confirm_deduction,
    end_deduction,
    set_deduction,
    set_group_charge,
    set_recovery_cap,
    withdraw_group_charge,
)
from chain.dues.views import blueprint
from chain.dues.zones import zones_of
from chain.web.access import permission_required
from chain.web.forms import option
from chain.web.i18n import gettext


@blueprint.get("/deductions")
@permission_required(Permission.RUNS_READ)
def deduction_list() -> str:
    """List the rules with the decisions that set them."""
    today = local_today()
    return render_template(
        "dues/deductions.html",
        page=queries.list_rules(db.session, g.actor, page_wanted()),
        cap=cap_on(db.session, g.actor.org, today),
        may_write=g.actor.may(Permission.DEDUCTIONS_WRITE),
        may_confirm=g.actor.may(Permission.TAXES_CONFIRM),
    )


@blueprint.get("/deductions/new")
@permission_required(Permission.DEDUCTIONS_WRITE)
def deduction_form() -> str:
    """Show the form."""
    form = DeductionForm()
    form.offer()
    form.kind.data, form.basis.data = DueKind.FEE.value, Basis.PERCENT_OF_GROSS.value
    form.valid_from.data = local_today()
    return render_template("dues/deduction_new.html", form=form)


@blueprint.post("/deductions/new")
@permission_required(Permission.DEDUCTIONS_WRITE)
def deduction_submit() -> Response | tuple[str, int]:
    """Set a rule."""
    form = DeductionForm()
    form.offer()
    form.kind.data = form.kind.data or DueKind.FEE.value
    form.basis.data = form.basis.data or Basis.PERCENT_OF_GROSS.value
    is_valid = form.validate_on_submit()
    by_percent = form.basis.data == Basis.PERCENT_OF_GROSS
    value = minor_of(form.percent if by_percent else form.amount) if is_valid else None
    parts = [(name, minor_of(field)) for name, field in (("IT", form.it_percent), ("IUE", form.iue_percent))]
    if is_valid and value is None:
        wrong = form.percent if by_percent else form.amount
        if not wrong.errors:
            wrong.errors = [gettext("Fill in this field.")]
    if value is not None and form.valid_from.data and not form.errors:
        try:
            with atomic() as session:
                set_deduction(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    rule_id=form.id.value,
                    name=form.name.data or "",
                    kind=DueKind(form.kind.data),
                    basis=Basis(form.basis.data),
                    value=value,
                    position=form.position.data,
                    parts=[(name, rate) for name, rate in parts if rate],
                    valid_from=form.valid_from.data,
                    valid_to=form.valid_to.data,
                    decided_by=form.decided_by.data or "",
                    decision_document=form.decision_document.data,
                    decided_on=form.decided_on.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The fee is set. Settlements prepared from now on take it.")), "success")
            return redirect(url_for("dues.deduction_list"))
    return render_template("dues/deduction_new.html", form=form), 422


@blueprint.get("/deductions/<uuid:rule_id>/end")
@permission_required(Permission.DEDUCTIONS_WRITE)
def deduction_end_form(rule_id: UUID) -> str:
    """Ask for the last day of a rule."""
    rule = queries.get_rule_for(db.session, g.actor, rule_id)
    form = EndDeductionForm()
    form.last_day.data = rule.valid_to or local_today()
    return render_template("dues/deduction_end.html", form=form, rule=rule)


@blueprint.post("/deductions/<uuid:rule_id>/end")
@permission_required(Permission.DEDUCTIONS_WRITE)
def deduction_end_submit(rule_id: UUID) -> Response | tuple[str, int]:
    """Let a rule end."""
    rule = queries.get_rule_for(db.session, g.actor, rule_id)
    form = EndDeductionForm()
    if form.validate_on_submit() and form.last_day.data:
        try:
            with atomic() as session:
                end_deduction(
                    session, actor=g.actor, now=utc_now(), rule_id=rule_id, last_day=form.last_day.data
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The last day of the fee is set.")), "success")
            return redirect(url_for("dues.deduction_list"))
    return render_template("dues/deduction_end.html", form=form, rule=rule), 422


@blueprint.post("/deductions/<uuid:rule_id>/confirm")
@permission_required(Permission.TAXES_CONFIRM)
def deduction_confirm(rule_id: UUID) -> Response:
    """Confirm the rates of a tax."""
    with atomic() as session:
        confirm_deduction(session, actor=g.actor, now=utc_now(), rule_id=rule_id)
    flash(gettext(N_("The rates are confirmed. Settlements prepared from now on withhold them.")), "success")
    return redirect(url_for("dues.deduction_list"))


@blueprint.get("/group-charges")
@permission_required(Permission.RUNS_READ)
def charge_list() -> str:
    """List the group charges."""
    return render_template(
        "dues/charges.html",
        page=queries.list_charges(db.session, g.actor, page_wanted()),
        may_write=g.actor.may(Permission.DEDUCTIONS_WRITE),
    )


def _charge_form() -> tuple[GroupChargeForm, dict[str, str]]:
    form = GroupChargeForm()
    zones = {str(key): name for key, name in zones_of(db.session, g.actor.org)}
    form.zone.choices = [option("", gettext(N_("All producers of the payment")))] + [
        option(key, name) for key, name in zones.items()
    ]
    return form, zones


@blueprint.get("/group-charges/new")
@permission_required(Permission.DEDUCTIONS_WRITE)
def charge_form() -> str:
    """Show the form."""
    form, _ = _charge_form()
    form.charged_on.data = local_today()
    return render_template("dues/charge_new.html", form=form)


@blueprint.post("/group-charges/new")
@permission_required(Permission.DEDUCTIONS_WRITE)
def charge_submit() -> Response | tuple[str, int]:
    """Set a group charge."""
    form, zones = _charge_form()
    amount = minor_of(form.amount) if form.validate_on_submit() else None
    if amount is not None and form.charged_on.data:
        try:
            with atomic() as session:
                set_group_charge(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    charge_id=form.id.value,
                    name=form.name.data or "",
                    amount_minor=amount,
                    charged_on=form.charged_on.data,
                    decided_by=form.decided_by.data or "",
                    zone_id=UUID(form.zone.data) if form.zone.data else None,
                    zone_name=zones.get(form.zone.data or ""),
                    known_zones={UUID(key) for key in zones},
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The charge is set. The next settlement shares it out by litres.")), "success")
            return redirect(url_for("dues.charge_list"))
    return render_template("dues/charge_new.html", form=form), 422


@blueprint.post("/group-charges/<uuid:charge_id>/withdraw")
@permission_required(Permission.DEDUCTIONS_WRITE)
def charge_withdraw(charge_id: UUID) -> Response:
    """Withdraw a group charge."""
    with atomic() as session:
        withdraw_group_charge(session, actor=g.actor, now=utc_now(), charge_id=charge_id)
    flash(gettext(N_("The charge is withdrawn.")), "success")
    return redirect(url_for("dues.charge_list"))


@blueprint.get("/recovery-cap")
@permission_required(Permission.RUNS_READ)
def cap_show() -> str:
    """Show what a household keeps of each payment, and the decisions behind it."""
    form = CapForm()
    form.valid_from.data = local_today()
    return _cap_page(form)


def _cap_page(form: CapForm) -> str:
    return render_template(
        "dues/cap.html",
        form=form,
        cap=cap_on(db.session, g.actor.org, local_today()),
        caps=queries.list_caps(db.session, g.actor),
        may_write=g.actor.may(Permission.DEDUCTIONS_WRITE),
    )


@blueprint.post("/recovery-cap")
@permission_required(Permission.DEDUCTIONS_WRITE)
def cap_submit() -> Response | tuple[str, int]:
    """Set what a household keeps."""
    form = CapForm()
    points = minor_of(form.percent) if form.validate_on_submit() else None
    if points is not None and form.valid_from.data:
        try:
            with atomic() as session:
                set_recovery_cap(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    cap_id=form.id.value,
                    left_basis_points=points,
                    valid_from=form.valid_from.data,
                    decided_by=form.decided_by.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("It is set what a household keeps of each payment.")), "success")
            return redirect(url_for("dues.cap_show"))
    return _cap_page(form), 422
