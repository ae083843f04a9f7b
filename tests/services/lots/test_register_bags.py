"""Registering deliveries of several bags, with kinds of containers and routes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import IdempotencyConflict, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.lots.bags import Bag
from chain.lots.models import ContainerType
from chain.lots.queries.equipment import bags_of
from chain.lots.services import ItemStatus, register_lot, register_lots
from tests.support.cast import Cast
from tests.support.lots import fibre, make_producer, milk
from tests.support.queries import Queries
from tests.support.registration import make_container, make_route

BAGS = (Bag(gross_g=20_300, tare_g=300, code="A"), Bag(gross_g=15_000, tare_g=250, source="device"))
WHOLE: dict[str, Any] = {"gross_g": None, "tare_g": None}


def test_the_bags_stand_with_the_lot_in_their_order(session: Session, cast: Cast, now: datetime) -> None:
    delivery = fibre(make_producer(session, now), now, bags=BAGS, **WHOLE)
    lot = register_lot(session, actor=cast.clerk.actor, now=now, delivery=delivery).lot
    assert (lot.gross_g, lot.tare_g, lot.quantity, lot.bag_count) == (35_300, 550, 34_750, 2)
    found = bags_of(session, lot.id)
    assert [(bag.position, bag.code, bag.net, bag.source) for bag in found] == [
        (1, "A", 20_000, "typed"),
        (2, None, 14_750, "device"),
    ]
    record = session.scalars(select(AuditRecord).where(AuditRecord.subject_id == lot.id)).one()
    assert record.after is not None
    assert record.after["bags"] == 2


def test_a_lot_without_bags_has_none(session: Session, cast: Cast, now: datetime) -> None:
    lot = register_lot(
        session, actor=cast.clerk.actor, now=now, delivery=fibre(make_producer(session, now), now)
    ).lot
    assert lot.bag_count is None
    assert bags_of(session, lot.id) == []


def test_a_container_brings_its_tare_and_its_name(session: Session, cast: Cast, now: datetime) -> None:
    sack = make_container(session)
    delivery = fibre(
        make_producer(session, now), now, bags=(Bag(gross_g=10_000, container_type_id=sack),), **WHOLE
    )
    lot = register_lot(session, actor=cast.clerk.actor, now=now, delivery=delivery).lot
    assert lot.quantity == 9_550
    assert bags_of(session, lot.id)[0].container == "Saco de yute"


def test_a_repeat_is_a_duplicate_even_after_the_container_weighs_more(
    session: Session, cast: Cast, now: datetime
) -> None:
    sack = make_container(session)
    delivery = fibre(
        make_producer(session, now), now, bags=(Bag(gross_g=10_000, container_type_id=sack),), **WHOLE
    )
    first = register_lot(session, actor=cast.clerk.actor, now=now, delivery=delivery)
    session.get_one(ContainerType, sack).tare_g = 500
    session.flush()
    again = register_lot(session, actor=cast.clerk.actor, now=now, delivery=delivery)
    assert again.duplicate
    assert again.lot.quantity == first.lot.quantity == 9_550
    with pytest.raises(IdempotencyConflict):
        register_lot(session, actor=cast.clerk.actor, now=now, delivery=replace(delivery, bags=BAGS))


def test_containers_and_routes_of_other_houses_are_unknown(
    session: Session, cast: Cast, now: datetime
) -> None:
    producer = make_producer(session, now)
    theirs = make_container(session, organisation_id=cast.other_centre.id)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"bags": (Bag(gross_g=10_000, container_type_id=theirs),), **WHOLE}, "bags.0.container_type_id"),
        ({"route_id": make_route(session, organisation_id=cast.other_centre.id)}, "route_id"),
        ({"route_id": new_id()}, "route_id"),
    ]
    for changes, field in cases:
        with pytest.raises(ValidationFailed) as refused:
            register_lot(session, actor=cast.clerk.actor, now=now, delivery=fibre(producer, now, **changes))
        assert set(refused.value.errors) == {field}


def test_cans_of_a_route_are_kept_with_their_litres(session: Session, cast: Cast, now: datetime) -> None:
    route = make_route(session)
    cans = (Bag(volume_ml=20_000, code="12"), Bag(volume_ml=3_500, code="13"))
    delivery = milk(make_producer(session, now), now, quantity=None, bags=cans, route_id=route)
    lot = register_lot(session, actor=cast.clerk.actor, now=now, delivery=delivery).lot
    assert (lot.quantity, lot.unit, lot.gross_g, lot.route_id) == (23_500, "ml", None, route)
    assert [bag.volume_ml for bag in bags_of(session, lot.id)] == [20_000, 3_500]


def test_a_batch_may_mix_deliveries_with_and_without_bags(
    session: Session, cast: Cast, now: datetime
) -> None:
    producer = make_producer(session, now)
    deliveries = [
        fibre(producer, now),
        fibre(producer, now, bags=BAGS, **WHOLE),
        fibre(producer, now, bags=(Bag(gross_g=-1),), **WHOLE),
        milk(producer, now, route_id=make_route(session)),
    ]
    answers = register_lots(session, actor=cast.clerk.actor, now=now, deliveries=deliveries)
    stored, refused = ItemStatus.STORED, ItemStatus.REJECTED
    assert [one.status for one in answers] == [stored, stored, refused, stored]


def test_bags_cost_one_statement_more_however_many_there_are(
    session: Session, cast: Cast, now: datetime, query_count: Callable[[], AbstractContextManager[Queries]]
) -> None:
    producer = make_producer(session, now)

    def statements(count: int) -> int:
        bags = tuple(Bag(gross_g=1_000) for _ in range(count))
        delivery = fibre(producer, now, bags=bags, **(WHOLE if bags else {}))
        with query_count() as queries:
            register_lots(session, actor=cast.clerk.actor, now=now, deliveries=[delivery])
        return queries.count

    plain = statements(0)
    assert statements(1) == statements(50) == plain + 1
