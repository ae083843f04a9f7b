"""What each producer is owed, as values: items, lines, blocks, and the sums that must agree. Pure.

A line's items sum to its net; its lots sum to the worth of its goods; blocks, lines and items sum to the run.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from chain.dues.rules import Taking
from chain.settlement.rules import EARNED, GOODS, TAKEN, ItemKind

#: A zone and a payroll; a run of one block has the empty key.
BlockKey = tuple[UUID | None, str | None]
EMPTY: BlockKey = (None, None)


def explain(msgid: str, **params: Any) -> dict[str, Any]:
    """Return an explanation as it is kept: a sentence, and values whose unit stands last in their names."""
    return {"msgid": msgid, "params": params}


class Item(NamedTuple):
    """One named amount of a line: what was earned positive, what is taken off negative."""

    kind: ItemKind
    label: str
    amount_minor: int
    quantity: int | None = None
    price_minor_per_unit: int | None = None
    basis_points: int | None = None
    due_kind: str | None = None
    block: str | None = None
    zone_id: UUID | None = None
    dropped_minor: int = 0
    carried_minor: int = 0
    account: str | None = None
    rule_id: UUID | None = None
    decided_by: str | None = None
    movement_id: UUID | None = None
    earlier_line_id: UUID | None = None
    explanation: dict[str, Any] | None = None


@dataclass(slots=True)
class Line:
    """What one producer is owed."""

    producer_id: UUID
    zone_id: UUID | None = None
    quantity: int = 0
    #: where the lots are written apart: how many there are
    deliveries: int = 0
    #: amount by lot and source; they sum to the worth of the goods
    lots: dict[tuple[UUID, UUID], int] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)

    @property
    def goods_minor(self) -> int:
        """What the deliveries are worth, premiums and penalties included."""
        return sum(item.amount_minor for item in self.items if item.kind in GOODS)

    @property
    def gross_minor(self) -> int:
        """What was earned: goods, weighing difference, reserve."""
        return sum(item.amount_minor for item in self.items if item.kind in EARNED)

    @property
    def deductions_minor(self) -> int:
        """What is taken off, positive."""
        return -sum(item.amount_minor for item in self.items if item.kind in TAKEN)

    @property
    def additions_minor(self) -> int:
        """Other income."""
        return sum(item.amount_minor for item in self.items if item.kind is ItemKind.OTHER_INCOME)

    @property
    def net_minor(self) -> int:
        """What the producer gets."""
        return sum(item.amount_minor for item in self.items)


@dataclass(slots=True)
class BlockSums:
    """A payroll of a run and what its items sum to."""

    key: BlockKey = EMPTY
    zone_name: str | None = None
    producers: int = 0
    quantity: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    explanation: dict[str, Any] = field(default_factory=dict)

    def _sum(self, kinds: Iterable[ItemKind]) -> int:
        return sum(self.kinds.get(kind.value, 0) for kind in kinds)

    @property
    def goods_minor(self) -> int:
        """What the deliveries of the block are worth."""
        return self._sum(GOODS)

    @property
    def gross_minor(self) -> int:
        """What was earned in the block."""
        return self._sum(EARNED)

    @property
    def deductions_minor(self) -> int:
        """What is taken off, positive."""
        return -self._sum(TAKEN)

    @property
    def additions_minor(self) -> int:
        """Other income."""
        return self._sum([ItemKind.OTHER_INCOME])

    @property
    def net_minor(self) -> int:
        """What the block pays out."""
        return sum(self.kinds.values())


def blocks_of(
    lines: Iterable[Line],
    order: Sequence[BlockKey] = (EMPTY,),
    zone_names: Mapping[UUID, str] | None = None,
    explanations: Mapping[BlockKey, dict[str, Any]] | None = None,
) -> list[BlockSums]:
    """Sum the items of lines per block, in the order given; blocks that the order lacks come after it."""
    names, why = zone_names or {}, explanations or {}
    found: dict[BlockKey, BlockSums] = {}
    people: dict[BlockKey, set[UUID]] = {}
    for line in lines:
        for item in line.items:
            key = (item.zone_id, item.block)
            sums = found.get(key)
            if sums is None:
                zone = names.get(item.zone_id) if item.zone_id else None
                sums = found[key] = BlockSums(key, zone, explanation=why.get(key, {}))
                people[key] = set()
            sums.kinds[item.kind.value] = sums.kinds.get(item.kind.value, 0) + item.amount_minor
            if item.kind is ItemKind.DELIVERY:
                sums.quantity += item.quantity or 0
            people[key].add(line.producer_id)
    for key, sums in found.items():
        sums.producers = len(people[key])
    place = {key: index for index, key in enumerate(order)}
    rest = len(place)
    return sorted(
        found.values(), key=lambda one: (place.get(one.key, rest), str(one.key[0] or ""), one.key[1] or "")
    )


def item_of(taking: Taking, block: str | None = None, zone_id: UUID | None = None) -> Item:
    """Return what a rule or debt takes off a payment, as an item."""
    if taking.movement_id is not None:
        kind = ItemKind.MOVEMENT
    elif taking.kind.value in {"withholding", "group"}:
        kind = ItemKind(taking.kind.value)
    else:
        kind = ItemKind.FEE
    return Item(
        kind,
        taking.name,
        -taking.amount_minor,
        price_minor_per_unit=taking.rate_minor,
        basis_points=taking.basis_points,
        due_kind=taking.kind.value,
        block=block,
        zone_id=zone_id,
        dropped_minor=taking.dropped_minor,
        carried_minor=taking.carried_minor,
        account=taking.account.value,
        rule_id=taking.rule_id,
        decided_by=taking.decided_by,
        movement_id=taking.movement_id,
    )
