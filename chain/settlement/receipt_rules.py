"""What a receipt says: frozen content, serial numbers, check codes, amounts in words. Pure but for the randomness asked for."""

import base64
import re
import secrets
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from num2words import num2words

from chain.core.money import CURRENCIES

#: The series of receipts for payments to producers; an organisation's devices may get series of their own later.
SERIES = "R001"
NUMBER_DIGITS = 8
#: 80 bits: nobody guesses one of a million receipts.
CHECK_BYTES = 10
CHECK_CODE = re.compile(r"[A-Z2-7]{16}")

CURRENCY_WORDS = {
    "es": {"PEN": "SOLES", "BOB": "BOLIVIANOS", "USD": "DÓLARES AMERICANOS"},
    "en": {"PEN": "SOLES", "BOB": "BOLIVIANOS", "USD": "US DOLLARS"},
}


def serial(series: str, number: int) -> str:
    """Return the printed number: R001-00000123."""
    return f"{series}-{number:0{NUMBER_DIGITS}d}"


def parse_serial(text: str) -> tuple[str, int] | None:
    """Read a printed number in any case, leading zeros optional; None if it is not one."""
    found = re.fullmatch(r"\s*([A-Za-z][0-9]{3})-([0-9]{1,12})\s*", text)
    return (found[1].upper(), int(found[2])) if found else None


def new_check_code() -> str:
    """Return a random code of 16 upper-case letters and digits, easy on a QR and on a telephone's keyboard."""
    return base64.b32encode(secrets.token_bytes(CHECK_BYTES)).decode()


def amount_in_words(minor: int, currency: str, language: str = "es") -> str:
    """Return an amount as papers of the Andes write it: 450050 PEN → CUATRO MIL QUINIENTOS CON 50/100 SOLES.

    In English: FOUR THOUSAND, FIVE HUNDRED AND 50/100 SOLES. The frozen content keeps the Spanish.
    """
    language = "en" if language == "en" else "es"
    whole, cents = divmod(minor, 10 ** CURRENCIES[currency])
    words = str(num2words(whole, lang=language)).upper()
    joint = "AND" if language == "en" else "CON"
    return f"{words} {joint} {cents:02d}/100 {CURRENCY_WORDS[language][currency]}"


def net_in_words(content: Mapping[str, Any], language: str) -> str:
    """Return the net amount of a receipt in words: as it was frozen in Spanish, or put into English."""
    if language == "en":
        return amount_in_words(content["net_minor"], content["currency"], "en")
    return str(content["net_in_words"])


def initials(full_name: str) -> str:
    """Return the first letters of a name, which say enough to whom the paper belongs: María Quispe → M. Q."""
    return " ".join(f"{word[0].upper()}." for word in full_name.split() if word[0].isalpha())


def percent_of(basis_points: int) -> Decimal:
    """Return hundredths of a percent as a percentage: 250 → 2.5."""
    return Decimal(basis_points) / 100


def issued_on(content: Mapping[str, Any]) -> date:
    """Return the day of issue at the organisation."""
    return date.fromisoformat(content["issued_on"])
