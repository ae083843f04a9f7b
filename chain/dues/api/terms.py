"""Rules, group charges and the cap as resources."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.dues.models import DeductionRule, GroupCharge, RecoveryCap
from chain.dues.pages import local_today
from chain.dues.queries import terms as queries
from chain.dues.queries.dues import cap_on
from chain.dues.rules import Basis, Cap, DueKind
from chain.dues.schemas import CapInForceSchema, FeeSchema, GroupChargeSchema, RecoveryCapSchema
from chain.dues.services.rules import (
    confirm_deduction,
    set_deduction,
    set_group_charge,
    set_recovery_cap,
    withdraw_group_charge,
)
from chain.dues.zones import zones_of
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

deductions = ApiBlueprint(
    "deductions", __name__, url="/deductions", description="Fees and taxes on every payment."
)
charges = ApiBlueprint(
    "group_charges", __name__, url="/group-charges", description="What producers of a zone owe together."
)
caps = ApiBlueprint(
    "recovery_cap", __name__, url="/recovery-cap", description="What a household keeps of each payment."
)

KNOWN = "The same id with the same content came before."


@deductions.get("")
@deductions.arguments(PageArgs, location="query")
@deductions.response(200, page_schema(FeeSchema))
@permission_required(Permission.RUNS_READ)
def deduction_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the fees and taxes; sort by valid_from or name."""
    return page_answer(queries.list_rules(db.session, g.actor, page_request(args)))


@deductions.post("")
@deductions.arguments(FeeSchema)
@deductions.response(201, FeeSchema)
@deductions.alt_response(200, schema=FeeSchema, description=KNOWN)
@permission_required(Permission.DEDUCTIONS_WRITE)
def deduction_set(data: dict[str, Any]) -> tuple[DeductionRule, int]:
    """Set a fee or tax with the decision behind it; a tax counts once an accountant has confirmed it."""
    parts = [(one["name"], one["basis_points"]) for one in data.pop("taxes")]
    kind, basis = DueKind(data.pop("kind")), Basis(data.pop("basis"))
    with atomic() as session:
        is_known = session.get(DeductionRule, data["id"]) is not None
        rule = set_deduction(
            session,
            actor=g.actor,
            now=utc_now(),
            rule_id=data.pop("id"),
            kind=kind,
            basis=basis,
            parts=parts,
            **data,
        )
    return rule, 200 if is_known else 201


@deductions.post("/<uuid:rule_id>/confirm")
@deductions.response(200, FeeSchema)
@permission_required(Permission.TAXES_CONFIRM)
def deduction_confirm(rule_id: UUID) -> DeductionRule:
    """Confirm the rates of a tax as an accountant."""
    with atomic() as session:
        return confirm_deduction(session, actor=g.actor, now=utc_now(), rule_id=rule_id)


@charges.get("")
@charges.arguments(PageArgs, location="query")
@charges.response(200, page_schema(GroupChargeSchema))
@permission_required(Permission.RUNS_READ)
def charge_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the group charges; sort by charged_on."""
    return page_answer(queries.list_charges(db.session, g.actor, page_request(args)))


@charges.post("")
@charges.arguments(GroupChargeSchema)
@charges.response(201, GroupChargeSchema)
@charges.alt_response(200, schema=GroupChargeSchema, description=KNOWN)
@permission_required(Permission.DEDUCTIONS_WRITE)
def charge_set(data: dict[str, Any]) -> tuple[GroupCharge, int]:
    """Charge the producers of a zone, or all, an amount together."""
    names = dict(zones_of(db.session, g.actor.org))
    with atomic() as session:
        is_known = session.get(GroupCharge, data["id"]) is not None
        charge = set_group_charge(
            session,
            actor=g.actor,
            now=utc_now(),
            charge_id=data.pop("id"),
            zone_name=names.get(data["zone_id"]),
            known_zones=set(names),
            **data,
        )
    return charge, 200 if is_known else 201


@charges.post("/<uuid:charge_id>/withdraw")
@charges.response(200, GroupChargeSchema)
@permission_required(Permission.DEDUCTIONS_WRITE)
def charge_withdraw(charge_id: UUID) -> GroupCharge:
    """Withdraw a group charge."""
    with atomic() as session:
        return withdraw_group_charge(session, actor=g.actor, now=utc_now(), charge_id=charge_id)


@caps.get("")
@caps.response(200, CapInForceSchema)
@permission_required(Permission.RUNS_READ)
def cap_show() -> Cap:
    """Tell what a household keeps of each payment today."""
    return cap_on(db.session, g.actor.org, local_today())


@caps.post("")
@caps.arguments(RecoveryCapSchema)
@caps.response(201, RecoveryCapSchema)
@caps.alt_response(200, schema=RecoveryCapSchema, description=KNOWN)
@permission_required(Permission.DEDUCTIONS_WRITE)
def cap_set(data: dict[str, Any]) -> tuple[RecoveryCap, int]:
    """Set what a household keeps, from a day on, with the decision behind it."""
    with atomic() as session:
        is_known = session.get(RecoveryCap, data["id"]) is not None
        cap = set_recovery_cap(session, actor=g.actor, now=utc_now(), cap_id=data.pop("id"), **data)
    return cap, 200 if is_known else 201
