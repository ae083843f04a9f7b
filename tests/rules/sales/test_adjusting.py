"""What a sale is worth after delivery: parts that sum to the cent, changes by weight, class and fineness."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.errors import ValidationFailed
from chain.sales.adjusting import (
    Fulfilment,
    class_change,
    floored,
    fulfilment,
    micron_change,
    share_due,
    weight_change,
)
from chain.sales.terms import (
    MILLION,
    Period,
    Rate,
    Regrade,
    Terms,
    check_terms,
    default_from,
    in_books,
    kept_terms,
    read_terms,
)

AMOUNTS = st.integers(0, 10**10)
LINES = st.dictionaries(st.uuids(), st.tuples(st.integers(1, 10**7), AMOUNTS), min_size=1, max_size=30)
DAY = date(2026, 3, 16)


@given(LINES, st.data(), st.one_of(st.just(MILLION), st.integers(1, 20 * MILLION)))
def test_the_parts_sum_to_the_sale_in_both_currencies_with_adjustments(
    lines: dict[UUID, tuple[int, int]], data: st.DataObject, rate: int
) -> None:
    changes = {
        lot: floored(data.draw(st.integers(-(10**11), 10**9)), amount) for lot, (_, amount) in lines.items()
    }
    dues = share_due(lines, changes, rate)
    total = sum(amount for _, amount in lines.values()) + sum(changes.values())
    assert sum(one.due_minor for one in dues) == total
    assert sum(one.book_minor for one in dues) == in_books(total, rate)
    assert all(one.due_minor >= 0 and one.book_minor >= 0 for one in dues)
    assert [one.lot_id for one in dues] == sorted(lines)


@given(AMOUNTS, st.integers(1, 10**7), st.integers(0, 10**7))
def test_a_weight_changes_the_amount_in_its_proportion(amount: int, sold: int, accepted: int) -> None:
    due = amount + weight_change(amount, sold, accepted)
    assert due >= 0
    assert abs(due * sold - amount * accepted) * 2 <= sold


def test_examples_of_the_contract() -> None:
    assert weight_change(10_000, 10_000, 9_500) == -500
    assert class_change(20_000, 12_000, 9_000) == -60_000
    assert micron_change(10_000, 198, 208, 300) == -300
    assert micron_change(10_000, 198, 188, 300) == 300
    assert in_books(10_001, 3_745_000) == 37_454
    assert floored(-500, 300) == -300


@pytest.mark.parametrize(
    ("ended", "lots", "arrived", "state"),
    [
        (None, 3, 0, Fulfilment.OPEN),
        (None, 3, 2, Fulfilment.PARTLY),
        (None, 3, 3, Fulfilment.DELIVERED),
        ("cancelled", 3, 2, Fulfilment.CANCELLED),
        ("buyer_default", 3, 0, Fulfilment.BUYER_DEFAULT),
    ],
)
def test_how_far_a_sale_is_fulfilled(ended: str | None, lots: int, arrived: int, state: Fulfilment) -> None:
    assert fulfilment(ended, lots, arrived) is state


def test_terms_are_kept_and_read_again() -> None:
    terms = Terms(
        regrade=Regrade.MICRON,
        periods=(Period(DAY, DAY, 1, 2),),
        rates={"USD": Rate(3_745_125, DAY, "BCRP")},
        class_prices={"baby": 9_000},
        note="Seca",
    )
    assert read_terms(kept_terms(terms)) == terms
    assert read_terms({}) == Terms()
    assert read_terms({"freight_paid_by": "seller", "payment_days": "x"}).freight == "seller"


@pytest.mark.parametrize(
    "wrong",
    [
        {"payment_days": 400},
        {"tolerance_bp": -1},
        {"periods": (Period(date(2026, 4, 2), date(2026, 4, 1), 0, 1),)},
        {"periods": (Period(DAY, DAY, 2, 1),)},
        {"periods": (Period(DAY, DAY, 0, 1), Period(DAY, DAY, 0, 1))},
        {"rates": {"PEN": Rate(1, DAY, "x")}},
        {"rates": {"USD": Rate(0, DAY, "x")}},
        {"rates": {"USD": Rate(1, DAY, " ")}},
        {"class_prices": {"baby": 0}},
    ],
)
def test_terms_that_cannot_be_kept(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationFailed):
        check_terms(Terms(**wrong), book_currency="PEN")  # type: ignore[arg-type]


def test_a_default_waits_for_the_last_period() -> None:
    assert default_from(Terms(), DAY) == date(2026, 4, 16)
    assert default_from(Terms(periods=(Period(DAY, date(2026, 5, 31), 0, 1),)), DAY) == date(2026, 6, 1)
