from decimal import Decimal

import pytest

from chain.laboratory.attributes import (
    ATTRIBUTES,
    NotMeasurable,
    attribute_of,
    attributes_of,
    plain_number,
    read_basis,
    read_measured,
    read_uncertainty,
)
from chain.lots.attributes import SPECS
from chain.lots.grades import MILK_NORM_KEYS
from chain.lots.products import PRODUCTS


def refusal(key: str, typed: object, unit: str | None = None) -> str:
    with pytest.raises(NotMeasurable) as refused:
        read_measured(ATTRIBUTES[key], typed, unit)
    return str(refused.value.message)


def test_values_are_kept_in_one_form() -> None:
    assert read_measured(ATTRIBUTES["micron"], "22,50") == "22.5"
    assert read_measured(ATTRIBUTES["somatic_cells_ml"], Decimal(350000)) == "350000"
    assert read_measured(ATTRIBUTES["density_g_ml"], "1030", "kg/m³") == "1.03"
    assert read_measured(ATTRIBUTES["length_mm"], "9.5", "cm") == "95"
    assert [plain_number(Decimal(text)) for text in ("100", "-0.50", "-0.0", "0E-3")] == [
        "100",
        "-0.5",
        "0",
        "0",
    ]


def test_the_sign_of_the_freezing_point_is_asked_about_and_never_turned_round() -> None:
    assert read_measured(ATTRIBUTES["freezing_point_c"], "-0.520") == "-0.52"
    assert refusal("freezing_point_c", "0.520").endswith("Check the sign.")
    assert refusal("freezing_point_c", "-0.3").endswith("Check the sign.")


def test_another_unit_is_recognised_and_not_converted_silently() -> None:
    assert refusal("density_g_ml", "1030") == "1030 is no value in g/ml. It looks like kg/m³."
    assert refusal("density_g_ml", "1.03", "kg/m³") == "1.03 is no value in kg/m³. It looks like g/ml."
    assert "is not believable" in refusal("density_g_ml", "1.2")
    assert refusal("micron", "22", "mm") == "Mean micron is not measured in “mm”."


@pytest.mark.parametrize("typed", ["1e3", "nan", "Infinity", "1.234,5", "", None, True, float("nan"), "٣"])
def test_what_is_no_number_is_refused(typed: object) -> None:
    assert refusal("micron", typed)


def test_tests_have_words() -> None:
    assert read_measured(ATTRIBUTES["antibiotics"], "Negativo") == "negative"
    assert read_measured(ATTRIBUTES["alcohol_test"], "+") == "positive"
    assert refusal("antibiotics", "quizás")


def test_what_a_figure_refers_to_must_be_said_where_it_matters() -> None:
    assert read_basis(ATTRIBUTES["density_g_ml"], "20_c") == "20_c"
    assert read_basis(ATTRIBUTES["micron"], "whatever") is None
    for typed in (None, "", "25_c"):
        with pytest.raises(NotMeasurable):
            read_basis(ATTRIBUTES["density_g_ml"], typed)


def test_an_uncertainty_is_not_negative_and_not_wider_than_the_range() -> None:
    assert read_uncertainty(ATTRIBUTES["micron"], "0,40") == "0.4"
    assert read_uncertainty(ATTRIBUTES["micron"], "") is None
    for typed in ("-0.1", "60"):
        with pytest.raises(NotMeasurable):
            read_uncertainty(ATTRIBUTES["micron"], typed)


def test_what_is_measured_depends_on_the_product() -> None:
    assert attribute_of("alpaca-fibre", "micron").unit == "µm"
    with pytest.raises(NotMeasurable):
        attribute_of("raw-milk", "micron")
    with pytest.raises(NotMeasurable):
        attribute_of(None, "taste")
    assert all(attributes_of(commodity) for commodity in PRODUCTS)


def test_keys_that_a_delivery_has_too_mean_the_same_there() -> None:
    for spec in SPECS.values():
        for one in spec.attributes:
            if one.key in ATTRIBUTES:
                ours = ATTRIBUTES[one.key]
                assert (one.unit, one.bounds, one.decimals) == (ours.unit, ours.bounds, ours.decimals)


def test_milk_values_have_the_keys_of_the_norms() -> None:
    ours = {one.key: one.norm_key for one in ATTRIBUTES.values() if one.norm_key}
    at_delivery = {"fat_pct": "fat", "density_g_ml": "density"}
    assert ours == at_delivery | dict(MILK_NORM_KEYS)
