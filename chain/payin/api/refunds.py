"""One payment in detail, its credit, and money that goes back, as resources."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.payin.api.invoices import KNOWN, invoice_answer, payment_answer, payments
from chain.payin.api.invoices import invoices as invoice_blueprint
from chain.payin.card_edge import send_refund
from chain.payin.models import BuyerRefund
from chain.payin.queries import invoices as queries
from chain.payin.queries.refunds import get_refund_for, list_refunds
from chain.payin.rules import RefundState
from chain.payin.schemas import (
    BuyerPaymentDetailSchema,
    BuyerRefundArgs,
    BuyerRefundListArgs,
    BuyerRefundSchema,
    InvoiceSchema,
    UseCreditArgs,
)
from chain.payin.services.payments import apply_credit, release_overpaid
from chain.payin.services.refunds import approve_refund, ask_refund, decline_refund, refundable
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema

blueprint = ApiBlueprint(
    "buyer_refunds", __name__, url="/buyer-refunds", description="Money that goes back to buyers."
)


def _detail(payment_id: UUID) -> dict[str, Any]:
    row = queries.get_payment_row_for(db.session, g.actor, payment_id)
    return payment_answer(row) | {
        "refundable_minor": refundable(db.session, row.payment),
        "uses": [
            {
                "kind": one.use.kind,
                "invoice_id": one.use.invoice_id,
                "sale_id": one.use.sale_id,
                "amount_minor": one.use.amount_minor,
                "settled_minor": one.use.settled_minor,
                "made_at": one.use.made_at,
                "entry_id": one.use.entry_id,
            }
            for one in queries.uses_of_payment(db.session, payment_id)
        ],
        "refunds": queries.refunds_of(db.session, payment_id),
        "disputes": queries.disputes_of(db.session, payment_id),
    }


@payments.get("/<uuid:payment_id>")
@payments.response(200, BuyerPaymentDetailSchema)
@permission_required(Permission.INVOICES_READ)
def payment_detail(payment_id: UUID) -> dict[str, Any]:
    """Show a payment: what it settled, what is left, its refunds and disputes."""
    return _detail(payment_id)


@payments.post("/<uuid:payment_id>/apply-credit")
@payments.arguments(UseCreditArgs)
@payments.response(200, BuyerPaymentDetailSchema)
@permission_required(Permission.PAYIN_WRITE)
def credit_apply(data: dict[str, Any], payment_id: UUID) -> dict[str, Any]:
    """Let what is left of a payment pay the invoices that are named, or the oldest open ones; the same id again pays nothing more."""
    with atomic() as session:
        apply_credit(
            session,
            actor=g.actor,
            now=utc_now(),
            payment_id=payment_id,
            invoice_ids=data["invoice_ids"],
            use_id=data["id"],
        )
    return _detail(payment_id)


@invoice_blueprint.post("/<uuid:invoice_id>/release-overpaid")
@invoice_blueprint.response(200, InvoiceSchema)
@permission_required(Permission.PAYIN_WRITE)
def overpaid_release(invoice_id: UUID) -> dict[str, Any]:
    """Move what is overpaid on an invoice to the buyer's credit; again: 409 not_overpaid, and nothing moves twice."""
    with atomic() as session:
        release_overpaid(session, actor=g.actor, now=utc_now(), invoice_id=invoice_id)
    return invoice_answer(queries.get_invoice_row_for(db.session, g.actor, invoice_id))


@payments.post("/<uuid:payment_id>/refunds")
@payments.arguments(BuyerRefundArgs)
@payments.response(201, BuyerRefundSchema)
@payments.alt_response(200, schema=BuyerRefundSchema, description=KNOWN)
@permission_required(Permission.PAYIN_WRITE)
def refund_ask(data: dict[str, Any], payment_id: UUID) -> tuple[BuyerRefund, int]:
    """Ask for money of a payment to go back; another officer must approve it."""
    with atomic() as session:
        is_known = session.get(BuyerRefund, data["id"]) is not None
        refund = ask_refund(
            session,
            actor=g.actor,
            now=utc_now(),
            refund_id=data["id"],
            payment_id=payment_id,
            amount_minor=data["amount_minor"],
            reason=data["reason"],
            is_mistake=data["is_mistake"],
        )
    return refund, 200 if is_known else 201


@blueprint.get("")
@blueprint.arguments(BuyerRefundListArgs, location="query")
@blueprint.response(200, page_schema(BuyerRefundSchema))
@permission_required(Permission.INVOICES_READ)
def refund_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the refunds; sort by number, asked_at or amount."""
    word = args.pop("state", None)
    found = list_refunds(db.session, g.actor, page_request(args), state=RefundState(word) if word else None)
    return page_answer(found, lambda one: one)


@blueprint.get("/<uuid:refund_id>")
@blueprint.response(200, BuyerRefundSchema)
@permission_required(Permission.INVOICES_READ)
def refund_detail(refund_id: UUID) -> BuyerRefund:
    """Show a refund."""
    return get_refund_for(db.session, g.actor, refund_id)


@blueprint.post("/<uuid:refund_id>/approve")
@blueprint.response(200, BuyerRefundSchema)
@permission_required(Permission.PAYIN_WRITE)
def refund_approve(refund_id: UUID) -> BuyerRefund:
    """Approve a refund that another person asked for. One to a card is sent at once; its state stays approved until the provider took it."""
    with atomic() as session:
        approve_refund(session, actor=g.actor, now=utc_now(), refund_id=refund_id)
    send_refund(refund_id, utc_now())
    return get_refund_for(db.session, g.actor, refund_id)


@blueprint.post("/<uuid:refund_id>/decline")
@blueprint.response(200, BuyerRefundSchema)
@permission_required(Permission.PAYIN_WRITE)
def refund_decline(refund_id: UUID) -> BuyerRefund:
    """Decline a refund, or take one's own back."""
    with atomic() as session:
        return decline_refund(session, actor=g.actor, now=utc_now(), refund_id=refund_id)
