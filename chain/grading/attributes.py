"""What is known of a lot when it is classed, and which values can be true at all. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from chain.core.i18n import N_, Message
from chain.grading.scheme import ALPACA_FIBRE, COMMODITIES, LLAMA_CARCASS, LLAMA_FIBRE, RAW_MILK


@dataclass(frozen=True, slots=True)
class Bounds:
    """The values that are believed, both ends included; anything else is a slip of the pen or a wrong unit."""

    low: Decimal
    high: Decimal

    def hold(self, value: Decimal) -> bool:
        return self.low <= value <= self.high


#: Recorded means reach from 13.1 µm (Puno, 2017) to 50.6 µm (coarsest body site, Huancavelica): docs/grading.md.
MICRON = Bounds(Decimal("10.0"), Decimal("60.0"))
LENGTH_MM = Bounds(Decimal(10), Decimal(400))
FAT_PCT = Bounds(Decimal("0.5"), Decimal("12.0"))
DENSITY_G_ML = Bounds(Decimal("1.010"), Decimal("1.050"))
TEMPERATURE_C = Bounds(Decimal("-1.0"), Decimal("42.0"))
FREEZING_POINT_C = Bounds(Decimal("-0.700"), Decimal("-0.400"))
CARCASS_G = Bounds(Decimal(5_000), Decimal(120_000))

THOUSAND = Decimal(1000)
GRAMS_PER_KG = 1000

SARCOCYSTIS = ("absent", "present", "not_inspected")
SITES = ("neck", "groin", "leg", "shoulder", "other")
AGE_CLASSES = ("DL", "2D", "4D", "BLL", "not_recorded")

NOT_A_NUMBER = N_("“%(value)s” is not a number.")
OUT_OF_BOUNDS = N_("%(value)s is not believable: it must lie from %(low)s to %(high)s.")
NOT_A_CHOICE = N_("“%(value)s” is not one of the choices.")
DENSITY_UNIT = N_("Write the density in g/ml, such as 1.030. %(value)s looks like kg/m³.")
FREEZING_SIGN = N_("The freezing point of milk is negative, from %(low)s to %(high)s. Check the sign.")

_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:[.,][0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class FibreAttributes:
    """Mean fibre diameter and staple length; `is_short` is the sorter's judgement, never computed."""

    micron: Decimal | None = None
    length_mm: int | None = None
    colour: str | None = None
    is_short: bool = False


