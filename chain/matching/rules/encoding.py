"""Lots and demands as numbers: every attribute becomes a small code, and what each demand takes of it a table of yes and no.

A value that no demand names (a colour, a centre without freight) is like any other such value: they share code 0. The micron
axis is cut at every limit of every demand and price step; within a cell no demand can tell two lots apart.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from chain.matching.rules.instance import CLAIMS, DemandAsk, Instance, LotOffer, PriceStep

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
CLAIM_RANK = {claim: rank for rank, claim in enumerate(CLAIMS)}


@dataclass(frozen=True, slots=True)
class Columns:
    """One attribute of the lots: the code of each lot, and how many codes there are."""

    codes: Ints
    size: int


@dataclass(frozen=True, slots=True)
class Axis:
    """Takes an attribute of a lot to its code, and what a demand lists to the codes that it takes."""

    known: Mapping[str, int]
    #: the attribute of a lot
    name: str

    @property
    def size(self) -> int:
        """How many codes there are, with the one for all other values."""
        return len(self.known) + 1

    def encode(self, lots: Sequence[LotOffer]) -> Columns:
        """Return the codes of lots."""
        values = map(attrgetter(self.name), lots)
        codes = np.fromiter(map(self.known.get, values, repeat(0)), np.int64, len(lots))
        return Columns(codes, self.size)

    def accepts(self, lists: Sequence[Sequence[str]]) -> Flags:
        """Return a table of code × list: whether the list takes such a lot; an empty list takes all."""
        table = np.zeros((self.size, len(lists)), np.bool_)
        for at, names in enumerate(lists):
            if names:
                table[[self.known[name] for name in names], at] = True
            else:
                table[:, at] = True
        return table


def axis_of(name: str, named: Iterable[Iterable[str]]) -> Axis:
    """Make the axis of an attribute from all the values that demands name."""
    names = sorted(set(chain.from_iterable(named)))
    return Axis({name: code for code, name in enumerate(names, start=1)}, name)


@dataclass(frozen=True, slots=True)
class MicronAxis:
    """The cells of the micron axis; the last cell is for lots whose micron is not known."""

    #: tenths at which a new cell begins
    borders: Ints

    @property
    def size(self) -> int:
        """How many cells there are."""
        return len(self.borders) + 2

    def encode(self, lots: Sequence[LotOffer]) -> Columns:
        """Return the cells of lots."""
        unknown = -1
        tenths = numbers(lots, "micron_tenths", none=unknown)
        cells = np.searchsorted(self.borders, tenths, side="right")
        cells[tenths == unknown] = self.size - 1
        return Columns(cells.astype(np.int64), self.size)

    def accepts(self, ranges: Sequence[tuple[int | None, int | None]]) -> Flags:
        """Return a table of cell × range: whether lots of the cell lie in it; no limits at all take the unknown too."""
        first = np.array([0 if low is None else self._cell(low) for low, _ in ranges], np.int64)
        last = np.array([self.size - 2 if high is None else self._cell(high) for _, high in ranges], np.int64)
        cells = np.arange(self.size)[:, None]
        table: Flags = (cells >= first) & (cells <= last)
        table[-1] = [low is None and high is None for low, high in ranges]
        return table

    def _cell(self, tenths: int) -> int:
        return int(np.searchsorted(self.borders, tenths, side="right"))


def micron_axis(demands: Sequence[DemandAsk]) -> MicronAxis:
    """Cut the axis at every lower limit and just above every upper one."""
    borders: set[int] = set()
    asks: Iterable[DemandAsk | PriceStep] = chain(
        demands, *(one.grid for one in demands), *(one.premiums for one in demands)
    )
    for ask in asks:
        if ask.micron_min_tenths is not None:
            borders.add(ask.micron_min_tenths)
        if ask.micron_max_tenths is not None:
            borders.add(ask.micron_max_tenths + 1)
    return MicronAxis(np.array(sorted(borders), np.int64))


def claim_table(wanted: Sequence[str]) -> Flags:
    """Return a table of claim × wanted: whether a lot with the claim will do."""
    ranks = np.array([CLAIM_RANK[claim] for claim in wanted], np.int64)
    return np.arange(len(CLAIMS))[:, None] >= ranks


def encode_claims(lots: Sequence[LotOffer]) -> Columns:
    """Return the ranks of claims."""
    ranks = map(CLAIM_RANK.__getitem__, map(attrgetter("claim"), lots))
    return Columns(np.fromiter(ranks, np.int64, len(lots)), len(CLAIMS))


def freight_table(instance: Instance, demands: Sequence[DemandAsk], centres: Axis) -> Ints:
    """Return a table of centre × demand: what a kilogram's way costs the seller."""
    table = np.zeros((centres.size, len(demands)), np.int64)
    of_buyer: dict[str, list[int]] = {}
    of_demand: dict[tuple[str, str], int] = {}
    for at, demand in enumerate(demands):
        if not demand.buyer_pays_freight:
            of_buyer.setdefault(demand.buyer, []).append(at)
            of_demand[demand.buyer, demand.id] = at
    for one in instance.freight:
        if one.demand_id is None:
            table[centres.known[one.centre], of_buyer.get(one.buyer, [])] = one.cost_minor
    for one in instance.freight:
        if one.demand_id is not None and (one.buyer, one.demand_id) in of_demand:
            table[centres.known[one.centre], of_demand[one.buyer, one.demand_id]] = one.cost_minor
    return table


def numbers(lots: Sequence[LotOffer], name: str, *, none: int) -> Ints:
    """Return a whole number of each lot, with another in place of None."""
    found = list(map(attrgetter(name), lots))
    if None in found:
        found = [none if one is None else one for one in found]
    return np.array(found, np.int64)


def in_order(lots: Sequence[LotOffer]) -> Ints:
    """Return the positions of lots in order of registration, ties by id."""
    keys = numbers(lots, "registered_at_key", none=0)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    if np.all(ordered[1:] > ordered[:-1]):
        return order.astype(np.int64)
    positions = sorted(range(len(lots)), key=lambda at: (lots[at].registered_at_key, lots[at].id))
    return np.array(positions, np.int64)
