"""Income against a baseline: pure. Quantities in g or ml, amounts in minor units, prices in minor units per kg or litre."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.core.money import CURRENCIES, amount_for
from chain.core.quantity import Unit
from chain.core.text import tidy, tidy_lines
from chain.grading.scheme import COMMODITIES, RAW_MILK
from chain.producers.rules import Sex

#: Books of producers' associations older than this are not believed.
FIRST_SEASON = 1980
#: Nothing of ours costs more per kilogram or litre than 1,000 of any currency.
MAX_PRICE_MINOR = 100_000
#: The largest amount of one producer's season: ten million of a currency.
MAX_AMOUNT_MINOR = 1_000_000_000
#: The largest quantity of one producer's season: a thousand tonnes.
MAX_QUANTITY = 1_000_000_000
SOURCE_LENGTH = (3, 200)
METHOD_LENGTH = (10, 2000)
#: Rows of one call that brings in earlier seasons.
MAX_EARLIER_ROWS = 1000


class Strength(StrEnum):
    """How well a baseline is known."""

    PUBLISHED = "published"  # printed by somebody who is neither buyer nor seller
    DECLARED = "declared"  # said by producers or an assembly, minuted
    DRAWN = "drawn"  # made up for a demonstration


STRENGTH_LABELS = {
    Strength.PUBLISHED: N_("Published"),
    Strength.DECLARED: N_("Declared by the producers"),
    Strength.DRAWN: N_("Made up for the demonstration"),
}


def unit_of(commodity: str) -> Unit:
    """Return the unit in which a commodity is kept."""
    return Unit.MILLILITRE if commodity == RAW_MILK else Unit.GRAM


def season_of(kind: str, *, agreed_on: date | None, period_to: date | None) -> int:
    """Return the season of a settlement: the calendar year in which a sale was agreed, or in which a period ended.

    Not the day of payment: the milk of December paid in January belongs to the year that is over.
    """
    day = agreed_on if kind == "sale" else period_to
    if day is None:
        raise ValueError("a run has a sale or a period")
    return day.year


# --- The gain --------------------------------------------------------------------------------------------------------


def baseline_amount(quantity: int, price_minor_per_unit: int) -> int:
    """Return what the baseline's price would have made of a quantity, rounded half up.

    The one place of rounding: once per producer, organisation, season and commodity. Totals add rounded amounts, so
    that the gain of an association is the sum of its members' gains.

    | quantity  | price per kg | baseline           |
    |-----------|--------------|--------------------|
    | 143.750 kg| S/ 41.69     | S/ 5,992.94 (…9375)|
    | 0.010 kg  | S/ 0.50      | S/ 0.01 (0.005)    |
    """
    return amount_for(quantity, price_minor_per_unit)


def gain(gross_minor: int, baseline_minor: int | None) -> int | None:
    """Return gross minus baseline, before deductions; negative when the intermediary would have paid more.

    None without a baseline: no gain is claimed.
    """
    return None if baseline_minor is None else gross_minor - baseline_minor


@dataclass(frozen=True, slots=True)
class SeasonKey:
    """What may be added up: one season, one product, one currency."""

    season: int
    commodity: str
    unit: str
    currency: str


@dataclass(frozen=True, slots=True)
class Amounts:
    """Sums over producers; `baseline_minor` is None when no baseline stands for the season."""

    producers: int
    quantity: int
    gross_minor: int
    deductions_minor: int
    net_minor: int
    baseline_minor: int | None

    @property
    def gain_minor(self) -> int | None:
        """Gross minus baseline."""
        return gain(self.gross_minor, self.baseline_minor)

    def plus(self, other: "Amounts") -> "Amounts":
        """Return the sum; with the baseline missing on one side it is missing in the sum."""
        known = self.baseline_minor is not None and other.baseline_minor is not None
        return Amounts(
            self.producers + other.producers,
            self.quantity + other.quantity,
            self.gross_minor + other.gross_minor,
            self.deductions_minor + other.deductions_minor,
            self.net_minor + other.net_minor,
            (self.baseline_minor or 0) + (other.baseline_minor or 0) if known else None,
        )


@dataclass(frozen=True, slots=True)
class SeasonTotals:
    """An organisation's season of one product: everybody together, and by sex as people stated it."""

    key: SeasonKey
    all: Amounts
    by_sex: dict[Sex, Amounts]

    def net_of(self, sex: str) -> int:
        """Return what people of one sex received, in minor units."""
        found = self.by_sex.get(Sex(sex))
        return found.net_minor if found else 0

    def producers_of(self, sex: str) -> int:
        """Return how many people of one sex delivered."""
        found = self.by_sex.get(Sex(sex))
        return found.producers if found else 0


