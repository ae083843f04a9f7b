"""Whose is what, to the gram: shares of lots over the deliveries that they come from. Pure.

A table is two lists side by side: the ids of the deliveries, ascending, and their parts. An event pours the tables of its
inputs together into one pool in the balance unit, and shares the pool out: what a producer takes back first, from that
producer's deliveries alone; then each output after the other, in their order; what is left is the loss. Each step splits
by largest remainder over what is still in the pool, equal remainders going to the smaller id, so that every table sums
to its lot and every delivery's parts sum to what went in.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from chain.core.money import NothingToSplitBy


@dataclass(frozen=True, slots=True)
class ShareTable:
    """Parts by delivery; `ids` ascend, parts are above zero."""

    ids: Sequence[UUID]
    parts: Sequence[int]

    @property
    def total(self) -> int:
        """What the table sums to."""
        return sum(self.parts)


def sole(primary_id: UUID, quantity: int) -> ShareTable:
    """Return the table of a delivery: it is wholly its own."""
    return ShareTable([primary_id], [quantity])


def table_of(rows: Iterable[tuple[UUID, int]]) -> ShareTable:
    """Return a table of rows in any order."""
    ordered = sorted(rows, key=lambda row: row[0].int)
    return ShareTable([row[0] for row in ordered], [row[1] for row in ordered])


def proportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split a whole number over weights by largest remainder; equal remainders go to the earlier place.

    No part exceeds its weight while `total` does not exceed the sum of the weights.

    Raises:
        NothingToSplitBy: the weights sum to nothing.
    """
    whole = sum(weights)
    if whole <= 0:
        raise NothingToSplitBy
    if total == whole:
        return list(weights)
    products = [total * weight for weight in weights]
    parts = [product // whole for product in products]
    missing = total - sum(parts)
    if missing:
        rests = [product % whole for product in products]
        order = sorted(
            range(len(rests)), key=rests.__getitem__, reverse=True
        )  # stable: the earlier place first
        for place in order[:missing]:
            parts[place] += 1
    return parts


def scaled(table: ShareTable, total: int) -> ShareTable:
    """Return the table split anew to another total, such as that of another unit."""
    return _without_nothing(table.ids, proportion(total, table.parts))


def pooled(tables: Iterable[ShareTable]) -> ShareTable:
    """Return the sum of tables that are in one unit."""
    pool: dict[UUID, int] = {}
    for table in tables:
        for key, part in zip(table.ids, table.parts, strict=True):
            pool[key] = pool.get(key, 0) + part
    return table_of(pool.items())


@dataclass(frozen=True, slots=True)
class Taken:
    """What one producer takes back: from these deliveries, in proportion."""

    primary_ids: Collection[UUID]
    quantity: int


@dataclass(frozen=True, slots=True)
class SharedOut:
    """How a pool was shared out, all in the balance unit."""

    taken: ShareTable
    outputs: Sequence[ShareTable]
    lost: ShareTable


def share_out(pool: ShareTable, total: int, outputs: Sequence[int], taken: Taken | None = None) -> SharedOut:
    """Share a pool out over outputs; `total` is the pool with what was gained, which belongs to all in proportion.

    Raises:
        NothingToSplitBy: an output is more than what is left, or the producer has too little in the pool.
    """
    ids = pool.ids
    left = proportion(total, pool.parts)
    took = ShareTable([], [])
    if taken is not None and taken.quantity:
        own = [part if key in taken.primary_ids else 0 for key, part in zip(ids, left, strict=True)]
        took, left = _take(ids, left, own, taken.quantity)
    tables = []
    for wanted in outputs:
        table, left = _take(ids, left, left, wanted)
        tables.append(table)
    return SharedOut(took, tables, _without_nothing(ids, left))


def _take(
    ids: Sequence[UUID], left: Sequence[int], weights: Sequence[int], wanted: int
) -> tuple[ShareTable, list[int]]:
    if wanted > sum(weights):
        raise NothingToSplitBy
    if not wanted:
        return ShareTable([], []), list(left)
    parts = proportion(wanted, weights)
    rest = [before - part for before, part in zip(left, parts, strict=True)]
    return _without_nothing(ids, parts), rest


def _without_nothing(ids: Sequence[UUID], parts: Sequence[int]) -> ShareTable:
    if all(parts):
        return ShareTable(ids, parts)
    kept = [place for place, part in enumerate(parts) if part]
    return ShareTable([ids[place] for place in kept], [parts[place] for place in kept])
