from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from chain.settlement.fortnight.arithmetic import plain, prorated, reserve_ml, rounded, value_minor
from tests.support.fortnights import minor

CASES = yaml.safe_load(Path("tests/data/cases/milk/proration.yaml").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_shares_come_out_as_written(case: dict[str, Any]) -> None:
    codes = sorted(case["weights"])
    parts = prorated(minor(case["total"]), [int(case["weights"][code]) for code in codes])
    assert dict(zip(codes, parts, strict=True)) == {code: minor(case["parts"][code]) for code in codes}


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**7), min_size=1, max_size=30))
def test_parts_sum_to_the_whole_and_zero_weight_gets_zero(total: int, weights: list[int]) -> None:
    if not sum(weights):
        return
    parts = prorated(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - total * weight) < sum(weights)
        assert weight or not part


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(5, 2, 3), (-5, 2, -3), (7, 3, 2), (-7, 3, -2), (0, 9, 0), (1, 2, 1)],
)
def test_halves_go_away_from_zero(numerator: int, denominator: int, expected: int) -> None:
    assert rounded(numerator, denominator) == expected


def test_values_and_reserve_litres_are_rounded_once() -> None:
    assert value_minor(1_001, 500) == 501
    assert value_minor(-1_001, 500) == -501
    # 2 % of 1,234.567 l is 24.69134 l, rounded to 24.69 l
    assert reserve_ml(1_234_567, 20_000) == 24_690
    # 0.5 % of 1 l is 5 ml: half of a hundredth, up
    assert reserve_ml(1_000, 5_000) == 10


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(80_000, 3, "80"), (12_500, 3, "12.5"), (-5, 3, "-0.005"), (450, 2, "4.50"), (-1_005, 2, "-10.05")],
)
def test_numbers_of_files_have_a_point_and_no_grouping(value: int, places: int, text: str) -> None:
    assert plain(value, places) == text