def season_totals(rows: Iterable[tuple[SeasonKey, Sex, Amounts]]) -> list[SeasonTotals]:
    """Fold sums by sex into seasons; the newest season first, then by product and currency."""
    seasons: dict[SeasonKey, dict[Sex, Amounts]] = {}
    for key, sex, amounts in rows:
        by_sex = seasons.setdefault(key, {})
        by_sex[sex] = by_sex[sex].plus(amounts) if sex in by_sex else amounts
    totals = []
    for key, by_sex in seasons.items():
        first, *rest = by_sex.values()
        whole = first
        for one in rest:
            whole = whole.plus(one)
        totals.append(SeasonTotals(key, whole, by_sex))
    return sorted(totals, key=lambda one: (-one.key.season, one.key.commodity, one.key.currency))


def change(net_minor: int, previous_net_minor: int | None) -> int | None:
    """Return how much more (or, negative, less) arrived than in the season before; None when there was none."""
    return None if previous_net_minor is None else net_minor - previous_net_minor


# --- What may be written ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BaselineTerms:
    """What is said of a baseline."""

    commodity: str
    season: int
    price_minor_per_unit: int
    source: str
    method: str
    strength: str

    def cleaned(self) -> "BaselineTerms":
        """Return the same with tidy texts."""
        return BaselineTerms(
            self.commodity,
            self.season,
            self.price_minor_per_unit,
            tidy(self.source),
            tidy_lines(self.method),
            str(self.strength),
        )

    def as_mapping(self) -> dict[str, str | int]:
        """Return the columns by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def check_baseline(terms: BaselineTerms, this_season: int) -> FieldErrors:
    """Return everything that is wrong with a baseline."""
    errors = FieldErrors()
    _check_season(terms.season, this_season, errors)
    _check_commodity(terms.commodity, errors)
    if not 0 < terms.price_minor_per_unit <= MAX_PRICE_MINOR:
        errors.add("price", N_("The price must be above 0 and at most 1,000.00 per kilogram or litre."))
    _check_length("source", terms.source, SOURCE_LENGTH, errors)
    _check_length("method", terms.method, METHOD_LENGTH, errors)
    if terms.strength not in set(Strength):
        errors.add("strength", N_("Choose one of the options."))
    return errors


@dataclass(frozen=True, slots=True)
class EarlierSeason:
    """A producer's season from earlier books; the producer is named by id or by member code."""

    season: int
    commodity: str
    quantity: int
    gross_minor: int
    deductions_minor: int
    source: str
    #: None: the currency of the organisation's books
    currency: str | None = None
    producer_id: UUID | None = None
    member_code: str | None = None


def check_earlier(row: EarlierSeason, this_season: int) -> FieldErrors:
    """Return everything that is wrong with a season from earlier books, the producer aside."""
    errors = FieldErrors()
    _check_season(row.season, this_season, errors)
    _check_commodity(row.commodity, errors)
    if not 0 < row.quantity <= MAX_QUANTITY:
        errors.add("quantity", N_("The quantity must be above 0 and at most 1,000 tonnes."))
    if not 0 <= row.gross_minor <= MAX_AMOUNT_MINOR:
        errors.add("gross_minor", N_("The amount must be at least 0 and at most 10,000,000.00."))
    if not 0 <= row.deductions_minor <= MAX_AMOUNT_MINOR:
        errors.add("deductions_minor", N_("The amount must be at least 0 and at most 10,000,000.00."))
    elif row.deductions_minor > row.gross_minor >= 0:
        errors.add("deductions_minor", N_("The deductions are above the gross amount."))
    if row.currency is not None and row.currency not in CURRENCIES:
        errors.add("currency", N_("Choose one of the currencies %(known)s."), known=", ".join(CURRENCIES))
    _check_length("source", tidy(row.source), SOURCE_LENGTH, errors)
    return errors


def _check_season(season: int, this_season: int, errors: FieldErrors) -> None:
    if not FIRST_SEASON <= season <= this_season:
        text = N_("The season is a year from %(first)s to %(last)s.")
        errors.add("season", text, first=str(FIRST_SEASON), last=str(this_season))


def _check_commodity(commodity: str, errors: FieldErrors) -> None:
    if commodity not in COMMODITIES:
        errors.add("commodity", N_("Choose one of the options."))


def _check_length(field: str, text: str, bounds: tuple[int, int], errors: FieldErrors) -> None:
    low, high = bounds
    if not low <= len(text) <= high:
        errors.add(field, N_("Write %(low)s to %(high)s letters."), low=low, high=high)