@dataclass(frozen=True, slots=True)
class MilkAttributes:
    """Results of a delivery: fat in percent as the instrument gives it, density in g/ml, temperature in °C.

    `other` holds results of further parameters by the key of the norm: numbers, or the word of an inspection.
    """

    fat: Decimal | None = None
    density: Decimal | None = None
    temperature: Decimal | None = None
    other: Mapping[str, Decimal | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CarcassAttributes:
    """Sarcocystis and weight are enough; `chosen_class` is what a person decided."""

    weight_g: int | None = None
    sarcocystis: str | None = None
    sites: tuple[str, ...] = ()
    age_class: str | None = None
    chosen_class: str | None = None


Attributes = FibreAttributes | MilkAttributes | CarcassAttributes
Typed = str | int | Decimal | None


class AttributesRefused(ValueError):
    """Some attributes cannot be true; `errors` has a message for each of them."""

    def __init__(self, errors: Mapping[str, Message]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


def density_from_kg_m3(value: Decimal) -> Decimal:
    """Return g/ml for a density in kg/m³, for imports whose unit a person has confirmed. 1030 → 1.030.

    Raises:
        AttributesRefused: the result is no density of milk.
    """
    density = value / THOUSAND
    if not DENSITY_G_ML.hold(density):
        raise AttributesRefused({"density": _bounds_message(value, _scaled(DENSITY_G_ML, THOUSAND))})
    return density


def parse_number(typed: Typed) -> Decimal | None:
    """Read a number with a decimal point or comma; None for a blank.

    Raises:
        ValueError: grouping, letters or more than six decimals.
    """
    if isinstance(typed, Decimal | int) and not isinstance(typed, bool):
        return Decimal(typed)
    text = str(typed or "").strip()
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return Decimal(text.replace(",", "."))


def read_attributes(commodity: str, values: Mapping[str, Typed]) -> Attributes:
    """Read what was typed or sent for a lot: every refusal at once, per field.

    Fibre: micron, length_mm, colour, short. Milk: fat, density, temperature,
    freezing_point. Carcass: weight_g, sarcocystis, sites
    (separated by blanks), age_class, grade_class. Other names are left alone; blanks are unknown.

    Raises:
        AttributesRefused: values out of bounds, no numbers or no choices.
    """
    reader = _Reader(values)
    found: Attributes
    if commodity in {ALPACA_FIBRE, LLAMA_FIBRE}:
        length = reader.number("length_mm", LENGTH_MM)
        found = FibreAttributes(
            micron=reader.number("micron", MICRON),
            length_mm=None if length is None else int(length.quantize(Decimal(1), ROUND_HALF_UP)),
            colour=reader.text("colour"),
            is_short=reader.text("short") in {"1", "true", "True", "yes", "on"},
        )
    elif commodity == RAW_MILK:
        found = MilkAttributes(
            fat=reader.number("fat", FAT_PCT),
            density=reader.density(),
            temperature=reader.number("temperature", TEMPERATURE_C),
            other=reader.freezing_point(),
        )
    elif commodity == LLAMA_CARCASS:
        weight = reader.number("weight_g", CARCASS_G)
        found = CarcassAttributes(
            weight_g=None if weight is None else int(weight),
            sarcocystis=reader.choice("sarcocystis", SARCOCYSTIS),
            sites=reader.choices("sites", SITES),
            age_class=reader.choice("age_class", AGE_CLASSES),
            chosen_class=reader.text("grade_class"),
        )
    else:
        message = f"{commodity!r} is none of {', '.join(COMMODITIES)}"
        raise LookupError(message)
    reader.raise_any()
    return found


class _Reader:
    """Reads fields one by one and keeps what is wrong with them."""

    def __init__(self, values: Mapping[str, Typed]) -> None:
        self.values = values
        self.errors: dict[str, Message] = {}

    def raise_any(self) -> None:
        if self.errors:
            raise AttributesRefused(self.errors)

    def text(self, name: str) -> str | None:
        return str(self.values.get(name) or "").strip() or None

    def number(self, name: str, bounds: Bounds) -> Decimal | None:
        try:
            value = parse_number(self.values.get(name))
        except ValueError as problem:
            self.errors[name] = Message(NOT_A_NUMBER, {"value": str(problem)[:40]})
            return None
        if value is not None and not bounds.hold(value):
            self.errors[name] = _bounds_message(value, bounds)
            return None
        return value

    def density(self) -> Decimal | None:
        value = self.number("density", DENSITY_G_ML)
        refused = self.errors.get("density")
        typed = refused.params.get("value") if refused else None
        if isinstance(typed, Decimal) and _scaled(DENSITY_G_ML, THOUSAND).hold(typed):
            self.errors["density"] = Message(DENSITY_UNIT, {"value": typed})
        return value

    def freezing_point(self) -> Mapping[str, Decimal | str]:
        """Read the freezing point; a positive one is asked about, never turned round."""
        value = self.number("freezing_point", FREEZING_POINT_C)
        if "freezing_point" in self.errors:
            params = {"low": FREEZING_POINT_C.low, "high": FREEZING_POINT_C.high}
            self.errors["freezing_point"] = Message(FREEZING_SIGN, params)
        return {} if value is None else {"freezing_point": value}

    def choice(self, name: str, options: tuple[str, ...]) -> str | None:
        value = self.text(name)
        if value is not None and value not in options:
            self.errors[name] = Message(NOT_A_CHOICE, {"value": value[:40]})
            return None
        return value

    def choices(self, name: str, options: tuple[str, ...]) -> tuple[str, ...]:
        found = tuple((self.text(name) or "").split())
        for value in found:
            if value not in options:
                self.errors[name] = Message(NOT_A_CHOICE, {"value": value[:40]})
        return found


def _scaled(bounds: Bounds, factor: Decimal) -> Bounds:
    return Bounds(bounds.low * factor, bounds.high * factor)


def _bounds_message(value: Decimal, bounds: Bounds) -> Message:
    return Message(OUT_OF_BOUNDS, {"value": value, "low": bounds.low, "high": bounds.high})
