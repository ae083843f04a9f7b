from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.ids import new_id
from chain.settlement.errors import NoPriceInForce, RunStateRefused
from chain.settlement.export import defused
from chain.settlement.rules import (
    TRANSITIONS,
    Delivered,
    Fee,
    Line,
    OpenAdvance,
    PriceSpan,
    RunState,
    check_transition,
    deduct,
    last_fortnight,
    period_lines,
)

ONE = UUID(int=1)


@pytest.mark.parametrize("text", ["=1+1", "+51 999", "-x", "@SUM(A1)", "\tx", "\n=1", "\uff1d1+1"])
def test_no_cell_of_a_file_is_a_formula(text: str) -> None:
    assert defused(text) == f"'{text}"


def test_only_the_listed_steps_are_possible() -> None:
    for state in RunState:
        for to in RunState:
            if to in TRANSITIONS[state]:
                check_transition(1, state, to)
            else:
                with pytest.raises(RunStateRefused):
                    check_transition(1, state, to)


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 3, 16), date(2026, 3, 1), date(2026, 3, 15)),
        (date(2026, 3, 15), date(2026, 2, 16), date(2026, 2, 28)),
        (date(2026, 1, 2), date(2025, 12, 16), date(2025, 12, 31)),
    ],
)
def test_the_last_fortnight_is_one_that_is_over(today: date, first: date, last: date) -> None:
    assert last_fortnight(today) == (first, last)


def test_a_price_is_rounded_once_per_producer_and_price() -> None:
    days = [date(2026, 3, day) for day in (1, 2, 3)]
    lots = [Delivered(new_id(), ONE, 333, "raw-milk", day) for day in days]
    (line,) = period_lines(lots, [PriceSpan(175, days[0], days[-1])])
    assert line.gross_minor == 175  # 999 ml at 1.75: 174.825, and not three times 58.275
    assert sum(line.lots.values()) == 175


def test_missing_days_are_counted_when_there_are_many() -> None:
    lots = [Delivered(new_id(), ONE, 1_000, "raw-milk", date(2026, 3, day)) for day in range(1, 20)]
    with pytest.raises(NoPriceInForce) as refused:
        period_lines(lots, [])
    assert refused.value.params["days"].endswith("2026-03-10 …")


@given(
    gross=st.integers(min_value=0, max_value=10**9),
    points=st.lists(st.integers(min_value=1, max_value=2_500), max_size=4),
    owed=st.lists(st.integers(min_value=1, max_value=10**8), max_size=4),
)
def test_net_is_never_negative_and_parts_sum_to_the_gross(
    gross: int, points: list[int], owed: list[int]
) -> None:
    line = Line(ONE, gross_minor=gross)
    fees = [Fee(new_id(), f"Aporte {index}", one) for index, one in enumerate(points)]
    advances = [
        OpenAdvance(new_id(), ONE, "Esquila", date(2026, 1, 1 + index), minor)
        for index, minor in enumerate(owed)
    ]
    deduct([line], fees, advances)
    assert line.net_minor >= 0
    assert line.net_minor + line.deductions_minor == gross
    taken = {item.advance_id: -item.amount_minor for item in line.items if item.advance_id}
    for advance in advances:
        assert 0 <= taken.get(advance.id, 0) <= advance.open_minor
    if line.net_minor > 0:
        assert sum(taken.values()) == sum(owed)
