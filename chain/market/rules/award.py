"""Who gets which lots: the allocation with the greatest proceeds, and what decides between equal ones. Pure.

An exact integer programme. Without a condition that binds, each lot goes to its best bid, which needs no solver. Otherwise
equal lots are grouped and CP-SAT proves the optimum, then maximises for one bid after the other in the order of their rank.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from math import gcd
from typing import Any
from uuid import UUID

#: How hard CP-SAT tries for each step, in its own units, about seconds. Deterministic: a replay stops at the same place.
EFFORT = 30.0
#: The same for the last step, which only chooses among allocations that give every bid the same amount.
LAST_EFFORT = 0.5


class AwardStatus(StrEnum):
    """How sure it is that no other allocation brings more."""

    OPTIMAL = "optimal"
    #: found, but not proven within the effort: the gap says how much more there could be, or the order of ties is not proven
    FEASIBLE = "feasible"


@dataclass(frozen=True, slots=True)
class Contender:
    """A bid that counts. `prices` are minor units per kilogram or litre of the lots that it may get."""

    bid_id: UUID
    prices: Mapping[UUID, int]
    whole: bool = False
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """Which lots go to which bid. Values in thousandths of minor units (grams times price)."""

    lots: Mapping[UUID, UUID] = field(default_factory=dict)
    value: int = 0
    #: no allocation can bring more than this
    bound: int = 0
    status: AwardStatus = AwardStatus.OPTIMAL

    @property
    def gap_millionths(self) -> int:
        """How much more another allocation could bring at most, in millionths of this one's value."""
        return 0 if not self.value else (self.bound - self.value) * 1_000_000 // self.value


def draw(seed: str, bid_id: UUID) -> str:
    """Return the lot that a bid drew: sha256 of the published seed and the bid's id. The smallest goes first."""
    return hashlib.sha256(f"{seed}{bid_id}".encode()).hexdigest()


def seed_hash(seed: str) -> str:
    """Return the hash that is published when a tender opens; the seed itself is published when the bids are opened."""
    return hashlib.sha256(seed.encode()).hexdigest()


def rank_key(seed: str, placed_at: datetime, bid_id: UUID) -> tuple[datetime, str, UUID]:
    """Return the order of bids where the proceeds are equal: by time, then by lottery."""
    return placed_at, draw(seed, bid_id), bid_id


def allocate(
    quantities: Mapping[UUID, int], contenders: Sequence[Contender], seed: str, effort: float = EFFORT
) -> Allocation:
    """Return the allocation with the greatest proceeds; `contenders` stand in the order of their rank, the first first.

    Of several with the same proceeds the one that gives the first bid the greatest value, then the second, and so on. Equal
    lots of one price go by their ids, the smallest to the bid of the highest rank. Where other lots would give every bid the
    very same amount, the greatest sum of draws decides, as far as it is proven with a small effort.
    """
    simple = _each_to_its_best(quantities, contenders)
    if simple is not None:
        return simple
    return _Programme(quantities, contenders, seed, effort).solve()


def _each_to_its_best(quantities: Mapping[UUID, int], contenders: Sequence[Contender]) -> Allocation | None:
    """Give each lot to its highest price, the first in rank among equals; None when that breaks a condition."""
    best: dict[UUID, Contender] = {}
    for one in contenders:
        for lot_id, price in one.prices.items():
            if lot_id not in best or price > best[lot_id].prices[lot_id]:
                best[lot_id] = one
    lots = {lot_id: one.bid_id for lot_id, one in best.items()}
    if not all(keeps_condition(one, lots, quantities) for one in contenders):
        return None
    value = sum(quantities[lot_id] * one.prices[lot_id] for lot_id, one in best.items())
    return Allocation(dict(sorted(lots.items())), value, value)


def keeps_condition(one: Contender, lots: Mapping[UUID, UUID], quantities: Mapping[UUID, int]) -> bool:
    """Tell whether an allocation gives a bid what its condition allows."""
    got = [lot_id for lot_id, bid_id in lots.items() if bid_id == one.bid_id]
    weight = sum(quantities[lot_id] for lot_id in got)
    if not got:
        return True
    return (
        (not one.whole or len(got) == len(one.prices))
        and (one.least is None or weight >= one.least)
        and (one.most is None or weight <= one.most)
    )


@dataclass(frozen=True, slots=True)
class _Group:
    """Lots of one weight that every bid prices alike."""

    lots: Sequence[UUID]
    quantity: int
    prices: Mapping[int, int]


