"""Two-round clocks for tests: two products, two buyers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import chain.auctions.clock.handlers  # noqa: F401 - it tells `sales` of this way of selling
from chain.accounts.rules import Actor
from chain.auctions.clock.models import Clock, ClockProduct
from chain.auctions.clock.rules import Wish
from chain.auctions.clock.services import NewProduct, close_round, open_clock, place_request
from chain.core.ids import new_id
from tests.support.cast import Cast
from tests.support.market import add_graded_lots

CAST = Cast()
HOUR = timedelta(hours=1)


def make_clock(session: Session, now: datetime, **changes: Any) -> Clock:
    """Open a clock: 60 kg of white super baby in three lots at 100.00, 30 kg of black baby in two at 80.00; an hour."""
    values: dict[str, Any] = {
        "id": new_id(),
        "title": "Campaña de marzo",
        "first_closes_at": now + HOUR,
        "second_minutes": 30,
        "raise_limit_bp": 2_000,
        "step_minor": 50,
    }
    if "products" not in changes:
        white = add_graded_lots(session, now, 3)
        black = add_graded_lots(session, now, 2, grade_key="baby", micron_tenths=224, colour="black")
        values["products"] = [NewProduct(tuple(white), 10_000), NewProduct(tuple(black), 8_000)]
    return open_clock(session, actor=CAST.seller.actor, now=now, **(values | changes))


def products(session: Session, clock: Clock) -> Sequence[ClockProduct]:
    """Return the products of a clock in their order."""
    return session.scalars(
        select(ClockProduct).where(ClockProduct.clock_id == clock.id).order_by(ClockProduct.position)
    ).all()


def ask(
    session: Session,
    now: datetime,
    clock: Clock,
    *kilograms: int,
    actor: Actor | None = None,
    best: int | None = None,
    least: int = 1,
) -> UUID:
    """Ask for kilograms of the products in their order, as the buyer unless somebody else is named."""
    wishes = [
        Wish(product.id, wanted, min(least, max(1, wanted)), best)
        for product, wanted in zip(products(session, clock), kilograms, strict=False)
    ]
    request = place_request(
        session, actor=actor or CAST.buyer.actor, now=now, clock_id=clock.id, id=new_id(), wishes=wishes
    )
    return request.id


def close(session: Session, now: datetime, clock: Clock) -> Clock:
    """Open the requests of the round."""
    return close_round(session, actor=CAST.seller.actor, now=now, clock_id=clock.id)
