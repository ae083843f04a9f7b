"""NTP 231.300: categories of whole fleeces. Every figure is unconfirmed, so the tests confirm them as an organisation would."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.catalogues import translate
from chain.grading.rules import FleeceAttributes, GradeResult, classify, unconfirmed_values
from chain.grading.scheme import FleeceScheme, Strength
from chain.grading.scheme_files import FOLDER, get_scheme, read_scheme
from chain.grading.scheme_reader import SchemeFileError

NORM = get_scheme("ntp-231.300")
EVERYTHING = frozenset(one.key for one in unconfirmed_values(NORM))
#: what a centre confirms that counts medium fleece as superior, or as inferior fibre; moisture and solids stay off
FIGURES = frozenset(one for one in EVERYTHING if one.startswith(("category:", "proportion:")))
SUPERIOR = FIGURES | {"side:medium_fleece:superior"}
INFERIOR = FIGURES | {"side:medium_fleece:inferior"}
QUALITIES = ("super_baby", "baby", "fleece", "medium_fleece", "huarizo", "gruesa", "corta")


def sorted_kg(*kilograms: int) -> dict[str, int | None]:
    return {key: kg * 1000 for key, kg in zip(QUALITIES, kilograms, strict=True)}


def fleece(*kilograms: int, **known: object) -> FleeceAttributes:
    values: dict[str, object] = {"length_mm": 80, "colour_term": "entero", **known}
    return FleeceAttributes(sorted_kg(*kilograms), **values)  # type: ignore[arg-type]


def grade(attributes: FleeceAttributes, confirmed: frozenset[str] = FIGURES) -> GradeResult:
    return classify(NORM, attributes, confirmed=confirmed)


def spanish(result: GradeResult) -> str:
    assert result.sentence is not None
    return translate("es", result.sentence, "grading")


# kilograms of super baby, baby, fleece, medium fleece, huarizo, gruesa, corta; worked by hand on 100 kg
@pytest.mark.parametrize(
    ("kilograms", "known", "key"),
    [
        ((5, 20, 50, 0, 10, 10, 5), {}, "extrafina"),  # superior 75, baby 25
        ((0, 20, 50, 0, 15, 10, 5), {}, "extrafina"),  # superior 70, baby 20: both on their limits
        ((0, 20, 49, 0, 16, 10, 5), {}, "fina"),  # superior 69
        ((0, 19, 56, 0, 15, 5, 5), {}, "fina"),  # superior 75, but baby 19
        ((0, 15, 40, 0, 25, 15, 5), {}, "fina"),  # superior 55, baby 15
        ((0, 15, 39, 0, 26, 15, 5), {}, "semifina"),  # superior 54
        ((0, 5, 35, 0, 30, 25, 5), {}, "semifina"),  # superior 40, baby 5
        ((0, 4, 36, 0, 30, 25, 5), {}, "gruesa"),  # superior 40, but baby 4
        ((0, 5, 34, 0, 30, 25, 6), {}, "gruesa"),  # superior 39
        ((5, 20, 50, 0, 10, 10, 5), {"length_mm": 65}, "extrafina"),
        (
            (5, 20, 50, 0, 10, 10, 5),
            {"colour_term": "canoso"},
            "semifina",
        ),  # the finer two ask for one colour
        ((5, 20, 50, 0, 10, 10, 5), {"colour_term": "pintado"}, "gruesa"),
    ],
)
def test_fleeces_worked_by_hand(kilograms: tuple[int, ...], known: dict[str, object], key: str) -> None:
    result = grade(fleece(*kilograms, **known))
    assert (result.key, result.missing) == (key, ())
    assert (result.scheme, result.edition) == ("ntp-231.300", "2014")


def test_nothing_is_given_until_the_figures_are_confirmed() -> None:
    result = grade(fleece(5, 20, 50, 0, 10, 10, 5), frozenset())
    assert result.key is None
    assert {f"confirmation:category:{key}" for key in ("extrafina", "fina", "semifina", "gruesa")} <= set(
        result.missing
    )
    assert spanish(result) == (
        "Su vellón todavía no tiene categoría porque falta: que la organización confirme las cifras de la norma."
    )


def test_a_dearer_category_that_is_not_confirmed_forbids_the_cheaper_one() -> None:
    result = grade(fleece(5, 20, 50, 0, 10, 10, 5), FIGURES - {"category:extrafina"})
    assert (result.key, result.missing) == (None, ("confirmation:category:extrafina",))


@pytest.mark.parametrize(
    ("attributes", "missing"),
    [
        (fleece(5, 20, 50, 0, 10, 10, 5, length_mm=None), ("length_mm",)),
        (fleece(5, 20, 50, 0, 10, 10, 5, colour_term=None), ("colour_term",)),
        (fleece(5, 20, 40, 10, 10, 10, 5), ("side_of_medium_fleece",)),
        (FleeceAttributes(length_mm=80, colour_term="entero"), ("mass_per_quality",)),
        (
            FleeceAttributes(
                {**sorted_kg(5, 20, 50, 0, 10, 10, 5), "huarizo": None}, length_mm=80, colour_term="entero"
            ),
            ("mass:huarizo",),
        ),
        (FleeceAttributes(sorted_kg(0, 0, 0, 0, 0, 0, 0), length_mm=80), ("mass_per_quality", "colour_term")),
        (
            FleeceAttributes(
                {**sorted_kg(5, 20, 50, 0, 10, 10, 5), "royal": 5_000}, length_mm=80, colour_term="entero"
            ),
            ("side_of_royal",),
        ),
    ],
)
def test_exactly_what_is_missing_is_named(attributes: FleeceAttributes, missing: tuple[str, ...]) -> None:
    result = grade(attributes)
    assert (result.key, result.missing) == (None, missing)


def test_the_lot_of_santa_lucia_lacks_the_baby_share_and_the_length() -> None:
    # 7,000 kg, 85 % superior and 15 % inferior fibre; neither baby share nor length nor colour was published
    result = grade(FleeceAttributes(superior_pct=Decimal(85), inferior_pct=Decimal(15)))
    assert (result.key, result.missing) == (None, ("baby_pct", "length_mm", "colour_term"))
    assert spanish(result) == (
        "Su vellón todavía no tiene categoría porque falta: la parte de baby, el largo y si es de un solo color."
    )


@pytest.mark.parametrize(
    ("superior", "inferior", "missing"),
    [("85", None, "inferior_pct"), (None, "15", "superior_pct"), ("70", "20", "side_of_medium_fleece")],
)
def test_shares_need_both_sides_and_nothing_between(
    superior: str | None, inferior: str | None, missing: str
) -> None:
    attributes = FleeceAttributes(
        superior_pct=None if superior is None else Decimal(superior),
        inferior_pct=None if inferior is None else Decimal(inferior),
        baby_pct=Decimal(30),
        length_mm=80,
        colour_term="entero",
    )
    assert grade(attributes).missing == (missing,)


def test_medium_fleece_counts_on_the_side_that_was_confirmed() -> None:
    lot = fleece(5, 20, 40, 10, 10, 10, 5)  # superior 65, or 75 with medium fleece
    assert grade(lot, SUPERIOR).key == "extrafina"
    assert grade(lot, INFERIOR).key == "fina"
    both = FIGURES | {"side:medium_fleece:superior", "side:medium_fleece:inferior"}
    assert grade(lot, both).missing == ("side_of_medium_fleece",)


def test_a_total_makes_qualities_that_are_not_named_zero() -> None:
    mass = {"baby": 20_000, "fleece": 55_000, "gruesa": 25_000}
    known = FleeceAttributes(mass, total_g=100_000, length_mm=80, colour_term="entero")
    assert grade(known).key == "extrafina"
    without = FleeceAttributes(mass, length_mm=80, colour_term="entero")
    assert grade(without).missing == ("mass:super_baby", "mass:medium_fleece", "mass:huarizo", "mass:corta")


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        (FleeceAttributes({"baby": 20_000, "fleece": 90_000}, total_g=100_000), "mass_mismatch"),
        (FleeceAttributes(sorted_kg(5, 20, 50, 0, 10, 10, 5), total_g=101_000), "mass_mismatch"),
        (FleeceAttributes(superior_pct=Decimal(85), inferior_pct=Decimal(16)), "shares_exceed"),
    ],
)
def test_figures_that_contradict_each_other_decide_nothing(attributes: FleeceAttributes, code: str) -> None:
    assert (grade(attributes).key, grade(attributes).codes) == (None, (code,))


def test_the_share_is_rounded_once_half_up_and_the_doubt_is_told() -> None:
    def with_share(superior: str) -> GradeResult:
        share = Decimal(superior)
        shares = {"superior_pct": share, "inferior_pct": 100 - share, "baby_pct": Decimal(25)}
        return grade(FleeceAttributes(**shares, length_mm=80, colour_term="entero"))  # type: ignore[arg-type]

    assert with_share("69.49").key == "fina"
    assert with_share("69.49").warnings == ()
    assert with_share("69.5").key == "extrafina"
    assert any("69.5 %" in str(message) for message in with_share("69.5").warnings)


def test_an_estimate_is_marked_as_such() -> None:
    result = grade(fleece(5, 20, 50, 0, 10, 10, 5, is_estimate=True))
    assert (result.key, result.is_estimate, result.codes) == ("extrafina", True, ("estimate",))
    assert any("estimate of an expert" in str(message) for message in result.warnings)
    assert grade(FleeceAttributes(is_estimate=True)).is_estimate


def test_the_sentence_says_why_and_the_step_to_the_dearer_category() -> None:
    assert spanish(grade(fleece(0, 16, 64, 0, 10, 5, 5))) == (
        "Su vellón tiene 80 % de fibra superior y por eso es Fina; para ser Extrafina necesita 20 % de baby."
    )
    assert spanish(grade(fleece(5, 20, 50, 0, 10, 10, 5))).endswith("Extrafina, la categoría mejor pagada.")


def test_the_distance_and_a_boundary_inside_the_uncertainty() -> None:
    result = grade(fleece(0, 20, 47, 0, 18, 10, 5, uncertainty=Decimal(4)))  # superior 67
    assert result.distance is not None
    assert (result.distance.to_finer, result.distance.finer) == (Decimal(3), "extrafina")
    assert (result.distance.to_coarser, result.distance.coarser) == (Decimal(12), "semifina")
    assert result.boundary is not None
    assert (result.boundary.limit, result.boundary.possible_keys) == (Decimal(70), ("extrafina", "fina"))
    assert grade(fleece(0, 20, 47, 0, 18, 10, 5)).boundary is None


def test_a_short_fleece_fits_no_category() -> None:
    result = grade(fleece(5, 20, 50, 0, 10, 10, 5, length_mm=60))
    assert (result.key, result.codes) == (None, ("no_category",))
    assert spanish(result).endswith("para ser Extrafina necesita 65 mm de largo.")


def test_moisture_is_asked_for_once_its_limit_is_confirmed() -> None:
    confirmed = FIGURES | {"moisture:extrafina"}
    lot = fleece(5, 20, 50, 0, 10, 10, 5)
    assert grade(lot, confirmed).missing == ("moisture_pct",)
    dry = fleece(5, 20, 50, 0, 10, 10, 5, moisture_pct=Decimal(8))
    assert grade(dry, confirmed).key == "extrafina"
    wet = fleece(5, 20, 50, 0, 10, 10, 5, moisture_pct=Decimal("8.1"))
    assert grade(wet, confirmed).key == "fina"


def test_the_result_stays_unconfirmed_even_when_an_organisation_vouches_for_it() -> None:
    assert grade(fleece(5, 20, 50, 0, 10, 10, 5)).strength is Strength.UNCONFIRMED


@given(
    mass=st.lists(st.integers(0, 50_000), min_size=7, max_size=7).filter(sum),
    length_mm=st.none() | st.integers(20, 150),
    colour=st.none() | st.sampled_from(["entero", "canoso", "pintado"]),
    confirmed=st.sets(st.sampled_from(sorted(EVERYTHING))),
)
def test_no_category_ever_comes_from_missing_data(
    mass: list[int], length_mm: int | None, colour: str | None, confirmed: set[str]
) -> None:
    grams: dict[str, int | None] = dict(zip(QUALITIES, mass, strict=True))
    lot = FleeceAttributes(grams, length_mm=length_mm, colour_term=colour)
    result = grade(lot, frozenset(confirmed))
    if result.key is not None:
        assert length_mm is not None
        assert colour is not None
        assert f"category:{result.key}" in confirmed
        assert (
            not grams["medium_fleece"]
            or {"side:medium_fleece:superior", "side:medium_fleece:inferior"} & confirmed
        )
        assert result.missing == ()
    else:
        assert result.missing or result.codes


@given(
    mass=st.lists(st.integers(0, 50_000), min_size=7, max_size=7).filter(sum), gained=st.integers(1, 50_000)
)
def test_more_baby_never_gives_a_cheaper_category(mass: list[int], gained: int) -> None:
    assert isinstance(NORM, FleeceScheme)
    order = [one.key for one in NORM.categories]

    def rank(kilograms: list[int]) -> int:
        lot = FleeceAttributes(
            dict(zip(QUALITIES, kilograms, strict=True)), length_mm=80, colour_term="entero"
        )
        return order.index(grade(lot, INFERIOR).key or "")

    better = [mass[0], mass[1] + gained, *mass[2:]]
    assert rank(better) <= rank(mass)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("inferior: {keys: [huarizo", "inferior: {keys: [fleece, huarizo", "proportions.inferior"),
        ("baby: {keys: [super_baby", "baby: {keys: [huarizo", "proportions.baby"),
        ("superior_pct: {min: 55", "superior_pct: {min: 75", "categories[1].superior_pct.min"),
        ("superior_pct: {min: 0", "superior_pct: {min: 1", "categories[3].superior_pct.min"),
        ("baby_min_pct: 20", "baby_min_pct: 120", "categories[0].baby_min_pct"),
        ("colours: [entero]", "colours: [rojo]", "categories[0].colours"),
        ("key: fina", "key: extrafina", "categories"),
    ],
)
def test_a_bad_figure_is_named_with_its_path(old: str, new: str, path: str) -> None:
    text = (FOLDER / "ntp-231.300-2014.yaml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(SchemeFileError) as refused:
        read_scheme("ntp-231.300-2014.yaml", text.replace(old, new, 1).encode())
    assert refused.value.path == path
