"""What runs paid before for the deliveries of a sale: bought outright, or a floor price with the rest after the sale."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select, union
from sqlalchemy.orm import Session

from chain.genealogy.models import LotShare
from chain.lots.models import Lot
from chain.lots.queries import CHUNK
from chain.lots.rules import LotState
from chain.settlement.errors import PeriodRunWaits
from chain.settlement.models import RunLot, SettlementItem, SettlementLine, SettlementRun
from chain.settlement.rules import IN_THE_BOOKS, RunKind, RunState
from chain.settlement.sharing import Earlier, Share, Sold


@dataclass(slots=True)
class PaidParts:
    """Which deliveries of a sale were paid before, and how."""

    #: deliveries that the organisation bought: what the sale brings for them is its own
    bought: set[UUID] = field(default_factory=set)
    #: the rule of the rest, by delivery
    rests: dict[UUID, Share] = field(default_factory=dict)
    #: floor prices to take off, by line of the run that paid them
    earlier: list[Earlier] = field(default_factory=list)


def paid_parts(session: Session, organisation_id: UUID, sold: Collection[Sold]) -> PaidParts:
    """Return what was paid before for the parts of a sale.

    Raises:
        PeriodRunWaits: a run that pays some of the deliveries is not in the books yet. Were it discarded after the sale,
            nobody would pay.
    """
    found = PaidParts()
    by_source: dict[UUID, int] = defaultdict(int)
    for one in sold:
        by_source[one.source_id] += one.quantity
    floors: list[Any] = []
    counts: dict[UUID, int] = defaultdict(int)
    sizes: dict[UUID, int] = defaultdict(int)
    heads: dict[UUID, tuple[UUID, int, str, int]] = {}
    wanted = sorted(by_source)
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(
                RunLot.source_id,
                RunLot.line_id,
                RunLot.amount_minor,
                SettlementLine.producer_id,
                SettlementLine.gross_minor,
                SettlementRun.number,
                SettlementRun.state,
                SettlementRun.rest_basis_points,
                SettlementRun.rest_decided_by,
            )
            .join(SettlementRun, SettlementRun.id == RunLot.run_id)
            .join(SettlementLine, SettlementLine.id == RunLot.line_id)
            .where(
                RunLot.source_id.in_(wanted[start : start + CHUNK]),
                SettlementRun.organisation_id == organisation_id,
                SettlementRun.kind != RunKind.SALE.value,
                SettlementRun.state != RunState.DISCARDED.value,
            )
        )
        for row in rows:
            if RunState(row.state) not in IN_THE_BOOKS:
                raise PeriodRunWaits(number=row.number)
            if row.rest_basis_points is None:
                found.bought.add(row.source_id)
                continue
            floors.append(row)
    with_floor = sorted({row.source_id for row in floors})
    wholes, settled = _wholes(session, with_floor), _settled(session, with_floor)
    for row in floors:
        decided = row.rest_decided_by or ""
        found.rests[row.source_id] = Share(row.rest_basis_points, decided, decided)
        now = by_source[row.source_id]
        sizes[row.line_id] += now
        counts[row.line_id] += part_of_floor(
            row.amount_minor, settled.get(row.source_id, 0), now, wholes.get(row.source_id, 0)
        )
        heads[row.line_id] = (row.producer_id, row.number, decided, row.gross_minor)
    taken = _taken_before(session, counts)
    for line_id, minor in counts.items():
        producer_id, number, decided, gross = heads[line_id]
        left = min(minor, gross - taken.get(line_id, 0))
        if left > 0:
            found.earlier.append(Earlier(line_id, producer_id, number, left, decided, sizes[line_id]))
    return found


def part_of_floor(floor_minor: int, before: int, now: int, whole: int) -> int:
    """Return what of a delivery's floor price counts for a sale; the parts of all its sales sum to the floor.

    `whole` is what is left of the delivery, `before` what of it other sales settled, `now` what this one brings.

    | floor  | left of 10 kg | before | now  | counts |
    |--------|---------------|--------|------|--------|
    | 100.00 | 9 kg          | 0      | 9 kg | 100.00 |
    | 100.00 | 9 kg          | 0      | 3 kg |  33.33 |
    | 100.00 | 9 kg          | 3 kg   | 6 kg |  66.67 |
    """
    whole = max(whole, before + now)

    def up_to(quantity: int) -> int:
        return (2 * floor_minor * quantity + whole) // (2 * whole)

    return up_to(before + now) - up_to(before)


def _wholes(session: Session, sources: Sequence[UUID]) -> dict[UUID, int]:
    """Return how much is left of deliveries, in whatever lots it lies by now: without losses and what was taken back."""
    source = func.coalesce(LotShare.primary_id, Lot.id)
    found: dict[UUID, int] = {}
    for start in range(0, len(sources), CHUNK):
        part = sources[start : start + CHUNK]
        holders = union(
            select(Lot.id).where(Lot.id.in_(part)),
            select(LotShare.lot_id).where(LotShare.primary_id.in_(part)),
        )
        rows = session.execute(
            select(
                source.label("source"), func.sum(func.coalesce(LotShare.quantity, Lot.quantity)).label("left")
            )
            .select_from(Lot)
            .outerjoin(LotShare, LotShare.lot_id == Lot.id)
            .where(
                Lot.id.in_(holders),
                source.in_(part),
                Lot.used_by_event_id.is_(None),
                Lot.state != LotState.CANCELLED.value,
            )
            .group_by(source)
        )
        found |= {row.source: int(row.left) for row in rows}
    return found


def _settled(session: Session, sources: Sequence[UUID]) -> dict[UUID, int]:
    """Return how much of deliveries standing runs of other sales settle."""
    found: dict[UUID, int] = {}
    for start in range(0, len(sources), CHUNK):
        rows = session.execute(
            select(RunLot.source_id, func.sum(func.coalesce(LotShare.quantity, Lot.quantity)).label("sold"))
            .join(SettlementRun, SettlementRun.id == RunLot.run_id)
            .join(Lot, Lot.id == RunLot.lot_id)
            .outerjoin(
                LotShare, and_(LotShare.lot_id == RunLot.lot_id, LotShare.primary_id == RunLot.source_id)
            )
            .where(
                RunLot.source_id.in_(sources[start : start + CHUNK]),
                SettlementRun.kind == RunKind.SALE.value,
                SettlementRun.state != RunState.DISCARDED.value,
            )
            .group_by(RunLot.source_id)
        )
        found |= {row.source_id: int(row.sold) for row in rows}
    return found


def _taken_before(session: Session, line_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return what standing runs of other sales took off already for the same lines."""
    found: dict[UUID, int] = {}
    wanted = sorted(line_ids)
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(SettlementItem.earlier_line_id, func.sum(-SettlementItem.amount_minor).label("minor"))
            .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
            .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
            .where(
                SettlementItem.earlier_line_id.in_(wanted[start : start + CHUNK]),
                SettlementRun.state != RunState.DISCARDED.value,
            )
            .group_by(SettlementItem.earlier_line_id)
        )
        found |= {row.earlier_line_id: int(row.minor) for row in rows}
    return found
