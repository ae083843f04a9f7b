"""Officers, terms, loads and findings for tests of sales."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Role
from chain.core.ids import new_id
from chain.custody.models import Dispatch
from chain.custody.services import Arrival, NewDispatch, dispatch_lots, record_arrival, resolve_dispute
from chain.market.models import Tender
from chain.sales.models import Award, MarketRule, Sale, SaleLine
from chain.sales.queries.buyers import buyers_of
from chain.sales.services.terms import set_terms
from chain.sales.terms import Terms
from tests.support.cast import Cast

CAST = Cast()
#: Officers of the centre beside `seller`, who opens the tenders of these tests.
FIRST = CAST.everything.actor
SECOND = Actor(CAST.treasurer.id, CAST.centre.id, CAST.centre.kind, frozenset({Role.SELLER}))
THIRD = Actor(CAST.accountant.id, CAST.centre.id, CAST.centre.kind, frozenset({Role.SELLER}))


def rule(session: Session, needed: int = 2, *, silence: str = "declined", hours: int = 72) -> None:
    """Let awards need so many officers."""
    row = session.get_one(MarketRule, CAST.centre.id)
    row.confirmations_needed, row.silence, row.confirm_hours = needed, silence, hours
    session.flush()


def award_of(session: Session, tender: Tender) -> Award:
    """Return the award of a tender with one winner."""
    return session.scalars(select(Award).where(Award.event_id == tender.id)).one()


def in_dollars(session: Session, award_id: UUID) -> Award:
    """Let an award be in dollars, as a demand of a mill abroad would be."""
    award = session.get_one(Award, award_id)
    on = "" if session.get_bind().dialect.name == "sqlite" else " ON award"
    session.execute(text(f"DROP TRIGGER award_frozen{on}"))
    session.execute(text("UPDATE award SET currency = 'USD'"))
    session.refresh(award)
    return award


def terms(session: Session, now: datetime, **changes: Any) -> Terms:
    """Set the terms of the centre."""
    return set_terms(session, actor=CAST.seller.actor, now=now, terms=Terms(**changes))


def lots_of(session: Session, sale: Sale) -> list[UUID]:
    """Return the lots of a sale, the lightest first."""
    return list(
        session.scalars(
            select(SaleLine.lot_id).where(SaleLine.sale_id == sale.id).order_by(SaleLine.quantity)
        )
    )


def send(session: Session, now: datetime, sale: Sale, lot_ids: list[UUID]) -> Dispatch:
    """Let lots of a sale leave for their buyer."""
    wanted = NewDispatch(
        id=new_id(), lot_ids=lot_ids, to_organisation_id=sale.buyer_id, sale_id=sale.id, tolerance_bp=0
    )
    sold_to = buyers_of(session, FIRST, lot_ids)
    return dispatch_lots(session, actor=FIRST, now=now, dispatch=wanted, sold_to=sold_to)


def arrive(session: Session, now: datetime, load: Dispatch, weights: Mapping[UUID, int]) -> Dispatch:
    """Record what arrived at the mill; beyond the tolerance it is in dispute."""
    arrival = Arrival(dispatch_id=load.id, quantities=weights, note="Pesado en la balanza de la planta")
    return record_arrival(session, actor=CAST.buyer.actor, now=now, arrival=arrival)


def settle(session: Session, now: datetime, load: Dispatch, weights: Mapping[UUID, int]) -> Dispatch:
    """Settle on weights after a dispute."""
    return resolve_dispute(
        session, actor=FIRST, now=now, dispatch_id=load.id, note="Se acordó por teléfono", agreed=weights
    )
