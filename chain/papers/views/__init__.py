"""Pages of papers: the register, one paper, series, one's own papers, and what anybody may check."""

from flask import Blueprint

from chain.accounts.rules import Permission
from chain.core.i18n import N_
from chain.papers.drawing.styles import label_of
from chain.papers.rules import FORMAT_LABELS, JOB_STATE_LABELS, KIND_LABELS, STATE_LABELS, percent_of, serial
from chain.web.navigation import PAYMENTS, NavigationItem

blueprint = Blueprint("papers", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Receipts and papers"),
        "papers.paper_list",
        Permission.RECEIPTS_READ,
        order=52,
        about=N_("Every numbered paper, to print and to check"),
        group=PAYMENTS,
    ),
    NavigationItem(
        N_("My receipts"),
        "papers.own_papers",
        Permission.OWN_INCOME_READ,
        order=60,
        about=N_("Every payment, with its paper"),
    ),
]


@blueprint.context_processor
def paper_words() -> dict[str, object]:
    """Give the templates of this area the words for kinds, formats and states."""
    return {
        "kind_labels": KIND_LABELS,
        "format_labels": FORMAT_LABELS,
        "state_labels": STATE_LABELS,
        "job_state_labels": JOB_STATE_LABELS,
        "job_tones": {"ready": "success", "failed": "error", "printing": "info", "waiting": "warning"},
        "label_of": label_of,
        "percent_of": percent_of,
        "serial_of": serial,
    }


from chain.papers.views import jobs, papers, public  # noqa: E402, F401 - register their routes on the blueprint above
