"""The board: what the filters find, paging by keys forward and back, and whose lots one sees."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from chain.certification.rules import Claim
from chain.core.errors import NotFound
from chain.core.ids import new_id
from chain.core.keyset import BadCursor
from chain.lots.filters import SORT_LABELS, Availability, BoardFilters, BoardQuery, ClassWanted
from chain.lots.models import Lot
from chain.lots.queries import board_page, board_rows, count_found, get_lots_for
from chain.lots.rules import LotState
from tests.support.cast import Cast
from tests.support.lots import FIBRE, carcass, fibre, make_lot, make_producer, milk
from tests.support.queries import Queries

ALL = Availability.ALL


@pytest.fixture
def lots(session: Session, now: datetime) -> list[Lot]:
    """White baby, black coarse, milk, a carcass; the newest is the first."""
    rosa = make_producer(session, now)
    mario = make_producer(session, now, name="Mario Ñahui Pérez")
    return [
        make_lot(session, now, fibre(rosa, now)),
        make_lot(
            session,
            now,
            fibre(mario, now - timedelta(days=2), attributes={**FIBRE, "micron": "28", "colour": "TB"}),
        ),
        make_lot(session, now, milk(rosa, now - timedelta(days=1))),
        make_lot(session, now, carcass(mario, now - timedelta(days=3))),
    ]


def numbers(session: Session, cast: Cast, query: BoardQuery) -> list[str]:
    return [row.number for row in board_page(session, cast.clerk.actor, query).items]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [0, 2, 1, 3]),
        ({"commodity": "raw-milk"}, [2]),
        ({"commodity": "cheese"}, []),
        ({"colours": ("true_black", "white")}, [0, 1]),
        ({"grade_key": "baby"}, [0]),
        ({"grade_key": "undetermined"}, [2, 3]),
        ({"micron_from": 225, "micron_to": 300}, [1]),
        ({"quantity_from": 20_000}, [2, 3]),
        ({"quantity_to": 12_500}, [0, 1]),
        ({"claim": Claim.CONVENTIONAL}, [0, 2, 1, 3]),
        ({"claim": Claim.TRANSITION}, []),
        ({"state": LotState.REGISTERED}, [0, 2, 1, 3]),
        ({"origin": "derived"}, []),
        ({"text": "nahui"}, [1, 3]),
        ({"text": "CC01-000003"}, [2]),
        ({"text": "cc01-000003-" + "?"}, []),
        ({"text": "3"}, [2]),
        ({"text": "100%"}, []),
        ({"text": "a\x00\ud800"}, [0, 2, 1, 3]),
        ({"is_without_site": True}, [0, 2, 1, 3]),
        ({"availability": Availability.SOLD}, []),
    ],
)
def test_lots_are_found_by_filters(
    session: Session, cast: Cast, lots: list[Lot], filters: dict[str, Any], expected: list[int]
) -> None:
    found = numbers(session, cast, BoardQuery(filters=BoardFilters(**filters)))
    assert found == [lots[place].number for place in expected]


def test_a_class_of_another_norm_is_a_range_of_microns(session: Session, cast: Cast, lots: list[Lot]) -> None:
    """22.4 microns: baby by NTP 231.301:2014, and whatever another norm calls 21.0 to 22.9."""
    other = ClassWanted("us-common", "undated", "some", 210, 229)
    own = ClassWanted("ntp-231.301", "2014", "baby", 201, 230)
    for wanted in (other, own):
        assert numbers(session, cast, BoardQuery(filters=BoardFilters(wanted_class=wanted))) == [
            lots[0].number
        ]
    # a person set another class by this very norm: the measurement no longer counts for it
    lots[0].grade_key = "fleece"
    session.flush()
    assert numbers(session, cast, BoardQuery(filters=BoardFilters(wanted_class=own))) == []
    assert numbers(session, cast, BoardQuery(filters=BoardFilters(wanted_class=other))) == [lots[0].number]


def test_availability_says_what_became_of_a_lot(
    session: Session, cast: Cast, now: datetime, lots: list[Lot]
) -> None:
    lots[0].is_held = True
    lots[1].state, lots[2].used_by_event_id, lots[3].sold_at = "offered", new_id(), now
    session.flush()
    cancelled = make_lot(session, now, fibre(lots[0].producer_id or new_id(), now - timedelta(days=9)))
    cancelled.state = "cancelled"
    free = make_lot(session, now, fibre(lots[0].producer_id or new_id(), now - timedelta(days=10)))
    session.flush()
    expected = {
        Availability.IN_STOCK: [lots[0], lots[1], free],
        Availability.AVAILABLE: [free],
        Availability.OFFERED: [lots[1]],
        Availability.HELD: [lots[0]],
        Availability.USED: [lots[2]],
        Availability.SOLD: [lots[3]],
        Availability.CANCELLED: [cancelled],
        Availability.ALL: [lots[0], lots[2], lots[1], lots[3], cancelled, free],
    }
    for word, wanted in expected.items():
        found = numbers(session, cast, BoardQuery(filters=BoardFilters(availability=word)))
        assert found == [lot.number for lot in wanted], word


def pages(session: Session, cast: Cast, query: BoardQuery) -> Iterator[tuple[str | None, list[str]]]:
    """Give the cursor to come back by, and the numbers, of each page."""
    while True:
        page = board_page(session, cast.clerk.actor, query)
        yield page.before, [row.number for row in page.items]
        if page.after is None:
            return
        query = replace(query, after=page.after)


@pytest.mark.parametrize("sort", list(SORT_LABELS))
@pytest.mark.parametrize("size", [1, 2, 3, 200])
def test_pages_forward_and_back_hold_every_lot_once(
    session: Session, cast: Cast, now: datetime, lots: list[Lot], sort: str, size: int
) -> None:
    """Equal weights, equal moments, and lots without micron or class on both sides of a page's border."""
    producer = lots[0].producer_id or new_id()
    for _ in range(3):
        make_lot(session, now, milk(producer, now))
        make_lot(session, now, fibre(producer, now))
    query = BoardQuery(sort=sort, page_size=size)
    forward = list(pages(session, cast, query))
    seen = [number for _, part in forward for number in part]
    assert sorted(seen) == sorted({lot.number for lot in session.query(Lot)})
    assert forward[0][0] is None
    before = forward[-1][0]
    backward = [forward[-1][1]]
    while before is not None:
        page = board_page(session, cast.clerk.actor, replace(query, before=before))
        backward.insert(0, [row.number for row in page.items])
        assert page.after is not None
        before = page.before
    assert [number for part in backward for number in part] == seen


