"""Canonical values are remembered, because a batch repeats them; what is long is not, or strangers would fill the memory."""

from decimal import Decimal

import pytest

from chain.lots.attributes import NotBelievable, _read, read_value


def test_a_usual_value_is_remembered() -> None:
    _read.cache_clear()
    assert read_value("alpaca-fibre", "micron", "22,50") == "22.5"
    assert read_value("alpaca-fibre", "micron", "22,50") == "22.5"
    assert _read.cache_info().hits == 1


@pytest.mark.parametrize(
    ("key", "typed"),
    [("micron", "2" * 5000), ("colour", "x" * 100), ("k" * 100, "x"), ("micron", Decimal("2" * 1000))],
)
def test_a_long_one_is_refused_and_forgotten(key: str, typed: object) -> None:
    _read.cache_clear()
    with pytest.raises(NotBelievable):
        read_value("alpaca-fibre", key, typed)
    assert _read.cache_info().currsize == 0
