"""Words and colours of what the pages of sales show."""

from decimal import Decimal
from typing import Any

from chain.certification.rules import CLAIM_LABELS
from chain.custody.rules.words import DISPATCH_STATE_LABELS
from chain.lots.grades import class_name, class_with_norm
from chain.lots.products import PRODUCT_LABELS
from chain.sales.adjusting import CHANGE_LABELS, CLAIM_STATE_LABELS, END_LABELS, FULFILMENT_LABELS
from chain.sales.rules import AWARD_STATE_LABELS, METHOD_LABELS, SALE_STATE_LABELS, SILENCE_LABELS
from chain.sales.terms import FREIGHT_LABELS, REGRADE_LABELS
from chain.web.i18n import current_language

UNIT_WORDS = {"g": "kg", "ml": "l"}


def page_words() -> dict[str, Any]:
    """Return what the templates of this area need for words."""
    language = "en" if current_language() == "en" else "es"
    return {
        "award_labels": AWARD_STATE_LABELS,
        "award_tones": {
            "waiting": "warning",
            "confirmed": "success",
            "declined": "error",
            "lapsed": "neutral",
        },
        "method_labels": METHOD_LABELS,
        "silence_labels": SILENCE_LABELS,
        "sale_labels": SALE_STATE_LABELS,
        "sale_tones": {"agreed": "info", "settling": "warning", "settled": "success"},
        "fulfilment_labels": FULFILMENT_LABELS,
        "fulfilment_tones": {
            "open": "neutral",
            "partly": "warning",
            "delivered": "success",
            "cancelled": "neutral",
            "buyer_default": "error",
            "seller_default": "error",
        },
        "finding_labels": CLAIM_STATE_LABELS,
        "finding_tones": {"agrees": "success", "open": "warning", "accepted": "success", "rejected": "error"},
        "change_labels": CHANGE_LABELS,
        "end_labels": END_LABELS,
        "freight_labels": FREIGHT_LABELS,
        "regrade_labels": REGRADE_LABELS,
        "dispatch_labels": DISPATCH_STATE_LABELS,
        "claim_labels": CLAIM_LABELS,
        "claim_tones": {"organic": "organic", "transition": "transition", "conventional": "neutral"},
        "commodity_labels": PRODUCT_LABELS,
        "unit_words": UNIT_WORDS,
        "bp_decimal": lambda bp: Decimal(bp) / 100,
        "grade_name": lambda scheme, edition, key: class_with_norm(scheme, edition, key, language),
        "class_word": lambda scheme, edition, key: class_name(scheme, edition, key, language),
    }
