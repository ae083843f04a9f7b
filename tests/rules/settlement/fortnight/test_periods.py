import csv
from datetime import date
from pathlib import Path

import pytest

from chain.settlement.fortnight.errors import NotAFortnight
from chain.settlement.fortnight.period import (
    DayType,
    day_type,
    fortnight,
    fortnight_after,
    fortnight_before,
    fortnight_from,
    fortnight_of,
)

with Path("tests/data/cases/milk/period-boundaries.csv").open() as file:
    CASES = list(csv.DictReader(file))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['first_day']}")
def test_fortnights_begin_and_end_as_the_calendar_says(case: dict[str, str]) -> None:
    period = fortnight(int(case["year"]), int(case["month"]), int(case["half"]))
    assert period.first.isoformat() == case["first_day"]
    assert period.last.isoformat() == case["last_day"]
    assert len(period.days) == int(case["days"])
    sundays = [day for day in period.days if day_type(day) is DayType.SUNDAY]
    assert " ".join(day.isoformat() for day in sundays) == case["sunday_dates"]
    assert len(sundays) == int(case["sundays"])
    assert len(period.days) - len(sundays) == int(case["weekdays"])


def test_every_day_of_a_year_lies_in_one_fortnight() -> None:
    period = fortnight_of(date(2028, 1, 1))
    seen: list[date] = []
    while period.first.year == 2028:
        seen += period.days
        assert fortnight_before(fortnight_after(period)) == period
        assert all(fortnight_of(day) == period for day in period.days)
        assert period.half in {1, 2}
        period = fortnight_after(period)
    assert len(seen) == len(set(seen)) == 366


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-07-02", None),
        ("2026-07-01", "2026-07-16"),
        ("2026-02-16", "2026-02-29x"),
        ("2026-07-16", "2026-07-30"),
    ],
)
def test_other_spans_are_no_fortnight(first: str, last: str | None) -> None:
    end = date(2026, 3, 1) if last and last.endswith("x") else date.fromisoformat(last) if last else None
    with pytest.raises(NotAFortnight):
        fortnight_from(date.fromisoformat(first), end)


def test_a_holiday_is_paid_like_a_sunday_only_when_the_association_says_so() -> None:
    day = date(2026, 7, 16)
    assert day_type(day) is DayType.WEEKDAY
    assert day_type(day, {day}) is DayType.SUNDAY
