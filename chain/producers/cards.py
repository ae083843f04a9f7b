"""Member cards on paper: the size of a bank card, one to a page or ten on A4."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app

from chain.core.i18n import N_
from chain.producers.card_rules import CardCode
from chain.web.i18n import current_language
from chain.web.pdf import draw_pdf
from chain.web.qr import qr_image, short_address

#: Papers: key, words, cards on a page.
PAPERS = {"card": (N_("Single cards of 85.6 × 54 mm"), 1), "a4": (N_("A4 sheet with ten cards"), 10)}
#: Cards of one piece of HTML.
BLOCK = 100


@dataclass(frozen=True, slots=True)
class CardFace:
    """What stands on a card, and nothing else: name, centre, member code."""

    full_name: str
    house: str
    code: CardCode


def card_address(address: str, code: CardCode) -> str:
    """Return the address in the QR code."""
    return short_address(address, f"/M/{str(code).replace(' ', '%20')}")


def render_cards(faces: Sequence[CardFace], *, paper: str, address: str) -> bytes:
    """Return a PDF of cards."""
    per_page = PAPERS[paper][1]
    shown = [(face, qr_image(card_address(address, face.code))) for face in faces]
    pages = [shown[start : start + per_page] for start in range(0, len(shown), per_page)]
    size = max(1, BLOCK // per_page)
    template = current_app.jinja_env.get_template("producers/card_sheet.html")
    blocks = [
        template.render(pages=pages[start : start + size], paper=paper, language=current_language())
        for start in range(0, len(pages), size)
    ]
    return draw_pdf(blocks, f"producers/card_{paper}.css")
