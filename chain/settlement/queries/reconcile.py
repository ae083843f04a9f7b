"""Counting a run anew from its items, lines and lots: whatever differs is named."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, literal, select, union_all
from sqlalchemy.orm import Session

from chain.core.i18n import N_
from chain.settlement.models import RunLot, SettlementBlock, SettlementItem, SettlementLine, SettlementRun
from chain.settlement.rules import EARNED, GOODS, TAKEN, ItemKind, words

BLOCK_LABELS = {
    None: N_("everything"),
    "weekday": N_("milk, Monday to Saturday"),
    "sunday": N_("milk, Sundays"),
    "excess_weekday": N_("milk over the quota, Monday to Saturday"),
    "excess_sunday": N_("milk over the quota, Sundays"),
}
WHOLE_RUN = N_("the whole settlement")
ITEMS = N_("the amounts of the producers")
LINES = N_("the lines of the producers")
BLOCKS = N_("the payrolls")
LOTS = N_("the deliveries")
SUMS = ("goods_minor", "gross_minor", "deductions_minor", "additions_minor", "net_minor")


@dataclass(frozen=True, slots=True)
class Difference:
    """Something of a run that does not sum to the whole."""

    #: msgid of the block, or of the whole run
    block: str
    zone_name: str | None
    #: msgid of what differs
    what: str
    difference_minor: int


@dataclass(frozen=True, slots=True)
class Totals:
    """A run's sums counted anew, and where they differ from what was stored."""

    #: sum per kind of item
    kinds: dict[str, int]
    gross_minor: int
    deductions_minor: int
    additions_minor: int
    net_minor: int
    lots_minor: int
    paid_minor: int
    differences: tuple[Difference, ...]

    @property
    def is_whole(self) -> bool:
        """Whether blocks, lines, items and lots sum to the run."""
        return not self.differences

    @property
    def debts_minor(self) -> int:
        """What debts and earlier payments take off, positive."""
        kinds = (ItemKind.MOVEMENT, ItemKind.PAID_BEFORE)
        return -sum(self.kinds.get(kind.value, 0) for kind in kinds)


def totals_of(session: Session, run: SettlementRun) -> Totals:
    """Count a run's sums anew and compare blocks, lines, items and lots."""
    by_block = _items_by_block(session, run.id)
    blocks = session.scalars(
        select(SettlementBlock).where(SettlementBlock.run_id == run.id).order_by(SettlementBlock.position)
    ).all()
    kinds: dict[str, int] = {}
    for found in by_block.values():
        for kind, amount in found.items():
            kinds[kind] = kinds.get(kind, 0) + amount
    sums = _sums(kinds)
    differences = _of_blocks(blocks, by_block)
    differences += _compare(WHOLE_RUN, None, ITEMS, sums, {name: getattr(run, name) for name in SUMS})
    blocked = {name: sum(getattr(block, name) for block in blocks) for name in SUMS}
    differences += _compare(WHOLE_RUN, None, BLOCKS, blocked, {name: getattr(run, name) for name in SUMS})
    lines = _line_sums(session, run.id)
    differences += _compare(WHOLE_RUN, None, LINES, lines, {name: getattr(run, name) for name in SUMS})
    differences += _lines_unlike_items(session, run.id)
    lots, unlike = _lots(session, run.id)
    if lots != run.goods_minor or unlike:
        differences.append(Difference(WHOLE_RUN, None, LOTS, abs(lots - run.goods_minor) or unlike))
    return Totals(
        kinds=kinds,
        gross_minor=sums["gross_minor"],
        deductions_minor=sums["deductions_minor"],
        additions_minor=sums["additions_minor"],
        net_minor=lines["net_minor"],
        lots_minor=lots,
        paid_minor=lines["paid_minor"],
        differences=tuple(differences),
    )


def _items_by_block(session: Session, run_id: UUID) -> dict[tuple[UUID | None, str | None], dict[str, int]]:
    rows = session.execute(
        select(
            SettlementItem.zone_id,
            SettlementItem.block,
            SettlementItem.kind,
            func.sum(SettlementItem.amount_minor).label("minor"),
        )
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(SettlementLine.run_id == run_id)
        .group_by(SettlementItem.zone_id, SettlementItem.block, SettlementItem.kind)
    )
    found: dict[tuple[UUID | None, str | None], dict[str, int]] = {}
    for row in rows:
        found.setdefault((row.zone_id, row.block), {})[row.kind] = int(row.minor)
    return found


def _sums(kinds: dict[str, int]) -> dict[str, int]:
    def total(wanted: Iterable[ItemKind]) -> int:
        return sum(kinds.get(kind.value, 0) for kind in wanted)

    gross, taken, more = total(EARNED), -total(TAKEN), total([ItemKind.OTHER_INCOME])
    return {
        "goods_minor": total(GOODS),
        "gross_minor": gross,
        "deductions_minor": taken,
        "additions_minor": more,
        "net_minor": gross - taken + more,
    }


