"""Pages of prices, fees and advances."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.producers.queries import producers_by_member_code
from chain.settlement.forms import AdvanceForm, DeductionForm, EndDeductionForm, PriceForm, minor_of
from chain.settlement.pages import page_wanted
from chain.settlement.queries import terms as queries
from chain.settlement.services.advances import give_advance
from chain.settlement.services.deductions import end_deduction, set_deduction
from chain.settlement.services.prices import set_price
from chain.settlement.views import blueprint
from chain.settlement.views.runs import local_today
from chain.web.access import permission_required
from chain.web.i18n import gettext

UNKNOWN_MEMBER = N_("We do not know this member code in your organisation.")


@blueprint.get("/advances")
@permission_required(Permission.RUNS_READ)
def advance_list() -> str:
    """List the advances, all or those still open."""
    only_open = request.args.get("open") == "1"
    page = queries.list_advances(db.session, g.actor, page_wanted(), only_open=only_open)
    given, still_open = queries.advance_totals(db.session, g.actor)
    return render_template(
        "settlement/advances.html",
        page=page,
        only_open=only_open,
        given=given,
        still_open=still_open,
        may_write=g.actor.may(Permission.ADVANCES_WRITE),
    )


@blueprint.get("/advances/new")
@permission_required(Permission.ADVANCES_WRITE)
def advance_form() -> str:
    """Show the form; `?member=` fills in the producer."""
    form = AdvanceForm()
    form.given_on.data = local_today()
    form.member_code.data = request.args.get("member", "")[:40]
    return render_template("settlement/advance_new.html", form=form)


@blueprint.post("/advances/new")
@permission_required(Permission.ADVANCES_WRITE)
def advance_submit() -> Response | tuple[str, int]:
    """Record an advance."""
    form = AdvanceForm()
    amount = minor_of(form.amount) if form.validate_on_submit() else None
    if amount is not None and form.given_on.data:
        code = (form.member_code.data or "").strip()
        producer_id = producers_by_member_code(db.session, g.actor.org, [code]).get(code)
        if producer_id is None:
            form.member_code.errors = [gettext(UNKNOWN_MEMBER)]
            return render_template("settlement/advance_new.html", form=form), 422
        try:
            with atomic() as session:
                give_advance(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    advance_id=form.id.value,
                    producer_id=producer_id,
                    amount_minor=amount,
                    given_on=form.given_on.data,
                    note=form.note.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The advance is in the books.")), "success")
            return redirect(url_for("settlement.advance_list"))
    return render_template("settlement/advance_new.html", form=form), 422


@blueprint.get("/deductions")
@permission_required(Permission.RUNS_READ)
def deduction_list() -> str:
    """List the fees with the decisions that set them."""
    return render_template(
        "settlement/deductions.html",
        page=queries.list_deductions(db.session, g.actor, page_wanted()),
        today=local_today(),
        may_write=g.actor.may(Permission.DEDUCTIONS_WRITE),
    )


@blueprint.get("/deductions/new")
@permission_required(Permission.DEDUCTIONS_WRITE)
def deduction_form() -> str:
    """Show the form."""
    form = DeductionForm()
    form.valid_from.data = local_today()
    return render_template("settlement/deduction_new.html", form=form)


@blueprint.post("/deductions/new")
@permission_required(Permission.DEDUCTIONS_WRITE)
def deduction_submit() -> Response | tuple[str, int]:
    """Set a fee."""
    form = DeductionForm()
    points = minor_of(form.percent) if form.validate_on_submit() else None
    if points is not None and form.valid_from.data:
        try:
            with atomic() as session:
                set_deduction(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    rule_id=form.id.value,
                    name=form.name.data or "",
                    basis_points=points,
                    valid_from=form.valid_from.data,
                    valid_to=form.valid_to.data,
                    decided_by=form.decided_by.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The fee is set. Settlements prepared from now on take it.")), "success")
            return redirect(url_for("settlement.deduction_list"))
    return render_template("settlement/deduction_new.html", form=form), 422


@blueprint.get("/deductions/<uuid:rule_id>/end")
@permission_required(Permission.DEDUCTIONS_WRITE)
def deduction_end_form(rule_id: UUID) -> str:
    """Ask for the last day of a fee."""
    rule = queries.get_deduction_for(db.session, g.actor, rule_id)
    form = EndDeductionForm()
    form.last_day.data = rule.valid_to or local_today()
    return render_template("settlement/deduction_end.html", form=form, rule=rule)


@blueprint.post("/deductions/<uuid:rule_id>/end")
@permission_required(Permission.DEDUCTIONS_WRITE)
def deduction_end_submit(rule_id: UUID) -> Response | tuple[str, int]:
    """Let a fee end."""
    rule = queries.get_deduction_for(db.session, g.actor, rule_id)
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
            return redirect(url_for("settlement.deduction_list"))
    return render_template("settlement/deduction_end.html", form=form, rule=rule), 422


@blueprint.get("/period-prices")
@permission_required(Permission.RUNS_READ)
def price_list() -> str:
    """List the prices for deliveries that the organisation pays itself."""
    return render_template(
        "settlement/prices.html",
        page=queries.list_prices(db.session, g.actor, page_wanted()),
        today=local_today(),
        may_write=g.actor.may(Permission.PRICES_WRITE),
    )


@blueprint.get("/period-prices/new")
@permission_required(Permission.PRICES_WRITE)
def price_form() -> str:
    """Show the form."""
    form = PriceForm()
    form.offer()
    form.commodity.data = "raw-milk"
    form.valid_from.data = local_today()
    return render_template("settlement/price_new.html", form=form)


@blueprint.post("/period-prices/new")
@permission_required(Permission.PRICES_WRITE)
def price_submit() -> Response | tuple[str, int]:
    """Set a price."""
    form = PriceForm()
    form.offer()
    price = minor_of(form.price) if form.validate_on_submit() else None
    if price is not None and form.valid_from.data and form.valid_to.data:
        try:
            with atomic() as session:
                set_price(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    price_id=form.id.value,
                    commodity=form.commodity.data,
                    price_minor_per_unit=price,
                    valid_from=form.valid_from.data,
                    valid_to=form.valid_to.data,
                    decided_by=form.decided_by.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The price is set.")), "success")
            return redirect(url_for("settlement.price_list"))
    return render_template("settlement/price_new.html", form=form), 422
