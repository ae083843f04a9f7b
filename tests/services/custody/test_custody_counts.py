from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from chain.custody.errors import CountNotOpen, LotNotHere, UnknownLotNumber
from chain.custody.models import StockCount, StockCountEntry
from chain.custody.queries.counts import count_lines, list_counts, looks_of
from chain.custody.services import NewCount, NewEntry, close_count, discard_count, open_count, record_count
from chain.lots.models import Site
from tests.support.cast import Cast, Person
from tests.support.custody import lot, lots_in, make_site

CAST = Cast()


def start(session: Session, now: datetime, site: Site | None = None, **changes: Any) -> StockCount:
    values: dict[str, Any] = {"id": new_id(), "site_id": site.id if site else None} | changes
    return open_count(session, actor=CAST.clerk.actor, now=now, count=NewCount(**values))


def look(
    session: Session,
    now: datetime,
    count: StockCount,
    lot_id: UUID | None,
    person: Person = CAST.clerk,
    **changes: Any,
) -> StockCountEntry:
    values: dict[str, Any] = {"id": new_id(), "count_id": count.id, "lot_id": lot_id} | changes
    return record_count(session, actor=person.actor, now=now, entry=NewEntry(**values))


def test_a_sheet_freezes_what_should_be_there(session: Session, now: datetime) -> None:
    store, other = make_site(session, now), make_site(session, now)
    here = lots_in(session, now, store, 2)
    sold = lots_in(session, now, store, 1, state="sold", sold_at=now)
    lots_in(session, now, store, 1, state="cancelled")
    lots_in(session, now, store, 1, left_at=now)
    lots_in(session, now, other, 1)
    count = start(session, now, store)
    lots_in(session, now, store, 1)  # came later
    lines = count_lines(session, count.id)
    assert {line.lot_id for line in lines} == {*here, *sold}
    assert sum(line.expected for line in lines) == 10_000 + 20_000 + 10_000
    assert {line.counted for line in lines} == {None}


def test_a_sheet_may_be_about_one_product(session: Session, now: datetime) -> None:
    store = make_site(session, now)
    lots_in(session, now, store, 1)
    (llama,) = lots_in(session, now, store, 1, commodity="llama-fibre")
    count = start(session, now, store, commodity="llama-fibre")
    assert [line.lot_id for line in count_lines(session, count.id)] == [llama]


def test_what_differs_is_told_and_the_stock_stays(session: Session, cast: Cast, now: datetime) -> None:
    store = make_site(session, now)
    first, second, third = lots_in(session, now, store, 3)
    count = start(session, now, store)
    look(session, now, count, None, number=f" {lot(session, first).number} ", counted=9_800)
    look(session, now, count, second)
    close_count(session, actor=cast.clerk.actor, now=now, count_id=count.id)
    lines = {line.lot_id: line for line in count_lines(session, count.id)}
    assert [lines[one].difference for one in (first, second, third)] == [-200, 0, None]
    assert [lines[one].is_weighed for one in (first, second)] == [True, False]
    assert lot(session, first).quantity == 10_000


def test_a_lot_that_should_not_be_here_is_noted(session: Session, now: datetime) -> None:
    store, other = make_site(session, now), make_site(session, now)
    (stray,) = lots_in(session, now, other, 1)
    count = start(session, now, store)
    look(session, now, count, stray, counted=10_100)
    (line,) = count_lines(session, count.id)
    assert (line.is_unexpected, line.counted, line.site_id) == (True, 10_100, other.id)


def test_looks_of_two_people_both_stay_and_the_latest_counts(
    session: Session, cast: Cast, now: datetime
) -> None:
    store = make_site(session, now)
    (one,) = lots_in(session, now, store, 1)
    count = start(session, now, store)
    look(session, now, count, one, counted=9_900)
    look(session, now + timedelta(minutes=1), count, one, cast.second_clerk, counted=9_950)
    (line,) = count_lines(session, count.id)
    assert (line.counted, line.looks, line.counted_by) == (9_950, 2, cast.second_clerk.name)
    assert [found.counted for found in looks_of(session, count.id)[one]] == [9_900, 9_950]


def test_the_same_look_twice_is_one(session: Session, now: datetime) -> None:
    store = make_site(session, now)
    (one,) = lots_in(session, now, store, 1)
    count, key = start(session, now, store), new_id()
    first = look(session, now, count, one, id=key, counted=9_900)
    assert look(session, now, count, one, id=key, counted=9_900) is first
    with pytest.raises(IdempotencyConflict):
        look(session, now, count, one, id=key, counted=9_901)
    sheet = new_id()
    assert start(session, now, store, id=sheet) is start(session, now, store, id=sheet)
    with pytest.raises(IdempotencyConflict):
        start(session, now, None, id=sheet)


def test_a_closed_sheet_takes_nothing_more(session: Session, cast: Cast, now: datetime) -> None:
    store = make_site(session, now)
    (one,) = lots_in(session, now, store, 1)
    count = start(session, now, store)
    close_count(session, actor=cast.clerk.actor, now=now, count_id=count.id)
    close_count(session, actor=cast.clerk.actor, now=now, count_id=count.id)
    with pytest.raises(CountNotOpen):
        look(session, now, count, one)
    with pytest.raises(CountNotOpen):
        discard_count(session, actor=cast.clerk.actor, now=now, count_id=count.id)


def test_what_cannot_be_there_is_refused(session: Session, now: datetime) -> None:
    count = start(session, now, make_site(session, now))
    with pytest.raises(UnknownLotNumber):
        look(session, now, count, None, number="CC01-999999")
    (gone,) = lots_in(session, now, None, 1, left_at=now)
    with pytest.raises(LotNotHere):
        look(session, now, count, gone)


def test_another_centre_sees_no_sheet(session: Session, cast: Cast, now: datetime) -> None:
    store = make_site(session, now)
    (one,) = lots_in(session, now, store, 1)
    count = start(session, now, store)
    assert list_counts(session, cast.outsider.actor, PageRequest()).total == 0
    with pytest.raises(NotFound):
        look(session, now, count, one, cast.outsider)
    wanted = NewCount(id=new_id(), site_id=store.id)
    with pytest.raises(NotFound):
        open_count(session, actor=cast.outsider.actor, now=now, count=wanted)
    with pytest.raises(Forbidden):
        look(session, now, count, one, cast.seller)
