"""Pages of loans: a new one with its schedule first, one loan, paying it early, cancelling it."""

from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.dues.forms import EarlyForm, LoanForm, ReasonForm, minor_of
from chain.dues.loan_rules import Every, Instalment, due_days
from chain.dues.pages import decimal_text, local_today, page_wanted
from chain.dues.queries import debts as queries
from chain.dues.queries.loans import LoanFilter, LoanRow, all_loans, list_loans
from chain.dues.rules import Source
from chain.dues.services.early import early_payment, pay_loan_early
from chain.dues.services.loans import NewLoan, cancel_loan, check_loan, give_loan
from chain.dues.views import blueprint
from chain.dues.views.debts import UNKNOWN_MEMBER, member_id
from chain.producers.queries import names_of
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.i18n import gettext


def _asked() -> LoanFilter:
    which = request.args.get("which", "")
    return LoanFilter(
        only_open=which == "open", only_late=which == "late", text=request.args.get("q", "")[:100]
    )


@blueprint.get("/loans")
@permission_required(Permission.RUNS_READ)
def loan_list() -> str:
    """List the loans: all, those still open, or those that are late."""
    wanted = _asked()
    return render_template(
        "dues/loans.html",
        page=list_loans(db.session, g.actor, page_wanted(), today=local_today(), wanted=wanted),
        wanted=wanted,
        which=request.args.get("which", ""),
        may_write=g.actor.may(Permission.ADVANCES_WRITE),
    )


@blueprint.get("/loans.csv")
@permission_required(Permission.RUNS_READ)
def loan_csv() -> FlaskResponse:
    """Give the loans as a file."""
    today = local_today()
    header = (
        "member_code", "producer", "given_on", "principal", "interest_percent_a_month", "instalments", "every",
        "last_due_on", "open", "late", "currency", "note", "decided_by", "id",
    )  # fmt: skip
    rows = all_loans(db.session, g.actor, today=today, wanted=_asked())
    return csv_response(f"prestamos-{today.isoformat()}.csv", header, (_cells(row) for row in rows))


def _cells(row: LoanRow) -> tuple[object, ...]:
    one = row.loan
    interest = decimal_text(one.interest_basis_points_a_month)
    amounts = (decimal_text(row.open_minor), decimal_text(row.late_minor))
    return (
        row.member_code, row.full_name, one.given_on.isoformat(), decimal_text(one.principal_minor), interest,
        one.instalments, one.every, row.last_due_on.isoformat(), *amounts, one.currency, one.note, one.decided_by, one.id,
    )  # fmt: skip


@blueprint.get("/loans/new")
@permission_required(Permission.ADVANCES_WRITE)
def loan_form() -> str:
    """Show the form; `?member=` fills in the producer."""
    form = LoanForm()
    form.offer()
    today = local_today()
    form.given_on.data, form.first_due_on.data = today, due_days(today, 2, Every.MONTH)[1]
    form.member_code.data = request.args.get("member", "")[:40]
    return render_template("dues/loan_new.html", form=form, plan=None)


@blueprint.post("/loans/new")
@permission_required(Permission.ADVANCES_WRITE)
def loan_submit() -> Response | tuple[str, int] | str:
    """Show the schedule of the loan; give it when the person has seen it."""
    form = LoanForm()
    form.offer()
    plan: list[Instalment] | None = None
    try:
        new = _typed(form)
        if new is not None:
            check_loan(new, local_today())
            plan = new.plan
            if request.form.get("step") == "give":
                with atomic() as session:
                    give_loan(session, actor=g.actor, now=utc_now(), new=new)
                flash(gettext(N_("The loan is in the books.")), "success")
                return redirect(url_for("dues.loan_show", loan_id=new.id))
            return render_template("dues/loan_new.html", form=form, plan=plan)
    except DomainError as refused:
        form.take_refusal(refused)
    return render_template("dues/loan_new.html", form=form, plan=plan), 422


