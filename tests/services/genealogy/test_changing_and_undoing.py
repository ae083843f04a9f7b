"""Take-backs, losses and gains of one lot; transfers; and undoing each of them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.genealogy.errors import (
    AlreadyPaid,
    AlreadyThere,
    CannotUndo,
    EventReasonNeeded,
    ShareTooSmall,
    SiteFull,
)
from chain.genealogy.models import LotEvent
from chain.genealogy.queries.events import events_of
from chain.genealogy.queries.shares import producer_shares, shares_of
from chain.genealogy.queries.trace import trace_back, trace_forward
from chain.genealogy.rules import Gain, Loss, TakeBack, Transfer, Undo
from chain.genealogy.services import record_gain, record_loss, take_back, transfer_lots, undo_event
from chain.genealogy.services.verify import verify_genealogy
from chain.lots.errors import LotHeld, LotOffered, LotSold
from chain.lots.models import Lot
from chain.lots.services import confirm_grade
from tests.support.cast import Cast
from tests.support.genealogy import CLERK, lot_of, make_site, merge, split, undo
from tests.support.lots import fibre, make_lot, make_producer, milk

CAST = Cast()
HOUR = timedelta(hours=1)


def bring(session: Session, now: datetime, *names: str) -> list[Lot]:
    return [make_lot(session, now, fibre(make_producer(session, now, name=name), now)) for name in names]


def take(session: Session, now: datetime, lot: Lot, producer_id: UUID | None, quantity: int) -> TakeBack:
    assert producer_id is not None
    rest = None if quantity == lot.quantity else new_id()
    order = TakeBack(
        id=new_id(),
        happened_at=now,
        lot_id=lot.id,
        producer_id=producer_id,
        quantity=quantity,
        remainder_id=rest,
    )
    take_back(session, actor=CLERK, now=now, event=order)
    return order


def move(session: Session, now: datetime, site_id: UUID, *lots: Lot) -> LotEvent:
    order = Transfer(id=new_id(), happened_at=now, lot_ids=tuple(lot.id for lot in lots), to_site_id=site_id)
    return transfer_lots(session, actor=CLERK, now=now, event=order)


def test_a_producer_takes_the_own_share_back_and_nobody_else_loses_a_gram(
    session: Session, now: datetime
) -> None:
    rosa, juan, nelly = bring(session, now, "Rosa", "Juan", "Nelly")
    bulk = merge(session, now, rosa, juan, nelly)
    order = take(session, now, bulk, juan.producer_id, 5_000)
    assert order.remainder_id is not None
    left = shares_of(session, [order.remainder_id])[order.remainder_id]
    assert [one.quantity for one in left] == [12_500, 7_500, 12_500]
    with pytest.raises(ShareTooSmall) as refused:
        take(session, now, lot_of(session, order.remainder_id), juan.producer_id, 7_501)
    assert (refused.value.params["share"], refused.value.params["unit"]) == (7.5, "kg")
    rest = take(session, now, lot_of(session, order.remainder_id), juan.producer_id, 7_500)
    assert rest.remainder_id is not None
    assert [one.full_name for one in producer_shares(session, CLERK, rest.remainder_id)] == ["Rosa", "Nelly"]
    assert verify_genealogy(session, CAST.centre.id).is_whole


def test_nobody_takes_back_what_others_brought(session: Session, now: datetime) -> None:
    rosa, juan = bring(session, now, "Rosa", "Juan")
    for lot, quantity in ((rosa, 100), (rosa, 12_500), (rosa, 99_999)):
        with pytest.raises(ShareTooSmall):
            take(session, now, lot, juan.producer_id, quantity)
    assert lot_of(session, rosa.id).state == "registered"


def test_a_delivery_that_is_wholly_taken_back_is_cancelled_until_that_is_undone(
    session: Session, now: datetime
) -> None:
    (rosa,) = bring(session, now, "Rosa")
    confirm_grade(session, actor=CAST.grader.actor, now=now, lot_id=rosa.id)
    order = take(session, now, rosa, rosa.producer_id, 12_500)
    taken = lot_of(session, rosa.id)
    assert (taken.state, taken.used_by_event_id) == ("cancelled", order.id)
    undo(session, now, order.id)
    back = lot_of(session, rosa.id)
    assert (back.state, back.used_by_event_id) == ("graded", None)


def test_what_is_paid_is_not_taken_back(session: Session, now: datetime) -> None:
    producer = make_producer(session, now)
    cans = [make_lot(session, now, milk(producer, now)) for _ in range(3)]
    cans[0].state = cans[1].state = "settled"
    session.flush()
    with pytest.raises(AlreadyPaid):
        take(session, now, cans[0], producer, 100)
    tank = merge(session, now, *cans[1:])
    with pytest.raises(AlreadyPaid):
        take(session, now, tank, producer, 100)


def test_a_part_that_is_lost_leaves_a_lot_of_the_same_kind(session: Session, now: datetime) -> None:
    (rosa,) = bring(session, now, "Rosa")
    order: dict[str, Any] = {
        "happened_at": now,
        "lot_id": rosa.id,
        "cause": "theft",
        "reason": "se llevaron un saco",
    }
    for quantity, field in ((12_501, "quantity"), (500, "remainder_id")):
        with pytest.raises(ValidationFailed) as refused:
            record_loss(session, actor=CLERK, now=now, event=Loss(id=new_id(), quantity=quantity, **order))
        assert field in refused.value.errors
    loss = Loss(id=new_id(), quantity=500, remainder_id=new_id(), **order)
    event = record_loss(session, actor=CLERK, now=now, event=loss)
    assert loss.remainder_id is not None
    rest = lot_of(session, loss.remainder_id)
    assert (rest.quantity, rest.grade_key, event.loss_total) == (12_000, rosa.grade_key, 500)


def test_a_gain_is_shared_by_all_owners(session: Session, now: datetime) -> None:
    rosa, juan = bring(session, now, "Rosa", "Juan")
    bulk = merge(session, now, rosa, juan)
    order = Gain(
        id=new_id(), happened_at=now, lot_id=bulk.id, quantity=100, cause="weighing", output_id=new_id()
    )
    record_gain(session, actor=CLERK, now=now, event=order)
    assert [one.quantity for one in shares_of(session, [order.output_id])[order.output_id]] == [
        12_550,
        12_550,
    ]


def test_lots_move_keep_their_number_and_come_back(session: Session, now: datetime) -> None:
    lots = bring(session, now, "Rosa", "Juan")
    first, second = make_site(session, "A1"), make_site(session, "A2")
    event = move(session, now, first.id, *lots)
    with pytest.raises(AlreadyThere):
        move(session, now, first.id, lots[0])
    later = move(session, now, second.id, lots[0])
    with pytest.raises(CannotUndo):
        undo(session, now, event.id)
    undo(session, now, later.id)
    undo(session, now, event.id)
    assert [(lot_of(session, lot.id).site_id, lot_of(session, lot.id).number) for lot in lots] == [
        (None, lot.number) for lot in lots
    ]
    assert [one.kind for one in events_of(session, CLERK, lots[0].id)] == [
        "transfer",
        "transfer",
        "undo",
        "undo",
    ]


def test_what_comes_back_by_undoing_needs_its_room(session: Session, now: datetime) -> None:
    producer = make_producer(session, now)
    tank = make_site(session, "T1", "tank", capacity=50_000)
    other = make_site(session, "T2", "tank")
    cans = [make_lot(session, now, milk(producer, now, quantity=30_000)) for _ in range(2)]
    move(session, now, tank.id, cans[0])
    away = move(session, now, other.id, cans[0])
    move(session, now, tank.id, cans[1])
    with pytest.raises(SiteFull):
        undo(session, now, away.id)


def test_undoing_cancels_what_was_made_and_frees_what_was_used(session: Session, now: datetime) -> None:
    lots = bring(session, now, "Rosa", "Juan")
    bulk = merge(session, now, *lots)
    reverse = undo(session, now, bulk.made_by_event_id)
    assert (reverse.kind, reverse.reverses_id) == ("undo", bulk.made_by_event_id)
    assert (reverse.input_total, reverse.output_total) == (25_000, 25_000)
    assert lot_of(session, bulk.id).state == "cancelled"
    assert [lot_of(session, lot.id).used_by_event_id for lot in lots] == [None, None]
    assert [one.id for one in trace_back(session, CLERK, bulk.id).nodes] == [bulk.id]
    assert [one.id for one in trace_forward(session, CLERK, lots[0].id).nodes] == [lots[0].id]
    again = merge(session, now, *lots)
    assert again.quantity == 25_000
    for event_id in (reverse.id, bulk.made_by_event_id):
        with pytest.raises(CannotUndo):
            undo(session, now, event_id)


@pytest.mark.parametrize(
    ("column", "value", "refusal"),
    [
        ("state", "offered", LotOffered),
        ("sold_at", True, LotSold),
        ("is_held", True, LotHeld),
        ("state", "settled", CannotUndo),
    ],
)
def test_nothing_is_undone_under_what_was_promised(
    session: Session, now: datetime, column: str, value: Any, refusal: type[Exception]
) -> None:
    bulk = merge(session, now, *bring(session, now, "Rosa", "Juan"))
    setattr(bulk, column, now if column == "sold_at" else value)
    session.flush()
    with pytest.raises(refusal):
        undo(session, now, bulk.made_by_event_id)


def test_undoing_needs_a_reason_a_date_after_and_an_own_event(session: Session, now: datetime) -> None:
    bulk = merge(session, now, *bring(session, now, "Rosa", "Juan"))
    with pytest.raises(EventReasonNeeded):
        undo(session, now, bulk.made_by_event_id, reason="x")
    with pytest.raises(ValidationFailed) as refused:
        undo(session, now, bulk.made_by_event_id, happened_at=now - HOUR)
    assert "happened_at" in refused.value.errors
    assert bulk.made_by_event_id is not None
    order = Undo(id=new_id(), happened_at=now, event_id=bulk.made_by_event_id, reason="por error")
    with pytest.raises(NotFound):
        undo_event(session, actor=CAST.outsider.actor, now=now, event=order)


def test_the_same_undoing_twice_is_one_and_the_id_with_other_content_is_a_conflict(
    session: Session, now: datetime
) -> None:
    bulk = merge(session, now, *bring(session, now, "Rosa", "Juan"))
    assert bulk.made_by_event_id is not None
    order = Undo(id=new_id(), happened_at=now, event_id=bulk.made_by_event_id, reason="por error")
    first = undo_event(session, actor=CLERK, now=now, event=order)
    assert undo_event(session, actor=CLERK, now=now, event=order) is first
    other = Undo(id=order.id, happened_at=now, event_id=order.event_id, reason="por otra cosa")
    with pytest.raises(IdempotencyConflict):
        undo_event(session, actor=CLERK, now=now, event=other)
    assert len(session.scalars(select(LotEvent)).all()) == 2


def test_a_part_of_a_split_that_was_used_keeps_the_split(session: Session, now: datetime) -> None:
    (rosa,) = bring(session, now, "Rosa")
    first, second = split(session, now, rosa, 6_000, 6_500)
    joined = merge(session, now, first, second)
    undo(session, now, joined.made_by_event_id)
    undo(session, now, first.made_by_event_id)
    assert lot_of(session, rosa.id).used_by_event_id is None
    assert verify_genealogy(session, CAST.centre.id).is_whole
