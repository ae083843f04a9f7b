"""Reads what was typed or sent for a lot: every refusal at once, per field. Pure."""

import unicodedata
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from chain.core.i18n import Message
from chain.grading.attributes import (
    AGE_CLASSES,
    CARCASS_G,
    COUNT,
    DENSITY_G_ML,
    DENSITY_UNIT,
    FAT_PCT,
    FREEZING_POINT_C,
    FREEZING_SIGN,
    LENGTH_MM,
    MASS_G,
    MICRON,
    MICRON_UNCERTAINTY,
    MILK_COUNTS,
    MILK_NUMBERS,
    MILK_RESULTS,
    MILK_WORDS,
    NOT_A_CHOICE,
    NOT_A_NUMBER,
    PERCENT,
    SARCOCYSTIS,
    SEXES,
    SITES,
    TEMPERATURE_C,
    THOUSAND,
    Attributes,
    AttributesRefused,
    Bounds,
    CarcassAttributes,
    ColourObservation,
    FibreAttributes,
    FleeceAttributes,
    MilkAttributes,
    Typed,
    bounds_message,
    parse_number,
    scaled,
)
from chain.grading.scheme import (
    ALPACA_FIBRE,
    COMMODITIES,
    LLAMA_CARCASS,
    LLAMA_FIBRE,
    RAW_MILK,
    ColourRuleScheme,
    FleeceScheme,
)

YES = frozenset({"1", "true", "yes", "on", "si", "x"})
#: Spanish answers of an inspection, without accents, to the words of the norms.
SPANISH_WORDS = {
    "ausente": "absent",
    "ausencia": "absent",
    "presente": "present",
    "presencia": "present",
    "negativo": "negative",
    "negativa": "negative",
    "positivo": "positive",
    "positiva": "positive",
    "no coagula": "does_not_coagulate",
    "coagula": "coagulates",
    "no probado": "not_tested",
    "sin prueba": "not_tested",
    "no inspeccionada": "not_inspected",
    "no inspeccionado": "not_inspected",
    "si": "yes",
    "hembra": "female",
    "macho": "male",
    "macho castrado": "castrated_male",
}


def read_attributes(commodity: str, values: Mapping[str, Typed]) -> Attributes:
    """Read what was typed or sent for a lot: every refusal at once, per field.

    Fibre: micron, length_mm, colour, short, uncertainty, appraised_grade, moisture_pct, mineral_solids_pct, grease_pct.
    Milk: fat, density, temperature, and any parameter of a norm by its key; several counts of a sampling plan are
    separated by blanks. Carcass: weight_g or weight_kg, sarcocystis, sites (separated by blanks), age_class, sex, grade_class,
    conformation, finish. Other names are left alone; blanks are unknown.

    Raises:
        AttributesRefused: values out of bounds, no numbers or no choices.
    """
    reader = Reader(values)
    found: Attributes
    if commodity in {ALPACA_FIBRE, LLAMA_FIBRE}:
        found = _fibre(reader)
    elif commodity == RAW_MILK:
        found = _milk(reader)
    elif commodity == LLAMA_CARCASS:
        found = _carcass(reader)
    else:
        message = f"{commodity!r} is none of {', '.join(COMMODITIES)}"
        raise LookupError(message)
    reader.raise_any()
    return found


