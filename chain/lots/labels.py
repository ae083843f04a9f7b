"""The words and colours in which lots are shown: states, claims, classes, attributes, amounts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chain.accounts.audit_labels import TAG_LABELS
from chain.certification.rules import CLAIM_LABELS, Claim
from chain.core.i18n import N_, Message
from chain.lots.attributes import COLOURS, SPECS, AttributeSpec, Kind
from chain.lots.grades import class_name, class_with_norm, reason_message
from chain.lots.products import PRODUCT_LABELS
from chain.lots.rules import STATE_LABELS, LotState
from chain.web.formats import format_decimal, format_quantity, number_format
from chain.web.i18n import current_language, gettext

STATE_TONES = {
    LotState.REGISTERED: "warning",
    LotState.GRADED: "info",
    LotState.OFFERED: "info",
    LotState.SOLD: "success",
    LotState.SETTLED: "success",
    LotState.CANCELLED: "error",
}
CLAIM_TONES = {Claim.CONVENTIONAL: "neutral", Claim.TRANSITION: "transition", Claim.ORGANIC: "organic"}
#: What stands in a narrow column of a list.
SHORT_CLAIMS = {
    Claim.CONVENTIONAL: N_("Conventional"),
    Claim.TRANSITION: N_("In transition"),
    Claim.ORGANIC: N_("Organic"),
}
GRADE_KINDS = {
    "proposal": N_("Proposed"),
    "confirmation": N_("Confirmed"),
    "recalculation": N_("Calculated again"),
    "second_opinion": N_("Second opinion"),
}
#: The short words of lots, and for what other areas did with a lot those of the audit trail.
HISTORY_LABELS = TAG_LABELS | {
    "lots:lot:registered": N_("Registered"),
    "lots:lot:graded": N_("Class confirmed"),
    "lots:lot:state_changed": N_("State changed"),
    "lots:lot:cancelled": N_("Cancelled"),
}

#: The project's drawn swatches for the colours of the list.
SWATCHES = {
    "white": "white",
    "beige": "beige",
    "light_fawn": "light-fawn",
    "medium_fawn": "fawn",
    "dark_fawn": "dark-fawn",
    "light_brown": "light-brown",
    "medium_brown": "brown",
    "dark_brown": "dark-brown",
    "bay_black": "bay-black",
    "true_black": "black",
    "light_rose_grey": "light-rose-grey",
    "medium_rose_grey": "rose-grey",
    "dark_rose_grey": "dark-rose-grey",
    "light_silver_grey": "light-grey",
    "medium_silver_grey": "grey",
    "dark_silver_grey": "dark-grey",
    "multicolour": "mixed",
}
COLOUR_CODES = {key: one.letters for key, one in COLOURS.items()}


def name_language() -> str:
    """Return the language in which names of classes and colours exist."""
    return "en" if current_language() == "en" else "es"


def colour_name(key: str | None) -> str:
    """Return the name of a colour with a capital."""
    if key is None:
        return "—"
    colour = COLOURS.get(key)
    return colour.names[name_language()].capitalize() if colour else key


def grade_name(lot: Any) -> str:
    """Return the name of the class that counts of a lot or a row of lots."""
    return class_name(lot.grade_scheme, lot.grade_edition, lot.grade_key, name_language())


def grade_text(lot: Any) -> str:
    """Return the class with its norm and edition: the same word is a class of several norms."""
    return class_with_norm(lot.grade_scheme, lot.grade_edition, lot.grade_key, name_language())


def amount(quantity: int, unit: str) -> str:
    """Return a net amount: "12.5 kg", "23.5 l"."""
    return format_quantity(quantity, unit, number_format=number_format())


def attribute_text(spec: AttributeSpec, value: str) -> str:
    """Return a kept value as people read it, with its unit."""
    if spec.kind is Kind.COLOUR:
        return f"{colour_name(value)} ({COLOUR_CODES.get(value, value)})"
    if spec.kind is Kind.CHOICE:
        label = spec.options.get(value)
        return gettext(label) if label else value
    if spec.kind is Kind.NUMBER:
        number = format_decimal(Decimal(value), number_format=number_format(), max_places=spec.decimals or 1)
        return f"{number} {spec.unit}"
    return value


def attribute_pairs(commodity: str, attributes: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return label and text of what was recorded, in the order of the form; nothing is recorded of what is made."""
    spec = SPECS.get(commodity)
    return [
        (one.label, attribute_text(one, str(attributes[one.key])))
        for one in (spec.attributes if spec else ())
        if attributes.get(one.key) is not None
    ]


def short_attributes(commodity: str, attributes: Mapping[str, Any]) -> str:
    """Return what tells lots of a product apart, for one cell of a list."""
    spec = SPECS[commodity].by_key if commodity in SPECS else {}
    keys = ("colour", "micron", "shift", "fat_pct", "age_class", "sarcocystis")
    return " · ".join(
        attribute_text(spec[key], str(attributes[key]))
        for key in keys
        if key in spec and attributes.get(key) is not None
    )


def label_helpers() -> dict[str, Any]:
    """Return what the templates of lots call."""
    return {
        "amount": amount,
        "attribute_pairs": attribute_pairs,
        "claim_labels": CLAIM_LABELS,
        "claim_tones": CLAIM_TONES,
        "class_name": class_name,
        "class_with_norm": class_with_norm,
        "colour_codes": COLOUR_CODES,
        "colour_name": colour_name,
        "commodity_labels": PRODUCT_LABELS,
        "grade_kinds": GRADE_KINDS,
        "grade_name": grade_text,
        "history_labels": HISTORY_LABELS,
        "name_language": name_language,
        "reason_message": reason_message,
        "short_attributes": short_attributes,
        "short_claims": SHORT_CLAIMS,
        "specs": SPECS,
        "state_labels": STATE_LABELS,
        "state_tones": STATE_TONES,
        "swatches": SWATCHES,
    }


def state_words(values: Mapping[str, Any] | None) -> Message | None:
    """Return the state in an audit record's values as a word."""
    state = (values or {}).get("state")
    return Message(STATE_LABELS[LotState(state)]) if state in set(LotState) else None
