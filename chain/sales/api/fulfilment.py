"""JSON resources: what mills found of sold lots, claims, early ends of sales."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import NotFound
from chain.sales.adjusting import ClaimState
from chain.sales.api.sales import blueprint as sales
from chain.sales.models import SaleClaim, SaleEnding
from chain.sales.queries.findings import get_claim_for, get_ending_for, list_claims
from chain.sales.schemas import (
    ClaimArgs,
    EndingReasonSchema,
    MillFindingSchema,
    NewMillFindingSchema,
    SaleAnswerSchema,
    SaleEndingSchema,
)
from chain.sales.services import claims as claim_services
from chain.sales.services import endings as ending_services
from chain.sales.services.claims import Found
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema

REPEATED = "The same command came before."
claims = ApiBlueprint(
    "sale_claims", __name__, url="/sale-claims", description="What mills found of sold lots, and claims."
)
endings = ApiBlueprint("sale_endings", __name__, url="/sale-endings", description="Early ends of sales.")


@claims.get("")
@claims.arguments(ClaimArgs, location="query")
@claims.response(200, page_schema(MillFindingSchema))
@permission_required(Permission.SALES_READ)
def claim_list(args: dict[str, Any]) -> dict[str, Any]:
    """List what mills found of the lots that the organisation sold or bought, the latest first."""
    state = ClaimState(args["state"]) if args["state"] else None
    page = list_claims(db.session, g.actor, page_request(args), state=state)
    return page_answer(page, lambda row: row.claim)


@claims.get("/<uuid:claim_id>")
@claims.response(200, MillFindingSchema)
@permission_required(Permission.SALES_READ)
def claim_detail(claim_id: UUID) -> SaleClaim:
    """Return one finding."""
    return get_claim_for(db.session, g.actor, claim_id).claim


@claims.post("/<uuid:claim_id>/answer")
@claims.arguments(SaleAnswerSchema)
@claims.response(200, MillFindingSchema)
@permission_required(Permission.AWARDS_ACCEPT)
def claim_answer(data: dict[str, Any], claim_id: UUID) -> SaleClaim:
    """Accept a claim, which changes what is due, or reject it with a reason. Again changes nothing."""
    with atomic() as session:
        return claim_services.answer_claim(
            session,
            actor=g.actor,
            now=utc_now(),
            claim_id=claim_id,
            accept=data["accept"],
            answer=data["answer"],
        )


@sales.post("/<uuid:sale_id>/lots/<uuid:lot_id>/findings")
@sales.arguments(NewMillFindingSchema)
@sales.response(201, MillFindingSchema)
@sales.alt_response(200, schema=MillFindingSchema, description=REPEATED, success=True)
@permission_required(Permission.ARRIVALS_CONFIRM)
def finding_record(data: dict[str, Any], sale_id: UUID, lot_id: UUID) -> tuple[SaleClaim, int]:
    """Record what the mill found of a lot after arrival; a difference is a claim."""
    found = Found(sale_id=sale_id, lot_id=lot_id, **data)
    with atomic() as session:
        status = 201 if session.get(SaleClaim, found.id) is None else 200
        return claim_services.record_finding(session, actor=g.actor, now=utc_now(), found=found), status


@sales.post("/<uuid:sale_id>/cancellation")
@sales.arguments(EndingReasonSchema)
@sales.response(201, SaleEndingSchema)
@sales.alt_response(200, schema=SaleEndingSchema, description=REPEATED, success=True)
@permission_required(Permission.SALES_READ)
def cancellation_ask(data: dict[str, Any], sale_id: UUID) -> tuple[SaleEnding, int]:
    """Ask the other side to cancel a sale."""
    with atomic() as session:
        status = 201 if session.get(SaleEnding, data["id"]) is None else 200
        row = ending_services.ask_to_cancel(
            session,
            actor=g.actor,
            now=utc_now(),
            ending_id=data["id"],
            sale_id=sale_id,
            reason=data["reason"],
        )
        return row, status


@sales.post("/<uuid:sale_id>/default")
@sales.arguments(EndingReasonSchema)
@sales.response(201, SaleEndingSchema)
@sales.alt_response(200, schema=SaleEndingSchema, description=REPEATED, success=True)
@permission_required(Permission.SALES_READ)
def default_declare(data: dict[str, Any], sale_id: UUID) -> tuple[SaleEnding, int]:
    """Say that the other side did not fulfil a sale; the contract's consequences follow."""
    with atomic() as session:
        status = 201 if session.get(SaleEnding, data["id"]) is None else 200
        row = ending_services.declare_default(
            session,
            actor=g.actor,
            now=utc_now(),
            ending_id=data["id"],
            sale_id=sale_id,
            reason=data["reason"],
        )
        return row, status


@endings.get("/<uuid:ending_id>")
@endings.response(200, SaleEndingSchema)
@permission_required(Permission.SALES_READ)
def ending_detail(ending_id: UUID) -> SaleEnding:
    """Return what was asked or declared about the end of a sale."""
    return get_ending_for(db.session, g.actor, ending_id)


@endings.post("/<uuid:ending_id>/answer")
@endings.arguments(SaleAnswerSchema)
@endings.response(200, SaleEndingSchema)
@permission_required(Permission.SALES_READ)
def ending_answer(data: dict[str, Any], ending_id: UUID) -> SaleEnding:
    """Agree to cancel, or refuse with a reason. Again changes nothing."""
    if db.session.get(SaleEnding, ending_id) is None:
        raise NotFound
    with atomic() as session:
        return ending_services.answer_cancelling(
            session,
            actor=g.actor,
            now=utc_now(),
            ending_id=ending_id,
            agree=data["accept"],
            answer=data["answer"],
        )
