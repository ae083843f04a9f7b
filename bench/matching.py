"""Matching 1,000, 10,000 and 100,000 lots with 500 demands, beside plain formulations and a greedy rule.

    .venv/bin/python -m bench.matching            everything, about ten minutes
    .venv/bin/python -m bench.matching 1000 10000 only these sizes

Every way runs in a process of its own, for its memory. Seconds are processor time: all ways use one thread, and other people's work
does not count. What a plain formulation needs to be written down (its matrix, its arcs) is not counted; for the product
everything is, from lots and demands as objects to the answer as objects.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bench.common import print_table
from bench.matching_instances import draw_instance
from chain.core.collector import tune_collector
from chain.matching.rules.engine import solve
from chain.matching.rules.grouping import Network, make_network
from chain.matching.rules.instance import Instance
from chain.matching.rules.solution import Solution

SIZES, DEMANDS = (1_000, 10_000, 100_000), 500
REPEATS = 5
LIMIT = 60.0
#: Seconds of the clock that a reference may take; other people's work slows it on a shared machine.
CLOCK = 150.0
#: A plain formulation is not even begun where the next smaller size, grown by the number of pairs, would pass the limit.
STOP = 240.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One way on one instance. Value in thousandths of a cent; None: over the limit."""

    seconds: float
    megabytes: float
    value: float | None
    bound: float | None = None


class Pairs:
    """Every lot with every demand that it may go to: the plain formulation, without groups."""

    def __init__(self, network: Network) -> None:
        counts = np.bincount(network.ways.group, minlength=network.groups)
        starts = np.cumsum(counts) - counts
        lots = np.flatnonzero(network.group >= 0)
        of_lot = counts[network.group[lots]]
        within = np.arange(int(of_lot.sum())) - np.repeat(np.cumsum(of_lot) - of_lot, of_lot)
        at = np.repeat(starts[network.group[lots]], of_lot) + within
        self.lot = np.repeat(lots, of_lot)
        self.demand, self.net = network.ways.demand[at], network.ways.net[at]
        self.quantity = network.quantity
        self.whole = network.whole
        total = int(network.quantity.sum())
        most = [one.max_quantity for one in network.demands]
        self.capacity = np.array([total if one is None else one for one in most], np.int64)
        self.least = np.array([one.min_quantity for one in network.demands], np.int64)


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.process_time()
    found = run()
    return time.process_time() - begin, found


def by_product(instance: Instance) -> Measured:
    is_easy = not any(one.min_quantity for one in instance.demands) and all(
        one.divisible for one in instance.lots
    )
    runs = REPEATS if is_easy else 1
    found: list[tuple[float, Solution]] = [timed(lambda: solve(instance)) for _ in range(runs)]
    solution = found[0][1]
    return Measured(statistics.median(one[0] for one in found), 0, solution.value, solution.bound)


def by_highs(instance: Instance) -> Measured:
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    pairs = Pairs(make_network(instance))
    size, lots = len(pairs.lot), len(pairs.quantity)
    rows = np.concatenate([pairs.lot, lots + pairs.demand])
    columns = np.concatenate([np.arange(size), np.arange(size)])
    matrix = coo_array((np.ones(2 * size), (rows, columns)), shape=(lots + len(pairs.capacity), size)).tocsr()
    upper = np.concatenate([pairs.quantity, pairs.capacity])
    seconds, found = timed(
        lambda: linprog(-pairs.net, A_ub=matrix, b_ub=upper, method="highs", options={"time_limit": CLOCK})
    )
    return Measured(seconds, 0, -found.fun if found.status == 0 else None)


