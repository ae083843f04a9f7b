"""Pages of auctions and clocks: the seller's and the market manager's, and the live page of buyers."""

from decimal import Decimal
from typing import Any

from flask import Blueprint

from chain.accounts.rules import Permission
from chain.auctions.clock.rules import CLOCK_STATE_LABELS
from chain.auctions.queries.lists import count_open_auctions
from chain.auctions.rules import AUCTION_STATE_LABELS, AWARD_BY_LABELS, CLOSING_LABELS, LOT_STATE_LABELS
from chain.auctions.rules.terms import KIND_LABELS
from chain.certification.rules import CLAIM_LABELS
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.lots.attributes import COLOURS
from chain.lots.grades import class_with_norm
from chain.lots.labels import SWATCHES
from chain.lots.products import PRODUCT_LABELS
from chain.web.formats import CURRENCY_SIGNS
from chain.web.i18n import current_language
from chain.web.navigation import MARKET, NavigationItem
from chain.web.waiting import register_waiting

blueprint = Blueprint("auctions", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Auctions"),
        "auctions.auction_list",
        Permission.TENDERS_READ,
        order=41,
        about=N_("Sell live to the highest bid, or a campaign by the two-round clock"),
        covers=("/clocks",),
        group=MARKET,
    ),
    NavigationItem(
        N_("Live auctions"),
        "auctions.live_list",
        Permission.BIDS_PLACE,
        order=41,
        about=N_("Bid live, or ask for kilograms of a campaign"),
        covers=("/clocks",),
        group=MARKET,
    ),
]

register_waiting(
    Permission.BIDS_PLACE, N_("Live auctions to bid in"), "auctions.live_list", count_open_auctions
)

AUCTION_TONES = {"open": "info", "paused": "warning", "closed": "neutral", "cancelled": "neutral"}
LOT_TONES = {
    "open": "info",
    "paused": "warning",
    "awarded": "warning",
    "passed_in": "neutral",
    "sold": "success",
    "declined": "error",
    "cancelled": "neutral",
}
CLOCK_TONES = {
    "first": "info",
    "second": "info",
    "awarded": "warning",
    "sold": "success",
    "declined": "error",
    "passed_in": "neutral",
    "cancelled": "neutral",
}
CLAIM_TONES = {"organic": "organic", "transition": "transition", "conventional": "neutral"}
UNIT_WORDS = {"g": "kg", "ml": "l"}


def class_and_colour(scheme: str | None, edition: str | None, key: str | None, colour: str | None) -> str:
    """Return a class and a colour as one name."""
    language = "en" if current_language() == "en" else "es"
    found = COLOURS.get(colour) if colour else None
    name = class_with_norm(scheme, edition, key, language)
    return f"{name} · {found.names[language]}" if found else name


@blueprint.context_processor
def auction_words() -> dict[str, Any]:
    """Give the templates of this area the words and colours for what they show."""
    return {
        "auction_labels": AUCTION_STATE_LABELS,
        "auction_tones": AUCTION_TONES,
        "lot_labels": LOT_STATE_LABELS,
        "lot_tones": LOT_TONES,
        "clock_labels": CLOCK_STATE_LABELS,
        "clock_tones": CLOCK_TONES,
        "closing_labels": CLOSING_LABELS,
        "award_by_labels": AWARD_BY_LABELS,
        "kind_labels": KIND_LABELS,
        "claim_labels": CLAIM_LABELS,
        "claim_tones": CLAIM_TONES,
        "commodity_labels": PRODUCT_LABELS,
        "currency_signs": CURRENCY_SIGNS,
        "unit_words": UNIT_WORDS,
        "swatches": SWATCHES,
        "kind_name": class_and_colour,
        "decimal_tenths": lambda tenths: Decimal(tenths) / 10,
        "new_id": new_id,
        "plain_price": lambda minor: f"{Decimal(minor) / 100:.2f}",
        "basis_points": lambda value: Decimal(value) / 10_000,
    }


from chain.auctions.views import clocks, files, live, sellers  # noqa: E402, F401 - they register their routes on the blueprint above
