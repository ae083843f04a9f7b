"""Papers as PDF through WeasyPrint: one lock, one set of fonts, nothing fetched from anywhere."""

import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Response, current_app

#: Pango and fontconfig behind WeasyPrint are not safe to use from two threads at once: shared fonts were corrupted. Two
#: threads would not draw faster than one either.
DRAWING = threading.Lock()
#: A block of HTML this long keeps the memory flat.
BLOCK = 50


def draw_pdf(blocks: Sequence[str], styles: str) -> bytes:
    """Return one PDF of several pieces of HTML, each beginning on a new page. `styles` names a file of templates/."""
    with DRAWING:
        documents = [_document(block, styles) for block in blocks]
        pages = [page for document in documents for page in document.pages]
        return bytes(documents[0].copy(pages).write_pdf())


def _document(html: str, styles: str) -> Any:
    from weasyprint import HTML

    fonts, sheet, fetcher = _shared(styles)
    return HTML(string=html, url_fetcher=fetcher).render(font_config=fonts, stylesheets=[sheet])


@lru_cache(maxsize=16)
def _shared(styles: str) -> tuple[Any, Any, Any]:
    """Return fonts, a style sheet, and a fetcher that refuses everything but data: addresses."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    fonts = FontConfiguration()
    fetcher = URLFetcher(allowed_protocols={"data"})
    path = Path(current_app.root_path).parent / "templates" / styles
    sheet = CSS(string=path.read_text(encoding="utf-8"), font_config=fonts, url_fetcher=fetcher)
    return fonts, sheet, fetcher


def own_address() -> str:
    """Return the address of this installation, for QR codes."""
    return str(current_app.config["SETTINGS"].address)


def pdf_answer(pdf: bytes, name: str) -> Response:
    """Answer with a PDF that the browser shows."""
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(pdf, mimetype="application/pdf", headers=headers)
