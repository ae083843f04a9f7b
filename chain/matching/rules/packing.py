"""Whole lots in demands: where each lies, the room that is left, and exchanges that bring more.

A move puts one lot into a demand, from among those left over or from another demand, and takes at most one out in its place.
Moves are only made when they bring more and keep every most and least quantity, so the value never falls.
"""

from dataclasses import dataclass

import numpy as np

from chain.matching.rules.encoding import Ints
from chain.matching.rules.grouping import Network
from chain.matching.rules.ties import spans

#: Lots of one demand, and lots that could enter it, that are compared at a time; the first in a fixed order.
MOST_OUT, MOST_IN = 96, 4096
MOVES_PER_VISIT = 12
NOTHING = -(2**62)


@dataclass(slots=True)
class _Entrants:
    lots: Ints
    ways: Ints
    gain: Ints


class Packing:
    """The state of the exchange. Lots that may be divided are not in it; what they take is taken from the capacity."""

    def __init__(self, network: Network, capacity: Ints, least: Ints) -> None:
        self.network, self.ways = network, network.ways
        self.quantity = network.quantity
        self.capacity, self.least = capacity, least
        #: way per lot; -1: left over
        self.at = np.full(len(network.lots), -1, np.int64)
        self.load = np.zeros(len(capacity), np.int64)
        #: what a lot brings where it lies, per kilogram
        self.net = np.zeros(len(network.lots), np.int64)
        packed = np.flatnonzero(network.whole & (network.group >= 0))
        self.lots = packed[np.argsort(network.group[packed], kind="stable")]
        sizes = np.bincount(network.group[self.lots], minlength=network.groups)
        self.group_ends = np.cumsum(sizes)
        self.group_begins = self.group_ends - sizes
        #: ways on which lots may be moved for now
        self.allowed = np.ones(len(self.ways), np.bool_)
        #: demands that take nothing
        self.closed = np.zeros(len(capacity), np.bool_)
        self.way_starts = np.searchsorted(self.ways.group, np.arange(network.groups + 1))
        self.by_demand = np.argsort(self.ways.demand, kind="stable")
        self.demand_starts = np.searchsorted(self.ways.demand[self.by_demand], np.arange(len(capacity) + 1))

    @property
    def value(self) -> int:
        """What the whole lots bring, in thousandths of a minor unit."""
        return sum(
            int(a) * int(b) for a, b in zip(self.quantity[self.lots], self.net[self.lots], strict=True)
        )

    def place(self, lots: Ints, ways: Ints) -> None:
        """Put lots that are left over on ways."""
        self.at[lots] = ways
        self.net[lots] = self.ways.net[ways]
        np.add.at(self.load, self.ways.demand[ways], self.quantity[lots])

    def release(self, lots: Ints) -> None:
        """Take lots out of where they lie."""
        placed = lots[self.at[lots] >= 0]
        np.subtract.at(self.load, self.ways.demand[self.at[placed]], self.quantity[placed])
        self.at[placed] = -1
        self.net[placed] = 0

    def lots_in(self, demand: int) -> Ints:
        """Return the lots that lie in a demand."""
        placed = self.lots[self.at[self.lots] >= 0]
        found: Ints = placed[self.ways.demand[self.at[placed]] == demand]
        return found

    def improve(self, order: Ints) -> int:
        """Visit demands in an order and make the best moves at each; return how many were made."""
        placed = self.lots[self.at[self.lots] >= 0]
        inside = placed[np.argsort(self.ways.demand[self.at[placed]], kind="stable")]
        starts = np.searchsorted(self.ways.demand[self.at[inside]], np.arange(len(self.capacity) + 1))
        moves = 0
        for demand in order.tolist():
            if not self.closed[demand] and self.load[demand] < self.capacity[demand]:
                moves += self._visit(demand, inside[starts[demand] : starts[demand + 1]])
        return moves

    def _visit(self, demand: int, inside: Ints) -> int:
        ways = self.by_demand[self.demand_starts[demand] : self.demand_starts[demand + 1]]
        ways = ways[self.allowed[ways]]
        groups = self.ways.group[ways]
        begins, ends = self.group_begins[groups], self.group_ends[groups]
        lots = self.lots[spans(begins, ends)]
        of_way = np.repeat(ways, ends - begins)
        members = inside[self._demand_of(inside) == demand]
        for made in range(MOVES_PER_VISIT):
            entrants = self._entrants(demand, lots, of_way)
            if not len(entrants.lots):
                return made
            members = self._best_move(demand, members, entrants)
            if members is None:
                return made
        return MOVES_PER_VISIT

    def _demand_of(self, lots: Ints) -> Ints:
        at = self.at[lots]
        return np.where(at >= 0, self.ways.demand[at], -1)

    def _entrants(self, demand: int, lots: Ints, ways: Ints) -> _Entrants:
        """Return the lots that would bring more here than where they are, without leaving another demand short."""
        gain = (self.ways.net[ways] - self.net[lots]) * self.quantity[lots]
        now = self._demand_of(lots)
        left = self.load[now] - self.quantity[lots]
        fits = (gain > 0) & (now != demand) & ((now < 0) | (left >= self.least[now]) | (left == 0))
        chosen = np.flatnonzero(fits)[:MOST_IN]
        return _Entrants(lots[chosen], ways[chosen], gain[chosen])

    def _best_move(self, demand: int, members: Ints, entrants: _Entrants) -> Ints | None:
        """Make the move that brings most; return the lots inside afterwards, or None where no move brings more.

        Row 0 is entering without anybody leaving; each other row is one member that leaves: to where the entrant came from,
        to its best other place with room enough, or to nowhere.
        """
        out = members[:MOST_OUT]
        room = self.capacity[demand] - self.load[demand]
        leaves = np.concatenate([[0], self.quantity[out]])
        grown = self.quantity[entrants.lots][None, :] - leaves[:, None]
        short = (self.load[demand] + grown < self.least[demand]) & (grown < 0)
        elsewhere = self._elsewhere(demand, out)
        kept = np.maximum(self._swapped(out, entrants, elsewhere), self._moved(out, elsewhere)[:, None])
        lost = self.quantity[out] * self.net[out]
        gain = np.where((grown <= room) & ~short, entrants.gain[None, :], NOTHING)
        gain[1:] += kept - lost[:, None]
        leaving, entering = divmod(int(np.argmax(gain)), len(entrants.lots))
        if gain[leaving, entering] <= 0:
            return None
        lot = entrants.lots[entering : entering + 1]
        from_demand = int(self._demand_of(lot)[0])
        self.release(lot)
        if leaving:
            gone = out[leaving - 1 : leaving]
            self.release(gone)
            self._place_elsewhere(gone, elsewhere[leaving - 1], from_demand)
            members = np.delete(members, leaving - 1)
        self.place(lot, entrants.ways[entering : entering + 1])
        return np.append(members, lot)

    def _elsewhere(self, demand: int, lots: Ints) -> Ints:
        """Return what each lot would bring per kilogram in every other demand; zero where it may not go."""
        groups = self.network.group[lots]
        begins, ends = self.way_starts[groups], self.way_starts[groups + 1]
        ways = spans(begins, ends)
        nets = np.where(self.allowed[ways], self.ways.net[ways], 0)
        table = np.zeros((len(lots), len(self.capacity)), np.int64)
        table[np.repeat(np.arange(len(lots)), ends - begins), self.ways.demand[ways]] = nets
        table[:, demand] = 0
        table[:, self.closed] = 0
        return table

    def _swapped(self, out: Ints, entrants: _Entrants, elsewhere: Ints) -> Ints:
        """Return what each member would bring where each entrant lies now, once that has gone; zero where it does not fit."""
        now = self._demand_of(entrants.lots)
        left = self.load[now] - self.quantity[entrants.lots]
        grams = self.quantity[out][:, None]
        fits = (now >= 0) & (left + grams <= self.capacity[now]) & (left + grams >= self.least[now])
        return np.where(fits, elsewhere[:, now], 0) * grams

    def _moved(self, out: Ints, elsewhere: Ints) -> Ints:
        """Return what each member would bring at its best other place with room enough."""
        grams = self.quantity[out][:, None]
        load = self.load[None, :] + grams
        fits = (load <= self.capacity) & (load >= self.least)
        best: Ints = np.where(fits, elsewhere, 0).max(axis=1, initial=0) * self.quantity[out]
        return best

    def _place_elsewhere(self, lot: Ints, nets: Ints, preferred: int) -> None:
        """Put a lot where it brings most: where the entrant came from, or elsewhere, or nowhere."""
        load = self.load + self.quantity[lot]
        found = np.where((load <= self.capacity) & (load >= self.least), nets, 0)
        target = int(np.argmax(found))
        if preferred >= 0 and found[preferred] == found[target]:
            target = preferred
        if found[target] > 0:
            group = int(self.network.group[lot[0]])
            begin, end = self.way_starts[group], self.way_starts[group + 1]
            way = begin + np.searchsorted(self.ways.demand[begin:end], target)
            self.place(lot, np.array([way]))

    def settle_ties(self) -> None:
        """Among lots of one group and one weight, the earlier has the better price, then the smaller demand."""
        net = self.net[self.lots]
        at = self.at[self.lots]
        demand = np.where(at >= 0, self.ways.demand[at], len(self.capacity))
        kind = (self.quantity[self.lots], self.network.group[self.lots])
        by_lot = np.lexsort((self.lots, *kind))
        by_place = np.lexsort((demand, -net, *kind))
        ordered = self.lots[by_lot]
        self.at[ordered], self.net[ordered] = at[by_place], net[by_place]
