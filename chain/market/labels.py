"""Names of colours in the reader's language, and their swatches. Pure."""

from chain.lots.attributes import COLOURS
from chain.lots.labels import SWATCHES

__all__ = ["SWATCHES", "colour_name"]


def colour_name(key: str | None, language: str) -> str:
    """Return the name of a colour with a capital."""
    if key is None:
        return "—"
    found = COLOURS.get(key)
    return found.names["en" if language == "en" else "es"].capitalize() if found else key
