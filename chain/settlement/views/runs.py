"""Pages of settlement runs."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import Conflict, DomainError, Forbidden, NotFound, SamePerson
from chain.core.i18n import N_
from chain.core.ids import new_id, parse_id
from chain.core.paging import PageRequest
from chain.ledger.queries.journal import owed_by_buyer
from chain.sales.queries import get_sale_for
from chain.settlement.export import run_csv
from chain.settlement.forms import BuyerPaymentForm, DiscardForm, PeriodRunForm, minor_of
from chain.settlement.models import SettlementRun
from chain.settlement.pages import PART, page_wanted
from chain.settlement.queries import receipts as receipt_queries
from chain.settlement.queries import runs as queries
from chain.settlement.rules import RunKind, RunState, last_fortnight
from chain.settlement.services import runs as services
from chain.settlement.services.buyer_payments import record_buyer_payment
from chain.settlement.views import blueprint
from chain.web.access import permission_required
from chain.web.formats import number_format, timezone_name
from chain.web.i18n import gettext


def local_today() -> date:
    """Return the day it is at the organisation."""
    return local_date(utc_now(), timezone_name())


@blueprint.get("/settlement/runs")
@permission_required(Permission.RUNS_READ)
def run_list() -> str:
    """List the runs, all or in one state."""
    word = request.args.get("state", "")
    state = RunState(word) if word in set(RunState) else None
    page = queries.list_runs(db.session, g.actor, page_wanted(), state=state)
    return render_template(
        "settlement/runs.html",
        page=page,
        state=word,
        may_prepare=g.actor.may(Permission.RUNS_PREPARE),
    )


@blueprint.get("/settlement/runs/new")
@permission_required(Permission.RUNS_PREPARE)
def run_choose() -> str:
    """Offer the sales that wait for their settlement, and the way to a period."""
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
    flash(gettext(N_("The settlement is prepared. Another person must approve it.")), "success")
    return redirect(url_for("settlement.run_show", run_id=run.id))


@blueprint.get("/settlement/runs/new/period")
@permission_required(Permission.RUNS_PREPARE)
def period_run_form() -> str:
    """Show the form for the deliveries of a period, filled with the last fortnight."""
    form = PeriodRunForm()
    form.offer()
    form.commodity.data = "raw-milk"
    form.period_from.data, form.period_to.data = last_fortnight(local_today())
    return render_template("settlement/new_period.html", form=form)


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
            flash(gettext(N_("The settlement is prepared. Another person must approve it.")), "success")
            return redirect(url_for("settlement.run_show", run_id=run.id))
    return render_template("settlement/new_period.html", form=form), 422


@blueprint.get("/settlement/runs/<uuid:run_id>")
@permission_required(Permission.RUNS_READ)
def run_show(run_id: UUID) -> str:
    """Show a run: totals that reconcile, its producers, and the next step."""
    return _run_page(run_id, DiscardForm())


def _run_page(run_id: UUID, discard_form: DiscardForm) -> str:
    row = queries.get_run_row_for(db.session, g.actor, run_id)
    run = row.run
    lines = queries.list_lines(db.session, run, page_wanted())
    parts = (row.producers + PART - 1) // PART if run.state == RunState.PAID else 0
    return render_template(
        "settlement/run.html",
        row=row,
        run=run,
        people=queries.people_of(db.session, run),
        totals=queries.totals_of(db.session, run),
        page=lines,
        parts=[(part, part * PART + 1, min((part + 1) * PART, row.producers)) for part in range(parts)],
        discard_form=discard_form,
        owed=_owed(run),
        is_preparer=run.prepared_by is not None and run.prepared_by == g.actor.user_id,
        may=_allowed(),
    )


def _allowed() -> dict[str, bool]:
    may = g.actor.may
    return {
        "approve": may(Permission.RUNS_APPROVE),
        "pay": may(Permission.RUNS_PAY),
        "discard": may(Permission.RUNS_PREPARE) or may(Permission.RUNS_APPROVE),
        "print": may(Permission.RECEIPTS_PRINT),
        "ledger": may(Permission.LEDGER_READ),
    }


def _owed(run: SettlementRun) -> int:
    if run.kind != RunKind.SALE or run.state not in {RunState.APPROVED, RunState.PAID} or run.sale_id is None:
        return 0
    if not g.actor.may(Permission.RUNS_PAY):
        return 0
    sale = get_sale_for(db.session, g.actor, run.sale_id)
    return owed_by_buyer(db.session, g.actor.org, sale.buyer_id, run.currency)


def _step(run_id: UUID, done: str, step: Callable[[Session], Any]) -> BaseResponse:
    """Take a step and come back to the run; a refusal by its state is told there."""
    try:
        with atomic() as session:
            step(session)
    except (Conflict, SamePerson) as refused:
        queries.get_run_for(db.session, g.actor, run_id)
        flash(gettext(refused.message), "error")
    else:
        flash(gettext(done), "success")
    return redirect(url_for("settlement.run_show", run_id=run_id))


@blueprint.post("/settlement/runs/<uuid:run_id>/approve")
@permission_required(Permission.RUNS_APPROVE)
def run_approve(run_id: UUID) -> BaseResponse:
    """Approve a run that another person prepared."""
    return _step(
        run_id,
        N_("The settlement is approved and in the books."),
        lambda session: services.approve_run(session, actor=g.actor, now=utc_now(), run_id=run_id),
    )


@blueprint.post("/settlement/runs/<uuid:run_id>/pay")
@permission_required(Permission.RUNS_PAY)
def run_pay(run_id: UUID) -> BaseResponse:
    """Pay a run and issue its receipts."""
    return _step(
        run_id,
        N_("The settlement is paid. The receipts can be printed."),
        lambda session: services.pay_run(session, actor=g.actor, now=utc_now(), run_id=run_id),
    )


@blueprint.post("/settlement/runs/<uuid:run_id>/discard")
@permission_required(Permission.RUNS_READ)
def run_discard(run_id: UUID) -> BaseResponse | tuple[str, int]:
    """Discard a run before its approval."""
    form = DiscardForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.discard_run(
                    session, actor=g.actor, now=utc_now(), run_id=run_id, reason=form.reason.data or ""
                )
        except Conflict as refused:
            flash(gettext(refused.message), "error")
            return redirect(url_for("settlement.run_show", run_id=run_id))
        except (Forbidden, NotFound):
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The settlement is discarded.")), "success")
            return redirect(url_for("settlement.run_show", run_id=run_id))
    return _run_page(run_id, form), 422


@blueprint.get("/settlement/runs/<uuid:run_id>/lines/<uuid:line_id>")
@permission_required(Permission.RUNS_READ)
def run_line(run_id: UUID, line_id: UUID) -> str:
    """Show what one producer is owed, item by item."""
    run, line = queries.get_line_for(db.session, g.actor, run_id, line_id)
    return render_template(
        "settlement/line.html", run=run, line=line, items=queries.items_of(db.session, line.id)
    )


@blueprint.get("/settlement/runs/<uuid:run_id>/export.csv")
@permission_required(Permission.RUNS_READ)
def run_export(run_id: UUID) -> Response:
    """Return the run as a CSV file."""
    run = queries.get_run_for(db.session, g.actor, run_id)
    text = run_csv(run, queries.all_lines(db.session, run), number_format())
    name = f"{gettext(N_('settlement'))}-{run.number}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, mimetype="text/csv", headers=headers)


@blueprint.get("/settlement/runs/<uuid:run_id>/buyer-payment")
@permission_required(Permission.RUNS_PAY)
def buyer_payment_form(run_id: UUID) -> str:
    """Show the form for a buyer's payment, filled with what is owed."""
    row = queries.get_run_row_for(db.session, g.actor, run_id)
    form = BuyerPaymentForm()
    owed = _owed(row.run)
    form.amount.typed = f"{owed // 100}.{owed % 100:02d}"
    form.paid_on.data = local_today()
    return render_template("settlement/buyer_payment.html", form=form, row=row, owed=owed)


