"""What can be measured of a product: one table with units and limits, and the reading of a value. Pure.

The limits are the project's own: beyond them lies a slip of the pen or a wrong unit, not a sample. They say nothing about
quality; that is the norm's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from chain.core.i18n import N_, Message
from chain.grading import attributes as plausible
from chain.grading.attributes import Bounds, parse_number
from chain.lots.products import FIBRE, MEAT, MILK, PRODUCTS

NOT_A_NUMBER = N_("“%(value)s” is not a number. Write 12.5 or 12,5, without thousands separators.")
OUT_OF_BOUNDS = N_("%(value)s %(unit)s is not believable: it must lie from %(low)s to %(high)s.")
TOO_MANY_DECIMALS = N_("Write at most %(places)s decimals.")
NOT_A_CHOICE = N_("“%(value)s” is not one of the options.")
NOT_A_UNIT = N_("%(label)s is not measured in “%(unit)s”.")
NOT_OF_PRODUCT = N_("This is not measured of this product.")
UNKNOWN_ATTRIBUTE = N_("“%(value)s” is nothing that is measured here.")
FREEZING_SIGN = N_("The freezing point of milk is negative, from %(low)s to %(high)s. Check the sign.")
OTHER_UNIT = N_("%(value)s is no value in %(unit)s. It looks like %(other)s.")
BASIS_NEEDED = N_("Say what the figure refers to.")
NOT_A_BASIS = N_("“%(value)s” is nothing that this figure can refer to.")

PLAIN, POSITIVE, NEGATIVE = "", "positive", "negative"
MAX_SHOWN = 40
#: Decimals that a value keeps after it was brought from another unit.
MAX_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One thing that is measured. `unit` is the one that is kept; `units` are those that may be written, with factors."""

    key: str
    label: str
    unit: str = ""
    bounds: Bounds | None = None
    decimals: int = 2
    #: fibre, milk, meat
    forms: frozenset[str]
    #: other units and what a figure in them is multiplied with
    units: Mapping[str, Decimal] = field(default_factory=dict)
    #: words instead of a number: value to label
    options: Mapping[str, str] = field(default_factory=dict)
    #: what the figure may refer to: value to label; it must be said where there are any
    bases: Mapping[str, str] = field(default_factory=dict)
    #: the key of the same thing in a milk norm
    norm_key: str | None = None

    @property
    def is_number(self) -> bool:
        """Whether the value is a number."""
        return not self.options


