"""Whether an offer meets a demand, and by how much it does not."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chain.buyers.rules import OfferFacts, Terms, meets
from chain.core.money import Money

DEMAND = Terms(
    title="White baby",
    commodity="alpaca-fibre",
    currency="PEN",
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    grades=("ntp-231.301/2014/super_baby", "ntp-231.301/2014/baby"),
    colours=("white",),
    micron_min_tenths=180,
    micron_max_tenths=220,
    claim="transition",
    min_quantity=500_000,
    max_quantity=2_000_000,
    price_minor_per_unit=4_500,
)
OFFER = OfferFacts(
    commodity="alpaca-fibre",
    quantity=600_000,
    claim="organic",
    grade="ntp-231.301/2014/baby",
    colour="white",
    micron_tenths=215,
    price_minor_per_unit=4_500,
    currency="PEN",
)


def unmet(**changes: Any) -> list[tuple[str, dict[str, object]]]:
    return [(one.msgid, dict(one.params)) for one in meets(DEMAND, replace(OFFER, **changes))]


def test_an_offer_that_meets_everything_has_nothing_unmet() -> None:
    assert unmet() == []


def test_a_demand_that_leaves_all_open_is_met_by_any_lot_of_the_product() -> None:
    anything = replace(
        DEMAND,
        grades=(),
        colours=(),
        micron_min_tenths=None,
        micron_max_tenths=None,
        claim="conventional",
        min_quantity=0,
        max_quantity=None,
        price_minor_per_unit=None,
    )
    assert meets(anything, OfferFacts(commodity="alpaca-fibre", quantity=1)) == []


def test_another_product_is_all_that_is_told() -> None:
    assert [text for text, _ in unmet(commodity="raw-milk", colour="x")] == [
        "The product is %(given)s; %(asked)s is asked for."
    ]


@pytest.mark.parametrize(
    ("changes", "text", "params"),
    [
        (
            {"micron_tenths": 231},
            "%(given)s µm is %(by)s µm over the upper limit of %(limit)s µm.",
            {"given": Decimal("23.1"), "by": Decimal("1.1"), "limit": Decimal(22)},
        ),
        (
            {"micron_tenths": 175},
            "%(given)s µm is %(by)s µm under the lower limit of %(limit)s µm.",
            {"given": Decimal("17.5"), "by": Decimal("0.5"), "limit": Decimal(18)},
        ),
        ({"micron_tenths": None}, "The microns were not measured.", {}),
        ({"quantity": 120_500}, "%(by)s kg are missing.", {"by": Decimal("379.5")}),
        ({"quantity": 2_000_001}, "%(by)s kg more than asked for.", {"by": Decimal("0.001")}),
        ({"claim": "conventional"}, "The lot is conventional; in transition or organic is asked for.", {}),
        ({"colour": None}, "The colour is not recorded.", {}),
        (
            {"price_minor_per_unit": 4_700},
            "The reserve is %(by)s over the price of %(limit)s.",
            {"by": Money(200, "PEN"), "limit": Money(4_500, "PEN")},
        ),
        (
            {"currency": "BOB"},
            "The reserve is in %(given)s; the demand pays in %(asked)s.",
            {"given": "BOB", "asked": "PEN"},
        ),
    ],
)
def test_each_unmet_condition_says_by_how_much(
    changes: dict[str, Any], text: str, params: dict[str, object]
) -> None:
    assert unmet(**changes) == [(text, params)]


def test_the_limits_themselves_are_met() -> None:
    assert unmet(micron_tenths=220, quantity=500_000) == []
    assert unmet(micron_tenths=180, quantity=2_000_000) == []


def test_every_unmet_condition_is_told() -> None:
    lacking = unmet(
        grade=None,
        colour="beige",
        micron_tenths=300,
        claim="conventional",
        quantity=1,
        price_minor_per_unit=9_999,
    )
    assert len(lacking) == 6


def test_organic_is_asked_for_and_transition_is_offered() -> None:
    found = meets(replace(DEMAND, claim="organic"), replace(OFFER, claim="transition"))
    assert [one.msgid for one in found] == ["The lot is in transition; organic is asked for."]


def test_milk_is_counted_in_litres() -> None:
    milk = replace(
        DEMAND, commodity="raw-milk", grades=(), colours=(), micron_min_tenths=None, micron_max_tenths=None
    )
    found = meets(milk, OfferFacts(commodity="raw-milk", quantity=1_500, claim="organic"))
    assert [str(one) for one in found] == ["498.5 litres are missing."]
