"""Why a lot stayed over: the demand that it missed most narrowly, by what, and at what price it would go.

Nearest is, in this order: the fewest unmet conditions; the condition that is easiest to change (the order of `Condition`);
by the least; the best price; the smaller id of the demand.

Where all lots are divisible and no demand has a least quantity, the price is exact: a cent less, and the lot stays. Otherwise it
is a price that is enough: the lot, at it, brings more than what would have to leave.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

import numpy as np

from chain.matching.rules.flow import supply_of
from chain.matching.rules.grouping import Network, make_network
from chain.matching.rules.instance import DemandAsk, Instance, LotOffer
from chain.matching.rules.marginal import NO_ROOM, worth_of
from chain.matching.rules.pairs import ANY, Condition, FreightTable, Unmet, floor_of, price_for, unmet
from chain.matching.rules.solution import Flow, Solution

_NEARNESS = {condition: rank for rank, condition in enumerate(Condition)}
#: Answers that are kept while many lots are asked about.
KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Miss:
    """The nearest miss of a lot, or of what is left of it. Prices are minor units for a kilogram or litre."""

    lot_id: str
    demand_id: str
    #: the condition that counts first, and by how much, as in `Unmet`
    condition: Condition
    by: int
    #: all that is unmet, nearest first
    unmet: tuple[Unmet, ...]
    #: what the demand pays for a lot that meets its conditions; None: its grid has no line for it
    offered: int | None
    #: what it would have to pay so that the lot goes, its other conditions met; None: no price would do
    price: int | None
    freight: int


class Misses:
    """Answers for many lots of one solution."""

    def __init__(self, instance: Instance, solution: Solution) -> None:
        self.instance = instance
        self._freight = FreightTable(instance)
        self._demands = sorted(instance.demands, key=lambda one: one.id)
        self._lots = {one.id: one for one in instance.lots}
        self._rests = {one.lot_id: one.quantity for one in solution.unmatched}
        self._flows: dict[str, list[Flow]] = {one.id: [] for one in self._demands}
        for flow in solution.flows:
            self._flows[flow.demand_id].append(flow)
        self._taken = solution.quantity_by_demand
        self.is_exact = all(one.divisible for one in instance.lots) and not any(
            one.min_quantity for one in instance.demands
        )
        self._worth = _worth(instance, solution) if self.is_exact else {}
        self._nearest = lru_cache(KEPT)(self._find)

    def nearest(self, lot: LotOffer) -> Miss | None:
        """Return the nearest miss; None where nobody asks for such a product, or nothing of the lot is left."""
        rest = self._rests.get(lot.id)
        if rest is None:
            return None
        # Equal lots share an answer; where every lot is divisible its quantity does not matter either.
        like = replace(lot, id="", registered_at_key=0, quantity=1 if self.is_exact else rest)
        found = self._nearest(like)
        return found and replace(found, lot_id=lot.id)

    def _find(self, lot: LotOffer) -> Miss | None:
        asked = [one for one in self._demands if one.commodity in {lot.commodity, ANY}]
        lacking = [(unmet(lot, one), one) for one in asked]
        fewest = min((len(lacks) for lacks, _ in lacking), default=0)
        # A price that is too low counts as one condition more: whoever lacks two more cannot be nearest.
        nearest: tuple[tuple[object, ...], Miss] | None = None
        for lacks, demand in lacking:
            if len(lacks) > fewest + (fewest > 0):
                continue
            miss = self._miss(lot, demand, lacks)
            first = miss.unmet[0]
            key = (len(miss.unmet), _NEARNESS[first.condition], first.by, -(miss.offered or 0), demand.id)
            if nearest is None or key < nearest[0]:
                nearest = key, miss
        return nearest[1] if nearest else None

    def _miss(self, lot: LotOffer, demand: DemandAsk, lacks: list[Unmet]) -> Miss:
        changed = self._changed(lot, demand, lacks)
        offered, freight = price_for(changed, demand), self._freight.cost(changed, demand)
        floor = floor_of(lot)
        room_net, limit = self._room_net(changed, demand)
        found = list(lacks)
        if offered is None:
            found.append(Unmet(Condition.NO_PRICE))
        elif offered - freight < floor:
            found.append(Unmet(Condition.RESERVE, floor - offered + freight))
        elif limit is not None:
            found.append(limit)
        elif room_net is None:
            found.append(Unmet(Condition.ROOM))
        elif offered - freight < room_net:
            found.append(Unmet(Condition.ROOM, room_net - offered + freight))
        price = None if room_net is None else max(floor, room_net) + freight
        ordered = tuple(sorted(found, key=lambda one: (_NEARNESS[one.condition], one.by)))
        if not ordered:
            # Only beside whole lots and least quantities: the search has not seen that it would fit.
            ordered = (Unmet(Condition.ROOM),)
        first = ordered[0]
        return Miss(lot.id, demand.id, first.condition, first.by, ordered, offered, price, freight)

    def _changed(self, lot: LotOffer, demand: DemandAsk, lacks: Sequence[Unmet]) -> LotOffer:
        """Return the lot with every condition met, by the change that brings most."""
        if not lacks:
            return lot
        missing = {one.condition for one in lacks}
        micron = lot.micron_tenths
        if missing & {Condition.MICRON_BELOW, Condition.MICRON_UNKNOWN}:
            micron = (
                demand.micron_min_tenths if demand.micron_min_tenths is not None else demand.micron_max_tenths
            )
        elif Condition.MICRON_ABOVE in missing:
            micron = demand.micron_max_tenths
        ways = product(
            demand.grades if Condition.GRADE in missing else (lot.grade,),
            demand.colours if Condition.COLOUR in missing else (lot.colour,),
            demand.centres if Condition.CENTRE in missing else (lot.centre,),
        )
        met = replace(
            lot,
            micron_tenths=micron,
            claim=demand.claim if Condition.CLAIM in missing else lot.claim,
            seller=demand.sellers[0] if Condition.SELLER in missing else lot.seller,
        )
        tried = [replace(met, grade=g, colour=c, centre=at) for g, c, at in ways]
        return max(tried, key=lambda one: (price_for(one, demand) or 0) - self._freight.cost(one, demand))

    def _room_net(self, lot: LotOffer, demand: DemandAsk) -> tuple[int | None, Unmet | None]:
        """Return what a lot must bring to get room (None: it cannot), and what keeps it out even where the price is right."""
        if self.is_exact:
            worth = self._worth[demand.id]
            return (None if worth >= NO_ROOM else worth + 1), None
        grams = lot.quantity
        most, taken = demand.max_quantity, self._taken.get(demand.id, 0)
        room = None if most is None else most - taken
        if not taken and grams < demand.min_quantity:
            pooled = sum(rest for name, rest in self._rests.items() if not unmet(self._lots[name], demand))
            return None, Unmet(Condition.LEAST, max(demand.min_quantity - pooled, 1))
        if room is None or grams <= room:
            return 1, None
        lost = self._lost_for(demand, grams - room)
        net = None if lost is None else lost // grams + 1
        return net, Unmet(Condition.WHOLE, grams - room) if room and not lot.divisible else None

    def _lost_for(self, demand: DemandAsk, grams: int) -> int | None:
        """Return what leaves with the lots that bring least, so that there is room for so much more; None: there never is."""
        lost = freed = 0
        for flow in sorted(self._flows[demand.id], key=lambda one: (one.net, one.lot_id)):
            part = flow.quantity
            if self._lots[flow.lot_id].divisible:
                part = min(part, grams - freed)
            freed += part
            lost += part * flow.net
            if freed >= grams:
                left = self._taken[demand.id] - freed
                return lost if left + grams >= demand.min_quantity else None
        return None


def nearest_miss(lot: LotOffer, instance: Instance, solution: Solution) -> Miss | None:
    """Return the nearest miss of one lot; for many lots of one solution make `Misses` once."""
    return Misses(instance, solution).nearest(lot)


def _worth(instance: Instance, solution: Solution) -> dict[str, int]:
    """Return what room in each demand is worth."""
    if not instance.lots or not instance.demands:
        return {one.id: 0 for one in instance.demands}
    network = make_network(instance)
    amount = _amounts(network, solution)
    worth = worth_of(network.ways, supply_of(network), amount)
    return dict(zip((one.id for one in network.demands), worth.demand.tolist(), strict=True))


def _amounts(network: Network, solution: Solution) -> "np.typing.NDArray[np.int64]":
    """Return how much goes over each way."""
    lot_at = {one.id: at for at, one in enumerate(network.lots)}
    demand_at = {one.id: at for at, one in enumerate(network.demands)}
    lots = np.array([lot_at[flow.lot_id] for flow in solution.flows], np.int64)
    demands = np.array([demand_at[flow.demand_id] for flow in solution.flows], np.int64)
    amount = np.zeros(len(network.ways), np.int64)
    if len(lots):
        keys = network.ways.group * len(network.demands) + network.ways.demand
        at = np.searchsorted(keys, network.group[lots] * len(network.demands) + demands)
        np.add.at(amount, at, np.array([flow.quantity for flow in solution.flows], np.int64))
    return amount
