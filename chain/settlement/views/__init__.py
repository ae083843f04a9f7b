"""Pages of settlement: runs, receipts, advances, fees, prices, ledger."""

from flask import Blueprint

from chain.accounts.rules import Permission
from chain.core.i18n import N_
from chain.dues.rules import DUE_KIND_LABELS
from chain.lots.products import PRODUCT_LABELS
from chain.papers.drawing.styles import label_of
from chain.papers.rules import percent_of, serial
from chain.settlement.explanations import explained
from chain.settlement.queries.runs import (
    count_sales_to_settle,
    count_to_account,
    count_to_approve,
    count_to_pay,
)
from chain.settlement.rules import RUN_KIND_LABELS, RUN_METHOD_LABELS, RUN_STATE_LABELS, ItemKind, RunState
from chain.web.navigation import PAYMENTS, NavigationItem
from chain.web.waiting import register_waiting

blueprint = Blueprint("settlement", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Settlements"),
        "settlement.run_list",
        Permission.RUNS_READ,
        order=50,
        about=N_("What each producer is owed, buying prices, milk fortnights"),
        covers=("/settlement", "/price-schemes", "/price-versions", "/period-prices"),
        group=PAYMENTS,
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
    state=RunState.ACCOUNTED.value,
)
register_waiting(
    Permission.RUNS_ACCOUNT,
    N_("Settlements to bring into the books"),
    "settlement.run_list",
    count_to_account,
    state=RunState.APPROVED.value,
)

RUN_TONES = {
    RunState.PREPARED: "warning",
    RunState.APPROVED: "info",
    RunState.ACCOUNTED: "info",
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
        "run_method_labels": RUN_METHOD_LABELS,
        "item_kinds": [kind.value for kind in ItemKind],
        "due_kind_labels": DUE_KIND_LABELS,
        "explained": explained,
        "commodity_labels": PRODUCT_LABELS,
        "label_of": label_of,
        "percent_of": percent_of,
        "serial_of": serial,
    }


from chain.settlement.fortnight import views as dairy_views  # noqa: E402, F401 - the same, for the dairy
from chain.settlement.legal import views as tax_views  # noqa: E402, F401 - the same, for tax papers
from chain.settlement.views import gate_rules, lists, print_jobs, receipts, runs, steps  # noqa: E402, F401 - register their routes on the blueprint above