def test_lots_without_a_value_stand_last_whichever_way_it_is_sorted(
    session: Session, cast: Cast, lots: list[Lot]
) -> None:
    for sort, first in (("micron", [0, 1]), ("-micron", [1, 0]), ("class", [0, 1])):
        found = numbers(session, cast, BoardQuery(sort=sort))
        if sort != "class":
            assert found[:2] == [lots[place].number for place in first]
        assert set(found[2:]) == {lots[2].number, lots[3].number}


def test_a_file_has_the_rows_of_all_pages(session: Session, cast: Cast, lots: list[Lot]) -> None:
    query = BoardQuery(sort="quantity", page_size=1)
    rows = [row.number for row in board_rows(session, cast.clerk.actor, query, 1000)]
    assert rows == [number for _, part in pages(session, cast, query) for number in part]
    assert len(list(board_rows(session, cast.clerk.actor, query, 3))) == 3
    assert count_found(session, cast.clerk.actor, BoardFilters()) == 4
    assert count_found(session, cast.clerk.actor, BoardFilters(), limit=2) == 3


def test_another_organisation_sees_none_of_it(session: Session, cast: Cast, lots: list[Lot]) -> None:
    assert (
        board_page(session, cast.outsider.actor, BoardQuery(filters=BoardFilters(availability=ALL))).count
        == 0
    )
    assert numbers(session, cast, BoardQuery(filters=BoardFilters(producer_id=lots[0].producer_id))) != []
    with pytest.raises(NotFound):
        get_lots_for(session, cast.outsider.actor, [lots[0].id])
    with pytest.raises(NotFound):
        get_lots_for(session, cast.clerk.actor, [lots[0].id, new_id()])


def test_a_page_takes_three_statements_however_many_rows(
    session: Session,
    cast: Cast,
    lots: list[Lot],
    query_count: Callable[[], AbstractContextManager[Queries]],
) -> None:
    with query_count() as queries:
        board_page(session, cast.clerk.actor, BoardQuery())
    assert queries.count == 3, str(queries)


# nothing is written, so one session serves all examples
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80))
def test_a_cursor_that_is_none_is_refused(session: Session, cast: Cast, cursor: str) -> None:
    with pytest.raises(BadCursor):
        board_page(session, cast.clerk.actor, BoardQuery(after=cursor))


def test_a_cursor_of_another_order_is_refused(session: Session, cast: Cast, lots: list[Lot]) -> None:
    after = board_page(session, cast.clerk.actor, BoardQuery(page_size=1)).after
    assert after is not None
    for sort in ("delivered", "number", "-micron"):
        with pytest.raises(BadCursor):
            board_page(session, cast.clerk.actor, BoardQuery(sort=sort, after=after))
