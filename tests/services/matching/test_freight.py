"""What the way from a seller to a buyer costs."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, ValidationFailed
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from chain.matching.errors import NotATradingPair
from chain.matching.queries.freight import freight_on, freight_partners, list_freight
from chain.matching.services.freight import enter_freight
from tests.support.cast import Cast

DAY = timedelta(days=1)


def _enter(session: Session, cast: Cast, now: datetime, cost: int, day: date, **changes: object) -> None:
    values: dict[str, object] = {"actor": cast.seller.actor, "partner_id": cast.mill.id, "id": new_id()}
    enter_freight(session, now=now, minor_per_unit=cost, valid_from=day, **(values | changes))  # type: ignore[arg-type]


def test_the_note_that_begins_last_holds_and_of_one_day_the_later_one(
    session: Session, cast: Cast, now: datetime
) -> None:
    today, pair = now.date(), (cast.centre.id, cast.mill.id)

    def cost(day: date) -> int | None:
        return freight_on(session, [cast.centre.id], day=day, currency="PEN").get(pair)

    assert cost(today) is None
    _enter(session, cast, now, 300, today)
    _enter(session, cast, now, 500, today + 5 * DAY)
    assert (cost(today - DAY), cost(today), cost(today + 9 * DAY)) == (None, 300, 500)
    buyer = {"actor": cast.buyer.actor, "partner_id": cast.centre.id}
    _enter(session, cast, now + timedelta(hours=1), 350, today, **buyer)
    assert cost(today) == 350
    for person in (cast.seller, cast.buyer):
        rows = list_freight(session, person.actor, PageRequest()).items
        assert [row.minor_per_unit for row in rows] == [500, 350, 300]
        assert [row.is_by_seller for row in rows] == [True, False, True]
    assert list_freight(session, cast.rival_buyer.actor, PageRequest()).items == []


def test_what_cannot_be_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    today = now.date()
    with pytest.raises(NotATradingPair):
        _enter(session, cast, now, 1, today, partner_id=cast.other_centre.id)
    with pytest.raises(NotATradingPair):
        _enter(session, cast, now, 1, today, actor=cast.buyer.actor, partner_id=cast.rival_mill.id)
    with pytest.raises(NotATradingPair):
        _enter(session, cast, now, 1, today, partner_id=new_id())
    with pytest.raises(ValidationFailed):
        _enter(session, cast, now, -1, today)
    with pytest.raises(Forbidden):
        _enter(session, cast, now, 1, today, actor=cast.clerk.actor)
    same = new_id()
    _enter(session, cast, now, 5, today, id=same)
    _enter(session, cast, now, 5, today, id=same)
    with pytest.raises(IdempotencyConflict):
        _enter(session, cast, now, 6, today, id=same)


def test_each_side_chooses_from_the_other(session: Session, cast: Cast) -> None:
    assert {one.code for one in freight_partners(session, cast.seller.actor)} == {"MILL", "RIVAL"}
    assert {one.code for one in freight_partners(session, cast.buyer.actor)} == {"CC01", "CC02"}
