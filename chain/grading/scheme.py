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
    MICRON_LENGTH = "micron-length-grades"
    FLEECE = "fleece-categories"
    COLOURS = "colours"
    COLOUR_RULES = "colour-rules"
    LIMITS = "quality-limits"
    CARCASS = "carcass-classes"


#: Kinds that name colours: a lot gets no class by them.
WITHOUT_CLASSES = frozenset({Kind.COLOURS, Kind.COLOUR_RULES})


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
    #: keys of the length classes in which the class is taken, and of those in which it is refused; empty: any length
    lengths: tuple[str, ...] = ()
    refused_lengths: tuple[str, ...] = ()
    #: what no instrument measures, such as a soft touch: printed beside the class, judged by the appraiser
    also_requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SorterClass:
    """A class that a sorter or appraiser decides by eye (Corta); no micron ever leads to it."""

    key: str
    names: Names
    is_active: bool
    status: Strength
    note: str | None = None
    #: sorter: the word "short" leads to it; appraiser: only its own key does
    decided_by: Literal["sorter", "appraiser"] = "sorter"


@dataclass(frozen=True, slots=True)
class LengthClass:
    """A class by staple length: from `min_mm`, and up to `max_mm` or below `below_mm`; None is open-ended."""

    key: str
    names: Names
    status: Strength
    min_mm: int | None = None
    max_mm: int | None = None
    below_mm: int | None = None
    #: where a micron class ends the length class earlier: its key → the longest staple in mm
    max_mm_of_class: Mapping[str, int] = field(default_factory=dict)

    def holds(self, length_mm: int, micron_class: str | None = None) -> bool:
        """Whether a staple belongs here; both ends count, `below_mm` does not."""
        if self.min_mm is not None and length_mm < self.min_mm:
            return False
        if self.below_mm is not None and length_mm >= self.below_mm:
            return False
        longest = self.max_mm_of_class.get(micron_class or "", self.max_mm)
        return longest is None or length_mm <= longest


@dataclass(frozen=True, slots=True)
class LengthGrade:
    """A grade that the length class decides, up to a micron (H6 short of AAFL)."""

    key: str
    names: Names
    status: Strength
    lengths: tuple[str, ...]
    upper_micron: Decimal | None


@dataclass(frozen=True, slots=True)
class Requirement:
    """A limit beside the classes, such as moisture; None is not known."""

    key: str
    maximum: Decimal | None
    status: Strength


#: none: the length decides nothing. warn: a staple below the minimum is told. refuse: it gets no class.
#: short-class: it gets the active class of the sorter (Corta).
LengthCheck = Literal["none", "warn", "refuse", "short-class"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MicronScheme(Scheme):
    """Classes by mean fibre diameter, finest first; `length_check` says what a staple below a class's minimum does.

    With `kind` MICRON_LENGTH micron and length decide together; with MICRON the length class is a result of its own.
    """

    classes: tuple[MicronClass, ...]
    sorter_classes: tuple[SorterClass, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    length_check: LengthCheck = "none"
    length_classes: tuple[LengthClass, ...] = ()
    length_grades: tuple[LengthGrade, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedClass:
    """A class or category that is only a name here: no limit is known, or none applies."""

    key: str
    names: Names
    status: Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class FleeceCategory:
    """A category of a whole fleece. A condition of None is not asked for; the shares are percent of the sorted mass."""

    key: str
    names: Names
    status: Strength
    superior_min_pct: Decimal
    superior_max_pct: Decimal
    baby_min_pct: Decimal | None
    min_length_mm: int | None
    #: the colour terms that it takes; empty: any
    colours: tuple[str, ...] = ()
    moisture_max_pct: Decimal | None = None
    mineral_solids_max_pct: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """The qualities of a sorting that count together."""

    qualities: tuple[str, ...]
    status: Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class FleeceScheme(Scheme):
    """Categories of a whole fleece, dearest first. Sorted proportions decide, never a mean micron."""

    categories: tuple[FleeceCategory, ...]
    superior: Share
    inferior: Share
    #: qualities whose side is not known: while they weigh anything, nothing is decided until a person names the side
    undecided: Share
    #: what counts as baby for the baby share
    baby: Share
    #: scheme and edition whose classes the sorting uses
    classes_from: tuple[str, str]
    colour_terms: tuple[NamedClass, ...] = ()

    @property
    def qualities(self) -> tuple[str, ...]:
        """Every quality of the sorting, the better ones first."""
        return (*self.superior.qualities, *self.undecided.qualities, *self.inferior.qualities)


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
class ColourRule:
    """When a fibre of some colours shows something, the buyer processes it as other colours."""

    key: str
    #: what it says, for people
    text: Names
    status: Strength
    #: registered colours to which it applies
    colours: tuple[str, ...]
    #: any of these findings sets it off
    findings: tuple[str, ...]
    #: the colours that it leads to; several: a person chooses
    options: tuple[str, ...]
    #: where each registered colour has one answer of its own
    by_colour: Mapping[str, str] = field(default_factory=dict)
    #: False: it may lead there, so that the registered colour stays among the options
    is_certain: bool = True
    #: the options in the buyer's own words, such as "light fawn or grey"
    options_text: Names | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourRuleScheme(Scheme):
    """How a buyer decides the colour in which a fibre is processed; the first rule that applies counts."""

    #: scheme and edition of the colour list, and the names of its colours
    colours_from: tuple[str, str]
    colours: tuple[NamedClass, ...]
    #: what may be seen in the fibre beside its colour
    findings: tuple[NamedClass, ...]
    rules: tuple[ColourRule, ...]


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
    #: sampling plan: n samples, at most c of them above m, none above M
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
class CarcassLimits:
    """What a carcass class asks for; None or empty: not asked."""

    weight_min_g: int | None = None
    weight_max_g: int | None = None
    sarcocystis: tuple[str, ...] = ()
    age_classes: tuple[str, ...] = ()
    sexes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CarcassClass:
    """A class of carcasses; without limits it is only a name, and a person chooses it."""

    key: str
    names: Names
    status: Strength
    limits: CarcassLimits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarcassScheme(Scheme):
    """Classes, best first. Where no class has limits, a person chooses the class."""

    classes: tuple[CarcassClass, ...]
    parameters: tuple[Parameter, ...]


def class_names_of(scheme: Scheme) -> Mapping[str, Names]:
    """Return every class that a lot can get by this scheme, best first, with its names; a milk norm has its verdicts elsewhere."""
    match scheme:
        case MicronScheme():
            found = {one.key: one.names for one in scheme.classes}
            found |= {one.key: one.names for one in scheme.length_grades}
            return found | {one.key: one.names for one in scheme.sorter_classes if one.is_active}
        case FleeceScheme():
            return {one.key: one.names for one in scheme.categories}
        case CarcassScheme():
            return {one.key: one.names for one in scheme.classes}
        case ColourScheme() | ColourRuleScheme():
            return {one.key: one.names for one in scheme.colours}
        case _:
            return {}
