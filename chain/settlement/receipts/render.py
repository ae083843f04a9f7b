"""Receipts as A5 PDF through WeasyPrint.

The same content, mark and versions of the libraries give the same bytes. Style sheet and fonts are loaded once and
shared (a new font configuration per document costs time and memory); blocks of 25 keep the memory flat.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import segno
from flask import current_app

from chain.core.i18n import N_, Message
from chain.lots.products import PRODUCT_LABELS
from chain.settlement.models import Receipt
from chain.settlement.receipt_rules import net_in_words, percent_of
from chain.web.formats import format_day, format_decimal, format_money, format_quantity
from chain.web.i18n import translate, using_language
from chain.web.pdf import DRAWING

BLOCK = 25
TEMPLATE = "receipts/receipt_a5.html"
STYLES = "receipts/receipt_a5.css"
#: Dots per module of the QR: enough for a sharp print at 26 mm.
QR_SCALE = 6

ORIGINAL = N_("ORIGINAL")
COPY = N_("COPY %(number)s")
FOR_READING = N_("FOR READING")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One receipt to draw; `copy` is None for a sheet that is only to be read and counts as no print."""

    content: Mapping[str, Any]
    check_code: str
    copy: int | None

    @property
    def mark(self) -> Message:
        """Whether it is the original, a copy, or for reading."""
        if self.copy is None:
            return Message(FOR_READING)
        return Message(COPY, {"number": self.copy}) if self.copy else Message(ORIGINAL)


def sheet_of(receipt: Receipt, copy: int | None = None) -> Sheet:
    """Return the sheet of a receipt."""
    return Sheet(receipt.content, receipt.check_code, copy)


def render_receipts(sheets: Sequence[Sheet], *, address: str, language: str = "es") -> bytes:
    """Return one PDF with a page (or more, for very long ones) per receipt.

    `address` is that of this installation, for the QR codes.
    """
    blocks = [
        receipts_html(sheets[start : start + BLOCK], address=address, language=language)
        for start in range(0, len(sheets), BLOCK)
    ]
    with DRAWING:
        documents = [_document(block) for block in blocks]
        pages = [page for document in documents for page in document.pages]
        return bytes(documents[0].copy(pages).write_pdf())


def _document(html: str) -> Any:
    from weasyprint import HTML

    fonts, styles, fetcher = _shared()
    page = HTML(string=html, url_fetcher=fetcher)
    return page.render(font_config=fonts, stylesheets=[styles])


@lru_cache(maxsize=1)
def _shared() -> tuple[Any, Any, Any]:
    """Return what all documents share: fonts, styles, and a fetcher that refuses everything but data: addresses."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    fonts = FontConfiguration()
    fetcher = URLFetcher(allowed_protocols={"data"})
    folder = Path(current_app.root_path).parent / "templates"
    styles = CSS(string=(folder / STYLES).read_text(encoding="utf-8"), font_config=fonts, url_fetcher=fetcher)
    return fonts, styles, fetcher


def receipts_html(sheets: Sequence[Sheet], *, address: str, language: str = "es") -> str:
    """Return the HTML of receipts; for the PDF and for tests."""
    template = current_app.jinja_env.get_template(TEMPLATE)
    with using_language(language):
        return template.render(
            sheets=[_view(sheet, address=address, language=language) for sheet in sheets], language=language
        )


def check_address(address: str, check_code: str) -> str:
    """Return the address of the public check page, all upper-case where the QR gains from it: a smaller code."""
    whole = f"{address.rstrip('/')}/R/{check_code}"
    scheme, _, rest = whole.partition("://")
    host, _, path = rest.partition("/")
    return f"{scheme.upper()}://{host.upper()}/{path}"


@lru_cache(maxsize=BLOCK * 4)
def qr_image(text: str) -> str:
    """Return a QR code as a PNG in a data: address."""
    code = segno.make(text, error="m", micro=False, boost_error=False)
    return str(code.png_data_uri(scale=QR_SCALE, border=2))


def label_of(label: str) -> str:
    """Return a class as it was frozen, or the name of a product by its key."""
    return translate(PRODUCT_LABELS[label]) if label in PRODUCT_LABELS else label


def _view(sheet: Sheet, *, address: str, language: str) -> dict[str, Any]:
    """Return a receipt with every number written as its country writes it."""
    content = sheet.content
    country, currency, unit = content["organisation"]["country"], content["currency"], content["unit"]

    def money(minor: int) -> str:
        return format_money(minor, currency, number_format=country)

    def plain(minor: int) -> str:
        return format_decimal(Decimal(minor).scaleb(-2), 2, number_format=country)

    deliveries = [
        {
            "label": label_of(one["label"]),
            "quantity": format_quantity(one["quantity"], unit, number_format=country),
            "price": plain(one["price_minor_per_unit"])
            if one["price_minor_per_unit"]
            else _mean(one, country),
            "amount": plain(one["amount_minor"]),
        }
        for one in content["deliveries"]
    ]
    deductions = [
        {
            "kind": one["kind"],
            "name": one["name"],
            "percent": f"{format_decimal(percent_of(one['basis_points']), number_format=country)} %"
            if one["basis_points"]
            else None,
            "decided_by": one["decided_by"],
            "amount": "−" + plain(one["amount_minor"]),
        }
        for one in content["deductions"]
    ]
    run = dict(content["run"])
    for key in ("period_from", "period_to"):
        if run.get(key):
            run[key] = format_day(date.fromisoformat(run[key]), language)
    code = sheet.check_code
    return {
        **content,
        "net_in_words": net_in_words(content, language),
        "mark": sheet.mark,
        "is_original": sheet.copy == 0,
        "commodity": translate(PRODUCT_LABELS[run["commodity"]]),
        "run": run,
        "deliveries": deliveries,
        "deductions": deductions,
        "quantity_text": format_quantity(content["quantity"], unit, number_format=country),
        "unit_text": "kg" if unit == "g" else "l",
        "gross": money(content["gross_minor"]),
        "net": money(content["net_minor"]),
        "day": format_day(date.fromisoformat(content["issued_on"]), language),
        "check_code": " ".join(code[start : start + 4] for start in range(0, len(code), 4)),
        "check_host": address.partition("://")[2].rstrip("/") + "/R",
        "qr": qr_image(check_address(address, code)),
    }


def _mean(one: Mapping[str, Any], country: str) -> str:
    """Return what a unit brought on average, for sales whose proceeds were shared out."""
    if not one["quantity"]:
        return "—"
    return format_decimal(Decimal(one["amount_minor"]) * 10 / one["quantity"], 2, number_format=country)
