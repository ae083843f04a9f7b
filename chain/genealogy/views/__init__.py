"""Pages of the genealogy: operations with lots, recipes, where a lot comes from and what became of it."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, g

from chain.accounts.rules import Permission
from chain.certification.rules import CLAIM_LABELS
from chain.core.i18n import N_
from chain.genealogy.queries.behind import count_producers
from chain.genealogy.views.panel import ACTION, PANEL
from chain.genealogy.words import GAIN_LABELS, KIND_LABELS, LOSS_LABELS, PROCESS_LABELS, ROLE_LABELS
from chain.grading.scheme import STRENGTH_LABELS
from chain.lots.behind import register_counter
from chain.lots.board_words import product_name
from chain.lots.grades import class_with_norm
from chain.lots.labels import CLAIM_TONES, SWATCHES, amount, colour_name, grade_text, name_language
from chain.lots.panels import register_action, register_panel
from chain.lots.products import PRODUCT_LABELS, PRODUCTS
from chain.web.navigation import COLLECTION, NavigationItem

blueprint = Blueprint("genealogy", __name__, url_prefix="/genealogy")

NAVIGATION = [
    NavigationItem(
        N_("Operations"),
        "genealogy.event_list",
        Permission.LOTS_READ,
        order=27,
        about=N_("Merge, split, sort and process lots"),
        covers=("/genealogy",),
        group=COLLECTION,
    )
]

# The board of lots says how many producers a lot comes from.
register_counter(count_producers)
register_panel(PANEL)
register_action(ACTION)

KIND_TONES = {"undo": "error", "loss": "warning", "take_back": "warning", "gain": "warning"}


@blueprint.context_processor
def genealogy_words() -> dict[str, Any]:
    """Give the templates of this area the words and colours for what they show."""
    return {
        "amount": amount,
        "gain_labels": {**LOSS_LABELS, **GAIN_LABELS},
        # "moisture" dries away in a loss and is taken up in a gain; an undone event turns the one into the other
        "loss_labels": {**GAIN_LABELS, **LOSS_LABELS},
        "claim_labels": CLAIM_LABELS,
        "claim_tones": CLAIM_TONES,
        "class_of": lambda key: class_with_norm(key.scheme, key.edition, key.key, name_language()),
        "colour_name": colour_name,
        "grade_name": grade_text,
        "kind_labels": KIND_LABELS,
        "kind_tones": KIND_TONES,
        "may": lambda permission: g.actor is not None and g.actor.may(permission),
        "may_transform": g.actor is not None and g.actor.may(Permission.LOTS_TRANSFORM),
        "process_labels": PROCESS_LABELS,
        "product_labels": PRODUCT_LABELS,
        "product_name": product_name,
        "products": PRODUCTS,
        "role_labels": ROLE_LABELS,
        "share_of": lambda part, whole: Decimal(part) / Decimal(whole),
        "strength_labels": STRENGTH_LABELS,
        "swatches": SWATCHES,
        "unit_sign": lambda unit: "l" if unit == "ml" else "kg",
    }


# These register their routes on the blueprint above.
from chain.genealogy.views import (  # noqa: E402, F401
    changing,
    combining,
    events,
    processing,
    recalls,
    recipes,
    sorting,
    traces,
)
