"""What may be recorded of a lot, per commodity, as one table; and the reading of those values. Pure."""

import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from chain.core.i18n import N_, Message
from chain.core.quantity import Unit
from chain.grading import attributes as plausible
from chain.grading.attributes import Bounds, parse_number
from chain.grading.scheme import ALPACA_FIBRE, COMMODITY_LABELS, LLAMA_CARCASS, LLAMA_FIBRE, RAW_MILK
from chain.grading.scheme_files import colour_lists
from chain.lots.products import LIVE_LLAMA, PRODUCTS

COLOUR_LIST = "colours-aoa"
MAX_WORDS = 60
#: Longest text, and largest number, whose canonical form is remembered.
MAX_REMEMBERED, MAX_REMEMBERED_BYTES = 60, 200

NOT_A_NUMBER = N_("“%(value)s” is not a number. Write 12.5 or 12,5, without thousands separators.")
OUT_OF_BOUNDS = N_("%(value)s %(unit)s is not believable: it must lie from %(low)s to %(high)s.")
TOO_MANY_DECIMALS = N_("Write at most %(places)s decimals.")
NOT_A_CHOICE = N_("“%(value)s” is not one of the options.")
UNKNOWN_COLOUR = N_("“%(value)s” is not in the colour list.")
TOO_LONG = N_("Write at most %(limit)s characters.")
UNKNOWN_ATTRIBUTE = N_("This is not recorded for this product.")
DENSITY_UNIT = N_("Write the density in g/ml, such as 1.030. %(value)s looks like kg/m³.")
MISSING = N_("Fill in this field.")


class Kind(StrEnum):
    """How a value is typed and kept."""

    NUMBER = "number"
    CHOICE = "choice"
    COLOUR = "colour"
    WORDS = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeSpec:
    """One thing that may be recorded of a commodity."""

    key: str
    label: str
    kind: Kind
    unit: str = ""
    bounds: Bounds | None = None
    decimals: int = 0
    #: value to label, in the order of the form
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommoditySpec:
    """How a commodity is weighed or measured, and within which limits a delivery is believed."""

    key: str
    label: str
    unit: Unit
    icon: str
    least: int
    most: int
    #: a container is weighed too, so gross and tare are asked
    is_tared: bool
    #: the class is chosen by a person, because the norm states no limits
    is_class_chosen: bool = False
    attributes: tuple[AttributeSpec, ...]

    @property
    def by_key(self) -> Mapping[str, AttributeSpec]:
        """The attributes by their key."""
        return _BY_KEY[self.key]


def _number(key: str, label: str, unit: str, bounds: Bounds, decimals: int) -> AttributeSpec:
    return AttributeSpec(key=key, label=label, kind=Kind.NUMBER, unit=unit, bounds=bounds, decimals=decimals)


def _choice(key: str, label: str, options: Mapping[str, str]) -> AttributeSpec:
    return AttributeSpec(key=key, label=label, kind=Kind.CHOICE, options=options)


_COLOURS = next(one for one in colour_lists() if one.key == COLOUR_LIST).colours
#: every colour by its key, in the order of the card
COLOURS = {one.key: one for one in _COLOURS}
_COLOUR_WORDS = {
    word.casefold(): one.key
    for one in _COLOURS
    for word in (one.key, one.letters, one.names["es"], one.names["en"])
}

_COLOUR = AttributeSpec(key="colour", label=N_("Colour"), kind=Kind.COLOUR)
_MICRON = _number("micron", N_("Mean micron"), "µm", plausible.MICRON, 2)
_LENGTH = _number("length_mm", N_("Staple length"), "mm", plausible.LENGTH_MM, 0)
_ALPACA_BREED = _choice(
    "breed",
    N_("Breed"),
    {"huacaya": N_("Huacaya"), "suri": N_("Suri"), "mixed": N_("Mixed"), "not_recorded": N_("Not recorded")},
)
_LLAMA_BREED = _choice(
    "breed",
    N_("Breed"),
    {
        "qara": N_("Q'ara"),
        "chaku": N_("Ch'aku"),
        "mixed": N_("Mixed"),
        "not_recorded": N_("Not recorded"),
    },
)

