"""Loans: equal parts that sum, simple interest, due days, paying early."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from chain.dues.loan_rules import Every, due_days, interest_of, pay_early, schedule


def test_a_worked_schedule() -> None:
    plan = schedule(100_000, 200, 3, Every.MONTH, date(2026, 1, 31))
    assert [(one.due_on, one.principal_minor, one.interest_minor) for one in plan] == [
        (date(2026, 1, 31), 33_334, 2_000),
        (date(2026, 2, 28), 33_333, 2_000),
        (date(2026, 3, 31), 33_333, 2_000),
    ]


def test_interest_of_fortnights_is_half_a_month_each() -> None:
    assert interest_of(100_000, 150, 6, Every.FORTNIGHT) == 4_500


def test_fortnights_fit_twice_into_every_month() -> None:
    assert due_days(date(2026, 3, 5), 4, Every.FORTNIGHT) == [
        date(2026, 3, 5),
        date(2026, 3, 20),
        date(2026, 4, 5),
        date(2026, 4, 20),
    ]
    assert due_days(date(2026, 1, 31), 3, Every.FORTNIGHT) == [
        date(2026, 1, 31),
        date(2026, 2, 16),
        date(2026, 2, 28),
    ]


def test_paying_early_lets_go_interest_of_periods_that_have_not_begun() -> None:
    days = [date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)]
    parts = [
        (number, is_interest, 20 if is_interest else 100)
        for number in (1, 2, 3)
        for is_interest in (True, False)
    ]
    paid = pay_early(parts, days, date(2026, 1, 1), date(2026, 2, 10))
    assert (paid.principal_minor, paid.interest_minor, paid.waived_minor) == (300, 40, 20)
    assert paid.total_minor == 340


@given(
    principal=st.integers(1, 10_000_000),
    rate=st.integers(0, 1_000),
    count=st.integers(1, 60),
    every=st.sampled_from(list(Every)),
    first=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
)
def test_parts_sum_to_the_loan_and_days_go_forward(
    principal: int, rate: int, count: int, every: Every, first: date
) -> None:
    plan = schedule(principal, rate, count, every, first)
    assert sum(one.principal_minor for one in plan) == principal
    assert sum(one.interest_minor for one in plan) == interest_of(principal, rate, count, every)
    assert max(one.principal_minor for one in plan) - min(one.principal_minor for one in plan) <= 1
    days = [one.due_on for one in plan]
    assert days[0] == first
    assert days == sorted(set(days))
