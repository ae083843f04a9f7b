"""Exact arithmetic of prices: whole numbers at one scale, rounded half up once per line. Pure."""

from collections.abc import Sequence
from uuid import UUID

#: Minor units are calculated in ten-billionths of a thousandth, so that a percentage of a price per gram is still whole.
EXACT = 10**13
#: What a rate in minor units per kilogram or litre is, per thousandth, at that scale.
PER_UNIT = EXACT // 1000


def divided(total: int, by: int) -> int:
    """Return a quotient rounded half up, halves away from zero."""
    if total < 0:
        return -divided(-total, by)
    return (2 * total + by) // (2 * by)


def split(total: int, weights: Sequence[int], keys: Sequence[tuple[UUID, UUID]]) -> list[int]:
    """Split like `chain.core.money.split_largest_remainder`; one part, and parts that come out even, take no sorting."""
    whole = sum(weights)
    if len(weights) == 1:
        return [total]
    if total < 0:
        return [-part for part in split(-total, weights, keys)]
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    if left:
        rests = [total * weight % whole for weight in weights]
        order = sorted(range(len(weights)), key=lambda at: (-rests[at], keys[at]))
        for at in order[:left]:
            parts[at] += 1
    return parts