#: Limits per delivery are the project's own: beyond them lies a slip of the pen or a wrong unit, not a delivery.
FIBRE_LEAST_G, FIBRE_MOST_G = 50, 5_000_000
MILK_LEAST_ML, MILK_MOST_ML = 100, 5_000_000
CARCASS_LEAST_G, CARCASS_MOST_G = 5_000, 150_000
LIVE_LEAST_G, LIVE_MOST_G = 5_000, 30_000_000
#: Animals weighed together: a truck's load.
HEADS = Bounds(Decimal(1), Decimal(300))


def _fibre(key: str, breed: AttributeSpec) -> CommoditySpec:
    return CommoditySpec(
        key=key,
        label=COMMODITY_LABELS[key],
        unit=Unit.GRAM,
        icon="fibre",
        least=FIBRE_LEAST_G,
        most=FIBRE_MOST_G,
        is_tared=True,
        attributes=(breed, _COLOUR, _MICRON, _LENGTH),
    )


_MILK = CommoditySpec(
    key=RAW_MILK,
    label=COMMODITY_LABELS[RAW_MILK],
    unit=Unit.MILLILITRE,
    icon="milk",
    least=MILK_LEAST_ML,
    most=MILK_MOST_ML,
    is_tared=False,
    attributes=(
        _choice("shift", N_("Shift"), {"am": N_("Morning"), "pm": N_("Afternoon")}),
        _number("temperature_c", N_("Temperature"), "°C", plausible.TEMPERATURE_C, 1),
        _number("fat_pct", N_("Fat"), "%", plausible.FAT_PCT, 2),
        _number("density_g_ml", N_("Density"), "g/ml", plausible.DENSITY_G_ML, 4),
    ),
)
_AGE = _choice(
    "age_class",
    N_("Age by teeth"),
    {
        "DL": N_("Milk teeth (DL)"),
        "2D": N_("Two teeth (2D)"),
        "4D": N_("Four teeth (4D)"),
        "BLL": N_("Full mouth (BLL)"),
        "not_recorded": N_("Not recorded"),
    },
)
_SEX = _choice("sex", N_("Sex of the animal"), {"female": N_("Female"), "male": N_("Male")})
_CARCASS = CommoditySpec(
    key=LLAMA_CARCASS,
    label=COMMODITY_LABELS[LLAMA_CARCASS],
    unit=Unit.GRAM,
    icon="meat",
    least=CARCASS_LEAST_G,
    most=CARCASS_MOST_G,
    is_tared=True,
    is_class_chosen=True,
    attributes=(
        _AGE,
        _choice(
            "sarcocystis",
            N_("Sarcocystis (“arrocillo”)"),
            {
                "absent": N_("Not found"),
                "present": N_("Found"),
                "not_inspected": N_("Not inspected"),
            },
        ),
        _SEX,
        AttributeSpec(key="conformation", label=N_("Conformation"), kind=Kind.WORDS),
        AttributeSpec(key="finish", label=N_("Finish (fat cover)"), kind=Kind.WORDS),
    ),
)

#: Sold on the hoof or slaughtered later; no norm classes it, so its class stays open.
_LIVE = CommoditySpec(
    key=LIVE_LLAMA,
    label=PRODUCTS[LIVE_LLAMA].label,
    unit=Unit.GRAM,
    icon="meat",
    least=LIVE_LEAST_G,
    most=LIVE_MOST_G,
    is_tared=True,
    attributes=(_number("heads", N_("Heads"), "", HEADS, 0), _AGE, _SEX),
)

