"""Small instances with whole lots or least quantities: CP-SAT, exact in whole numbers, with its proof."""

from typing import TYPE_CHECKING

import numpy as np

from chain.matching.rules.encoding import Ints
from chain.matching.rules.flow import Pieces, exact_dot
from chain.matching.rules.grouping import Network

if TYPE_CHECKING:  # CP-SAT brings pandas along and takes longer to import than the rest of the program
    from ortools.sat.python import cp_model

#: Pairs of lot and demand up to which an instance is small.
SMALL_PAIRS = 4_000
#: CP-SAT's own measure of work, the same on every machine.
WORK = 12.0
#: Objectives beyond this leave the range of CP-SAT.
MAX_VALUE = 2**60


def is_small(network: Network) -> bool:
    """Tell whether an instance is for CP-SAT."""
    counts = np.bincount(network.ways.group, minlength=network.groups)
    return int(counts[network.group[network.group >= 0]].sum()) <= SMALL_PAIRS


def improve_exactly(network: Network, start: Pieces, value: int, bound: int) -> tuple[Pieces, int]:
    """Return the optimum, or the best found, and its bound."""
    if bound >= MAX_VALUE:
        return start, bound
    from ortools.sat.python import cp_model

    model = _Model(network)
    model.hint(start)
    model.model.add(model.objective() >= value)
    model.model.add(model.objective() <= bound)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = WORK
    status = solver.solve(model.model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return start, bound
    pieces = model.pieces(solver)
    found = exact_dot(pieces.quantity, network.ways.net[pieces.way])
    if status == cp_model.OPTIMAL:
        return (pieces, found) if found > value else (start, value)
    proven = min(bound, int(np.floor(solver.best_objective_bound)))
    return (pieces, proven) if found > value else (start, proven)


class _Model:
    """A variable per pair of lot and demand: yes or no for whole lots, grams for the others; yes or no for least quantities."""

    def __init__(self, network: Network) -> None:
        from ortools.sat.python import cp_model

        self.model = cp_model.CpModel()
        self.network = network
        ways = network.ways
        starts = np.searchsorted(ways.group, np.arange(network.groups + 1))
        self.pairs: list[tuple[int, int, cp_model.IntVar]] = []
        of_demand: dict[int, list[cp_model.LinearExpr]] = {}
        for lot in np.flatnonzero(network.group >= 0).tolist():
            group, grams = int(network.group[lot]), int(network.quantity[lot])
            own = []
            for way in range(int(starts[group]), int(starts[group + 1])):
                limit = network.demands[int(ways.demand[way])].max_quantity
                if network.whole[lot]:
                    if limit is not None and limit < grams:
                        continue
                    variable = self.model.new_bool_var("")
                else:
                    variable = self.model.new_int_var(0, grams if limit is None else min(grams, limit), "")
                self.pairs.append((lot, way, variable))
                own.append(variable)
                taken = variable * grams if network.whole[lot] else 1 * variable
                of_demand.setdefault(int(ways.demand[way]), []).append(taken)
            if network.whole[lot]:
                self.model.add_at_most_one(own)
            else:
                self.model.add(sum(own) <= grams)
        self._limit(of_demand)
        self.model.maximize(self.objective())

    def _limit(self, of_demand: "dict[int, list[cp_model.LinearExpr]]") -> None:
        self.used: dict[int, cp_model.IntVar] = {}
        total = int(self.network.quantity.sum())
        for at, terms in of_demand.items():
            demand = self.network.demands[at]
            most = total if demand.max_quantity is None else min(demand.max_quantity, total)
            if demand.min_quantity:
                used = self.used[at] = self.model.new_bool_var("")
                self.model.add(sum(terms) >= demand.min_quantity * used)
                self.model.add(sum(terms) <= most * used)
            else:
                self.model.add(sum(terms) <= most)

    def _grams(self, lot: int) -> int:
        return int(self.network.quantity[lot]) if self.network.whole[lot] else 1

    def objective(self) -> "cp_model.LinearExprT":
        """Return what the producers receive."""
        from ortools.sat.python import cp_model

        net = self.network.ways.net
        return cp_model.LinearExpr.weighted_sum(
            [variable for _, _, variable in self.pairs],
            [self._grams(lot) * int(net[way]) for lot, way, _ in self.pairs],
        )

    def hint(self, start: Pieces) -> None:
        """Begin with a known answer."""
        known = dict(
            zip(
                zip(start.lot.tolist(), start.way.tolist(), strict=True), start.quantity.tolist(), strict=True
            )
        )
        taken: set[int] = set()
        for lot, way, variable in self.pairs:
            grams = known.get((lot, way), 0)
            self.model.add_hint(variable, min(grams, 1) if self.network.whole[lot] else grams)
            if grams:
                taken.add(int(self.network.ways.demand[way]))
        for at, used in self.used.items():
            self.model.add_hint(used, at in taken)

    def pieces(self, solver: "cp_model.CpSolver") -> Pieces:
        """Read the answer."""
        found = [
            (lot, way, solver.value(variable) * self._grams(lot))
            for lot, way, variable in self.pairs
            if solver.value(variable)
        ]
        table: Ints = np.array(found, np.int64).reshape(-1, 3)
        return Pieces(table[:, 0], table[:, 1], table[:, 2])
