import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.grading.fibre import FibreClassifier, class_range, rounded_tenths
from chain.grading.result import message_from_record
from chain.grading.rules import LLAMA_FIBRE, FibreAttributes, GradeResult, classify
from chain.grading.scheme import Kind, MicronScheme, Strength
from chain.grading.scheme_files import all_schemes, get_scheme

CASES = Path(__file__).parents[2] / "data" / "cases" / "fibre" / "micron-classes.csv"
LISTS = [scheme for scheme in all_schemes() if isinstance(scheme, MicronScheme)]
LADDERS = [scheme for scheme in LISTS if scheme.kind is Kind.MICRON]


def cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def grade(micron: str | None, edition: str = "2014", **known: object) -> GradeResult:
    value = None if micron is None else Decimal(micron)
    return classify(get_scheme("ntp-231.301", edition), FibreAttributes(value, **known))  # type: ignore[arg-type]


def warnings(result: GradeResult) -> str:
    return " ".join(str(message) for message in result.warnings)


@pytest.mark.parametrize("edition", ["2004", "2014", "2022"])
def test_the_known_answers_come_out(edition: str) -> None:
    wrong = [
        (case["micron"], result.key)
        for case in cases()
        if (result := grade(case["micron"], edition)).key != case[f"expected_{edition}"]
    ]
    assert wrong == []


def test_rounding_happens_once_and_half_up() -> None:
    assert [rounded_tenths(Decimal(case["micron"])) for case in cases()] == [
        int(Decimal(case["rounded_micron"]) * 10) for case in cases()
    ]


def test_a_result_names_scheme_edition_and_key_together() -> None:
    result = grade("22.0", "2022")
    assert (result.scheme, result.edition, result.key) == ("ntp-231.301", "2022", "extrafina")
    assert result.name("es") == "Extrafina"


def test_the_reason_and_the_step_to_the_finer_class_are_sentences() -> None:
    assert [str(message) for message in grade("24.8").reasons] == [
        "The fibre measures 24.8 microns. This class goes from 23.1 to 26.5 microns.",
        "With 23.0 microns or less it would be one class finer.",
    ]


def test_distance_to_both_neighbours() -> None:
    distance = grade("24.8").distance
    assert distance is not None
    assert (distance.to_finer, distance.to_coarser) == (Decimal("1.8"), Decimal("1.7"))


def test_the_finest_and_the_coarsest_class_have_one_neighbour() -> None:
    finest, coarsest = grade("15.3").distance, grade("50.6").distance
    assert finest is not None
    assert coarsest is not None
    assert finest.to_finer is None
    assert coarsest.to_coarser is None


@pytest.mark.parametrize(
    ("micron", "is_near"), [("22.5", False), ("22.6", True), ("23.4", True), ("23.5", False)]
)
def test_a_mean_within_the_uncertainty_of_a_limit_is_warned_about(micron: str, *, is_near: bool) -> None:
    assert ("limit 23.0" in warnings(grade(micron))) is is_near


def test_a_short_staple_warns_and_leaves_the_class_alone() -> None:
    result = grade("24.8", length_mm=64)
    assert result.key == "fleece"
    assert "65 mm" in warnings(result)
    assert "secondary" in warnings(result)
    assert "65 mm" not in warnings(grade("24.8", length_mm=65))


def test_an_unconfirmed_length_is_off_until_a_person_confirms_it() -> None:
    assert "mm" not in warnings(grade("30.0", length_mm=60))
    lot = FibreAttributes(Decimal(30), 60)
    confirmed = classify(get_scheme("ntp-231.301", "2014"), lot, confirmed=frozenset({"length:huarizo"}))
    assert confirmed.key == "huarizo"
    assert "70 mm that the organisation has confirmed" in warnings(confirmed)


def test_only_the_edition_with_lengths_misses_the_length() -> None:
    assert grade("24.8").missing == ("length_mm",)
    assert grade("24.8", length_mm=80).missing == ()
    assert grade("24.8", "2022").missing == ()
    assert grade("24.8", "2022", length_mm=10).warnings == ()


def test_short_fibre_is_the_sorters_word_where_the_edition_has_the_class() -> None:
    assert grade("24.8", "2004", is_short=True).key == "corta"
    assert grade(None, "2004", is_short=True).key == "corta"
    assert grade("24.8", "2004", length_mm=30).key == "fleece"
    off = grade("24.8", "2014", is_short=True)
    assert off.key == "fleece"
    assert "no class for short fibre" in warnings(off)