def _of_blocks(blocks: Iterable[SettlementBlock], by_block: dict[Any, dict[str, int]]) -> list[Difference]:
    found: list[Difference] = []
    seen = set()
    for block in blocks:
        seen.add((block.zone_id, block.block))
        sums = _sums(by_block.get((block.zone_id, block.block), {}))
        label = BLOCK_LABELS.get(block.block, WHOLE_RUN)
        stored = {name: getattr(block, name) for name in SUMS}
        found += _compare(label, block.zone_name, ITEMS, sums, stored)
        kinds = {kind: int(amount) for kind, amount in block.kinds.items() if amount}
        counted = by_block.get((block.zone_id, block.block), {})
        odd = sum(abs(kinds.get(kind, 0) - counted.get(kind, 0)) for kind in kinds.keys() | counted.keys())
        if odd and not found:
            found.append(Difference(label, block.zone_name, ITEMS, odd))
    for key, kinds in by_block.items():
        if key not in seen:
            found.append(
                Difference(BLOCK_LABELS.get(key[1], WHOLE_RUN), None, BLOCKS, abs(sum(kinds.values())))
            )
    return found


def _compare(
    block: str, zone_name: str | None, what: str, counted: dict[str, int], stored: dict[str, int]
) -> list[Difference]:
    """Return one difference, the greatest, between sums of the same names."""
    gaps = [abs(counted[name] - stored[name]) for name in SUMS]
    return [Difference(block, zone_name, what, max(gaps))] if any(gaps) else []


def _line_sums(session: Session, run_id: UUID) -> dict[str, int]:
    row = session.execute(
        select(
            *(func.coalesce(func.sum(getattr(SettlementLine, name)), 0).label(name) for name in SUMS),
            func.coalesce(func.sum(SettlementLine.paid_minor), 0).label("paid_minor"),
        ).where(SettlementLine.run_id == run_id)
    ).one()
    return {name: int(value) for name, value in row._mapping.items()}  # noqa: SLF001 - SQLAlchemy's public name


def _lines_unlike_items(session: Session, run_id: UUID) -> list[Difference]:
    """Name the lines that their own items do not sum to."""

    def part(kinds: Iterable[ItemKind]) -> Any:
        listed = words(frozenset(kinds))
        return func.coalesce(
            func.sum(case((SettlementItem.kind.in_(listed), SettlementItem.amount_minor), else_=0)), 0
        )

    counted = (
        select(
            SettlementLine.id,
            SettlementLine.net_minor.label("net"),
            (part(EARNED) - SettlementLine.gross_minor).label("gross"),
            (part(TAKEN) + SettlementLine.deductions_minor).label("taken"),
            (func.coalesce(func.sum(SettlementItem.amount_minor), 0) - SettlementLine.net_minor).label("gap"),
        )
        .outerjoin(SettlementItem, SettlementItem.line_id == SettlementLine.id)
        .where(SettlementLine.run_id == run_id)
        .group_by(
            SettlementLine.id,
            SettlementLine.net_minor,
            SettlementLine.gross_minor,
            SettlementLine.deductions_minor,
        )
        .subquery()
    )
    gap = func.abs(counted.c.gap) + func.abs(counted.c.gross) + func.abs(counted.c.taken)
    worst = session.scalar(select(func.max(gap))) or 0
    below = session.scalar(select(func.min(counted.c.net))) or 0
    if worst or below < 0:
        return [Difference(WHOLE_RUN, None, LINES, int(worst) or -int(below))]
    return []


def _lots(session: Session, run_id: UUID) -> tuple[int, int]:
    """Return what the lots of a run sum to, and the worst gap between a line's goods and its lots."""
    # no join: the planner knows nothing of a run that was just written, and would compare every line with every lot
    goods = select(
        SettlementLine.id.label("line_id"),
        SettlementLine.goods_minor.label("minor"),
        literal(0).label("lots"),
    ).where(SettlementLine.run_id == run_id)
    lots = select(RunLot.line_id, -RunLot.amount_minor, RunLot.amount_minor).where(RunLot.run_id == run_id)
    both = union_all(goods, lots).subquery()
    by_line = (
        select(func.sum(both.c.minor).label("gap"), func.sum(both.c.lots).label("lots"))
        .group_by(both.c.line_id)
        .subquery()
    )
    row = session.execute(
        select(
            func.coalesce(func.sum(by_line.c.lots), 0), func.coalesce(func.max(func.abs(by_line.c.gap)), 0)
        )
    ).one()
    return int(row[0]), int(row[1])
