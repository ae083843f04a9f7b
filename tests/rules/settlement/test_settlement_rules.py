"""Sharing a sale, floor prices, blocks and states: parts sum to the whole, and no line goes below zero."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.settlement.errors import RunStateRefused
from chain.settlement.lines import Item, Line, blocks_of
from chain.settlement.rules import (
    GOODS,
    TRANSITIONS,
    ItemKind,
    RunState,
    check_transition,
    last_fortnight,
)
from chain.settlement.sharing import (
    Earlier,
    Premium,
    Share,
    Sold,
    by_class_value,
    retain,
    sale_lines,
    take_paid_before,
)

DAY = date(2026, 3, 2)


def sold(number: int, producer: int, quantity: int, amount: int, label: str = "Baby") -> Sold:
    return Sold(UUID(int=number), UUID(int=number), UUID(int=1000 + producer), quantity, label, DAY, amount)


def test_kilograms_count_by_the_value_of_their_class() -> None:
    parts = [sold(1, 1, 10_000, 50_000), sold(2, 2, 10_000, 50_000, "Gruesa")]
    shared = by_class_value(parts, [2_200, 775], 100_000)
    assert [one.amount_minor for one in shared] == [73_950, 26_050]


def test_a_premium_is_what_the_price_holds_above_the_class_without_the_claim() -> None:
    premium = Premium("organic", 3, "Hilandería", 2_200, 2_000)
    assert premium.of(22_000) == 2_000
    assert premium.of(1) == 0


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(1, 90_000), st.integers(0, 900_000)), min_size=1, max_size=12
    ),
    st.integers(0, 10_000),
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 900_000)), max_size=6),
)
@settings(max_examples=150)
def test_items_lots_lines_and_blocks_sum_to_the_whole(
    rows: list[tuple[int, int, int]], share: int, before: list[tuple[int, int]]
) -> None:
    parts = [sold(number, *row, label=f"Clase {number % 3}") for number, row in enumerate(rows, 1)]
    total = sum(one.amount_minor for one in parts)
    lines = sale_lines(parts, "g", total)
    retain(lines, {one.source_id: Share(share, "Reparto", "Asamblea") for one in parts})
    take_paid_before(
        lines,
        [
            Earlier(UUID(int=place), UUID(int=1000 + producer), place, minor, "Asamblea")
            for place, (producer, minor) in enumerate(before)
        ],
    )
    assert sum(line.goods_minor for line in lines) == total
    assert sum(sum(line.lots.values()) for line in lines) == total
    assert all(line.net_minor >= 0 for line in lines)
    assert all(line.net_minor == line.gross_minor - line.deductions_minor for line in lines)
    (block,) = blocks_of(lines)
    assert block.net_minor == sum(line.net_minor for line in lines)
    assert block.goods_minor == total
    assert block.quantity == sum(one.quantity for one in parts) == sum(line.quantity for line in lines)


def test_blocks_stand_in_the_order_that_is_given() -> None:
    line = Line(UUID(int=1))
    line.items = [
        Item(ItemKind.DELIVERY, "Leche", 100, quantity=10, block="sunday"),
        Item(ItemKind.DELIVERY, "Leche", 200, quantity=20, block="weekday"),
        Item(ItemKind.RESERVE, "Reserva", -20, block="weekday"),
        Item(ItemKind.FEE, "Aporte", -30, block="weekday"),
        Item(ItemKind.OTHER_INCOME, "Bono", 5, block="weekday"),
    ]
    weekday, sunday = blocks_of([line], [(None, "weekday"), (None, "sunday")])
    assert (weekday.goods_minor, weekday.gross_minor, weekday.deductions_minor) == (200, 180, 30)
    assert (weekday.additions_minor, weekday.net_minor, sunday.net_minor) == (5, 155, 100)
    assert line.net_minor == weekday.net_minor + sunday.net_minor


def test_balances_move_only_on_the_way_into_the_books_and_back() -> None:
    check_transition(1, "approved", RunState.ACCOUNTED)
    check_transition(1, "accounted", RunState.PREPARED)
    for state, to in (
        ("prepared", RunState.ACCOUNTED),
        ("prepared", RunState.PAID),
        ("accounted", RunState.DISCARDED),
        ("paid", RunState.PREPARED),
        ("discarded", RunState.PREPARED),
    ):
        with pytest.raises(RunStateRefused):
            check_transition(1, state, to)
    assert set(TRANSITIONS) == set(RunState)
    assert ItemKind.WEIGHING not in GOODS


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 3, 16), date(2026, 3, 1), date(2026, 3, 15)),
        (date(2026, 3, 15), date(2026, 2, 16), date(2026, 2, 28)),
        (date(2024, 3, 1), date(2024, 2, 16), date(2024, 2, 29)),
        (date(2026, 1, 1), date(2025, 12, 16), date(2025, 12, 31)),
    ],
)
def test_the_last_fortnight_that_is_over(today: date, first: date, last: date) -> None:
    assert last_fortnight(today) == (first, last)
