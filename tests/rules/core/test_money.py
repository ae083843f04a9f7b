"""Money is split without losing a cent and rounded once."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.money import (
    MixedCurrencies,
    Money,
    NothingToSplitBy,
    amount_for,
    round_half_up,
    share_of,
    split_largest_remainder,
)

weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=60).filter(lambda found: sum(found) > 0)
totals = st.integers(-(10**12), 10**12)


@given(totals, weights)
def test_the_parts_sum_to_the_whole(total: int, parts: list[int]) -> None:
    assert sum(split_largest_remainder(total, parts, list(range(len(parts))))) == total


@given(totals, weights)
def test_each_part_is_less_than_one_unit_from_its_exact_share(total: int, parts: list[int]) -> None:
    found = split_largest_remainder(total, parts, list(range(len(parts))))
    whole = sum(parts)
    assert all(abs(part * whole - total * weight) < whole for part, weight in zip(found, parts, strict=True))


@given(totals, weights)
def test_no_weight_no_part_and_more_weight_never_less(total: int, parts: list[int]) -> None:
    found = split_largest_remainder(total, parts, list(range(len(parts))))
    assert all(part == 0 for part, weight in zip(found, parts, strict=True) if weight == 0)
    pairs = sorted(zip(parts, (abs(part) for part in found), strict=True))
    for (lighter, small), (heavier, large) in pairwise(pairs):
        assert large >= small or lighter == heavier


@given(totals, weights, st.randoms(use_true_random=False))
def test_the_order_of_the_list_changes_nothing(total: int, parts: list[int], random: object) -> None:
    keys = list(range(len(parts)))
    by_key = dict(zip(keys, split_largest_remainder(total, parts, keys), strict=True))
    random.shuffle(keys)  # type: ignore[attr-defined]  # a random.Random
    again = split_largest_remainder(total, [parts[key] for key in keys], keys)
    assert dict(zip(keys, again, strict=True)) == by_key


@pytest.mark.parametrize("parts", [[], [0, 0], [5, -1]])
def test_nothing_to_split_by_is_refused(parts: list[int]) -> None:
    with pytest.raises(NothingToSplitBy):
        split_largest_remainder(100, parts, list(range(len(parts))))


def test_the_last_cent_goes_to_the_smaller_id() -> None:
    assert split_largest_remainder(100, [1, 1, 1], ["b", "a", "c"]) == [33, 34, 33]


def test_a_greater_total_may_shrink_a_part_which_is_why_a_split_is_never_repeated() -> None:
    assert split_largest_remainder(10, [6, 6, 2], [0, 1, 2]) == [4, 4, 2]
    assert split_largest_remainder(11, [6, 6, 2], [0, 1, 2]) == [5, 5, 1]


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.5", 1), ("1.5", 2), ("2.4999", 2), ("2.5", 3), ("-0.5", -1), ("-0.4", 0)],
)
def test_halves_are_rounded_away_from_zero(value: str, rounded: int) -> None:
    assert round_half_up(Decimal(value)) == rounded


def test_amounts_are_rounded_once() -> None:
    assert amount_for(66_699_851, 4500) == 300_149_330
    assert amount_for(1, 4500) == 5
    assert share_of(10_001, 250) == 250


def test_two_currencies_are_not_added() -> None:
    assert Money(150, "PEN") + Money(50, "PEN") == Money(200, "PEN")
    assert -(Money(150, "PEN") - Money(200, "PEN")) == Money(50, "PEN")
    with pytest.raises(MixedCurrencies):
        Money(1, "PEN") + Money(1, "BOB")
