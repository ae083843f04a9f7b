"""Months of the books, and the marks of days."""

from datetime import date
from uuid import UUID

from flask import abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.ledger.forms import ReopenForm
from chain.ledger.pages import asked_day, blueprint, page_wanted, today
from chain.ledger.queries.days import list_marks
from chain.ledger.queries.periods import get_period_for, last_day_of, list_periods, next_month
from chain.ledger.services.days import check_day
from chain.ledger.services.periods import close_month, reopen_month
from chain.web.access import permission_required
from chain.web.i18n import gettext


@blueprint.get("/ledger/periods")
@permission_required(Permission.LEDGER_READ)
def period_list() -> str:
    """Show which months are closed, and which one's turn it is."""
    return _period_page(None)


def _period_page(problem: str | None) -> str:
    turn = next_month(db.session, g.actor.org)
    return render_template(
        "ledger/periods.html",
        page=list_periods(db.session, g.actor, page_wanted()),
        turn=turn,
        turn_ends=last_day_of(turn) if turn else None,
        is_over=turn is not None and last_day_of(turn) < today(),
        may_close=g.actor.may(Permission.PERIODS_CLOSE),
        problem=problem,
    )


@blueprint.post("/ledger/periods")
@permission_required(Permission.PERIODS_CLOSE)
def period_close() -> BaseResponse | tuple[str, int]:
    """Close the month that the form names."""
    try:
        month = date.fromisoformat(request.form.get("month", ""))
    except ValueError:
        abort(400)
    try:
        with atomic() as session:
            close_month(session, actor=g.actor, now=utc_now(), month=month)
    except DomainError as refused:
        return _period_page(gettext(refused.message)), 422
    flash(N_("The month is closed. Nothing can be posted up to its end."), "success")
    return redirect(url_for("ledger.period_list"))


@blueprint.get("/ledger/periods/<uuid:period_id>/reopen")
@permission_required(Permission.PERIODS_CLOSE)
def period_reopen_form(period_id: UUID) -> str:
    """Ask why the month is opened again."""
    period = get_period_for(db.session, g.actor, period_id)
    return render_template("ledger/reopen.html", form=ReopenForm(), period=period)


@blueprint.post("/ledger/periods/<uuid:period_id>/reopen")
@permission_required(Permission.PERIODS_CLOSE)
def period_reopen(period_id: UUID) -> BaseResponse | tuple[str, int]:
    """Open the month again."""
    period = get_period_for(db.session, g.actor, period_id)
    form = ReopenForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                reopen_month(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    month=period.first_day,
                    reason=form.reason.data or "",
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The month is open again. Close it once the correction is posted."), "success")
            return redirect(url_for("ledger.period_list"))
    return render_template("ledger/reopen.html", form=form, period=period), 422


@blueprint.get("/ledger/days")
@permission_required(Permission.LEDGER_READ)
def day_list() -> str:
    """Show the marks of days; with a day and a mark from a paper, whether the books still say the same."""
    day = asked_day("day")
    mark = request.args.get("mark", "").strip()
    checked = check_day(db.session, actor=g.actor, now=utc_now(), day=day, mark=mark) if day else None
    return render_template(
        "ledger/days.html",
        page=list_marks(db.session, g.actor, page_wanted()),
        checked=checked,
        day=day,
        mark=mark,
    )
