from decimal import Decimal

import pytest

from chain.core.catalogues import translate
from chain.grading.rules import CarcassAttributes, GradeResult, classify, unconfirmed_values
from chain.grading.scheme import Scheme
from chain.grading.scheme_files import FOLDER, get_scheme, read_scheme
from chain.grading.scheme_reader import SchemeFileError


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


TEXT = (FOLDER / "ibnorca-camelid-carcass-1997.yaml").read_text(encoding="utf-8")


def with_limits(status: str = "confirmed") -> Scheme:
    """A list of an organisation's own: invented limits, for the tests alone."""
    limits = {
        "extra": '{weight_min_kg: "40", sarcocystis: [absent], age_classes: [DL, "2D"]}',
        "primera": '{weight_min_kg: "30", sarcocystis: [absent]}',
        "segunda": '{weight_min_kg: "20"}',
    }
    text = TEXT
    for key, value in limits.items():
        old = f"{{key: {key}, names"
        assert old in text
        start = text.index(old)
        end = text.index("\n", start)
        line = (
            text[start:end].replace("limits: null", f"limits: {value}").replace("confirmed}", f"{status}}}")
        )
        text = text[:start] + line + text[end:]
    return read_scheme("ibnorca-camelid-carcass-1997.yaml", text.encode())


@pytest.mark.parametrize(
    ("attributes", "key", "missing"),
    [
        (CarcassAttributes(42_000, "absent", age_class="2D"), "extra", ()),
        (CarcassAttributes(42_000, "absent", age_class="4D"), "primera", ()),
        (CarcassAttributes(42_000, "absent"), None, ("age_class",)),
        (CarcassAttributes(35_000, "absent"), "primera", ()),
        (CarcassAttributes(30_000, "absent"), "primera", ()),
        (CarcassAttributes(29_999, "absent"), "segunda", ()),
        (CarcassAttributes(35_000, "present"), "segunda", ()),
        (CarcassAttributes(35_000, "not_inspected"), None, ("sarcocystis",)),
        (CarcassAttributes(15_000, "absent"), "industrial", ()),
        (CarcassAttributes(None, "absent"), None, ("weight_g", "age_class")),
    ],
)
def test_with_limits_the_first_class_that_holds_counts(
    attributes: CarcassAttributes, key: str | None, missing: tuple[str, ...]
) -> None:
    result = classify(with_limits(), attributes)
    assert (result.key, result.missing) == (key, missing)


def test_the_sentence_says_what_the_better_class_asks_for() -> None:
    def said(attributes: CarcassAttributes, scheme: Scheme | None = None) -> str:
        sentence = classify(scheme or with_limits(), attributes).sentence
        assert sentence is not None
        return translate("es", sentence, "grading")

    assert said(CarcassAttributes(29_000, "present")) == (
        "Su canal es Segunda; para ser Primera necesitaría por lo menos 30 kg y que no tenga sarcocistosis."
    )
    assert (
        said(CarcassAttributes(42_000, "absent", age_class="DL"))
        == "Su canal es Extra, la mejor clase de esta lista."
    )
    norm = get_scheme("ibnorca-camelid-carcass")
    assert said(CarcassAttributes(35_000, "absent"), norm).startswith(
        "Su canal tiene todo lo necesario para el pago"
    )
    assert said(CarcassAttributes(), norm).endswith("falta: el peso y la inspección de sarcocistosis.")
    assert "qué haría falta para Extra" in said(
        CarcassAttributes(35_000, "absent", chosen_class="primera"), norm
    )


def test_kilograms_to_the_neighbouring_classes() -> None:
    distance = classify(with_limits(), CarcassAttributes(35_000, "absent")).distance
    assert distance is not None
    assert (distance.to_finer, distance.to_coarser) == (Decimal(5), Decimal(5))
    assert (distance.finer, distance.coarser) == ("extra", "segunda")


def test_a_person_may_decide_otherwise_and_the_difference_is_told() -> None:
    result = classify(with_limits(), CarcassAttributes(35_000, "absent", chosen_class="segunda"))
    assert result.key == "segunda"
    assert [str(one) for one in result.warnings] == ["By its limits the list would say First."]


def test_unconfirmed_limits_of_a_list_count_only_once_they_are_confirmed() -> None:
    scheme = with_limits("unconfirmed")
    lot = CarcassAttributes(35_000, "absent")
    assert [one.key for one in unconfirmed_values(scheme)] == [
        "class:extra",
        "class:primera",
        "class:segunda",
    ]
    assert classify(scheme, lot).missing == (
        "confirmation:class:extra",
        "confirmation:class:primera",
        "confirmation:class:segunda",
    )
    every = frozenset(one.key for one in unconfirmed_values(scheme))
    assert classify(scheme, lot, confirmed=every).key == "primera"


@pytest.mark.parametrize(
    ("limits", "path"),
    [
        ("{weight_min_kg: 40}", "classes[0].limits.weight_min_kg"),
        ('{weight_min_kg: "1E+999999"}', "classes[0].limits.weight_min_kg"),
        ('{weight_min_kg: "-5"}', "classes[0].limits.weight_min_kg"),
        ("{sarcocystis: [maybe]}", "classes[0].limits.sarcocystis"),
        ("{colour: [red]}", "classes[0].limits"),
        ('{weight_min_kg: "40"}', "classes"),
    ],
)
def test_bad_limits_are_named_with_their_path(limits: str, path: str) -> None:
    with pytest.raises(SchemeFileError) as refused:
        read_scheme(
            "ibnorca-camelid-carcass-1997.yaml", TEXT.replace("limits: null", f"limits: {limits}", 1).encode()
        )
    assert refused.value.path == path
