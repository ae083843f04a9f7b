"""What comes out of a matching."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

THOUSAND = 1000


class Status(StrEnum):
    """How good the answer is known to be."""

    #: no answer is worth more: proven
    OPTIMAL = "optimal"
    #: within the gap that was asked for: proven
    WITHIN_GAP = "within_gap"
    #: keeps every condition, but the gap is wider than asked for; `gap` says how wide at most
    FEASIBLE = "feasible"


class Flow(NamedTuple):
    """So much of a lot goes to a demand. Prices are minor units for a kilogram or litre."""

    lot_id: str
    demand_id: str
    #: grams or millilitres
    quantity: int
    #: what the buyer pays
    price: int
    #: what the seller pays to bring it there
    freight: int

    @property
    def net(self) -> int:
        """What the producers receive for a kilogram or litre."""
        return self.price - self.freight

    @property
    def value(self) -> int:
        """What the producers receive, in thousandths of a minor unit: exact."""
        return self.quantity * self.net


class Rest(NamedTuple):
    """What is left of a lot."""

    lot_id: str
    quantity: int


@dataclass(frozen=True)
class Solution:
    """The flows by lot (in order of registration) and demand, what is left over, and how good that is."""

    flows: Sequence[Flow]
    unmatched: Sequence[Rest]
    #: thousandths of a minor unit: the sum over the flows
    value: int
    #: no answer can be worth more
    bound: int
    status: Status
    #: demands that take nothing because their least quantity is not reached
    dropped: tuple[str, ...]
    seconds: float

    @property
    def gap(self) -> float:
        """How far, at most, the value lies under the optimum: a share of the bound."""
        return (self.bound - self.value) / self.bound if self.bound > 0 else 0.0

    @property
    def value_minor(self) -> int:
        """The value in whole minor units, halves up: for the eye, not for sums."""
        return (self.value + THOUSAND // 2) // THOUSAND

    @cached_property
    def quantity_by_demand(self) -> dict[str, int]:
        """How much each demand receives; demands that receive nothing are left out."""
        found: dict[str, int] = {}
        for flow in self.flows:
            found[flow.demand_id] = found.get(flow.demand_id, 0) + flow.quantity
        return found
