"""Periods of a demand and the gap of each."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chain.buyers.periods import Span, gap, period_span, spans
from chain.buyers.rules import Terms

DEMAND = Terms(
    title="White baby",
    commodity="alpaca-fibre",
    currency="PEN",
    valid_from=date(2026, 3, 5),
    valid_to=date(2026, 5, 20),
    min_quantity=1_000,
    max_quantity=2_000,
    period="month",
)


def test_months_are_cut_to_the_validity() -> None:
    assert [(one.first, one.last) for one in spans(DEMAND)] == [
        (date(2026, 3, 5), date(2026, 3, 31)),
        (date(2026, 4, 1), date(2026, 4, 30)),
        (date(2026, 5, 1), date(2026, 5, 20)),
    ]


def test_a_fortnight_ends_on_the_fifteenth_and_with_the_month() -> None:
    demand = replace(DEMAND, period="fortnight")
    assert period_span(demand, date(2026, 3, 15)) == Span(date(2026, 3, 5), date(2026, 3, 15))
    assert period_span(demand, date(2026, 3, 16)) == Span(date(2026, 3, 16), date(2026, 3, 31))
    assert len(spans(demand)) == 6


def test_the_whole_validity_is_one_period() -> None:
    assert spans(replace(DEMAND, period="validity")) == [Span(DEMAND.valid_from, DEMAND.valid_to)]


def test_what_is_sold_closes_the_gap_of_its_period_only() -> None:
    covered = [(date(2026, 3, 31), 700), (date(2026, 4, 1), 5_000)]
    march, april, may = (gap(DEMAND, span, covered) for span in spans(DEMAND))
    assert (march.covered, march.missing, march.room, march.is_full) == (700, 300, 1_300, False)
    assert (april.missing, april.room, april.is_full) == (0, 0, True)
    assert (may.missing, may.room) == (1_000, 2_000)
    assert gap(replace(DEMAND, max_quantity=None), april.span, covered).room is None


@given(st.sampled_from(["month", "fortnight", "validity"]), st.integers(0, 1_000), st.integers(0, 400))
def test_periods_cover_each_day_once(period: str, start: int, days: int) -> None:
    first = date(2024, 1, 1) + timedelta(days=start)
    demand = replace(DEMAND, period=period, valid_from=first, valid_to=first + timedelta(days=days))
    found = spans(demand)
    assert (found[0].first, found[-1].last) == (demand.valid_from, demand.valid_to)
    for before, after in pairwise(found):
        assert after.first - before.last == timedelta(days=1)
    for span in found:
        assert period_span(demand, span.first) == period_span(demand, span.last) == span
