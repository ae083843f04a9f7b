"""Settlement runs as a resource."""

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
from chain.settlement.rules import RunKind, RunState
from chain.settlement.schemas import DiscardSchema, LineSchema, NewRunSchema, RunArgs, RunSchema
from chain.settlement.services import runs as services
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

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
    state = RunState(args["state"]) if args["state"] else None
    page = queries.list_runs(db.session, g.actor, page_request(args), state=state)
    return page_answer(page, lambda row: row.run)


@blueprint.post("")
@blueprint.arguments(NewRunSchema)
@blueprint.response(201, RunSchema)
@blueprint.alt_response(200, schema=RunSchema, description="The same run was prepared before.")
@permission_required(Permission.RUNS_PREPARE)
def run_prepare(data: dict[str, Any]) -> tuple[SettlementRun, int]:
    """Prepare a run of a sale (sale_id) or of a period (commodity, period_from, period_to)."""
    _check_basis(data)
    with atomic() as session:
        is_known = session.get(SettlementRun, data["id"]) is not None
        common = {"actor": g.actor, "now": utc_now(), "run_id": data["id"]}
        if data["kind"] == RunKind.SALE:
            run = services.prepare_sale_run(session, **common, sale_id=data["sale_id"])
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
    needed = ("sale_id",) if data["kind"] == RunKind.SALE else ("commodity", "period_from", "period_to")
    errors = FieldErrors()
    for name in needed:
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
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(LineSchema))
@permission_required(Permission.RUNS_READ)
def run_lines(args: dict[str, Any], run_id: UUID) -> dict[str, Any]:
    """List the producers of a run in the order of the roll."""
    run = queries.get_run_for(db.session, g.actor, run_id)
    page: Page[queries.LineRow] = queries.list_lines(db.session, run, page_request(args))
    return page_answer(page)


@blueprint.post("/<uuid:run_id>/approve")
@blueprint.response(200, RunSchema)
@permission_required(Permission.RUNS_APPROVE)
def run_approve(run_id: UUID) -> SettlementRun:
    """Approve a run that another person prepared, and post it."""
    with atomic() as session:
        return services.approve_run(session, actor=g.actor, now=utc_now(), run_id=run_id)


@blueprint.post("/<uuid:run_id>/pay")
@blueprint.response(200, RunSchema)
@permission_required(Permission.RUNS_PAY)
def run_pay(run_id: UUID) -> SettlementRun:
    """Pay an approved run and issue its receipts."""
    with atomic() as session:
        return services.pay_run(session, actor=g.actor, now=utc_now(), run_id=run_id)


@blueprint.post("/<uuid:run_id>/discard")
@blueprint.arguments(DiscardSchema)
@blueprint.response(200, RunSchema)
@permission_required(Permission.RUNS_READ)
def run_discard(data: dict[str, Any], run_id: UUID) -> SettlementRun:
    """Discard a run before its approval; needs the right to prepare or to approve."""
    with atomic() as session:
        return services.discard_run(
            session, actor=g.actor, now=utc_now(), run_id=run_id, reason=data["reason"]
        )
