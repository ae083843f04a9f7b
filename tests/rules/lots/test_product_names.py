import pytest

from chain.lots.board_words import product_name
from chain.web.i18n import using_language


@pytest.mark.parametrize(
    ("commodity", "label", "spanish", "english"),
    [
        ("cheese", None, "Queso", "Cheese"),
        ("cheese", "Andino", "Queso: Andino", "Cheese: Andino"),
        ("cheese", "Queso fresco", "Queso fresco", "Cheese: Queso fresco"),
        ("charque", "Charque de pierna", "Charque de pierna", "Charque de pierna"),
        ("charque", "Charquecillo", "Charque: Charquecillo", "Charque: Charquecillo"),
    ],
)
def test_a_label_that_names_the_product_stands_alone(
    commodity: str, label: str | None, spanish: str, english: str
) -> None:
    with using_language("es"):
        assert product_name(commodity, label) == spanish
    with using_language("en"):
        assert product_name(commodity, label) == english
