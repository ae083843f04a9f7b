"""Recipes: what a process should give, as bands of yields, and examples to begin with. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from chain.core.errors import FieldErrors
from chain.core.i18n import N_, Message
from chain.core.money import BASIS_POINTS
from chain.genealogy.errors import NotInRecipe, YieldOutsideBand
from chain.genealogy.products import PROCESS_RULES
from chain.genealogy.rules import Made, NewRecipe, YieldBand
from chain.genealogy.words import Process
from chain.grading.scheme import LLAMA_CARCASS, Strength
from chain.lots.attributes import clean_words
from chain.lots.products import CHARQUE, HIDE, LIVE_LLAMA, MEAT_CUT, OFFAL, PRODUCT_LABELS
from chain.lots.rules import ID_VERSION, NOT_AN_ID

MAX_NAME, MAX_SOURCE, MAX_BANDS = 200, 1000, 30
#: Ten times the input; salt and water may add, nothing adds more.
MAX_BP = 10 * BASIS_POINTS
STRENGTHS = tuple(one for one in Strength if one is not Strength.NOT_KNOWN)

CHOOSE = N_("Choose one of the options.")
NAME_IT = N_("Write a name, with at most %(limit)s letters.")
SHORTER = N_("Write at most %(limit)s characters.")
SOME_OUTPUT = N_("Name at least one product.")
TOO_MANY = N_("That is too many: at most %(limit)s.")
TWICE = N_("This product stands there twice.")
WRONG_BAND = N_("The yields must rise from the lowest to the highest, from 0 to %(limit)s %%.")


def check_recipe(recipe: NewRecipe) -> None:
    """Refuse a recipe that cannot be right.

    Raises:
        ValidationFailed: every wrong field at once.
    """
    errors = FieldErrors()
    if recipe.id.version != ID_VERSION:
        errors.add("id", NOT_AN_ID)
    if not 0 < len(clean_words(recipe.name)) <= MAX_NAME:
        errors.add("name", NAME_IT, limit=MAX_NAME)
    if len(recipe.source or "") > MAX_SOURCE:
        errors.add("source", SHORTER, limit=MAX_SOURCE)
    if recipe.strength not in STRENGTHS:
        errors.add("strength", CHOOSE)
    rule = PROCESS_RULES[Process(recipe.process)] if recipe.process in set(Process) else None
    if rule is None:
        errors.add("process", CHOOSE)
    elif recipe.input_commodity not in rule.takes:
        errors.add("input_commodity", CHOOSE)
    gives = rule.gives if rule else frozenset(PRODUCT_LABELS)
    _check_bands(recipe.outputs, gives, errors)
    errors.raise_any()


def _check_bands(bands: Sequence[YieldBand], gives: Iterable[str], errors: FieldErrors) -> None:
    if not bands:
        errors.add("outputs", SOME_OUTPUT)
    if len(bands) > MAX_BANDS:
        errors.add("outputs", TOO_MANY, limit=MAX_BANDS)
        return
    seen: set[tuple[str, str | None]] = set()
    for place, band in enumerate(bands):
        if band.commodity not in gives:
            errors.add(f"outputs.{place}.commodity", CHOOSE)
        if len(band.label or "") > MAX_NAME:
            errors.add(f"outputs.{place}.label", SHORTER, limit=MAX_NAME)
        key = (band.commodity, _label(band.label))
        if key in seen:
            errors.add(f"outputs.{place}.commodity", TWICE)
        seen.add(key)
        known = [one for one in (band.low_bp, band.expected_bp, band.high_bp) if one is not None]
        if known != sorted(known) or any(not 0 <= one <= MAX_BP for one in known):
            errors.add(f"outputs.{place}.low_bp", WRONG_BAND, limit=MAX_BP // 100)


def _label(text: str | None) -> str | None:
    return clean_words(text or "") or None


def bands_as_records(bands: Iterable[YieldBand]) -> list[dict[str, Any]]:
    """Return bands as JSON keeps them."""
    return [{**asdict(band), "label": _label(band.label)} for band in bands]


def bands_of(records: Iterable[Mapping[str, Any]]) -> list[YieldBand]:
    """Return what `bands_as_records` kept."""
    return [YieldBand(**record) for record in records]


@dataclass(frozen=True, slots=True)
class RealYield:
    """What came out of a product, beside its band; `band` None: the recipe does not name it."""

    commodity: str
    label: str | None
    quantity: int
    input_mass: int
    band: YieldBand | None

    @property
    def percent(self) -> Decimal:
        """Percent of the input's mass, to two decimals."""
        exact = Decimal(self.quantity) * 100 / self.input_mass
        return exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)

    @property
    def is_inside(self) -> bool:
        """Whether the recipe expects it; compared exactly, both limits included."""
        if self.band is None:
            return False
        scaled = self.quantity * BASIS_POINTS
        low, high = self.band.low_bp, self.band.high_bp
        return (low is None or scaled >= low * self.input_mass) and (
            high is None or scaled <= high * self.input_mass
        )


