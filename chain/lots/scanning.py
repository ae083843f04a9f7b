"""What a scanner read: the address of a label or card, a number, a member code. Pure.

A keyboard wedge types what it read. Set to another keyboard than the computer's it types other signs: on a Spanish one
an address comes as HTTPSÑ--HOST-L-CC03'000123. That is understood too.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from chain.producers.card_rules import CardCode, card_in

MAX_SCAN = 300
_PAGE = re.compile(r"/lots/([0-9a-f-]{36})(?:[/?#].*)?$", re.IGNORECASE)
_LABEL = re.compile(r"/L/([^/?#\s]{1,60})/?(?:[?#].*)?$", re.IGNORECASE)
_WEDGED = re.compile(r"HTTPS?[Ñ:;>].*?[-&]([LM])[-&](.+)$", re.IGNORECASE)
_OTHER_HYPHENS = str.maketrans({"'": "-", "?": "-", "´": "-", "’": "-"})


@dataclass(frozen=True, slots=True)
class Scan:
    """What was read: one of these is set, or only the text."""

    text: str
    lot_id: UUID | None = None
    #: as on the label, perhaps with its check character
    number: str | None = None
    card: CardCode | None = None


def read_scan(typed: str) -> Scan:
    """Return what a text from a scanner or a person means."""
    text = " ".join(typed.split())[:MAX_SCAN]
    wedged = _WEDGED.fullmatch(text)
    if wedged is not None and "/" not in text:
        code = wedged[2].translate(_OTHER_HYPHENS)
        text = f"/{wedged[1].upper()}/{code}"
    page = _PAGE.search(text)
    if page is not None:
        try:
            return Scan(text, lot_id=UUID(page[1]))
        except ValueError:
            return Scan(text)
    card = card_in(text)
    if card is not None:
        return Scan(text, card=card)
    label = _LABEL.search(text)
    return Scan(text, number=label[1] if label is not None else text)
