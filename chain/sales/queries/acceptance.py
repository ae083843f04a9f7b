"""From which day the goods of a sale count as accepted: the mill confirmed them, or its days to claim are over."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.clock import local_date
from chain.custody.models import Dispatch, DispatchLine
from chain.sales.adjusting import ClaimState
from chain.sales.models import Sale, SaleClaim, SaleLine
from chain.sales.queries.due import is_kept, unclear_among
from chain.sales.queries.fulfilment import ARRIVED
from chain.sales.terms import read_terms

#: Findings after which nothing more is claimed of a lot. After a rejection the buyer may still come back.
CLOSING = (ClaimState.AGREES.value, ClaimState.ACCEPTED.value)


def accepted_on(session: Session, sale: Sale) -> date | None:
    """Return the day from which all goods of a sale are accepted, as `accepted_days` does for many."""
    return accepted_days(session, [sale]).get(sale.id)


def accepted_days(session: Session, sales: Collection[Sale]) -> dict[UUID, date]:
    """Return the days, at the buyer's place, from which all goods that sales kept are accepted; they may lie ahead.

    A lot is accepted when the mill confirms it or its claim is accepted, else on the day after the last one to claim. A sale
    whose goods have not all arrived, or of which a claim or a load in dispute waits for its answer, is not among them.
    """
    ids = [sale.id for sale in sales]
    unclear = unclear_among(session, ids)
    kept: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for row in session.execute(
        select(SaleLine.sale_id, SaleLine.lot_id).where(SaleLine.sale_id.in_(ids), is_kept())
    ):
        kept[row.sale_id].add(row.lot_id)
    arrived, closed = _arrivals(session, ids), _closings(session, ids)
    zones = {
        row.id: row.timezone
        for row in session.execute(
            select(Organisation.id, Organisation.timezone).where(
                Organisation.id.in_({sale.buyer_id for sale in sales})
            )
        )
    }
    found = {}
    for sale in sales:
        lots = [(sale.id, lot_id) for lot_id in kept[sale.id]]
        if not lots or sale.id in unclear or any(lot not in arrived for lot in lots):
            continue
        wait = timedelta(days=read_terms(sale.terms).claim_days + 1)
        zone = zones[sale.buyer_id]
        found[sale.id] = max(
            local_date(closed[lot], zone) if lot in closed else local_date(arrived[lot], zone) + wait
            for lot in lots
        )
    return found


def _arrivals(session: Session, sale_ids: Collection[UUID]) -> Mapping[tuple[UUID, UUID], datetime]:
    rows = session.execute(
        select(Dispatch.sale_id, DispatchLine.lot_id, func.max(Dispatch.arrived_at).label("at"))
        .join(DispatchLine, DispatchLine.dispatch_id == Dispatch.id)
        .where(Dispatch.sale_id.in_(sale_ids), Dispatch.state.in_(ARRIVED))
        .group_by(Dispatch.sale_id, DispatchLine.lot_id)
    )
    return {(row.sale_id, row.lot_id): row.at for row in rows if row.sale_id is not None}


def _closings(session: Session, sale_ids: Collection[UUID]) -> Mapping[tuple[UUID, UUID], datetime]:
    at = func.min(func.coalesce(SaleClaim.answered_at, SaleClaim.made_at)).label("at")
    rows = session.execute(
        select(SaleClaim.sale_id, SaleClaim.lot_id, at)
        .where(SaleClaim.sale_id.in_(sale_ids), SaleClaim.state.in_(CLOSING))
        .group_by(SaleClaim.sale_id, SaleClaim.lot_id)
    )
    return {(row.sale_id, row.lot_id): row.at for row in rows}
