"""The content of a version of a price scheme: typed, frozen, the same words as its document. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from chain.core.i18n import N_


class SchemeKind(StrEnum):
    """How the base of a price is found."""

    FLAT = "flat"
    CLASSES = "classes"
    MILK = "milk"
    SHARE = "share"


KIND_LABELS: Mapping[str, str] = {
    SchemeKind.FLAT: N_("One price for everything (al barrer)"),
    SchemeKind.CLASSES: N_("A price per class and colour"),
    SchemeKind.MILK: N_("Milk: by day, quota and composition"),
    SchemeKind.SHARE: N_("A share of what the sale brings"),
}


class PayUnit(StrEnum):
    """What a price is for."""

    KILOGRAM = "kg"
    LITRE = "l"


class Effect(StrEnum):
    """Whether a condition adds to the price or takes off."""

    PREMIUM = "premium"
    PENALTY = "penalty"


class Basis(StrEnum):
    """How composition is paid."""

    #: every gram of it has a price
    GRAM = "gram"
    #: each point of percent above or below a reference changes the price of the litre or kilogram
    POINT = "point"


class MissingRule(StrEnum):
    """What is done for a delivery without an analysis."""

    MEAN_OF_LAST_THREE = "mean_of_last_three"
    BASE_ONLY = "base_only"


@dataclass(frozen=True, slots=True)
class ClassPrice:
    """The price of a class, in one colour, one group of colours or any."""

    grade: str
    colour: str | None
    price_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A premium or penalty with a name. Every condition that is given must hold; both ends of a band count.

    Rows of one name are a ladder: the first that fits counts, the others do not.
    """

    name: str
    effect: Effect
    #: minor units per kilogram or litre, never negative; the effect gives the sign
    per_unit_minor: int = 0
    #: hundredths of a percent of the base
    basis_points: int = 0
    parameter: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    #: at least this claim
    claim: str | None = None
    #: thousandths of the unit over the days that are priced together
    volume_low: int | None = None
    volume_high: int | None = None
    #: month and day, both included; a season may run over the new year
    season_from: tuple[int, int] | None = None
    season_to: tuple[int, int] | None = None
    is_for_women: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """A constituent that is paid: fat, protein, solids-not-fat or total solids, in percent."""

    parameter: str
    basis: Basis
    #: gram: minor units per kilogram of the constituent; point: minor units per litre or kilogram and point of percent
    rate_minor: int
    reference: Decimal | None = None
    #: results beyond these count as these
    low: Decimal | None = None
    high: Decimal | None = None
    #: what is assumed for a producer who has no result yet
    typical: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPrices:
    """The prices beside that of the weekday; None means that it has no price of its own."""

    sunday_minor: int | None = None
    excess_weekday_minor: int | None = None
    excess_sunday_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """What is paid at the gate; the rest follows after the sale."""

    basis_points: int = 0
    per_unit_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceContent:
    """Everything that a version says about the price."""

    kind: SchemeKind
    unit: PayUnit
    #: of flat and milk schemes; of class schemes what a class that is not listed pays, None: it has no price
    base_minor: int | None = None
    #: scheme and edition that the classes are of
    grades_from: tuple[str, str] | None = None
    classes: tuple[ClassPrice, ...] = ()
    #: groups of colours that rows of `classes` may name
    colour_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    days: DayPrices | None = None
    composition: tuple[Composition, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    missing: MissingRule = MissingRule.MEAN_OF_LAST_THREE
    #: kilograms per litre where milk is paid by the kilogram and its density was not measured
    density: Decimal | None = None
    advance: Advance | None = None
    #: hundredths of a percent of the proceeds that the producers get
    share_basis_points: int | None = None
    #: a period is paid only if one version covers all its days
    is_for_whole_periods: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """The results that the price looks at, each once."""
        keys = [one.parameter for one in self.composition]
        keys += [one.parameter for one in self.adjustments if one.parameter]
        return tuple(dict.fromkeys(keys))


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeSpan:
    """A version of a scheme and the days on which it is in force, both included; an open end is None."""

    version_id: UUID
    scheme_id: UUID
    key: str
    name: str
    number: int
    currency: str
    valid_from: date
    valid_to: date | None
    content: PriceContent
    decided_by: str = ""

    def holds(self, day: date) -> bool:
        """Tell whether the version is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def covers(self, first: date, last: date) -> bool:
        """Tell whether the version is in force on every day of a period."""
        return self.holds(first) and self.holds(last)
