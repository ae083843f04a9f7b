"""Money: integers in the currency's minor unit, rounded once, split so that the parts sum to the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol, Self, TypeVar

from chain.core.errors import DomainError, Kind
from chain.core.i18n import N_

GRAMS_PER_KILOGRAM = 1000
BASIS_POINTS = 10_000


#: The currencies of the product and their number of decimals (ISO 4217).
CURRENCIES: dict[str, int] = {"PEN": 2, "BOB": 2, "USD": 2}


class MixedCurrencies(DomainError):
    """Two currencies met in one sum."""

    code = "mixed_currencies"
    kind = Kind.INVALID
    text = N_("Amounts in %(left)s and %(right)s cannot be added.")


class NothingToSplitBy(DomainError):
    """A split over weights that are negative or sum to nothing."""

    code = "nothing_to_split_by"
    kind = Kind.INVALID
    text = N_("The amount cannot be shared out: the quantities are zero or negative.")


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units (cents) of one currency."""

    minor: int
    currency: str

    def __add__(self, other: Self) -> Self:
        self._same(other)
        return type(self)(self.minor + other.minor, self.currency)

    def __sub__(self, other: Self) -> Self:
        self._same(other)
        return type(self)(self.minor - other.minor, self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.minor, self.currency)

    def _same(self, other: Self) -> None:
        if self.currency != other.currency:
            raise MixedCurrencies(left=self.currency, right=other.currency)


def round_half_up(value: Decimal) -> int:
    """Round to a whole number, halves away from zero: the one rounding of prices times quantities.

    0.5 → 1, 1.5 → 2, 2.4999 → 2, -0.5 → -1.
    """
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def amount_for(quantity: int, price_minor_per_unit: Decimal | int) -> int:
    """Return minor units for a quantity in thousandths (grams, millilitres) at a price per whole unit (kg, litre).

    66,699,851 g at 4,500 cents per kg → 300,149,330 cents (…329.5 rounds up).
    """
    return round_half_up(Decimal(quantity) * Decimal(price_minor_per_unit) / GRAMS_PER_KILOGRAM)


def share_of(amount_minor: int, basis_points: int) -> int:
    """Return a percentage of an amount, in hundredths of a percent, half up: 10,001 at 250 (2.5 %) → 250."""
    return round_half_up(Decimal(amount_minor) * basis_points / BASIS_POINTS)


class Ordered(Protocol):
    """A key that sorts."""

    def __lt__(self, other: Any, /) -> bool: ...


K = TypeVar("K", bound=Ordered)


def split_largest_remainder(total: int, weights: Sequence[int], keys: Sequence[K]) -> list[int]:
    """Split a whole number over weights so that the parts sum to it, each less than one unit from its exact share.

    Method of the largest remainder; equal remainders go to the smaller key (a stable id), so that the order of the
    list does not matter. A changed total is never split again: post a reversal and a new split, because one
    part may shrink when the total grows (the Alabama paradox).

    Raises:
        NothingToSplitBy: a weight is negative, or all of them are zero.
    """
    if len(weights) != len(keys):
        message = "one key per weight"
        raise ValueError(message)
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise NothingToSplitBy
    if total < 0:
        return [-part for part in split_largest_remainder(-total, weights, keys)]
    parts, rests = [], []
    for weight in weights:
        part, rest = divmod(total * weight, whole)
        parts.append(part)
        rests.append(rest)
    order = sorted(range(len(weights)), key=lambda index: (-rests[index], keys[index]))
    for index in order[: total - sum(parts)]:
        parts[index] += 1
    return parts
