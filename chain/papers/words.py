"""Amounts in words as papers of the Andes write them, and initials. Pure."""

from num2words import num2words

from chain.core.money import CURRENCIES

CURRENCY_WORDS = {
    "es": {"PEN": "SOLES", "BOB": "BOLIVIANOS", "USD": "DÓLARES AMERICANOS"},
    "en": {"PEN": "SOLES", "BOB": "BOLIVIANOS", "USD": "US DOLLARS"},
}

_UNITS = [
    "CERO",
    "UNO",
    "DOS",
    "TRES",
    "CUATRO",
    "CINCO",
    "SEIS",
    "SIETE",
    "OCHO",
    "NUEVE",
    "DIEZ",
    "ONCE",
    "DOCE",
    "TRECE",
    "CATORCE",
    "QUINCE",
    "DIECISÉIS",
    "DIECISIETE",
    "DIECIOCHO",
    "DIECINUEVE",
    "VEINTE",
    "VEINTIUNO",
    "VEINTIDÓS",
    "VEINTITRÉS",
    "VEINTICUATRO",
    "VEINTICINCO",
    "VEINTISÉIS",
    "VEINTISIETE",
    "VEINTIOCHO",
    "VEINTINUEVE",
]
_TENS = ("", "", "", "TREINTA", "CUARENTA", "CINCUENTA", "SESENTA", "SETENTA", "OCHENTA", "NOVENTA")
_HUNDREDS = (
    "", "CIENTO", "DOSCIENTOS", "TRESCIENTOS", "CUATROCIENTOS", "QUINIENTOS", "SEISCIENTOS", "SETECIENTOS",
    "OCHOCIENTOS", "NOVECIENTOS",
)  # fmt: skip
_MILLION = 1_000_000


def spanish_number(number: int) -> str:
    """Return a whole number in Spanish capitals: 21,001 → VEINTIÚN MIL UNO, -3 → MENOS TRES.

    Before MIL and MILLONES the last UNO is shortened: VEINTIÚN MIL, UN MILLÓN, TREINTA Y UN MILLONES.
    """
    if number < 0:
        return f"MENOS {spanish_number(-number)}"
    if number < _MILLION:
        return _below_a_million(number)
    # Spanish counts in millions of millions: 10^12 is UN BILLÓN
    for size, one, many in ((_MILLION**2, "BILLÓN", "BILLONES"), (_MILLION, "MILLÓN", "MILLONES")):
        if number >= size:
            count, rest = divmod(number, size)
            words = f"UN {one}" if count == 1 else f"{_shortened(spanish_number(count))} {many}"
            return f"{words} {spanish_number(rest)}" if rest else words
    raise AssertionError  # one of the two sizes fits


def _below_a_million(number: int) -> str:
    thousands, rest = divmod(number, 1000)
    if not thousands:
        return _below_a_thousand(rest)
    words = "MIL" if thousands == 1 else f"{_shortened(_below_a_thousand(thousands))} MIL"
    return f"{words} {_below_a_thousand(rest)}" if rest else words


def _below_a_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    if number == 100:  # noqa: PLR2004 - a round hundred has a word of its own
        return "CIEN"
    if hundreds:
        return f"{_HUNDREDS[hundreds]} {_below_a_hundred(rest)}" if rest else _HUNDREDS[hundreds]
    return _below_a_hundred(rest)


def _below_a_hundred(number: int) -> str:
    if number < len(_UNITS):
        return _UNITS[number]
    tens, rest = divmod(number, 10)
    return f"{_TENS[tens]} Y {_UNITS[rest]}" if rest else _TENS[tens]


def _shortened(words: str) -> str:
    """Return a number before a noun: VEINTIUNO → VEINTIÚN, TREINTA Y UNO → TREINTA Y UN."""
    if words.endswith("VEINTIUNO"):
        return words.removesuffix("UNO") + "ÚN"
    return words.removesuffix("O") if words.endswith("UNO") else words


def amount_in_words(minor: int, currency: str, language: str = "es") -> str:
    """Return an amount as papers of the Andes write it: 450050 PEN → CUATRO MIL QUINIENTOS CON 50/100 SOLES.

    The cents stand as a fraction between the number and the currency, so the number takes its full form: VEINTIUNO CON
    00/100 SOLES, UN MILLÓN CON 00/100 SOLES. In English: FOUR THOUSAND, FIVE HUNDRED AND 50/100 SOLES.
    """
    language = "en" if language == "en" else "es"
    whole, cents = divmod(abs(minor), 10 ** CURRENCIES[currency])
    words = str(num2words(whole, lang="en")).upper() if language == "en" else spanish_number(whole)
    sign = "" if minor >= 0 else "MINUS " if language == "en" else "MENOS "
    joint = "AND" if language == "en" else "CON"
    return f"{sign}{words} {joint} {cents:02d}/100 {CURRENCY_WORDS[language][currency]}"


def initials(full_name: str) -> str:
    """Return the first letters of a name, which say enough to whom the paper belongs: María Quispe → M. Q."""
    return " ".join(f"{word[0].upper()}." for word in full_name.split() if word[0].isalpha())


def masked(document: str | None) -> str | None:
    """Return a document's number with all but its last four characters covered: 45678912 → ••••8912."""
    if not document:
        return None
    return "•" * max(len(document) - 4, 0) + document[-4:]
