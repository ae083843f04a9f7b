"""Graded lots, tenders and sales for tests of the market."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

import chain.market.handlers  # noqa: F401 - registers what tenders tell the area of sales
from chain.accounts.rules import Actor
from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.market.models import Tender
from chain.market.services import accept_award, close_tender, open_tender, place_bid
from chain.sales.models import Sale
from tests.support.cast import CENTRE, Cast, House
from tests.support.settling import add_members

CAST = Cast()
DAY = timedelta(days=1)


def add_graded_lots(
    session: Session, now: datetime, count: int = 3, *, house: House = CENTRE, **changes: Any
) -> list[UUID]:
    """Add lots with a confirmed class, 10 kg, 20 kg, 30 kg …; `changes` hold for all of them."""
    (member,) = add_members(session, 1, house)
    ids = [new_id() for _ in range(count)]
    rows = [
        {
            "id": lot_id,
            "organisation_id": house.id,
            "number": f"{house.code}-{lot_id.hex[:24]}",  # the part that follows the order: time and counter
            "commodity": "alpaca-fibre",
            "producer_id": member.id,
            "delivered_at": now - DAY,
            "delivered_on": (now - DAY).date(),
            "quantity": 10_000 * place,
            "unit": "g",
            "attributes": {"micron": "19.8", "colour": "white"},
            "micron_tenths": 198,
            "colour": "white",
            "grade_scheme": "ntp-231.301",
            "grade_edition": "2014",
            "grade_key": "super_baby",
            "grade_confirmed": True,
            "claim": "conventional",
            "state": "graded",
            "registered_at": now - DAY,
            "content_hash": "0" * 64,
        }
        | changes
        for place, lot_id in enumerate(ids, 1)
    ]
    session.execute(insert(Lot), rows)
    return ids


def make_tender(
    session: Session,
    now: datetime,
    lot_ids: Sequence[UUID] | None = None,
    *,
    actor: Actor | None = None,
    **changes: Any,
) -> Tender:
    """Open a tender of three lots (60 kg) with a reserve of 100.00, closing in a day."""
    values: dict[str, Any] = {
        "id": new_id(),
        "title": "Fibra de marzo",
        "reserve_minor_per_unit": 10_000,
        "closes_at": now + DAY,
    }
    return open_tender(
        session,
        actor=actor or CAST.seller.actor,
        now=now,
        lot_ids=add_graded_lots(session, now) if lot_ids is None else lot_ids,
        **(values | changes),
    )


def make_bid(session: Session, now: datetime, tender: Tender, price: int, actor: Actor | None = None) -> UUID:
    """Place a bid, as the buyer unless somebody else is named."""
    return place_bid(
        session,
        actor=actor or CAST.buyer.actor,
        now=now,
        tender_id=tender.id,
        price_minor_per_unit=price,
    ).id


def sold(session: Session, *, actor: Actor, now: datetime, tender_id: UUID) -> Sale:
    """Accept the award of a tender of a house where one officer is enough, and return the sale."""
    sale = accept_award(session, actor=actor, now=now, tender_id=tender_id)
    assert sale is not None
    return sale


def make_award(session: Session, now: datetime, *, price: int = 12_000) -> Tender:
    """Open a tender, bid as the buyer and close it at its deadline."""
    tender = make_tender(session, now)
    make_bid(session, now, tender, price)
    return close_tender(session, actor=CAST.seller.actor, now=tender.closes_at, tender_id=tender.id)


def make_sale(session: Session, now: datetime, *, price: int = 12_000) -> Sale:
    """Sell three lots to the buyer."""
    tender = make_award(session, now, price=price)
    return sold(session, actor=CAST.everything.actor, now=tender.closes_at, tender_id=tender.id)
