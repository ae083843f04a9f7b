from decimal import Decimal

import pytest

from chain.grading.attribute_reader import read_fleece, read_observation
from chain.grading.attributes import (
    MILK_COUNTS,
    MILK_NUMBERS,
    MILK_RESULTS,
    ColourObservation,
    Typed,
    density_from_kg_m3,
)
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
from chain.grading.scheme import ColourRuleScheme, FleeceScheme, LimitScheme
from chain.grading.scheme_files import all_schemes, get_scheme


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


def test_every_parameter_of_a_milk_norm_is_read_by_its_key() -> None:
    typed: dict[str, Typed] = {
        "acidity_lactic": "0,15",
        "mesophiles": "400000 500000;600000",
        "somatic_cells": "300000",
        "antibiotics": "Negativo",
        "added_water": "2.5",
        "alcohol_test": "no coagula",
    }
    milk = read_attributes(RAW_MILK, typed)
    assert isinstance(milk, MilkAttributes)
    assert milk.other == {
        "acidity_lactic": Decimal("0.15"),
        "somatic_cells": Decimal(300_000),
        "antibiotics": "negative",
        "added_water": Decimal("2.5"),
        "alcohol_test": "does_not_coagulate",
    }
    assert milk.samples == {"mesophiles": (Decimal(400_000), Decimal(500_000), Decimal(600_000))}
    assert set(refused(RAW_MILK, acidity_lactic="16", antibiotics="quizás", mesophiles="1 x")) == {
        "acidity_lactic",
        "antibiotics",
        "mesophiles",
    }


def test_every_parameter_of_the_milk_norms_can_be_read() -> None:
    readable = {
        "fat",
        "density",
        "freezing_point",
        "storage_temperature",
        *MILK_NUMBERS,
        *MILK_COUNTS,
        *MILK_RESULTS,
    }
    norms = [scheme for scheme in all_schemes() if isinstance(scheme, LimitScheme)]
    assert {one.key for scheme in norms for one in scheme.parameters} <= readable


def test_a_sorting_is_read_in_kilograms_or_in_shares() -> None:
    scheme = get_scheme("ntp-231.300")
    assert isinstance(scheme, FleeceScheme)
    read = read_fleece(scheme, {"baby_kg": "20,5", "huarizo_kg": "0", "length_mm": "80", "estimate": "sí"})
    assert read.mass_g == {"baby": 20_500, "huarizo": 0}
    assert (read.length_mm, read.is_estimate) == (80, True)
    with pytest.raises(AttributesRefused) as error:
        read_fleece(scheme, {"baby_kg": "-1", "superior_pct": "120", "colour_term": "azul"})
    assert set(error.value.errors) == {"baby_kg", "superior_pct", "colour_term"}


def test_an_observation_of_colour_knows_the_findings_of_the_rules() -> None:
    scheme = get_scheme("aafl-colour-rules")
    assert isinstance(scheme, ColourRuleScheme)
    read = read_observation(scheme, {"colour": "white", "findings": "any_brown brown_tips"})
    assert read == ColourObservation("white", frozenset({"any_brown", "brown_tips"}))
    with pytest.raises(AttributesRefused):
        read_observation(scheme, {"findings": "stripes"})


def test_the_instrument_and_the_appraiser_are_read_with_the_fibre() -> None:
    read = read_attributes(
        ALPACA_FIBRE, {"micron": "21", "uncertainty": "0.2", "appraised_grade": "H7", "moisture_pct": "9"}
    )
    assert read == FibreAttributes(
        Decimal(21), uncertainty=Decimal("0.2"), appraised="H7", moisture_pct=Decimal(9)
    )
    assert set(refused(ALPACA_FIBRE, uncertainty="9", moisture_pct="101")) == {"uncertainty", "moisture_pct"}
