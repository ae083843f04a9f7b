"""Whole lots: all of a lot to one demand, or none; with least quantities beside it. An integer programme with its gap proven.

The divisible optimum is a bound for it. Its flows, laid over the lots, leave most lots whole; the few that are cut are taken
out, and exchanges (`packing`) fill the room again. Then the lots that may be divided flow anew through what the whole ones
leave. Small instances go to CP-SAT, which proves the optimum.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from chain.matching.rules.encoding import Flags, Ints
from chain.matching.rules.exact import improve_exactly, is_small
from chain.matching.rules.flow import Pieces, Supply, best_flow, exact_dot, lay_over, supply_of
from chain.matching.rules.grouping import Network
from chain.matching.rules.least import LeastFlow
from chain.matching.rules.marginal import worth_of
from chain.matching.rules.packing import Packing
from chain.matching.rules.ties import deal_by_registration

ROUNDS = 30
#: Minor units per kilogram that a way may lose, round by round.
LOSSES = (0, 10, 40, 150, 500)


@dataclass(frozen=True)
class Answer:
    """Parts of lots, and what they bring."""

    pieces: Pieces
    value: int


def match_whole(network: Network, start: LeastFlow, *, is_late: Callable[[], bool]) -> tuple[Pieces, int]:
    """Return the best matching found, and a bound for all."""
    best = pack(network, start, is_late=is_late)
    bound = start.bound
    if best.value < bound and is_small(network):
        return improve_exactly(network, best.pieces, best.value, bound)
    return best.pieces, bound


def pack(network: Network, start: LeastFlow, *, is_late: Callable[[], bool]) -> Answer:
    """Pack the whole lots into the flows, exchange, and let the divisible ones flow through the rest."""
    supply = supply_of(network)
    pieces = lay_over(network, deal_by_registration(network, start.flow.amount))
    least = np.array([one.min_quantity for one in network.demands], np.int64)
    divided = _divided_load(network, pieces)
    packing = Packing(network, np.maximum(supply.capacity - divided, 0), np.maximum(least - divided, 0))
    packing.closed = start.closed.copy()
    _place_uncut(network, pieces, packing)
    while True:
        _exchange(packing, start, supply, is_late)
        rest, is_kept = _divide_rest(network, packing, supply, least)
        if is_kept:
            packing.settle_ties()
            return _answer(network, packing, rest)
        short = _short(network, packing, rest, least)
        packing.closed |= short
        for demand in np.flatnonzero(short).tolist():
            packing.release(packing.lots_in(demand))


def _divided_load(network: Network, pieces: Pieces) -> Ints:
    """Return what divisible lots take of each demand."""
    used = (pieces.way >= 0) & ~network.whole[pieces.lot]
    load = np.zeros(len(network.demands), np.int64)
    np.add.at(load, network.ways.demand[pieces.way[used]], pieces.quantity[used])
    return load


def _place_uncut(network: Network, pieces: Pieces, packing: Packing) -> None:
    """Place the whole lots that the flow leaves in one piece."""
    uncut = network.whole[pieces.lot] & (pieces.way >= 0) & (pieces.quantity == network.quantity[pieces.lot])
    packing.place(pieces.lot[uncut], pieces.way[uncut])


def _exchange(packing: Packing, start: LeastFlow, supply: Supply, is_late: Callable[[], bool]) -> None:
    """Make moves until none brings more: first only on ways that lose nothing at the worth of room, then on ever more."""
    capacity = np.where(packing.closed, 0, supply.capacity)
    ways = packing.ways
    worth = worth_of(ways, replace(supply, capacity=capacity), start.flow.amount)
    loss = worth.group[ways.group] + worth.demand[ways.demand] - ways.net
    top = np.zeros(len(packing.capacity), np.int64)
    np.maximum.at(top, ways.demand, ways.net)
    for limit in (*LOSSES, int(loss.max(initial=0))):
        packing.allowed = loss <= limit
        for _ in range(ROUNDS):
            at_stake = (packing.capacity - packing.load) * np.minimum(worth.demand, top)
            if not packing.improve(np.argsort(-at_stake, kind="stable")):
                break
            if is_late():
                return


def _divide_rest(network: Network, packing: Packing, supply: Supply, least: Ints) -> tuple[Ints, bool]:
    """Let the divisible lots flow through what the whole ones leave; tell whether every least quantity is kept."""
    divisible = (network.group >= 0) & ~network.whole
    group = np.zeros(network.groups, np.int64)
    np.add.at(group, network.group[divisible], network.quantity[divisible])
    capacity = np.where(packing.closed, 0, supply.capacity - packing.load)
    needed = np.where((packing.load > 0) & ~packing.closed, np.maximum(least - packing.load, 0), 0)
    if (needed > capacity).any():
        return np.zeros(len(network.ways), np.int64), False
    flow = best_flow(network.ways, replace(supply, group=group, capacity=capacity, least=needed))
    taken = packing.load.copy()
    np.add.at(taken, network.ways.demand, flow.amount)
    return flow.amount, flow.keeps_least and not ((taken > 0) & (taken < least)).any()


def _short(network: Network, packing: Packing, rest: Ints, least: Ints) -> Flags:
    """Return the demands that do not reach their least."""
    taken = packing.load.copy()
    np.add.at(taken, network.ways.demand, rest)
    short: Flags = (taken > 0) & (taken < least)
    return short


def _answer(network: Network, packing: Packing, rest: Ints) -> Answer:
    divisible = replace(network, group=np.where(network.whole, -1, network.group))
    pieces = lay_over(divisible, deal_by_registration(divisible, rest))
    kept = pieces.way >= 0
    placed = packing.lots[packing.at[packing.lots] >= 0]
    found = Pieces(
        np.concatenate([placed, pieces.lot[kept]]),
        np.concatenate([packing.at[placed], pieces.way[kept]]),
        np.concatenate([network.quantity[placed], pieces.quantity[kept]]),
    )
    return Answer(found, exact_dot(found.quantity, network.ways.net[found.way]))
