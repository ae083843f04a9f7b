"""Pages of payin: invoices, payments of buyers, bank statements and cards."""

from flask import Blueprint

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.i18n import N_
from chain.payin.queries.invoices import count_refunds_asked
from chain.payin.queries.invoicing import invoices_of_sale
from chain.payin.queries.secured import secured_of
from chain.payin.rules import (
    CHECKOUT_STATE_LABELS,
    DISPUTE_STATE_LABELS,
    INVOICE_STATE_LABELS,
    LINE_STATE_LABELS,
    MEANS_LABELS,
    REASON_LABELS,
    REFUND_STATE_LABELS,
    InvoiceState,
)
from chain.web.navigation import PAYMENTS, NavigationItem
from chain.web.waiting import register_waiting

blueprint = Blueprint("payin", __name__)

NAVIGATION: list[NavigationItem] = [
    NavigationItem(
        N_("Invoices and payments of buyers"),
        "payin.invoice_list",
        Permission.INVOICES_READ,
        order=48,
        about=N_("What buyers owe and what they paid"),
        covers=(
            "/buyer-payments",
            "/secured-sales",
            "/statements",
            "/statement-lines",
            "/bank-accounts",
            "/card-payments",
            "/limits",
        ),
        group=PAYMENTS,
    ),
    NavigationItem(
        N_("My invoices"),
        "payin.own_invoice_list",
        Permission.INVOICES_PAY,
        order=49,
        about=N_("What the sellers ask for, with its paper"),
        group=PAYMENTS,
    ),
]

register_waiting(
    Permission.PAYIN_WRITE,
    N_("Refunds to buyers to approve"),
    "payin.payment_list",
    count_refunds_asked,
)

INVOICE_TONES = {
    InvoiceState.OPEN: "warning",
    InvoiceState.PARTLY_PAID: "info",
    InvoiceState.PAID: "success",
    InvoiceState.OVERPAID: "warning",
    InvoiceState.VOID: "neutral",
}


@blueprint.context_processor
def payin_words() -> dict[str, object]:
    """Give the templates of this area their words and colours."""
    return {
        "invoice_state_labels": INVOICE_STATE_LABELS,
        "invoice_tones": INVOICE_TONES,
        "means_labels": MEANS_LABELS,
        "refund_state_labels": REFUND_STATE_LABELS,
        "line_state_labels": LINE_STATE_LABELS,
        "checkout_state_labels": CHECKOUT_STATE_LABELS,
        "dispute_state_labels": DISPUTE_STATE_LABELS,
        "reason_labels": REASON_LABELS,
    }


@blueprint.app_context_processor
def words_for_sales() -> dict[str, object]:
    """Let the page of a sale name its invoices and the money held for it; the area of sales knows nothing of them."""
    return {
        "invoices_of_sale": lambda sale_id: invoices_of_sale(db.session, sale_id),
        "secured_of_sale": lambda sale: secured_of(db.session, sale),
    }


from chain.payin.views import (  # noqa: E402, F401 - register their routes on the blueprint above
    cards,
    invoices,
    own,
    payments,
    records,
    sale_payment,
    secured,
    statements,
)