def test_without_microns_the_class_is_undetermined() -> None:
    result = grade(None)
    assert (result.key, result.missing, result.name("es")) == (None, ("micron",), "Sin determinar")


@pytest.mark.parametrize("micron", ["5", "9.99", "60.01", "80", "-20", "0"])
def test_microns_that_cannot_be_are_not_classed(micron: str) -> None:
    result = grade(micron)
    assert (result.key, result.codes) == (None, ("micron_not_plausible",))


@pytest.mark.parametrize("micron", ["10", "13.1", "50.6", "60"])
def test_recorded_extremes_are_classed(micron: str) -> None:
    assert grade(micron).key is not None


def test_a_ladder_that_ends_leaves_the_rest_undetermined() -> None:
    scheme = get_scheme("us-common")
    assert classify(scheme, FibreAttributes(Decimal("35.0"))).key == "robust"
    beyond = classify(scheme, FibreAttributes(Decimal("35.1")))
    assert (beyond.key, beyond.codes) == (None, ("outside_ladder",))
    assert classify(scheme, FibreAttributes(Decimal("34.9"))).warnings == ()


def test_a_result_is_as_strong_as_its_weakest_limit() -> None:
    assert grade("24.8").strength is Strength.THIRD_HAND
    assert classify(get_scheme("infoalpacas"), FibreAttributes(Decimal(24))).strength is Strength.SECONDARY


def test_llama_fibre_is_classed_by_analogy_and_says_so() -> None:
    result = classify(get_scheme("ntp-231.301"), FibreAttributes(Decimal(21)), commodity=LLAMA_FIBRE)
    assert (result.key, result.commodity, result.is_by_analogy) == ("baby", LLAMA_FIBRE, True)
    assert "by analogy" in warnings(result)


def test_a_mean_micron_never_gives_a_fleece_category() -> None:
    result = classify(get_scheme("ntp-231.300"), FibreAttributes(Decimal(21)))
    assert result.key is None
    assert "mass_per_quality" in result.missing


def test_a_colour_list_classes_nothing() -> None:
    with pytest.raises(TypeError):
        classify(get_scheme("colours-aoa"), FibreAttributes(Decimal(21)))


def by_definition(scheme: MicronScheme, micron: Decimal) -> str | None:
    """Compare in decimals and one by one: an independent reading of the rule."""
    tenths = (micron * 10 + Decimal("0.5")) // 1
    for one in scheme.classes:
        if one.upper_micron is None or tenths <= one.upper_micron * 10:
            return one.key
    return None


microns = st.decimals(min_value=10, max_value=60, places=3)


@given(scheme=st.sampled_from(LADDERS), micron=microns)
def test_every_ladder_follows_its_definition(scheme: MicronScheme, micron: Decimal) -> None:
    assert classify(scheme, FibreAttributes(micron)).key == by_definition(scheme, micron)


shared = {scheme.id: FibreClassifier(scheme) for scheme in LISTS}


@given(
    scheme=st.sampled_from(LISTS),
    micron=st.one_of(st.none(), st.decimals(min_value=0, max_value=90, places=3)),
    length_mm=st.one_of(st.none(), st.integers(10, 400)),
    is_short=st.booleans(),
)
def test_the_bulk_classifier_agrees_with_classify(
    scheme: MicronScheme, micron: Decimal | None, length_mm: int | None, *, is_short: bool
) -> None:
    bulk = shared[scheme.id]
    attributes = FibreAttributes(micron, length_mm, is_short=is_short)
    assert bulk.classify(micron, length_mm, is_short=is_short) == classify(scheme, attributes)
    if micron is not None:
        assert bulk.key(micron) == bulk.classify(micron).key


def test_equal_answers_share_one_result() -> None:
    bulk = FibreClassifier(LADDERS[0])
    first, second = bulk.classify_microns([Decimal("21.04"), Decimal("20.96")])
    assert first is second


def test_a_result_becomes_plain_values() -> None:
    result = grade("23.05")
    record = result.as_record()
    assert record["key"] == "fleece"
    assert record["reasons"][0]["params"] == {"micron": "23.1", "lower": "23.1", "upper": "26.5"}  # type: ignore[index]
    assert tuple(message_from_record(one) for one in record["reasons"]) == result.reasons  # type: ignore[attr-defined]


