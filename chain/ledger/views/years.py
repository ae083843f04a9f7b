"""Pages of the close of a year."""

from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.ledger.forms import CloseYearForm, ReopenYearForm
from chain.ledger.pages import blueprint, page_wanted, today
from chain.ledger.queries.years import get_closing_for, list_years
from chain.ledger.services.years import close_year, last_year_end, reopen_year
from chain.web.access import permission_required


@blueprint.get("/ledger/years")
@permission_required(Permission.LEDGER_READ)
def year_list() -> str:
    """Show which years were closed with which result."""
    form = CloseYearForm()
    form.last_day.data = last_year_end(today())
    return _page(form)


def _page(form: CloseYearForm) -> str:
    return render_template(
        "ledger/years.html",
        page=list_years(db.session, g.actor, page_wanted()),
        form=form,
        may_close=g.actor.may(Permission.PERIODS_CLOSE),
    )


@blueprint.post("/ledger/years")
@permission_required(Permission.PERIODS_CLOSE)
def year_close() -> BaseResponse | tuple[str, int]:
    """Close the year that ends on the day of the form."""
    form = CloseYearForm()
    if form.validate_on_submit() and form.last_day.data:
        try:
            with atomic() as session:
                close_year(session, actor=g.actor, now=utc_now(), last_day=form.last_day.data)
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(
                N_("The year is closed: income and expenses stand at zero. Now close its last month."),
                "success",
            )
            return redirect(url_for("ledger.year_list"))
    return _page(form), 422


@blueprint.get("/ledger/years/<uuid:entry_id>/reopen")
@permission_required(Permission.PERIODS_CLOSE)
def year_reopen_form(entry_id: UUID) -> str:
    """Ask why the close is taken back."""
    entry = get_closing_for(db.session, g.actor, entry_id)
    return render_template("ledger/reopen_year.html", form=ReopenYearForm(), entry=entry)


@blueprint.post("/ledger/years/<uuid:entry_id>/reopen")
@permission_required(Permission.PERIODS_CLOSE)
def year_reopen(entry_id: UUID) -> BaseResponse | tuple[str, int]:
    """Take the close back."""
    entry = get_closing_for(db.session, g.actor, entry_id)
    form = ReopenYearForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                reopen_year(
                    session, actor=g.actor, now=utc_now(), entry_id=entry_id, reason=form.reason.data or ""
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(
                N_("The close was taken back. Close the year again once the correction is posted."), "success"
            )
            return redirect(url_for("ledger.year_list"))
    return render_template("ledger/reopen_year.html", form=form, entry=entry), 422
