from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import NotFound
from chain.core.paging import PageRequest, UnknownSort
from chain.lots.models import Lot
from chain.lots.queries import LotFilters, figures_of_day, get_lot_for, get_lot_row, list_lots
from chain.lots.services import cancel_lot
from tests.support.cast import Cast
from tests.support.lots import FIBRE, carcass, fibre, make_lot, make_producer, milk
from tests.support.queries import Queries


@pytest.fixture
def lots(session: Session, now: datetime) -> list[Lot]:
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


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [0, 2, 1, 3]),
        ({"commodity": "raw-milk"}, [2]),
        ({"colour": "true_black"}, [1]),
        ({"grade_key": "baby"}, [0]),
        ({"grade_key": "undetermined"}, [2, 3]),
        ({"from_day": date(2026, 3, 15)}, [0, 2]),
        ({"to_day": date(2026, 3, 14)}, [1, 3]),
        ({"text": "nahui"}, [1, 3]),
        ({"text": "CC01-000003"}, [2]),
        ({"text": "100%"}, []),
        ({"text": "a\x00\ud800"}, [0, 2, 1, 3]),
        ({"claim": "organic"}, []),
        ({"state": "registered"}, [0, 2, 1, 3]),
    ],
)
def test_lots_are_found_by_filters(
    session: Session, cast: Cast, lots: list[Lot], filters: dict[str, Any], expected: list[int]
) -> None:
    page = list_lots(session, cast.clerk.actor, LotFilters(**filters), PageRequest())
    assert [row.number for row in page.items] == [lots[place].number for place in expected]


def test_lists_are_sorted_by_named_columns_only(session: Session, cast: Cast, lots: list[Lot]) -> None:
    page = list_lots(session, cast.clerk.actor, LotFilters(), PageRequest(sort="number"))
    assert [row.number for row in page.items] == sorted(lot.number for lot in lots)
    with pytest.raises(UnknownSort):
        list_lots(session, cast.clerk.actor, LotFilters(), PageRequest(sort="content_hash"))


def test_a_page_takes_two_statements_however_many_rows(
    session: Session,
    cast: Cast,
    lots: list[Lot],
    query_count: Callable[[], AbstractContextManager[Queries]],
) -> None:
    with query_count() as queries:
        list_lots(session, cast.clerk.actor, LotFilters(text="quispe"), PageRequest())
    assert queries.count == 2, str(queries)


def test_another_organisation_finds_nothing(session: Session, cast: Cast, lots: list[Lot]) -> None:
    assert list_lots(session, cast.outsider.actor, LotFilters(), PageRequest()).total == 0
    for look_up in (get_lot_for, get_lot_row):
        with pytest.raises(NotFound):
            look_up(session, cast.outsider.actor, lots[0].id)
    assert get_lot_for(session, cast.auditor.actor, lots[0].id) is lots[0]
    assert get_lot_row(session, cast.clerk.actor, lots[0].id).producer_name == "Rosa Quispe Mamani"


def test_the_day_counts_what_was_not_cancelled(session: Session, cast: Cast, now: datetime) -> None:
    producer = make_producer(session, now)
    made = [make_lot(session, now, fibre(producer, now)) for _ in range(3)]
    make_lot(session, now, milk(producer, now))
    cancel_lot(session, actor=cast.clerk.actor, now=now, lot_id=made[0].id, reason="Pesado dos veces")
    figures = figures_of_day(session, cast.clerk.actor, date(2026, 3, 16))
    assert (figures.deliveries, figures.to_grade) == (3, 2)  # milk without a class waits for nobody
    assert list(figures.commodities) == [("alpaca-fibre", 2, 25_000, "g"), ("raw-milk", 1, 23_500, "ml")]
