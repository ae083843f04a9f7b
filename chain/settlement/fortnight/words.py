"""Explanations in words for files: numbers with a point and without grouping. Pages write them as their reader does."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from chain.core.i18n import Message
from chain.laboratory.attributes import ATTRIBUTES
from chain.settlement.fortnight.arithmetic import litres, plain

PPM_PLACES, BASIS_POINT_PLACES, MONEY_PLACES = 4, 2, 2


def in_words(explanation: Mapping[str, Any]) -> Message:
    """Return the sentence of an explanation; the ends of the parameters' names say what they are."""
    return Message(
        explanation["msgid"], {name: _written(name, value) for name, value in explanation["params"].items()}
    )


def told_in_words(explanation: Mapping[str, Any], translate: Callable[[Message], str]) -> str:
    """Return everything that an explanation says: its sentence, what was assumed, and the result that decided."""
    told = [translate(in_words(explanation))]
    if explanation.get("note"):
        told.append(translate(Message(explanation["note"])))
    known = ATTRIBUTES.get(str(explanation.get("parameter")))
    if known is not None and explanation.get("measured"):
        told.append(
            f"{translate(Message(known.label))}: {explanation['measured']} {known.unit}".rstrip() + "."
        )
    return " ".join(told)


def _written(name: str, value: Any) -> Any:
    if name.endswith("_ml"):
        return litres(value)
    if name.endswith("_minor"):
        return plain(value, MONEY_PLACES)
    if name.endswith("_ppm"):
        return f"{plain(value, PPM_PLACES)} %"
    if name.endswith("_bp"):
        return f"{plain(value, BASIS_POINT_PLACES)} %"
    if name.endswith("_on"):
        return date.fromisoformat(value)
    return value
