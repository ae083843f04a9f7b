"""Terms of a sale: freight, delivery periods with least and most, payment, tolerance, adjustment, consequences. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any

from chain.core.errors import FieldErrors
from chain.core.hashing import plain
from chain.core.i18n import N_
from chain.core.money import CURRENCIES, round_half_up

MILLION = 1_000_000
BASIS_POINTS = 10_000
MAX_DAYS = 365
MAX_PERIODS = 24
MAX_QUANTITY = 1_000_000_000
MAX_SOURCE = 200
MAX_WORDS = 2000
#: Without delivery periods a side may call the other one in default after so many days: a choice of the project.
DEFAULT_AFTER_DAYS = 30


class FreightBy(StrEnum):
    """Who pays for the freight."""

    BUYER = "buyer"
    SELLER = "seller"


FREIGHT_LABELS = {
    FreightBy.BUYER: N_("The buyer collects the goods and pays for the freight."),
    FreightBy.SELLER: N_("The seller brings the goods and pays for the freight."),
}


class Regrade(StrEnum):
    """What happens when the mill finds another class or fineness than the lot was sold with."""

    PRICES = "prices"
    MICRON = "micron"
    CLAIM = "claim"


REGRADE_LABELS = {
    Regrade.PRICES: N_("Difference between the prices of the two classes in this contract"),
    Regrade.MICRON: N_("A percentage for each micron finer or coarser"),
    Regrade.CLAIM: N_("By claim: the two sides agree on the amount"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days in which goods are delivered. Quantities in grams or millilitres, both days included."""

    first: date
    last: date
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of another currency is worth in the seller's books, in millionths, and who says so."""

    millionths: int
    on: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a contract says beside lots and prices."""

    freight: FreightBy = FreightBy.BUYER
    payment_days: int = 15
    #: the buyer pays before the goods leave; the money is kept for the sale until it is settled
    secured: bool = False
    #: days from the acceptance of the goods in which the producers have their money; 0: no promise, as for unsecured money
    producer_days: int = 0
    #: difference of weight that changes nothing, in hundredths of a percent
    tolerance_bp: int = 50
    #: days after arrival in which the buyer may say that class or fineness differ
    claim_days: int = 15
    regrade: Regrade = Regrade.PRICES
    #: hundredths of a percent of the price for each micron
    micron_bp: int = 300
    #: prices of classes beside those of the sold lots, minor units per kilogram or litre
    class_prices: Mapping[str, int] = field(default_factory=dict)
    periods: Sequence[Period] = ()
    #: part of the deposit that a buyer loses who does not collect or pay, in hundredths of a percent
    buyer_default_bp: int = 10_000
    #: part of the undelivered amount that a seller owes who does not deliver
    seller_default_bp: int = 0
    #: a year, for late payment; none unless the seller asks for it
    interest_bp: int = 0
    #: by price currency
    rates: Mapping[str, Rate] = field(default_factory=dict)
    note: str = ""


#: What is a whole number, with its limits.
NUMBERS = {
    "payment_days": (0, MAX_DAYS),
    "producer_days": (0, MAX_DAYS),
    "tolerance_bp": (0, 2_000),
    "claim_days": (0, MAX_DAYS),
    "micron_bp": (0, BASIS_POINTS),
    "buyer_default_bp": (0, BASIS_POINTS),
    "seller_default_bp": (0, BASIS_POINTS),
    "interest_bp": (0, BASIS_POINTS),
}


def read_terms(kept: Mapping[str, Any]) -> Terms:
    """Return kept terms as a value; what is missing, or what another way of selling wrote in its own words, has its default."""
    values: dict[str, Any] = {
        name: kept[name]
        for name, (least, most) in NUMBERS.items()
        if isinstance(kept.get(name), int) and least <= kept[name] <= most
    }
    freight = kept.get("freight_paid_by", kept.get("freight"))  # the first: as matches call it
    if freight in set(FreightBy):
        values["freight"] = FreightBy(freight)
    if kept.get("regrade") in set(Regrade):
        values["regrade"] = Regrade(kept["regrade"])
    values["secured"] = kept.get("secured") is True
    values["class_prices"] = dict(kept.get("class_prices") or {})
    values["periods"] = tuple(
        Period(_day(one["first"]), _day(one["last"]), one["least"], one["most"])
        for one in kept.get("periods") or ()
    )
    values["rates"] = {
        currency: Rate(one["millionths"], _day(one["on"]), one["source"])
        for currency, one in (kept.get("rates") or {}).items()
    }
    return Terms(**values, note=str(kept.get("note") or ""))


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def kept_terms(terms: Terms) -> dict[str, Any]:
    """Return terms as they are kept in JSON."""
    found: dict[str, Any] = plain(
        {
            **{name: getattr(terms, name) for name in NUMBERS},
            "freight": terms.freight.value,
            "secured": terms.secured,
            "regrade": terms.regrade.value,
            "class_prices": terms.class_prices,
            "periods": [
                {"first": one.first, "last": one.last, "least": one.least, "most": one.most}
                for one in terms.periods
            ],
            "rates": {
                currency: {"millionths": one.millionths, "on": one.on, "source": one.source}
                for currency, one in terms.rates.items()
            },
            "note": terms.note,
        }
    )
    return found


def check_terms(terms: Terms, *, book_currency: str) -> None:
    """Refuse terms that cannot be kept.

    Raises:
        ValidationFailed: with the fields that are wrong.
    """
    errors = FieldErrors()
    for name, (least, most) in NUMBERS.items():
        if not least <= getattr(terms, name) <= most:
            errors.add(name, N_("Write a figure from %(least)s to %(most)s."), least=least, most=most)
    if terms.producer_days and not terms.secured:
        errors.add(
            "producer_days",
            N_("A day can be promised only for money that the buyer pays before the goods leave."),
        )
    _check_periods(terms.periods, errors)
    for currency, rate in terms.rates.items():
        if currency not in CURRENCIES or currency == book_currency:
            errors.add("rates", N_("Write rates of other currencies than that of your books."))
        if not 0 < rate.millionths <= MILLION * MILLION:
            errors.add("rates", N_("The exchange rate must be above zero."))
        if not rate.source.strip() or len(rate.source) > MAX_SOURCE:
            errors.add("rates", N_("Write where the exchange rate comes from."))
    if any(not 0 < price <= MAX_QUANTITY for price in terms.class_prices.values()):
        errors.add("class_prices", N_("The price must be above zero."))
    if len(terms.note) > MAX_WORDS:
        errors.add("note", N_("Write at most %(limit)s characters."), limit=MAX_WORDS)
    errors.raise_any()


def _check_periods(periods: Sequence[Period], errors: FieldErrors) -> None:
    if len(periods) > MAX_PERIODS:
        errors.add("periods", N_("Write at most %(limit)s delivery periods."), limit=MAX_PERIODS)
    for one in periods:
        if one.last < one.first:
            errors.add("periods", N_("The last day of a period lies before its first."))
        if not 0 <= one.least <= one.most <= MAX_QUANTITY:
            errors.add("periods", N_("The least of a period must not be above its most."))
    ordered = sorted(periods, key=lambda one: one.first)
    if any(later.first <= sooner.last for sooner, later in pairwise(ordered)):
        errors.add("periods", N_("Two delivery periods overlap."))


def in_books(minor: int, rate_millionths: int) -> int:
    """Return an amount at a rate, rounded half up: 10,001 cents at 3.745000 are 37,454 céntimos (37,453.745)."""
    return round_half_up(Decimal(minor) * rate_millionths / MILLION)


def default_from(terms: Terms, agreed_on: date) -> date:
    """Return the first day on which a side may call the other in default: after the last period, or a month after the agreement."""
    if terms.periods:
        last = max(one.last for one in terms.periods)
        return date.fromordinal(last.toordinal() + 1)
    return date.fromordinal(agreed_on.toordinal() + DEFAULT_AFTER_DAYS + 1)
