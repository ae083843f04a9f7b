"""JSON resources of payout."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.paging import slice_rows
from chain.payout.models import CashCount, PaymentDetail, PayoutBatch, PayoutFile, PayoutLimit
from chain.payout.queries.details import list_details
from chain.payout.queries.limits import all_limits
from chain.payout.queries.payouts import batch_payments, get_batch_for, get_payment_for, list_batches
from chain.payout.rules import BatchState, ConfirmationKind, LimitKind, PayoutState, Rail
from chain.payout.schemas import (
    CancelPaymentsSchema,
    CashCountedSchema,
    CashCountSchema,
    NewPayoutBatchSchema,
    PaidCountSchema,
    PaidSchema,
    PaymentArgs,
    PaymentConfirmationSchema,
    PaymentDetailSchema,
    PayoutBatchArgs,
    PayoutBatchRowSchema,
    PayoutBatchSchema,
    PayoutFileArgs,
    PayoutFileSchema,
    PayoutLimitSchema,
    PayoutPaymentSchema,
    PayoutReasonSchema,
)
from chain.payout.services import batches as services
from chain.payout.services.confirmations import confirm_received
from chain.payout.services.details import confirm_detail, end_detail, set_detail
from chain.payout.services.files import make_file
from chain.payout.services.limits import confirm_limit, set_limit
from chain.payout.services.settling import cancel_planned, count_cash, record_paid, record_returned
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

batches = ApiBlueprint(
    "payouts",
    __name__,
    url="/payouts",
    description="Batches of payments to producers of the acting organisation.",
)
details = ApiBlueprint(
    "payment_details", __name__, url="/payment-details", description="Where producers want their money."
)
limits = ApiBlueprint(
    "payout_limits", __name__, url="/payout-limits", description="What ways of payment take at most."
)
blueprints = [batches, details, limits]


@batches.get("")
@batches.arguments(PayoutBatchArgs, location="query")
@batches.response(200, page_schema(PayoutBatchRowSchema))
@permission_required(Permission.RUNS_READ)
def payout_batch_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the batches, the latest first; sort by number or pay_on."""
    state = BatchState(args["state"]) if args["state"] else None
    return page_answer(list_batches(db.session, g.actor, page_request(args), state=state))


@batches.post("")
@batches.arguments(NewPayoutBatchSchema)
@batches.response(201, PayoutBatchSchema)
@batches.alt_response(200, schema=PayoutBatchSchema, description="The same batch was prepared before.")
@permission_required(Permission.PAYOUTS_WRITE)
def payout_batch_prepare(args: dict[str, Any]) -> tuple[PayoutBatch, int]:
    """Prepare payments on one rail; another person approves them."""
    is_known = db.session.get(PayoutBatch, args["id"]) is not None
    with atomic() as session:
        batch = services.prepare_batch(
            session,
            actor=g.actor,
            now=utc_now(),
            batch_id=args["id"],
            rail=Rail(args["rail"]),
            pay_on=args["pay_on"],
            run_id=args["run_id"],
            line_ids=args["line_ids"],
            collector_id=args["collector_id"],
        )
    return batch, 200 if is_known else 201


@batches.get("/<uuid:batch_id>")
@batches.response(200, PayoutBatchSchema)
@permission_required(Permission.RUNS_READ)
def payout_batch_detail(batch_id: UUID) -> PayoutBatch:
    """Return a batch."""
    return get_batch_for(db.session, g.actor, batch_id)


@batches.get("/<uuid:batch_id>/payments")
@batches.arguments(PaymentArgs, location="query")
@batches.response(200, page_schema(PayoutPaymentSchema))
@permission_required(Permission.RUNS_READ)
def payout_batch_payments(args: dict[str, Any], batch_id: UUID) -> dict[str, Any]:
    """List the payments of a batch in their order."""
    batch = get_batch_for(db.session, g.actor, batch_id)
    state = PayoutState(args["state"]) if args["state"] else None
    return page_answer(batch_payments(db.session, batch.id, page_request(args), state=state))


@batches.post("/<uuid:batch_id>/approve")
@batches.response(200, PayoutBatchSchema)
@permission_required(Permission.PAYOUTS_WRITE)
def payout_batch_approve(batch_id: UUID) -> PayoutBatch:
    """Approve what another person prepared."""
    with atomic() as session:
        return services.approve_batch(session, actor=g.actor, now=utc_now(), batch_id=batch_id)


