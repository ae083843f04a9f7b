"""One A4 sheet with past prices for the wall of a centre."""

from collections.abc import Sequence
from datetime import date

from flask import current_app

from chain.buyers.class_options import grade_label
from chain.buyers.rules import COLOURS, COMMODITY_LABELS
from chain.prices.queries import PriceFilters
from chain.prices.rules import PriceLine
from chain.web.i18n import using_language
from chain.web.pdf import draw_pdf, own_address
from chain.web.qr import qr_image

#: Lines that fit on one sheet, whatever they hold.
LINES = 22


def prices_pdf(lines: Sequence[PriceLine], filters: PriceFilters, today: date, language: str) -> bytes:
    """Return the sheet as PDF: the newest lines; how many more there are is said below them."""
    return draw_pdf([prices_html(lines, filters, today, language)], "prices/sheet.css")


def prices_html(lines: Sequence[PriceLine], filters: PriceFilters, today: date, language: str) -> str:
    """Return the sheet as HTML."""
    address = f"{own_address()}/prices"
    with using_language(language):
        template = current_app.jinja_env.get_template("prices/sheet.html")
        return template.render(
            lines=lines[:LINES],
            more=max(0, len(lines) - LINES),
            filters=filters,
            today=today,
            address=address,
            qr=qr_image(address),
            language=language,
            commodity_labels=COMMODITY_LABELS,
            colour_labels=COLOURS,
            class_of=lambda line: "—" if line.grade is None else grade_label(line.grade, language),
        )
