"""Weights and volumes: integers of grams and millilitres, and the numbers that people type.

Numbers people type (docs/front-end.md): no grouping; one `.` or `,` is the decimal; at most three decimals.
"""

import re
from decimal import Decimal
from enum import StrEnum

from chain.core.errors import DomainError, Kind
from chain.core.i18n import N_
from chain.core.money import round_half_up

#: Grams of an international pound, exactly (1959 agreement).
GRAMS_PER_POUND = Decimal("453.59237")
THOUSAND = 1000
MAX_DECIMALS = 3
MAX_DIGITS = 12
_TYPED = re.compile(rf"[+-]?[0-9]{{1,{MAX_DIGITS}}}(?:[.,][0-9]{{1,{MAX_DECIMALS}}})?")


class NotANumber(DomainError):
    """What was typed is not a number of the accepted form."""

    code = "not_a_number"
    kind = Kind.INVALID
    text = N_("“%(value)s” is not a number. Write 12.5 or 12,5, without thousands separators.")


class Unit(StrEnum):
    """The smallest unit in which a quantity is kept."""

    GRAM = "g"
    MILLILITRE = "ml"


class WeightUnit(StrEnum):
    """The units in which files state weights. A quintal has no default: 100 lb or 46 kg, so the factor is asked."""

    KILOGRAM = "kg"
    POUND = "lb"
    QUINTAL = "qq"


def parse_decimal(text: str | None) -> Decimal:
    """Read a number as people type it.

    Raises:
        NotANumber: letters, grouping, two separators or more than three decimals.
    """
    typed = (text or "").strip()
    if not _TYPED.fullmatch(typed):
        raise NotANumber(value=typed[:40])
    return Decimal(typed.replace(",", "."))


def thousandths(value: Decimal) -> int:
    """Return grams for kilograms, or millilitres for litres; exact for up to three decimals."""
    return round_half_up(value * THOUSAND)


def grams(value: Decimal, grams_per_unit: Decimal) -> int:
    """Return whole grams for a weight in a unit of `grams_per_unit`, rounded half up once.

    147,048 lb → 66,699,851 g (66,699,850.82… exactly).
    """
    return round_half_up(value * grams_per_unit)