def read_fleece(scheme: FleeceScheme, values: Mapping[str, Typed]) -> FleeceAttributes:
    """Read a sorting: <quality>_kg for each quality of the scheme or superior_pct, inferior_pct and baby_pct; total_kg,
    length_mm, colour_term, moisture_pct, mineral_solids_pct, estimate (yes when an expert judged by eye), uncertainty.

    Raises:
        AttributesRefused: values out of bounds, no numbers or no choices.
    """
    reader = Reader(values)
    mass = {quality: reader.grams(f"{quality}_kg") for quality in scheme.qualities}
    found = FleeceAttributes(
        mass_g={quality: grams for quality, grams in mass.items() if grams is not None},
        total_g=reader.grams("total_kg"),
        superior_pct=reader.number("superior_pct", PERCENT),
        inferior_pct=reader.number("inferior_pct", PERCENT),
        baby_pct=reader.number("baby_pct", PERCENT),
        length_mm=reader.millimetres(),
        colour_term=reader.choice("colour_term", tuple(one.key for one in scheme.colour_terms)),
        moisture_pct=reader.number("moisture_pct", PERCENT),
        mineral_solids_pct=reader.number("mineral_solids_pct", PERCENT),
        is_estimate=reader.flag("estimate"),
        uncertainty=reader.number("uncertainty", PERCENT),
    )
    reader.raise_any()
    return found


def read_observation(scheme: ColourRuleScheme | None, values: Mapping[str, Typed]) -> ColourObservation:
    """Read a colour: colour, findings (separated by blanks), chosen_colour; the colours themselves are checked by the rules.

    Raises:
        AttributesRefused: a finding that the buyer's rules do not know.
    """
    reader = Reader(values)
    known = tuple(one.key for one in scheme.findings) if scheme else ()
    found = ColourObservation(
        registered=reader.text("colour"),
        findings=frozenset(reader.choices("findings", known)),
        chosen=reader.text("chosen_colour"),
    )
    reader.raise_any()
    return found


def _fibre(reader: "Reader") -> FibreAttributes:
    return FibreAttributes(
        micron=reader.number("micron", MICRON),
        length_mm=reader.millimetres(),
        colour=reader.text("colour"),
        is_short=reader.flag("short"),
        uncertainty=reader.number("uncertainty", MICRON_UNCERTAINTY),
        appraised=reader.text("appraised_grade"),
        moisture_pct=reader.number("moisture_pct", PERCENT),
        mineral_solids_pct=reader.number("mineral_solids_pct", PERCENT),
        grease_pct=reader.number("grease_pct", PERCENT),
    )


def _milk(reader: "Reader") -> MilkAttributes:
    other: dict[str, Decimal | str] = dict(reader.freezing_point())
    samples: dict[str, tuple[Decimal, ...]] = {}
    for key, bounds in MILK_NUMBERS.items():
        number = reader.number(key, bounds)
        if number is not None:
            other[key] = number
    for key in MILK_COUNTS:
        counts = reader.numbers(key, COUNT)
        if len(counts) == 1:
            other[key] = counts[0]
        elif counts:
            samples[key] = counts
    for key in MILK_RESULTS:
        result = reader.water() if key == "added_water" else reader.choice(key, MILK_WORDS)
        if result is not None:
            other[key] = result
    return MilkAttributes(
        fat=reader.number("fat", FAT_PCT),
        density=reader.density(),
        temperature=reader.number("temperature", TEMPERATURE_C),
        other=other,
        samples=samples,
    )


def _carcass(reader: "Reader") -> CarcassAttributes:
    weight = reader.number("weight_g", CARCASS_G)
    kilograms = reader.number("weight_kg", scaled(CARCASS_G, 1 / THOUSAND))
    if weight is None and kilograms is not None:
        weight = (kilograms * THOUSAND).quantize(Decimal(1), ROUND_HALF_UP)
    return CarcassAttributes(
        weight_g=None if weight is None else int(weight),
        sarcocystis=reader.choice("sarcocystis", SARCOCYSTIS),
        sites=reader.choices("sites", SITES),
        age_class=reader.choice("age_class", AGE_CLASSES),
        chosen_class=reader.text("grade_class"),
        sex=reader.choice("sex", SEXES),
        conformation=reader.text("conformation"),
        finish=reader.text("finish"),
    )


def plain(text: str) -> str:
    """Return a word as it is compared: lower case, without accents and underscores, single blanks."""
    letters = unicodedata.normalize("NFD", text.casefold())
    kept = "".join(one for one in letters if not unicodedata.combining(one))
    return " ".join(kept.replace("_", " ").split())


