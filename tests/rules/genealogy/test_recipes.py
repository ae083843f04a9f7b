"""Bands of yields: both limits count as inside, and what no recipe names is asked about."""

from dataclasses import replace
from decimal import Decimal

import pytest

from chain.core.errors import ValidationFailed
from chain.core.ids import new_id
from chain.genealogy.errors import NotInRecipe, YieldOutsideBand
from chain.genealogy.products import PROCESS_RULES, family_of, processes_for, products_of
from chain.genealogy.recipes import (
    EXAMPLES,
    bands_as_records,
    bands_of,
    check_recipe,
    check_yields,
    real_yields,
)
from chain.genealogy.rules import Made, NewRecipe, YieldBand
from chain.genealogy.words import Process
from chain.lots.products import PRODUCTS, Family

CARCASS = YieldBand(commodity="llama-carcass", low_bp=5000, expected_bp=5400, high_bp=5600)
HIDE = YieldBand(commodity="hide")
RECIPE = NewRecipe(
    id=new_id(),
    name="Faeneo",
    process="slaughter",
    input_commodity="live-llama",
    outputs=(CARCASS, HIDE),
)


def made(commodity: str, quantity: int, label: str | None = None) -> Made:
    return Made(id=new_id(), commodity=commodity, quantity=quantity, label=label)


@pytest.mark.parametrize(
    ("quantity", "is_inside"), [(39_999, False), (40_000, True), (44_800, True), (44_801, False)]
)
def test_both_limits_are_inside(quantity: int, is_inside: bool) -> None:
    outputs = [made("llama-carcass", quantity), made("hide", 5_000)]
    assert [one.is_inside for one in real_yields([CARCASS, HIDE], outputs, 80_000)] == [is_inside, True]
    if is_inside:
        check_yields([CARCASS, HIDE], outputs, 80_000)
    else:
        with pytest.raises(YieldOutsideBand) as refused:
            check_yields([CARCASS, HIDE], outputs, 80_000)
        assert refused.value.params["low"] == Decimal(50)


def test_several_outputs_of_a_product_count_together() -> None:
    outputs = [made("llama-carcass", 20_000), made("llama-carcass", 23_200)]
    (one,) = real_yields([CARCASS], outputs, 80_000)
    assert (one.quantity, one.percent, one.is_inside) == (43_200, Decimal("54.00"), True)


def test_a_label_has_a_band_of_its_own() -> None:
    leg = YieldBand(commodity="meat-cut", label="Pierna", low_bp=2000, high_bp=3000)
    rest = YieldBand(commodity="meat-cut", high_bp=8000)
    outputs = [made("meat-cut", 25, " Pierna "), made("meat-cut", 40, "Paleta")]
    found = real_yields([leg, rest], outputs, 100)
    assert [(one.label, one.quantity) for one in found] == [("Pierna", 25), (None, 40)]


def test_nothing_of_a_product_that_must_come_and_something_unnamed_are_both_told() -> None:
    with pytest.raises(YieldOutsideBand):
        check_yields([CARCASS], [], 80_000)
    with pytest.raises(NotInRecipe):
        check_yields([CARCASS], [made("llama-carcass", 43_000), made("offal", 3_000)], 80_000)


def test_bands_are_kept_as_they_are() -> None:
    assert bands_of(bands_as_records([CARCASS, HIDE])) == [CARCASS, HIDE]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"process": "magic"}, "process"),
        ({"input_commodity": "cheese"}, "input_commodity"),
        ({"strength": "not_known"}, "strength"),
        ({"outputs": ()}, "outputs"),
        ({"outputs": (YieldBand(commodity="cheese"),)}, "outputs.0.commodity"),
        ({"outputs": (CARCASS, CARCASS)}, "outputs.1.commodity"),
        ({"outputs": (replace(CARCASS, low_bp=5500),)}, "outputs.0.low_bp"),
        ({"outputs": (replace(CARCASS, high_bp=100_001),)}, "outputs.0.low_bp"),
    ],
)
def test_a_recipe_that_cannot_be_right_names_the_field(changes: dict[str, object], field: str) -> None:
    check_recipe(RECIPE)
    with pytest.raises(ValidationFailed) as refused:
        check_recipe(replace(RECIPE, **changes))  # type: ignore[arg-type]  # wrong on purpose
    assert field in refused.value.errors


def test_examples_are_recipes_and_say_that_nobody_confirmed_them() -> None:
    for one in EXAMPLES:
        check_recipe(
            NewRecipe(
                id=new_id(),
                name=one.name,
                process=one.process,
                input_commodity=one.input_commodity,
                outputs=one.outputs,
                source=one.source,
            )
        )
        assert "nobody has confirmed" in one.source


def test_every_process_takes_and_gives_products_of_common_families() -> None:
    assert set(PROCESS_RULES) == set(Process)
    for rule in PROCESS_RULES.values():
        families = frozenset.union(*(PRODUCTS[key].families for key in rule.takes))
        assert all(PRODUCTS[key].families & families for key in rule.gives)


def test_llama_and_alpaca_fibre_stay_apart_after_scouring() -> None:
    assert family_of("alpaca-fibre", None) is Family.ALPACA
    assert family_of("scoured-fibre", {"family": "llama"}) is Family.LLAMA
    assert family_of("yarn", None) is None
    assert products_of("dry", [Family.LLAMA]) == ["charque", "offal"]
    assert processes_for("raw-milk") == [Process.CHEESE, Process.YOGHURT, Process.BUTTER]