@batches.post("/<uuid:batch_id>/send")
@batches.response(200, PayoutBatchSchema)
@permission_required(Permission.PAYOUTS_WRITE)
def payout_batch_send(batch_id: UUID) -> PayoutBatch:
    """Say that the batch left."""
    with atomic() as session:
        return services.send_batch(session, actor=g.actor, now=utc_now(), batch_id=batch_id)


@batches.post("/<uuid:batch_id>/discard")
@batches.arguments(PayoutReasonSchema)
@batches.response(200, PayoutBatchSchema)
@permission_required(Permission.PAYOUTS_WRITE)
def payout_batch_discard(args: dict[str, Any], batch_id: UUID) -> PayoutBatch:
    """Discard a batch that did not leave."""
    with atomic() as session:
        return services.discard_batch(
            session, actor=g.actor, now=utc_now(), batch_id=batch_id, reason=args["reason"]
        )


@batches.post("/<uuid:batch_id>/paid")
@batches.arguments(PaidSchema)
@batches.response(200, PaidCountSchema)
@permission_required(Permission.PAYOUTS_DELIVER)
def payout_payments_paid(args: dict[str, Any], batch_id: UUID) -> dict[str, int]:
    """Note payments that reached their receivers; those noted before stay as they are."""
    with atomic() as session:
        noted = record_paid(
            session,
            actor=g.actor,
            now=utc_now(),
            batch_id=batch_id,
            payout_ids=args["payment_ids"],
            reference=args["reference"],
        )
    return {"noted": noted}


@batches.post("/<uuid:batch_id>/cancel")
@batches.arguments(CancelPaymentsSchema)
@batches.response(200, PaidCountSchema)
@permission_required(Permission.PAYOUTS_WRITE)
def payout_payments_cancel(args: dict[str, Any], batch_id: UUID) -> dict[str, int]:
    """Take payments in cash out that nobody came for."""
    with atomic() as session:
        noted = cancel_planned(
            session,
            actor=g.actor,
            now=utc_now(),
            batch_id=batch_id,
            payout_ids=args["payment_ids"],
            reason=args["reason"],
        )
    return {"noted": noted}


@batches.post("/<uuid:batch_id>/payments/<uuid:payment_id>/returned")
@batches.arguments(PayoutReasonSchema)
@batches.response(200, PayoutPaymentSchema)
@permission_required(Permission.PAYOUTS_WRITE)
def payout_payment_returned(args: dict[str, Any], batch_id: UUID, payment_id: UUID) -> Any:
    """Note a payment that came back; it is owed again."""
    with atomic() as session:
        record_returned(
            session,
            actor=g.actor,
            now=utc_now(),
            batch_id=batch_id,
            payout_id=payment_id,
            reason=args["reason"],
        )
    return get_payment_for(db.session, g.actor, payment_id)[1]


@batches.post("/<uuid:batch_id>/payments/<uuid:payment_id>/confirmation")
@batches.arguments(PaymentConfirmationSchema)
@batches.response(200, PayoutPaymentSchema)
@permission_required(Permission.PAYOUTS_DELIVER)
def payout_payment_confirm(args: dict[str, Any], batch_id: UUID, payment_id: UUID) -> Any:
    """Keep how the receiver confirmed."""
    get_batch_for(db.session, g.actor, batch_id)
    more = {name: value for name, value in args.items() if name not in {"id", "kind"}}
    with atomic() as session:
        confirm_received(
            session,
            actor=g.actor,
            now=utc_now(),
            confirmation_id=args["id"],
            payout_id=payment_id,
            kind=ConfirmationKind(args["kind"]),
            **more,
        )
    return get_payment_for(db.session, g.actor, payment_id)[1]


@batches.post("/<uuid:batch_id>/counts")
@batches.arguments(CashCountSchema)
@batches.response(200, CashCountedSchema)
@permission_required(Permission.PAYOUTS_WRITE)
def payout_cash_count(args: dict[str, Any], batch_id: UUID) -> CashCount:
    """Write down counted notes and coins."""
    with atomic() as session:
        return count_cash(
            session,
            actor=g.actor,
            now=utc_now(),
            count_id=args["id"],
            batch_id=batch_id,
            purpose=args["purpose"],
            counts=args["counts"],
        )


