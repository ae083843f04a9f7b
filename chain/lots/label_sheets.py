"""Labels as PDF: one to a page on rolls, a grid on A4 that may begin at any place of a used sheet."""

from collections.abc import Iterator, Sequence

from flask import current_app

from chain.lots.label_content import Label, Sheet
from chain.web.i18n import current_language
from chain.web.pdf import draw_pdf
from chain.web.qr import qr_image

#: Pages of one piece of HTML.
PAGES = 25


def render_labels(labels: Sequence[Label], sheet: Sheet, *, start: int = 1) -> bytes:
    """Return a PDF of labels. `start` is the first free place of the first sheet, counted from 1."""
    pages = list(_pages(labels, sheet, start))
    blocks = [_html(pages[first : first + PAGES], sheet) for first in range(0, len(pages), PAGES)]
    return draw_pdf(blocks, f"labels/{sheet.key}.css")


Placed = tuple[int, Label, str]


def _pages(labels: Sequence[Label], sheet: Sheet, start: int) -> Iterator[list[Placed]]:
    page: list[Placed] = []
    place = (start - 1) % sheet.places
    for label in labels:
        page.append((place, label, qr_image(label.address)))
        place += 1
        if place == sheet.places:
            yield page
            page, place = [], 0
    if page:
        yield page


def _html(pages: Sequence[Sequence[Placed]], sheet: Sheet) -> str:
    template = current_app.jinja_env.get_template("labels/labels.html")
    return template.render(pages=pages, sheet=sheet, language=current_language())
