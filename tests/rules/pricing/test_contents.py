"""Contents: what may be said, how it is kept, how it is read aloud."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from chain.core.errors import ValidationFailed
from chain.grading.grid_files import published_grids
from chain.pricing.grids import content_of_grid
from chain.pricing.rules import PriceContent
from chain.pricing.rules.checks import check_content
from chain.pricing.rules.classes import class_values_of, value_of
from chain.pricing.rules.content import (
    Adjustment,
    Advance,
    Basis,
    ClassPrice,
    Composition,
    DayPrices,
    Effect,
    PayUnit,
    SchemeKind,
)
from chain.pricing.rules.documents import content_of, document_of
from chain.pricing.rules.explain import explained
from chain.pricing.wording import describe
from tests.rules.pricing.test_price_deliveries import CLASSES, FAT_POINTS, premium
from tests.rules.pricing.test_properties import contents
from tests.support.pricing import flat, milk, span

FULL = milk(
    500,
    days=DayPrices(sunday_minor=450, excess_weekday_minor=400, excess_sunday_minor=400),
    composition=(replace(FAT_POINTS, low=Decimal("2.5"), typical=Decimal("3.4")),),
    adjustments=(
        premium("Higiene", parameter="reductase_hours", low=Decimal(4), claim="organic", is_for_women=True,
                volume_low=500_000, season_from=(12, 15), season_to=(1, 31)),
        Adjustment(name="Agua", effect=Effect.PENALTY, basis_points=2_500, parameter="added_water_pct",
                   low=Decimal("5.1")),
    ),
    advance=Advance(basis_points=6_000),
    is_for_whole_periods=True,
)  # fmt: skip


@pytest.mark.parametrize("content", [FULL, CLASSES, flat(100)], ids=["milk", "classes", "flat"])
def test_a_document_holds_the_whole_content(content: PriceContent) -> None:
    assert content_of(document_of(content)) == content


@given(contents())
def test_every_content_survives_being_kept(content: PriceContent) -> None:
    assert content_of(document_of(content)) == content


def test_a_base_of_zero_is_not_a_missing_one() -> None:
    content = replace(CLASSES, base_minor=0)
    assert content_of(document_of(content)).base_minor == 0


def refused(content: PriceContent, commodity: str = "raw-milk", known: Any = None) -> set[str]:
    with pytest.raises(ValidationFailed) as found:
        check_content(content, commodity, known)
    return set(found.value.errors)


def test_what_a_price_list_can_mean_is_taken() -> None:
    check_content(FULL, "raw-milk", None)
    check_content(CLASSES, "alpaca-fibre", {"baby", "fina"})


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (flat(0), {"base"}),
        (flat(100_001), {"base"}),
        (milk(500, unit=PayUnit.KILOGRAM), {"density"}),
        (milk(500, unit=PayUnit.KILOGRAM, density=Decimal("1.5")), {"density"}),
        (milk(500, days=DayPrices(sunday_minor=0)), {"sunday"}),
        (milk(500, composition=(FAT_POINTS, FAT_POINTS)), {"composition.1.parameter"}),
        (milk(500, composition=(replace(FAT_POINTS, reference=None),)), {"composition.0.reference"}),
        (
            milk(0, composition=(Composition(parameter="fat_pct", basis=Basis.GRAM, rate_minor=100),)),
            {"composition.0.typical"},
        ),
        (milk(500, composition=(replace(FAT_POINTS, low=Decimal(5)),)), {"composition.0.low"}),
        (milk(500, composition=(replace(FAT_POINTS, typical=Decimal(30)),)), {"composition.0.typical"}),
        (flat(500, adjustments=(premium(" "),)), {"adjustments.0.name"}),
        (flat(500, adjustments=(premium(basis_points=100),)), {"adjustments.0.amount"}),
        (
            flat(500, adjustments=(premium(per_unit_minor=0, basis_points=10_001),)),
            {"adjustments.0.percent"},
        ),
        (flat(500, adjustments=(premium(parameter="micron", low=Decimal(1)),)), {"adjustments.0.parameter"}),
        (flat(500, adjustments=(premium(parameter="fat_pct"),)), {"adjustments.0.low"}),
        (flat(500, adjustments=(premium(low=Decimal(1)),)), {"adjustments.0.parameter"}),
        (flat(500, adjustments=(premium(claim="conventional"),)), {"adjustments.0.claim"}),
        (flat(500, adjustments=(premium(volume_low=2, volume_high=1),)), {"adjustments.0.volume_low"}),
        (
            flat(500, adjustments=(premium(season_from=(2, 30), season_to=(3, 1)),)),
            {"adjustments.0.season_from"},
        ),
        (flat(500, adjustments=(premium(season_from=(2, 3)),)), {"adjustments.0.season_from"}),
        (flat(500, advance=Advance(basis_points=1, per_unit_minor=1)), {"advance_amount"}),
        (flat(500, advance=Advance(basis_points=10_001)), {"advance_percent"}),
        (PriceContent(kind=SchemeKind.SHARE, unit=PayUnit.LITRE), {"share"}),
        (
            PriceContent(
                kind=SchemeKind.SHARE, unit=PayUnit.LITRE, share_basis_points=9_000, adjustments=(premium(),)
            ),
            {"kind"},
        ),
    ],
)
def test_what_no_price_list_can_mean_is_refused_at_its_field(content: PriceContent, fields: set[str]) -> None:
    assert refused(content) == fields


def test_classes_are_those_of_their_scheme_each_once_in_known_colours() -> None:
    twice = replace(
        CLASSES, classes=(*CLASSES.classes, ClassPrice("fina", None, 1), ClassPrice("x", "sky", 1))
    )
    assert refused(twice, "alpaca-fibre", {"baby", "fina"}) == {
        "classes.4.grade",
        "classes.5.grade",
        "classes.5.colour",
    }
    assert refused(replace(CLASSES, classes=()), "alpaca-fibre") == {"classes"}
    assert refused(replace(CLASSES, grades_from=None), "alpaca-fibre") == {"grades_from"}


def test_fibre_is_not_paid_by_the_litre_nor_by_the_day() -> None:
    assert refused(flat(500), "alpaca-fibre") == {"unit"}
    assert refused(milk(500, unit=PayUnit.KILOGRAM), "alpaca-fibre") == {"kind"}
    assert refused(flat(500), "cheese") == {"commodity"}


def test_class_values_know_each_colour_of_a_group() -> None:
    values = class_values_of(CLASSES)
    assert value_of(values, "baby", "true_black") == 2_000
    assert value_of(values, "baby", "light_fawn") == value_of(values, "baby", None) == 2_200
    assert value_of(values, "gruesa", None) is value_of(values, None, None) is None


def test_the_whole_version_is_said_in_plain_words() -> None:
    sentences = [str(one) for one in explained(span(FULL), {})]
    assert len(sentences) == 13
    spanish = describe(span(FULL), "es")
    assert spanish[0].startswith("Cada litro de lunes a sábado: ")
    assert any("15/12" in one and "Higiene" in one for one in spanish)
    assert not {one for one in spanish if "%(" in one}
    assert describe(span(CLASSES), "en")[0].startswith("Baby")


def test_a_grid_becomes_a_version_without_what_depends_on_the_length() -> None:
    (grid,) = (one for one in published_grids() if one.key == "aafl")
    content, left_out = content_of_grid(grid)
    assert (len(content.classes), left_out) == (4, 20)
    assert content.classes[0] == ClassPrice("H7", "white_light_fawn", 50)
