"""Pages of matching: lots offered, runs, proposals, freight, pools."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint

from chain.accounts.rules import Permission
from chain.certification.rules import CLAIM_LABELS
from chain.core.clock import utc_now
from chain.core.i18n import N_
from chain.lots.attributes import COLOURS
from chain.lots.grades import class_with_norm
from chain.lots.labels import SWATCHES
from chain.lots.products import PRODUCT_LABELS
from chain.matching.kept import to_messages
from chain.matching.proposing import MEMBER_STATE_LABELS, PROPOSAL_STATE_LABELS, PROPOSAL_TONES, SIDE_LABELS
from chain.matching.queries.proposals import count_to_answer
from chain.web.formats import CURRENCY_SIGNS
from chain.web.i18n import current_language
from chain.web.navigation import MARKET, NavigationItem
from chain.web.waiting import register_waiting

blueprint = Blueprint("matching", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Matches"),
        "matching.proposal_list",
        Permission.TENDERS_READ,
        order=42,
        about=N_("Offer lots to matching, run it, answer proposals"),
        covers=("/matching",),
        group=MARKET,
    ),
    NavigationItem(
        N_("Matches"),
        "matching.proposal_list_buyer",
        Permission.BIDS_PLACE,
        order=42,
        about=N_("Lots that fill your demands; answer the proposals"),
        covers=("/matching",),
        group=MARKET,
    ),
]

register_waiting(
    Permission.AWARDS_ACCEPT,
    N_("Proposals of matches to answer"),
    "matching.proposal_list",
    lambda session, actor: count_to_answer(session, actor, now=utc_now()),
)
register_waiting(
    Permission.BIDS_PLACE,
    N_("Proposals of matches to answer"),
    "matching.proposal_list_buyer",
    lambda session, actor: count_to_answer(session, actor, now=utc_now()),
)

CLAIM_TONES = {"organic": "organic", "transition": "transition", "conventional": "neutral"}
UNIT_WORDS: Mapping[str, str] = {"g": "kg", "ml": "l"}
STATUS_LABELS = {
    "optimal": N_("Best possible, proven"),
    "within_gap": N_("Best possible within the gap shown"),
    "feasible": N_("Good, but a better one may exist within the gap shown"),
}
MEMBER_TONES = {"invited": "warning", "joined": "success", "left": "neutral"}


@blueprint.context_processor
def matching_words() -> dict[str, Any]:
    """Give the templates of this area the words and colours for what they show."""
    language = "en" if current_language() == "en" else "es"

    def colour(key: str | None) -> str:
        found = COLOURS.get(key) if key else None
        return found.names[language].capitalize() if found else (key or "—")

    return {
        "proposal_labels": PROPOSAL_STATE_LABELS,
        "proposal_tones": PROPOSAL_TONES,
        "member_labels": MEMBER_STATE_LABELS,
        "member_tones": MEMBER_TONES,
        "side_labels": SIDE_LABELS,
        "status_labels": STATUS_LABELS,
        "claim_labels": CLAIM_LABELS,
        "claim_tones": CLAIM_TONES,
        "commodity_labels": PRODUCT_LABELS,
        "currency_signs": CURRENCY_SIGNS,
        "unit_words": UNIT_WORDS,
        "swatches": SWATCHES,
        "colour_name": colour,
        "grade_name": lambda scheme, edition, key: class_with_norm(scheme, edition, key, language),
        "sentences": to_messages,
        "gap_percent": lambda gap: (Decimal(str(gap)) * 100).quantize(Decimal("0.001")),
        "seconds_of": lambda milliseconds: Decimal(milliseconds) / 1000,
        "decimal_tenths": lambda tenths: Decimal(tenths) / 10,
    }


from chain.matching.views import freight, offers, pools, proposals, runs  # noqa: E402, F401 - they register their routes on the blueprint above
