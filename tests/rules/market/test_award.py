"""Who gets which lots: the programme against brute force, its conditions, ties by time and by lottery, worked examples."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.market.rules import (
    AwardStatus,
    Contender,
    GridPrice,
    Offer,
    OfferedLot,
    OpenedOffer,
    Standing,
    allocate,
    decide,
    draw,
    offer_text,
    read_offer,
    seed_hash,
)
from chain.market.rules.award import keeps_condition

NOW = datetime(2026, 3, 16, 15, tzinfo=UTC)
KILO = 1000


def _id(number: int) -> UUID:
    return UUID(int=number)


LOTS = [
    OfferedLot(_id(1), 10 * KILO, 10_000, "n/1/baby", "white"),
    OfferedLot(_id(2), 20 * KILO, 10_000, "n/1/baby", "brown"),
    OfferedLot(_id(3), 30 * KILO, 10_000, "n/1/fleece", "white"),
]


@st.composite
def _tenders(draw_from: st.DrawFn) -> tuple[dict[UUID, int], list[Contender]]:
    """Draw up to five lots and four bids with conditions; few different numbers, so that ties are common."""
    quantities = {
        _id(place): draw_from(st.integers(1, 3)) * KILO
        for place in range(1, draw_from(st.integers(1, 5)) + 1)
    }
    contenders = []
    for place in range(draw_from(st.integers(1, 4))):
        named = draw_from(st.sets(st.sampled_from(sorted(quantities)), min_size=1))
        weight = sum(quantities[one] for one in named)
        whole = draw_from(st.booleans())
        least = draw_from(st.none() | st.integers(1, weight))
        most = None if whole else draw_from(st.none() | st.integers(least or 1, weight))
        prices = {one: draw_from(st.sampled_from((100, 110, 120, 150))) for one in sorted(named)}
        contenders.append(Contender(_id(100 + place), prices, whole, least, most))
    return quantities, contenders


def _values(
    lots: Mapping[UUID, UUID], quantities: Mapping[UUID, int], contenders: Sequence[Contender]
) -> list[int]:
    """Return what each bid pays."""
    return [
        sum(
            quantities[lot_id] * one.prices[lot_id] for lot_id, bid_id in lots.items() if bid_id == one.bid_id
        )
        for one in contenders
    ]


def _best_by_trying_all(quantities: Mapping[UUID, int], contenders: Sequence[Contender]) -> list[int]:
    """Return total and what each bid pays in the best allocation, by trying every one."""
    choices = [
        [None, *(one.bid_id for one in contenders if lot_id in one.prices)] for lot_id in sorted(quantities)
    ]
    found = []
    for picked in product(*choices):
        lots = {
            lot_id: bid for lot_id, bid in zip(sorted(quantities), picked, strict=True) if bid is not None
        }
        if all(keeps_condition(one, lots, quantities) for one in contenders):
            values = _values(lots, quantities, contenders)
            found.append([sum(values), *values])
    return max(found)


@settings(max_examples=300)
@given(_tenders())
def test_no_other_division_of_the_lots_brings_more_and_ties_go_by_rank(
    tender: tuple[dict[UUID, int], list[Contender]],
) -> None:
    quantities, contenders = tender
    found = allocate(quantities, contenders, "seed")
    values = _values(found.lots, quantities, contenders)
    assert [found.value, *values] == _best_by_trying_all(quantities, contenders)
    assert all(keeps_condition(one, found.lots, quantities) for one in contenders)
    assert (found.status, found.bound, found.gap_millionths) == (AwardStatus.OPTIMAL, found.value, 0)
    assert allocate(quantities, contenders, "seed") == found


@given(_tenders())
def test_one_more_bid_never_brings_less(tender: tuple[dict[UUID, int], list[Contender]]) -> None:
    quantities, contenders = tender
    fewer = allocate(quantities, contenders[:-1], "seed")
    assert fewer.value <= allocate(quantities, contenders, "seed").value


def test_a_package_wins_only_when_it_brings_more_than_its_parts() -> None:
    quantities = {_id(1): 10 * KILO, _id(2): 10 * KILO}
    package = Contender(_id(101), {_id(1): 110, _id(2): 110}, whole=True)
    single = Contender(_id(102), {_id(1): 150})
    other = Contender(_id(103), {_id(2): 69})
    assert set(allocate(quantities, [single, other, package], "s").lots.values()) == {_id(101)}
    dearer = replace(other, prices={_id(2): 71})
    assert set(allocate(quantities, [single, dearer, package], "s").lots.values()) == {_id(102), _id(103)}


def test_a_thousand_lots_with_packages_and_bounds_are_divided_in_seconds() -> None:
    quantities = {_id(place): (place % 7 + 1) * 5 * KILO for place in range(1, 1001)}
    bids = [
        Contender(_id(5000), dict.fromkeys(quantities, 9_000), whole=True),
        Contender(_id(5001), dict.fromkeys(list(quantities)[:400], 9100), whole=True),
        Contender(_id(5002), dict.fromkeys(list(quantities)[300:], 9050), most=8_000 * KILO),
        Contender(_id(5003), dict.fromkeys(quantities, 8_900), least=1_000 * KILO),
    ]
    found = allocate(quantities, bids, "s")
    assert found.status is AwardStatus.OPTIMAL
    assert all(keeps_condition(one, found.lots, quantities) for one in bids)


def _opened(place: int, buyer: int, offer: Offer, seconds: float = 0) -> OpenedOffer:
    return OpenedOffer(_id(100 + place), _id(buyer), place, NOW + timedelta(seconds=seconds), offer)


def _all(price: int) -> Offer:
    return Offer("PEN", price_minor=price, whole=True)


@pytest.mark.parametrize(
    ("bids", "winner"),
    [
        ([], None),
        ([(1, 9_999)], None),
        ([(1, 10_000)], 1),
        ([(1, 12_000), (2, 12_000)], 1),
        ([(1, 12_000), (2, 12_000), (1, 12_000)], 2),  # who bids again loses the earlier place
        ([(1, 15_000), (2, 12_000), (1, 11_000)], 2),  # the last bid counts, even a lower one
        ([(1, 11_000), (2, 12_000), (1, 13_000)], 3),
    ],
)
def test_worked_examples_with_one_price(bids: list[tuple[int, int]], winner: int | None) -> None:
    log = [_opened(place, buyer, _all(price), place) for place, (buyer, price) in enumerate(bids, 1)]
    result = decide(LOTS, log, "seed", frozenset())
    assert set(result.allocation.lots.values()) == (set() if winner is None else {_id(100 + winner)})
    assert len(result.allocation.lots) in {0, 3}


def test_bids_of_the_very_same_moment_go_by_the_lottery_of_the_published_seed() -> None:
    log = [_opened(1, 1, _all(12_000)), _opened(2, 2, _all(12_000))]
    winners = set()
    for place in range(20):
        seed = f"seed {place}"
        (winner,) = set(decide(LOTS, log, seed, frozenset()).allocation.lots.values())
        assert winner == min((_id(101), _id(102)), key=lambda bid_id: draw(seed, bid_id))
        winners.add(winner)
    assert winners == {_id(101), _id(102)}
    assert len(seed_hash("seed 1")) == 64


def test_standings_name_why_a_bid_does_not_count() -> None:
    log = [
        _opened(1, 1, _all(15_000), 1),
        _opened(2, 2, _all(12_000), 2),
        _opened(3, 1, _all(9_999), 3),
        _opened(4, 3, _all(20_000), 4),
    ]
    result = decide(LOTS, log, "seed", {_id(3)})
    assert [result.standings[_id(100 + place)] for place in range(1, 5)] == [
        Standing.REPLACED, Standing.COUNTS, Standing.BELOW_RESERVE, Standing.EXCLUDED,
    ]  # fmt: skip
    assert set(result.allocation.lots.values()) == {_id(102)}


def test_each_lot_has_its_own_reserve_and_a_package_must_reach_all_of_them() -> None:
    lots = [replace(LOTS[0], reserve_minor=13_000), LOTS[1], LOTS[2]]
    parts = decide(lots, [_opened(1, 1, Offer("PEN", price_minor=12_000))], "s", frozenset())
    assert set(parts.allocation.lots) == {_id(2), _id(3)}
    whole = decide(lots, [_opened(1, 1, _all(12_000))], "s", frozenset())
    assert not whole.allocation.lots
    assert whole.best_bid_id == _id(101)


def test_a_grid_prices_by_class_and_colour_and_the_colour_goes_first() -> None:
    offer = Offer("PEN", grid=(GridPrice("n/1/baby", None, 11_000), GridPrice("n/1/baby", "white", 14_000)))
    assert offer.prices(LOTS) == {_id(1): 14_000, _id(2): 11_000}
    result = decide(LOTS, [_opened(1, 1, offer), _opened(2, 2, _all(12_000))], "s", frozenset())
    assert set(result.allocation.lots.values()) == {_id(102)}  # 7,200 for all beat 3,600 for two lots
    single = Offer("PEN", lots={_id(3): 12_500})
    together = decide(
        LOTS, [_opened(1, 1, offer), _opened(2, 2, _all(12_000)), _opened(3, 3, single)], "s", frozenset()
    )
    assert together.allocation.lots == {_id(1): _id(101), _id(2): _id(101), _id(3): _id(103)}


@given(_tenders(), st.booleans())
def test_a_sealed_text_says_what_was_bid_and_its_length_nothing(
    tender: tuple[dict[UUID, int], list[Contender]], by_class: bool
) -> None:
    for one in tender[1]:
        grid = tuple(GridPrice(f"n/1/{lot_id.int}", None, price) for lot_id, price in one.prices.items())
        offer = Offer("PEN", lots={} if by_class else one.prices, grid=grid if by_class else (), whole=one.whole,
                      least=one.least, most=one.most)  # fmt: skip
        text = offer_text(offer, bid_id=_id(1), tender_id=_id(2), buyer_id=_id(3))
        again = read_offer(text)
        assert (again.prices(LOTS), again.whole, again.least, again.most) == (
            offer.prices(LOTS), offer.whole, offer.least, offer.most,
        )  # fmt: skip
        assert len(text) % 512 == 0
