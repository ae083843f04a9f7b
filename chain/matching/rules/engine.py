"""`solve`: the matching that brings the producers most, with its proof."""

import time
from collections.abc import Callable

import numpy as np

from chain.matching.rules.checks import check_instance
from chain.matching.rules.encoding import Ints
from chain.matching.rules.exact import is_small
from chain.matching.rules.flow import Pieces, best_flow, exact_dot, lay_over, supply_of
from chain.matching.rules.grouping import Network, make_network
from chain.matching.rules.instance import Instance
from chain.matching.rules.least import LeastFlow, best_flow_with_least
from chain.matching.rules.solution import Flow, Rest, Solution, Status
from chain.matching.rules.ties import deal_by_registration
from chain.matching.rules.whole import match_whole

#: The gap that is looked for where the optimum need not be found exactly.
DEFAULT_GAP = 0.0005
DEFAULT_TIME_LIMIT = 60.0


def solve(
    instance: Instance, *, time_limit: float = DEFAULT_TIME_LIMIT, gap: float = DEFAULT_GAP
) -> Solution:
    """Match lots with demands so that the producers together receive most.

    Divisible lots without least quantities are solved to the optimum, whatever `gap` says. Otherwise the search ends when
    the value is proven to lie within `gap` of the best possible, or the work is done, or `time_limit` seconds have gone.
    The same instance, in any order, gives the same answer, unless the time limit cut it short.

    Raises:
        InstanceRefused: two lots or demands share an id, or a number is out of range.
        NoFlowError: the numbers are too large for the flow solver; MAX_PRICE_MINOR and MAX_TOTAL_QUANTITY prevent it.
    """
    begin = time.perf_counter()
    check_instance(instance)
    if not instance.lots or not instance.demands:
        return _empty(instance, begin)
    network = make_network(instance)
    if not network.groups:
        return _empty(instance, begin)

    def is_late() -> bool:
        return time.perf_counter() - begin > time_limit

    pieces, bound = _pieces(network, gap, is_late)
    return _solution(network, pieces, bound, gap, begin)


def _pieces(network: Network, gap: float, is_late: Callable[[], bool]) -> tuple[Pieces, int]:
    supply = supply_of(network)
    is_whole = bool(network.whole.any())
    if any(one.min_quantity for one in network.demands):
        wanted = 0.0 if is_small(network) else gap / 2 if is_whole else gap
        start = best_flow_with_least(network, supply, gap=wanted, is_late=is_late)
    else:
        flow = best_flow(network.ways, supply)
        none = np.zeros(len(network.demands), np.bool_)
        start = LeastFlow(flow, flow.value, none, none)
    if is_whole:
        return match_whole(network, start, is_late=is_late)
    return lay_over(network, deal_by_registration(network, start.flow.amount)), start.bound


def _empty(instance: Instance, begin: float) -> Solution:
    ordered = sorted(instance.lots, key=lambda one: (one.registered_at_key, one.id))
    return Solution(
        flows=(),
        unmatched=tuple(Rest(one.id, one.quantity) for one in ordered),
        value=0,
        bound=0,
        status=Status.OPTIMAL,
        dropped=tuple(sorted(one.id for one in instance.demands if one.min_quantity)),
        seconds=time.perf_counter() - begin,
    )


def _solution(network: Network, pieces: Pieces, bound: int, gap: float, begin: float) -> Solution:
    lots, demands, quantity = _by_lot(network, pieces)
    price, net = network.nets(lots, demands)
    lot_ids = [one.id for one in network.lots]
    demand_ids = [one.id for one in network.demands]
    at_demand = map(demand_ids.__getitem__, demands.tolist())
    at_lot = map(lot_ids.__getitem__, lots.tolist())
    numbers = (quantity.tolist(), price.tolist(), (price - net).tolist())
    flows = list(map(Flow, at_lot, at_demand, *numbers))
    given = np.zeros(len(lot_ids), np.int64)
    np.add.at(given, lots, quantity)
    rests = network.quantity - given
    left_over = np.flatnonzero(rests)
    value = exact_dot(quantity, net)
    taken = np.zeros(len(demand_ids), np.int64)
    np.add.at(taken, demands, quantity)
    dropped = [one.id for one, grams in zip(network.demands, taken.tolist(), strict=True) if not grams]
    return Solution(
        flows=flows,
        unmatched=[
            Rest(lot_ids[at], rest)
            for at, rest in zip(left_over.tolist(), rests[left_over].tolist(), strict=True)
        ],
        value=value,
        bound=bound,
        status=_status(value, bound, gap),
        dropped=tuple(one for one in dropped if one in {d.id for d in network.demands if d.min_quantity}),
        seconds=time.perf_counter() - begin,
    )


def _by_lot(network: Network, pieces: Pieces) -> tuple[Ints, Ints, Ints]:
    """Return lot, demand and grams, by lot and demand."""
    used = np.flatnonzero(pieces.way >= 0)
    demand = network.ways.demand[pieces.way[used]]
    order = np.lexsort((demand, pieces.lot[used]))
    return pieces.lot[used][order], demand[order], pieces.quantity[used][order]


def _status(value: int, bound: int, gap: float) -> Status:
    if value == bound:
        return Status.OPTIMAL
    return Status.WITHIN_GAP if bound - value <= gap * bound else Status.FEASIBLE
