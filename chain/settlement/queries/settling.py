"""Which lots a run pays that is approved or in the books; lots ask for it before they change (chain.lots.settling)."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from chain.sales.models import SaleLine
from chain.sales.queries.due import is_kept
from chain.settlement.models import RunLot, SettlementRun
from chain.settlement.rules import IN_THE_BOOKS, RunState

#: Lots of such runs are held.
HOLDING = sorted(state.value for state in IN_THE_BOOKS | {RunState.APPROVED})
CHUNK = 500


def lots_being_settled(session: Session, lot_ids: Collection[UUID]) -> set[UUID]:
    """Return those among lots that a standing run pays, and those that its sale kept.

    A delivery is its own source and found by that; a lot that was made of several by its own, smaller index.
    """
    found: set[UUID] = set()
    wanted = sorted(lot_ids)
    holds = SettlementRun.state.in_(HOLDING)
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        brought = (
            select(RunLot.source_id)
            .join(SettlementRun, SettlementRun.id == RunLot.run_id)
            .where(RunLot.source_id.in_(part), RunLot.lot_id == RunLot.source_id, holds)
        )
        made = (
            select(RunLot.lot_id)
            .join(SettlementRun, SettlementRun.id == RunLot.run_id)
            .where(RunLot.lot_id.in_(part), RunLot.lot_id != RunLot.source_id, holds)
        )
        sold = (
            select(SaleLine.lot_id)
            .join(SettlementRun, SettlementRun.sale_id == SaleLine.sale_id)
            .where(SaleLine.lot_id.in_(part), is_kept(), holds)
        )
        found.update(session.scalars(union_all(brought, made, sold)))
    return found
