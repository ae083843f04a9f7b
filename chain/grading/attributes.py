"""What is known of a lot when it is classed, and which values can be true at all. Reading them is in `attribute_reader`. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from chain.core.i18n import N_, Message


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
PERCENT = Bounds(Decimal(0), Decimal(100))
MASS_G = Bounds(Decimal(0), Decimal(100_000_000))
MICRON_UNCERTAINTY = Bounds(Decimal(0), Decimal(5))
COUNT = Bounds(Decimal(0), Decimal(1_000_000_000))
#: Results of raw milk beside fat, density, temperature and freezing point, by the key that the norms use. The bounds are
#: this project's own: they catch another unit (acidity in Dornic degrees, hours as minutes), not poor milk.
MILK_NUMBERS = {
    "total_solids": Bounds(Decimal(5), Decimal(25)),
    "solids_not_fat": Bounds(Decimal(4), Decimal(15)),
    "acidity_lactic": Bounds(Decimal("0.05"), Decimal("0.60")),
    "ash": Bounds(Decimal("0.2"), Decimal(2)),
    "protein": Bounds(Decimal(1), Decimal(8)),
    "lactose": Bounds(Decimal(1), Decimal(8)),
    "ph": Bounds(Decimal("5.5"), Decimal("8.5")),
    "reductase": Bounds(Decimal(0), Decimal(24)),
    "hold_time": Bounds(Decimal(0), Decimal(240)),
}
MILK_COUNTS = ("mesophiles", "coliforms", "somatic_cells", "staphylococcus_aureus", "moulds_yeasts")
MILK_RESULTS = (
    "added_water",
    "alcohol_test",
    "antibiotics",
    "colostrum",
    "foreign_substances",
    "herd_brucellosis",
    "herd_fmd_vaccination",
    "herd_tuberculosis",
    "inhibitors",
    "neutralisers",
    "preservatives",
    "veterinary_care",
)

THOUSAND = Decimal(1000)
GRAMS_PER_KG = 1000

SARCOCYSTIS = ("absent", "present", "not_inspected")
SITES = ("neck", "groin", "leg", "shoulder", "other")
AGE_CLASSES = ("DL", "2D", "4D", "BLL", "not_recorded")
SEXES = ("female", "male", "castrated_male", "not_recorded")
#: what an inspection of milk answers; not_tested is no answer
MILK_WORDS = (
    "absent",
    "present",
    "negative",
    "positive",
    "does_not_coagulate",
    "coagulates",
    "below_mrl",
    "above_mrl",
    "certified_free",
    "not_certified",
    "vaccinated",
    "not_vaccinated",
    "yes",
    "no",
    "not_tested",
)

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
    #: ± of the instrument in µm; None: the usual 0.4
    uncertainty: Decimal | None = None
    #: a class that an appraiser decided, such as H7: it overrides micron and length
    appraised: str | None = None
    #: held only against limits that somebody has confirmed
    moisture_pct: Decimal | None = None
    mineral_solids_pct: Decimal | None = None
    grease_pct: Decimal | None = None


@dataclass(frozen=True, slots=True)
class FleeceAttributes:
    """A sorted fleece or lot of fleeces: grams per quality, or the shares in percent; what is None is unknown, not zero.

    With `total_g` a quality that is not named counts as zero when the named ones sum to the total. An expert's estimate says
    so in `is_estimate`. `colour_term` is entero, canoso or pintado.
    """

    mass_g: Mapping[str, int | None] = field(default_factory=dict)
    total_g: int | None = None
    superior_pct: Decimal | None = None
    inferior_pct: Decimal | None = None
    baby_pct: Decimal | None = None
    length_mm: int | None = None
    colour_term: str | None = None
    moisture_pct: Decimal | None = None
    mineral_solids_pct: Decimal | None = None
    is_estimate: bool = False
    #: ± of the shares, in percent of the mass
    uncertainty: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ColourObservation:
    """The registered colour of a fibre by the key of its list, what was found in it, and what the buyer chose."""

    registered: str | None = None
    findings: frozenset[str] = frozenset()
    #: the processing colour that a person chose where the rules leave several
    chosen: str | None = None


@dataclass(frozen=True, slots=True)
class MilkAttributes:
    """Results of a delivery: fat in percent as the instrument gives it, density in g/ml, temperature in °C.

    `other` holds results of further parameters by the key of the norm: numbers, or the word of an inspection.
    """

    fat: Decimal | None = None
    density: Decimal | None = None
    temperature: Decimal | None = None
    other: Mapping[str, Decimal | str] = field(default_factory=dict)
    #: counts of a sampling plan by the key of the norm, one per sample
    samples: Mapping[str, tuple[Decimal, ...]] = field(default_factory=dict)
    #: ± of the instrument by the key of the norm; otherwise that of the usual analyser
    uncertainty: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CarcassAttributes:
    """Sarcocystis and weight are enough; `chosen_class` is what a person decided."""

    weight_g: int | None = None
    sarcocystis: str | None = None
    sites: tuple[str, ...] = ()
    age_class: str | None = None
    chosen_class: str | None = None
    sex: str | None = None
    conformation: str | None = None
    finish: str | None = None


Attributes = FibreAttributes | FleeceAttributes | ColourObservation | MilkAttributes | CarcassAttributes
Typed = str | int | Decimal | None


class AttributesRefused(ValueError):
    """Some attributes cannot be true; `errors` has a message for each of them."""

    def __init__(self, errors: Mapping[str, Message]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


def scaled(bounds: Bounds, factor: Decimal) -> Bounds:
    return Bounds(bounds.low * factor, bounds.high * factor)


def bounds_message(value: Decimal, bounds: Bounds) -> Message:
    return Message(OUT_OF_BOUNDS, {"value": value, "low": bounds.low, "high": bounds.high})


def density_from_kg_m3(value: Decimal) -> Decimal:
    """Return g/ml for a density in kg/m³, for imports whose unit a person has confirmed. 1030 → 1.030.

    Raises:
        AttributesRefused: the result is no density of milk.
    """
    density = value / THOUSAND
    if not DENSITY_G_ML.hold(density):
        raise AttributesRefused({"density": bounds_message(value, scaled(DENSITY_G_ML, THOUSAND))})
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