@blueprint.post("/settlement/runs/<uuid:run_id>/buyer-payment")
@permission_required(Permission.RUNS_PAY)
def buyer_payment_submit(run_id: UUID) -> BaseResponse | tuple[str, int]:
    """Record a buyer's payment."""
    row = queries.get_run_row_for(db.session, g.actor, run_id)
    if row.run.sale_id is None:
        raise NotFound
    form = BuyerPaymentForm()
    amount = minor_of(form.amount) if form.validate_on_submit() else None
    if amount is not None and form.paid_on.data:
        try:
            with atomic() as session:
                record_buyer_payment(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    payment_id=form.id.value,
                    sale_id=row.run.sale_id,
                    amount_minor=amount,
                    paid_on=form.paid_on.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The buyer's payment is in the books.")), "success")
            return redirect(url_for("settlement.run_show", run_id=run_id))
    page = render_template("settlement/buyer_payment.html", form=form, row=row, owed=_owed(row.run))
    return page, 422


@blueprint.get("/settlement/runs/<uuid:run_id>/receipts")
@permission_required(Permission.RECEIPTS_READ)
def run_receipts(run_id: UUID) -> str:
    """List the receipts of a run."""
    run = queries.get_run_for(db.session, g.actor, run_id)
    page = receipt_queries.list_receipts(
        db.session, g.actor, PageRequest(request.args.get("page", 1, int)), run_id=run.id
    )
    return render_template("settlement/receipts.html", page=page, text="", run=run)
