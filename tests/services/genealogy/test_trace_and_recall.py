"""What a lot was made of, what became of it, who delivered it and who has it now; few statements, whatever the size."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import NotFound
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from chain.genealogy import receivers
from chain.genealogy.errors import TraceTooLarge
from chain.genealogy.queries import trace as traces
from chain.genealogy.queries.events import EventFilters, events_of, lines_of, list_events
from chain.genealogy.queries.recall import recall
from chain.genealogy.queries.shares import share_page, shares_of
from chain.genealogy.queries.trace import trace_back, trace_forward
from chain.genealogy.receivers import Receiver, register_receivers
from chain.genealogy.rules import TakeBack
from chain.genealogy.services import take_back
from chain.lots.models import Lot
from tests.support.cast import Cast
from tests.support.genealogy import CLERK, lot_of, merge, split, undo
from tests.support.lots import fibre, make_lot, make_producer
from tests.support.queries import Queries

CAST = Cast()
Count = Callable[[], AbstractContextManager[Queries]]


def bring(session: Session, now: datetime, count: int) -> list[Lot]:
    producer = make_producer(session, now)
    return [make_lot(session, now, fibre(producer, now)) for _ in range(count)]


def diamond(session: Session, now: datetime) -> tuple[list[Lot], Lot, list[Lot], Lot]:
    """Two deliveries, merged; split into three; two of the parts merged again."""
    lots = bring(session, now, 2)
    bulk = merge(session, now, *lots)
    parts = split(session, now, bulk, 10_000, 10_000, 5_000)
    return lots, bulk, parts, merge(session, now, *parts[:2])


def test_both_ways_through_a_diamond(session: Session, now: datetime) -> None:
    lots, bulk, parts, top = diamond(session, now)
    back = trace_back(session, CLERK, top.id)
    assert {one.id: one.depth for one in back.nodes} == {
        top.id: 0,
        parts[0].id: 1,
        parts[1].id: 1,
        bulk.id: 2,
        lots[0].id: 3,
        lots[1].id: 3,
    }
    assert [one.kind for one in back.events] == ["merge", "split", "merge"]
    assert len(back.edges) == 2 + 1 + 1 + 2 + 2 + 1
    forward = trace_forward(session, CLERK, lots[0].id)
    assert {one.id: one.depth for one in forward.nodes} == {
        lots[0].id: 0,
        bulk.id: 1,
        **{part.id: 2 for part in parts},
        top.id: 3,
    }
    assert {(edge.lot_id, edge.role) for edge in forward.edges if edge.lot_id == bulk.id} == {
        (bulk.id, "input"),
        (bulk.id, "output"),
    }


def test_a_delivery_is_its_own_trace_and_its_own_share(session: Session, now: datetime) -> None:
    (lot,) = bring(session, now, 1)
    for found in (trace_back(session, CLERK, lot.id), trace_forward(session, CLERK, lot.id)):
        assert ([one.id for one in found.nodes], list(found.events), list(found.edges)) == ([lot.id], [], [])
    (share,) = shares_of(session, [lot.id])[lot.id]
    assert (share.primary_id, share.producer_id, share.quantity) == (lot.id, lot.producer_id, 12_500)
    page = share_page(session, CLERK, lot.id, PageRequest())
    assert (page.items, page.total) == ([share], 1)
    assert shares_of(session, [new_id()]) == {}


def test_strangers_find_nothing(session: Session, now: datetime) -> None:
    *_, top = diamond(session, now)
    for question in (trace_back, trace_forward, recall, events_of):
        with pytest.raises(NotFound):
            question(session, CAST.outsider.actor, top.id)
    page = list_events(session, CAST.outsider.actor, EventFilters(), PageRequest())
    assert page.total == 0


def test_too_much_for_one_answer_is_told(
    session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, top = diamond(session, now)
    monkeypatch.setattr(traces, "MAX_LOTS", 5)
    for question in (trace_back, recall):
        with pytest.raises(TraceTooLarge):
            question(session, CLERK, top.id)


def test_the_number_of_statements_does_not_grow(session: Session, now: datetime, query_count: Count) -> None:
    *_, small = diamond(session, now)
    big = merge(session, now, *bring(session, now, 40), small)
    for question, most in ((trace_back, 3), (trace_forward, 3), (recall, 6)):
        with query_count() as queries:
            question(session, CLERK, big.id)
        assert queries.count <= most, str(queries)
    with query_count() as queries:
        assert sum(one.quantity for one in shares_of(session, [big.id, small.id])[big.id]) == big.quantity
    assert queries.count == 1
    with query_count() as queries:
        list_events(session, CLERK, EventFilters(kind="merge"), PageRequest())
    assert queries.count == 2


def test_events_and_lines_of_a_lot(session: Session, now: datetime) -> None:
    _, bulk, parts, _ = diamond(session, now)
    made, used = events_of(session, CLERK, bulk.id)
    assert (made.kind, used.kind, made.recorded_by) == ("merge", "split", CAST.clerk.name)
    lines = lines_of(session, CLERK, used.id, PageRequest()).items
    assert [(one.role, one.lot_number, one.quantity) for one in lines] == [
        ("input", bulk.number, 25_000),
        *(("output", part.number, part.quantity) for part in parts),
    ]


@pytest.fixture
def _only_own_receivers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receivers, "_loaders", {})


@pytest.mark.usefixtures("_only_own_receivers")
def test_a_recall_names_deliveries_lots_and_receivers(session: Session, now: datetime) -> None:
    lots, bulk, parts, top = diamond(session, now)
    top.sold_at, parts[2].left_at = now, now
    session.flush()

    def who(_: Session, lot_ids: Collection[UUID]) -> Mapping[UUID, Receiver]:
        assert set(lot_ids) == {top.id, parts[2].id}
        return {top.id: Receiver("Textil del Sur", "V-7")}

    register_receivers("sales", who)
    found = recall(session, CLERK, parts[2].id)
    assert {one.lot_id: one.quantity for one in found.delivered_by} == {lot.id: 2_500 for lot in lots}
    assert found.delivered_by[0].producer_name == "Rosa Quispe Mamani"
    assert {one.id for one in found.lots} == {lot.id for lot in (*lots, bulk, *parts, top)}
    assert [(one.lot_id, one.how, one.receiver, one.reference) for one in found.received_by] == [
        (parts[2].id, "dispatched", None, None),
        (top.id, "sold", "Textil del Sur", "V-7"),
    ]


@pytest.mark.usefixtures("_only_own_receivers")
def test_a_recall_names_what_producers_took_back(session: Session, now: datetime) -> None:
    (lot,) = bring(session, now, 1)
    values: dict[str, Any] = {"producer_id": lot.producer_id, "quantity": 500, "remainder_id": new_id()}
    order = TakeBack(id=new_id(), happened_at=now, lot_id=lot.id, **values)
    take_back(session, actor=CLERK, now=now, event=order)
    (one,) = recall(session, CLERK, values["remainder_id"]).received_by
    assert (one.how, one.receiver, one.quantity, one.lot_id) == (
        "taken_back",
        "Rosa Quispe Mamani",
        500,
        lot.id,
    )
    undo(session, now, order.id)
    assert recall(session, CLERK, lot_of(session, lot.id).id).received_by == []
