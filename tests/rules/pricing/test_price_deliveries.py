"""Prices of deliveries: worked examples of docs/pricing.md."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chain.core.ids import new_id
from chain.pricing.errors import NoPriceForClass, NoPriceInForce, PricedAfterSale
from chain.pricing.rules import ComponentKind, Part, PriceContent, Result, four_prices, price_deliveries
from chain.pricing.rules.content import (
    Adjustment,
    Advance,
    Basis,
    ClassPrice,
    Composition,
    DayPrices,
    Effect,
    MissingRule,
    PayUnit,
    SchemeKind,
)
from chain.pricing.rules.tariff import NOTE_LIMITED, NOTE_MEAN, NOTE_NONE, NOTE_TYPICAL
from tests.support.pricing import JULY, SUNDAY, WEDNESDAY, delivery, flat, milk, span

MARIA, JUANA = new_id(), new_id()
CLASSES = PriceContent(
    kind=SchemeKind.CLASSES,
    unit=PayUnit.KILOGRAM,
    grades_from=("ntp-231.301", "2014"),
    classes=(
        ClassPrice("baby", "white", 2_400),
        ClassPrice("baby", "dark", 2_000),
        ClassPrice("baby", None, 2_200),
        ClassPrice("fina", None, 1_550),
    ),
    colour_groups={"dark": ("true_black", "dark_brown")},
)


def fibre(grams: int, grade: str | None, colour: str | None = None, **more: Any) -> Any:
    facts = {"grade_scheme": "ntp-231.301", **more}
    return delivery(
        MARIA,
        grams,
        unit="g",
        label=grade or "alpaca-fibre",
        commodity="alpaca-fibre",
        grade_key=grade,
        colour=colour,
        **facts,
    )


def amounts(content: PriceContent, *deliveries: Any, **more: Any) -> list[int]:
    return [one.amount_minor for one in price_deliveries([span(content)], deliveries, **more)]


def premium(name: str = "Calidad", **more: Any) -> Adjustment:
    return Adjustment(**{"name": name, "effect": Effect.PREMIUM, "per_unit_minor": 10, **more})


def test_each_version_prices_the_days_on_which_it_is_in_force_rounded_once() -> None:
    early = span(flat(175), JULY[0], date(2026, 7, 10))
    late = span(flat(180), date(2026, 7, 11), None)
    deliveries = [
        delivery(MARIA, 20_250),
        delivery(MARIA, 20_250, date(2026, 7, 9)),
        delivery(MARIA, 12_250, SUNDAY),
    ]
    groups = price_deliveries([late, early], deliveries)
    assert sorted(one.amount_minor for one in groups) == [
        2_205,
        7_088,
    ]  # 40.5 × 1.75 = 70.875, 12.25 × 1.80 = 22.05
    assert all(sum(one.lots.values()) == one.amount_minor for one in groups)


def test_days_without_a_price_are_named() -> None:
    with pytest.raises(NoPriceInForce) as refused:
        price_deliveries(
            [span(flat(100))], [delivery(MARIA, 1_000, date(2026, 8, 2)), delivery(MARIA, 1_000)]
        )
    assert str(refused.value.params["days"]) == "2026-08-02"


def test_a_version_for_whole_periods_does_not_serve_a_part_of_one() -> None:
    short = span(milk(500, is_for_whole_periods=True), JULY[0], date(2026, 7, 14))
    given = [delivery(MARIA, 1_000)]
    with pytest.raises(NoPriceInForce):
        price_deliveries([short], given, period=(JULY[0], date(2026, 7, 15)))
    assert price_deliveries([short], given, period=(JULY[0], date(2026, 7, 14)))[0].amount_minor == 500
    with pytest.raises(NoPriceInForce):
        four_prices([short], JULY[0], date(2026, 7, 15))


def test_a_colour_of_its_own_comes_before_its_group_and_before_any_colour() -> None:
    groups = price_deliveries(
        [span(CLASSES)],
        [
            fibre(1_000, "baby", "white"),
            fibre(1_000, "baby", "true_black"),
            fibre(1_000, "baby", "light_fawn"),
        ],
    )
    (group,) = groups
    assert [(one.rate_minor, one.amount_minor) for one in group.components] == [
        (2_000, 2_000),
        (2_200, 2_200),
        (2_400, 2_400),
    ]


@pytest.mark.parametrize(
    "given",
    [fibre(1_000, "gruesa"), fibre(1_000, None), fibre(1_000, "fina", grade_scheme="us-common")],
    ids=["class not listed", "no class", "class of another scheme"],
)
def test_a_class_without_a_price_is_named_or_paid_as_any_other(given: Any) -> None:
    with pytest.raises(NoPriceForClass):
        price_deliveries([span(CLASSES)], [given])
    assert amounts(replace(CLASSES, base_minor=400), given) == [400]


def test_premiums_add_up_and_only_the_first_fitting_row_of_a_ladder_counts() -> None:
    content = flat(
        500,
        adjustments=(
            premium("Grasa", parameter="fat_pct", low=Decimal("3.8"), per_unit_minor=20),
            premium("Grasa", parameter="fat_pct", low=Decimal("3.5")),
            premium("Ecológica", claim="transition", per_unit_minor=0, basis_points=1_000),
            premium("Mujer", is_for_women=True, per_unit_minor=5),
        ),
    )
    given = delivery(MARIA, 10_000, attributes={"fat_pct": "3.8"}, claim="organic", is_woman=True)
    (group,) = price_deliveries([span(content)], [given])
    assert {one.label: one.amount_minor for one in group.components} == {
        "Base price": 5_000,
        "Grasa": 200,
        "Ecológica": 500,
        "Mujer": 50,
    }
    assert amounts(content, delivery(MARIA, 10_000, attributes={"fat_pct": "3.5"})) == [5_100]


def test_the_volume_of_the_period_decides_for_everything_that_is_brought() -> None:
    ladder = (
        premium("Volumen", volume_low=1_000_000),
        premium("Volumen", volume_low=500_000, per_unit_minor=5),
    )
    given = [delivery(MARIA, 300_000), delivery(MARIA, 300_000, SUNDAY), delivery(JUANA, 300_000)]
    found = price_deliveries([span(flat(500, adjustments=ladder))], given)
    assert {one.producer_id: one.amount_minor for one in found} == {MARIA: 303_000, JUANA: 150_000}


def test_a_season_may_run_over_the_new_year() -> None:
    dry = premium("Estiaje", season_from=(12, 15), season_to=(1, 31))
    year = span(flat(100, adjustments=(dry,)), date(2026, 1, 1), None)
    days = {
        date(2026, 1, 31): 1_100,
        date(2026, 2, 1): 1_000,
        date(2026, 12, 14): 1_000,
        date(2026, 12, 15): 1_100,
    }
    for day, amount in days.items():
        assert price_deliveries([year], [delivery(MARIA, 10_000, day)])[0].amount_minor == amount


def test_hygiene_bands_and_the_cold_are_rows_like_any_other() -> None:
    content = milk(
        400,
        adjustments=(
            premium("Frío", parameter="temperature_c", high=Decimal(10), per_unit_minor=15),
            premium("Higiene", parameter="mesophiles_cfu_ml", high=Decimal(100_000), per_unit_minor=15),
            premium("Higiene", parameter="mesophiles_cfu_ml", low=Decimal(100_001), high=Decimal(175_000)),
            Adjustment(
                name="Reductasa",
                effect=Effect.PENALTY,
                per_unit_minor=30,
                parameter="reductase_hours",
                high=Decimal("3.9"),
            ),
        ),
    )
    good = {"temperature_c": "8", "mesophiles_cfu_ml": "100000", "reductase_hours": "5"}
    poor = {"temperature_c": "14", "mesophiles_cfu_ml": "175001", "reductase_hours": "3"}
    assert amounts(content, delivery(MARIA, 10_000, attributes=good)) == [4_300]
    assert amounts(content, delivery(MARIA, 10_000, attributes=poor)) == [3_700]


def test_penalties_end_where_a_delivery_would_pay_less_than_nothing() -> None:
    off = Adjustment(name="Agua", effect=Effect.PENALTY, per_unit_minor=600)
    (group,) = price_deliveries([span(flat(500, adjustments=(off,)))], [delivery(MARIA, 10_000)])
    assert group.amount_minor == 0
    assert [(one.kind, one.amount_minor, one.note) for one in group.components][1] == (
        ComponentKind.PENALTY,
        -5_000,
        NOTE_LIMITED,
    )


FAT_POINTS = Composition(
    parameter="fat_pct", basis=Basis.POINT, rate_minor=20, reference=Decimal("3.5"), high=Decimal("4.5")
)


def test_composition_by_the_point_adds_and_takes_off_within_its_limits() -> None:
    content = milk(450, composition=(FAT_POINTS,))
    assert amounts(content, delivery(MARIA, 30_000, attributes={"fat_pct": "3.8"})) == [13_680]
    assert amounts(content, delivery(MARIA, 30_000, attributes={"fat_pct": "3.2"})) == [13_320]
    assert amounts(content, delivery(MARIA, 30_000, attributes={"fat_pct": "6"})) == [14_100]


def test_composition_by_the_gram_pays_kilograms_of_fat_and_solids() -> None:
    """Two axes: kg × fat % × its rate + kg × SNF % × its rate; litres times the density first."""
    content = PriceContent(
        kind=SchemeKind.MILK,
        unit=PayUnit.KILOGRAM,
        base_minor=0,
        density=Decimal("1.03"),
        composition=(
            Composition(parameter="fat_pct", basis=Basis.GRAM, rate_minor=2_500, typical=Decimal("3.5")),
            Composition(parameter="snf_pct", basis=Basis.GRAM, rate_minor=1_000, typical=Decimal("8.2")),
        ),
    )
    results = {"fat_pct": "4.0", "snf_pct": "8.44", "density_g_ml": "1.028"}
    (group,) = price_deliveries([span(content)], [delivery(MARIA, 100_000, attributes=results)])
    # 102.8 kg: 4.112 kg of fat × 25.00 = 102.80; 8.67632 kg of SNF × 10.00 = 86.7632
    assert [(one.quantity, one.amount_minor, one.measured) for one in group.components] == [
        (4_112, 10_280, "4"),
        (8_676, 8_676, "8.44"),
    ]
    assert group.quantity == 100_000


def test_without_an_analysis_the_mean_of_the_last_three_counts_and_says_so() -> None:
    content = milk(450, composition=(FAT_POINTS,))
    history = [
        Result(MARIA, "fat_pct", date(2026, 6, day), Decimal(value))
        for day, value in ((1, "9"), (10, "3.6"), (20, "3.8"), (30, "4.0"))
    ]
    (group,) = price_deliveries([span(content)], [delivery(MARIA, 10_000)], history=history)
    assert group.amount_minor == 4_560
    assert (group.components[1].note, group.components[1].measured) == (NOTE_MEAN, "3.8")


def test_a_result_of_the_period_counts_for_later_deliveries_only() -> None:
    content = milk(450, composition=(FAT_POINTS,))
    before, measured, after = (
        delivery(MARIA, 10_000, date(2026, 7, 6)),
        delivery(MARIA, 10_000, date(2026, 7, 7), attributes={"fat_pct": "4.5"}),
        delivery(MARIA, 10_000, date(2026, 7, 8)),
    )
    (group,) = price_deliveries([span(content)], [after, measured, before])
    assert group.lots == {
        (before.lot_id, before.lot_id): 4_500,
        (measured.lot_id, measured.lot_id): 4_700,
        (after.lot_id, after.lot_id): 4_700,
    }
    assert [one.note for one in group.components if one.kind is ComponentKind.MISSING] == [NOTE_NONE]


def test_without_any_analysis_the_base_is_paid_or_the_typical_value_counts() -> None:
    typical = replace(FAT_POINTS, typical=Decimal("3.6"))
    (group,) = price_deliveries([span(milk(450, composition=(typical,)))], [delivery(MARIA, 10_000)])
    assert (group.amount_minor, group.components[1].note) == (4_520, NOTE_TYPICAL)
    (group,) = price_deliveries([span(milk(450, composition=(FAT_POINTS,)))], [delivery(MARIA, 10_000)])
    assert (group.amount_minor, group.components[1].kind) == (4_500, ComponentKind.MISSING)


def test_the_rule_may_be_to_pay_only_the_base() -> None:
    content = milk(450, composition=(FAT_POINTS,), missing=MissingRule.BASE_ONLY)
    history = [Result(MARIA, "fat_pct", date(2026, 6, 30), Decimal(4))]
    assert amounts(content, delivery(MARIA, 10_000), history=history) == [4_500]


def test_a_word_is_no_result() -> None:
    content = milk(450, composition=(FAT_POINTS,))
    assert amounts(content, delivery(MARIA, 10_000, attributes={"fat_pct": "not tested"})) == [4_500]


def test_sundays_have_a_price_of_their_own_without_any_quota() -> None:
    content = milk(500, days=DayPrices(sunday_minor=450))
    found = price_deliveries(
        [span(content)], [delivery(MARIA, 10_000, WEDNESDAY), delivery(MARIA, 10_000, SUNDAY)]
    )
    assert {one.block: one.amount_minor for one in found} == {"weekday": 5_000, "sunday": 4_500}


def test_an_advance_is_a_part_of_the_price_or_an_amount_per_unit() -> None:
    given = [fibre(3_333, "fina")]
    half = replace(CLASSES, advance=Advance(basis_points=5_000))
    fixed = replace(CLASSES, advance=Advance(per_unit_minor=800))
    assert amounts(half, *given, part=Part.ADVANCE) == [2_583]  # half of 51.66, rounded up
    assert amounts(fixed, *given, part=Part.ADVANCE) == [2_666]
    assert amounts(CLASSES, *given, part=Part.ADVANCE) == []


def test_a_share_of_the_sale_knows_only_its_advance_before() -> None:
    share = replace(
        CLASSES, kind=SchemeKind.SHARE, share_basis_points=9_000, advance=Advance(per_unit_minor=1_000)
    )
    with pytest.raises(PricedAfterSale):
        price_deliveries([span(share)], [fibre(1_000, "fina")])
    (group,) = price_deliveries([span(share)], [fibre(2_500, "fina")], part=Part.ADVANCE)
    assert (group.amount_minor, sum(group.lots.values())) == (2_500, 2_500)


def test_nothing_delivered_is_nothing_paid() -> None:
    assert price_deliveries([], []) == []
