"""A content as the words that JSON keeps, and back. What is read here was checked before it was kept. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chain.pricing.rules.content import (
    Adjustment,
    Advance,
    Basis,
    ClassPrice,
    Composition,
    DayPrices,
    Effect,
    MissingRule,
    PayUnit,
    PriceContent,
    SchemeKind,
)


def document_of(content: PriceContent) -> dict[str, Any]:
    """Return a content as JSON keeps it: decimals as text, months and days as "MM-DD", nothing that says nothing."""
    document: dict[str, Any] = {
        "kind": content.kind.value,
        "unit": content.unit.value,
        "base_minor": content.base_minor,
        "grades_from": "@".join(content.grades_from) if content.grades_from else None,
        "classes": [
            _without_nothing({"grade": one.grade, "colour": one.colour, "price_minor": one.price_minor})
            for one in content.classes
        ],
        "colour_groups": {key: list(colours) for key, colours in content.colour_groups.items()},
        "days": None
        if content.days is None
        else _without_nothing(
            {
                "sunday_minor": content.days.sunday_minor,
                "excess_weekday_minor": content.days.excess_weekday_minor,
                "excess_sunday_minor": content.days.excess_sunday_minor,
            }
        ),
        "composition": [_composition(one) for one in content.composition],
        "adjustments": [_adjustment(one) for one in content.adjustments],
        "missing": content.missing.value,
        "density": _text(content.density),
        "advance": None
        if content.advance is None
        else _without_zero(
            {
                "basis_points": content.advance.basis_points,
                "per_unit_minor": content.advance.per_unit_minor,
            }
        ),
        "share_basis_points": content.share_basis_points,
        "is_for_whole_periods": content.is_for_whole_periods,
    }
    return {
        key: value
        for key, value in document.items()
        if (key == "days" and value is not None) or _says_something(value)
    }


def _says_something(value: object) -> bool:
    return value is not None and value is not False and value not in ([], {})


def content_of(document: Mapping[str, Any]) -> PriceContent:
    """Return the content that a document holds."""
    grades, days, advance = (document.get(key) for key in ("grades_from", "days", "advance"))
    return PriceContent(
        kind=SchemeKind(document["kind"]),
        unit=PayUnit(document["unit"]),
        base_minor=document.get("base_minor"),
        grades_from=_scheme(grades),
        classes=tuple(
            ClassPrice(one["grade"], one.get("colour"), one["price_minor"])
            for one in document.get("classes", ())
        ),
        colour_groups={key: tuple(colours) for key, colours in document.get("colour_groups", {}).items()},
        days=None if days is None else DayPrices(**days),
        composition=tuple(_composition_of(one) for one in document.get("composition", ())),
        adjustments=tuple(_adjustment_of(one) for one in document.get("adjustments", ())),
        missing=MissingRule(document.get("missing", MissingRule.MEAN_OF_LAST_THREE)),
        density=_decimal(document.get("density")),
        advance=None if advance is None else Advance(**advance),
        share_basis_points=document.get("share_basis_points"),
        is_for_whole_periods=bool(document.get("is_for_whole_periods", False)),
    )


def _scheme(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    key, _, edition = text.partition("@")
    return key, edition


def _composition(one: Composition) -> dict[str, Any]:
    return _without_nothing(
        {
            "parameter": one.parameter,
            "basis": one.basis.value,
            "rate_minor": one.rate_minor,
            "reference": _text(one.reference),
            "low": _text(one.low),
            "high": _text(one.high),
            "typical": _text(one.typical),
        }
    )


def _composition_of(one: Mapping[str, Any]) -> Composition:
    return Composition(
        parameter=one["parameter"],
        basis=Basis(one["basis"]),
        rate_minor=one["rate_minor"],
        reference=_decimal(one.get("reference")),
        low=_decimal(one.get("low")),
        high=_decimal(one.get("high")),
        typical=_decimal(one.get("typical")),
    )


def _adjustment(one: Adjustment) -> dict[str, Any]:
    found = _without_nothing(
        {
            "name": one.name,
            "effect": one.effect.value,
            "parameter": one.parameter,
            "low": _text(one.low),
            "high": _text(one.high),
            "claim": one.claim,
            "volume_low": one.volume_low,
            "volume_high": one.volume_high,
            "season_from": _month_day(one.season_from),
            "season_to": _month_day(one.season_to),
            "is_for_women": one.is_for_women or None,
        }
    )
    return found | _without_zero({"per_unit_minor": one.per_unit_minor, "basis_points": one.basis_points})


def _adjustment_of(one: Mapping[str, Any]) -> Adjustment:
    return Adjustment(
        name=one["name"],
        effect=Effect(one["effect"]),
        per_unit_minor=one.get("per_unit_minor", 0),
        basis_points=one.get("basis_points", 0),
        parameter=one.get("parameter"),
        low=_decimal(one.get("low")),
        high=_decimal(one.get("high")),
        claim=one.get("claim"),
        volume_low=one.get("volume_low"),
        volume_high=one.get("volume_high"),
        season_from=_day_of(one.get("season_from")),
        season_to=_day_of(one.get("season_to")),
        is_for_women=one.get("is_for_women", False),
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _month_day(day: tuple[int, int] | None) -> str | None:
    return None if day is None else f"{day[0]:02d}-{day[1]:02d}"


def _day_of(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    month, _, day = text.partition("-")
    return int(month), int(day)


def _without_nothing(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value is not None}


def _without_zero(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value}
