import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.catalogues import translate
from chain.grading.rules import ColourObservation, FibreAttributes, GradeResult, classify
from chain.grading.scheme import ColourRuleScheme, ColourScheme, Strength
from chain.grading.scheme_files import FOLDER, all_schemes, choosable_schemes, get_scheme, read_scheme
from chain.grading.scheme_reader import SchemeFileError

RULES = get_scheme("aafl-colour-rules")
LIST = get_scheme("colours-aoa")
GREYS = {
    "light_silver_grey",
    "medium_silver_grey",
    "dark_silver_grey",
    "light_rose_grey",
    "medium_rose_grey",
    "dark_rose_grey",
}


def process(registered: str | None, *findings: str, chosen: str | None = None) -> GradeResult:
    return classify(RULES, ColourObservation(registered, frozenset(findings), chosen))


def spanish(result: GradeResult) -> str:
    assert result.sentence is not None
    return translate("es", result.sentence, "grading")


@pytest.mark.parametrize("finding", ["single_brown_fibres", "single_black_fibres"])
def test_white_with_single_dark_fibres_is_light_fawn_or_grey_and_never_white(finding: str) -> None:
    result = process("white", finding)
    assert result.colour is not None
    assert (result.key, result.missing) == (None, ("chosen_colour",))
    assert set(result.colour.options) == {"light_fawn"} | GREYS
    assert process("white", finding, chosen="light_fawn").key == "light_fawn"
    refused = process("white", finding, chosen="white")
    assert (refused.key, "colour_not_allowed" in refused.codes) == (None, True)
    assert spanish(result) == (
        "Su fibra se registró como blanco, pero se procesará como leonado claro o gris, nunca blanco "
        "porque tiene fibras sueltas marrones o negras; sin eso seguiría como blanco."
    )


@pytest.mark.parametrize("black", ["true_black", "bay_black"])
@pytest.mark.parametrize("finding", ["brown_tips", "lighter_tips"])
def test_black_with_brown_or_lighter_tips_is_dark_brown(black: str, finding: str) -> None:
    result = process(black, finding)
    assert result.key == "dark_brown"
    assert result.colour is not None
    assert (result.colour.registered, result.colour.processing, result.colour.rule) == (
        black,
        "dark_brown",
        "black_with_brown_tips",
    )


@pytest.mark.parametrize("depth", ["light", "medium", "dark"])
def test_grey_with_any_brown_is_rose_grey_of_the_same_depth(depth: str) -> None:
    assert process(f"{depth}_silver_grey", "any_brown").key == f"{depth}_rose_grey"


def test_white_from_red_soil_may_become_light_fawn() -> None:
    result = process("white", "red_tips_after_scouring")
    assert result.colour is not None
    assert (result.key, result.colour.options) == (None, ("light_fawn", "white"))
    assert process("white", "red_tips_after_scouring", chosen="white").key == "white"
    assert process("white", "red_tips_after_scouring", chosen="light_fawn").key == "light_fawn"
    assert "el comprador decide" in spanish(result)


def test_dark_fibres_count_before_red_tips() -> None:
    result = process("white", "red_tips_after_scouring", "single_black_fibres", chosen="white")
    assert result.key is None


def test_without_a_finding_that_matters_the_colour_stays() -> None:
    for result in (process("white"), process("light_brown", "brown_tips")):
        assert result.colour is not None
        assert result.key == result.colour.registered == result.colour.processing
    assert process("white").strength is Strength.CONFIRMED


def test_a_missing_or_unknown_colour_gets_none() -> None:
    assert process(None, "brown_tips").missing == ("colour",)
    assert process("navy").codes == ("colour_unknown",)


def test_a_list_takes_the_colour_as_it_was_seen() -> None:
    result = classify(LIST, ColourObservation("dark_brown"))
    assert (result.scheme, result.key, result.name("es")) == ("colours-aoa", "dark_brown", "marrón oscuro")
    assert classify(LIST, ColourObservation("navy")).key is None
    with pytest.raises(TypeError):
        classify(RULES, FibreAttributes())


def test_the_rules_name_the_colours_as_their_list_does() -> None:
    assert isinstance(RULES, ColourRuleScheme)
    source = get_scheme(*RULES.colours_from)
    assert isinstance(source, ColourScheme)
    assert {one.key: one.names for one in RULES.colours} == {one.key: one.names for one in source.colours}


def test_colour_rules_are_no_classes_to_choose() -> None:
    assert RULES in all_schemes()
    assert RULES.id not in {one.id for one in choosable_schemes("alpaca-fibre")}


@given(
    registered=st.sampled_from(sorted(one.key for one in RULES.colours)),  # type: ignore[attr-defined]
    findings=st.frozensets(st.sampled_from([one.key for one in RULES.findings])),  # type: ignore[attr-defined]
    chosen=st.none() | st.sampled_from(["white", "light_fawn", "dark_brown", "navy"]),
)
def test_an_answer_is_always_one_of_the_options(
    registered: str, findings: frozenset[str], chosen: str | None
) -> None:
    result = classify(RULES, ColourObservation(registered, findings, chosen))
    assert result.colour is not None
    if result.colour.options:
        assert result.key is None or result.key in result.colour.options
    else:
        assert result.key == registered


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("options: [dark_brown]", "options: [navy]", "rules[1].options"),
        ("findings: [brown_tips, lighter_tips]", "findings: [stripes]", "rules[1].findings"),
        (
            "light_silver_grey: light_rose_grey",
            "light_silver_grey: white",
            "rules[2].by_colour.light_silver_grey",
        ),
    ],
)
def test_a_bad_rule_is_named_with_its_path(old: str, new: str, path: str) -> None:
    text = (FOLDER / "aafl-colour-rules-undated.yaml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(SchemeFileError) as refused:
        read_scheme("aafl-colour-rules-undated.yaml", text.replace(old, new, 1).encode())
    assert refused.value.path == path
