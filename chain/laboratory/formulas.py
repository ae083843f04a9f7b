"""Figures that are calculated from measurements: each with its formula, its source and how strong that is. Pure.

Whatever parties agree by contract (regain, the constant of a solids formula) has no default here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from chain.core.i18n import N_
from chain.lots.products import FIBRE, MILK

#: Of the constant in the formula of spinning fineness.
SPINNING_CONSTANT = Decimal("0.8811")
SNF_CONSTANTS = (Decimal("0.14"), Decimal("0.36"), Decimal("0.44"), Decimal("0.72"))
THOUSAND, HUNDRED = Decimal(1000), Decimal(100)
#: Regain that a contract may name: beyond it lies a slip of the pen.
MAX_REGAIN = Decimal(40)
_CONTEXT = Context(prec=28)


@dataclass(frozen=True, slots=True)
class Input:
    """What a formula takes: a measured attribute, the lot's own quantity, or a figure of the contract."""

    key: str
    label: str
    #: a key of the attributes; None for what is no measurement
    attribute: str | None = None
    unit: str = ""
    #: "measured", "quantity" (kilograms or litres of the lot) or "contract" (agreed, without a default)
    kind: str = "measured"
    #: the only values of a contract's figure, when there are few
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A formula with its provenance. `strength`: confirmed, secondary, calculated, unconfirmed or project-choice."""

    key: str
    label: str
    #: the attribute of the result
    gives: str
    forms: frozenset[str]
    inputs: tuple[Input, ...]
    text: str
    source: str
    strength: str
    compute: Callable[[Mapping[str, Decimal]], Decimal]
    #: what the result refers to, where the attribute asks for it
    basis: str | None = None


def cv_pct(sd: Decimal, mean: Decimal) -> Decimal:
    """Coefficient of variation: 100 × SD ÷ mean, two decimals. SD 5.31, mean 26.3 → 20.19."""
    return _rounded(HUNDRED * sd / mean, 2)


def prickle_pct(comfort: Decimal) -> Decimal:
    """Prickle factor: 100 - comfort factor. 96.8 → 3.2."""
    return _rounded(HUNDRED - comfort, 2)


def comfort_pct(prickle: Decimal) -> Decimal:
    """Comfort factor: 100 - share of fibres above 30 µm. 3.2 → 96.8."""
    return _rounded(HUNDRED - prickle, 2)


def spinning_fineness_um(mean: Decimal, cv: Decimal) -> Decimal:
    """Spinning fineness: 0.8811 × mean × √(1 + 5 × (CV ÷ 100)²). Mean 26.3, CV 20.2 → 25.43 (25.4).

    The constant is unconfirmed; with it the result equals the mean at a CV of 24 %.
    """
    root = _CONTEXT.sqrt(1 + 5 * (cv / HUNDRED) ** 2)
    return _rounded(SPINNING_CONSTANT * mean * root, 2)


def yield_pct(clean: Decimal, greasy: Decimal) -> Decimal:
    """Clean yield: 100 × clean mass ÷ greasy mass. 91.0 g of 100.0 g → 91.00 %."""
    return _rounded(HUNDRED * clean / greasy, 2)


def clean_mass_kg(greasy_kg: Decimal, yield_percent: Decimal) -> Decimal:
    """Clean mass = greasy mass × yield. 1,000 kg at 91 % → 910 kg."""
    return _rounded(greasy_kg * yield_percent / HUNDRED, 3)


def invoice_mass_kg(lot_kg: Decimal, sample_g: Decimal, dry_g: Decimal, regain: Decimal) -> Decimal:
    """Invoice mass = lot × (oven-dry ÷ sample as weighed) × (1 + regain ÷ 100). 1,000 kg, 500.0 g, 445.0 g, 16 % → 1,032.4 kg."""
    return _rounded(lot_kg * dry_g / sample_g * (1 + regain / HUNDRED), 3)


def moisture_pct(sample_g: Decimal, dry_g: Decimal) -> Decimal:
    """Moisture of the sample as weighed: 100 × (sample - oven-dry) ÷ sample. 500.0 g, 445.0 g → 11.00 %."""
    return _rounded(HUNDRED * (sample_g - dry_g) / sample_g, 2)


def snf_pct(lactometer: Decimal, fat: Decimal, constant: Decimal) -> Decimal:
    """Solids-not-fat = reading ÷ 4 + 0.25 × fat + c. Reading 28, fat 4.0, c 0.44 → 8.44."""
    return _rounded(lactometer / 4 + Decimal("0.25") * fat + constant, 2)


def lactometer_degrees(density: Decimal) -> Decimal:
    """Lactometer reading = 1000 × (density - 1). 1.028 → 28.0."""
    return _rounded((density - 1) * THOUSAND, 1)


def snf_from_density_pct(density: Decimal, fat: Decimal, constant: Decimal) -> Decimal:
    """Solids-not-fat from a density: the reading, unrounded, put into `snf_pct`. 1.028, fat 4.0, c 0.44 → 8.44."""
    return snf_pct((density - 1) * THOUSAND, fat, constant)


def total_solids_pct(fat: Decimal, snf: Decimal) -> Decimal:
    """Total solids = fat + solids-not-fat. 4.0 + 8.44 → 12.44."""
    return _rounded(fat + snf, 2)


def mass_kg(litres: Decimal, density: Decimal) -> Decimal:
    """Kilograms = litres × measured density in g/ml. 1,000 l at 1.0296 → 1,029.6 kg."""
    return _rounded(litres * density, 3)


def _rounded(value: Decimal, places: int) -> Decimal:
    """Round half up, once, at the end of a formula."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, context=_CONTEXT)


