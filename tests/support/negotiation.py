"""Offers and samples for tests of negotiation."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.negotiation.models import Offer, SampleRequest
from chain.negotiation.rules import Line, Terms
from chain.negotiation.services import ask_sample, show_lots, start_offer
from tests.support.cast import Cast
from tests.support.market import add_graded_lots

CAST = Cast()
DAY = timedelta(days=1)


def terms_for(
    session: Session, lot_ids: Sequence[UUID], now: datetime, *, price: int = 8_000, **changes: Any
) -> Terms:
    """Return terms for whole lots at one price, standing for two days; `quantity` takes a part of each lot."""
    quantity = changes.pop("quantity", None)
    rows = session.execute(select(Lot.id, Lot.quantity).where(Lot.id.in_(lot_ids)).order_by(Lot.id))
    values: dict[str, Any] = {
        "freight": "buyer",
        "payment_days": 15,
        "is_firm": False,
        "expires_at": now + 2 * DAY,
        "note": None,
    }
    lines = tuple(Line(row.id, quantity or row.quantity, price) for row in rows)
    return Terms(lines=lines, **(values | changes))


def shown(session: Session, now: datetime, count: int = 2, *, asking: int | None = 9_000) -> list[UUID]:
    """Add graded lots of the centre (10 kg, 20 kg …) and show them to buyers."""
    lot_ids = add_graded_lots(session, now, count)
    show_lots(session, actor=CAST.seller.actor, now=now, lot_ids=lot_ids, asking_minor_per_unit=asking)
    return lot_ids


def make_offer(
    session: Session,
    now: datetime,
    lot_ids: Sequence[UUID] | None = None,
    *,
    actor: Actor | None = None,
    **changes: Any,
) -> Offer:
    """Offer 80.00 a kilo for two shown lots (30 kg), as the buyer unless somebody else is named."""
    lot_ids = shown(session, now) if lot_ids is None else lot_ids
    actor = actor or CAST.buyer.actor
    buyer_id = None if actor.organisation_id == CAST.mill.id else CAST.mill.id
    return start_offer(
        session,
        actor=actor,
        now=now,
        id=new_id(),
        terms=terms_for(session, lot_ids, now, **changes),
        buyer_id=buyer_id,
    )


def make_sample(session: Session, now: datetime, lot_id: UUID | None = None) -> SampleRequest:
    """Ask for 200 g of a shown lot, as the buyer."""
    return ask_sample(
        session,
        actor=CAST.buyer.actor,
        now=now,
        id=new_id(),
        lot_id=lot_id or shown(session, now, 1)[0],
        grams=200,
        address="Av. Ejército 101, Arequipa",
    )
