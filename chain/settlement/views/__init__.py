"""Pages of settlement: runs, receipts, advances, fees, prices, ledger."""

from flask import Blueprint

from chain.accounts.rules import Permission
from chain.core.i18n import N_
from chain.grading.scheme import COMMODITY_LABELS
from chain.settlement.ledger_rules import ENTRY_KIND_LABELS
from chain.settlement.receipt_rules import percent_of, serial
from chain.settlement.receipts.render import label_of
from chain.settlement.rules import RUN_KIND_LABELS, RUN_STATE_LABELS, RunState
from chain.web.navigation import NavigationItem

blueprint = Blueprint("settlement", __name__)

NAVIGATION = [
    NavigationItem(N_("Settlements"), "settlement.run_list", Permission.RUNS_READ, order=50),
    NavigationItem(N_("Receipts"), "settlement.receipt_list", Permission.RECEIPTS_READ, order=52),
    NavigationItem(N_("Advances"), "settlement.advance_list", Permission.RUNS_READ, order=54),
    NavigationItem(N_("Fees"), "settlement.deduction_list", Permission.RUNS_READ, order=56),
    NavigationItem(N_("Prices"), "settlement.price_list", Permission.RUNS_READ, order=57),
    NavigationItem(N_("Ledger"), "settlement.ledger", Permission.LEDGER_READ, order=58),
    NavigationItem(N_("My receipts"), "settlement.own_receipts", Permission.OWN_INCOME_READ, order=60),
]

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
        "entry_kind_labels": ENTRY_KIND_LABELS,
        "commodity_labels": COMMODITY_LABELS,
        "label_of": label_of,
        "percent_of": percent_of,
        "serial_of": serial,
    }


from chain.settlement.views import ledger, receipts, runs, terms  # noqa: E402, F401 - register their routes on the blueprint above
