"""Pages of the market: the seller's tenders, the buyers' board, bids, matches of a demand."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint

from chain.accounts.rules import Permission
from chain.certification.rules import CLAIM_LABELS, LEVEL_LABELS
from chain.core.clock import utc_now
from chain.core.i18n import N_
from chain.lots.attributes import SPECS
from chain.lots.grades import class_name, class_with_norm, scheme_label
from chain.lots.products import PRODUCT_LABELS
from chain.market.labels import SWATCHES, colour_name
from chain.market.queries.bids import BID_RESULT_LABELS
from chain.market.queries.lots import MarketLot
from chain.market.queries.tenders import count_awards_to_accept, count_open_for_bids
from chain.market.rules import OFFER_KIND_LABELS, STANDING_LABELS, TENDER_STATE_LABELS, Offer, TenderState
from chain.sales.log_words import entry_label
from chain.sales.rules import AWARD_STATE_LABELS, SALE_STATE_LABELS
from chain.web.formats import (
    CURRENCY_SIGNS,
    format_decimal,
    format_money,
    format_quantity,
    number_format,
)
from chain.web.i18n import current_language, gettext, ngettext
from chain.web.navigation import MARKET, NavigationItem
from chain.web.waiting import register_waiting

blueprint = Blueprint("market", __name__)

NAVIGATION = [
    NavigationItem(N_("Tenders"), "market.tender_list", Permission.TENDERS_READ, order=40, group=MARKET),
    NavigationItem(
        N_("Lots on offer"),
        "market.board_list",
        Permission.BIDS_PLACE,
        order=40,
        about=N_("Look at the lots and bid"),
        group=MARKET,
    ),
    NavigationItem(
        N_("My bids"),
        "market.bid_list",
        Permission.BIDS_PLACE,
        order=41,
        about=N_("Your sealed bids and their results"),
        group=MARKET,
    ),
]

register_waiting(
    Permission.AWARDS_ACCEPT,
    N_("Best bids to accept or decline"),
    "market.tender_list",
    count_awards_to_accept,
    state=TenderState.AWARDED.value,
)
register_waiting(
    Permission.BIDS_PLACE,
    N_("Tenders open for bids"),
    "market.board_list",
    lambda session, actor: count_open_for_bids(session, actor, now=utc_now()),
)

TENDER_TONES = {
    "open": "info",
    "awarded": "warning",
    "accepted": "success",
    "passed_in": "neutral",
    "declined": "error",
    "cancelled": "neutral",
}
SALE_TONES = {"agreed": "info", "settled": "success"}
BID_TONES = {
    "sealed": "info",
    "won": "warning",
    "bought": "success",
    "declined": "error",
    "lapsed": "error",
    "excluded": "error",
    "lost": "neutral",
    "cancelled": "neutral",
}
STANDING_TONES = {"counts": "info", "replaced": "neutral", "excluded": "error", "below_reserve": "neutral"}
AWARD_TONES = {"waiting": "warning", "confirmed": "success", "declined": "error", "lapsed": "error"}
CLAIM_TONES = {"organic": "organic", "transition": "transition", "conventional": "neutral"}
UNIT_WORDS: Mapping[str, str] = {"g": "kg", "ml": "l"}


#: What says most of goods that have no microns, as many as fit in a cell.
MEASURES = ("fat_pct", "density_g_ml", "temperature_c", "age_class", "sarcocystis")


def class_of(grade: str | None, language: str) -> str:
    """Return the name of a class that a bid names as "scheme/edition/key"."""
    if grade is None:
        return gettext(N_("Without a class"))
    scheme, edition, key = grade.split("/", 2)
    return class_name(scheme, edition, key, language)


def _quantity(value: int, unit: str) -> str:
    return format_quantity(value, unit, number_format=number_format())


def offer_words(offer: Offer, unit: str, language: str) -> str:
    """Return a bid in words: its prices and its condition."""
    per = UNIT_WORDS[unit]

    def price(minor: int) -> str:
        return f"{format_money(minor, offer.currency, number_format=number_format())} / {per}"

    if offer.price_minor is not None:
        parts = [price(offer.price_minor)]
    elif offer.lots:
        low, high = min(offer.lots.values()), max(offer.lots.values())
        lots = ngettext("%(num)s lot", "%(num)s lots", len(offer.lots))
        parts = [f"{lots}: {price(low)}" + ("" if low == high else f" – {price(high)}")]
    else:
        parts = [
            f"{class_of(one.grade, language)}"
            + (f" {colour_name(one.colour, language)}" if one.colour else "")
            + f": {price(one.price_minor)}"
            for one in offer.grid
        ]
    if offer.whole:
        parts.append(gettext(N_("all or nothing")))
    if offer.least is not None:
        parts.append(gettext(N_("at least %(quantity)s"), quantity=_quantity(offer.least, unit)))
    if offer.most is not None:
        parts.append(gettext(N_("at most %(quantity)s"), quantity=_quantity(offer.most, unit)))
    return "; ".join(parts)


def measures_of(lot: MarketLot) -> list[tuple[str, str]]:
    """Return label and value of what was measured of milk or a carcass."""
    spec_of = SPECS.get(lot.commodity)
    by_key = spec_of.by_key if spec_of else {}
    values = {**lot.attributes, **(lot.measured or {})}
    found = []
    for key in MEASURES:
        value, spec = values.get(key), by_key.get(key)
        if value is not None and spec is not None:
            shown = gettext(spec.options[value]) if value in spec.options else _number(value)
            found.append((spec.label, f"{shown} {spec.unit}".strip()))
    return found


def _number(text: str) -> str:
    return format_decimal(Decimal(text), number_format=number_format(), max_places=4)


@blueprint.context_processor
def market_words() -> dict[str, Any]:
    """Give the templates of this area the words and colours for what they show."""
    language = "en" if current_language() == "en" else "es"

    def grade(scheme: str | None, edition: str | None, key: str | None) -> str:
        return class_with_norm(scheme, edition, key, language)

    return {
        "tender_labels": TENDER_STATE_LABELS,
        "tender_tones": TENDER_TONES,
        "sale_labels": SALE_STATE_LABELS,
        "sale_tones": SALE_TONES,
        "bid_labels": BID_RESULT_LABELS,
        "bid_tones": BID_TONES,
        "offer_kind_labels": OFFER_KIND_LABELS,
        "standing_labels": STANDING_LABELS,
        "standing_tones": STANDING_TONES,
        "award_labels": AWARD_STATE_LABELS,
        "award_tones": AWARD_TONES,
        "entry_label": entry_label,
        "offer_words": lambda offer, unit: offer_words(offer, unit, language),
        "class_of": lambda grade: class_of(grade, language),
        "claim_labels": CLAIM_LABELS,
        "claim_tones": CLAIM_TONES,
        "level_labels": LEVEL_LABELS,
        "commodity_labels": PRODUCT_LABELS,
        "currency_signs": CURRENCY_SIGNS,
        "unit_words": UNIT_WORDS,
        "swatches": SWATCHES,
        "grade_name": grade,
        "class_word": lambda scheme, edition, key: class_name(scheme, edition, key, language),
        "norm_name": lambda scheme, edition: scheme_label(scheme, edition, language),
        "colour_name": lambda key: colour_name(key, language),
        "decimal_tenths": lambda tenths: Decimal(tenths) / 10,
        "percent_of": lambda part, whole: Decimal(part) / Decimal(whole),
        "measures_of": measures_of,
    }


from chain.market.views import board, lots, tenders  # noqa: E402, F401 - they register their routes on the blueprint above