def _typed(form: LoanForm) -> NewLoan | None:
    """Return the loan as it was typed; None, with errors at the fields, when something is missing."""
    if not form.validate_on_submit():
        return None
    principal, interest = minor_of(form.principal), minor_of(form.interest)
    producer_id = member_id(form.member_code.data)
    if producer_id is None:
        form.member_code.errors = [gettext(UNKNOWN_MEMBER)]
    given_on, first_due_on = form.given_on.data, form.first_due_on.data
    if principal is None or interest is None or producer_id is None or not given_on or not first_due_on:
        return None
    return NewLoan(
        id=form.id.value,
        producer_id=producer_id,
        principal_minor=principal,
        interest_basis_points_a_month=interest,
        instalments=form.instalments.data or 0,
        every=Every(form.every.data),
        given_on=given_on,
        first_due_on=first_due_on,
        note=(form.note.data or "").strip(),
        decided_by=(form.decided_by.data or "").strip(),
        source=Source(form.source.data),
    )


@blueprint.get("/loans/<uuid:loan_id>")
@permission_required(Permission.RUNS_READ)
def loan_show(loan_id: UUID) -> str:
    """Show a loan with its schedule, what is open and what is late; it prints on one page."""
    loan = queries.get_loan_for(db.session, g.actor, loan_id)
    today = local_today()
    instalments = queries.instalments_of(db.session, loan.id, today)
    return render_template(
        "dues/loan.html",
        loan=loan,
        name=names_of(db.session, g.actor.org, [loan.producer_id]).get(loan.producer_id),
        instalments=instalments,
        open_minor=sum(one.open_minor for one in instalments),
        late_minor=sum(one.open_minor for one in instalments if one.is_late),
        untouched=all(one.open_minor == one.principal_minor + one.interest_minor for one in instalments),
        may_write=g.actor.may(Permission.ADVANCES_WRITE),
    )


@blueprint.get("/loans/<uuid:loan_id>/pay")
@permission_required(Permission.ADVANCES_WRITE)
def loan_pay_form(loan_id: UUID) -> str:
    """Show what paying everything costs today."""
    form = EarlyForm()
    form.offer()
    form.paid_on.data = local_today()
    return _pay_page(loan_id, form)


def _pay_page(loan_id: UUID, form: EarlyForm) -> str:
    loan = queries.get_loan_for(db.session, g.actor, loan_id)
    on = form.paid_on.data or local_today()
    return render_template(
        "dues/loan_pay.html",
        form=form,
        loan=loan,
        paid=early_payment(db.session, g.actor, loan_id, on),
        on=on,
    )


@blueprint.post("/loans/<uuid:loan_id>/pay")
@permission_required(Permission.ADVANCES_WRITE)
def loan_pay_submit(loan_id: UUID) -> Response | tuple[str, int]:
    """Record that everything was paid."""
    queries.get_loan_for(db.session, g.actor, loan_id)
    form = EarlyForm()
    form.offer()
    if form.validate_on_submit() and form.paid_on.data:
        try:
            with atomic() as session:
                pay_loan_early(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    payment_id=form.id.value,
                    loan_id=loan_id,
                    paid_on=form.paid_on.data,
                    into=Source(form.into.data),
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The loan is paid.")), "success")
            return redirect(url_for("dues.loan_show", loan_id=loan_id))
    return _pay_page(loan_id, form), 422


@blueprint.get("/loans/<uuid:loan_id>/cancel")
@permission_required(Permission.ADVANCES_WRITE)
def loan_cancel_form(loan_id: UUID) -> str:
    """Ask why a loan is cancelled."""
    loan = queries.get_loan_for(db.session, g.actor, loan_id)
    return render_template("dues/loan_cancel.html", form=ReasonForm(), loan=loan)


@blueprint.post("/loans/<uuid:loan_id>/cancel")
@permission_required(Permission.ADVANCES_WRITE)
def loan_cancel_submit(loan_id: UUID) -> Response | tuple[str, int]:
    """Cancel a loan that was written down by mistake."""
    loan = queries.get_loan_for(db.session, g.actor, loan_id)
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                cancel_loan(
                    session, actor=g.actor, now=utc_now(), loan_id=loan_id, reason=form.reason.data or ""
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The loan is cancelled; the producer is told.")), "success")
            return redirect(url_for("dues.loan_show", loan_id=loan_id))
    return render_template("dues/loan_cancel.html", form=form, loan=loan), 422
