from decimal import Decimal

import pytest

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