@batches.post("/<uuid:batch_id>/files")
@batches.arguments(PayoutFileArgs)
@batches.response(200, PayoutFileSchema)
@permission_required(Permission.PAYOUTS_WRITE)
def payout_file_make(args: dict[str, Any], batch_id: UUID) -> PayoutFile:
    """Make the file of an approved batch; it marks nothing as paid."""
    with atomic() as session:
        return make_file(
            session,
            actor=g.actor,
            now=utc_now(),
            file_id=args["id"],
            batch_id=batch_id,
            own_account=args["own_account"],
            layout_id=args["layout_id"],
        )


@details.get("")
@details.arguments(PageArgs, location="query")
@details.response(200, page_schema(PaymentDetailSchema))
@permission_required(Permission.PAYOUTS_WRITE)
def payment_detail_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the accounts of producers that stand."""
    return page_answer(list_details(db.session, g.actor, page_request(args)))


@details.post("")
@details.arguments(PaymentDetailSchema)
@details.response(201, PaymentDetailSchema)
@details.alt_response(
    200, schema=PaymentDetailSchema, description="The same details were written down before."
)
@permission_required(Permission.PAYOUTS_WRITE)
def payment_detail_set(args: dict[str, Any]) -> tuple[PaymentDetail, int]:
    """Write down where a producer wants the money; another person confirms it."""
    is_known = db.session.get(PaymentDetail, args["id"]) is not None
    with atomic() as session:
        row = set_detail(
            session,
            actor=g.actor,
            now=utc_now(),
            detail_id=args["id"],
            producer_id=args["producer_id"],
            rail=Rail(args["rail"]),
            provider=args["provider"],
            account=args["account"],
            holder=args["holder"],
            note=args["note"],
        )
    return row, 200 if is_known else 201


@details.post("/<uuid:detail_id>/confirm")
@details.response(200, PaymentDetailSchema)
@permission_required(Permission.PAYOUTS_WRITE)
def payment_detail_confirm(detail_id: UUID) -> PaymentDetail:
    """Confirm what another person wrote down."""
    with atomic() as session:
        return confirm_detail(session, actor=g.actor, now=utc_now(), detail_id=detail_id)


@details.post("/<uuid:detail_id>/end")
@details.response(200, PaymentDetailSchema)
@permission_required(Permission.PAYOUTS_WRITE)
def payment_detail_end(detail_id: UUID) -> PaymentDetail:
    """Send no more money there."""
    with atomic() as session:
        return end_detail(session, actor=g.actor, now=utc_now(), detail_id=detail_id)


@limits.get("")
@limits.arguments(PageArgs, location="query")
@limits.response(200, page_schema(PayoutLimitSchema))
@permission_required(Permission.RUNS_READ)
def payout_limit_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the limits; one that nobody confirmed is off."""
    found = list(all_limits(db.session, g.actor.org))
    return page_answer(slice_rows(found, page_request(args), {"valid_from": lambda one: one.valid_from}))


@limits.post("")
@limits.arguments(PayoutLimitSchema)
@limits.response(201, PayoutLimitSchema)
@limits.alt_response(200, schema=PayoutLimitSchema, description="The same limit was written down before.")
@permission_required(Permission.PAYOUTS_WRITE)
def payout_limit_set(args: dict[str, Any]) -> tuple[PayoutLimit, int]:
    """Write a limit down; it is applied once an accountant has confirmed it."""
    is_known = db.session.get(PayoutLimit, args["id"]) is not None
    with atomic() as session:
        row = set_limit(
            session,
            actor=g.actor,
            now=utc_now(),
            limit_id=args["id"],
            kind=LimitKind(args["kind"]),
            amount_minor=args["amount_minor"],
            valid_from=args["valid_from"],
            source=args["source"],
        )
    return row, 200 if is_known else 201


@limits.post("/<uuid:limit_id>/confirm")
@limits.response(200, PayoutLimitSchema)
@permission_required(Permission.TAXES_CONFIRM)
def payout_limit_confirm(limit_id: UUID) -> PayoutLimit:
    """Confirm a limit."""
    with atomic() as session:
        return confirm_limit(session, actor=g.actor, now=utc_now(), limit_id=limit_id)
