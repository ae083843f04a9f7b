"""Pages of settlement runs: the list, and preparing one of a sale, of a period or at the gate."""

from datetime import date
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, Forbidden, NotFound
from chain.core.i18n import N_
from chain.core.ids import new_id, parse_id
from chain.settlement.forms import PeriodRunForm
from chain.settlement.models import SettlementRun
from chain.settlement.pages import page_wanted
from chain.settlement.queries import runs as queries
from chain.settlement.queries.waiting import gate_deliveries, period_preview
from chain.settlement.rules import RunKind, RunState, last_fortnight
from chain.settlement.services import runs as services
from chain.settlement.services.gate import gate_rule_on, pay_at_gate
from chain.settlement.views import blueprint
from chain.web.access import permission_required
from chain.web.formats import timezone_name
from chain.web.i18n import gettext

PREPARED = N_("The settlement is prepared. Another person must approve it.")


def local_today() -> date:
    """Return the day it is at the organisation."""
    return local_date(utc_now(), timezone_name())


@blueprint.get("/settlement/runs")
@permission_required(Permission.RUNS_READ)
def run_list() -> str:
    """List the runs, all or in one state or of one kind."""
    word, kind = request.args.get("state", ""), request.args.get("kind", "")
    page = queries.list_runs(
        db.session,
        g.actor,
        page_wanted(),
        state=RunState(word) if word in set(RunState) else None,
        kind=RunKind(kind) if kind in set(RunKind) else None,
    )
    return render_template(
        "settlement/runs.html",
        page=page,
        state=word,
        kind=kind,
        may_prepare=g.actor.may(Permission.RUNS_PREPARE),
        may_approve=g.actor.may(Permission.RUNS_APPROVE),
    )


@blueprint.get("/settlement/runs/new")
@permission_required(Permission.RUNS_PREPARE)
def run_choose() -> str:
    """Offer the sales that wait for their settlement, and the ways to a period and to the gate."""
    sales = queries.sales_to_settle(db.session, g.actor)
    return render_template("settlement/new.html", sales=[(sale, new_id()) for sale in sales])


@blueprint.post("/settlement/runs/new")
@permission_required(Permission.RUNS_PREPARE)
def sale_run_submit() -> BaseResponse:
    """Prepare the settlement of a sale."""
    try:
        with atomic() as session:
            run = services.prepare_sale_run(
                session,
                actor=g.actor,
                now=utc_now(),
                run_id=parse_id(request.form.get("id")),
                sale_id=parse_id(request.form.get("sale_id")),
            )
    except (Forbidden, NotFound):
        raise
    except DomainError as refused:
        flash(gettext(refused.message), "error")
        return redirect(url_for("settlement.run_choose"))
    flash(gettext(PREPARED), "success")
    return redirect(url_for("settlement.run_show", run_id=run.id))


@blueprint.get("/settlement/runs/new/period")
@permission_required(Permission.RUNS_PREPARE)
def period_run_form() -> str:
    """Show the form for the deliveries of a period, filled with the last fortnight, and the prices in force."""
    form = PeriodRunForm(request.args if "period_from" in request.args else None)
    form.offer()
    if "period_from" not in request.args:
        form.commodity.data = "raw-milk"
        form.period_from.data, form.period_to.data = last_fortnight(local_today())
    return _period_page(form)


def _period_page(form: PeriodRunForm) -> str:
    preview = None
    first, last, commodity = form.period_from.data, form.period_to.data, form.commodity.data
    if first and last and commodity and first <= last:
        organisation = get_own_organisation(db.session, g.actor)
        preview = period_preview(db.session, organisation, commodity, first, last)
    return render_template("settlement/new_period.html", form=form, preview=preview)


@blueprint.post("/settlement/runs/new/period")
@permission_required(Permission.RUNS_PREPARE)
def period_run_submit() -> BaseResponse | tuple[str, int]:
    """Prepare the settlement of a period."""
    form = PeriodRunForm()
    form.offer()
    if form.validate_on_submit() and form.period_from.data and form.period_to.data:
        try:
            with atomic() as session:
                run = services.prepare_period_run(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    run_id=form.id.value,
                    commodity=form.commodity.data,
                    period_from=form.period_from.data,
                    period_to=form.period_to.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(PREPARED), "success")
            return redirect(url_for("settlement.run_show", run_id=run.id))
    return _period_page(form), 422


@blueprint.get("/settlement/runs/new/gate")
@permission_required(Permission.RUNS_PREPARE)
def gate_run_form() -> str:
    """Offer today's deliveries, and those of other days, to be paid at once."""
    return _gate_page([])


def _gate_page(problems: list[Any]) -> str:
    day = _day_wanted()
    rule = gate_rule_on(db.session, g.actor.org, local_today())
    return render_template(
        "settlement/new_gate.html",
        day=day,
        deliveries=gate_deliveries(db.session, g.actor, day),
        chosen=set(request.form.getlist("lot")),
        rule=rule,
        run_id=request.form.get("id") or new_id(),
        problems=problems,
    )


def _day_wanted() -> date:
    try:
        return date.fromisoformat(request.values.get("day", ""))
    except ValueError:
        return local_today()


@blueprint.post("/settlement/runs/new/gate")
@permission_required(Permission.RUNS_PREPARE)
def gate_run_submit() -> BaseResponse | tuple[str, int]:
    """Prepare the payment of chosen deliveries, or pay them in one step where a decision allows it."""
    step = pay_at_gate if "pay" in request.form else services.prepare_gate_run
    lots = [parse_id(one) for one in request.form.getlist("lot")]
    if not lots:
        return _gate_page([gettext(N_("Choose at least one delivery."))]), 422
    try:
        with atomic() as session:
            run: SettlementRun = step(
                session,
                actor=g.actor,
                now=utc_now(),
                run_id=parse_id(request.form.get("id")),
                lot_ids=lots,
            )
    except (Forbidden, NotFound):
        raise
    except DomainError as refused:
        return _gate_page([gettext(refused.message)]), 422
    done = N_("The deliveries are paid. The receipts can be printed.") if "pay" in request.form else PREPARED
    flash(gettext(done), "success")
    return redirect(url_for("settlement.run_show", run_id=run.id))
