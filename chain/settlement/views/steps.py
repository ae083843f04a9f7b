"""Pages of one settlement run: what it comes to, its payrolls and producers, its steps, its files."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from flask import Response, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.queries import who_may
from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import Conflict, DomainError, Forbidden, NotFound, SamePerson
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.ledger.queries.journal import owed_by_buyer
from chain.papers.edge import PART
from chain.papers.rules import FORMAT_LABELS, KIND_FORMATS, PaperKind
from chain.sales.queries import get_sale_for
from chain.settlement.explanations import block_title, item_notes, kind_title
from chain.settlement.export import block_csv, run_csv
from chain.settlement.forms import CashBackForm, DiscardForm, ReverseForm
from chain.settlement.fortnight.queries.one_offs import waiting_of
from chain.settlement.models import SettlementRun
from chain.settlement.pages import page_wanted
from chain.settlement.queries import runs as queries
from chain.settlement.queries.receipts import count_tax_papers
from chain.settlement.queries.reconcile import totals_of
from chain.settlement.rules import IN_THE_BOOKS, RunKind, RunState
from chain.settlement.services import runs as services
from chain.settlement.services.cash_back import take_back_payment
from chain.settlement.services.reversing import reverse_run
from chain.settlement.views import blueprint
from chain.web.access import permission_required
from chain.web.formats import number_format
from chain.web.i18n import gettext


@blueprint.get("/settlement/runs/<uuid:run_id>")
@permission_required(Permission.RUNS_READ)
def run_show(run_id: UUID) -> str:
    """Show a run: totals that reconcile, its payrolls, its producers, and the next step."""
    return _run_page(run_id)


def _run_page(
    run_id: UUID,
    *,
    discard_form: DiscardForm | None = None,
    reverse_form: ReverseForm | None = None,
    cash_form: CashBackForm | None = None,
) -> str:
    """Show the page with the form that was sent as it was typed; the others are empty."""
    row = queries.get_run_row_for(db.session, g.actor, run_id)
    run = row.run
    text = request.args.get("q", "")[:100]
    is_issued = run.state in IN_THE_BOOKS
    parts = (row.producers + PART - 1) // PART if is_issued else 0
    return render_template(
        "settlement/run.html",
        row=row,
        run=run,
        people=queries.people_of(db.session, run),
        totals=totals_of(db.session, run),
        blocks=queries.blocks_of_run(db.session, run.id),
        reversals=queries.reversals_of(db.session, run.id),
        page=queries.list_lines(db.session, run, page_wanted(), text),
        text=text,
        job_id=new_id(),
        formats=KIND_FORMATS[PaperKind.RECEIPT],
        format_labels=FORMAT_LABELS,
        parts=[(part, part * PART + 1, min((part + 1) * PART, row.producers)) for part in range(parts)],
        is_issued=is_issued,
        discard_form=discard_form or DiscardForm(None),
        reverse_form=reverse_form or ReverseForm(None),
        cash_form=cash_form or CashBackForm(None),
        cash_payer=queries.cash_payer(db.session, run),
        owed=_owed(run),
        waiting=waiting_of(db.session, run),
        tax_papers=count_tax_papers(db.session, run) if is_issued else 0,
        is_preparer=run.prepared_by is not None and run.prepared_by == g.actor.user_id,
        approvers=_approvers(run),
        may=_allowed(),
        block_title=block_title,
        kind_title=kind_title,
    )


def _approvers(run: SettlementRun) -> Sequence[tuple[UUID, str]]:
    """Return who may approve a run that waits for it."""
    if run.state != RunState.PREPARED:
        return []
    return who_may(db.session, run.organisation_id, Permission.RUNS_APPROVE, besides=run.prepared_by)


def _allowed() -> dict[str, bool]:
    may = g.actor.may
    return {
        "approve": may(Permission.RUNS_APPROVE),
        "account": may(Permission.RUNS_ACCOUNT),
        "pay": may(Permission.RUNS_PAY),
        "payout": may(Permission.PAYOUTS_WRITE),
        "discard": may(Permission.RUNS_PREPARE) or may(Permission.RUNS_APPROVE),
        "print": may(Permission.RECEIPTS_PRINT),
        "ledger": may(Permission.LEDGER_READ),
        "taxes": may(Permission.TAXES_CONFIRM),
    }


def _owed(run: SettlementRun) -> int:
    if run.kind != RunKind.SALE or run.state not in IN_THE_BOOKS or run.sale_id is None:
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
    except (Forbidden, NotFound):
        raise
    except (Conflict, SamePerson, DomainError) as refused:
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
        N_("The settlement is approved. Its deliveries are locked until it is in the books."),
        lambda session: services.approve_run(session, actor=g.actor, now=utc_now(), run_id=run_id),
    )


@blueprint.post("/settlement/runs/<uuid:run_id>/account")
@permission_required(Permission.RUNS_ACCOUNT)
def run_account(run_id: UUID) -> BaseResponse:
    """Bring an approved run into the books and issue its receipts."""
    return _step(
        run_id,
        N_("The settlement is in the books. The receipts can be printed."),
        lambda session: services.account_run(session, actor=g.actor, now=utc_now(), run_id=run_id),
    )


@blueprint.post("/settlement/runs/<uuid:run_id>/pay")
@permission_required(Permission.RUNS_PAY)
def run_pay(run_id: UUID) -> BaseResponse:
    """Note that everybody was paid in cash."""
    return _step(
        run_id,
        N_("Everybody is paid in cash."),
        lambda session: services.pay_run(session, actor=g.actor, now=utc_now(), run_id=run_id),
    )


@blueprint.post("/settlement/runs/<uuid:run_id>/take-back-payment")
@permission_required(Permission.RUNS_READ)
def run_take_back_payment(run_id: UUID) -> BaseResponse | tuple[str, int]:
    """Undo the payment in cash to everybody, which another person noted."""
    form = CashBackForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                take_back_payment(
                    session, actor=g.actor, now=utc_now(), run_id=run_id, reason=form.mistake.data or ""
                )
        except (Conflict, SamePerson) as refused:
            flash(gettext(refused.message), "error")
            return redirect(url_for("settlement.run_show", run_id=run_id))
        except (Forbidden, NotFound):
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The payment is taken back: nobody of it is paid.")), "success")
            return redirect(url_for("settlement.run_show", run_id=run_id))
    return _run_page(run_id, cash_form=form), 422


@blueprint.post("/settlement/runs/<uuid:run_id>/reverse")
@permission_required(Permission.RUNS_ACCOUNT)
def run_reverse(run_id: UUID) -> BaseResponse | tuple[str, int]:
    """Take a run back out of the books."""
    form = ReverseForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                reverse_run(session, actor=g.actor, now=utc_now(), run_id=run_id, reason=form.why.data or "")
        except Conflict as refused:
            flash(gettext(refused.message), "error")
            return redirect(url_for("settlement.run_show", run_id=run_id))
        except (Forbidden, NotFound):
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(
                gettext(
                    N_("The settlement is out of the books and its receipts are void. Each producer is told.")
                ),
                "success",
            )
            return redirect(url_for("settlement.run_show", run_id=run_id))
    return _run_page(run_id, reverse_form=form), 422


@blueprint.post("/settlement/runs/<uuid:run_id>/discard")
@permission_required(Permission.RUNS_READ)
def run_discard(run_id: UUID) -> BaseResponse | tuple[str, int]:
    """Discard a run that is not in the books."""
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
    return _run_page(run_id, discard_form=form), 422


@blueprint.get("/settlement/runs/<uuid:run_id>/lines/<uuid:line_id>")
@permission_required(Permission.RUNS_READ)
def run_line(run_id: UUID, line_id: UUID) -> str:
    """Show what one producer is owed, item by item, with what explains it."""
    run, line = queries.get_line_for(db.session, g.actor, run_id, line_id)
    items = queries.items_of(db.session, line.id)
    return render_template(
        "settlement/line.html",
        run=run,
        line=line,
        items=[(item, item_notes(item, run.currency)) for item in items],
        blocks={
            (block.zone_id, block.block): block_title(block)
            for block in queries.blocks_of_run(db.session, run.id)
        },
    )


@blueprint.get("/settlement/runs/<uuid:run_id>/blocks/<int:position>")
@permission_required(Permission.RUNS_READ)
def run_block(run_id: UUID, position: int) -> str:
    """Show a payroll: its producers, and the figures that it was calculated from."""
    run, block = queries.get_block_for(db.session, g.actor, run_id, position)
    return render_template(
        "settlement/block.html",
        run=run,
        block=block,
        page=queries.page_of_block(db.session, run, block, page_wanted()),
        block_title=block_title,
        kind_title=kind_title,
    )


@blueprint.get("/settlement/runs/<uuid:run_id>/blocks/<int:position>/export.csv")
@permission_required(Permission.RUNS_READ)
def run_block_export(run_id: UUID, position: int) -> Response:
    """Return a payroll as a CSV file."""
    run, block = queries.get_block_for(db.session, g.actor, run_id, position)
    text = block_csv(run, block, queries.block_lines(db.session, run, block), number_format())
    return _csv(text, f"{gettext(N_('settlement'))}-{run.number}-{position}.csv")


@blueprint.get("/settlement/runs/<uuid:run_id>/export.csv")
@permission_required(Permission.RUNS_READ)
def run_export(run_id: UUID) -> Response:
    """Return the run as a CSV file."""
    run = queries.get_run_for(db.session, g.actor, run_id)
    text = run_csv(run, queries.all_lines(db.session, run), number_format())
    return _csv(text, f"{gettext(N_('settlement'))}-{run.number}.csv")


def _csv(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, mimetype="text/csv", headers=headers)
