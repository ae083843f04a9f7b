"""Pages of the money that buyers paid, their credit and refunds."""

from uuid import UUID

from flask import Response, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.queries import who_may
from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.core.money import CURRENCIES, Money
from chain.payin.card_edge import send_refund
from chain.payin.errors import CardRefundRefused
from chain.payin.forms import MistakeForm, PaymentForm, RefundForm, minor_of
from chain.payin.models import BuyerRefund
from chain.payin.pages import every_row, ids_wanted, page_wanted, plain_amount
from chain.payin.queries import invoices as queries
from chain.payin.queries.statements import bank_accounts, open_invoices
from chain.payin.rules import MEANS_LABELS, Means, RefundState
from chain.payin.services.payments import NewPayment, apply_credit, record_payment
from chain.payin.services.refunds import approve_refund, ask_refund, decline_refund, refundable
from chain.payin.views import blueprint
from chain.payin.views.invoices import take_step
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.formats import format_money, number_format, timezone_name
from chain.web.forms import option
from chain.web.i18n import gettext

FILE_HEADER = (
    N_("Day"), N_("Buyer"), N_("How it came"), N_("Number of the operation"), N_("Currency"), N_("Amount"),
    N_("Credit left"),
)  # fmt: skip


@blueprint.get("/buyer-payments")
@permission_required(Permission.INVOICES_READ)
def payment_list() -> str:
    """List the money that buyers paid."""
    only_credit = request.args.get("credit") == "1"
    return render_template(
        "payin/payments.html",
        page=queries.list_buyer_payments(db.session, g.actor, page_wanted(), with_credit=only_credit),
        only_credit=only_credit,
        may_record=g.actor.may(Permission.PAYIN_WRITE),
    )


@blueprint.get("/buyer-payments.csv")
@permission_required(Permission.INVOICES_READ)
def payment_file() -> Response:
    """Give the payments as a file."""
    rows = every_row(lambda asked: queries.list_buyer_payments(db.session, g.actor, asked))
    lines: list[list[object]] = [
        [
            row.payment.paid_on.isoformat(),
            row.buyer_name,
            gettext(MEANS_LABELS[Means(row.payment.means)]),
            row.payment.reference,
            row.payment.currency,
            plain_amount(row.payment.amount_minor),
            plain_amount(row.credit_minor),
        ]
        for row in rows
    ]
    return csv_response("buyer-payments.csv", [gettext(one) for one in FILE_HEADER], lines)


def _payment_form() -> PaymentForm:
    form = PaymentForm()
    form.offer()
    buyers = queries.buyers_of_house(db.session, g.actor.org)
    form.buyer_id.choices = [
        option("", gettext(N_("Choose…"))),
        *(option(one, name) for one, name in buyers),
    ]
    form.currency.choices = [option(one, one) for one in CURRENCIES]
    form.bank_account_id.choices = [
        option("", gettext(N_("None"))),
        *(option(one.id, f"{one.bank} · {one.number}") for one in bank_accounts(db.session, g.actor.org)),
    ]
    form.invoices.choices = [
        option(
            one.key,
            f"{one.serial} · {one.buyer_name} · {format_money(one.open_minor, one.currency, number_format=number_format())}",
        )
        for currency in CURRENCIES
        for one in open_invoices(db.session, g.actor.org, currency)
    ]
    return form


@blueprint.get("/buyer-payments/new")
@permission_required(Permission.PAYIN_WRITE)
def payment_form() -> str:
    """Show the form for a payment; for one invoice it is filled with what is open."""
    form = _payment_form()
    form.currency.data = g.organisation.currency
    form.means.data = Means.BANK.value
    form.paid_on.data = local_date(utc_now(), timezone_name())
    wanted = request.args.get("invoice", "")
    if wanted:
        row = queries.get_invoice_row_for(db.session, g.actor, _uuid(wanted))
        rest = max(0, row.open_minor)
        form.buyer_id.data, form.currency.data = str(row.invoice.buyer_id), row.invoice.currency
        form.amount.typed = f"{rest // 100}.{rest % 100:02d}"
        form.invoices.data = [str(row.invoice.id)]
        if row.invoice.bank_account_id:
            form.bank_account_id.data = str(row.invoice.bank_account_id)
    return render_template("payin/payment_new.html", form=form)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


@blueprint.post("/buyer-payments/new")
@permission_required(Permission.PAYIN_WRITE)
def payment_submit() -> BaseResponse | tuple[str, int]:
    """Record a payment."""
    form = _payment_form()
    amount = minor_of(form.amount) if form.validate_on_submit() else None
    book = minor_of(form.book) if amount is not None else None
    if amount is not None and form.paid_on.data and not form.book.errors:
        try:
            wanted = NewPayment(
                id=form.id.value,
                buyer_id=UUID(form.buyer_id.data),
                amount_minor=amount,
                currency=form.currency.data,
                book_minor=book if form.currency.data != g.organisation.currency else None,
                paid_on=form.paid_on.data,
                means=Means(form.means.data),
                invoice_ids=ids_wanted("invoices") or None,
                reference=(form.reference.data or "").strip() or None,
                bank_account_id=UUID(form.bank_account_id.data) if form.bank_account_id.data else None,
            )
            with atomic() as session:
                payment = record_payment(session, actor=g.actor, now=utc_now(), payment=wanted)
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The buyer's payment is in the books.")), "success")
            return redirect(url_for("payin.payment_show", payment_id=payment.id))
    return render_template("payin/payment_new.html", form=form), 422


