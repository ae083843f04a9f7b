"""Least quantities: a demand takes at least so much, or nothing. Branch and bound over the divisible flow.

The relaxation leaves least quantities out; where some demand then takes more than nothing but less than its least, two
branches follow: it takes nothing, or at least its least (a lower bound in the flow). Both are flows again, so every
answer is in whole grams, and the best bound of an open branch bounds all that was not looked at.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from chain.matching.rules.encoding import Flags, Ints
from chain.matching.rules.flow import GroupFlow, Supply, best_flow
from chain.matching.rules.grouping import Network

#: Ways that all flows of one search may hold together: the search ends alike on every machine.
WORK = 40_000_000
MIN_NODES = 12


@dataclass(frozen=True)
class LeastFlow:
    """The best flow found that keeps every least quantity."""

    flow: GroupFlow
    #: no flow that keeps them is worth more
    bound: int
    #: demands that were closed
    closed: Flags
    #: demands that must reach their least
    forced: Flags


@dataclass(frozen=True)
class _Node:
    closed: Flags
    forced: Flags
    flow: GroupFlow


def best_flow_with_least(
    network: Network, supply: Supply, *, gap: float, is_late: Callable[[], bool]
) -> LeastFlow:
    """Return a flow within `gap` of the optimum, or the best that was found when the work or the time was over."""
    return _Search(network, supply, gap, is_late).run()


class _Search:
    def __init__(self, network: Network, supply: Supply, gap: float, is_late: Callable[[], bool]) -> None:
        self.ways, self.supply, self.gap, self.is_late = network.ways, supply, gap, is_late
        self.least = np.array([one.min_quantity for one in network.demands], np.int64)
        self.nodes = max(MIN_NODES, WORK // max(len(self.ways), 1_000))
        self.best: _Node | None = None
        self.bound = 0

    def run(self) -> LeastFlow:
        """Search best bound first."""
        demands = len(self.least)
        reach = np.zeros(demands, np.int64)
        np.add.at(reach, self.ways.demand, self.supply.group[self.ways.group])
        hopeless = np.minimum(reach, self.supply.capacity) < self.least
        root = self._solve(hopeless, np.zeros(demands, np.bool_))
        if root is None:
            raise AssertionError("a flow without least quantities always exists")
        number = count()
        waiting = [(-root.flow.value, next(number), root)]
        open_bound = root.flow.value
        while waiting:
            open_bound = -waiting[0][0]
            if self._is_good_enough(open_bound):
                break
            _, _, node = heapq.heappop(waiting)
            under = self._under(node)
            if not under.any():
                self._keep(node)
                continue
            self._dive(node)
            for child in self._children(node, under):
                if self.best is None or child.flow.value > self.best.flow.value:
                    heapq.heappush(waiting, (-child.flow.value, next(number), child))
            if self.nodes <= 0 or self.is_late():
                break
        return self._answer(-waiting[0][0] if waiting else 0)

    def _answer(self, open_bound: int) -> LeastFlow:
        found = self.best
        if found is None:
            raise AssertionError("the first dive always ends")
        return LeastFlow(found.flow, max(open_bound, found.flow.value), found.closed, found.forced)

    def _is_good_enough(self, open_bound: int) -> bool:
        return self.best is not None and open_bound - self.best.flow.value <= self.gap * open_bound

    def _keep(self, node: _Node) -> None:
        if self.best is None or node.flow.value > self.best.flow.value:
            self.best = node

    def _solve(self, closed: Flags, forced: Flags) -> _Node | None:
        self.nodes -= 1
        capacity = np.where(closed, 0, self.supply.capacity)
        least = np.where(forced, self.least, 0)
        flow = best_flow(self.ways, replace(self.supply, capacity=capacity, least=least))
        return _Node(closed, forced, flow) if flow.keeps_least else None

    def _taken(self, node: _Node) -> Ints:
        taken = np.zeros(len(self.least), np.int64)
        np.add.at(taken, self.ways.demand, node.flow.amount)
        return taken

    def _under(self, node: _Node) -> Flags:
        """Return the demands that take more than nothing, but less than their least."""
        taken = self._taken(node)
        return (taken > 0) & (taken < self.least)

    def _children(self, node: _Node, under: Flags) -> list[_Node]:
        """Branch on the demand of which the most is in doubt."""
        taken = self._taken(node)
        doubt = np.where(under, np.minimum(taken, self.least - taken), -1)
        at = int(np.argmax(doubt))
        closed, forced = node.closed.copy(), node.forced.copy()
        closed[at], forced[at] = True, True
        found = [self._solve(closed, node.forced), self._solve(node.closed, forced)]
        return [one for one in found if one is not None]

    def _dive(self, node: _Node) -> None:
        """Find some answer below a node: close what is less than half full, force the rest; then close whatever is short."""
        current: _Node | None = node
        can_force = True
        while current is not None:
            under = self._under(current)
            if not under.any():
                self._keep(current)
                return
            if self.best is not None and current.flow.value <= self.best.flow.value:
                return
            full = under & (2 * self._taken(current) >= self.least) if can_force else under & False
            tried = self._solve(current.closed | (under & ~full), current.forced | full)
            if tried is None:
                can_force = False
                continue
            current = tried
