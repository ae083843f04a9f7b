"""The two-round clock: the raised price, the allotment and the cutting of lots, with the worked examples of docs/clock.md."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.auctions.clock.rules import (
    FIRST,
    SECOND,
    Ask,
    Part,
    ProductFacts,
    Raise,
    Supply,
    Wish,
    check_wishes,
    cut_lots,
    draw,
    raised_price,
    serve,
)
from chain.core.errors import ValidationFailed

NOON = datetime(2026, 3, 16, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PRODUCT = UUID(int=7)
A, B, C, D = (UUID(int=number) for number in (1, 2, 3, 4))
SUPPLY = Supply(PRODUCT, 1_000, 10_000)
RULE = Raise(limit_bp=2_000, step_minor=50)
SEED = "a seed"


@pytest.mark.parametrize(
    ("demand", "price"),
    [
        (1_000, None),
        (0, None),
        (1_001, 10_050),
        (1_080, 10_800),
        (1_081, 10_850),
        (1_500, 12_000),
        (9_999, 12_000),
    ],
)
def test_the_price_rises_by_the_share_that_is_missing(demand: int, price: int | None) -> None:
    assert raised_price(SUPPLY, demand, RULE) == price


def test_a_product_without_kilograms_has_no_second_round() -> None:
    assert raised_price(Supply(PRODUCT, 0, 10_000), 500, RULE) is None


def test_without_too_much_demand_everybody_pays_the_first_price() -> None:
    asks = [Ask(A, 600, NOON), Ask(B, 300, NOON)]
    assert serve(SUPPLY, None, asks, [], SEED) == [
        Part(A, 600, 10_000, FIRST),
        Part(B, 300, 10_000, FIRST),
    ]


def test_with_enough_for_all_in_round_two_best_prices_are_not_charged() -> None:
    first = [Ask(A, 800, NOON), Ask(B, 600, NOON)]
    second = [Ask(A, 500, NOON, best_minor=15_000), Ask(B, 500, NOON)]
    assert serve(SUPPLY, 12_000, first, second, SEED) == [
        Part(A, 500, 12_000, SECOND),
        Part(B, 500, 12_000, SECOND),
    ]


def test_the_first_who_is_left_out_sets_the_price_of_all() -> None:
    first = [Ask(A, 800, NOON), Ask(B, 600, NOON)]
    second = [Ask(B, 600, NOON, best_minor=12_500), Ask(A, 800, NOON, best_minor=13_000)]
    assert serve(SUPPLY, 12_000, first, second, SEED) == [
        Part(A, 800, 12_500, SECOND),
        Part(B, 200, 12_500, SECOND),
    ]


def test_nobody_pays_more_than_was_offered_when_a_least_quantity_lets_the_next_one_in() -> None:
    first = [Ask(A, 800, NOON), Ask(B, 600, NOON), Ask(C, 200, NOON)]
    second = [
        Ask(A, 800, NOON, best_minor=13_000),
        Ask(B, 600, NOON, least=300, best_minor=12_500),
        Ask(C, 200, NOON, best_minor=12_100),
    ]
    assert serve(SUPPLY, 12_000, first, second, SEED) == [
        Part(A, 800, 12_100, SECOND),
        Part(C, 200, 12_100, SECOND),
    ]


def test_the_earlier_minute_goes_first_at_one_price() -> None:
    second = [Ask(A, 700, NOON + MINUTE), Ask(B, 700, NOON)]
    parts = serve(SUPPLY, 12_000, [], second, SEED)
    assert {part.buyer_id: part.kilograms for part in parts} == {A: 300, B: 700}


def test_within_a_minute_the_seed_decides_and_not_the_second() -> None:
    second = [Ask(A, 700, NOON), Ask(B, 700, NOON + MINUTE / 2)]
    winners = set()
    for number in range(20):
        seed = f"seed {number}"
        parts = serve(SUPPLY, 12_000, [], second, seed)
        first = max(parts, key=lambda part: part.kilograms).buyer_id
        assert first == min((A, B), key=lambda buyer: draw(seed, PRODUCT, buyer))
        winners.add(first)
    assert winners == {A, B}


def test_what_nobody_took_at_the_second_price_goes_at_the_first() -> None:
    first = [Ask(A, 900, NOON), Ask(B, 400, NOON + MINUTE)]
    second = [Ask(A, 300, NOON), Ask(B, 200, NOON)]
    assert serve(SUPPLY, 12_000, first, second, SEED) == [
        Part(A, 500, 10_000, FIRST),
        Part(A, 300, 12_000, SECOND),
        Part(B, 200, 12_000, SECOND),
    ]


amounts = st.integers(1, 400)
buyers = st.lists(
    st.tuples(amounts, amounts, st.integers(0, 400), st.integers(0, 3_000) | st.none(), st.integers(0, 180)),
    max_size=6,
)


@given(kilograms=st.integers(0, 700), rows=buyers, second_round=st.booleans())
def test_no_kilogram_is_sold_twice_and_nobody_gets_or_pays_more_than_asked(
    kilograms: int, rows: list[tuple[int, int, int, int | None, int]], second_round: bool
) -> None:
    supply = Supply(PRODUCT, kilograms, 10_000)
    first, second = [], []
    for number, (asked, least, kept, best, seconds) in enumerate(rows, 1):
        buyer, at = UUID(int=number), NOON + timedelta(seconds=seconds)
        first.append(Ask(buyer, asked, at, min(least, asked)))
        again = min(kept, asked)
        offered = None if best is None else 12_000 + best
        second.append(Ask(buyer, again, at, max(1, min(least, again)), offered))
    parts = serve(supply, 12_000 if second_round else None, first, second if second_round else [], SEED)
    assert sum(part.kilograms for part in parts) <= kilograms
    assert all(part.kilograms > 0 for part in parts)
    asked_first = {ask.buyer_id: ask for ask in first}
    asked_second = {ask.buyer_id: ask for ask in second}
    for buyer, ask in asked_first.items():
        own = [part for part in parts if part.buyer_id == buyer]
        got = sum(part.kilograms for part in own)
        assert got <= ask.kilograms
        assert not got or got >= min(ask.least, asked_second[buyer].least)
        for part in own:
            if part.round == FIRST:
                assert part.price_minor == 10_000
            else:
                assert 12_000 <= part.price_minor <= (asked_second[buyer].best_minor or 12_000)
    assert len({part.price_minor for part in parts if part.round == SECOND}) <= 1
    reordered = serve(
        supply, 12_000 if second_round else None, first[::-1], second[::-1] if second_round else [], SEED
    )
    assert reordered == parts


@given(
    grams=st.lists(st.integers(1, 90_000), min_size=1, max_size=8),
    shares=st.lists(st.integers(1, 60), max_size=4),
)
def test_cutting_keeps_every_gram_and_gives_each_what_was_allotted(
    grams: list[int], shares: list[int]
) -> None:
    takes, left = [], sum(grams) // 1_000
    for number, share in enumerate(shares, 1):
        kilograms = min(share, left)
        left -= kilograms
        takes.append((UUID(int=number), kilograms * 1_000, 100 + number))
    lots = [(UUID(int=100 + place), quantity) for place, quantity in enumerate(grams)]
    cuts = cut_lots(lots, takes)
    assert [(cut.lot_id, sum(part[1] for part in cut.parts)) for cut in cuts] == lots
    for buyer, quantity, price in takes:
        own = [part for cut in cuts for part in cut.parts if part[0] == buyer]
        assert sum(part[1] for part in own) == quantity
        assert all(part[2] == price for part in own)
    assert sum(not cut.is_whole for cut in cuts) <= len([take for take in takes if take[1]])


def test_lots_are_filled_in_order_and_cut_where_one_buyer_ends() -> None:
    lots = [(UUID(int=50), 60_000), (UUID(int=51), 40_000)]
    cuts = cut_lots(lots, [(A, 50_000, 1), (B, 30_000, 2)])
    assert cuts[0].parts == ((A, 50_000, 1), (B, 10_000, 2))
    assert cuts[1].parts == ((B, 20_000, 2), (None, 20_000, 0))


FACTS = {PRODUCT: ProductFacts(SUPPLY, 12_000, 300)}


@pytest.mark.parametrize(
    ("wish", "round_number", "field"),
    [
        (Wish(PRODUCT, 1_001), FIRST, f"kilograms-{PRODUCT}"),
        (Wish(PRODUCT, -1), FIRST, f"kilograms-{PRODUCT}"),
        (Wish(PRODUCT, 0), FIRST, "kilograms"),
        (Wish(PRODUCT, 10, best_minor=10_000), FIRST, f"best-{PRODUCT}"),
        (Wish(PRODUCT, 10, least=11), FIRST, f"least-{PRODUCT}"),
        (Wish(PRODUCT, 301), SECOND, f"kilograms-{PRODUCT}"),
        (Wish(PRODUCT, 300, best_minor=11_999), SECOND, f"best-{PRODUCT}"),
        (Wish(UUID(int=99), 5), SECOND, f"kilograms-{UUID(int=99)}"),
    ],
)
def test_a_wish_that_cannot_stand_is_refused_at_its_field(wish: Wish, round_number: int, field: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        check_wishes([wish], FACTS, round_number)
    assert field in refused.value.errors


def test_in_round_two_one_may_ask_for_less_and_for_nothing() -> None:
    check_wishes([Wish(PRODUCT, 0)], FACTS, SECOND)
    check_wishes([Wish(PRODUCT, 300, best_minor=12_000)], FACTS, SECOND)
