"""How sales become published prices: weeks, weights, medians, who is named."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.prices.rules import Sold, UnknownWeek, Week, price_lines, read_weeks, week_of

ONE, TWO = UUID(int=1), UUID(int=2)
SOLD = Sold(
    sale_id=UUID(int=10),
    seller_id=ONE,
    day=date(2026, 3, 16),
    commodity="alpaca-fibre",
    grade="ntp-231.301/2014/baby",
    colour="white",
    currency="PEN",
    unit="g",
    quantity=100_000,
    amount_minor=450_000,
)


def test_prices_are_weighted_by_kilograms() -> None:
    dear = replace(SOLD, sale_id=UUID(int=11), seller_id=TWO, quantity=300_000, amount_minor=1_500_000)
    (line,) = price_lines([SOLD, dear], {})
    assert (line.least_minor, line.median_minor, line.mean_minor, line.most_minor) == (
        4_500,
        5_000,
        4_875,
        5_000,
    )
    assert (line.quantity, line.sales, line.sellers, line.seller) == (400_000, 2, 2, None)
    assert str(line.week) == "2026-W12"


def test_a_seller_is_named_only_with_its_consent() -> None:
    other = replace(SOLD, sale_id=UUID(int=11), seller_id=TWO, amount_minor=460_000)
    third = replace(SOLD, sale_id=UUID(int=12), seller_id=UUID(int=3), amount_minor=470_000)
    (alone,) = price_lines([SOLD], {})
    assert (alone.seller, alone.seller_id, alone.sellers) == (None, None, 1)
    named, rest = price_lines([SOLD, other, third], {ONE: "Centro uno"})
    assert (named.seller, named.sellers, named.mean_minor) == ("Centro uno", 1, 4_500)
    assert (rest.seller, rest.seller_id, rest.sellers, rest.mean_minor) == (None, None, 2, 4_650)


def test_what_the_producer_got_is_of_what_was_paid() -> None:
    paid = replace(
        SOLD, sale_id=UUID(int=11), quantity=50_000, amount_minor=250_000, producers_part=Fraction(9, 10)
    )
    (line,) = price_lines([SOLD, paid], {})
    assert (line.producer_minor, line.producer_quantity) == (4_500, 50_000)
    assert price_lines([SOLD], {})[0].producer_minor is None


@pytest.mark.parametrize(
    "changes", [{"currency": "BOB"}, {"colour": None}, {"grade": None}, {"day": date(2026, 3, 23)}]
)
def test_what_differs_stands_apart(changes: dict[str, object]) -> None:
    assert len(price_lines([SOLD, replace(SOLD, **changes)], {})) == 2  # type: ignore[arg-type]  # named fields


def test_weeks_are_those_of_iso() -> None:
    today = date(2026, 3, 16)
    assert week_of(date(2027, 1, 1)) == Week(2026, 53)
    assert [str(one) for one in read_weeks(None, None, today)] == ["2025-W52", "2026-W12"]
    assert read_weeks("2026-W01", "2026-W53", today) == (Week(2026, 1), Week(2026, 53))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-W13", "2026-W12"),
        ("2025-W01", "2026-W12"),
        ("x", None),
        ("2026-W54", None),
        ("0000-W01", "0000-W01"),
        ("9999-W52", "9999-W52"),
        (None, "2026-W00"),
    ],
)
def test_weeks_that_cannot_be_are_refused(first: str | None, last: str | None) -> None:
    with pytest.raises(UnknownWeek):
        read_weeks(first, last, date(2026, 3, 16))


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=12
    )
)
def test_kilograms_are_conserved_and_the_mean_lies_between(rows: list[tuple[int, int, int]]) -> None:
    sold = [
        replace(
            SOLD,
            sale_id=UUID(int=100 + place),
            seller_id=UUID(int=seller),
            quantity=quantity,
            amount_minor=minor,
        )
        for place, (seller, quantity, minor) in enumerate(rows)
    ]
    lines = price_lines(sold, {ONE: "Centro uno"})
    assert sum(line.quantity for line in lines) == sum(quantity for _, quantity, _ in rows)
    for line in lines:
        assert line.least_minor <= line.median_minor <= line.most_minor
        assert line.least_minor <= line.mean_minor <= line.most_minor
        assert (line.seller is None) == (line.seller_id is None)
        assert line.seller is None or line.sellers == 1
