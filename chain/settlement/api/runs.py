"""Settlement runs as a resource."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.core.paging import Page
from chain.settlement.models import SettlementRun
from chain.settlement.queries import runs as queries
from chain.settlement.queries.reconcile import totals_of
from chain.settlement.rules import RunKind, RunState
from chain.settlement.schemas import (
    DiscardSchema,
    LineDetailSchema,
    LineSchema,
    NewRunSchema,
    ReconciliationSchema,
    ReverseRunSchema,
    RunArgs,
    RunLineArgs,
    RunSchema,
)
from chain.settlement.services import runs as services
from chain.settlement.services.cash_back import take_back_payment
from chain.settlement.services.gate import pay_at_gate
from chain.settlement.services.reversing import reverse_run
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema

#: What each kind of run needs to be told.
NEEDED = {
    RunKind.SALE: ("sale_id",),
    RunKind.PERIOD: ("commodity", "period_from", "period_to"),
    RunKind.GATE: ("lot_ids",),
}

blueprint = ApiBlueprint(
    "settlement_runs",
    __name__,
    url="/settlement-runs",
    description="What each producer is owed for a sale or a period.",
)


@blueprint.get("")
@blueprint.arguments(RunArgs, location="query")
@blueprint.response(200, page_schema(RunSchema))
@permission_required(Permission.RUNS_READ)
def run_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the runs; sort by number, prepared_at or net."""
    page = queries.list_runs(
        db.session,
        g.actor,
        page_request(args),
        state=RunState(args["state"]) if args["state"] else None,
        kind=RunKind(args["kind"]) if args["kind"] else None,
    )
    return page_answer(page, lambda row: row.run)


@blueprint.post("")
@blueprint.arguments(NewRunSchema)
@blueprint.response(201, RunSchema)
@blueprint.alt_response(200, schema=RunSchema, description="The same run was prepared before.")
@permission_required(Permission.RUNS_PREPARE)
def run_prepare(data: dict[str, Any]) -> tuple[SettlementRun, int]:
    """Prepare a run of a sale (sale_id), of a period (commodity, period_from, period_to) or at the gate (lot_ids)."""
    _check_basis(data)
    with atomic() as session:
        is_known = session.get(SettlementRun, data["id"]) is not None
        common = {"actor": g.actor, "now": utc_now(), "run_id": data["id"]}
        if data["kind"] == RunKind.SALE:
            run = services.prepare_sale_run(session, **common, sale_id=data["sale_id"])
        elif data["kind"] == RunKind.GATE:
            step = pay_at_gate if data["pay"] else services.prepare_gate_run
            run = step(session, **common, lot_ids=data["lot_ids"])
        else:
            run = services.prepare_period_run(
                session,
                **common,
                commodity=data["commodity"],
                period_from=data["period_from"],
                period_to=data["period_to"],
            )
    return run, 200 if is_known else 201


def _check_basis(data: dict[str, Any]) -> None:
    errors = FieldErrors()
    for name in NEEDED[RunKind(data["kind"])]:
        if data[name] is None:
            errors.add(name, N_("Fill in this field."))
    errors.raise_any()


@blueprint.get("/<uuid:run_id>")
@blueprint.response(200, RunSchema)
@permission_required(Permission.RUNS_READ)
def run_detail(run_id: UUID) -> SettlementRun:
    """Return a run."""
    return queries.get_run_for(db.session, g.actor, run_id)


@blueprint.get("/<uuid:run_id>/lines")
@blueprint.arguments(RunLineArgs, location="query")
@blueprint.response(200, page_schema(LineSchema))
@permission_required(Permission.RUNS_READ)
def run_lines(args: dict[str, Any], run_id: UUID) -> dict[str, Any]:
    """List the producers of a run in the order of the roll."""
    run = queries.get_run_for(db.session, g.actor, run_id)
    page: Page[queries.LineRow] = queries.list_lines(db.session, run, page_request(args), args["q"])
    return page_answer(page)


