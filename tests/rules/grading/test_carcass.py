from chain.grading.rules import CarcassAttributes, GradeResult, classify
from chain.grading.scheme_files import get_scheme


def grade(attributes: CarcassAttributes) -> GradeResult:
    return classify(get_scheme("ibnorca-camelid-carcass"), attributes)


def test_weight_and_sarcocystis_are_a_complete_record_without_a_class() -> None:
    result = grade(CarcassAttributes(weight_g=35_000, sarcocystis="absent"))
    assert (result.key, result.missing, result.codes) == (None, (), ())
    assert [str(message) for message in result.reasons] == [
        "The limits of the classes are not known. A person must choose the class.",
        "Weight and sarcocystis are recorded. That is enough to be paid.",
    ]


def test_a_person_chooses_the_class() -> None:
    result = grade(CarcassAttributes(35_000, "absent", chosen_class="primera"))
    assert (result.key, result.codes) == ("primera", ("class_chosen_by_person",))


def test_a_class_of_another_norm_is_not_taken() -> None:
    result = grade(CarcassAttributes(35_000, "absent", chosen_class="superior"))
    assert (result.key, result.codes) == (None, ("class_unknown",))


def test_sarcocystis_is_a_sanitary_reason_and_does_not_change_the_class() -> None:
    result = grade(CarcassAttributes(35_000, "present", sites=("neck",), chosen_class="extra"))
    assert result.key == "extra"
    assert "sarcocystis_present" in result.codes
    assert any("sanitary inspector" in str(message) for message in result.reasons)


def test_not_inspected_is_never_read_as_absent() -> None:
    result = grade(CarcassAttributes(35_000, "not_inspected"))
    assert result.missing == ("sarcocystis",)
    assert any("does not mean free" in str(message) for message in result.warnings)


def test_what_is_missing_is_named() -> None:
    assert grade(CarcassAttributes()).missing == ("weight_g", "sarcocystis")
