"""The divisible optimum: a minimum-cost flow from groups to demands in whole grams and cents, by OR-tools.

Every capacity and supply is a whole number, so the optimum is one too: no gram is divided and nothing is rounded.
"""

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from chain.matching.rules.encoding import Ints
from chain.matching.rules.grouping import Network, Ways

#: Bits of a sum that int64 holds.
SAFE_BITS = 62


class NoFlowError(ArithmeticError):
    """The flow solver could not do it; the numbers are out of its range."""


@dataclass(frozen=True)
class Supply:
    """How much each group has and what each demand takes: at most `capacity`, and `least` before anything else."""

    group: Ints
    capacity: Ints
    #: zero where a demand need not be served
    least: Ints


@dataclass(frozen=True)
class GroupFlow:
    """The optimum over groups."""

    #: grams on each way
    amount: Ints
    #: thousandths of a minor unit
    value: int
    #: whether every least quantity is reached
    keeps_least: bool


def supply_of(network: Network) -> Supply:
    """Return what there is and what may be taken, without any least quantity."""
    placed = network.group >= 0
    group = np.zeros(network.groups, np.int64)
    np.add.at(group, network.group[placed], network.quantity[placed])
    total = int(network.quantity.sum())
    capacity = [
        total if one.max_quantity is None else min(one.max_quantity, total) for one in network.demands
    ]
    return Supply(group, np.array(capacity, np.int64), np.zeros(len(capacity), np.int64))


def best_flow(ways: Ways, supply: Supply) -> GroupFlow:
    """Return the flow that is worth most; least quantities come before value.

    Raises:
        NoFlowError: the numbers are out of the solver's range.
    """
    groups, demands = len(supply.group), len(supply.capacity)
    sink = groups + demands
    if not len(ways):
        return GroupFlow(np.zeros(0, np.int64), 0, keeps_least=not supply.least.any())
    solver = min_cost_flow.SimpleMinCostFlow()
    on_way = np.minimum(supply.group[ways.group], supply.capacity[ways.demand])
    of_way = solver.add_arcs_with_capacity_and_unit_cost(ways.group, groups + ways.demand, on_way, -ways.net)
    group_nodes = np.arange(groups, dtype=np.int64)
    solver.add_arcs_with_capacity_and_unit_cost(
        group_nodes, np.full(groups, sink, np.int64), supply.group, np.zeros(groups, np.int64)
    )
    demand_nodes = groups + np.arange(demands, dtype=np.int64)
    to_sink = np.full(demands, sink, np.int64)
    solver.add_arcs_with_capacity_and_unit_cost(
        demand_nodes, to_sink, supply.capacity - supply.least, np.zeros(demands, np.int64)
    )
    needed = None
    if supply.least.any():
        # Worth more than any chain of exchanges can cost, so that least quantities are reached wherever they can be.
        reward = (2 * min(groups, demands) + 2) * int(ways.net.max())
        needed = solver.add_arcs_with_capacity_and_unit_cost(
            demand_nodes, to_sink, supply.least, np.full(demands, -reward, np.int64)
        )
    solver.set_nodes_supplies(group_nodes, supply.group)
    solver.set_node_supply(sink, -int(supply.group.sum()))
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise NoFlowError(str(status))
    amount = np.asarray(solver.flows(of_way), np.int64)
    reached = needed is None or np.array_equal(np.asarray(solver.flows(needed)), supply.least)
    return GroupFlow(amount, exact_dot(amount, ways.net), keeps_least=bool(reached))


def exact_dot(amounts: Ints, prices: Ints) -> int:
    """Return the sum of products, exact whatever their size."""
    bits = int(np.abs(amounts).max(initial=0)).bit_length() + int(np.abs(prices).max(initial=0)).bit_length()
    if bits + len(amounts).bit_length() <= SAFE_BITS:
        return int(np.dot(amounts, prices))
    return sum(a * p for a, p in zip(amounts.tolist(), prices.tolist(), strict=True))


@dataclass(frozen=True)
class Pieces:
    """Parts of lots: so many grams of a lot on a way."""

    lot: Ints
    #: index into the ways; -1: left over
    way: Ints
    quantity: Ints


def lay_over(network: Network, amount: Ints) -> Pieces:
    """Give the flow of each group back to its lots, exact to the gram.

    The lots of a group lie end to end in order of registration; beside them its flows, the best price first (then the smaller
    demand), and at the end what is left over. Where they lie beside each other, a lot goes to a demand.
    """
    ways = network.ways
    placed = np.flatnonzero(network.group >= 0)
    lots = placed[np.argsort(network.group[placed], kind="stable")]
    lot_ends = np.cumsum(network.quantity[lots])
    used = np.flatnonzero(amount)
    flow_sum = np.zeros(network.groups, np.int64)
    np.add.at(flow_sum, ways.group[used], amount[used])
    supply = np.zeros(network.groups, np.int64)
    np.add.at(supply, network.group[lots], network.quantity[lots])
    group = np.concatenate([ways.group[used], np.arange(network.groups)])
    way = np.concatenate([used, np.full(network.groups, -1, np.int64)])
    size = np.concatenate([amount[used], supply - flow_sum])
    net = np.concatenate([ways.net[used], np.zeros(network.groups, np.int64)])
    demand = np.concatenate([ways.demand[used], np.full(network.groups, len(network.demands), np.int64)])
    order = np.lexsort((demand, -net, group))
    order = order[size[order] > 0]
    flow_ends = np.cumsum(size[order])
    ends = np.union1d(lot_ends, flow_ends)
    quantity = np.diff(ends, prepend=0)
    begins = ends - quantity
    of_lot = lots[np.searchsorted(lot_ends, begins, side="right")]
    of_way = way[order][np.searchsorted(flow_ends, begins, side="right")]
    return Pieces(of_lot, of_way, quantity)
