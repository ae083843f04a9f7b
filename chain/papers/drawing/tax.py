"""Tax papers for producers without a tax number: content (chain/settlement/legal) to what their template shows."""

from decimal import Decimal
from typing import Any

from chain.core.i18n import N_
from chain.papers.drawing.sheets import Sheet
from chain.papers.drawing.styles import Numbers, PaperStyle, label_of, numbers_of, register_style
from chain.papers.rules import PaperKind, percent_of
from chain.papers.words import amount_in_words
from chain.web.i18n import gettext

LIQUIDATION_TITLE = N_("PURCHASE LIQUIDATION")
RECEIPT_TITLE = N_("PURCHASE RECEIPT")
#: Sheets must not be taken for what they are not.
NOT_SENT = N_("Not sent to SUNAT from here: enter it in SEE-SOL, which gives it its own number.")
KEEP = N_("Keep it with the accounting records.")
#: Decimals of a unit price, and how far the product may be from the value, in minor units.
MIN_PLACES, MAX_PLACES, CENTS_APART = 2, 4, 10
DOCUMENTS = {"dni": "DNI", "ci": "C.I.", "foreigner_card": "C.E.", "passport": "Pasaporte"}


def tax_view(sheet: Sheet, language: str) -> dict[str, Any]:
    """Return what a tax paper shows."""
    content = sheet.content
    numbers, unit, party = numbers_of(content, language), content["unit"], content["party"]
    is_peru = content["organisation"]["country"] == "PE"
    value, quantity = content["value_minor"], content["quantity"]
    return {
        **content,
        "is_peru": is_peru,
        "document": f"{DOCUMENTS.get(party['document_kind'], '')}\u00a0{party['document_number']}".strip().replace(
            " ", "\u00a0"
        ),
        "product": label_of(content["run"]["commodity"]),
        "quantity_text": numbers.quantity(quantity, unit),
        "unit_text": "kg" if unit == "g" else "l",
        "price": _price(value, quantity, numbers) if quantity else "",
        "value": numbers.plain(value),
        "subtotal": numbers.money(content["subtotal_minor"]),
        "withheld": [
            {
                "name": one["name"],
                "percent": f"{numbers.decimal(percent_of(one['basis_points']))}\u00a0%",
                "amount": numbers.plain(-one["amount_minor"]),
            }
            for one in content["taxes"]
        ],
        "advances": [
            {
                "number": one["serial"],
                "day": numbers.day(one["issued_on"]),
                "amount": numbers.plain(-one["amount_minor"]),
            }
            for one in content["advances"]
        ],
        "net": numbers.money(content["net_minor"]),
        "net_in_words": amount_in_words(content["net_minor"], content["currency"], "en")
        if language == "en"
        else content["net_in_words"],
        "day": numbers.day(content["issued_on"]),
        "first_day": numbers.day(content["run"]["period_from"]),
        "last_day": numbers.day(content["run"]["period_to"]),
        "rau_day": numbers.day(party["rau_valid_to"]),
        "told": gettext(NOT_SENT if is_peru else KEEP),
    }


def _price(value_minor: int, quantity: int, numbers: Numbers) -> str:
    """Return what a kilogram or litre brought, with the fewest decimals (2 to 4) that give the value back within ten cents.

    Each delivery was rounded to the cent: 162.423 kg at 45.00 came to 7,309.05, which is 45.0001.
    """
    exact = Decimal(value_minor) * 10 / quantity
    for places in range(MIN_PLACES, MAX_PLACES):
        price = round(exact, places)
        if abs(price * quantity / 10 - value_minor) <= CENTS_APART:
            return numbers.decimal(price, places)
    return numbers.decimal(exact, MAX_PLACES)


for kind, title in (
    (PaperKind.PURCHASE_LIQUIDATION, LIQUIDATION_TITLE),
    (PaperKind.PURCHASE_RECEIPT, RECEIPT_TITLE),
):
    register_style(
        kind, PaperStyle(title, "receipts/tax.html", None, tax_view, page_template="papers/_tax.html")
    )
