"""The chart of accounts."""

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.ledger.forms import AccountForm, OwnAccountForm
from chain.ledger.pages import blueprint
from chain.ledger.queries.chart import ChartRow, own_chart
from chain.ledger.rules import AccountKind
from chain.ledger.services.chart import add_account, change_account
from chain.web.access import permission_required


@blueprint.get("/ledger/chart")
@permission_required(Permission.LEDGER_READ)
def chart() -> str:
    """Show the chart of accounts; what an accountant has not looked at is marked."""
    plan, rows = own_chart(db.session, g.actor)
    return render_template(
        "ledger/chart.html",
        plan=plan,
        rows=list(rows.values()),
        may_write=g.actor.may(Permission.LEDGER_WRITE),
    )


def _row(code: str) -> ChartRow:
    row = own_chart(db.session, g.actor)[1].get(code)
    if row is None:
        raise NotFound
    return row


@blueprint.get("/ledger/chart/<code>")
@permission_required(Permission.LEDGER_WRITE)
def account_form(code: str) -> str:
    """Show the form for an account's number and name."""
    row = _row(code)
    form = AccountForm()
    form.number.data, form.name.data = row.number, row.name
    return render_template("ledger/account.html", form=form, row=row)


@blueprint.post("/ledger/chart/<code>")
@permission_required(Permission.LEDGER_WRITE)
def account_submit(code: str) -> BaseResponse | tuple[str, int]:
    """Keep number and name; to save them unchanged confirms them."""
    form = AccountForm()
    row = _row(code)
    if form.validate_on_submit():
        try:
            with atomic() as session:
                change_account(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    code=code,
                    number=form.number.data or "",
                    name=form.name.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The account is changed. What was posted stays as it is."), "success")
            return redirect(url_for("ledger.chart"))
    return render_template("ledger/account.html", form=form, row=row), 422


@blueprint.get("/ledger/chart/new")
@permission_required(Permission.LEDGER_WRITE)
def own_account_form() -> str:
    """Show the form for an account of the organisation's own."""
    form = OwnAccountForm()
    form.offer()
    return render_template("ledger/account.html", form=form, row=None)


@blueprint.post("/ledger/chart/new")
@permission_required(Permission.LEDGER_WRITE)
def own_account_submit() -> BaseResponse | tuple[str, int]:
    """Add the account."""
    form = OwnAccountForm()
    form.offer()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                add_account(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    account_id=form.id.value,
                    kind=AccountKind(form.kind.data),
                    number=form.number.data or "",
                    name=form.name.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The account is added. Entries by hand can use it."), "success")
            return redirect(url_for("ledger.chart"))
    return render_template("ledger/account.html", form=form, row=None), 422
