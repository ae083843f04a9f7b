"""The terms of a demand, and that their words are those of the areas that own them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chain.buyers.class_options import grade_label, offered_classes, use_classes
from chain.buyers.pricing import Premium, PriceRow
from chain.buyers.rules import (
    CLAIMS,
    COLOURS,
    COMMODITY_LABELS,
    MICRON_TENTHS,
    Terms,
    check_terms,
)
from chain.certification.rules import Claim
from chain.grading.attributes import MICRON
from chain.grading.scheme import COMMODITIES, ColourScheme, class_names_of
from chain.grading.scheme_files import all_schemes, get_scheme
from chain.lots.demand_classes import LotClasses

TODAY = date(2026, 3, 16)
TERMS = Terms(
    title="Baby blanca",
    commodity="alpaca-fibre",
    currency="PEN",
    valid_from=TODAY,
    valid_to=date(2026, 12, 31),
)


def wrong(**changes: Any) -> set[str]:
    return set(check_terms(replace(TERMS, **changes), TODAY).as_mapping())


def test_a_title_a_product_and_dates_are_enough() -> None:
    assert wrong() == set()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "x"}, "title"),
        ({"commodity": "gold"}, "commodity"),
        ({"claim": "holy"}, "claim"),
        ({"colours": ("pink",)}, "colours"),
        ({"grades": ("baby",)}, "grades"),
        ({"grades": tuple(f"a/b/c{number}" for number in range(51))}, "grades"),
        ({"micron_min_tenths": 50}, "micron_min_tenths"),
        ({"micron_max_tenths": 801}, "micron_max_tenths"),
        ({"micron_min_tenths": 250, "micron_max_tenths": 220}, "micron_max_tenths"),
        ({"min_quantity": -1}, "min_quantity"),
        ({"min_quantity": 2, "max_quantity": 1}, "max_quantity"),
        ({"max_quantity": 10**18}, "max_quantity"),
        ({"price_minor_per_unit": 0}, "price_minor_per_unit"),
        ({"valid_from": date(2026, 3, 1), "valid_to": date(2026, 3, 15)}, "valid_to"),
        ({"valid_to": date(2026, 3, 1)}, "valid_to"),
        ({"valid_to": date(2036, 3, 1)}, "valid_to"),
        ({"commodity": "raw-milk", "colours": ("white",)}, "commodity"),
        ({"note": "x" * 2001}, "note"),
    ],
)
def test_what_cannot_be_right_is_refused_at_its_field(changes: dict[str, Any], field: str) -> None:
    assert wrong(**changes) == {field}


def test_the_products_and_claims_are_those_of_the_other_areas() -> None:
    assert tuple(COMMODITY_LABELS) == COMMODITIES
    assert tuple(claim.value for claim in Claim) == CLAIMS
    assert [Decimal(limit) / 10 for limit in MICRON_TENTHS] == [MICRON.low, MICRON.high]


def test_the_colours_are_those_of_the_colour_card() -> None:
    card = next(scheme for scheme in all_schemes() if isinstance(scheme, ColourScheme))
    assert [colour.key for colour in card.colours] == list(COLOURS)


@pytest.fixture(autouse=True)
def _classes() -> None:
    use_classes(LotClasses())


@pytest.mark.parametrize("commodity", COMMODITIES)
def test_every_offered_class_exists_in_its_norm(commodity: str) -> None:
    for one in offered_classes(commodity):
        scheme, edition = one.scheme.split("/")
        assert {key for key, _ in one.classes} <= set(class_names_of(get_scheme(scheme, edition)))


def test_the_usual_norm_is_offered_first_and_milk_has_no_classes() -> None:
    assert offered_classes("alpaca-fibre")[0].scheme == "ntp-231.301/2014"
    assert len(offered_classes("alpaca-fibre")) > 2
    assert offered_classes("raw-milk") == []


def test_a_class_is_shown_with_its_norm() -> None:
    assert grade_label("ntp-231.301/2014/super_baby") == "Super Baby (NTP 231.301:2014)"
    assert grade_label("plain") == "plain"


BABY = "ntp-231.301/2014/baby"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"period": "week"}, "period"),
        ({"freight": "nobody"}, "freight"),
        ({"price_grid": (PriceRow(0),)}, "price_grid"),
        ({"price_grid": (PriceRow(1, BABY), PriceRow(2, BABY))}, "price_grid"),
        ({"grades": ("ntp-231.301/2014/fleece",), "price_grid": (PriceRow(1, BABY),)}, "price_grid"),
        ({"price_grid": (PriceRow(1, None, "pink"),)}, "price_grid"),
        ({"price_grid": tuple(PriceRow(1, f"a/b/c{n}") for n in range(201))}, "price_grid"),
        ({"commodity": "raw-milk", "price_grid": (PriceRow(1, None, "white"),)}, "commodity"),
        ({"premiums": (Premium("micron_step", 20),)}, "premiums"),
        ({"premiums": (Premium("micron_range", 20),)}, "premiums"),
        ({"premiums": (Premium("claim", 20, claim="holy"),)}, "premiums"),
        ({"premiums": (Premium("volume", 20),)}, "premiums"),
        ({"premiums": (Premium("luck", 20),)}, "premiums"),
        ({"premiums": (Premium("claim", 1, claim="organic"),) * 31}, "premiums"),
    ],
)
def test_prices_that_cannot_be_right_are_refused(changes: dict[str, Any], field: str) -> None:
    assert wrong(**changes) == {field}
