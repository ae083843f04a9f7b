"""Numbers, check characters, cards and what scanners make of them."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.check_digit import check_character, with_check, without_check
from chain.lots.numbers import full_number, printed_number
from chain.lots.scanning import read_scan
from chain.producers.card_rules import CardCode, card_in, new_token, read_card

LOT = "018c0000-0000-7000-8000-000000000001"
CODES = st.from_regex(r"[A-Z0-9]{1,6}-[0-9]{6}", fullmatch=True)


def test_the_check_character_is_that_of_the_standard() -> None:
    """The example of ISO's Global Release Identifier (ISO/IEC 7064, MOD 37-36)."""
    assert check_character("A12425GABC1234002") == "M"
    assert check_character("A1-2425G-ABC1234002") == "M"


@given(CODES, st.integers(0, 20), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
def test_one_wrong_character_is_always_noticed(code: str, place: int, letter: str) -> None:
    place %= len(code)
    wrong = code[:place] + letter + code[place + 1 :]
    assert without_check(with_check(code)) == code
    if code[place] not in {"-", letter}:
        assert without_check(f"{wrong}-{check_character(code)}") is None


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("123", "CC03-000123"),
        (" 000123 ", "CC03-000123"),
        ("CC03-000123", "CC03-000123"),
        ("cc03-000123", "CC03-000123"),
        ("CC03-000123-W", "CC03-000123"),
        ("cc03 - 000123 - w", "CC03-000123"),
        ("CC03-000123-X", None),
        ("CC03-B-000123", "CC03-B-000123"),
        ("CC09-000001", "CC09-000001"),
        ("Rosa", None),
        ("", None),
        ("1" * 13, None),
        ("-" * 50, None),
    ],
)
def test_a_number_is_understood_in_every_spelling(typed: str, expected: str | None) -> None:
    assert full_number(typed, "CC03") == expected


def test_labels_show_the_check_character() -> None:
    assert printed_number("CC03-000123") == "CC03-000123-W"


CARD = CardCode("CC03-0001", "0123456789")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("HTTPS://CHAIN.EXAMPLE/L/CC03-000123", "CC03-000123"),
        ("https://chain.example/base/l/CC03-000123?x=1", "CC03-000123"),
        ("HTTPSÑ--CHAIN.EXAMPLE-L-CC03'000123", "CC03-000123"),
        ("HTTPÑ--127.0.0.1Ñ8000-L-CC03?000123\n", "CC03-000123"),
        ("CC03-000123-W", "CC03-000123-W"),
        ("  123 ", "123"),
    ],
)
def test_labels_are_read_from_scanners_of_any_keyboard(text: str, number: str) -> None:
    assert read_scan(text).number == number


@pytest.mark.parametrize(
    "text",
    [
        str(CARD),
        str(CARD).lower(),
        f"HTTPS://CHAIN.EXAMPLE/M/{CARD}",
        f"HTTPSÑ--CHAIN.EXAMPLE-M-{str(CARD).replace('-', chr(39))}",
    ],
)
def test_cards_are_read_from_scanners_of_any_keyboard(text: str) -> None:
    assert read_scan(text).card == CARD


def test_the_address_of_a_page_is_read_too() -> None:
    assert read_scan(f"https://chain.example/lots/{LOT}").lot_id == UUID(LOT)
    assert read_scan("https://chain.example/lots/" + "-" * 36).lot_id is None


@given(st.text(max_size=400))
def test_whatever_is_scanned_is_read_as_something(text: str) -> None:
    found = read_scan(text)
    assert len(found.text) <= 300


def test_a_card_holds_the_member_code_and_chance_and_nothing_else() -> None:
    tokens = {new_token() for _ in range(200)}
    assert len(tokens) == 200
    card = CardCode("CC03-0001", tokens.pop())
    assert read_card(str(card)) == card
    assert str(card).startswith("CC03-0001.")


@pytest.mark.parametrize(
    "text", ["", "CC03-0001", f"{CARD}X", str(CARD)[:-1] + "?", "a.b", "/M/", f"X{CARD}"]
)
def test_what_is_no_card_is_none(text: str) -> None:
    assert card_in(text) is None


def test_a_code_with_spaces_and_slashes_survives_its_address() -> None:
    card = CardCode("GRUPO 7/12.A", "0123456789")
    assert card_in(f"HTTPS://X.EXAMPLE/M/{str(card).replace(' ', '%20')}") == card
