"""Amounts in words as papers of Peru and Bolivia write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.papers.words import amount_in_words, initials, masked, spanish_number

NUMBERS = {
    0: "CERO",
    1: "UNO",
    16: "DIECISÉIS",
    20: "VEINTE",
    21: "VEINTIUNO",
    22: "VEINTIDÓS",
    30: "TREINTA",
    31: "TREINTA Y UNO",
    99: "NOVENTA Y NUEVE",
    100: "CIEN",
    101: "CIENTO UNO",
    121: "CIENTO VEINTIUNO",
    500: "QUINIENTOS",
    700: "SETECIENTOS",
    900: "NOVECIENTOS",
    999: "NOVECIENTOS NOVENTA Y NUEVE",
    1_000: "MIL",
    1_001: "MIL UNO",
    1_100: "MIL CIEN",
    2_000: "DOS MIL",
    21_000: "VEINTIÚN MIL",
    21_001: "VEINTIÚN MIL UNO",
    31_000: "TREINTA Y UN MIL",
    100_000: "CIEN MIL",
    101_000: "CIENTO UN MIL",
    121_021: "CIENTO VEINTIÚN MIL VEINTIUNO",
    999_999: "NOVECIENTOS NOVENTA Y NUEVE MIL NOVECIENTOS NOVENTA Y NUEVE",
    1_000_000: "UN MILLÓN",
    1_000_001: "UN MILLÓN UNO",
    2_000_000: "DOS MILLONES",
    21_000_000: "VEINTIÚN MILLONES",
    31_021_001: "TREINTA Y UN MILLONES VEINTIÚN MIL UNO",
    1_000_000_000: "MIL MILLONES",
    21_000_000_000: "VEINTIÚN MIL MILLONES",
    1_000_000_000_000: "UN BILLÓN",
}
AMOUNTS = {
    (0, "PEN"): "CERO CON 00/100 SOLES",
    (1, "PEN"): "CERO CON 01/100 SOLES",
    (100, "PEN"): "UNO CON 00/100 SOLES",
    (2_100, "BOB"): "VEINTIUNO CON 00/100 BOLIVIANOS",
    (450_050, "PEN"): "CUATRO MIL QUINIENTOS CON 50/100 SOLES",
    (2_100_000, "PEN"): "VEINTIÚN MIL CON 00/100 SOLES",
    (100_000_000, "PEN"): "UN MILLÓN CON 00/100 SOLES",
    (100_000_000, "BOB"): "UN MILLÓN CON 00/100 BOLIVIANOS",
    (12_345_678, "USD"): "CIENTO VEINTITRÉS MIL CUATROCIENTOS CINCUENTA Y SEIS CON 78/100 DÓLARES AMERICANOS",
    (-10_050, "PEN"): "MENOS CIEN CON 50/100 SOLES",
    (-5, "BOB"): "MENOS CERO CON 05/100 BOLIVIANOS",
}

_VALUES = {
    spanish_number(number): number for number in (*range(30), *range(30, 100, 10), *range(100, 1000, 100))
}
_VALUES |= {"CIENTO": 100, "UN": 1, "VEINTIÚN": 21}


def read_number(text: str) -> int:
    """Read Spanish words back, word by word: the other way round than they were written."""
    total, part = 0, 0
    for word in text.removeprefix("MENOS ").split():
        if word in {"MILLÓN", "MILLONES"}:
            total, part = total + max(part, 1) * 1_000_000, 0
        elif word == "MIL":
            part = max(part, 1) * 1000
        elif word != "Y":
            part += _VALUES[word]
    value = total + part
    return -value if text.startswith("MENOS ") else value


@pytest.mark.parametrize(("number", "words"), NUMBERS.items())
def test_numbers_are_written_as_spanish_does(number: int, words: str) -> None:
    assert spanish_number(number) == words


@given(st.integers(-999_999_999_999, 999_999_999_999))
def test_the_words_of_a_number_are_read_back_as_the_number(number: int) -> None:
    assert read_number(spanish_number(number)) == number


@given(st.integers(1, 999_999))
def test_no_thousand_or_million_is_counted_with_a_long_one(number: int) -> None:
    words = spanish_number(number * 1000)
    assert "UNO MIL" not in words
    assert not words.startswith("UN MIL ")
    assert words != "UN MIL"
    assert "UNO MILL" not in words


@pytest.mark.parametrize(("amount", "words"), AMOUNTS.items())
def test_amounts_are_written_as_papers_write_them(amount: tuple[int, str], words: str) -> None:
    assert amount_in_words(*amount) == words


def test_english_readers_get_the_words_in_english() -> None:
    assert amount_in_words(450_050, "USD", "en") == "FOUR THOUSAND, FIVE HUNDRED AND 50/100 US DOLLARS"
    assert amount_in_words(-100, "PEN", "en") == "MINUS ONE AND 00/100 SOLES"


def test_initials_do_not_tell_the_name() -> None:
    assert initials("María Ñaupari de Quispe") == "M. Ñ. D. Q."
    assert initials("") == ""


@pytest.mark.parametrize(
    ("document", "shown"), [("45678912", "••••8912"), ("123", "123"), ("", None), (None, None)]
)
def test_a_document_shows_its_last_four_characters(document: str | None, shown: str | None) -> None:
    assert masked(document) == shown
