"""Pages of pricing: price lists, their versions, and what a new one would change."""

from flask import Blueprint

from chain.lots.products import PRODUCT_LABELS
from chain.pricing.rules.content import KIND_LABELS
from chain.pricing.rules.states import STATE_LABELS, VersionState
from chain.web.navigation import NavigationItem

blueprint = Blueprint("pricing", __name__)

#: "Settlements" leads here.
NAVIGATION: list[NavigationItem] = []

STATE_TONES = {
    VersionState.DRAFT: "warning",
    VersionState.IN_FORCE: "success",
    VersionState.ENDED: "neutral",
    VersionState.WITHDRAWN: "error",
}


@blueprint.context_processor
def pricing_words() -> dict[str, object]:
    """Give the templates of this area the words for states, kinds and products."""
    return {
        "version_state_labels": STATE_LABELS,
        "version_tones": STATE_TONES,
        "kind_labels": KIND_LABELS,
        "commodity_labels": PRODUCT_LABELS,
    }


from chain.pricing.views import flat, previews, schemes, steps, versions  # noqa: E402, F401 - register their routes on the blueprint above