def real_yields(bands: Sequence[YieldBand], outputs: Iterable[Made], input_mass: int) -> list[RealYield]:
    """Hold what came out against a recipe: the bands in their order, then products that it does not name.

    A band with a label takes the outputs of that label; one without takes the rest of its product.
    """
    sums: dict[tuple[str, str | None], int] = {(band.commodity, band.label): 0 for band in bands}
    others: dict[tuple[str, str | None], int] = {}
    for made in outputs:
        key = (made.commodity, _label(made.label))
        if key not in sums:
            key = (made.commodity, None)
        target = sums if key in sums else others
        target[key] = target.get(key, 0) + made.quantity
    found = [
        RealYield(band.commodity, band.label, sums[band.commodity, band.label], input_mass, band)
        for band in bands
    ]
    return found + [RealYield(key[0], key[1], total, input_mass, None) for key, total in others.items()]


def check_yields(bands: Sequence[YieldBand], outputs: Iterable[Made], input_mass: int) -> None:
    """Refuse yields that the recipe does not expect; with a reason the caller lets them pass.

    Raises:
        YieldOutsideBand, NotInRecipe: the first one that lies outside.
    """
    for one in real_yields(bands, outputs, input_mass):
        if one.is_inside:
            continue
        product = Message(PRODUCT_LABELS[one.commodity])
        if one.band is None:
            raise NotInRecipe(product=product)
        raise YieldOutsideBand(
            product=product,
            real=one.percent,
            low=_percent(one.band.low_bp or 0),
            high="…" if one.band.high_bp is None else _percent(one.band.high_bp),
        )


def _percent(basis_points: int) -> Decimal:
    return (Decimal(basis_points) / 100).normalize() + 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleRecipe:
    """A recipe to copy and correct. Its figures are estimates that nobody confirmed, and it does nothing by itself."""

    key: str
    name: str
    process: str
    input_commodity: str
    outputs: tuple[YieldBand, ...]
    source: str


ESTIMATE = N_("Estimate that nobody has confirmed. Weigh your own, and correct it.")

#: The only yields that the facts give, both unconfirmed; products without a figure have none.
EXAMPLES: Sequence[ExampleRecipe] = (
    ExampleRecipe(
        key="llama-slaughter",
        name=N_("Llama: slaughter"),
        process=Process.SLAUGHTER.value,
        input_commodity=LIVE_LLAMA,
        outputs=(
            YieldBand(commodity=LLAMA_CARCASS, low_bp=5000, expected_bp=5400, high_bp=5600),
            YieldBand(commodity=HIDE),
            YieldBand(commodity=OFFAL),
        ),
        source=ESTIMATE,
    ),
    ExampleRecipe(
        key="charque",
        name=N_("Charque"),
        process=Process.DRY.value,
        input_commodity=MEAT_CUT,
        outputs=(YieldBand(commodity=CHARQUE, low_bp=2500, high_bp=5000),),
        source=ESTIMATE,
    ),
)
