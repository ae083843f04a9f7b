"""Weights, volumes and the numbers that people type."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.quantity import GRAMS_PER_POUND, NotANumber, grams, parse_decimal, thousandths


@pytest.mark.parametrize(
    ("typed", "value"),
    [("12,5", "12.5"), ("12.5", "12.5"), (" 7 ", "7"), ("0,125", "0.125"), ("-3", "-3"), ("007", "7")],
)
def test_a_point_or_a_comma_is_the_decimal(typed: str, value: str) -> None:
    assert parse_decimal(typed) == Decimal(value)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "abc",
        "1,234.5",
        "1.234,5",
        "1.2345",
        "1e3",
        "١٢",
        "12 5",
        "=1+1",
        "NaN",
        ".",
        "5,",
        None,
        "9" * 13,
    ],
)
def test_anything_else_is_refused(typed: str | None) -> None:
    with pytest.raises(NotANumber):
        parse_decimal(typed)


@given(st.integers(0, 10**9))
def test_grams_survive_typing_and_reading(value: int) -> None:
    typed = f"{value // 1000},{value % 1000:03d}"
    assert thousandths(parse_decimal(typed)) == value


def test_pounds_become_grams_by_the_international_pound_rounded_once() -> None:
    assert grams(Decimal(147_048), GRAMS_PER_POUND) == 66_699_851
    assert grams(Decimal(1), GRAMS_PER_POUND) == 454