def by_milp(instance: Instance) -> Measured:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    pairs = Pairs(make_network(instance))
    size, lots, demands = len(pairs.lot), len(pairs.quantity), len(pairs.capacity)
    grams = pairs.quantity[pairs.lot].astype(float)
    at = np.arange(size)
    switch = size + np.arange(demands)
    rows = [pairs.lot, lots + pairs.demand, lots + np.arange(demands), lots + demands + pairs.demand]
    columns = [at, at, switch, at]
    values = [np.ones(size), grams, -pairs.capacity.astype(float), -grams]
    rows.append(lots + demands + np.arange(demands))
    columns.append(switch)
    values.append(pairs.least.astype(float))
    matrix = coo_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
        shape=(lots + 2 * demands, size + demands),
    ).tocsr()
    upper = np.concatenate([np.ones(lots), np.zeros(2 * demands)])
    integers = np.concatenate([pairs.whole[pairs.lot], np.ones(demands)]).astype(int)
    seconds, found = timed(
        lambda: milp(
            np.concatenate([-pairs.net * grams, np.zeros(demands)]),
            constraints=LinearConstraint(matrix, -np.inf, upper),
            integrality=integers,
            bounds=Bounds(0, 1),
            options={"time_limit": LIMIT},
        )
    )
    value = None if found.x is None else -float(found.fun)
    bound = None if found.mip_dual_bound is None else -float(found.mip_dual_bound)
    return Measured(seconds, 0, value, bound)


def by_glop(instance: Instance) -> Measured:
    from ortools.linear_solver import pywraplp

    pairs = Pairs(make_network(instance))
    solver = pywraplp.Solver.CreateSolver("GLOP")
    solver.SetTimeLimit(int(CLOCK * 1000))
    limits = [
        solver.Constraint(0, float(one)) for one in (*pairs.quantity.tolist(), *pairs.capacity.tolist())
    ]
    objective = solver.Objective()
    lots = len(pairs.quantity)
    for lot, demand, net in zip(pairs.lot.tolist(), pairs.demand.tolist(), pairs.net.tolist(), strict=True):
        variable = solver.NumVar(0, solver.infinity(), "")
        limits[lot].SetCoefficient(variable, 1)
        limits[lots + demand].SetCoefficient(variable, 1)
        objective.SetCoefficient(variable, net)
    objective.SetMaximization()
    seconds, status = timed(solver.Solve)
    return Measured(seconds, 0, objective.Value() if status == solver.OPTIMAL else None)


def by_ungrouped_flow(instance: Instance) -> Measured:
    from ortools.graph.python import min_cost_flow

    pairs = Pairs(make_network(instance))
    lots, demands = len(pairs.quantity), len(pairs.capacity)
    sink = lots + demands

    def run() -> int:
        solver = min_cost_flow.SimpleMinCostFlow()
        nodes = np.arange(lots, dtype=np.int64)
        on_way = np.minimum(pairs.quantity[pairs.lot], pairs.capacity[pairs.demand])
        solver.add_arcs_with_capacity_and_unit_cost(pairs.lot, lots + pairs.demand, on_way, -pairs.net)
        solver.add_arcs_with_capacity_and_unit_cost(
            nodes, np.full(lots, sink), pairs.quantity, np.zeros(lots, np.int64)
        )
        ends = lots + np.arange(demands, dtype=np.int64)
        solver.add_arcs_with_capacity_and_unit_cost(
            ends, np.full(demands, sink), pairs.capacity, np.zeros(demands, np.int64)
        )
        solver.set_nodes_supplies(nodes, pairs.quantity)
        solver.set_node_supply(sink, -int(pairs.quantity.sum()))
        assert solver.solve() == solver.OPTIMAL
        return -int(solver.optimal_cost())

    seconds, value = timed(run)
    return Measured(seconds, 0, value)


def by_greed(instance: Instance) -> Measured:
    """The best net price first, then the earlier lot: as much as there is and fits."""
    pairs = Pairs(make_network(instance))

    def run() -> int:
        order = np.lexsort((pairs.demand, pairs.lot, -pairs.net))
        left, room = pairs.quantity.tolist(), pairs.capacity.tolist()
        value = 0
        for lot, demand, net in zip(
            pairs.lot[order].tolist(), pairs.demand[order].tolist(), pairs.net[order].tolist(), strict=True
        ):
            grams = min(left[lot], room[demand])
            if grams:
                left[lot] -= grams
                room[demand] -= grams
                value += grams * net
        return value

    seconds, value = timed(run)
    return Measured(seconds, 0, value)


