"""Words of schemes that organisations write, for tests."""

from typing import Any

from chain.grading.own_documents import Head, document_of_rows
from chain.grading.scheme import ALPACA_FIBRE, Kind


def fibre_document(*rows: tuple[str, str], kind: Kind = Kind.MICRON) -> dict[str, Any]:
    """Return a ladder of names and upper limits."""
    head = Head(kind, ALPACA_FIBRE, {"es": "Clases de prueba", "en": "Test classes"}, "Contract of 2026")
    listed = rows or (("Fina A", "22.0"), ("Fina B", "26,5"), ("Resto", ""))
    return document_of_rows(head, [{"name_es": name, "upper": upper} for name, upper in listed])


def colour_document() -> dict[str, Any]:
    """Return a colour list with two codes for one standard colour."""
    head = Head(Kind.COLOURS, ALPACA_FIBRE, {"es": "Colores", "en": "Colours"}, "Mill")
    rows = [
        {"code": "B", "name_es": "blanco", "stands_for": "white"},
        {"code": "LFX", "name_es": "beige rosado", "stands_for": "light_fawn"},
        {"code": "LFY", "name_es": "beige claro", "stands_for": "light_fawn"},
    ]
    return document_of_rows(head, rows)


def grid_document(**changes: Any) -> dict[str, Any]:
    """Return a small price grid on NTP 231.301:2014."""
    return {
        "kind": "price-grid",
        "commodity": ALPACA_FIBRE,
        "status": "confirmed",
        "label": {"es": "Precios", "en": "Prices"},
        "currency": "PEN",
        "unit": "kg",
        "grades_from": {"scheme": "ntp-231.301", "edition": "2014"},
        "colour_groups": {"white": {"es": "blanco", "en": "white", "colours": ["white"]}},
        "cells": [
            {
                "grade": "baby",
                "length_class": None,
                "colour_group": "white",
                "outcome": "priced",
                "price": "30.00",
            },
            {
                "grade": "gruesa",
                "length_class": None,
                "colour_group": None,
                "outcome": "refused",
                "price": None,
            },
        ],
        **changes,
    }
