"""Ties: of lots that bring the same, the earlier one goes.

Within a group that is how the flow is laid over the lots. Between groups: where two groups could fill a demand at the same net
price, and one of them has a lot left over that is earlier than the latest served lot of the other, the grams that they
send there are dealt anew, in order of registration. The value stays, gram for gram. It ends because every exchange serves
an earlier lot instead of a later one.
"""

import numpy as np

from chain.matching.rules.encoding import Ints
from chain.matching.rules.grouping import Network, Ways

NONE_LEFT = np.int64(2**62)
NONE_SERVED = np.int64(-1)


def deal_by_registration(network: Network, amount: Ints) -> Ints:
    """Return a flow of the same value in which no earlier lot is left over for a later one at the same net price."""
    if not amount.any():
        return amount
    return _Dealer(network, amount).run()


class _Dealer:
    """Lots by group, end to end on one axis; a group's lots are served from its beginning up to a mark."""

    def __init__(self, network: Network, amount: Ints) -> None:
        placed = np.flatnonzero(network.group >= 0)
        #: lots by group, in order of registration: the number of a lot is its rank
        self.lots = placed[np.argsort(network.group[placed], kind="stable")]
        self.ends = np.cumsum(network.quantity[self.lots])
        sizes = np.bincount(network.group[self.lots], minlength=network.groups)
        #: the same lots, with one more so that the end of the axis has a lot too
        self.after = np.append(self.lots, self.lots[-1:])
        #: where each lot begins on the axis, and where the last one ends
        self.marks = np.concatenate([[0], self.ends])
        until = np.cumsum(sizes)
        self.group_end, self.group_begin = self.marks[until], self.marks[until - sizes]
        #: lots by group and rank as one number, to find a rank within a group
        self.ranks = len(network.lots)
        self.rank_keys = network.group[self.lots] * self.ranks + self.lots
        self.ways = network.ways
        self.amount = amount.copy()
        self.served = self.group_begin.copy()
        np.add.at(self.served, self.ways.group, amount)
        self.order, self.starts = _classes(self.ways)
        sizes = np.diff(self.starts)
        self.class_of = np.empty(len(self.order), np.int64)
        self.class_of[self.order] = np.repeat(np.arange(len(sizes)), sizes)
        self.first, self.last = self._marks(np.arange(network.groups))
        self.group_starts = np.searchsorted(self.ways.group, np.arange(network.groups + 1))

    def run(self) -> Ints:
        """Deal until nothing changes; after the first round only the classes of groups that changed are looked at again."""
        classes = np.arange(len(self.starts) - 1)
        while True:
            flagged = self._flagged(classes)
            if not len(flagged):
                return self.amount
            before = self.served.copy()
            for at in flagged.tolist():
                self._deal(at)
            changed = np.flatnonzero(self.served != before)
            touched = spans(self.group_starts[changed], self.group_starts[changed + 1])
            classes = np.union1d(flagged, self.class_of[touched])

    def _flagged(self, classes: Ints) -> Ints:
        """Return the classes (demand and net price) at which a later lot is served before an earlier one."""
        sizes = self.starts[classes + 1] - self.starts[classes]
        ways = self.order[spans(self.starts[classes], self.starts[classes + 1])]
        if not len(ways):
            return classes[:0]
        groups = self.ways.group[ways]
        first, last = self.first[groups], self.last[groups]
        leaving = np.where(self.amount[ways] > 0, last, NONE_SERVED)
        begins = np.cumsum(sizes) - sizes
        late = np.minimum.reduceat(first, begins) < np.maximum.reduceat(leaving, begins)
        return classes[late]

    def _marks(self, groups: Ints) -> tuple[Ints, Ints]:
        """Return each group's first lot that is not wholly served, and its last lot that is served at all."""
        served = self.served[groups]
        first = self.after[self.ends.searchsorted(served, side="right")]
        last = self.after[self.ends.searchsorted(served, side="left")]
        first[served >= self.group_end[groups]] = NONE_LEFT
        last[served <= self.group_begin[groups]] = NONE_SERVED
        return first, last

    def _deal(self, at: int) -> None:
        """Deal the grams of one class anew."""
        ways = self.order[self.starts[at] : self.starts[at + 1]]
        groups = self.ways.group[ways]
        flow = self.amount[ways]
        first, last = self.first[groups], self.last[groups]
        last[flow == 0] = NONE_SERVED
        earliest, latest = first.min(), last.max()
        if earliest >= latest:
            return
        part = ((last > earliest) | (first < latest)).nonzero()[0]
        ways, groups, flow = ways[part], groups[part], flow[part]
        begins = self.served[groups] - flow
        # Only lots from the earliest left over to the latest served can change places; those before stay served.
        keys = groups * self.ranks
        low = self.rank_keys.searchsorted(keys + earliest, side="left")
        low = np.maximum(low, self.ends.searchsorted(begins, side="right"))
        sizes = np.maximum(self.rank_keys.searchsorted(keys + latest, side="right") - low, 0)
        dealt = np.minimum(np.maximum(self.marks[low] - begins, 0), flow)
        ends = sizes.cumsum()
        at_lot = np.arange(ends[-1]) + (low - ends + sizes).repeat(sizes)
        owner = np.arange(len(groups)).repeat(sizes)
        order = self.lots[at_lot].argsort(kind="stable")
        grams = (self.ends[at_lot] - np.maximum(self.marks[at_lot], begins[owner]))[order]
        upto = np.minimum(grams.cumsum(), flow.sum() - dealt.sum())
        upto[1:] -= upto[:-1].copy()
        np.add.at(dealt, owner[order], upto)
        self.served[groups] += dealt - flow
        self.first[groups], self.last[groups] = self._marks(groups)
        self.amount[ways] = dealt


def spans(begins: Ints, ends: Ints) -> Ints:
    """Return all numbers from each beginning up to its end, one span after the other: [2, 7], [4, 8] → [2, 3, 7]."""
    sizes = ends - begins
    shifts: Ints = np.repeat(np.cumsum(sizes) - sizes - begins, sizes)
    return np.arange(len(shifts), dtype=np.int64) - shifts


def _classes(ways: Ways) -> tuple[Ints, Ints]:
    """Return the ways by demand and net price, and where each such class begins, with the end of the last one."""
    order = np.lexsort((ways.net, ways.demand))
    demand, net = ways.demand[order], ways.net[order]
    changes = np.flatnonzero((demand[1:] != demand[:-1]) | (net[1:] != net[:-1])) + 1
    return order.astype(np.int64), np.concatenate([[0], changes, [len(order)]]).astype(np.int64)