class NotMeasurable(ValueError):
    """A value that cannot be kept; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def _number(
    key: str, label: str, unit: str, limits: str, *forms: str, decimals: int = 2, norm_key: str | None = None
) -> Attribute:
    """Return a number; `limits` are the lowest and the highest that is believed."""
    low, high = limits.split()
    return Attribute(
        key=key,
        label=label,
        unit=unit,
        bounds=Bounds(Decimal(low), Decimal(high)),
        decimals=decimals,
        forms=frozenset(forms),
        norm_key=norm_key,
    )


def _known(key: str, label: str, unit: str, bounds: Bounds, decimals: int, *forms: str) -> Attribute:
    """Return an attribute with limits that stand elsewhere already."""
    return Attribute(
        key=key, label=label, unit=unit, bounds=bounds, decimals=decimals, forms=frozenset(forms)
    )


def _test(key: str, label: str, norm_key: str | None = None) -> Attribute:
    options = {NEGATIVE: N_("Negative"), POSITIVE: N_("Positive")}
    return Attribute(key=key, label=label, options=options, forms=frozenset({MILK}), norm_key=norm_key)


_THOUSANDTH = Decimal("0.001")

_FIBRE = (
    _known("micron", N_("Mean micron"), "µm", plausible.MICRON, 2, FIBRE),
    _number("sd_um", N_("Standard deviation"), "µm", "0.5 30", FIBRE),
    _number("cv_pct", N_("Coefficient of variation"), "%", "3 80", FIBRE),
    Attribute(
        key="comfort_pct",
        label=N_("Comfort factor"),
        unit="%",
        bounds=Bounds(Decimal(0), Decimal(100)),
        forms=frozenset({FIBRE}),
        bases={"le_30": N_("30.0 µm counts as comfortable"), "lt_30": N_("30.0 µm counts as prickly"),
               "unknown": N_("the report does not say")},
    ),
    Attribute(
        key="prickle_pct",
        label=N_("Prickle factor"),
        unit="%",
        bounds=Bounds(Decimal(0), Decimal(100)),
        forms=frozenset({FIBRE}),
        bases={"gt_30": N_("share above 30.0 µm"), "ge_30": N_("share from 30.0 µm"),
               "unknown": N_("the report does not say")},
    ),
    _number("curvature_deg_mm", N_("Curvature"), "°/mm", "1 150", FIBRE, decimals=1),
    _number("spinning_fineness_um", N_("Spinning fineness"), "µm", "8 80", FIBRE),
    Attribute(
        key="length_mm",
        label=N_("Staple length"),
        unit="mm",
        bounds=plausible.LENGTH_MM,
        decimals=0,
        forms=frozenset({FIBRE}),
        units={"cm": Decimal(10)},
    ),
    _number("min_um", N_("Finest fibre"), "µm", "2 60", FIBRE),
    _number("max_um", N_("Coarsest fibre"), "µm", "10 250", FIBRE),
    _number("medullation_pct", N_("Medullated fibres"), "%", "0 100", FIBRE),
    _number("yield_pct", N_("Clean yield"), "%", "20 100", FIBRE),
    _number("vegetable_matter_pct", N_("Vegetable matter"), "%", "0 60", FIBRE),
    _number("moisture_pct", N_("Moisture"), "%", "0 60", FIBRE),
    _number("sample_mass_g", N_("Sample as weighed"), "g", "0.01 10000", FIBRE, decimals=3),
    _number("dry_mass_g", N_("Sample oven-dry"), "g", "0.01 10000", FIBRE, decimals=3),
    _number("clean_mass_kg", N_("Clean mass"), "kg", "0.001 1000000", FIBRE, decimals=3),
    _number("invoice_mass_kg", N_("Invoice mass at the agreed regain"), "kg", "0.001 1000000", FIBRE, decimals=3),
)  # fmt: skip

_CONTENT = {"per_100_g": "g/100 g", "per_100_ml": "g/100 ml", "unknown": N_("the report does not say")}

_MILK = (
    Attribute(
        key="fat_pct", label=N_("Fat"), unit="%", bounds=plausible.FAT_PCT, forms=frozenset({MILK}),
        bases=_CONTENT, norm_key="fat",
    ),
    Attribute(
        key="snf_pct", label=N_("Solids-not-fat"), unit="%", bounds=Bounds(Decimal(4), Decimal(14)),
        forms=frozenset({MILK}), norm_key="solids_not_fat",
    ),
    _number("total_solids_pct", N_("Total solids"), "%", "5 25", MILK, norm_key="total_solids"),
    Attribute(
        key="density_g_ml", label=N_("Density"), unit="g/ml", bounds=plausible.DENSITY_G_ML, decimals=4,
        forms=frozenset({MILK}), units={"kg/m³": _THOUSANDTH},
        bases={"15_c": N_("at 15 °C"), "20_c": N_("at 20 °C"), "unknown": N_("the report does not say")},
        norm_key="density",
    ),
    _number("lactometer_degrees", N_("Lactometer reading (CLR)"), "°", "10 50", MILK, decimals=1),
    _number("protein_pct", N_("Protein"), "%", "1 8", MILK),
    _number("lactose_pct", N_("Lactose"), "%", "1 8", MILK),
    _number("salts_pct", N_("Salts"), "%", "0.1 3", MILK),
    _number("ash_pct", N_("Ash"), "%", "0.1 3", MILK, norm_key="ash"),
    _number("acidity_pct", N_("Acidity, as lactic acid"), "%", "0.05 1", MILK, decimals=3, norm_key="acidity_lactic"),
    Attribute(
        key="freezing_point_c", label=N_("Freezing point"), unit="°C", bounds=plausible.FREEZING_POINT_C,
        decimals=4, forms=frozenset({MILK}),
        bases={"celsius": N_("degrees Celsius"), "hortvet": N_("degrees Hortvet"),
               "unknown": N_("the report does not say")},
        norm_key="freezing_point",
    ),
    _number("added_water_pct", N_("Added water"), "%", "0 80", MILK, norm_key="added_water"),
    _number("ph", N_("pH"), "", "4 9", MILK, MEAT),
    _known("temperature_c", N_("Temperature"), "°C", plausible.TEMPERATURE_C, 1, MILK),
    _number("somatic_cells_ml", N_("Somatic cells"), "/ml", "0 50000000", MILK, decimals=0, norm_key="somatic_cells"),
    _number("mesophiles_cfu_ml", N_("Mesophiles"), "cfu/ml", "0 10000000000", MILK, decimals=0, norm_key="mesophiles"),
    _number("coliforms_cfu_ml", N_("Coliforms"), "cfu/ml", "0 10000000000", MILK, decimals=0, norm_key="coliforms"),
    _number("reductase_hours", N_("Reductase time"), "h", "0 24", MILK, norm_key="reductase"),
    _number("conductivity_ms_cm", N_("Conductivity"), "mS/cm", "1 15", MILK),
    _test("alcohol_test", N_("Alcohol test"), "alcohol_test"),
    _test("antibiotics", N_("Antibiotics"), "antibiotics"),
    _number("mass_kg", N_("Mass of the milk"), "kg", "0.001 10000000", MILK, decimals=3),
)  # fmt: skip

_MEAT = (
    _number("live_weight_kg", N_("Live weight"), "kg", "10 300", MEAT, decimals=1),
    _number("hot_carcass_kg", N_("Hot carcass weight"), "kg", "5 200", MEAT, decimals=1),
    _number("cold_carcass_kg", N_("Cold carcass weight"), "kg", "5 200", MEAT, decimals=1),
    _number("meat_temperature_c", N_("Temperature of the meat"), "°C", "-40 45", MEAT, decimals=1),
)

ATTRIBUTES: Mapping[str, Attribute] = {one.key: one for one in (*_FIBRE, *_MILK, *_MEAT)}


def attributes_of(commodity: str) -> tuple[Attribute, ...]:
    """Return what is measured of a product, in the order of forms."""
    form = PRODUCTS[commodity].icon
    return tuple(one for one in ATTRIBUTES.values() if form in one.forms)


def attribute_of(commodity: str | None, key: str) -> Attribute:
    """Return an attribute of a product; of any product when `commodity` is None.

    Raises:
        NotMeasurable: there is none, or it is not measured of the product.
    """
    found = ATTRIBUTES.get(key)
    if found is None:
        raise NotMeasurable(Message(UNKNOWN_ATTRIBUTE, {"value": key[:MAX_SHOWN]}))
    if commodity is not None and PRODUCTS[commodity].icon not in found.forms:
        raise NotMeasurable(Message(NOT_OF_PRODUCT))
    return found


def read_measured(attribute: Attribute, typed: object, unit: str | None = None) -> str:
    """Return the canonical text of a value in the attribute's own unit: "1030" in kg/m³ gives "1.03".

    A freezing point above zero is asked about, never turned round.

    Raises:
        NotMeasurable: no number or option, another unit, out of bounds, too many decimals.
    """
    if attribute.options:
        return _read_word(attribute, typed)
    factor = _factor(attribute, unit)
    value = _read_decimal(typed)
    kept = value * factor
    if attribute.bounds is not None and not attribute.bounds.hold(kept):
        raise NotMeasurable(_out_of_bounds(attribute, attribute.bounds, value, factor))
    places = attribute.decimals if factor == 1 else MAX_DECIMALS
    if kept != kept.quantize(Decimal(1).scaleb(-places)):
        raise NotMeasurable(Message(TOO_MANY_DECIMALS, {"places": attribute.decimals}))
    return plain_number(kept)


def plain_number(value: Decimal) -> str:
    """Return a number as it is kept: no exponent, no zeros behind, no negative zero. 22.50 gives "22.5", 100 gives "100"."""
    if not value:
        return "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_basis(attribute: Attribute, typed: str | None) -> str | None:
    """Return what a figure refers to; where it matters it must be said.

    Raises:
        NotMeasurable: nothing or something unknown was said.
    """
    if not attribute.bases:
        return None
    if not typed:
        raise NotMeasurable(Message(BASIS_NEEDED))
    if typed not in attribute.bases:
        raise NotMeasurable(Message(NOT_A_BASIS, {"value": typed[:MAX_SHOWN]}))
    return typed


def read_uncertainty(attribute: Attribute, typed: object) -> str | None:
    """Return plus-minus in the attribute's unit as text; None when it is not known.

    Raises:
        NotMeasurable: no number, negative, or larger than the whole range of the attribute.
    """
    if typed is None or typed == "" or not attribute.is_number:
        return None
    value = _read_decimal(typed)
    high = attribute.bounds.high - attribute.bounds.low if attribute.bounds else value
    if not 0 <= value <= high:
        params = {"value": value, "unit": attribute.unit, "low": Decimal(0), "high": high}
        raise NotMeasurable(Message(OUT_OF_BOUNDS, params))
    return plain_number(value)


def _read_word(attribute: Attribute, typed: object) -> str:
    word = str(typed or "").strip().casefold()
    found = _TEST_WORDS.get(word, word)
    if found not in attribute.options:
        raise NotMeasurable(Message(NOT_A_CHOICE, {"value": str(typed)[:MAX_SHOWN]}))
    return found


#: How people and instruments write the result of a test.
_TEST_WORDS = {
    **dict.fromkeys(("-", "neg", "negativo", "negativa", "ausente", "absent"), NEGATIVE),
    **dict.fromkeys(("+", "pos", "positivo", "positiva", "presente", "present"), POSITIVE),
}


def _read_decimal(typed: object) -> Decimal:
    if isinstance(typed, float):
        typed = Decimal(repr(typed))
    if isinstance(typed, Decimal) and not typed.is_finite():
        typed = str(typed)
    if isinstance(typed, str | int | Decimal) and not isinstance(typed, bool):
        try:
            value = parse_number(typed)
        except ValueError:
            value = None
        if value is not None:
            return value
    raise NotMeasurable(Message(NOT_A_NUMBER, {"value": str(typed)[:MAX_SHOWN]}))


def _factor(attribute: Attribute, unit: str | None) -> Decimal:
    if unit is None or unit == attribute.unit:
        return Decimal(1)
    factor = attribute.units.get(unit)
    if factor is None:
        params = {"label": Message(attribute.label), "unit": unit[:MAX_SHOWN]}
        raise NotMeasurable(Message(NOT_A_UNIT, params))
    return factor


def _out_of_bounds(attribute: Attribute, bounds: Bounds, value: Decimal, factor: Decimal) -> Message:
    if attribute.key == "freezing_point_c":
        return Message(FREEZING_SIGN, {"low": bounds.low, "high": bounds.high})
    for other, other_factor in {attribute.unit: Decimal(1), **attribute.units}.items():
        if other_factor != factor and bounds.hold(value * other_factor):
            params = {"value": value, "unit": _unit_of(attribute, factor), "other": other}
            return Message(OTHER_UNIT, params)
    low, high = bounds.low / factor, bounds.high / factor
    params = {"value": value, "unit": _unit_of(attribute, factor), "low": low, "high": high}
    return Message(OUT_OF_BOUNDS, params)


def _unit_of(attribute: Attribute, factor: Decimal) -> str:
    return next((unit for unit, one in attribute.units.items() if one == factor), attribute.unit)
