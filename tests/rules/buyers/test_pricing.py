"""What a demand pays: base price by class and colour, premiums and penalties."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.buyers.pricing import Premium, PriceRow, price_for, quote_for
from chain.buyers.rules import OfferFacts, Terms, meets

BABY, FLEECE = "ntp-231.301/2014/baby", "ntp-231.301/2014/fleece"
DEMAND = Terms(
    title="White baby",
    commodity="alpaca-fibre",
    currency="PEN",
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    price_minor_per_unit=2_000,
    price_grid=(
        PriceRow(4_500, BABY, "white"),
        PriceRow(3_800, BABY),
        PriceRow(2_500, None, "white"),
    ),
    premiums=(
        Premium("micron_step", 20, high_tenths=220, limit_minor=150),
        Premium("micron_range", -300, low_tenths=265),
        Premium("claim", 300, claim="organic"),
        Premium("claim", 100, claim="transition"),
        Premium("volume", 50, from_quantity=1_000_000),
        Premium("volume", 80, from_quantity=5_000_000),
    ),
)
OFFER = OfferFacts("alpaca-fibre", 100_000, grade=BABY, colour="white", micron_tenths=220)


def price(**changes: Any) -> int | None:
    return price_for(DEMAND, replace(OFFER, **changes))


@pytest.mark.parametrize(
    ("changes", "minor"),
    [
        ({}, 4_500),
        ({"colour": "true_black"}, 3_800),
        ({"grade": FLEECE}, 2_500),
        ({"grade": FLEECE, "colour": "true_black"}, 2_000),
        ({"micron_tenths": 215}, 4_600),
        ({"micron_tenths": 225}, 4_400),
        ({"micron_tenths": 180}, 4_650),
        ({"micron_tenths": 270}, 4_500 - 150 - 300),
        ({"micron_tenths": None}, 4_500),
        ({"claim": "organic"}, 4_800),
        ({"claim": "transition"}, 4_600),
        ({"quantity": 1_000_000}, 4_550),
        ({"quantity": 9_000_000}, 4_580),
    ],
)
def test_the_row_that_says_more_counts_and_premiums_are_added(changes: dict[str, Any], minor: int) -> None:
    assert price(**changes) == minor


def test_the_worked_example() -> None:
    demand = replace(
        DEMAND,
        premiums=(Premium("micron_step", 20, high_tenths=220), Premium("claim", 300, claim="organic")),
    )
    quote = quote_for(demand, replace(OFFER, micron_tenths=215, claim="organic"))
    assert quote is not None
    assert quote.minor == 4_900
    assert [line.msgid.split(":")[0].split(" ")[0] for line in quote.lines] == [
        "Base",
        "%(by)s",
        "For",
        "Price",
    ]


def test_without_a_price_it_is_open_and_penalties_may_eat_it_up() -> None:
    open_price = replace(DEMAND, price_minor_per_unit=None, price_grid=())
    assert price_for(open_price, OFFER) is None
    assert meets(open_price, replace(OFFER, price_minor_per_unit=10**9, currency="PEN")) == []
    eaten = replace(DEMAND, premiums=(Premium("micron_range", -4_500, low_tenths=100),))
    assert price_for(eaten, OFFER) is None


def test_the_reserve_is_compared_with_the_price_of_the_grid() -> None:
    assert meets(DEMAND, replace(OFFER, price_minor_per_unit=4_500, currency="PEN")) == []
    over = meets(DEMAND, replace(OFFER, price_minor_per_unit=4_501, currency="PEN"))
    assert [one.msgid for one in over] == ["The reserve is %(by)s over the price of %(limit)s."]


def test_kept_rows_give_the_same_price() -> None:
    class Kept:
        price_minor_per_unit = 2_000
        currency = "PEN"
        price_grid = DEMAND.as_mapping()["price_grid"]
        premiums = DEMAND.as_mapping()["premiums"]

    assert isinstance(Kept.price_grid[0], dict)
    assert price_for(Kept(), OFFER) == price()


@given(st.integers(100, 600), st.integers(100, 600))
def test_finer_fibre_is_never_paid_less(one: int, other: int) -> None:
    finer, coarser = sorted((one, other))
    prices = [price(micron_tenths=micron) for micron in (finer, coarser)]
    assert prices[0] is not None
    assert prices[1] is not None
    assert prices[0] >= prices[1]


@pytest.mark.parametrize(
    ("changes", "unmet"),
    [
        ({"private_to": ("a",)}, 1),
        ({"centres": ("a",)}, 1),
        ({"private_to": ("00000000-0000-0000-0000-000000000001",)}, 0),
        ({"centres": ("00000000-0000-0000-0000-000000000002",)}, 0),
    ],
)
def test_private_demands_and_chosen_centres_are_met_by_those_named(
    changes: dict[str, Any], unmet: int
) -> None:
    offer = replace(OFFER, seller_id=UUID(int=1), seller_parent_id=UUID(int=2))
    assert len(meets(replace(DEMAND, **changes), offer)) == unmet
