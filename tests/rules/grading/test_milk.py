from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.catalogues import translate
from chain.grading.rules import GradeResult, MilkAttributes, Outcome, classify
from chain.grading.scheme import Strength
from chain.grading.scheme_files import get_scheme

BOLIVIA = get_scheme("nb-33013")
PERU = get_scheme("ntp-202.001", "2003")
COLOMBIA = get_scheme("raw-milk-co")


def milk(
    fat: str | None = "3.6", density: str | None = "1.030", temperature: str | None = "8", **other: str
) -> MilkAttributes:
    def number(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    return MilkAttributes(
        number(fat), number(density), number(temperature), {k: Decimal(v) for k, v in other.items()}
    )


def outcomes(result: GradeResult) -> dict[str, str]:
    return {one.key: one.outcome for one in result.parameters}


def test_cool_milk_is_accepted_in_bolivia_and_the_unchecked_rest_is_named() -> None:
    result = classify(BOLIVIA, milk())
    assert (result.key, result.name("es")) == ("accept", "Aceptada")
    assert {"hold_time", "inhibitors", "colostrum"} <= set(result.missing)
    assert any("not passed" in str(message) for message in result.warnings)
    assert result.strength is Strength.CONFIRMED


@pytest.mark.parametrize(
    ("temperature", "key"), [("9.9", "accept"), ("10", "reject"), ("12", "reject"), ("4", "accept")]
)
def test_bolivian_milk_must_be_below_ten_degrees(temperature: str, key: str) -> None:
    assert classify(BOLIVIA, milk(temperature=temperature)).key == key


def test_warm_milk_is_rejected_with_a_code_and_a_plain_reason() -> None:
    result = classify(BOLIVIA, milk(temperature="12.5"))
    assert result.codes == ("storage_temperature_high",)
    assert [str(message) for message in result.reasons] == [
        "The milk arrived at 12.5 °C. It must be below 10 °C."
    ]


def test_a_value_without_a_limit_is_recorded_and_neither_passes_nor_fails() -> None:
    assert outcomes(classify(BOLIVIA, milk(fat="1.0")))["fat"] == Outcome.NO_LIMIT
    assert classify(BOLIVIA, milk(fat="1.0")).key == "accept"


def test_without_the_temperature_there_is_no_verdict() -> None:
    result = classify(BOLIVIA, milk(temperature=None))
    assert result.key is None
    assert "storage_temperature" in result.missing


def test_unconfirmed_limits_are_off_and_say_so() -> None:
    result = classify(PERU, milk(fat="2.0", density="1.020"))
    assert result.key is None
    assert outcomes(result) == {"fat": Outcome.NO_LIMIT, "density": Outcome.NO_LIMIT}
    assert any("switched off" in str(message) for message in result.warnings)
    assert result.codes == ()


def test_a_person_can_confirm_a_limit() -> None:
    result = classify(PERU, milk(fat="2.0", density="1.030"), confirmed=frozenset({"fat"}))
    assert (result.key, result.codes) == ("reject", ("fat_low",))
    assert str(result.reasons[0]) == "The fat is 2.0 %. At least 3.2 % is needed."


def test_a_difference_below_the_analysers_accuracy_is_a_remark_only() -> None:
    assert classify(COLOMBIA, milk(fat="2.95")).key == "conditional"
    assert classify(COLOMBIA, milk(fat="2.90")).key == "conditional"
    assert classify(COLOMBIA, milk(fat="2.89")).key == "reject"
    assert classify(COLOMBIA, milk(density="1.0296")).key == "reject"


def test_limits_are_inclusive() -> None:
    assert classify(COLOMBIA, milk(fat="3.00", density="1.033")).key == "accept"


@pytest.mark.parametrize(
    ("reading", "code"),
    [("-0.505", "freezing_point_high"), ("-0.520", None), ("-0.545", "freezing_point_low")],
)
def test_the_freezing_point_is_compared_with_its_sign(reading: str, code: str | None) -> None:
    codes = classify(COLOMBIA, milk(freezing_point=reading)).codes
    assert codes == ((code,) if code else ())


def test_a_failed_inspection_rejects() -> None:
    attributes = MilkAttributes(
        temperature=Decimal(8), other={"inhibitors": "present", "colostrum": "absent"}
    )
    result = classify(BOLIVIA, attributes)
    assert (result.key, result.codes) == ("reject", ("inhibitors_result",))


def test_one_count_of_a_sampling_plan_decides_nothing() -> None:
    result = classify(PERU, milk(mesophiles="9000000"), confirmed=frozenset({"mesophiles"}))
    assert outcomes(result)["mesophiles"] == Outcome.NO_LIMIT


def said(result: GradeResult) -> str:
    assert result.sentence is not None
    return translate("es", result.sentence, "grading")


def test_the_sentence_says_why_and_what_would_be_accepted() -> None:
    assert said(classify(BOLIVIA, milk())) == (
        "Su leche fue aceptada porque todo lo que se midió cumple la norma; siga así."
    )
    assert said(classify(BOLIVIA, milk(temperature="12.5"))) == (
        "Su leche fue rechazada por temperatura de conservación: dio 12.5 °C, y por debajo de 10 °C se acepta."
    )
    assert said(classify(COLOMBIA, milk(fat="2.5"))) == (
        "Su leche fue rechazada por materia grasa: dio 2.5 g/100 ml, y desde 3.00 g/100 ml se acepta."
    )
    assert said(classify(COLOMBIA, milk(fat="2.95"))) == (
        "Su leche fue aceptada con observación por materia grasa: dio 2.95 g/100 ml, y desde 3.00 g/100 ml no hay observación."
    )
    assert said(classify(COLOMBIA, milk(freezing_point="-0.505"))) == (
        "Su leche fue rechazada por índice crioscópico: dio -0.505 °C, y con -0.510 °C o más frío se acepta."
    )
    assert said(classify(COLOMBIA, milk(fat="2.5", acidity_lactic="0.20"))) == (
        "Su leche fue rechazada por materia grasa y acidez expresada como ácido láctico; se acepta cuando cada uno cumpla la norma."
    )
    assert said(classify(BOLIVIA, milk(temperature=None))) == (
        "Su leche todavía no tiene resultado porque no se midió: temperatura de conservación."
    )
    assert said(classify(PERU, milk())).startswith("Su leche quedó registrada sin resultado")


def test_a_pass_within_the_accuracy_is_told_with_its_boundary() -> None:
    result = classify(COLOMBIA, milk(fat="3.05", density="1.0315"))
    assert result.key == "accept"
    assert result.boundary is not None
    assert (result.boundary.attribute, result.boundary.limit) == ("fat", Decimal("3.00"))
    assert any("±0.10" in str(message) for message in result.warnings)
    assert said(result).endswith("cuídelo: materia grasa.")
    assert classify(COLOMBIA, milk(fat="3.50", density="1.0315")).boundary is None


def test_an_uncertainty_that_was_passed_takes_the_place_of_the_usual_one() -> None:
    attributes = replace(milk(fat="2.95"), uncertainty={"fat": Decimal("0.02")})
    assert classify(COLOMBIA, attributes).key == "reject"
    warm = replace(milk(temperature="10.4"), uncertainty={"storage_temperature": Decimal("0.5")})
    assert classify(BOLIVIA, warm).key == "conditional"


def test_the_margin_is_the_signed_distance_to_the_nearest_limit() -> None:
    (density,) = (
        one for one in classify(COLOMBIA, milk(density="1.0335")).parameters if one.key == "density"
    )
    assert density.margin == Decimal("-0.0005")
    (fat,) = (one for one in classify(COLOMBIA, milk(fat="3.60")).parameters if one.key == "fat")
    assert fat.margin == Decimal("0.60")


@pytest.mark.parametrize(
    ("counts", "outcome", "code"),
    [
        (("400000",) * 5, Outcome.PASS, "mesophiles_pass"),
        (("400000",) * 4 + ("900000",), Outcome.PASS, "mesophiles_pass"),  # one above m, as c allows
        (("400000",) * 3 + ("900000",) * 2, Outcome.FAIL, "mesophiles_plan"),
        (("400000",) * 4 + ("1000000",), Outcome.PASS, "mesophiles_pass"),  # M itself is not above M
        (("400000",) * 4 + ("1000001",), Outcome.FAIL, "mesophiles_plan"),
        (("400000",) * 4, Outcome.MISSING, "mesophiles_samples_missing"),
        (("1000001",), Outcome.FAIL, "mesophiles_plan"),  # one is enough to fail
    ],
)
def test_a_sampling_plan_of_five_samples(counts: tuple[str, ...], outcome: Outcome, code: str) -> None:
    attributes = replace(milk(), samples={"mesophiles": tuple(Decimal(one) for one in counts)})
    result = classify(PERU, attributes, confirmed=frozenset({"mesophiles"}))
    (found,) = (one for one in result.parameters if one.key == "mesophiles")
    assert (found.outcome, found.code) == (outcome, code)
    off = classify(PERU, attributes)
    assert outcomes(off)["mesophiles"] == Outcome.NO_LIMIT


@pytest.mark.parametrize(
    ("word", "key"),
    [("absent", "accept"), ("negative", "accept"), ("present", "reject"), ("positive", "reject")],
)
def test_laboratories_write_the_same_answer_in_different_words(word: str, key: str) -> None:
    attributes = MilkAttributes(Decimal("3.6"), Decimal("1.0315"), Decimal(8), {"antibiotics": word})
    assert classify(COLOMBIA, attributes).key == key


def test_an_antibiotic_test_that_was_not_made_is_missing_and_no_pass() -> None:
    attributes = MilkAttributes(Decimal("3.6"), Decimal("1.0315"), Decimal(8), {"antibiotics": "not_tested"})
    assert "antibiotics" in classify(COLOMBIA, attributes).missing


@pytest.mark.parametrize(("percent", "key"), [("0", "accept"), ("2.5", "conditional"), ("3.1", "reject")])
def test_percent_of_added_water_against_a_norm_that_wants_none(percent: str, key: str) -> None:
    assert classify(COLOMBIA, milk(density="1.0315", added_water=percent)).key == key


def test_every_parameter_of_the_norm_is_judged() -> None:
    words = {"added_water": "absent", "alcohol_test": "negative", "antibiotics": "absent"}
    numbers = {
        "total_solids": "11.5",
        "solids_not_fat": "8.5",
        "acidity_lactic": "0.15",
        "freezing_point": "-0.520",
        "reductase": "4",
    }
    other: dict[str, Decimal | str] = {**words}
    other |= {key: Decimal(value) for key, value in numbers.items()}
    result = classify(COLOMBIA, MilkAttributes(Decimal("3.6"), Decimal("1.0315"), None, other))
    assert (result.key, result.missing) == ("accept", ())
    assert set(outcomes(result).values()) == {Outcome.PASS}
    assert len(result.parameters) == 10


@given(
    fat=st.none() | st.decimals(min_value=1, max_value=9, places=2),
    density=st.none() | st.decimals(min_value=Decimal("1.020"), max_value=Decimal("1.040"), places=4),
    temperature=st.none() | st.decimals(min_value=0, max_value=30, places=1),
)
def test_nothing_is_accepted_without_its_reception_measurements(
    fat: Decimal | None, density: Decimal | None, temperature: Decimal | None
) -> None:
    attributes = MilkAttributes(fat, density, temperature)
    if classify(COLOMBIA, attributes).key in {"accept", "conditional"}:
        assert fat is not None
        assert density is not None
    if classify(BOLIVIA, attributes).key in {"accept", "conditional"}:
        assert temperature is not None


@given(
    fat=st.decimals(min_value=1, max_value=9, places=2), more=st.decimals(min_value=0, max_value=3, places=2)
)
def test_more_fat_never_makes_milk_worse(fat: Decimal, more: Decimal) -> None:
    order = ["reject", "conditional", "accept"]

    def rank(value: Decimal) -> int:
        return order.index(classify(COLOMBIA, MilkAttributes(value, Decimal("1.0315"))).key or "")

    assert rank(fat) <= rank(fat + more)
