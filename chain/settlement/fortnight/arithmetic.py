"""The two roundings of a fortnight, on integers: half away from zero, and the largest remainder."""

from collections.abc import Sequence

from chain.core.money import GRAMS_PER_KILOGRAM, split_largest_remainder
from chain.settlement.fortnight.facts import PPM

#: Reserve litres are rounded to hundredths of a litre.
ML_PER_CENTILITRE = 10
CENT_PLACES = 2
LITRE_PLACES = 3


def rounded(numerator: int, denominator: int) -> int:
    """Divide and round, halves away from zero: 5/2 → 3, -5/2 → -3."""
    if numerator < 0:
        return -((-2 * numerator + denominator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def value_minor(quantity_ml: int, price_minor: int) -> int:
    """Return what millilitres are worth at a price per litre, to the cent."""
    return rounded(quantity_ml * price_minor, GRAMS_PER_KILOGRAM)


def part_ppm(amount: int, millionths: int) -> int:
    """Return a share of an amount, rounded."""
    return rounded(amount * millionths, PPM)


def reserve_ml(base_ml: int, fraction_ppm: int) -> int:
    """Return reserve litres, rounded to two decimals of a litre, in millilitres."""
    return rounded(base_ml * fraction_ppm, PPM * ML_PER_CENTILITRE) * ML_PER_CENTILITRE


def prorated(total: int, weights: Sequence[int]) -> list[int]:
    """Share a total by weights that stand in the order of the codes that decide ties; zero weight gets zero."""
    if total == 0:
        return [0] * len(weights)
    return split_largest_remainder(total, weights, range(len(weights)))


def plain(value: int, places: int) -> str:
    """Return an integer as a decimal number without superfluous zeros after three places: 12500, 3 → 12.5; 450, 2 → 4.50."""
    whole, rest = divmod(abs(value), 10**places)
    text = f"{whole}.{rest:0{places}d}"
    if places > CENT_PLACES:
        text = text.rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 else text


def litres(quantity_ml: int) -> str:
    """Return millilitres as litres: 80000 → 80 l."""
    return f"{plain(quantity_ml, LITRE_PLACES)} l"
