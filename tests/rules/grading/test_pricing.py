import csv
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from chain.grading import grid_files
from chain.grading.grid_files import UnknownGridError, get_grid, published_grids
from chain.grading.node import SchemeFileError
from chain.grading.pricing import (
    Priced,
    PriceRow,
    Refused,
    amount_minor,
    price,
    price_of_step,
    price_row,
    read_grid,
)
from chain.grading.rules import FibreAttributes, classify
from chain.grading.scheme import MicronScheme, class_names_of
from chain.grading.scheme_files import colour_lists, get_scheme

CASES = Path(__file__).parents[2] / "data" / "cases" / "fibre" / "aafl-2005-prices.csv"
AAFL = get_grid("aafl")
DOCUMENT = yaml.safe_load((grid_files.FOLDER / "aafl-2005-10-01.yaml").read_bytes())


def test_the_published_cases_come_out_exactly_refusals_included() -> None:
    wrong = []
    scheme = get_scheme(*AAFL.grades_from)
    with CASES.open(encoding="utf-8", newline="") as file:
        for case in csv.DictReader(file):
            lot = FibreAttributes(
                Decimal(case["micron"]) if case["micron"] else None,
                int(case["length_mm"]) if case["length_mm"] else None,
                appraised=case["appraised_grade"] or None,
            )
            row = price_row(classify(scheme, lot))
            found = price(AAFL, PriceRow(row.grade, row.length_class, case["colour_group"]))
            shown = str(found.price) if isinstance(found, Priced) else "refused"
            if (found.grade, shown) != (case["expected_grade"], case["expected_price"]):
                wrong.append((case, found))
    assert wrong == []


def test_an_amount_is_rounded_half_up_once_per_line() -> None:
    # 1.234 kg at 1.25: 1.5425 → 1.54; 1.236 kg: 1.545 → 1.55 and not 1.54
    assert amount_minor(AAFL, Decimal("1.25"), 1_234) == 154
    assert amount_minor(AAFL, Decimal("1.25"), 1_236) == 155
    priced = price(AAFL, PriceRow("H2", "C", "other", quantity=7_350))
    assert isinstance(priced, Priced)
    assert (priced.price, priced.amount_minor, priced.currency) == (Decimal("3.00"), 2_205, "AUD")


def test_pounds_are_exact() -> None:
    grid = read_grid({**DOCUMENT, "unit": "lb", "currency": "PEN"})
    assert amount_minor(grid, Decimal("9.10"), 45_359_237) == 91_000_000  # 100,000 lb at 9.10


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (PriceRow("H1", "C", "other"), "refused"),
        (PriceRow("H9", None, "other"), "no_value"),
        (PriceRow(None), "no_grade"),
        (PriceRow("H2", "C"), "no_colour"),
        (PriceRow("H2", "C", colour="beige"), "colour_unplaced"),
        (PriceRow("H2", "D", "other"), "no_cell"),
        (PriceRow("baby", "C", "other"), "no_cell"),
    ],
)
def test_every_refusal_has_its_code(row: PriceRow, code: str) -> None:
    found = price(AAFL, row)
    assert isinstance(found, Refused)
    assert found.code == code


def test_the_colour_group_follows_from_the_processing_colour() -> None:
    for colour, expected in (("white", "5.00"), ("light_fawn", "5.00"), ("true_black", "4.00")):
        found = price(AAFL, PriceRow("H3", "A/B", colour=colour))
        assert isinstance(found, Priced)
        assert found.price == Decimal(expected)


def test_a_cell_for_any_length_or_colour_serves_where_there_is_no_exact_one() -> None:
    cells = [
        {
            "grade": "baby",
            "length_class": None,
            "colour_group": "other",
            "outcome": "priced",
            "price": "8.00",
        },
        {"grade": "baby", "length_class": None, "colour_group": None, "outcome": "priced", "price": "9.00"},
    ]
    grid = read_grid({**DOCUMENT, "cells": cells})

    def paid(**row: str) -> Decimal:
        found = price(grid, PriceRow("baby", **row))  # type: ignore[arg-type]
        assert isinstance(found, Priced)
        return found.price

    assert paid(length_class="medium", colour_group="other") == Decimal(8)
    assert paid(colour_group="white_light_fawn") == Decimal(9)


def changed(path: str, value: object) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(yaml.safe_dump(DOCUMENT))
    *parents, last = path.split(".")
    at: Any = document
    for part in parents:
        at = at[int(part)] if part.isdigit() else at[part]
    at[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("kind", "colours", "kind"),
        ("currency", "XXX", "currency"),
        ("unit", "bale", "unit"),
        ("cells.0.price", 25.0, "cells[0].price"),
        ("cells.0.price", None, "cells[0].price"),
        ("cells.0.price", "-1", "cells[0].price"),
        ("cells.0.price", "1.005", "cells[0].price"),
        ("cells.2.price", "1.00", "cells[2].price"),
        ("cells.0.outcome", "maybe", "cells[0].outcome"),
        ("cells.0.colour_group", "pink", "cells[0].colour_group"),
        ("cells.1.colour_group", "white_light_fawn", "cells[1]"),
        ("cells", [], "cells"),
    ],
)
def test_a_bad_value_of_a_grid_is_named_with_its_path(path: str, value: object, where: str) -> None:
    with pytest.raises(SchemeFileError) as refused:
        read_grid(changed(path, value))
    assert refused.value.path == where


def test_every_published_grid_is_read_and_found_by_its_key() -> None:
    assert [grid.id for grid in published_grids()] == ["aafl@2005-10-01"]
    assert len(AAFL.cells) == 28
    assert AAFL.tax_included is True
    with pytest.raises(UnknownGridError) as unknown:
        get_grid("aafl", "1999")
    assert unknown.value.known == ("aafl@2005-10-01",)


@given(grams=st.integers(0, 10_000_000), cents=st.integers(1, 1_000_000))
def test_an_amount_is_within_half_a_cent_of_the_exact_one(grams: int, cents: int) -> None:
    unit_price = Decimal(cents).scaleb(-2)
    exact = Decimal(cents) * grams / 1000
    assert abs(amount_minor(AAFL, unit_price, grams) - exact) <= Decimal("0.5")


def test_the_cells_of_a_published_grid_use_classes_lengths_and_colours_that_exist() -> None:
    for grid in published_grids():
        scheme = get_scheme(*grid.grades_from)
        assert isinstance(scheme, MicronScheme)
        assert {cell.grade for cell in grid.cells.values()} <= set(class_names_of(scheme))
        lengths = {cell.length_class for cell in grid.cells.values()} - {None}
        assert lengths <= {one.key for one in scheme.length_classes}
        colours = {one.key for scheme in colour_lists() for one in scheme.colours}
        assert {colour for group in grid.colour_groups for colour in group.colours} <= colours


def test_the_step_is_priced_one_class_finer_where_that_is_taken() -> None:
    scheme = get_scheme("aafl")
    long = classify(scheme, FibreAttributes(Decimal("24.5"), 100))
    row = replace(price_row(long, quantity=2_000), colour_group="other")
    step = price_of_step(AAFL, long, row)
    assert step is not None
    assert (step.grade, step.price, step.amount_minor) == ("H2", Decimal("8.00"), 1_600)
    short = classify(scheme, FibreAttributes(Decimal("21.5"), 70))
    assert price_of_step(AAFL, short, replace(price_row(short), colour_group="other")) is None
