"""The buyer's invoice and credit note: content (chain/payin/contents.py) to what their templates show."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from chain.core.i18n import N_
from chain.papers.drawing.sheets import Sheet
from chain.papers.drawing.styles import Numbers, PaperStyle, label_of, numbers_of, register_style
from chain.papers.rules import PaperKind
from chain.papers.words import amount_in_words
from chain.web.i18n import gettext, ngettext

INVOICE_TITLE = N_("INVOICE")
CREDIT_NOTE_TITLE = N_("CREDIT NOTE")
SALE_TEXT = N_("Sale no. %(number)s, agreed on %(day)s, payment in %(days)s days")
SECURED_TEXT = N_("Sale no. %(number)s, agreed on %(day)s, payment before the goods leave")
RATE_TEXT = N_("1 %(currency)s = %(rate)s %(book)s, frozen on the contract")
MILLION = 1_000_000
#: Lots with a row of their own on the paper; more are grouped, or the invoice of a season has 22 pages.
LOTS_APART = 24
UNITS = {"g": "kg", "ml": "l"}


def invoice_view(sheet: Sheet, language: str) -> dict[str, Any]:
    """Return what an invoice shows."""
    content = sheet.content
    numbers, unit = numbers_of(content, language), content["unit"]
    return _shared(content, numbers, language) | {
        "unit_text": UNITS.get(unit, unit),
        "rows": [
            {
                "lot": one["lot"],
                "label": label_of(one["label"]),
                "quantity": numbers.quantity(one["quantity"], unit),
                "price": ""
                if one["price_minor_per_unit"] is None
                else numbers.plain(one["price_minor_per_unit"]),
                "amount": numbers.plain(one["amount_minor"]),
            }
            for one in grouped_lots(content["lines"])
        ],
        "is_grouped": len(content["lines"]) > LOTS_APART,
        "adjustments": [
            {**one, "amount": numbers.plain(one["amount_minor"])} for one in content["adjustments"]
        ],
        "quantity_text": numbers.quantity(content["quantity"], unit),
        "due_day": numbers.day(content["due_on"]),
        "replaces": content.get("replaces", ()),
        "rate_text": _rate(content.get("rate"), numbers),
        "book_text": numbers_of({**content, "currency": content["book_currency"]}, language).money(
            content["book_minor"]
        )
        if content["book_currency"] != content["currency"]
        else None,
    }


def grouped_lots(lines: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return the lots of an invoice as they are, or, above 24, one row for each class and price with how many lots it has.

    The data that are attached to the paper name every lot.
    """
    if len(lines) <= LOTS_APART:
        return lines
    groups: dict[tuple[str, int | None], list[Mapping[str, Any]]] = {}
    for one in lines:
        groups.setdefault((one["label"], one["price_minor_per_unit"]), []).append(one)
    return [
        {
            "label": label,
            "lot": ngettext("%(num)s lot", "%(num)s lots", len(group)),
            "quantity": sum(one["quantity"] for one in group),
            "price_minor_per_unit": price,
            "amount_minor": sum(one["amount_minor"] for one in group),
        }
        for (label, price), group in sorted(
            groups.items(), key=lambda item: (label_of(item[0][0]), -(item[0][1] or 0))
        )
    ]


def _few_lines(lines: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    if len(lines) <= LOTS_APART:
        return lines
    whole = sum(one["amount_minor"] for one in lines)
    return [{"label": ngettext("%(num)s lot", "%(num)s lots", len(lines)), "amount_minor": whole}]


def credit_note_view(sheet: Sheet, language: str) -> dict[str, Any]:
    """Return what a credit note shows."""
    content = sheet.content
    numbers = numbers_of(content, language)
    return _shared(content, numbers, language) | {
        "rows": [
            {"label": label_of(one["label"]), "amount": numbers.plain(one["amount_minor"])}
            for one in _few_lines(content["lines"])
        ],
        "is_grouped": len(content["lines"]) > LOTS_APART,
        "sums": [
            (gettext(N_("Invoice")), numbers.money(content["invoice_minor"])),
            (gettext(N_("All credit notes, with this one")), numbers.plain(-content["credited_minor"])),
            (gettext(N_("Still due")), numbers.money(content["due_minor"])),
        ],
    }


def _shared(content: Mapping[str, Any], numbers: Numbers, language: str) -> dict[str, Any]:
    sale = content["sale"]
    return {
        **content,
        "about": gettext(
            SECURED_TEXT if sale.get("secured") else SALE_TEXT,
            number=sale["number"],
            day=numbers.day(sale["agreed_on"]),
            days=sale["payment_days"],
        ),
        "day": numbers.day(content["issued_on"]),
        "total": numbers.money(content["amount_minor"]),
        "net_in_words": amount_in_words(content["amount_minor"], content["currency"], "en")
        if language == "en"
        else content["amount_in_words"],
    }


def _rate(rate: Mapping[str, Any] | None, numbers: Numbers) -> str | None:
    if not rate:
        return None
    value = numbers.decimal(Decimal(rate["rate_millionths"]) / MILLION, 4)
    return gettext(RATE_TEXT, currency=rate["currency"], rate=value, book=rate["book_currency"])


register_style(
    PaperKind.INVOICE,
    PaperStyle(
        INVOICE_TITLE,
        "receipts/invoice.html",
        None,
        invoice_view,
        css="receipts/invoice.css",
        page_template="papers/_invoice.html",
    ),
)
register_style(
    PaperKind.CREDIT_NOTE,
    PaperStyle(
        CREDIT_NOTE_TITLE,
        "receipts/credit_note.html",
        None,
        credit_note_view,
        css="receipts/invoice.css",
        page_template="papers/_credit_note.html",
    ),
)
