"""Pages of settlement: runs, receipts, advances, fees, prices, ledger."""

from flask import Blueprint

from chain.accounts.rules import Permission
from chain.core.i18n import N_
from chain.lots.products import PRODUCT_LABELS
from chain.settlement.queries.runs import count_sales_to_settle, count_to_approve, count_to_pay
from chain.settlement.receipt_rules import percent_of, serial
from chain.settlement.receipts.render import label_of
from chain.settlement.rules import RUN_KIND_LABELS, RUN_STATE_LABELS, RunState
from chain.web.navigation import PAYMENTS, NavigationItem
from chain.web.waiting import register_waiting

blueprint = Blueprint("settlement", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Settlements"),
        "settlement.run_list",
        Permission.RUNS_READ,
        order=50,
        about=N_("What each producer is owed, and who approved it"),
        group=PAYMENTS,
    ),
    NavigationItem(
        N_("Receipts"), "settlement.receipt_list", Permission.RECEIPTS_READ, order=52, group=PAYMENTS
    ),
    NavigationItem(
        N_("Advances"),
        "settlement.advance_list",
        Permission.RUNS_READ,
        order=54,
        about=N_("Money given before the payment"),
        group=PAYMENTS,
    ),
    NavigationItem(
        N_("Fees"),
        "settlement.deduction_list",
        Permission.RUNS_READ,
        order=56,
        about=N_("What is taken off every payment"),
        group=PAYMENTS,
    ),
    NavigationItem(
        N_("Buying prices"),
        "settlement.price_list",
        Permission.RUNS_READ,
        order=57,
        about=N_("What a litre or a kilogram pays"),
        group=PAYMENTS,
    ),
    NavigationItem(
        N_("My receipts"),
        "settlement.own_receipts",
        Permission.OWN_INCOME_READ,
        order=60,
        about=N_("Every payment, with its paper"),
    ),
]

register_waiting(
    Permission.RUNS_PREPARE,
    N_("Sales that wait for their settlement"),
    "settlement.run_choose",
    count_sales_to_settle,
)
register_waiting(
    Permission.RUNS_APPROVE,
    N_("Settlements to approve"),
    "settlement.run_list",
    count_to_approve,
    state=RunState.PREPARED.value,
)
register_waiting(
    Permission.RUNS_PAY,
    N_("Settlements to pay"),
    "settlement.run_list",
    count_to_pay,
    state=RunState.APPROVED.value,
)

RUN_TONES = {
    RunState.PREPARED: "warning",
    RunState.APPROVED: "info",
    RunState.PAID: "success",
    RunState.DISCARDED: "neutral",
}


@blueprint.context_processor
def settlement_words() -> dict[str, object]:
    """Give the templates of this area the words for states, kinds and products."""
    return {
        "run_state_labels": RUN_STATE_LABELS,
        "run_tones": RUN_TONES,
        "run_kind_labels": RUN_KIND_LABELS,
        "commodity_labels": PRODUCT_LABELS,
        "label_of": label_of,
        "percent_of": percent_of,
        "serial_of": serial,
    }


from chain.settlement.views import receipts, records, runs, terms  # noqa: E402, F401 - register their routes on the blueprint above
