"""Pages of single payments: handed over, come back, not paid out, and the receiver's word; a collector's own batches."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, InvalidId, NotFound
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.payout.forms import ConfirmForm, ReasonForm
from chain.payout.queries.payouts import get_batch_for, get_payment_for, list_batches, payment_after
from chain.payout.rules import IN_CASH, BatchState, ConfirmationKind, PayoutState, Rail
from chain.payout.services.confirmations import confirm_received
from chain.payout.services.settling import cancel_planned, record_paid, record_returned
from chain.payout.views import blueprint
from chain.payout.views.batches import batch_page
from chain.web.access import permission_required, sign_in_required
from chain.web.i18n import gettext
from chain.web.lists import page_wanted

Answer = str | Response | tuple[str, int]
MAX_TICKED = 500


@blueprint.get("/payouts/mine")
@permission_required(Permission.PAYOUTS_DELIVER)
def own_batches() -> str:
    """Show the batches whose money the reader carries."""
    return render_template(
        "payout/mine.html", page=list_batches(db.session, g.actor, page_wanted(), carried=True)
    )


def _ticked() -> list[UUID]:
    found = []
    for text in request.form.getlist("payment")[:MAX_TICKED]:
        try:
            found.append(parse_id(text))
        except InvalidId:
            raise NotFound from None
    return found


@blueprint.post("/payouts/<uuid:batch_id>/paid")
@permission_required(Permission.PAYOUTS_DELIVER)
def payments_paid(batch_id: UUID) -> Answer:
    """Note that the ticked payments reached their receivers."""
    get_batch_for(db.session, g.actor, batch_id)
    ticked = _ticked()
    if not ticked:
        flash(N_("Tick at least one payment."), "error")
        return batch_page(get_batch_for(db.session, g.actor, batch_id), keep=True), 422
    try:
        with atomic() as session:
            count = record_paid(
                session,
                actor=g.actor,
                now=utc_now(),
                batch_id=batch_id,
                payout_ids=ticked,
                reference=request.form.get("reference"),
            )
    except NotFound:
        raise
    except DomainError as refused:
        return _refused(batch_id, refused, ticked)
    else:
        flash(N_("Noted as paid.") if count else N_("These were noted as paid before."), "success")
        if len(ticked) == 1 and request.form.get("then") == "confirm":
            return redirect(url_for("payout.payment_detail", batch_id=batch_id, payout_id=ticked[0]))
    return _back(batch_id)


@blueprint.post("/payouts/<uuid:batch_id>/cancel")
@permission_required(Permission.PAYOUTS_WRITE)
def payments_cancel(batch_id: UUID) -> Answer:
    """Take the ticked payments out that nobody came for."""
    ticked = _ticked()
    if not ticked:
        flash(N_("Tick at least one payment."), "error")
        return batch_page(get_batch_for(db.session, g.actor, batch_id), keep=True), 422
    try:
        with atomic() as session:
            cancel_planned(
                session,
                actor=g.actor,
                now=utc_now(),
                batch_id=batch_id,
                payout_ids=ticked,
                reason=request.form.get("reason", ""),
            )
    except NotFound:
        raise
    except DomainError as refused:
        return _refused(batch_id, refused, ticked)
    else:
        flash(N_("Taken out of the batch. What they are owed stays open."), "success")
    return _back(batch_id)


def _refused(batch_id: UUID, refused: DomainError, ticked: list[UUID]) -> tuple[str, int]:
    """Show the batch again with what was ticked and typed."""
    texts = [message for messages in refused.errors.values() for message in messages]
    flash(gettext(texts[0] if texts else refused.message), "error")
    return batch_page(get_batch_for(db.session, g.actor, batch_id), ticked=ticked), 422


@blueprint.get("/payouts/<uuid:batch_id>/payments/<uuid:payout_id>")
@sign_in_required
def payment_detail(batch_id: UUID, payout_id: UUID) -> str:
    """Show one payment, with the receiver's word or the form for it."""
    return _payment_page(batch_id, payout_id)


def _payment_page(
    batch_id: UUID, payout_id: UUID, *, confirm: ConfirmForm | None = None, reason: ReasonForm | None = None
) -> str:
    batch, payment = get_payment_for(db.session, g.actor, payout_id)
    if batch.id != batch_id:
        raise NotFound
    form = confirm or ConfirmForm(formdata=None)
    form.offer()
    return render_template(
        "payout/payment.html",
        batch=batch,
        payment=payment,
        form=form,
        reason_form=reason or ReasonForm(formdata=None),
        is_officer=g.actor.may(Permission.PAYOUTS_WRITE),
        after=payment_after(db.session, payout_id),
        may_pay=g.actor.may(Permission.PAYOUTS_DELIVER)
        and batch.state == BatchState.SENT
        and Rail(batch.rail) in IN_CASH
        and (batch.collector_id is None or batch.collector_id == g.actor.user_id)
        and payment.state in {PayoutState.PLANNED, PayoutState.SENT},
        may_confirm=g.actor.may(Permission.PAYOUTS_DELIVER)
        and payment.state == PayoutState.PAID
        and payment.confirmed_by is None,
        may_return=g.actor.may(Permission.PAYOUTS_WRITE)
        and payment.state in {PayoutState.SENT, PayoutState.PAID},
    )


@blueprint.post("/payouts/<uuid:batch_id>/payments/<uuid:payout_id>/confirm")
@permission_required(Permission.PAYOUTS_DELIVER)
def payment_confirm(batch_id: UUID, payout_id: UUID) -> Answer:
    """Keep how the receiver confirmed."""
    form = ConfirmForm()
    form.offer()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                confirm_received(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    confirmation_id=form.id.value,
                    payout_id=payout_id,
                    kind=ConfirmationKind(form.kind.data),
                    card=form.card.data,
                    witness_name=form.witness.data,
                    witness_document=form.witness_document.data,
                    received_by=form.received_by.data,
                    note=form.note.data,
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The receiver's word is kept."), "success")
            return _back(batch_id)
    return _payment_page(batch_id, payout_id, confirm=form), 422


@blueprint.post("/payouts/<uuid:batch_id>/payments/<uuid:payout_id>/returned")
@permission_required(Permission.PAYOUTS_WRITE)
def payment_returned(batch_id: UUID, payout_id: UUID) -> Answer:
    """Note that a payment came back."""
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                record_returned(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    batch_id=batch_id,
                    payout_id=payout_id,
                    reason=form.reason.data or "",
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("Noted as come back. It is owed again and waits for another batch."), "success")
            return _back(batch_id)
    return _payment_page(batch_id, payout_id, reason=form), 422


def _back(batch_id: UUID) -> Response:
    return redirect(url_for("payout.batch_detail", batch_id=batch_id))
