"""JSON resources of vetting, limits, deposits and their return."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.buyers import limit_queries as queries
from chain.buyers.limit_schemas import (
    BuyerCreditSchema,
    BuyerDepositSchema,
    BuyerLimitSchema,
    DepositPaidSchema,
    DepositReturnSchema,
    LimitRuleSchema,
    VettingDecisionSchema,
    VettingSchema,
)
from chain.buyers.models import BuyerCredit, BuyerDeposit, BuyerVetting, DepositReturn
from chain.buyers.services.deposits import (
    Movement,
    ask_return,
    grant_credit,
    pay_return,
    record_deposit,
    withdraw_return,
)
from chain.buyers.services.vetting import Decision, set_limit_rule, vet_buyer
from chain.buyers.words import local_today
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

vetting = ApiBlueprint("vetting", __name__, url="/vetting", description="Which buyers may trade.")
limits = ApiBlueprint("limits", __name__, url="/limits", description="What buyers may commit with a seller.")


@vetting.get("")
@vetting.arguments(PageArgs, location="query")
@vetting.response(200, page_schema(VettingSchema))
@permission_required(Permission.BUYERS_VET)
def vetting_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the buying organisations with the decision that holds."""
    page = queries.list_vetting(db.session, g.actor, page_request(args), today=local_today())
    return page_answer(page, _vetting)


@vetting.get("/<uuid:buyer_id>/decisions")
@vetting.arguments(PageArgs, location="query")
@vetting.response(200, page_schema(VettingDecisionSchema))
@permission_required(Permission.BUYERS_VET)
def decision_list(args: dict[str, Any], buyer_id: UUID) -> dict[str, Any]:
    """List the decisions about a buyer, the newest first."""
    queries.get_buyer_to_vet(db.session, g.actor, buyer_id)
    return page_answer(queries.page_decisions(db.session, buyer_id, page_request(args)))


@vetting.post("/<uuid:buyer_id>/decisions")
@vetting.arguments(VettingDecisionSchema)
@vetting.response(201, VettingDecisionSchema)
@permission_required(Permission.BUYERS_VET)
def decision_make(data: dict[str, Any], buyer_id: UUID) -> BuyerVetting:
    """Keep a decision; the last one holds. May be sent again."""
    facts = {name: data[name] for name in ("status", "tier", "documents", "note", "valid_until")}
    with atomic() as session:
        return vet_buyer(
            session,
            actor=g.actor,
            now=utc_now(),
            decision_id=data["id"],
            buyer_id=buyer_id,
            decision=Decision(**facts),
        )


@limits.get("")
@limits.arguments(PageArgs, location="query")
@limits.response(200, page_schema(BuyerLimitSchema))
@permission_required(Permission.CREDITS_WRITE)
def limit_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the buyers of a seller with their limits, in the seller's currency."""
    page = queries.list_limits(db.session, g.actor, page_request(args), today=local_today())
    return page_answer(page, _limit)


@limits.get("/own")
@limits.arguments(PageArgs, location="query")
@limits.response(200, page_schema(BuyerLimitSchema))
@permission_required(Permission.BIDS_PLACE)
def own_limits(args: dict[str, Any]) -> dict[str, Any]:
    """List the sellers with which the buyer has a limit."""
    page = queries.list_own_limits(db.session, g.actor, page_request(args), today=local_today())
    return page_answer(page, _limit)


@limits.put("/rule")
@limits.arguments(LimitRuleSchema)
@limits.response(200, LimitRuleSchema)
@permission_required(Permission.CREDITS_WRITE)
def rule_set(data: dict[str, Any]) -> dict[str, Any]:
    """Say whether every buyer needs a limit."""
    with atomic() as session:
        row = set_limit_rule(session, actor=g.actor, now=utc_now(), limit_required=data["limit_required"])
        return {"limit_required": row.limit_required}