class Reader:
    """Reads fields one by one and keeps what is wrong with them."""

    def __init__(self, values: Mapping[str, Typed]) -> None:
        self.values = values
        self.errors: dict[str, Message] = {}

    def raise_any(self) -> None:
        """Refuse everything that was wrong, at once."""
        if self.errors:
            raise AttributesRefused(self.errors)

    def text(self, name: str) -> str | None:
        return str(self.values.get(name) or "").strip() or None

    def flag(self, name: str) -> bool:
        return plain(self.text(name) or "") in YES

    def number(self, name: str, bounds: Bounds) -> Decimal | None:
        return self._number(name, self.values.get(name), bounds)

    def _number(self, name: str, typed: Typed, bounds: Bounds) -> Decimal | None:
        try:
            value = parse_number(typed)
        except ValueError as problem:
            self.errors[name] = Message(NOT_A_NUMBER, {"value": str(problem)[:40]})
            return None
        if value is not None and not bounds.hold(value):
            self.errors[name] = bounds_message(value, bounds)
            return None
        return value

    def numbers(self, name: str, bounds: Bounds) -> tuple[Decimal, ...]:
        """Read several numbers that are separated by blanks or semicolons."""
        typed = self.values.get(name)
        parts = typed.replace(";", " ").split() if isinstance(typed, str) else [typed]
        found = (self._number(name, part, bounds) for part in parts)
        return tuple(one for one in found if one is not None)

    def millimetres(self) -> int | None:
        """Read the staple length, rounded once to whole millimetres."""
        length = self.number("length_mm", LENGTH_MM)
        return None if length is None else int(length.quantize(Decimal(1), ROUND_HALF_UP))

    def grams(self, name: str) -> int | None:
        """Read kilograms as grams."""
        kilograms = self.number(name, scaled(MASS_G, 1 / THOUSAND))
        return None if kilograms is None else int((kilograms * THOUSAND).quantize(Decimal(1), ROUND_HALF_UP))

    def density(self) -> Decimal | None:
        value = self.number("density", DENSITY_G_ML)
        refused = self.errors.get("density")
        typed = refused.params.get("value") if refused else None
        if isinstance(typed, Decimal) and scaled(DENSITY_G_ML, THOUSAND).hold(typed):
            self.errors["density"] = Message(DENSITY_UNIT, {"value": typed})
        return value

    def freezing_point(self) -> Mapping[str, Decimal]:
        """Read the freezing point; a positive one is asked about, never turned round."""
        value = self.number("freezing_point", FREEZING_POINT_C)
        if "freezing_point" in self.errors:
            params = {"low": FREEZING_POINT_C.low, "high": FREEZING_POINT_C.high}
            self.errors["freezing_point"] = Message(FREEZING_SIGN, params)
        return {} if value is None else {"freezing_point": value}

    def water(self) -> Decimal | str | None:
        """Read added water: the percent that an analyser gives, or the word of an inspection."""
        typed = self.text("added_water")
        is_number = typed is not None and typed[:1] in "+-0123456789"
        return self.number("added_water", PERCENT) if is_number else self.choice("added_water", MILK_WORDS)

    def choice(self, name: str, options: tuple[str, ...]) -> str | None:
        value = self.text(name)
        if value is None or value in options:
            return value
        wanted = {plain(option): option for option in options}
        said = plain(value)
        found = wanted.get(said) or wanted.get(plain(SPANISH_WORDS.get(said, "")))
        if found is None:
            self.errors[name] = Message(NOT_A_CHOICE, {"value": value[:40]})
        return found

    def choices(self, name: str, options: tuple[str, ...]) -> tuple[str, ...]:
        found = tuple((self.text(name) or "").replace(";", " ").split())
        for value in found:
            if value not in options:
                self.errors[name] = Message(NOT_A_CHOICE, {"value": value[:40]})
        return found
