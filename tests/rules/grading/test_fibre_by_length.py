"""Lists in which micron and length decide together (AAFL), and what a short staple does in a ladder."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.catalogues import translate
from chain.grading.fibre import FibreClassifier
from chain.grading.rules import FibreAttributes, GradeResult, classify, unconfirmed_values
from chain.grading.scheme import MicronScheme
from chain.grading.scheme_files import FOLDER, get_scheme, read_scheme

CASES = Path(__file__).parents[2] / "data" / "cases" / "fibre" / "aafl-2005-prices.csv"
AAFL = get_scheme("aafl")
SCHEME_2014 = (FOLDER / "ntp-231.301-2014.yaml").read_text(encoding="utf-8")


def cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def grade(micron: str | None, length_mm: int | None, **known: object) -> GradeResult:
    value = None if micron is None else Decimal(micron)
    return classify(AAFL, FibreAttributes(value, length_mm, **known))  # type: ignore[arg-type]


def spanish(result: GradeResult) -> str:
    assert result.sentence is not None
    return translate("es", result.sentence, "grading")


def test_the_published_cases_get_their_grade_and_length_class() -> None:
    wrong = []
    for case in cases():
        length = int(case["length_mm"]) if case["length_mm"] else None
        result = grade(case["micron"] or None, length, appraised=case["appraised_grade"] or None)
        length_class = result.length_class.key if result.length_class else ""
        if (result.key, length_class) != (case["expected_grade"], case["expected_length_class"]):
            wrong.append(case)
    assert wrong == []


def test_length_c_is_refused_in_h1_and_not_downgraded() -> None:
    result = grade("18.5", 70)
    assert (result.key, result.codes) == ("H1", ("length_refused",))
    assert spanish(result) == (
        "Su fibra mide 18.5 micras y por eso es H1, pero esta lista no la recibe con largo C; desde 80 mm la recibiría."
    )


def test_the_step_is_length_where_the_finer_grade_would_refuse_it() -> None:
    assert spanish(grade("21.5", 70)).endswith("por eso es H2; desde 80 mm su largo sería A/B.")
    assert spanish(grade("21.5", 100)).endswith("por eso es H2; con 19.9 micras o menos sería H1.")


@pytest.mark.parametrize(
    ("micron", "length_mm"),
    [("25.0", 49), ("19.0", 121), ("25.0", 151), ("34.0", 100), ("30.0", 55), ("40.0", 55)],
)
def test_where_the_list_is_silent_an_appraiser_decides(micron: str, length_mm: int) -> None:
    result = grade(micron, length_mm)
    assert (result.key, result.codes) == (None, ("appraiser_needed",))


def test_the_list_needs_both_micron_and_length() -> None:
    assert grade("21.5", None).missing == ("length_mm",)
    assert grade(None, 100).missing == ("micron",)
    assert grade(None, None).missing == ("micron", "length_mm")
    assert {grade("21.5", None).key, grade(None, 100).key} == {None}


def test_an_appraisers_grade_overrides_both_and_only_his_grades_can_be_chosen() -> None:
    assert grade("18.5", 100, appraised="H8").key == "H8"
    assert (grade("18.5", 100, appraised="H1").key, grade("18.5", 100, appraised="H1").codes) == (
        None,
        ("class_unknown",),
    )


def test_what_no_instrument_measures_is_told() -> None:
    assert any("soft touch" in str(message) for message in grade("18.5", 100).warnings)
    assert not any("soft touch" in str(message) for message in grade("21.5", 100).warnings)


def test_the_length_class_of_a_ladder_is_a_result_of_its_own() -> None:
    scheme = get_scheme("infoalpacas")
    lengths = {
        length: classify(scheme, FibreAttributes(Decimal(21), length)).length_class
        for length in (49, 50, 100, 101)
    }
    assert [one.key if one else None for one in lengths.values()] == ["short", "medium", "medium", "long"]
    without = classify(scheme, FibreAttributes(Decimal(21)))
    assert (without.key, without.length_class, without.missing) == ("baby", None, ("length_mm",))
    short = classify(scheme, FibreAttributes(Decimal(21), 40))
    assert short.key == "baby"
    assert any("By the length" in str(message) for message in short.reasons)


def own(action: str, *, corta: bool = False) -> MicronScheme:
    text = SCHEME_2014.replace("action: warn", f"action: {action}")
    if corta:
        text = text.replace("active_by_default: false", "active_by_default: true")
    scheme = read_scheme("ntp-231.301-2014.yaml", text.encode())
    assert isinstance(scheme, MicronScheme)
    return scheme


def test_an_organisation_may_let_a_short_staple_get_no_class() -> None:
    result = classify(own("refuse"), FibreAttributes(Decimal("24.8"), 64))
    assert (result.key, result.codes) == (None, ("length_short",))
    assert (
        spanish(result)
        == "Su fibra mide 24.8 micras, pero la mecha es muy corta; con 65 mm o más sería Fleece."
    )
    assert classify(own("refuse"), FibreAttributes(Decimal("24.8"), 65)).key == "fleece"
    assert classify(own("refuse"), FibreAttributes(Decimal("24.8"))).missing == ("length_mm",)


def test_or_put_it_in_its_class_for_short_fibre() -> None:
    result = classify(own("short-class", corta=True), FibreAttributes(Decimal("24.8"), 64))
    assert (result.key, result.codes) == ("corta", ("short_by_length",))


def test_another_quoted_length_counts_once_a_person_confirms_it() -> None:
    confirmed = frozenset({"length:fleece:70"})
    lot = FibreAttributes(Decimal("24.8"), 67)
    scheme = get_scheme("ntp-231.301", "2014")
    assert not any("mm" in str(message) for message in classify(scheme, lot).warnings)
    warned = classify(scheme, lot, confirmed=confirmed).warnings
    assert any("70 mm" in str(message) for message in warned)


def test_a_sorters_class_that_is_off_can_be_confirmed() -> None:
    scheme = get_scheme("ntp-231.301", "2014")
    lot = FibreAttributes(Decimal("24.8"), is_short=True)
    assert classify(scheme, lot).key == "fleece"
    assert classify(scheme, lot, confirmed=frozenset({"sorter:corta"})).key == "corta"


def test_an_unconfirmed_limit_gives_no_class_until_it_is_confirmed() -> None:
    text = SCHEME_2014.replace(
        'upper_micron: "23.0"\n    status: third-hand', 'upper_micron: "23.0"\n    status: unconfirmed'
    )
    scheme = read_scheme("ntp-231.301-2014.yaml", text.encode())
    for micron in ("22.0", "24.0"):  # the class itself, and the one that begins where it ends
        result = classify(scheme, FibreAttributes(Decimal(micron)))
        assert (result.key, result.missing) == (None, ("confirmation:class:baby",))
    confirmed = frozenset({"class:baby"})
    assert classify(scheme, FibreAttributes(Decimal("22.0")), confirmed=confirmed).key == "baby"
    assert classify(scheme, FibreAttributes(Decimal("28.0"))).key == "medium_fleece"


def test_moisture_above_a_confirmed_limit_is_told_and_changes_no_class() -> None:
    scheme = get_scheme("ntp-231.301", "2014")
    lot = FibreAttributes(Decimal("24.8"), 80, moisture_pct=Decimal("9.5"))
    assert classify(scheme, lot).warnings == ()
    told = classify(scheme, lot, confirmed=frozenset({"requirement:moisture_max_pct"}))
    assert told.key == "fleece"
    assert [str(message) for message in told.warnings] == ["The moisture is 9.5 %. At most 8 % is allowed."]


@given(
    finer=st.decimals(min_value=10, max_value=60, places=3),
    coarser=st.decimals(min_value=10, max_value=60, places=3),
    length_mm=st.integers(60, 150),
)
def test_more_microns_never_give_a_finer_grade(finer: Decimal, coarser: Decimal, length_mm: int) -> None:
    finer, coarser = sorted((finer, coarser))
    assert isinstance(AAFL, MicronScheme)
    order = [None, *(one.key for one in AAFL.classes)]
    bulk = FibreClassifier(AAFL)
    one, other = bulk.classify(finer, length_mm).key, bulk.classify(coarser, length_mm).key
    if one is not None and other is not None:
        assert order.index(one) <= order.index(other)


def test_an_unconfirmed_length_class_or_grade_is_off_too() -> None:
    ladder = (FOLDER / "infoalpacas-undated.yaml").read_text(encoding="utf-8")
    ladder = ladder.replace(
        'printed: "5-10 cm", upper_mm_inclusive: 100, status: secondary',
        'printed: "5-10 cm", upper_mm_inclusive: 100, status: unconfirmed',
    )
    scheme = read_scheme("infoalpacas-undated.yaml", ladder.encode())
    lot = FibreAttributes(Decimal(21), 80)
    assert classify(scheme, lot).length_class is None
    assert [one.key for one in unconfirmed_values(scheme)] == ["length_class:medium"]
    known = classify(scheme, lot, confirmed=frozenset({"length_class:medium"})).length_class
    assert known is not None
    assert known.key == "medium"
    grades = (FOLDER / "aafl-2005-10-01.yaml").read_text(encoding="utf-8")
    grades = grades.replace(
        "lengths: [A/B, C], status: secondary", "lengths: [A/B, C], status: unconfirmed", 1
    )
    result = classify(read_scheme("aafl-2005-10-01.yaml", grades.encode()), FibreAttributes(Decimal(21), 100))
    assert (result.key, result.missing) == (None, ("confirmation:class:H2",))
