"""Tax papers of a run for the portal of the tax office (SEE-SOL) or an accountant's program: the same fields as CSV and as JSON."""

import csv
import io
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from chain.core.money import CURRENCIES
from chain.core.tables import safe_cell
from chain.lots.products import PRODUCT_LABELS
from chain.papers.models import Paper
from chain.papers.rules import serial
from chain.settlement.legal.rules import DOCUMENT_TYPES
from chain.web.i18n import gettext, using_language

BOM = "\ufeff"
#: Names as the field list of document type 04 calls them; the same in every language.
FIELDS = (
    "number", "issue_date", "document_type", "operation_type", "currency", "buyer_name", "buyer_tax_id", "seller_document_type", "seller_document",
    "seller_name", "seller_address", "seller_ubigeo", "seller_address_kind", "place_address", "place_ubigeo", "line",
    "description", "quantity", "unit_code", "unit_value", "unit_price", "value", "igv_affectation", "subtotal", "taxes_withheld", "advances", "advance_papers", "net", "voided",
)  # fmt: skip
#: Decimals of a unit value, with which a quantity gives its value back to the cent.
UNIT_PLACES = Decimal("0.0000000001")


def tax_records(papers: Sequence[Paper]) -> list[dict[str, Any]]:
    """Return the papers as records, every amount in its currency with a point, voided ones marked."""
    return [_record(paper) for paper in papers]


def tax_csv(papers: Sequence[Paper]) -> str:
    """Return the papers as CSV with a BOM."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(FIELDS)
    for one in tax_records(papers):
        taxes = " ".join(f"{tax['name']}={tax['amount']}" for tax in one["taxes_withheld"])
        row = one | {"taxes_withheld": taxes, "advance_papers": " ".join(one["advance_papers"])}
        writer.writerow([safe_cell(_cell(row[name])) for name in FIELDS])
    return BOM + out.getvalue()


def _cell(value: object) -> str:
    """Return a value as a table of plain text holds it; yes and no as programs read them."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _description(commodity: str) -> str:
    """Return a product in the words of the tax office's country, whatever the reader's language."""
    with using_language("es"):
        return gettext(PRODUCT_LABELS.get(commodity, commodity))


def _record(paper: Paper) -> dict[str, Any]:
    content = paper.content
    house, party, place = content["organisation"], content["party"], content["place"] or {}
    places = CURRENCIES[paper.currency]

    def amount(minor: int) -> str:
        return str(Decimal(minor).scaleb(-places).quantize(Decimal(1).scaleb(-places)))

    def each(minor: int) -> str | None:
        if not content["quantity"]:
            return None
        exact = Decimal(minor).scaleb(-places) * 1000 / content["quantity"]
        return str(exact.quantize(UNIT_PLACES, ROUND_HALF_UP))

    return {
        "number": serial(paper.series, paper.number),
        "issue_date": paper.issued_on.isoformat(),
        "document_type": content["document_type"],
        "operation_type": content.get("operation_type"),
        "currency": paper.currency,
        "buyer_name": house["name"],
        "buyer_tax_id": house["tax_id"],
        "seller_document_type": DOCUMENT_TYPES.get(party["document_kind"]),
        "seller_document": party["document_number"],
        "seller_name": party["name"],
        "seller_address": party["address"],
        "seller_ubigeo": party["ubigeo"],
        "seller_address_kind": party["address_kind"],
        "place_address": place.get("address"),
        "place_ubigeo": place.get("ubigeo"),
        "line": 1,
        "description": _description(content["run"]["commodity"]),
        "quantity": str(Decimal(content["quantity"]).scaleb(-3)),
        "unit_code": content["unit_code"],
        "unit_value": each(content["value_minor"]),
        "unit_price": each(content["subtotal_minor"]),
        "value": amount(content["value_minor"]),
        "igv_affectation": content.get("igv_affectation"),
        "subtotal": amount(content["subtotal_minor"]),
        "taxes_withheld": [
            {
                "name": tax["name"],
                "percent": str(Decimal(tax["basis_points"]) / 100),
                "amount": amount(tax["amount_minor"]),
            }
            for tax in content["taxes"]
        ],
        "advances": amount(content["advances_minor"]),
        "advance_papers": [one["serial"] for one in content["advances"]],
        "net": amount(content["net_minor"]),
        "voided": paper.voided_at is not None,
    }
