from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.paging import PageRequest
from chain.custody.queries.stock import (
    StockFilter,
    sold_and_waiting,
    stock_lots,
    stock_totals,
    stock_totals_on,
)
from chain.lots.models import Lot
from chain.lots.stock import in_stock
from tests.support.cast import OTHER_CENTRE, Cast
from tests.support.custody import hold, lots_in, make_site

ALL = StockFilter()


def test_totals_reconcile_with_the_lots(session: Session, cast: Cast, now: datetime) -> None:
    store, other = make_site(session, now), make_site(session, now)
    ids = lots_in(session, now, store, 3)
    lots_in(session, now, other, 2)
    lots_in(session, now, None, 1, commodity="raw-milk", unit="ml")
    lots_in(session, now, store, 1, state="offered")
    lots_in(session, now, store, 2, state="sold", sold_at=now)
    lots_in(session, now, store, 1, house=OTHER_CENTRE, site_id=None)
    hold(session, now, ids[:1])
    rows = stock_totals(session, cast.clerk.actor, ALL)
    total = session.scalar(
        select(func.sum(Lot.quantity)).where(Lot.organisation_id == cast.centre.id, in_stock())
    )
    assert sum(row.quantity for row in rows) == int(total or 0) == 110_000
    (here,) = stock_totals(session, cast.clerk.actor, StockFilter(site_id=store.id, commodity="alpaca-fibre"))
    assert (here.lots, here.quantity, here.held, here.offered, here.free) == (
        4,
        70_000,
        10_000,
        10_000,
        50_000,
    )
    assert sold_and_waiting(session, cast.clerk.actor) == (2, {"g": 30_000})
    page = stock_lots(session, cast.clerk.actor, ALL, PageRequest(page_size=200))
    assert sum(row.quantity for row in page.items) == sum(row.quantity for row in rows)


def test_filters_tell_places_and_holds_apart(session: Session, cast: Cast, now: datetime) -> None:
    store = make_site(session, now)
    ids = lots_in(session, now, store, 2)
    (loose,) = lots_in(session, now, None, 1)
    hold(session, now, ids[:1])

    def found(**wanted: object) -> set[object]:
        page = stock_lots(session, cast.clerk.actor, StockFilter(**wanted), PageRequest())  # type: ignore[arg-type]
        return {row.id for row in page.items}

    assert found(site_id=store.id) == set(ids)
    assert found(nowhere=True) == {loose}
    assert found(held=True) == {ids[0]}
    assert found(held=False) == {ids[1], loose}


def test_the_stock_of_an_earlier_day_counts_what_left_since(
    session: Session, cast: Cast, now: datetime
) -> None:
    def at(days: int) -> dict[str, Any]:
        return {"delivered_at": now - timedelta(days=days)}

    lots_in(session, now, None, 1, **at(10))
    lots_in(session, now, None, 1, **at(2))
    lots_in(session, now, None, 1, **at(10), left_at=now - timedelta(days=3))
    lots_in(session, now, None, 1, **at(10), state="sold", sold_at=now - timedelta(days=6))
    lots_in(session, now, None, 1, **at(10), state="cancelled")

    def lots(days: int) -> int:
        end = now - timedelta(days=days)
        return sum(row.lots for row in stock_totals_on(session, cast.clerk.actor, ALL, end))

    assert [lots(days) for days in (11, 7, 5, 2, 0)] == [0, 3, 2, 1, 2]


def test_another_centre_sees_nothing_of_it(session: Session, cast: Cast, now: datetime) -> None:
    lots_in(session, now, None, 2)
    assert stock_totals(session, cast.outsider.actor, ALL) == []
