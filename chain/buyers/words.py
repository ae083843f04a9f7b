"""The words of this area for its templates and files."""

from collections.abc import Mapping
from datetime import date

from chain.buyers.class_options import grade_label
from chain.buyers.limit_rules import (
    DEPOSIT_KIND_LABELS,
    MEANS_LABELS,
    RETURN_STATE_LABELS,
    TIER_LABELS,
    VETTING_LABELS,
)
from chain.buyers.models import Demand
from chain.buyers.rules import (
    CLAIM_LABELS,
    COLOURS,
    COMMODITY_LABELS,
    FREIGHT_LABELS,
    PERIOD_LABELS,
    UNITS,
    DemandState,
)
from chain.core.clock import local_date, utc_now
from chain.core.i18n import N_
from chain.web.formats import timezone_name
from chain.web.i18n import current_language

CLAIM_TONES = {"conventional": "neutral", "transition": "transition", "organic": "organic"}
VETTING_TONES = {"pending": "info", "vetted": "success", "suspended": "error", "expired": "warning"}
RETURN_TONES = {"waiting": "info", "to_pay": "warning", "paid": "success", "withdrawn": "neutral"}


def buyer_words() -> Mapping[str, object]:
    """Return the words by the names that templates use."""
    return {
        "commodity_labels": COMMODITY_LABELS,
        "colour_labels": COLOURS,
        "claim_labels": CLAIM_LABELS,
        "claim_tones": CLAIM_TONES,
        "period_labels": PERIOD_LABELS,
        "freight_labels": FREIGHT_LABELS,
        "units": UNITS,
        "vetting_labels": VETTING_LABELS,
        "vetting_tones": VETTING_TONES,
        "tier_labels": TIER_LABELS,
        "deposit_labels": DEPOSIT_KIND_LABELS,
        "means_labels": MEANS_LABELS,
        "return_labels": RETURN_STATE_LABELS,
        "return_tones": RETURN_TONES,
    }


def local_today() -> date:
    """Return the day it is at the organisation."""
    return local_date(utc_now(), timezone_name())


def label_of_grade(grade: str) -> str:
    """Return a class in the reader's language."""
    return grade_label(grade, current_language())


def demand_state(demand: Demand) -> tuple[str, str]:
    """Return the word and tone of how a demand stands today."""
    today = local_today()
    if demand.state == DemandState.WITHDRAWN:
        return N_("Withdrawn"), "neutral"
    if today > demand.valid_to:
        return N_("Ended"), "neutral"
    if today < demand.valid_from:
        return N_("Not begun"), "info"
    return N_("In effect"), "success"