WAYS: dict[str, Callable[[Instance], Measured]] = {
    "product": by_product,
    "ungrouped flow, OR-tools": by_ungrouped_flow,
    "plain linear programme, GLOP": by_glop,
    "plain linear programme, HiGHS": by_highs,
    "greedy, best price first": by_greed,
    "plain integer programme, HiGHS": by_milp,
}
DIVISIBLE = tuple(WAYS)[:5]


@dataclass(frozen=True, slots=True)
class Market:
    lots: int
    rich: bool = False
    whole: float = 0.0
    least: float = 0.0


def run_alone(way: str, market: Market) -> Measured | None:
    """Run a way in a process of its own; None where it takes too long."""
    command = [sys.executable, "-m", "bench.matching", "--alone", way, json.dumps(asdict(market))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=STOP)
    except subprocess.TimeoutExpired:
        return None
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def alone(way: str, market: Market) -> None:
    tune_collector()
    instance = draw_instance(market.lots, DEMANDS, whole=market.whole, least=market.least, rich=market.rich)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = WAYS[way](instance)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps({**asdict(found), "megabytes": grown}))


def compare(sizes: tuple[int, ...], *, rich: bool) -> None:
    """Divisible lots: every way, against the product's seconds and value."""
    rows = []
    too_slow: set[str] = set()
    for lots in sizes:
        product: Measured | None = None
        for way in DIVISIBLE:
            found = None if way in too_slow else run_alone(way, Market(lots, rich))
            product = found if way == "product" else product
            assert product is not None
            rows.append(row_of(lots, way, found, product))
            if found is None or found.value is None or found.seconds > LIMIT / 10:
                too_slow.add(way)  # ten times the lots would take more than ten times as long
    what = "with reserves, freight, grids and premiums" if rich else "one price per demand"
    headers = ("lots", "way", "seconds", "times the product", "MB", "value, share of the optimum")
    print_table(f"Divisible lots × {DEMANDS} demands, {what}", headers, rows)


def row_of(lots: int, way: str, found: Measured | None, product: Measured) -> tuple[str, ...]:
    name = f"{lots:,}", way
    if found is None:
        return (*name, f"> {LIMIT:.0f}, not run", "–", "–", "–")
    seconds, times = f"{found.seconds:.3f}", f"{found.seconds / product.seconds:.1f}"
    if found.value is None:
        return (*name, f"> {LIMIT:.0f}", f"> {times}", f"{found.megabytes:.0f}", "–")
    share = found.value / (product.value or 1)
    return (*name, seconds, times, f"{found.megabytes:.0f}", f"{100 * share:.2f} %")


def compare_whole(sizes: tuple[int, ...]) -> None:
    """Whole lots and least quantities: the gap that is proven."""
    rows = []
    for lots in sizes:
        for whole, least, what in ((1, 0, "whole lots"), (0, 0.5, "least quantities"), (1, 0.5, "both")):
            for rich in (False, True):
                market = Market(lots, rich, whole, least)
                rows.append(_gap_row(lots, what, "product", run_alone("product", market), rich=rich))
        if lots <= 10_000:
            way = "plain integer programme, HiGHS"
            plain = run_alone(way, Market(lots, whole=1, least=0.5))
            rows.append(_gap_row(lots, "both", way, plain, rich=False))
    headers = ("lots", "what", "prices", "way", "seconds", "MB", "gap proven")
    print_table(f"Whole lots and least quantities × {DEMANDS} demands", headers, rows)


def _gap_row(lots: int, what: str, way: str, found: Measured | None, *, rich: bool) -> tuple[str, ...]:
    name = f"{lots:,}", what, "rich" if rich else "plain", way
    if found is None or found.value is None or not found.bound:
        return (*name, f"> {LIMIT:.0f}", "–", "none found")
    gap = (found.bound - found.value) / found.bound
    return (*name, f"{found.seconds:.2f}", f"{found.megabytes:.0f}", f"{100 * gap:.3f} %")


def main() -> None:
    if sys.argv[1:2] == ["--alone"]:
        alone(sys.argv[2], Market(**json.loads(sys.argv[3])))
        return
    sizes = tuple(int(one) for one in sys.argv[1:]) or SIZES
    compare(sizes, rich=False)
    compare(sizes, rich=True)
    compare_whole(sizes)


if __name__ == "__main__":
    main()
