"""Papers as PDF through WeasyPrint 70, in every format.

The same sheets, address, language and versions of the libraries give the same bytes. Style sheets and fonts are loaded once per
process and shared; pieces of 25 keep the memory flat. `archival` makes PDF/A-3a: tagged, with what each paper says attached as
JSON, for downloads and single papers; bulk jobs leave it out.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import current_app, g

from chain.accounts.rules import COUNTRY_TIMEZONE, Country
from chain.core.clock import local_date
from chain.core.hashing import plain
from chain.papers.drawing import invoice as _invoice  # noqa: F401 - registers its styles
from chain.papers.drawing import receipt as _receipt  # noqa: F401 - registers its style
from chain.papers.drawing import tax as _tax  # noqa: F401 - registers its styles
from chain.papers.drawing.qr_codes import qr_address
from chain.papers.drawing.sheets import Sheet
from chain.papers.drawing.styles import style_of, styles
from chain.papers.rules import ROLLS, PaperFormat, block_size
from chain.web.formats import format_day
from chain.web.i18n import gettext, using_language
from chain.web.pdf import DRAWING
from chain.web.qr import short_address

#: Papers whose data are attached to one file; above that the file is for printing.
MAX_ATTACHED = 100
DOCUMENT = "receipts/document.html"
BASE_CSS = "receipts/base.css"
FORMAT_CSS = {
    PaperFormat.A5: "receipts/a5.css",
    PaperFormat.A4: "receipts/a4.css",
    PaperFormat.A4_TWO: "receipts/a4_two.css",
    PaperFormat.ROLL_80: "receipts/roll_80.css",
    PaperFormat.ROLL_58: "receipts/roll_58.css",
}
ROLL_CSS = "receipts/roll.css"
#: CSS pixels of a millimetre, and the margin at the end of a slip.
PIXELS_MM = 96 / 25.4
ROLL_END_MM = 6


def render(
    sheets: Sequence[Sheet],
    fmt: PaperFormat,
    *,
    address: str,
    language: str = "es",
    archival: bool = True,
) -> bytes:
    """Return one PDF of papers.

    `address` is that of this installation, for the QR codes.
    """
    size = block_size(fmt)
    blocks = [
        papers_html(sheets[start : start + size], fmt, address=address, language=language)
        for start in range(0, len(sheets), size)
    ]
    options: dict[str, Any] = {}
    if archival and len(sheets) <= MAX_ATTACHED:
        options = {"pdf_variant": "pdf/a-3a"}
    with DRAWING:
        if options:
            options["color_profiles"] = {"srgb": _screen_colours()}
        documents = [_document(block, fmt, options) for block in blocks]
        if len(documents) > 1:
            title = documents[0].metadata.title.rpartition(" – ")[0]
            documents[0].metadata.title = f"{title} – {sheets[-1].serial}"
        pages = [page for document in documents for page in document.pages]
        if fmt in ROLLS:
            _cut(pages)
        if options:
            del options["color_profiles"]
            # any other name than "srgb", for which WeasyPrint would open the file of the profile again and leave it open
            options |= {"attachments": [_attachment(sheet) for sheet in sheets], "output_intent": "given"}
        return bytes(documents[0].copy(pages).write_pdf(**options))


def papers_html(sheets: Sequence[Sheet], fmt: PaperFormat, *, address: str, language: str = "es") -> str:
    """Return the HTML of papers; for the PDF and for tests."""
    template = current_app.jinja_env.get_template(DOCUMENT)
    with using_language(language):
        return template.render(
            sheets=[view_of(sheet, fmt, address=address, language=language) for sheet in sheets],
            language=language,
            fmt=fmt.value,
            is_roll=fmt in ROLLS,
        )


def data_of(sheet: Sheet) -> str:
    """Return what is attached to a paper: everything that it says, with the codes to check it."""
    data = {
        "paper": {
            "kind": sheet.kind.value,
            "serial": sheet.serial,
            "issued_at": sheet.issued_at,
            "check_code": sheet.check_code,
            "signed_code": sheet.signed_code,
            "content_hash": sheet.content_hash,
            "voided_at": sheet.voided_at,
        },
        "content": sheet.content,
    }
    return json.dumps(plain(data), ensure_ascii=False, sort_keys=True, indent=1)


def check_address(address: str, check_code: str) -> str:
    """Return the address of the public check page, upper-case where the QR gains from it: a smaller code."""
    return short_address(address, f"R/{check_code}")


def view_of(sheet: Sheet, fmt: PaperFormat, *, address: str, language: str) -> dict[str, Any]:
    """Return what head and foot of a paper show, with what its kind shows between them; its country writes the numbers."""
    style, code = style_of(sheet.kind), sheet.check_code
    voided = None
    if sheet.voided_at is not None:
        zone = COUNTRY_TIMEZONE[Country(sheet.content["organisation"]["country"])]
        voided = {
            "day": format_day(local_date(sheet.voided_at, zone), language),
            "reason": sheet.void_reason,
        }
    with numbers_as(sheet.content["organisation"]["country"]):
        shown = style.view(sheet, language)
    return shown | {
        "template": style.template_for(fmt),
        "title": gettext(style.title),
        "serial": sheet.serial,
        "mark": sheet.mark,
        "is_original": sheet.copy == 0,
        "voided": voided,
        "ledger_hash": sheet.content.get("ledger_hash"),
        "ledger_day": _day(sheet.content.get("ledger_day"), language),
        "check_code": "\u00a0".join(code[start : start + 4] for start in range(0, len(code), 4)),
        "check_host": address.partition("://")[2].rstrip("/") + "/R",
        "qr": qr_address(check_address(address, code)),
        "signed_qr": qr_address(sheet.signed_code) if sheet.signed_code else None,
    }


@contextmanager
def numbers_as(country: str) -> Iterator[None]:
    """Write numbers as a country does, whoever reads: explanations on a paper are the same for all."""
    before = g.get("number_format")
    g.number_format = country
    try:
        yield
    finally:
        g.number_format = before


def _day(iso: str | None, language: str) -> str | None:
    return format_day(date.fromisoformat(iso), language) if iso else None


def _document(html: str, fmt: PaperFormat, options: dict[str, Any]) -> Any:
    from chain.papers.drawing.pages import lay_out

    return lay_out(html, _shared(fmt), options)


def _screen_colours() -> Any:
    """Return the colour profile that PDF/A wants; a fresh one for each file, because a used one is written differently."""
    from weasyprint.css import ColorProfile

    content = (files("weasyprint.pdf") / "sRGB2014.icc").read_bytes()
    return ColorProfile(BytesIO(content), "sRGB2014.icc", "relative-colorimetric", (["r"], ["g"], ["b"]))


def _attachment(sheet: Sheet) -> Any:
    from weasyprint import Attachment

    return Attachment(
        string=data_of(sheet),
        name=f"{sheet.serial}.json",
        description=sheet.serial,
        relationship="Data",
        created=sheet.issued_at,  # the moment of drawing would make each file another
        modified=sheet.issued_at,
    )


def _cut(pages: Sequence[Any]) -> None:
    """Cut each slip where its content ends: a roll has no pages, and a printer would feed empty paper."""
    for page in pages:
        bottom = max((_bottom(box) for box in _body(page)), default=0.0)
        page.height = round(bottom + ROLL_END_MM * PIXELS_MM)


def _body(page: Any) -> list[Any]:
    """Return what stands on a page, without its margin boxes."""
    root = page._page_box.children[0]  # noqa: SLF001 - WeasyPrint has no public way to ask where the content ends
    return [child for body in root.children for child in body.children]


def _bottom(box: Any) -> float:
    return float(box.position_y + box.margin_height())


@lru_cache(maxsize=8)
def _shared(fmt: PaperFormat) -> tuple[Any, Any, Any]:
    """Return what all documents of a format share: fonts, styles, and a fetcher that refuses all but data: addresses."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    fonts = FontConfiguration()
    fetcher = URLFetcher(allowed_protocols={"data"})
    folder = Path(current_app.root_path).parent / "templates"
    names = [BASE_CSS, *([ROLL_CSS] if fmt in ROLLS else []), FORMAT_CSS[fmt]]
    names += sorted({style.css for style in styles().values() if style.css})
    text = "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
    return fonts, CSS(string=text, font_config=fonts, url_fetcher=fetcher), fetcher
