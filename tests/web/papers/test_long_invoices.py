"""An invoice over a season's lots: one row for each class and price on the paper, and the sums stay."""

from typing import Any

from flask import Flask

from chain.papers.drawing.invoice import LOTS_APART, grouped_lots
from chain.web.i18n import using_language


def lot(place: int, label: str, price: int | None, amount: int) -> dict[str, Any]:
    return {
        "lot": f"CC01-{place:06d}", "label": label, "quantity": 1_000, "price_minor_per_unit": price, "amount_minor": amount,
    }  # fmt: skip


def test_few_lots_stand_apart_and_many_by_class_and_price(app: Flask) -> None:
    few = [lot(place, "Baby", 4_500, 4_500) for place in range(LOTS_APART)]
    assert grouped_lots(few) == few
    many = [*few, lot(25, "Gruesa", 900, 900), lot(26, "Baby", 4_600, 4_601), lot(27, "Gruesa", None, 5)]
    with app.test_request_context(), using_language("es"):
        rows = grouped_lots(many)
    assert [(one["label"], one["price_minor_per_unit"], one["lot"]) for one in rows] == [
        ("Baby", 4_600, "1 lote"),
        ("Baby", 4_500, "24 lotes"),
        ("Gruesa", 900, "1 lote"),
        ("Gruesa", None, "1 lote"),
    ]
    for name in ("quantity", "amount_minor"):
        assert sum(one[name] for one in rows) == sum(one[name] for one in many)
