"""The settlement receipt: content of either version to what its templates show."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chain.core.i18n import N_
from chain.papers.contents import as_version_2
from chain.papers.drawing.sheets import Sheet
from chain.papers.drawing.styles import (
    Numbers,
    PaperStyle,
    kept_together,
    label_of,
    numbers_of,
    register_style,
)
from chain.papers.labels import explained
from chain.papers.rules import PaperKind, percent_of
from chain.papers.words import amount_in_words
from chain.web.i18n import gettext

TITLE = N_("PAYMENT RECEIPT")
SALE_TEXT = N_("%(product)s, sale no. %(number)s to %(buyer)s, settlement no. %(run)s")
PERIOD_TEXT = N_("%(product)s, %(first)s to %(last)s, settlement no. %(run)s")
DAY_TEXT = N_("%(product)s, %(day)s, settlement no. %(run)s")
PLAIN_TEXT = N_("%(product)s, settlement no. %(run)s")
RATE_TEXT = N_("1 %(currency)s = %(rate)s %(book)s on %(day)s")
RATE_TEXT_SOURCE = N_("1 %(currency)s = %(rate)s %(book)s on %(day)s (%(source)s)")
MILLION = 1_000_000


def receipt_view(sheet: Sheet, language: str) -> dict[str, Any]:
    """Return what a receipt shows, every number written as its country writes it."""
    content = as_version_2(sheet.content)
    numbers, unit = numbers_of(content, language), content["unit"]
    return {
        **content,
        "about": kept_together(_about(content, numbers)),
        "unit_text": "kg" if unit == "g" else "l",
        "groups": [
            {
                "label": _heading(block),
                "rows": [_row(one, unit, numbers) for one in block["lines"]],
                "subtotal": numbers.plain(block["subtotal_minor"]),
            }
            for block in content["blocks"]
        ],
        "deductions": [
            {
                **one,
                "name": label_of(one["name"]),
                "note": _note(one, numbers),
                "amount": numbers.plain(-one["amount_minor"]),
                "percent": f"{numbers.decimal(percent_of(one['basis_points']))}\u00a0%"
                if one["basis_points"]
                else None,
            }
            for one in content["deductions"]
        ],
        "other_income": [
            {**one, "note": _note(one, numbers), "amount": numbers.plain(one["amount_minor"])}
            for one in content["other_income"]
        ],
        "debts_left": [
            {**one, "balance": numbers.plain(one["balance_minor"])} for one in content["debts_left"]
        ],
        "rate_text": _rate(content["rate"], numbers),
        "quantity_text": numbers.quantity(content.get("quantity"), unit),
        "earned": numbers.money(content["earned_minor"]),
        "net": numbers.money(content["net_minor"]),
        "net_in_words": amount_in_words(content["net_minor"], content["currency"], "en")
        if language == "en"
        else content["net_in_words"],
        "day": numbers.day(content["issued_on"]),
    }


def _about(content: Mapping[str, Any], numbers: Numbers) -> str:
    run = content["run"]
    product = label_of(run["commodity"])
    if run.get("sale_number") is not None:
        return gettext(
            SALE_TEXT, product=product, number=run["sale_number"], buyer=run.get("buyer"), run=run["number"]
        )
    if run["period_from"] and run["period_to"]:
        first, last = numbers.day(run["period_from"]), numbers.day(run["period_to"])
        if first == last:
            return gettext(DAY_TEXT, product=product, day=first, run=run["number"])
        return gettext(PERIOD_TEXT, product=product, first=first, last=last, run=run["number"])
    return gettext(PLAIN_TEXT, product=product, run=run["number"])


def _heading(block: Mapping[str, Any]) -> str | None:
    if not block["label"]:
        return None
    return f"{block['zone']} · {label_of(block['label'])}" if block.get("zone") else label_of(block["label"])


def _row(one: Mapping[str, Any], unit: str, numbers: Numbers) -> dict[str, Any]:
    price = one["price_minor_per_unit"]
    return {
        "label": label_of(one["label"]),
        "note": _note(one, numbers),
        "quantity": numbers.quantity(one["quantity"], unit),
        "price": numbers.plain(price) if price else _mean(one, numbers),
        "amount": numbers.plain(one["amount_minor"]),
    }


def _note(one: Mapping[str, Any], numbers: Numbers) -> str | None:
    """Return the words that were frozen with an amount, or what its inputs say."""
    found = one.get("note") or explained(one.get("explanation"), numbers.currency)
    return kept_together(found) if found else None


def _mean(one: Mapping[str, Any], numbers: Numbers) -> str:
    """Return what a unit brought on average, for sales whose proceeds were shared out."""
    if not one["quantity"]:
        return ""
    return numbers.decimal(Decimal(one["amount_minor"]) * 10 / one["quantity"], 2)


def _rate(rate: Mapping[str, Any] | None, numbers: Numbers) -> str | None:
    if not rate:
        return None
    value = numbers.decimal(Decimal(rate["rate_millionths"]) / MILLION, 4)
    params = {
        "currency": rate["currency"],
        "rate": value,
        "book": rate["book_currency"],
        "day": numbers.day(rate["on"]),
    }
    if rate.get("source"):
        return gettext(RATE_TEXT_SOURCE, **params, source=rate["source"])
    return gettext(RATE_TEXT, **params)


register_style(
    PaperKind.RECEIPT,
    PaperStyle(
        TITLE,
        "receipts/receipt.html",
        "receipts/receipt_roll.html",
        receipt_view,
        page_template="papers/_receipt.html",
    ),
)
