"""From which day the goods of a sale count as accepted: the mill confirmed them, or its days to claim are over."""

from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.core.clock import local_date
from chain.custody.models import Dispatch, DispatchLine
from chain.sales.adjusting import ClaimState
from chain.sales.models import Sale, SaleClaim
from chain.sales.queries.due import is_unclear, kept_lot_ids
from chain.sales.queries.fulfilment import ARRIVED
from chain.sales.terms import Terms

#: Findings after which nothing more is claimed of a lot. After a rejection the buyer may still come back.
CLOSING = (ClaimState.AGREES.value, ClaimState.ACCEPTED.value)


def accepted_on(session: Session, sale: Sale, terms: Terms) -> date | None:
    """Return the day, at the buyer's place, from which all goods that a sale kept are accepted; it may lie ahead.

    A lot is accepted when the mill confirms it or its claim is accepted, else on the day after the last one to claim. None: goods
    have not arrived, or a claim or a load in dispute waits for its answer.
    """
    kept = set(session.scalars(kept_lot_ids(sale.id)))
    if not kept or is_unclear(session, sale.id):
        return None
    arrivals = {
        row.lot_id: row.arrived_at
        for row in session.execute(
            select(DispatchLine.lot_id, func.max(Dispatch.arrived_at).label("arrived_at"))
            .join(Dispatch, Dispatch.id == DispatchLine.dispatch_id)
            .where(
                Dispatch.sale_id == sale.id,
                Dispatch.state.in_(ARRIVED),
                DispatchLine.lot_id.in_(kept_lot_ids(sale.id)),
            )
            .group_by(DispatchLine.lot_id)
        )
    }
    if kept - arrivals.keys():
        return None
    closed = {
        row.lot_id: row.at
        for row in session.execute(
            select(
                SaleClaim.lot_id,
                func.min(func.coalesce(SaleClaim.answered_at, SaleClaim.made_at)).label("at"),
            )
            .where(SaleClaim.sale_id == sale.id, SaleClaim.state.in_(CLOSING))
            .group_by(SaleClaim.lot_id)
        )
    }
    zone = get_organisation(session, sale.buyer_id).timezone
    wait = timedelta(days=terms.claim_days + 1)
    return max(
        local_date(closed[lot_id], zone) if lot_id in closed else local_date(arrivals[lot_id], zone) + wait
        for lot_id in kept
    )
