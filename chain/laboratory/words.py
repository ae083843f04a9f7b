"""How the laboratory's values are written on pages. Used by templates of this area and by whoever includes them."""

from decimal import Decimal
from typing import Any

from chain.core.i18n import N_, Message
from chain.laboratory.attributes import ATTRIBUTES
from chain.laboratory.codes import shown_code
from chain.laboratory.formulas import FORMULAS, STRENGTH_LABELS
from chain.laboratory.queries.measurements import MeasuredValue
from chain.laboratory.rules import (
    ASKED_FOR_LABELS,
    KIND_LABELS,
    METHOD_LABELS,
    OPINION_LABELS,
    PURPOSE_LABELS,
    STATUS_LABELS,
    Method,
)
from chain.lots.grades import class_with_norm, scheme_label
from chain.lots.labels import amount, name_language
from chain.lots.products import PRODUCT_LABELS
from chain.web.formats import format_decimal, number_format
from chain.web.i18n import gettext

AT_DELIVERY = N_("Written down at delivery")
STATUS_TONES = {"estimate": "warning", "report": "info", "certificate": "success"}
OPINION_TONES = {"open": "info", "decided": "success", "lapsed": "error", "withdrawn": "neutral"}


def measured_text(attribute: str, value: str, unit: str, uncertainty: str | None = None) -> str:
    """Return a value with plus-minus and unit, as people read it: "18,9 ± 0,4 µm"."""
    known = ATTRIBUTES[attribute]
    if known.options:
        return gettext(known.options.get(value, value))
    text = format_decimal(Decimal(value), places_of(value), number_format=number_format())
    if uncertainty is not None:
        text = f"{text} ± {format_decimal(Decimal(uncertainty), places_of(uncertainty), number_format=number_format())}"
    return f"{text} {unit}".strip()


def places_of(text: str) -> int:
    """Return the decimals that a kept number has."""
    return len(text.partition(".")[2])


def basis_text(attribute: str, basis: str | None) -> str:
    """Return what a figure refers to in words; empty when there is nothing to say."""
    known = ATTRIBUTES[attribute].bases
    return gettext(known[basis]) if basis is not None and basis in known else ""


def method_text(value: MeasuredValue) -> str:
    """Return how a value came about: method, instrument, formula."""
    if value.at_delivery:
        return gettext(AT_DELIVERY)
    parts = [gettext(METHOD_LABELS[Method(value.method)])]
    if value.instrument:
        parts.append(value.instrument)
    formula = FORMULAS.get(value.formula or "")
    if formula is not None:
        parts.append(gettext(formula.text))
        if formula.strength == "unconfirmed":
            parts.append(gettext(STRENGTH_LABELS["unconfirmed"]))
    return " · ".join(parts)


def attribute_label(key: str) -> str:
    """Return the msgid of an attribute's name."""
    return ATTRIBUTES[key].label


def unit_label(attribute: Any, unit: str | None) -> Message | str:
    """Return an attribute's name with a unit, for lists of columns."""
    return f"{gettext(attribute.label)} ({unit})" if unit else gettext(attribute.label)


def laboratory_words() -> dict[str, Any]:
    """Return what the templates of the laboratory call."""
    return {
        "asked_for_labels": ASKED_FOR_LABELS,
        "attribute_label": attribute_label,
        "basis_text": basis_text,
        "class_name": class_with_norm,
        "instrument_kinds": KIND_LABELS,
        "lot_amount": amount,
        "measured_text": measured_text,
        "method_labels": METHOD_LABELS,
        "method_text": method_text,
        "name_language": name_language,
        "opinion_labels": OPINION_LABELS,
        "opinion_tones": OPINION_TONES,
        "product_labels": PRODUCT_LABELS,
        "purpose_labels": PURPOSE_LABELS,
        "scheme_label": scheme_label,
        "shown_code": shown_code,
        "status_labels": STATUS_LABELS,
        "status_tones": STATUS_TONES,
        "strength_labels": STRENGTH_LABELS,
    }
