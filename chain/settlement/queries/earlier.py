"""What runs paid before for the deliveries of a sale: bought outright, or a floor price with the rest after the sale."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.lots.models import Lot
from chain.lots.queries import CHUNK
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
                Lot.quantity,
                SettlementLine.producer_id,
                SettlementLine.gross_minor,
                SettlementRun.number,
                SettlementRun.state,
                SettlementRun.rest_basis_points,
                SettlementRun.rest_decided_by,
            )
            .join(SettlementRun, SettlementRun.id == RunLot.run_id)
            .join(SettlementLine, SettlementLine.id == RunLot.line_id)
            .join(Lot, Lot.id == RunLot.source_id)
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
            decided = row.rest_decided_by or ""
            found.rests[row.source_id] = Share(row.rest_basis_points, decided, decided)
            part = row.amount_minor * min(by_source[row.source_id], row.quantity)
            sizes[row.line_id] += by_source[row.source_id]
            counts[row.line_id] += (2 * part + row.quantity) // (2 * row.quantity)
            heads[row.line_id] = (row.producer_id, row.number, decided, row.gross_minor)
    taken = _taken_before(session, counts)
    for line_id, minor in counts.items():
        producer_id, number, decided, gross = heads[line_id]
        left = min(minor, gross - taken.get(line_id, 0))
        if left > 0:
            found.earlier.append(Earlier(line_id, producer_id, number, left, decided, sizes[line_id]))
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