@limits.post("/<uuid:buyer_id>/credits")
@limits.arguments(BuyerCreditSchema)
@limits.response(201, BuyerCreditSchema)
@permission_required(Permission.CREDITS_WRITE)
def credit_grant(data: dict[str, Any], buyer_id: UUID) -> BuyerCredit:
    """Grant credit in the seller's currency, in place of the credit before; 0 ends it. May be sent again."""
    with atomic() as session:
        return grant_credit(
            session,
            actor=g.actor,
            now=utc_now(),
            credit_id=data["id"],
            buyer_id=buyer_id,
            amount_minor=data["amount_minor"],
            until=data["until"],
            reason=data["reason"],
        )


@limits.get("/<uuid:buyer_id>/deposits")
@limits.arguments(PageArgs, location="query")
@limits.response(200, page_schema(BuyerDepositSchema))
@permission_required(Permission.CREDITS_WRITE)
def deposit_list(args: dict[str, Any], buyer_id: UUID) -> dict[str, Any]:
    """List the movements of a buyer's deposit, the newest first."""
    queries.get_limit_buyer(db.session, g.actor, buyer_id)
    return page_answer(queries.list_deposits(db.session, g.actor, page_request(args), buyer_id=buyer_id))


@limits.post("/<uuid:buyer_id>/deposits")
@limits.arguments(BuyerDepositSchema)
@limits.response(201, BuyerDepositSchema)
@permission_required(Permission.CREDITS_WRITE)
def deposit_record(data: dict[str, Any], buyer_id: UUID) -> BuyerDeposit:
    """Keep a movement of a deposit. May be sent again."""
    names = ("kind", "amount_minor", "means", "happened_on", "reference", "note")
    with atomic() as session:
        return record_deposit(
            session,
            actor=g.actor,
            now=utc_now(),
            deposit_id=data["id"],
            buyer_id=buyer_id,
            movement=Movement(**{name: data[name] for name in names}),
        )


@limits.get("/returns")
@limits.arguments(PageArgs, location="query")
@limits.response(200, page_schema(DepositReturnSchema))
@permission_required(Permission.CREDITS_WRITE)
def return_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the deposits that buyers asked back."""
    return page_answer(queries.list_returns(db.session, g.actor, page_request(args)))


@limits.post("/returns")
@limits.arguments(DepositReturnSchema)
@limits.response(201, DepositReturnSchema)
@permission_required(Permission.BIDS_PLACE)
def return_ask(data: dict[str, Any]) -> DepositReturn:
    """Ask a seller for the own deposit back. May be sent again."""
    with atomic() as session:
        return ask_return(
            session,
            actor=g.actor,
            now=utc_now(),
            return_id=data["id"],
            seller_id=data["organisation_id"],
            currency=data["currency"],
            pay_to=data["pay_to"],
        )


@limits.post("/returns/<uuid:return_id>/withdraw")
@limits.response(200, DepositReturnSchema)
@permission_required(Permission.BIDS_PLACE)
def return_withdraw(return_id: UUID) -> DepositReturn:
    """Take back the wish for the deposit while it waits."""
    with atomic() as session:
        return withdraw_return(session, actor=g.actor, now=utc_now(), return_id=return_id)


@limits.post("/returns/<uuid:return_id>/paid")
@limits.arguments(DepositPaidSchema)
@limits.response(200, DepositReturnSchema)
@permission_required(Permission.CREDITS_WRITE)
def return_paid(data: dict[str, Any], return_id: UUID) -> DepositReturn:
    """Note that a deposit was paid back."""
    with atomic() as session:
        return pay_return(
            session, actor=g.actor, now=utc_now(), return_id=return_id, reference=data["reference"]
        )


def _vetting(row: queries.VettingRow) -> dict[str, Any]:
    return {
        "buyer_id": row.buyer.id,
        "name": row.buyer.name,
        "standing": row.standing,
        "tier": None if row.decision is None else row.decision.tier,
        "valid_until": None if row.decision is None else row.decision.valid_until,
    }


def _limit(row: queries.LimitRow) -> dict[str, Any]:
    names = ("currency", "credit_minor", "deposit_minor", "held_minor", "free_minor", "is_required")
    return {
        "organisation_id": row.organisation.id,
        "name": row.organisation.name,
        "standing": row.standing,
        **{name: getattr(row.room, name) for name in names},
    }
