"""Which lots tenders show to buyers."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.market.models import Tender, TenderLot
from chain.market.queries.tenders import is_buyer, visible_to


def lots_shown_by_tenders(
    session: Session, actor: Actor, now: datetime, lot_ids: Collection[UUID]
) -> Collection[UUID]:
    """Return those of the lots that stand in a tender which the buyer may see, open or closed."""
    if not is_buyer(actor):
        return set()
    return set(
        session.scalars(
            select(TenderLot.lot_id)
            .join(Tender, Tender.id == TenderLot.tender_id)
            .where(TenderLot.lot_id.in_(lot_ids), visible_to(actor, now))
        )
    )


def lots_of_tender(session: Session, actor: Actor, now: datetime, tender_id: UUID) -> Collection[UUID]:
    """Return the lots of a tender that the actor may see: an own one, or for a buyer one that it is let into."""
    return set(
        session.scalars(
            select(TenderLot.lot_id)
            .join(Tender, Tender.id == TenderLot.tender_id)
            .where(Tender.id == tender_id, visible_to(actor, now))
        )
    )
