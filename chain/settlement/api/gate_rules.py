"""Decisions that let one person pay at the gate, as a resource."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.settlement.models import GateRule
from chain.settlement.queries.waiting import list_gate_rules
from chain.settlement.schemas import GateRuleEndSchema, GateRuleSchema
from chain.settlement.services.gate import end_gate_rule, set_gate_rule
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

blueprint = ApiBlueprint(
    "settlement_gate_rules",
    __name__,
    url="/gate-rules",
    description="Decisions that let one person pay deliveries at the gate, up to a limit.",
)


@blueprint.get("")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(GateRuleSchema))
@permission_required(Permission.RUNS_READ)
def gate_rule_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the decisions, the latest first."""
    return page_answer(list_gate_rules(db.session, g.actor, page_request(args)))


@blueprint.post("")
@blueprint.arguments(GateRuleSchema)
@blueprint.response(201, GateRuleSchema)
@blueprint.alt_response(200, schema=GateRuleSchema, description="The same decision was written down before.")
@permission_required(Permission.RUNS_APPROVE)
def gate_rule_set(data: dict[str, Any]) -> tuple[GateRule, int]:
    """Write down a decision."""
    with atomic() as session:
        is_known = session.get(GateRule, data["id"]) is not None
        rule = set_gate_rule(
            session,
            actor=g.actor,
            now=utc_now(),
            rule_id=data["id"],
            limit_minor=data["limit_minor"],
            valid_from=data["valid_from"],
            valid_to=data["valid_to"],
            decided_by=data["decided_by"],
        )
    return rule, 200 if is_known else 201


@blueprint.post("/<uuid:rule_id>/end")
@blueprint.arguments(GateRuleEndSchema)
@blueprint.response(200, GateRuleSchema)
@permission_required(Permission.RUNS_APPROVE)
def gate_rule_end(data: dict[str, Any], rule_id: UUID) -> GateRule:
    """Let a decision end on a day, included."""
    with atomic() as session:
        return end_gate_rule(
            session, actor=g.actor, now=utc_now(), rule_id=rule_id, last_day=data["last_day"]
        )
