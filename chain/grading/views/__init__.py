"""Pages of grading: the norms, what is known of each value, which ones the organisation uses, and what it wrote itself."""

from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.i18n import N_
from chain.grading.scheme import COMMODITY_LABELS, STRENGTH_LABELS, Strength
from chain.web.formats import timezone_name
from chain.web.i18n import current_language
from chain.web.navigation import COLLECTION, NavigationItem

blueprint = Blueprint("grading", __name__, url_prefix="/grading")

NAVIGATION = [
    NavigationItem(
        N_("Norms"),
        "grading.scheme_list",
        Permission.LOTS_READ,
        order=80,
        about=N_("Classes, their limits and sources"),
        covers=("/grading",),
        group=COLLECTION,
    )
]

#: How the strength of a value is coloured; the word stands beside it.
TONES = {
    Strength.CONFIRMED: "success",
    Strength.SECONDARY: "info",
    Strength.THIRD_HAND: "info",
    Strength.UNCONFIRMED: "warning",
    Strength.NOT_KNOWN: "neutral",
}

#: Words that a norm asks of an inspection.
RESULT_WORDS = {
    "absent": N_("absent"),
    "negative": N_("negative"),
    "certified_free": N_("certified free"),
    "vaccinated": N_("vaccinated"),
    "yes": N_("yes"),
    "does_not_coagulate": N_("does not coagulate"),
    "below_mrl": N_("below the maximum residue limit"),
}


@blueprint.context_processor
def scheme_words() -> dict[str, object]:
    """Give the templates of this area the words for strengths and products."""
    return {
        "strength_labels": STRENGTH_LABELS,
        "strength_tones": TONES,
        "result_words": RESULT_WORDS,
        "commodity_labels": COMMODITY_LABELS,
        "name_language": "en" if current_language() == "en" else "es",
    }


def local_today() -> date:
    """Return the day it is at the organisation."""
    return utc_now().astimezone(ZoneInfo(timezone_name())).date()


# These register their routes on the blueprint above.
from chain.grading.views import choices, confirmations, grids, own, schemes  # noqa: E402, F401
