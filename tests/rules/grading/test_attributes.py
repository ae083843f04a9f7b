from decimal import Decimal

import pytest

from chain.grading.attributes import Typed, density_from_kg_m3
from chain.grading.rules import (
    ALPACA_FIBRE,
    LLAMA_CARCASS,
    RAW_MILK,
    AttributesRefused,
    CarcassAttributes,
    FibreAttributes,
    MilkAttributes,
    read_attributes,
)


def refused(commodity: str, **values: Typed) -> dict[str, str]:
    with pytest.raises(AttributesRefused) as error:
        read_attributes(commodity, values)
    return {field: str(message) for field, message in error.value.errors.items()}


def test_fibre_is_read_with_point_or_comma() -> None:
    assert read_attributes(ALPACA_FIBRE, {"micron": "23,05", "length_mm": "71.5"}) == FibreAttributes(
        Decimal("23.05"), 72
    )
    assert read_attributes(ALPACA_FIBRE, {"micron": Decimal("23.05")}) == FibreAttributes(Decimal("23.05"))


def test_blanks_are_unknown() -> None:
    assert read_attributes(ALPACA_FIBRE, {"micron": " ", "colour": ""}) == FibreAttributes()
    assert read_attributes(RAW_MILK, {}) == MilkAttributes()
    assert read_attributes(LLAMA_CARCASS, {}) == CarcassAttributes()


@pytest.mark.parametrize("micron", ["5", "80", "9.9", "60.1", "-20"])
def test_absurd_microns_are_refused_with_the_bounds(micron: str) -> None:
    assert "10.0 to 60.0" in refused(ALPACA_FIBRE, micron=micron)["micron"]


@pytest.mark.parametrize("typed", ["fino", "1.234,5", "2e1", "NaN", "Infinity", "٢٣", "=1+1", "23.0.1"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    assert "not a number" in refused(ALPACA_FIBRE, micron=typed)["micron"]


def test_every_bad_field_is_told_at_once() -> None:
    assert set(refused(RAW_MILK, fat="0.036", density="2", temperature="80")) == {
        "fat",
        "density",
        "temperature",
    }


def test_a_density_in_kg_m3_is_asked_about_and_converted_only_by_the_helper() -> None:
    assert "g/ml" in refused(RAW_MILK, density="1030")["density"]
    assert density_from_kg_m3(Decimal(1030)) == Decimal("1.030")
    with pytest.raises(AttributesRefused):
        density_from_kg_m3(Decimal(103))


def test_a_positive_freezing_point_is_never_turned_round() -> None:
    assert "sign" in refused(RAW_MILK, freezing_point="0.520")["freezing_point"]
    milk = read_attributes(RAW_MILK, {"freezing_point": "-0.520"})
    assert isinstance(milk, MilkAttributes)
    assert milk.other == {"freezing_point": Decimal("-0.520")}


def test_carcass_words_come_from_the_lists() -> None:
    read = read_attributes(
        LLAMA_CARCASS, {"weight_g": 35_000, "sarcocystis": "present", "sites": "neck leg", "age_class": "4D"}
    )
    assert read == CarcassAttributes(35_000, "present", ("neck", "leg"), "4D")
    assert set(
        refused(LLAMA_CARCASS, weight_g="900000", sarcocystis="maybe", sites="tail", age_class="9D")
    ) == {
        "weight_g",
        "sarcocystis",
        "sites",
        "age_class",
    }


def test_an_unknown_commodity_is_a_mistake_of_the_program() -> None:
    with pytest.raises(LookupError):
        read_attributes("potatoes", {})