@blueprint.get("/<uuid:run_id>/lines/<uuid:line_id>")
@blueprint.response(200, LineDetailSchema)
@permission_required(Permission.RUNS_READ)
def run_line(run_id: UUID, line_id: UUID) -> dict[str, Any]:
    """Return one producer of a run, with every explained amount."""
    _, line = queries.get_line_for(db.session, g.actor, run_id, line_id)
    return {**asdict(line), "items": queries.items_of(db.session, line.id)}


@blueprint.get("/<uuid:run_id>/reconciliation")
@blueprint.response(200, ReconciliationSchema)
@permission_required(Permission.RUNS_READ)
def run_reconciliation(run_id: UUID) -> dict[str, Any]:
    """Count a run anew: its payrolls, and what does not sum to the whole."""
    run = queries.get_run_for(db.session, g.actor, run_id)
    totals = totals_of(db.session, run)
    return {
        "blocks": queries.blocks_of_run(db.session, run.id),
        "is_whole": totals.is_whole,
        "lots_minor": totals.lots_minor,
        "paid_minor": totals.paid_minor,
        "differences": totals.differences,
    }


@blueprint.post("/<uuid:run_id>/approve")
@blueprint.response(200, RunSchema)
@permission_required(Permission.RUNS_APPROVE)
def run_approve(run_id: UUID) -> SettlementRun:
    """Approve a run that another person prepared; no balance moves."""
    with atomic() as session:
        return services.approve_run(session, actor=g.actor, now=utc_now(), run_id=run_id)


@blueprint.post("/<uuid:run_id>/account")
@blueprint.response(200, RunSchema)
@permission_required(Permission.RUNS_ACCOUNT)
def run_account(run_id: UUID) -> SettlementRun:
    """Bring an approved run into the books: balances move, lots are settled, receipts issued."""
    with atomic() as session:
        return services.account_run(session, actor=g.actor, now=utc_now(), run_id=run_id)


@blueprint.post("/<uuid:run_id>/reverse")
@blueprint.arguments(ReverseRunSchema)
@blueprint.response(200, RunSchema)
@permission_required(Permission.RUNS_ACCOUNT)
def run_reverse(data: dict[str, Any], run_id: UUID) -> SettlementRun:
    """Take a run back out of the books; it is prepared again."""
    with atomic() as session:
        return reverse_run(session, actor=g.actor, now=utc_now(), run_id=run_id, reason=data["reason"])


@blueprint.post("/<uuid:run_id>/pay")
@blueprint.response(200, RunSchema)
@permission_required(Permission.RUNS_PAY)
def run_pay(run_id: UUID) -> SettlementRun:
    """Note that every producer of a run in the books was paid in cash."""
    with atomic() as session:
        return services.pay_run(session, actor=g.actor, now=utc_now(), run_id=run_id)


@blueprint.post("/<uuid:run_id>/take-back-payment")
@blueprint.arguments(ReverseRunSchema)
@blueprint.response(200, RunSchema)
@permission_required(Permission.RUNS_READ)
def run_take_back_payment(data: dict[str, Any], run_id: UUID) -> SettlementRun:
    """Undo the payment in cash to everybody; needs the right to pay or to account, and another person than who noted it."""
    with atomic() as session:
        return take_back_payment(session, actor=g.actor, now=utc_now(), run_id=run_id, reason=data["reason"])


@blueprint.post("/<uuid:run_id>/discard")
@blueprint.arguments(DiscardSchema)
@blueprint.response(200, RunSchema)
@permission_required(Permission.RUNS_READ)
def run_discard(data: dict[str, Any], run_id: UUID) -> SettlementRun:
    """Discard a run that is not in the books; needs the right to prepare or to approve."""
    with atomic() as session:
        return services.discard_run(
            session, actor=g.actor, now=utc_now(), run_id=run_id, reason=data["reason"]
        )
