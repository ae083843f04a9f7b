"""Finished HTML to pages that WeasyPrint has laid out.

Our templates are well-formed XML too, which Python's C parser reads in a twentieth of the time of the HTML parser. What is not (a
control character that somebody typed, a paper of another area) goes through the HTML parser.
Import it where drawing starts: it loads WeasyPrint.
"""

from functools import lru_cache
from typing import Any
from xml.etree import ElementTree as ET

import cssselect2
from weasyprint import CSS, HTML
from weasyprint.html import UA

from chain.papers.drawing.qr_codes import QrCodes


@lru_cache(maxsize=1)
def _usual_styles() -> CSS:
    """Return how elements look when nobody says otherwise, without the parts that papers never have.

    Rules for markers and notes hold for every element, so that six more styles would be worked out for each: a tenth of the time.
    """
    lines = [line for line in UA.splitlines() if not line.startswith("::")]
    return CSS(string="\n".join(lines))


class ParsedPage(HTML):  # type: ignore[misc] # WeasyPrint has no types
    """A document whose elements are there already."""

    def __init__(self, root: ET.Element, url_fetcher: Any) -> None:
        """Take the elements; as HTML's own, which does nothing else after parsing."""
        self.base_url = None
        self.url_fetcher = url_fetcher
        self.media_type = "print"
        self.wrapper_element = cssselect2.ElementWrapper.from_html_root(root, content_language=None)
        self.etree_element = self.wrapper_element.etree_element

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:  # noqa: FBT001, FBT002 - as WeasyPrint calls it
        del forms
        return [_usual_styles()]


def read_page(html: str, url_fetcher: Any) -> HTML:
    """Return a document of finished HTML."""
    try:
        root = ET.fromstring(html.strip())  # noqa: S314 - our own templates, what people typed is escaped in them
    except ET.ParseError:
        return HTML(string=html, url_fetcher=url_fetcher)
    return ParsedPage(root, url_fetcher)


def lay_out(html: str, shared: tuple[Any, Any, Any], options: dict[str, Any]) -> Any:
    """Return the document, laid out; `shared` are fonts, style sheet and fetcher of all documents of a format."""
    fonts, sheet, fetcher = shared
    page = read_page(html, fetcher)
    return page.render(font_config=fonts, stylesheets=[sheet], cache=QrCodes(), **options)
