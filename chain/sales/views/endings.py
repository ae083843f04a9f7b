"""Pages on which a sale ends before it is fulfilled: ask to cancel, answer, declare a default."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.sales.forms import AnswerForm, ReasonForm
from chain.sales.queries.findings import get_ending_for
from chain.sales.queries.sales import get_sale_row_for
from chain.sales.services import endings as services
from chain.sales.terms import read_terms
from chain.sales.views import blueprint
from chain.web.access import permission_required

Answer = Response | str | tuple[str, int]
ANSWERS = {
    "agree": N_("Agree: the sale is cancelled and the lots that have not left are free"),
    "refuse": N_("Refuse, with the reason: the sale goes on"),
}


@blueprint.get("/sales/<uuid:sale_id>/cancel")
@permission_required(Permission.SALES_READ)
def cancel_form(sale_id: UUID) -> str:
    """Ask why the sale should be cancelled."""
    return _page(sale_id, ReasonForm(formdata=None), is_default=False)


@blueprint.post("/sales/<uuid:sale_id>/cancel")
@permission_required(Permission.SALES_READ)
def cancel_submit(sale_id: UUID) -> Answer:
    """Ask the other side to cancel a sale."""
    done = N_("The other side was asked. Nothing changes before it agrees.")
    return _submit(sale_id, services.ask_to_cancel, done, is_default=False)


@blueprint.get("/sales/<uuid:sale_id>/default")
@permission_required(Permission.SALES_READ)
def default_form(sale_id: UUID) -> str:
    """Ask what the other side did not fulfil."""
    return _page(sale_id, ReasonForm(formdata=None), is_default=True)


@blueprint.post("/sales/<uuid:sale_id>/default")
@permission_required(Permission.SALES_READ)
def default_submit(sale_id: UUID) -> Answer:
    """Declare that the other side did not fulfil a sale."""
    done = N_("The sale has ended. The lots that had not left are free.")
    return _submit(sale_id, services.declare_default, done, is_default=True)


def _submit(sale_id: UUID, command: Callable[..., Any], done: str, *, is_default: bool) -> Answer:
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                command(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    ending_id=form.id.value,
                    sale_id=sale_id,
                    reason=form.reason.data or "",
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(done, "success")
            return redirect(url_for("sales.sale_detail", sale_id=sale_id))
    return _page(sale_id, form, is_default=is_default), 422


def _page(sale_id: UUID, form: ReasonForm, *, is_default: bool) -> str:
    row = get_sale_row_for(db.session, g.actor, sale_id)
    return render_template(
        "sales/end.html",
        row=row,
        sale=row.sale,
        terms=read_terms(row.sale.terms),
        form=form,
        is_default=is_default,
    )


@blueprint.get("/sales/endings/<uuid:ending_id>")
@permission_required(Permission.SALES_READ)
def ending_detail(ending_id: UUID) -> str:
    """Show what was asked about the end of a sale, and let the other side answer."""
    return _ending_page(ending_id, AnswerForm(formdata=None))


@blueprint.post("/sales/endings/<uuid:ending_id>/answer")
@permission_required(Permission.SALES_READ)
def ending_answer(ending_id: UUID) -> Answer:
    """Agree to cancel, or refuse."""
    form = AnswerForm()
    form.offer(ANSWERS)
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.answer_cancelling(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    ending_id=ending_id,
                    agree=form.answer.data == "agree",
                    answer=form.reason.data or "",
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("Your answer is saved."), "success")
            return redirect(url_for("sales.ending_detail", ending_id=ending_id))
    return _ending_page(ending_id, form), 422


def _ending_page(ending_id: UUID, form: AnswerForm) -> str:
    ending = get_ending_for(db.session, g.actor, ending_id)
    form.offer(ANSWERS)
    row = get_sale_row_for(db.session, g.actor, ending.sale_id)
    may = g.actor.may(Permission.AWARDS_ACCEPT if row.is_own else Permission.BIDS_PLACE)
    return render_template(
        "sales/ending.html",
        row=row,
        sale=row.sale,
        ending=ending,
        form=form,
        may_answer=may
        and ending.state == "asked"
        and ending.asked_by_organisation != g.actor.organisation_id,
    )
