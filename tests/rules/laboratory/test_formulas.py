"""The worked numbers of docs/laboratory.md."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.laboratory import formulas as f
from chain.laboratory.attributes import ATTRIBUTES
from chain.laboratory.formulas import FORMULAS, STRENGTH_LABELS


def test_the_invoice_mass_of_the_worked_example() -> None:
    assert f.invoice_mass_kg(Decimal(1000), Decimal("500.0"), Decimal("445.0"), Decimal(16)) == Decimal(
        "1032.400"
    )


@pytest.mark.parametrize(
    ("mean", "cv", "expected"), [("26.3", "20.2", "25.43"), ("26.3", "24", "26.30"), ("20.0", "24", "20.00")]
)
def test_spinning_fineness_equals_the_mean_at_a_cv_of_24(mean: str, cv: str, expected: str) -> None:
    assert f.spinning_fineness_um(Decimal(mean), Decimal(cv)) == Decimal(expected)


@pytest.mark.parametrize(
    ("constant", "expected"), [("0.14", "8.14"), ("0.36", "8.36"), ("0.44", "8.44"), ("0.72", "8.72")]
)
def test_solids_not_fat_by_each_constant(constant: str, expected: str) -> None:
    assert f.snf_pct(Decimal(28), Decimal("4.0"), Decimal(constant)) == Decimal(expected)
    assert f.snf_from_density_pct(Decimal("1.028"), Decimal("4.0"), Decimal(constant)) == Decimal(expected)


def test_the_simple_ones() -> None:
    assert f.cv_pct(Decimal("5.31"), Decimal("26.3")) == Decimal("20.19")
    assert f.prickle_pct(Decimal("96.8")) == Decimal("3.2")
    assert f.comfort_pct(Decimal("3.2")) == Decimal("96.8")
    assert f.clean_mass_kg(Decimal(1000), Decimal(91)) == Decimal("910.000")
    assert f.yield_pct(Decimal("91.0"), Decimal("100.0")) == Decimal("91.00")
    assert f.moisture_pct(Decimal("500.0"), Decimal("445.0")) == Decimal("11.00")
    assert f.lactometer_degrees(Decimal("1.028")) == Decimal("28.0")
    assert f.total_solids_pct(Decimal("4.0"), Decimal("8.44")) == Decimal("12.44")


def test_litres_to_kilograms_spread_by_the_density_as_the_norm_does() -> None:
    low, high = (f.mass_kg(Decimal(1000), Decimal(density)) for density in ("1.0296", "1.0340"))
    assert (low, high, high - low) == (Decimal("1029.600"), Decimal("1034.000"), Decimal("4.400"))


@given(st.decimals(0, 100, places=2))
def test_comfort_and_prickle_are_each_others_rest(comfort: Decimal) -> None:
    assert f.comfort_pct(f.prickle_pct(comfort)) == comfort
    assert f.prickle_pct(comfort) + comfort == 100


def test_every_formula_names_its_source_its_strength_and_measured_attributes() -> None:
    for one in FORMULAS.values():
        assert one.text
        assert one.source
        assert one.strength in STRENGTH_LABELS
        assert one.gives in ATTRIBUTES
        for each in one.inputs:
            assert (each.attribute in ATTRIBUTES) == (each.kind == "measured")
    assert FORMULAS["spinning_fineness"].strength == "unconfirmed"


def test_what_parties_agree_has_no_default() -> None:
    agreed = {
        (one.key, each.key) for one in FORMULAS.values() for each in one.inputs if each.kind == "contract"
    }
    assert agreed == {
        ("invoice_mass", "regain"),
        ("snf_density", "constant"),
        ("snf_lactometer", "constant"),
    }
