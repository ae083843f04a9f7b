"""What a kilogram of room in each demand is worth at the optimum: the dual prices of the flow, found by shortest paths.

To make room for a gram in a full demand, a gram of a group there goes elsewhere, or home; what that loses is the worth of the
room. A demand with room to spare is worth nothing. A lot that meets a demand is matched where it brings more than that.
"""

from dataclasses import dataclass

import numpy as np

from chain.matching.rules.encoding import Ints
from chain.matching.rules.flow import Supply
from chain.matching.rules.grouping import Ways

#: More than any lot can bring: no exchange makes room there.
NO_ROOM = np.int64(2**60)


@dataclass(frozen=True)
class Worth:
    """Minor units for a kilogram."""

    #: of room in each demand
    demand: Ints
    #: of one kilogram more of each group
    group: Ints


def worth_of(ways: Ways, supply: Supply, amount: Ints) -> Worth:
    """Return the worth of room and supply beside an optimal flow (Bellman and Ford, all ways at once)."""
    groups, demands = len(supply.group), len(supply.capacity)
    taken = np.zeros(demands, np.int64)
    np.add.at(taken, ways.demand, amount)
    room = np.where(taken < supply.capacity, 0, NO_ROOM)
    used = np.flatnonzero(amount)
    while True:
        kept = np.zeros(groups, np.int64)
        np.maximum.at(kept, ways.group, ways.net - room[ways.demand])
        better = room.copy()
        np.minimum.at(better, ways.demand[used], ways.net[used] - kept[ways.group[used]])
        if np.array_equal(better, room):
            return Worth(room, kept)
        room = better
