"""Rows of a form into the words of a price grid, and back. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from chain.core.i18n import N_
from chain.grading.own_documents import number_words, slug, standard_colours
from chain.grading.pricing import PriceGrid
from chain.grading.row_forms import Column
from chain.grading.scheme import Names

GROUPS: Mapping[str, Names] = {
    "white": {"es": "blanco", "en": "white"},
    "coloured": {"es": "de color", "en": "coloured"},
}
OUTCOMES: Mapping[str, Names] = {
    "priced": {"es": "se paga", "en": "paid"},
    "refused": {"es": "no se recibe", "en": "refused"},
    "no-value": {"es": "sin valor por ahora", "en": "no value at present"},
}


def _named(options: Mapping[str, Names], language: str) -> Mapping[str, str]:
    return {key: names["en" if language == "en" else "es"] for key, names in options.items()}


GRID_COLUMNS = (
    Column(name="grade", label=N_("Class"), width=10, paths=("grade",)),
    Column(name="length_class", label=N_("Length class"), width=5, paths=("length_class",)),
    Column(
        name="colour_group",
        label=N_("Colours"),
        options=lambda language: _named(GROUPS, language),
        paths=("colour_group",),
    ),
    Column(
        name="outcome",
        label=N_("Answer"),
        options=lambda language: _named(OUTCOMES, language),
        paths=("outcome",),
    ),
    Column(name="price", label=N_("Price"), width=5, is_number=True, paths=("price", "")),
)


def grid_document(
    rows: Sequence[Mapping[str, str]],
    *,
    classes: Mapping[str, Names],
    commodity: str,
    grades_from: tuple[str, str],
    label: Names,
    currency: str,
    unit: str,
    valid_from: date,
) -> dict[str, Any]:
    """Return the words of a grid. A class may be typed by its name or its key; a blank answer means that it is paid."""
    by_name = {slug(word): key for key, names in classes.items() for word in (key, *names.values())}
    standard = tuple(standard_colours())
    used = [key for key in GROUPS if any(row.get("colour_group") == key for row in rows)]
    colours = {"white": ["white"], "coloured": [one for one in standard if one != "white"]}
    return {
        "scheme": "draft",
        "edition": "1",
        "commodity": commodity,
        "kind": "price-grid",
        "status": "confirmed",
        "label": dict(label),
        "sources": [],
        "currency": currency,
        "unit": unit,
        "valid_from": valid_from.isoformat(),
        "grades_from": {"scheme": grades_from[0], "edition": grades_from[1]},
        "colour_groups": {key: {**GROUPS[key], "colours": colours[key]} for key in used},
        "cells": [_cell(row, by_name) for row in rows],
    }


def _cell(row: Mapping[str, str], by_name: Mapping[str, str]) -> dict[str, Any]:
    typed = row.get("grade", "")
    price = number_words(row.get("price", ""))
    return {
        "grade": by_name.get(slug(typed), typed),
        "length_class": row.get("length_class") or None,
        "colour_group": row.get("colour_group") or None,
        "outcome": row.get("outcome") or "priced",
        "price": price,
    }


def rows_of_grid(grid: PriceGrid) -> list[dict[str, str]]:
    """Return the rows of the form for a grid, for copying and changing."""
    return [
        {
            "grade": one.grade,
            "length_class": one.length_class or "",
            "colour_group": one.colour_group or "",
            "outcome": one.outcome.value,
            "price": "" if one.price is None else str(one.price),
        }
        for one in grid.cells.values()
    ]