#: Everything that a producer may deliver. A new commodity is a new row here and a scheme in grading.
SPECS: Mapping[str, CommoditySpec] = {
    ALPACA_FIBRE: _fibre(ALPACA_FIBRE, _ALPACA_BREED),
    LLAMA_FIBRE: _fibre(LLAMA_FIBRE, _LLAMA_BREED),
    RAW_MILK: _MILK,
    LLAMA_CARCASS: _CARCASS,
    LIVE_LLAMA: _LIVE,
}
_BY_KEY = {key: {one.key: one for one in spec.attributes} for key, spec in SPECS.items()}

Value = Decimal | int | str


class NotBelievable(ValueError):
    """A value of an attribute that cannot be kept; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def clean_words(text: str) -> str:
    """Return a text without control characters and halves of characters, with single spaces."""
    kept = (letter for letter in text if unicodedata.category(letter) not in {"Cc", "Cs"} or letter.isspace())
    return " ".join("".join(kept).split())


def read_value(commodity: str, key: str, typed: object) -> str | None:
    """Return the canonical text of a value, None for a blank. 22.50 and "22,5" both give "22.5".

    Raises:
        NotBelievable: no number, no option, out of bounds, or not an attribute of the commodity.
    """
    if typed is None or typed == "":
        return None
    if isinstance(typed, float):
        typed = Decimal(repr(typed))
    if isinstance(typed, Decimal) and not typed.is_finite():
        raise NotBelievable(Message(NOT_A_NUMBER, {"value": str(typed)}))
    if isinstance(typed, bool) or not isinstance(typed, str | int | Decimal):
        raise NotBelievable(Message(NOT_A_CHOICE, {"value": str(typed)[:40]}))
    answer = (_read if _is_short(key, typed) else _read.__wrapped__)(commodity, key, typed)
    if isinstance(answer, Message):
        raise NotBelievable(answer)
    return answer


def _is_short(key: str, typed: object) -> bool:
    """Tell whether an answer may be remembered: what strangers send must not fill the memory."""
    if len(key) > MAX_REMEMBERED:
        return False
    if isinstance(typed, str):
        return len(typed) <= MAX_REMEMBERED
    return sys.getsizeof(typed) <= MAX_REMEMBERED_BYTES


@lru_cache(maxsize=16_384, typed=True)
def _read(commodity: str, key: str, typed: Any) -> str | Message | None:
    spec = _BY_KEY[commodity].get(key)
    if spec is None:
        return Message(UNKNOWN_ATTRIBUTE)
    if spec.kind is Kind.NUMBER:
        return _read_number(spec, typed)
    text = clean_words(str(typed))
    if not text:
        return None
    if spec.kind is Kind.COLOUR:
        return _COLOUR_WORDS.get(text.casefold()) or Message(UNKNOWN_COLOUR, {"value": text[:40]})
    if spec.kind is Kind.CHOICE:
        return text if text in spec.options else Message(NOT_A_CHOICE, {"value": text[:40]})
    return text if len(text) <= MAX_WORDS else Message(TOO_LONG, {"limit": MAX_WORDS})


def _read_number(spec: AttributeSpec, typed: Any) -> str | Message | None:
    try:
        value = parse_number(typed)
    except ValueError:
        return Message(NOT_A_NUMBER, {"value": str(typed)[:40]})
    if value is None:
        return None
    if spec.bounds is not None and not spec.bounds.hold(value):
        return _out_of_bounds(spec, spec.bounds, value)
    if value != value.quantize(Decimal(1).scaleb(-spec.decimals)):
        return Message(TOO_MANY_DECIMALS, {"places": spec.decimals})
    return f"{value.normalize():f}"


def _out_of_bounds(spec: AttributeSpec, bounds: Bounds, value: Decimal) -> Message:
    thousand = Decimal(1000)
    if spec.key == "density_g_ml" and bounds.low * thousand <= value <= bounds.high * thousand:
        return Message(DENSITY_UNIT, {"value": value})
    params = {"value": value, "unit": spec.unit, "low": bounds.low, "high": bounds.high}
    return Message(OUT_OF_BOUNDS, params)
