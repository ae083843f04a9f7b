import pytest

from chain.lots.words import amount_in_words


@pytest.mark.parametrize(
    ("quantity", "unit", "spanish", "english"),
    [
        (12_500, "g", "doce kilos y medio", "twelve and a half kilograms"),
        (1_000, "g", "un kilo", "one kilogram"),
        (500, "g", "medio kilo", "half a kilogram"),
        (21_000, "g", "veintiún kilos", "twenty-one kilograms"),
        (31_001, "g", "treinta y un kilos con un gramo", "thirty-one kilograms and one gram"),
        (
            101_300,
            "g",
            "ciento un kilos con trescientos gramos",
            "one hundred and one kilograms and three hundred grams",
        ),
        (250, "g", "doscientos cincuenta gramos", "two hundred and fifty grams"),
        (23_500, "ml", "veintitrés litros y medio", "twenty-three and a half litres"),
    ],
)
def test_amounts_are_read_back_in_words(quantity: int, unit: str, spanish: str, english: str) -> None:
    assert amount_in_words(quantity, unit, "es") == spanish
    assert amount_in_words(quantity, unit, "en") == english
