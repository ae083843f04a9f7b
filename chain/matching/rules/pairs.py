"""One lot and one demand: what is unmet, what the demand pays, what the producers receive. Plain and slow: the engine computes
the same for all pairs at once (`grouping`), and tests compare the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chain.matching.rules.instance import CLAIMS, DemandAsk, Instance, LotOffer, PriceStep

#: A demand with this commodity asks for no product in particular.
ANY = ""


class Condition(StrEnum):
    """What keeps a lot from a demand. In the order of nearness: what is easiest to change stands first."""

    #: it meets everything, but the room goes to lots for which the buyer pays more
    ROOM = "room"
    #: the price less freight lies under the reserve (or is not above zero)
    RESERVE = "reserve"
    #: the lot is whole and larger than the room
    WHOLE = "whole"
    #: the demand's least quantity is not reached
    LEAST = "least"
    MICRON_ABOVE = "micron_above"
    MICRON_BELOW = "micron_below"
    MICRON_UNKNOWN = "micron_unknown"
    CENTRE = "centre"
    CLAIM = "claim"
    COLOUR = "colour"
    GRADE = "grade"
    #: the demand is private to other associations
    SELLER = "seller"
    #: no line of the price grid is for such a lot
    NO_PRICE = "no_price"
    COMMODITY = "commodity"


@dataclass(frozen=True, slots=True)
class Unmet:
    """A condition that is not met, and by how much, in the condition's own unit.

    `by`: tenths of a micrometre; steps of claim; minor units for a kilogram; grams of room; 1 where there is no measure.
    """

    condition: Condition
    by: int = 1


class FreightTable:
    """Looks up what a way costs."""

    def __init__(self, instance: Instance) -> None:
        self._costs: Mapping[tuple[str, str, str | None], int] = {
            (one.centre, one.buyer, one.demand_id): one.cost_minor for one in instance.freight
        }

    def cost(self, lot: LotOffer, demand: DemandAsk) -> int:
        """Return what the seller pays for a kilogram."""
        if demand.buyer_pays_freight:
            return 0
        general = self._costs.get((lot.centre, demand.buyer, None), 0)
        return self._costs.get((lot.centre, demand.buyer, demand.id), general)


def unmet(lot: LotOffer, demand: DemandAsk) -> list[Unmet]:
    """Return every condition of a demand, but for price and quantity, that a lot does not meet; nearest first."""
    if demand.commodity not in {lot.commodity, ANY}:
        return [Unmet(Condition.COMMODITY)]
    found = _unmet_micron(lot, demand)
    if demand.centres and lot.centre not in demand.centres:
        found.append(Unmet(Condition.CENTRE))
    steps = CLAIMS.index(demand.claim) - CLAIMS.index(lot.claim)
    if steps > 0:
        found.append(Unmet(Condition.CLAIM, steps))
    if demand.colours and lot.colour not in demand.colours:
        found.append(Unmet(Condition.COLOUR))
    if demand.grades and lot.grade not in demand.grades:
        found.append(Unmet(Condition.GRADE))
    if demand.sellers and lot.seller not in demand.sellers:
        found.append(Unmet(Condition.SELLER))
    return found


def _unmet_micron(lot: LotOffer, demand: DemandAsk) -> list[Unmet]:
    low, high, micron = demand.micron_min_tenths, demand.micron_max_tenths, lot.micron_tenths
    if micron is None:
        return [] if low is None and high is None else [Unmet(Condition.MICRON_UNKNOWN)]
    if low is not None and micron < low:
        return [Unmet(Condition.MICRON_BELOW, low - micron)]
    if high is not None and micron > high:
        return [Unmet(Condition.MICRON_ABOVE, micron - high)]
    return []


def fits_step(lot: LotOffer, step: PriceStep) -> bool:
    """Tell whether a line of a grid counts for a lot."""
    if step.grades and lot.grade not in step.grades:
        return False
    if step.colours and lot.colour not in step.colours:
        return False
    low, high, micron = step.micron_min_tenths, step.micron_max_tenths, lot.micron_tenths
    if micron is None:
        if low is not None or high is not None:
            return False
    elif (low is not None and micron < low) or (high is not None and micron > high):
        return False
    return CLAIMS.index(lot.claim) >= CLAIMS.index(step.claim)


def price_for(lot: LotOffer, demand: DemandAsk) -> int | None:
    """Return what a demand pays for a kilogram of a lot; None where its grid has no line for such a lot."""
    price = demand.price_minor
    for step in demand.grid:
        if fits_step(lot, step):
            price = step.amount_minor
            break
    if price is None:
        return None
    return price + sum(step.amount_minor for step in demand.premiums if fits_step(lot, step))


def floor_of(lot: LotOffer) -> int:
    """Return the least that the producers must receive for a kilogram: the reserve, and always something."""
    return max(lot.reserve_minor or 0, 1)
