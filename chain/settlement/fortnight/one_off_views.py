"""Pages of amounts of one producer that count in the fortnight of their date: other income, fees of the bank."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.i18n import N_
from chain.settlement.fortnight import forms
from chain.settlement.fortnight.errors import IncomePaid
from chain.settlement.fortnight.list_page import PRODUCER, SAVED, ListPage, Row, who
from chain.settlement.fortnight.queries import pages as queries
from chain.settlement.fortnight.services import one_offs
from chain.settlement.pages import page_wanted
from chain.settlement.views import blueprint
from chain.web.access import permission_required
from chain.web.formats import day, money
from chain.web.i18n import gettext

WITHDRAW, WITHDRAWN, PAID = N_("Withdraw"), N_("withdrawn"), N_("in a settlement of the books")
INCOMES = ListPage(
    "settlement.income_list",
    N_("Other income"),
    N_(
        "Money for a producer that is no milk. The fortnight of its date pays it, after the deductions, or the next one in which there is weekday milk."
    ),
    N_("Add an income"),
    forms.IncomeForm,
    ("member_code", "amount", "valid_from", "name"),
    (PRODUCER, N_("What for"), N_("Day"), (N_("Amount"), "numeric")),
    Permission.DEDUCTIONS_WRITE,
)
FEES = ListPage(
    "settlement.bank_fee_list",
    N_("Fees of the bank"),
    N_(
        "What the bank took for paying a producer. The fortnight of its date takes it back; what finds no money is dropped. A fee that everybody pays is a rule among the deductions."
    ),
    N_("Add a fee"),
    forms.IncomeForm,
    ("member_code", "amount", "valid_from", "name"),
    (PRODUCER, N_("What for"), N_("Day"), (N_("Amount"), "numeric")),
    Permission.DEDUCTIONS_WRITE,
)


def _row(one: queries.TermRow, endpoint: str, key: str) -> Row:
    row = one.row
    is_paid = getattr(row, "paid_run_id", None) is not None
    told = WITHDRAWN if row.withdrawn_at is not None else PAID if is_paid else None
    name = f"{row.name} ({gettext(told)})" if told else row.name
    action = None if told else url_for(endpoint, **{key: row.id})
    amount = money(row.amount_minor, row.currency)
    return Row([who(one), name, day(row.dated_on), amount], action, WITHDRAW, who(one))


def _income_row(one: queries.TermRow) -> Row:
    return _row(one, "settlement.income_withdraw", "income_id")


def _fee_row(one: queries.TermRow) -> Row:
    return _row(one, "settlement.bank_fee_withdraw", "fee_id")


def _write(form: forms.IncomeForm, add: Callable[..., object], key: str) -> Callable[[Session, UUID], object]:
    def write(session: Session, producer_id: UUID) -> object:
        facts: dict[str, Any] = {
            key: form.id.value,
            "producer_id": producer_id,
            "amount_minor": forms.scaled(form.amount, 2),
            "dated_on": forms.day_of(form.valid_from),
            "name": form.name.data or "",
        }
        return add(session, actor=g.actor, now=utc_now(), **facts)

    return write


@blueprint.get("/settlement/dairy/incomes")
@permission_required(Permission.RUNS_READ)
def income_list() -> str:
    """List the other incomes, with the form of a new one."""
    page = queries.list_incomes(db.session, g.actor, page_wanted())
    return INCOMES.render(forms.IncomeForm(), page, _income_row)


@blueprint.post("/settlement/dairy/incomes")
@permission_required(Permission.DEDUCTIONS_WRITE)
def income_submit() -> Response | tuple[str, int]:
    """Note an other income."""
    form = forms.IncomeForm()
    if INCOMES.save(form, _write(form, one_offs.add_income, "income_id")):
        return redirect(url_for("settlement.income_list"))
    page = queries.list_incomes(db.session, g.actor, page_wanted())
    return INCOMES.render(form, page, _income_row), 422


@blueprint.post("/settlement/dairy/incomes/<uuid:income_id>/withdraw")
@permission_required(Permission.DEDUCTIONS_WRITE)
def income_withdraw(income_id: UUID) -> Response:
    """Take an other income back."""
    try:
        with atomic() as session:
            one_offs.withdraw_income(session, actor=g.actor, now=utc_now(), income_id=income_id)
    except IncomePaid as refused:
        flash(gettext(refused.message), "error")
    else:
        flash(gettext(SAVED), "success")
    return redirect(url_for("settlement.income_list"))


@blueprint.get("/settlement/dairy/bank-fees")
@permission_required(Permission.RUNS_READ)
def bank_fee_list() -> str:
    """List the fees of the bank, with the form of a new one."""
    page = queries.list_bank_fees(db.session, g.actor, page_wanted())
    return FEES.render(forms.IncomeForm(), page, _fee_row)


@blueprint.post("/settlement/dairy/bank-fees")
@permission_required(Permission.DEDUCTIONS_WRITE)
def bank_fee_submit() -> Response | tuple[str, int]:
    """Note a fee of the bank."""
    form = forms.IncomeForm()
    if FEES.save(form, _write(form, one_offs.add_bank_fee, "fee_id")):
        return redirect(url_for("settlement.bank_fee_list"))
    page = queries.list_bank_fees(db.session, g.actor, page_wanted())
    return FEES.render(form, page, _fee_row), 422


@blueprint.post("/settlement/dairy/bank-fees/<uuid:fee_id>/withdraw")
@permission_required(Permission.DEDUCTIONS_WRITE)
def bank_fee_withdraw(fee_id: UUID) -> Response:
    """Take a fee of the bank back."""
    with atomic() as session:
        one_offs.withdraw_bank_fee(session, actor=g.actor, now=utc_now(), fee_id=fee_id)
    flash(gettext(SAVED), "success")
    return redirect(url_for("settlement.bank_fee_list"))
