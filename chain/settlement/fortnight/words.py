"""Explanations in words for files: numbers with a point and without grouping. Pages write them as their reader does."""

from datetime import date
from typing import Any

from chain.core.i18n import Message
from chain.settlement.fortnight.arithmetic import litres, plain

PPM_PLACES, BASIS_POINT_PLACES, MONEY_PLACES = 4, 2, 2


def in_words(explanation: dict[str, Any]) -> Message:
    """Return the sentence of an explanation; the ends of the parameters' names say what they are."""
    return Message(
        explanation["msgid"], {name: _written(name, value) for name, value in explanation["params"].items()}
    )


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
