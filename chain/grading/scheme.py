"""The types of a grading scheme. Pure values: reading them from files is in `scheme_files`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from chain.core.i18n import N_

ALPACA_FIBRE = "alpaca-fibre"
LLAMA_FIBRE = "llama-fibre"
RAW_MILK = "raw-milk"
LLAMA_CARCASS = "llama-carcass"
COMMODITIES = (ALPACA_FIBRE, LLAMA_FIBRE, RAW_MILK, LLAMA_CARCASS)
COMMODITY_LABELS = {
    ALPACA_FIBRE: N_("Alpaca fibre"),
    LLAMA_FIBRE: N_("Llama fibre"),
    RAW_MILK: N_("Raw milk"),
    LLAMA_CARCASS: N_("Llama carcass"),
}

Names = Mapping[str, str]
"""A name by language: keys "es" and "en"."""


class Strength(StrEnum):
    """How well a value is known, weakest last. `not_known` means that there is no figure at all."""

    CONFIRMED = "confirmed"
    SECONDARY = "secondary"
    THIRD_HAND = "third-hand"
    UNCONFIRMED = "unconfirmed"
    NOT_KNOWN = "not_known"


STRENGTH_LABELS = {
    Strength.CONFIRMED: N_("confirmed"),
    Strength.SECONDARY: N_("secondary source"),
    Strength.THIRD_HAND: N_("third-hand"),
    Strength.UNCONFIRMED: N_("unconfirmed"),
    Strength.NOT_KNOWN: N_("not known"),
}
_ORDER = tuple(Strength)


def weakest(*strengths: Strength) -> Strength:
    """Return the weakest of the strengths: a result is as strong as the weakest value it rests on."""
    return max(strengths, key=_ORDER.index)


class Kind(StrEnum):
    """What decides in a scheme."""

    MICRON = "micron-classes"
    FLEECE = "fleece-categories"
    COLOURS = "colours"
    LIMITS = "quality-limits"
    CARCASS = "carcass-classes"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the values of a scheme come from."""

    id: str
    what: str
    url: str | None
    status: Strength


@dataclass(frozen=True, slots=True)
class Rounding:
    """How a value is rounded before it is compared; `decimals` is None when the value is compared as recorded."""

    decimals: int | None
    status: Strength
    is_project_choice: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """The head that every scheme has: identity, sources and strength."""

    key: str
    edition: str
    commodity: str
    kind: Kind
    status: Strength
    label: Names
    sources: tuple[Source, ...]
    rounding: Rounding | None
    #: for whoever edits the file: traps and open questions, never printed for users
    notes: tuple[str, ...]
    #: False: nobody gets this scheme unless they choose it, because its values still have to be checked.
    enabled_by_default: bool

    @property
    def id(self) -> str:
        """`scheme@edition`, as it stands in addresses and choices."""
        return f"{self.key}@{self.edition}"


@dataclass(frozen=True, slots=True)
class KnownLength:
    """A minimum staple length with its strength; `conflict_mm` is another figure that is quoted too."""

    value_mm: int | None
    status: Strength
    conflict_mm: int | None = None


@dataclass(frozen=True, slots=True)
class MicronClass:
    """A class by mean fibre diameter: everything up to and including `upper_micron`; None is open-ended."""

    key: str
    names: Names
    printed: str
    upper_micron: Decimal | None
    status: Strength
    minimum_length: KnownLength
    bands: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class SorterClass:
    """A class that a sorter decides by eye (Corta); no micron ever leads to it."""

    key: str
    names: Names
    is_active: bool
    status: Strength
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """A limit beside the classes, such as moisture; None is not known."""

    key: str
    maximum: Decimal | None
    status: Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class MicronScheme(Scheme):
    """Classes by mean fibre diameter, finest first."""

    classes: tuple[MicronClass, ...]
    sorter_classes: tuple[SorterClass, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    length_check: Literal["none", "warn"] = "none"


@dataclass(frozen=True, slots=True)
class NamedClass:
    """A class or category that is only a name here: no limit is known, or none applies."""

    key: str
    names: Names
    status: Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class FleeceScheme(Scheme):
    """Categories of a whole fleece, dearest first. Sorted proportions decide, never a mean micron."""

    categories: tuple[NamedClass, ...]


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour of a list; letters mean nothing without the scheme."""

    key: str
    letters: str
    number: int
    names: Names
    family: str
    status: Strength
    #: in an organisation's own list: the key of the standard list that lots keep
    stands_for: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourScheme(Scheme):
    """Colours in the order of the published table, lightest first."""

    colours: tuple[Colour, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One thing that is measured or inspected. A limit of None is not known; `confidence` has a word per value."""

    key: str
    names: Names
    kind: Literal["numeric", "qualitative", "requirement", "sampling_plan"]
    unit: str | None
    minimum: Decimal | None
    maximum: Decimal | None
    maximum_is_inclusive: bool
    required_result: str | None
    method: str | None
    confidence: Mapping[str, Strength]
    values: tuple[str, ...] = ()
    #: The record is complete with these alone; everything else may stay blank.
    is_needed: bool = False
    plan: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def limit_strength(self) -> Strength:
        """Strength of the limits that exist; NOT_KNOWN when there is none."""
        used = [
            self.confidence.get(name, Strength.UNCONFIRMED)
            for name, value in (
                ("min", self.minimum),
                ("max", self.maximum),
                ("required_result", self.required_result),
                ("plan", self.plan or None),
            )
            if value is not None
        ]
        return weakest(*used) if used else Strength.NOT_KNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitScheme(Scheme):
    """Limits per parameter, as for raw milk."""

    parameters: tuple[Parameter, ...]

    def parameter(self, key: str) -> Parameter | None:
        return next((found for found in self.parameters if found.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarcassScheme(Scheme):
    """Class names, best first, without limits: a person chooses the class."""

    classes: tuple[NamedClass, ...]
    parameters: tuple[Parameter, ...]
