"""Amounts in words, as a clerk reads them back to the producer: "doce kilos y medio". Pure."""

from num2words import num2words

THOUSAND, HALF = 1000, 500

#: unit: (one, many, smallest one, smallest many)
_ES = {"g": ("kilo", "kilos", "gramo", "gramos"), "ml": ("litro", "litros", "mililitro", "mililitros")}
_EN = {
    "g": ("kilogram", "kilograms", "gram", "grams"),
    "ml": ("litre", "litres", "millilitre", "millilitres"),
}


def amount_in_words(quantity: int, unit: str, language: str) -> str:
    """Return grams or millilitres in words. 12,500 g: "doce kilos y medio" ("twelve and a half kilograms")."""
    whole, rest = divmod(quantity, THOUSAND)
    return _english(whole, rest, unit) if language == "en" else _spanish(whole, rest, unit)


def _spanish(whole: int, rest: int, unit: str) -> str:
    one, many, small_one, small_many = _ES[unit]
    if not whole and rest == HALF:
        return f"medio {one}"
    small = f"{_before_noun(rest)} {small_one if rest == 1 else small_many}"
    if not whole:
        return small
    large = f"{_before_noun(whole)} {one if whole == 1 else many}"
    if not rest:
        return large
    return f"{large} y medio" if rest == HALF else f"{large} con {small}"


def _before_noun(number: int) -> str:
    """Return a number before a masculine noun: "uno" loses its end, "veintiuno" becomes "veintiún"."""
    words = str(num2words(number, lang="es"))
    if words.endswith("veintiuno"):
        return words.removesuffix("uno") + "ún"
    return words.removesuffix("o") if words.endswith("uno") else words


def _english(whole: int, rest: int, unit: str) -> str:
    one, many, small_one, small_many = _EN[unit]
    if not whole and rest == HALF:
        return f"half a {one}"
    small = f"{num2words(rest, lang='en')} {small_one if rest == 1 else small_many}"
    if not whole:
        return small
    if rest == HALF:
        return f"{num2words(whole, lang='en')} and a half {many}"
    large = f"{num2words(whole, lang='en')} {one if whole == 1 else many}"
    return f"{large} and {small}" if rest else large
