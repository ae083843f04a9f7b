"""Weight at departure against weight on arrival."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.custody.rules.arrivals import Sent, difference_percent, is_undisputed, is_within, share_out
from chain.custody.rules.words import MovementKind, signed_count

A, B, C = (UUID(int=number) for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("sent", "arrived", "tolerance_bp", "expected"),
    [
        (1_000_000, 995_000, 50, True),
        (1_000_000, 994_999, 50, False),
        (1_000_000, 1_005_000, 50, True),
        (1_000_000, 1_005_001, 50, False),
        (1_000_000, 1_000_000, 0, True),
        (1_000_000, 999_999, 0, False),
        (1_000_000, 0, 10_000, True),
    ],
)
def test_the_tolerance_counts_to_the_gram(
    sent: int, arrived: int, tolerance_bp: int, *, expected: bool
) -> None:
    assert is_within(sent, arrived, tolerance_bp) is expected


def test_a_lot_that_is_missing_is_disputed_even_when_another_weighs_more() -> None:
    sent = [Sent(A, 1_000, "g"), Sent(B, 1_000, "g")]
    assert not is_undisputed(sent, {A: 0, B: 2_000}, 50, by_total=False)
    assert is_undisputed(sent, {A: 1_000, B: 2_000 - 1_000}, 50, by_total=False)


def test_a_load_that_was_weighed_as_a_whole_is_judged_as_a_whole() -> None:
    sent = [Sent(A, 100_000, "g"), Sent(B, 200_000, "g"), Sent(C, 50_000, "ml")]
    arrived = share_out(sent, {"g": 299_000, "ml": 50_000})
    assert arrived == {A: 99_667, B: 199_333, C: 50_000}
    assert is_undisputed(sent, arrived, 50, by_total=True)
    assert not is_undisputed(sent, share_out(sent, {"g": 298_000, "ml": 50_000}), 50, by_total=True)


def test_the_difference_in_percent_is_negative_when_something_is_missing() -> None:
    assert str(difference_percent(200_000, 199_000)) == "-0.50"
    assert str(difference_percent(3, 4)) == "33.33"


def test_what_comes_back_or_is_lost_takes_from_the_balance() -> None:
    assert [signed_count(kind, 3) for kind in MovementKind] == [3, -3, -3, 3]
    assert signed_count(MovementKind.CORRECTED, -3) == -3


@given(
    quantities=st.lists(st.integers(1, 10**9), min_size=1, max_size=40),
    total=st.integers(0, 10**10),
)
def test_shares_of_a_load_sum_to_it_exactly(quantities: list[int], total: int) -> None:
    sent = [Sent(UUID(int=place), quantity, "g") for place, quantity in enumerate(quantities)]
    assert sum(share_out(sent, {"g": total}).values()) == total