_MEAN = Input("mean", N_("Mean micron"), "micron", "µm")
_CV = Input("cv", N_("Coefficient of variation"), "cv_pct", "%")
_FAT = Input("fat", N_("Fat"), "fat_pct", "%")
_DENSITY = Input("density", N_("Density"), "density_g_ml", "g/ml")
_SAMPLE = Input("sample", N_("Sample as weighed"), "sample_mass_g", "g")
_DRY = Input("dry", N_("Sample oven-dry"), "dry_mass_g", "g")
_LOT_KG = Input("lot", N_("Net mass of the lot"), None, "kg", "quantity")
_CONSTANT = Input(
    "constant",
    N_("Constant c, as agreed"),
    kind="contract",
    options=tuple(str(one) for one in SNF_CONSTANTS),
)
_REGAIN = Input("regain", N_("Regain, as agreed by contract"), None, "%", "contract")
_FIBRE, _MILK = frozenset({FIBRE}), frozenset({MILK})
_BREEDER = "http://mariahhillalpaca.blogspot.com/2009/06/understanding-fibre-testing-technology.html"
_INDIA = N_("solids formula with c by dairy union, India")
_IDENTITY = N_("identity")

_ROWS = (
    Formula(
        key="cv", label=N_("Coefficient of variation"), gives="cv_pct", forms=_FIBRE,
        inputs=(Input("sd", N_("Standard deviation"), "sd_um", "µm"), _MEAN),
        text=N_("100 × SD ÷ mean"), source=_BREEDER, strength="secondary",
        compute=lambda of: cv_pct(of["sd"], of["mean"]),
    ),
    Formula(
        key="prickle", label=N_("Prickle factor"), gives="prickle_pct", forms=_FIBRE,
        inputs=(Input("comfort", N_("Comfort factor"), "comfort_pct", "%"),),
        text=N_("100 − comfort factor"), source=_BREEDER, strength="secondary",
        compute=lambda of: prickle_pct(of["comfort"]), basis="unknown",
    ),
    Formula(
        key="comfort", label=N_("Comfort factor"), gives="comfort_pct", forms=_FIBRE,
        inputs=(Input("prickle", N_("Prickle factor"), "prickle_pct", "%"),),
        text=N_("100 − prickle factor"), source=_BREEDER, strength="secondary",
        compute=lambda of: comfort_pct(of["prickle"]), basis="unknown",
    ),
    Formula(
        key="spinning_fineness", label=N_("Spinning fineness"), gives="spinning_fineness_um", forms=_FIBRE,
        inputs=(_MEAN, _CV), text=N_("0.8811 × mean × √(1 + 5 × (CV ÷ 100)²)"),
        source=N_("constant checked by calculation only: it gives the mean at a CV of 24 %"),
        strength="unconfirmed", compute=lambda of: spinning_fineness_um(of["mean"], of["cv"]),
    ),
    Formula(
        key="clean_mass", label=N_("Clean mass"), gives="clean_mass_kg", forms=_FIBRE,
        inputs=(_LOT_KG, Input("yield", N_("Clean yield"), "yield_pct", "%")),
        text=N_("greasy mass × yield ÷ 100"), source=_IDENTITY, strength="calculated",
        compute=lambda of: clean_mass_kg(of["lot"], of["yield"]),
    ),
    Formula(
        key="moisture", label=N_("Moisture"), gives="moisture_pct", forms=_FIBRE, inputs=(_SAMPLE, _DRY),
        text=N_("100 × (sample − oven-dry) ÷ sample"), source=_IDENTITY, strength="calculated",
        compute=lambda of: moisture_pct(of["sample"], of["dry"]),
    ),
    Formula(
        key="invoice_mass", label=N_("Invoice mass at the agreed regain"), gives="invoice_mass_kg", forms=_FIBRE,
        inputs=(_LOT_KG, _SAMPLE, _DRY, _REGAIN),
        text=N_("lot × (oven-dry ÷ sample) × (1 + regain ÷ 100)"),
        source="https://textileengineering.softecks.in/368", strength="secondary",
        compute=lambda of: invoice_mass_kg(of["lot"], of["sample"], of["dry"], of["regain"]),
    ),
    Formula(
        key="snf_density", label=N_("Solids-not-fat from the density"), gives="snf_pct", forms=_MILK,
        inputs=(_DENSITY, _FAT, _CONSTANT), text=N_("1000 × (density − 1) ÷ 4 + 0.25 × fat + c"),
        source=_INDIA, strength="secondary",
        compute=lambda of: snf_from_density_pct(of["density"], of["fat"], of["constant"]),
    ),
    Formula(
        key="snf_lactometer", label=N_("Solids-not-fat from the lactometer"), gives="snf_pct", forms=_MILK,
        inputs=(Input("lactometer", N_("Lactometer reading (CLR)"), "lactometer_degrees", "°"), _FAT, _CONSTANT),
        text=N_("CLR ÷ 4 + 0.25 × fat + c"), source=_INDIA, strength="secondary",
        compute=lambda of: snf_pct(of["lactometer"], of["fat"], of["constant"]),
    ),
    Formula(
        key="total_solids", label=N_("Total solids"), gives="total_solids_pct", forms=_MILK,
        inputs=(_FAT, Input("snf", N_("Solids-not-fat"), "snf_pct", "%")),
        text=N_("fat + solids-not-fat"), source=_IDENTITY, strength="calculated",
        compute=lambda of: total_solids_pct(of["fat"], of["snf"]),
    ),
    Formula(
        key="mass", label=N_("Litres to kilograms"), gives="mass_kg", forms=_MILK,
        inputs=(Input("litres", N_("Volume of the lot"), None, "l", "quantity"), _DENSITY),
        text=N_("litres × measured density"), source=_IDENTITY, strength="calculated",
        compute=lambda of: mass_kg(of["litres"], of["density"]),
    ),
)  # fmt: skip
FORMULAS: Mapping[str, Formula] = {one.key: one for one in _ROWS}

STRENGTH_LABELS = {
    "confirmed": N_("confirmed"),
    "secondary": N_("secondary source"),
    "calculated": N_("arithmetic only"),
    "unconfirmed": N_("unconfirmed"),
}
