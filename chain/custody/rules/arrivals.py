"""Weight at departure against weight on arrival: tolerance, and a load that was weighed in one go. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from chain.core.money import split_largest_remainder

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A lot on a waybill. `quantity` in grams or millilitres, by `unit`."""

    lot_id: UUID
    quantity: int
    unit: str


def is_within(sent: int, arrived: int, tolerance_bp: int) -> bool:
    """Tell whether a difference, either way, is one that nobody disputes.

    With 50 hundredths of a percent (0.5 %): 1,000,000 g sent and 995,000 g arrived is within, 994,999 g is not.
    """
    return abs(arrived - sent) * BASIS_POINTS <= tolerance_bp * sent


def difference_percent(sent: int, arrived: int) -> Decimal:
    """Return the difference in percent of what was sent, negative when something is missing; two decimals."""
    return (Decimal(arrived - sent) * 100 / sent).quantize(Decimal("0.01"))


def share_out(sent: list[Sent], totals: Mapping[str, int]) -> dict[UUID, int]:
    """Return what arrived per lot when each unit was weighed as a whole: by what was sent, to the gram."""
    found: dict[UUID, int] = {}
    for unit, total in totals.items():
        lots = sorted((one for one in sent if one.unit == unit), key=lambda one: one.lot_id)
        parts = split_largest_remainder(total, [one.quantity for one in lots], [one.lot_id for one in lots])
        found.update(zip((one.lot_id for one in lots), parts, strict=True))
    return found


def totals_by_unit(quantities: list[tuple[str, int]]) -> dict[str, int]:
    """Return the sum per unit."""
    found: dict[str, int] = {}
    for unit, quantity in quantities:
        found[unit] = found.get(unit, 0) + quantity
    return found


def is_undisputed(
    sent: list[Sent], arrived: Mapping[UUID, int], tolerance_bp: int, *, by_total: bool
) -> bool:
    """Tell whether an arrival lies within the tolerance: each lot of its own, or the load where it was weighed as a whole."""
    if not by_total:
        return all(is_within(one.quantity, arrived[one.lot_id], tolerance_bp) for one in sent)
    left = totals_by_unit([(one.unit, one.quantity) for one in sent])
    came = totals_by_unit([(one.unit, arrived[one.lot_id]) for one in sent])
    return all(is_within(left[unit], came[unit], tolerance_bp) for unit in left)
