"""Lots that no demand can tell apart become one group: the step that makes matching fast. See docs/matching.md for the lemma.

Three times: lots with equal codes are a base group; a base group is cut where reserves pass a price; groups whose remaining
demands and net prices are equal are merged. What is left is a network of groups and demands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from chain.matching.rules.encoding import (
    Columns,
    Flags,
    Ints,
    axis_of,
    claim_table,
    encode_claims,
    freight_table,
    in_order,
    micron_axis,
    numbers,
)
from chain.matching.rules.instance import DemandAsk, Instance, LotOffer, PriceStep

#: Rows of yes and no that are unpacked at a time: bounds the memory, whatever the number of groups.
ROWS_AT_ONCE = 8192
#: Pairs of way and price step that are compared at a time.
PAIRS_AT_ONCE = 2_000_000
NEVER = np.int64(-1)


@dataclass(frozen=True, slots=True)
class Ways:
    """Which groups may go to which demands, and what a kilogram then brings the producers. Sorted by group, then demand."""

    group: Ints
    demand: Ints
    net: Ints

    def __len__(self) -> int:
        return len(self.group)


@dataclass(frozen=True)
class Network:
    """The instance as numbers. Lots stand in order of registration, demands in order of id."""

    lots: Sequence[LotOffer]
    demands: Sequence[DemandAsk]
    #: grams per lot
    quantity: Ints
    whole: Flags
    #: base group per lot, the group of lots with equal codes
    base: Ints
    #: group per lot; -1: no demand takes it
    group: Ints
    groups: int
    ways: Ways
    #: ways of the base groups before reserves, for prices and freight of single lots
    base_ways: Ways
    base_price: Ints

    def nets(self, lots: Ints, demands: Ints) -> tuple[Ints, Ints]:
        """Return price and net price of pairs of lot and demand that have a way."""
        keys = self.base_ways.group * len(self.demands) + self.base_ways.demand
        at = np.searchsorted(keys, self.base[lots] * len(self.demands) + demands)
        return self.base_price[at], self.base_ways.net[at]


def make_network(instance: Instance) -> Network:
    """Group the lots and find every way to a demand."""
    order = in_order(instance.lots)
    lots = [instance.lots[at] for at in order.tolist()]
    demands = sorted(instance.demands, key=lambda one: one.id)
    codes = _Codes(instance, lots, demands)
    base, first = codes.base_groups()
    ways, price = codes.ways(first)
    group, groups, merged = _merge(*_cut_by_reserve(lots, base, len(first), ways))
    return Network(
        lots=lots,
        demands=demands,
        quantity=numbers(lots, "quantity", none=0),
        whole=~np.fromiter(map(attrgetter("divisible"), lots), np.bool_, len(lots)),
        base=base,
        group=group,
        groups=groups,
        ways=merged,
        base_ways=ways,
        base_price=price,
    )


class _Codes:
    """The codes of all lots and the tables of all demands."""

    def __init__(self, instance: Instance, lots: Sequence[LotOffer], demands: Sequence[DemandAsk]) -> None:
        self.demands = demands
        self.steps = _Steps(demands)
        asks: list[DemandAsk | PriceStep] = [*demands, *self.steps.all]
        self.axes = {
            "commodity": axis_of("commodity", (_commodities(one) for one in demands)),
            "grade": axis_of("grade", (one.grades for one in asks)),
            "colour": axis_of("colour", (one.colours for one in asks)),
            "centre": axis_of(
                "centre",
                [*(one.centres for one in demands), [one.centre for one in instance.freight]],
            ),
            "seller": axis_of("seller", (one.sellers for one in demands)),
        }
        self.microns = micron_axis(demands)
        self.columns: dict[str, Columns] = {
            **{name: axis.encode(lots) for name, axis in self.axes.items() if axis.size > 1},
            "claim": encode_claims(lots),
            "micron": self.microns.encode(lots),
        }
        self.freight = freight_table(instance, demands, self.axes["centre"])

    def base_groups(self) -> tuple[Ints, Ints]:
        """Return the base group of each lot, and the first lot of each group."""
        key = np.zeros(len(self.columns["claim"].codes), np.int64)
        size = 1
        for column in self.columns.values():
            if size * column.size >= 2**62:
                _, key = np.unique(key, return_inverse=True)
                size = len(key)
            key = key * column.size + column.codes
            size *= column.size
        _, first, base = np.unique(key, return_index=True, return_inverse=True)
        return base.astype(np.int64), first.astype(np.int64)

    def ways(self, first: Ints) -> tuple[Ways, Ints]:
        """Return the ways of the base groups whose net price is above zero, and the price on each."""
        tables = {
            "commodity": self.axes["commodity"].accepts([_commodities(one) for one in self.demands]),
            "grade": self.axes["grade"].accepts([one.grades for one in self.demands]),
            "colour": self.axes["colour"].accepts([one.colours for one in self.demands]),
            "centre": self.axes["centre"].accepts([one.centres for one in self.demands]),
            "seller": self.axes["seller"].accepts([one.sellers for one in self.demands]),
            "claim": claim_table([one.claim for one in self.demands]),
            "micron": self.microns.accepts(
                [(one.micron_min_tenths, one.micron_max_tenths) for one in self.demands]
            ),
        }
        codes = {name: column.codes[first] for name, column in self.columns.items()}
        group, demand = _all_true(codes, tables, len(first), len(self.demands))
        price = self._prices(codes, group, demand)
        centre = codes["centre"][group] if "centre" in codes else np.zeros(len(group), np.int64)
        net = price - self.freight[centre, demand]
        kept = (price != NEVER) & (net > 0)
        return Ways(group[kept], demand[kept], net[kept]), price[kept]

    def _prices(self, codes: dict[str, Ints], group: Ints, demand: Ints) -> Ints:
        flat = np.array(
            [NEVER if one.price_minor is None else one.price_minor for one in self.demands], np.int64
        )
        price = flat[demand]
        if not self.steps.all:
            return price
        tables = {
            "grade": self.axes["grade"].accepts([one.grades for one in self.steps.all]),
            "colour": self.axes["colour"].accepts([one.colours for one in self.steps.all]),
            "claim": claim_table([one.claim for one in self.steps.all]),
            "micron": self.microns.accepts(
                [(one.micron_min_tenths, one.micron_max_tenths) for one in self.steps.all]
            ),
        }
        return self.steps.price(price, codes, tables, group, demand)


def _commodities(demand: DemandAsk) -> tuple[str, ...]:
    return (demand.commodity,) if demand.commodity else ()


class _Steps:
    """The grid lines and premiums of all demands in one list: each demand's grid lines, then its premiums."""

    def __init__(self, demands: Sequence[DemandAsk]) -> None:
        self.all: list[PriceStep] = [step for one in demands for step in (*one.grid, *one.premiums)]
        counts = np.array([len(one.grid) + len(one.premiums) for one in demands], np.int64)
        self.count = counts
        self.start = np.cumsum(counts) - counts
        self.lines = np.array([len(one.grid) for one in demands], np.int64)
        self.amount = np.array([step.amount_minor for step in self.all], np.int64)

    def price(
        self, price: Ints, codes: dict[str, Ints], tables: dict[str, Flags], group: Ints, demand: Ints
    ) -> Ints:
        """Return the prices after the first grid line that fits, with every premium that fits."""
        stepped = np.flatnonzero(self.count[demand] > 0)
        per_slice = max(1, PAIRS_AT_ONCE // int(self.count.max()))
        for begin in range(0, len(stepped), per_slice):
            part = stepped[begin : begin + per_slice]
            of_part = {name: column[group[part]] for name, column in codes.items()}
            price[part] = self._price_some(price[part], of_part, tables, demand[part])
        return price

    def _price_some(self, flat: Ints, codes: dict[str, Ints], tables: dict[str, Flags], demand: Ints) -> Ints:
        counts = self.count[demand]
        begins = np.cumsum(counts) - counts
        within = np.arange(int(counts.sum())) - np.repeat(begins, counts)
        step = np.repeat(self.start[demand], counts) + within
        fits = np.ones(len(step), np.bool_)
        way = np.repeat(np.arange(len(demand)), counts)
        for name, table in tables.items():
            fits &= table[codes[name][way], step] if name in codes else table[0, step]
        is_line = within < np.repeat(self.lines[demand], counts)
        none = len(self.amount)
        line = np.minimum.reduceat(np.where(fits & is_line, step, none), begins)
        found = line < none
        base = flat.copy()
        base[found] = self.amount[line[found]]
        extra = np.add.reduceat(np.where(fits & ~is_line, self.amount[step], 0), begins)
        return np.where(base == NEVER, NEVER, base + extra)


def _all_true(codes: dict[str, Ints], tables: dict[str, Flags], rows: int, width: int) -> tuple[Ints, Ints]:
    """Return the pairs of row and column at which every table says yes; the tables are read as bits."""
    packed = {name: np.packbits(table, axis=1) for name, table in tables.items()}
    found_rows: list[NDArray[np.intp]] = []
    found_columns: list[NDArray[np.intp]] = []
    for begin in range(0, rows, ROWS_AT_ONCE):
        end = min(begin + ROWS_AT_ONCE, rows)
        bits = np.full((end - begin, (width + 7) // 8), 255, np.uint8)
        for name, table in packed.items():
            bits &= table[codes[name][begin:end]] if name in codes else table[0]
        row, column = np.nonzero(np.unpackbits(bits, axis=1, count=width).view(np.bool_))
        found_rows.append(row + begin)
        found_columns.append(column)
    if not found_rows:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(found_rows).astype(np.int64), np.concatenate(found_columns).astype(np.int64)


def _cut_by_reserve(lots: Sequence[LotOffer], base: Ints, bases: int, ways: Ways) -> tuple[Ints, int, Ways]:
    """Cut base groups by how many of their net prices lie under a lot's reserve; two reserves between the same prices are alike."""
    reserve = numbers(lots, "reserve_minor", none=0)
    if not len(ways) or not reserve.any():
        return base, bases, ways
    span = np.int64(max(int(ways.net.max()), int(reserve.max())) + 1)
    levels = np.unique(ways.group * span + ways.net)
    starts = np.searchsorted(levels, np.arange(bases, dtype=np.int64) * span)
    under = np.searchsorted(levels, base * span + reserve) - starts[base]
    width = np.int64(int(under.max()) + 1)
    keys, group = np.unique(base * width + under, return_inverse=True)
    rank = np.searchsorted(levels, ways.group * span + ways.net) - starts[ways.group]
    return group.astype(np.int64), len(keys), _expand(ways, rank, keys // width, keys % width, bases)


def _expand(ways: Ways, rank: Ints, base_of: Ints, under: Ints, bases: int) -> Ways:
    """Give each cut group the ways of its base group whose price is not under the reserve."""
    counts_of_base = np.bincount(ways.group, minlength=bases)
    start_of_base = np.cumsum(counts_of_base) - counts_of_base
    counts = counts_of_base[base_of]
    group = np.repeat(np.arange(len(base_of)), counts)
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    at = np.repeat(start_of_base[base_of], counts) + within
    kept = rank[at] >= under[group]
    return Ways(group[kept].astype(np.int64), ways.demand[at[kept]], ways.net[at[kept]])


def _merge(group: Ints, groups: int, ways: Ways) -> tuple[Ints, int, Ways]:
    """Make one group of those with the same demands at the same net prices; drop those without any (-1)."""
    counts = np.bincount(ways.group, minlength=groups)
    alive = np.flatnonzero(counts)
    if not len(alive):
        return np.full(len(group), -1, np.int64), 0, ways
    starts = (np.cumsum(counts) - counts)[alive]
    marks = _mixed(ways.demand.astype(np.uint64) << np.uint64(32) | ways.net.astype(np.uint64))
    sums = np.add.reduceat(marks, starts)
    _, first, kind = np.unique(sums, return_index=True, return_inverse=True)
    like = alive[first[kind]]
    if not _same_ways(counts, starts, alive, like, ways):  # two different rows share a sum: merge nothing
        first, kind = np.arange(len(alive)), np.arange(len(alive))
    number = np.full(groups, -1, np.int64)
    number[alive] = kind
    is_first = np.zeros(groups, np.bool_)
    is_first[alive[first]] = True
    kept = is_first[ways.group]
    merged = Ways(number[ways.group[kept]], ways.demand[kept], ways.net[kept])
    sorting = np.argsort(merged.group, kind="stable")
    merged = Ways(merged.group[sorting], merged.demand[sorting], merged.net[sorting])
    return number[group], len(first), merged


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter numbers over 64 bits (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _same_ways(counts: Ints, starts: Ints, alive: Ints, like: Ints, ways: Ways) -> bool:
    """Check that every group has the very ways of the one that it would be merged into."""
    if not np.array_equal(counts[alive], counts[like]):
        return False
    start_of = np.zeros(len(counts), np.int64)
    start_of[alive] = starts
    at = np.arange(len(ways)) - np.repeat(starts, counts[alive]) + np.repeat(start_of[like], counts[alive])
    return np.array_equal(ways.demand, ways.demand[at]) and np.array_equal(ways.net, ways.net[at])