def test_a_boundary_names_the_limit_and_the_classes_on_both_sides() -> None:
    boundary = grade("23.3").boundary
    assert boundary is not None
    assert (boundary.attribute, boundary.value, boundary.limit, boundary.uncertainty) == (
        "micron",
        Decimal("23.3"),
        Decimal("23.0"),
        Decimal("0.4"),
    )
    assert boundary.possible_keys == ("baby", "fleece")
    assert grade("24.8").boundary is None


def test_an_uncertainty_that_was_passed_takes_the_place_of_the_usual_one() -> None:
    assert grade("23.3", uncertainty=Decimal("0.2")).boundary is None
    wide = grade("27.8", uncertainty=Decimal("1.3"))
    assert wide.boundary is not None
    assert wide.boundary.possible_keys == ("fleece", "medium_fleece", "huarizo")
    assert "±" not in warnings(wide)
    assert "1.3 microns of the limit 29.0" in warnings(wide)
    assert grade("23.0", uncertainty=Decimal(0)).boundary is not None


def test_the_distance_names_the_neighbours() -> None:
    distance = grade("24.8").distance
    assert distance is not None
    assert (distance.finer, distance.coarser) == ("baby", "medium_fleece")


@pytest.mark.parametrize(
    ("key", "expected"),
    [("super_baby", (None, 200)), ("baby", (201, 230)), ("fleece", (231, 265)), ("gruesa", (316, None))],
)
def test_the_range_of_a_class_in_tenths(key: str, expected: tuple[int | None, int | None]) -> None:
    scheme = get_scheme("ntp-231.301", "2014")
    assert isinstance(scheme, MicronScheme)
    assert class_range(scheme, key) == expected
    with pytest.raises(KeyError):
        class_range(scheme, "corta")


@given(scheme=st.sampled_from(LADDERS), tenths=st.integers(100, 600))
def test_exactly_the_tenths_of_its_range_get_a_class(scheme: MicronScheme, tenths: int) -> None:
    found = shared[scheme.id].classify(Decimal(tenths).scaleb(-1)).key
    holding = []
    for one in scheme.classes:
        low, high = class_range(scheme, one.key)
        if (low is None or low <= tenths) and (high is None or tenths <= high):
            holding.append(one.key)
    assert holding == ([found] if found else [])


@given(finer=microns, coarser=microns, scheme=st.sampled_from(LADDERS))
def test_more_microns_never_give_a_finer_class(
    finer: Decimal, coarser: Decimal, scheme: MicronScheme
) -> None:
    order = [*(one.key for one in scheme.classes), None]
    one, other = (shared[scheme.id].classify(value).key for value in sorted((finer, coarser)))
    assert order.index(one) <= order.index(other)


@given(tenths=st.lists(st.integers(100, 600)))
def test_tenths_of_a_micron_are_classed_like_microns(tenths: list[int]) -> None:
    bulk = shared["ntp-231.301@2014"]
    assert bulk.classify_tenths(tenths) == [bulk.classify(Decimal(one).scaleb(-1)) for one in tenths]


def test_tenths_that_cannot_be_are_refused() -> None:
    with pytest.raises(IndexError):
        shared["ntp-231.301@2014"].classify_tenths([230, 99])


# Worked by hand from the printed limits: one step below a limit, on it, and past it by rounding half up.
TRADE = {
    "infoalpacas": "22.49 baby 22.5 baby 22.54 baby 22.55 superfine 26.5 superfine 26.549 superfine 26.55 huarizo "
    "29.5 huarizo 29.54 huarizo 29.55 coarse 29.6 coarse 45 coarse",
    "us-common": "19.94 ultra_fine 19.949 ultra_fine 19.95 superfine 20 superfine 22.94 superfine 22.95 fine 25.94 fine "
    "25.95 medium 28.94 medium 28.95 intermediate 31.94 intermediate 31.95 robust 32 robust 35 robust 35.04 robust 35.05 -",
    "us-alternative": "19.94 royal_baby 19.95 baby 22.94 baby 22.95 superfine 26.94 superfine 26.95 adult 31.94 adult "
    "31.95 strong 32 strong 50 strong",
}


@pytest.mark.parametrize("key", sorted(TRADE))
def test_known_answers_of_the_trade_ladders(key: str) -> None:
    words = TRADE[key].split()
    expected = dict(zip(words[::2], words[1::2], strict=True))
    scheme = get_scheme(key)
    found = {micron: classify(scheme, FibreAttributes(Decimal(micron))).key or "-" for micron in expected}
    assert found == expected
