"""Weighing in several goes: bags are added, the weighing becomes the lot with its id, or is given up."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.lots.bags import Bag
from chain.lots.errors import NothingWeighed, ReasonNeeded, WeighingClosed
from chain.lots.models import OpenWeighing
from chain.lots.queries.weighings import count_open_weighings, open_weighings
from chain.lots.services.weighings import (
    NewWeighing,
    add_bag,
    close_weighing,
    discard_weighing,
    start_weighing,
    weighed_bags,
)
from tests.support.cast import Cast
from tests.support.lots import fibre, make_producer
from tests.support.registration import make_container


def started(session: Session, cast: Cast, now: datetime, *bags: Bag) -> OpenWeighing:
    weighing = NewWeighing(id=new_id(), producer_id=make_producer(session, now), commodity="alpaca-fibre")
    row = start_weighing(session, actor=cast.clerk.actor, now=now, weighing=weighing)
    for bag in bags:
        add_bag(session, actor=cast.clerk.actor, now=now, weighing_id=row.id, bag_id=new_id(), bag=bag)
    return row


def test_bags_of_two_clerks_make_the_lot_with_the_same_id(
    session: Session, cast: Cast, now: datetime
) -> None:
    row = started(session, cast, now, Bag(gross_g=20_000, tare_g=500))
    bag = Bag(gross_g=10_000, container_type_id=make_container(session))
    add_bag(session, actor=cast.second_clerk.actor, now=now, weighing_id=row.id, bag_id=new_id(), bag=bag)
    (listed,) = open_weighings(session, cast.clerk.actor)
    assert (listed.id, listed.net, len(listed.bags)) == (row.id, 29_050, 2)
    delivery = fibre(new_id(), now, gross_g=1, tare_g=None)
    for expected in (False, True):
        closed = close_weighing(
            session, actor=cast.clerk.actor, now=now, weighing_id=row.id, delivery=delivery
        )
        assert closed.duplicate is expected
        assert (closed.lot.id, closed.lot.quantity, closed.lot.bag_count) == (row.id, 29_050, 2)
    assert closed.lot.producer_id == row.producer_id
    assert count_open_weighings(session, cast.clerk.actor) == 0
    other = fibre(new_id(), now, attributes={})
    with pytest.raises(IdempotencyConflict):
        close_weighing(session, actor=cast.clerk.actor, now=now, weighing_id=row.id, delivery=other)


def test_a_repeat_of_start_or_bag_changes_nothing(session: Session, cast: Cast, now: datetime) -> None:
    weighing = NewWeighing(id=new_id(), producer_id=make_producer(session, now), commodity="alpaca-fibre")
    bag_id, bag = new_id(), Bag(gross_g=20_000)
    for _ in range(2):
        row = start_weighing(session, actor=cast.clerk.actor, now=now, weighing=weighing)
        add_bag(session, actor=cast.clerk.actor, now=now, weighing_id=row.id, bag_id=bag_id, bag=bag)
    assert len(weighed_bags(row)) == 1
    with pytest.raises(IdempotencyConflict):
        add_bag(
            session,
            actor=cast.clerk.actor,
            now=now,
            weighing_id=row.id,
            bag_id=bag_id,
            bag=Bag(gross_g=20_001),
        )


def test_a_wrong_bag_is_refused_by_its_field(session: Session, cast: Cast, now: datetime) -> None:
    row = started(session, cast, now)
    with pytest.raises(ValidationFailed) as refused:
        add_bag(
            session,
            actor=cast.clerk.actor,
            now=now,
            weighing_id=row.id,
            bag_id=new_id(),
            bag=Bag(gross_g=100, tare_g=200),
        )
    assert set(refused.value.errors) == {"tare_g"}
    assert row.bags == []


def test_nothing_weighed_is_no_lot_and_a_discarded_weighing_stays_so(
    session: Session, cast: Cast, now: datetime
) -> None:
    row = started(session, cast, now)
    with pytest.raises(NothingWeighed):
        close_weighing(
            session, actor=cast.clerk.actor, now=now, weighing_id=row.id, delivery=fibre(new_id(), now)
        )
    with pytest.raises(ReasonNeeded):
        discard_weighing(session, actor=cast.clerk.actor, now=now, weighing_id=row.id, reason="")
    for _ in range(2):
        discard_weighing(
            session, actor=cast.clerk.actor, now=now, weighing_id=row.id, reason="Se llevó la carga"
        )
    assert row.state == "discarded"
    with pytest.raises(WeighingClosed):
        add_bag(
            session,
            actor=cast.clerk.actor,
            now=now,
            weighing_id=row.id,
            bag_id=new_id(),
            bag=Bag(gross_g=100),
        )
    with pytest.raises(WeighingClosed):
        close_weighing(
            session, actor=cast.clerk.actor, now=now, weighing_id=row.id, delivery=fibre(new_id(), now)
        )


def test_weighings_are_their_house_s_own(session: Session, cast: Cast, now: datetime) -> None:
    row = started(session, cast, now)
    with pytest.raises(NotFound):
        add_bag(
            session,
            actor=cast.outsider.actor,
            now=now,
            weighing_id=row.id,
            bag_id=new_id(),
            bag=Bag(gross_g=100),
        )
    with pytest.raises(Forbidden):
        discard_weighing(session, actor=cast.grader.actor, now=now, weighing_id=row.id, reason="nada")
    with pytest.raises(ValidationFailed):
        start_weighing(
            session,
            actor=cast.outsider.actor,
            now=now,
            weighing=NewWeighing(id=new_id(), producer_id=row.producer_id, commodity="raw-milk"),
        )
    assert open_weighings(session, cast.outsider.actor) == []