def _groups(quantities: Mapping[UUID, int], contenders: Sequence[Contender]) -> list[_Group]:
    def look(lot_id: UUID) -> tuple[int, tuple[tuple[int, int], ...]]:
        prices = tuple(
            (place, one.prices[lot_id]) for place, one in enumerate(contenders) if lot_id in one.prices
        )
        return quantities[lot_id], prices

    wanted = sorted((look(lot_id), lot_id) for lot_id in quantities)
    found = [
        _Group([lot_id for _, lot_id in members], quantity, dict(prices))
        for (quantity, prices), members in groupby(wanted, key=lambda pair: pair[0])
        if prices
    ]
    return sorted(found, key=lambda group: group.lots[0])


class _Programme:
    """The integer programme: `takes[group, bid]` lots of a group go to a bid, `wins[bid]` whether it gets any."""

    def __init__(
        self, quantities: Mapping[UUID, int], contenders: Sequence[Contender], seed: str, effort: float
    ) -> None:
        from ortools.sat.python import cp_model

        self.cp: Any = cp_model
        self.contenders = contenders
        self.seed = seed
        self.effort = effort
        self.groups = _groups(quantities, contenders)
        self.model: Any = cp_model.CpModel()
        self.takes: dict[tuple[int, int], Any] = {}
        self.scale = (
            gcd(*(group.quantity * price for group in self.groups for price in group.prices.values())) or 1
        )
        self.values = [self._build(place, one) for place, one in enumerate(contenders)]
        for at, group in enumerate(self.groups):
            self.model.add(sum(self.takes[at, place] for place in group.prices) <= len(group.lots))

    def _build(self, place: int, one: Contender) -> Any:
        """Add a bid and its condition; return what it pays."""
        model = self.model
        mine = [(at, group) for at, group in enumerate(self.groups) if place in group.prices]
        wins = model.new_bool_var(f"wins {place}")
        for at, group in mine:
            count = len(group.lots)
            take = model.new_int_var(0, count, f"{at} to {place}")
            self.takes[at, place] = take
            if one.whole:
                model.add(take == count * wins)
            else:
                model.add(take <= count * wins)
        weight = sum(group.quantity * self.takes[at, place] for at, group in mine)
        if one.most is not None and mine:
            model.add(weight <= one.most)
        if one.least is not None and mine:
            model.add(weight >= one.least * wins)
        return sum(
            group.quantity * group.prices[place] // self.scale * self.takes[at, place] for at, group in mine
        )

    def solve(self) -> Allocation:
        """Maximise the proceeds, then what the first bid pays, the second …, then the draws."""
        total = sum(self.values)
        taken, value, bound = self._maximise(total, {})
        status = AwardStatus.OPTIMAL if value == bound else AwardStatus.FEASIBLE
        if status is AwardStatus.OPTIMAL and value:
            self.model.add(total == value)
            for goal in self.values[:-1]:
                taken, best, limit = self._maximise(goal, taken)
                if best != limit:
                    status = AwardStatus.FEASIBLE
                    break
                self.model.add(goal == best)
            else:
                drawn, best, limit = self._maximise(self._draws(), taken, LAST_EFFORT)
                taken = drawn if best == limit else taken
        return Allocation(self._lots(taken), value * self.scale, bound * self.scale, status)

    def _draws(self) -> Any:
        return sum(
            int(draw(self.seed + str(self.groups[at].lots[0]), self.contenders[place].bid_id)[:8], 16) * take
            for (at, place), take in self.takes.items()
        )

    def _maximise(
        self, goal: Any, hint: Mapping[tuple[int, int], int], effort: float | None = None
    ) -> tuple[dict[tuple[int, int], int], int, int]:
        """Return what is taken, the value of the goal and the bound that is proven for it."""
        solver = self.cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 0
        solver.parameters.max_deterministic_time = effort or self.effort
        self.model.clear_hints()
        for key, take in self.takes.items():
            self.model.add_hint(take, hint.get(key, 0))
        self.model.maximize(goal)
        status = solver.solve(self.model)
        if status not in {self.cp.OPTIMAL, self.cp.FEASIBLE}:  # nothing for nobody is always feasible
            return dict(hint), 0, 0 if status == self.cp.INFEASIBLE else int(solver.best_objective_bound)
        taken = {key: solver.value(take) for key, take in self.takes.items()}
        value = int(solver.value(goal))  # exact; the solver's own objective is a float
        bound = value if status == self.cp.OPTIMAL else max(value, int(solver.best_objective_bound))
        return taken, value, bound

    def _lots(self, taken: Mapping[tuple[int, int], int]) -> dict[UUID, UUID]:
        found = {}
        for at, group in enumerate(self.groups):
            waiting = iter(group.lots)
            for place in sorted(group.prices):
                for _ in range(taken.get((at, place), 0)):
                    found[next(waiting)] = self.contenders[place].bid_id
        return dict(sorted(found.items()))
