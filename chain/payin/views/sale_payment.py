"""The page on which a treasurer records what a buyer paid for a settled sale."""

from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.ledger.queries.journal import owed_by_buyer
from chain.payin.forms import BuyerPaymentForm, minor_of
from chain.payin.services.payments import record_buyer_payment
from chain.payin.views import blueprint
from chain.sales.queries import get_sale_for
from chain.settlement.models import SettlementRun
from chain.settlement.queries import runs as queries
from chain.web.access import permission_required
from chain.web.formats import timezone_name
from chain.web.i18n import gettext


def _owed(run: SettlementRun) -> int:
    if run.sale_id is None:
        raise NotFound
    sale = get_sale_for(db.session, g.actor, run.sale_id)
    return max(0, owed_by_buyer(db.session, g.actor.org, sale.buyer_id, run.currency))


@blueprint.get("/settlement/runs/<uuid:run_id>/buyer-payment")
@permission_required(Permission.PAYIN_WRITE)
def buyer_payment_form(run_id: UUID) -> str:
    """Show the form for a buyer's payment, filled with what is owed."""
    row = queries.get_run_row_for(db.session, g.actor, run_id)
    form = BuyerPaymentForm()
    owed = _owed(row.run)
    form.amount.typed = f"{owed // 100}.{owed % 100:02d}"
    form.paid_on.data = local_date(utc_now(), timezone_name())
    return render_template("payin/buyer_payment.html", form=form, row=row, owed=owed)


@blueprint.post("/settlement/runs/<uuid:run_id>/buyer-payment")
@permission_required(Permission.PAYIN_WRITE)
def buyer_payment_submit(run_id: UUID) -> BaseResponse | tuple[str, int]:
    """Record a buyer's payment."""
    row = queries.get_run_row_for(db.session, g.actor, run_id)
    owed = _owed(row.run)
    form = BuyerPaymentForm()
    amount = minor_of(form.amount) if form.validate_on_submit() else None
    if amount is not None and form.paid_on.data and row.run.sale_id:
        try:
            with atomic() as session:
                record_buyer_payment(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    payment_id=form.id.value,
                    sale_id=row.run.sale_id,
                    amount_minor=amount,
                    paid_on=form.paid_on.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The buyer's payment is in the books.")), "success")
            return redirect(url_for("settlement.run_show", run_id=run_id))
    return render_template("payin/buyer_payment.html", form=form, row=row, owed=owed), 422
