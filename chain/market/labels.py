"""Names of colours in the reader's language, and their swatches. Pure."""

from collections.abc import Mapping

from chain.lots.attributes import COLOURS

#: Colours of the list to the swatches of the style sheet.
SWATCHES: Mapping[str, str] = {
    "white": "white",
    "beige": "light-fawn",
    "light_fawn": "light-fawn",
    "medium_fawn": "fawn",
    "dark_fawn": "dark-fawn",
    "light_brown": "light-brown",
    "medium_brown": "brown",
    "dark_brown": "dark-brown",
    "bay_black": "black",
    "true_black": "black",
    "light_rose_grey": "rose-grey",
    "medium_rose_grey": "rose-grey",
    "dark_rose_grey": "rose-grey",
    "light_silver_grey": "light-grey",
    "medium_silver_grey": "grey",
    "dark_silver_grey": "dark-grey",
    "multicolour": "mixed",
}


def colour_name(key: str | None, language: str) -> str:
    """Return the name of a colour."""
    if key is None:
        return "—"
    found = COLOURS.get(key)
    return found.names["en" if language == "en" else "es"] if found else key