@blueprint.get("/buyer-payments/<uuid:payment_id>")
@permission_required(Permission.INVOICES_READ)
def payment_show(payment_id: UUID) -> str:
    """Show a payment: what it settled, what is left, its refunds and disputes."""
    return _show(payment_id, RefundForm())


def _show(payment_id: UUID, form: RefundForm, mistake: MistakeForm | None = None) -> str:
    row = queries.get_payment_row_for(db.session, g.actor, payment_id)
    refunds = queries.refunds_of(db.session, payment_id)
    may_record, me = g.actor.may(Permission.PAYIN_WRITE), g.actor.user_id
    needs_another = may_record and any(
        one.state == RefundState.ASKED and one.asked_by == me for one in refunds
    )
    return render_template(
        "payin/payment.html",
        row=row,
        form=form,
        mistake_form=mistake or MistakeForm(formdata=None),
        uses=queries.uses_of_payment(db.session, payment_id),
        refunds=refunds,
        disputes=queries.disputes_of(db.session, payment_id),
        refundable=refundable(db.session, row.payment),
        may_record=may_record,
        needs_another=needs_another,
        officers=who_may(db.session, g.actor.org, Permission.PAYIN_WRITE, besides=me)
        if needs_another
        else [],
        me=me,
    )


@blueprint.post("/buyer-payments/<uuid:payment_id>/apply")
@permission_required(Permission.PAYIN_WRITE)
def payment_apply(payment_id: UUID) -> BaseResponse:
    """Let the credit of a payment pay the oldest open invoices."""
    row = queries.get_payment_row_for(db.session, g.actor, payment_id)

    def step(session: Session) -> str:
        used = apply_credit(session, actor=g.actor, now=utc_now(), payment_id=payment_id)
        return gettext(N_("%(amount)s paid open invoices."), amount=Money(used, row.payment.currency))

    return take_step(step, url_for("payin.payment_show", payment_id=payment_id))


@blueprint.post("/buyer-payments/<uuid:payment_id>/refund")
@permission_required(Permission.PAYIN_WRITE)
def refund_ask(payment_id: UUID) -> BaseResponse | tuple[str, int]:
    """Ask for a refund."""
    form = RefundForm()
    amount = minor_of(form.amount) if form.validate_on_submit() else None
    if amount is not None:
        try:
            with atomic() as session:
                ask_refund(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    refund_id=form.id.value,
                    payment_id=payment_id,
                    amount_minor=amount,
                    reason=form.reason.data or "",
                )
        except DomainError as refused:
            if isinstance(refused, NotFound):
                raise
            form.take_refusal(refused)
        else:
            flash(gettext(N_("Another person must approve the refund now.")), "success")
            return redirect(url_for("payin.payment_show", payment_id=payment_id))
    return _show(payment_id, form), 422


@blueprint.post("/buyer-payments/<uuid:payment_id>/mistake")
@permission_required(Permission.PAYIN_WRITE)
def payment_mistake(payment_id: UUID) -> BaseResponse | tuple[str, int]:
    """Ask for a payment that never was to leave the books."""
    form = MistakeForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                ask_refund(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    refund_id=form.id.value,
                    payment_id=payment_id,
                    amount_minor=None,
                    reason=form.mistake_reason.data or "",
                    is_mistake=True,
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("Another person must confirm the mistake now.")), "success")
            return redirect(url_for("payin.payment_show", payment_id=payment_id))
    return _show(payment_id, RefundForm(formdata=None), form), 422


@blueprint.post("/buyer-refunds/<uuid:refund_id>/approve")
@permission_required(Permission.PAYIN_WRITE)
def refund_approve(refund_id: UUID) -> BaseResponse:
    """Approve a refund that another person asked for; one to a card is sent at once."""

    def step(session: Session) -> str:
        approve_refund(session, actor=g.actor, now=utc_now(), refund_id=refund_id)
        return gettext(N_("The refund is approved."))

    answer = take_step(step, _payment_of(refund_id))
    try:
        is_sent = send_refund(refund_id, utc_now())
    except CardRefundRefused as refused:
        flash(gettext(refused.message), "error")
        return answer
    if not is_sent:
        flash(
            gettext(N_("The card provider did not answer. The refund is sent again by itself, once.")),
            "warning",
        )
    return answer


@blueprint.post("/buyer-refunds/<uuid:refund_id>/decline")
@permission_required(Permission.PAYIN_WRITE)
def refund_decline(refund_id: UUID) -> BaseResponse:
    """Decline a refund."""

    def step(session: Session) -> str:
        decline_refund(session, actor=g.actor, now=utc_now(), refund_id=refund_id)
        return gettext(N_("The refund is declined."))

    return take_step(step, _payment_of(refund_id))


def _payment_of(refund_id: UUID) -> str:
    refund = db.session.get(BuyerRefund, refund_id)
    if refund is None or refund.organisation_id != g.actor.org:
        raise NotFound
    return url_for("payin.payment_show", payment_id=refund.payment_id)
