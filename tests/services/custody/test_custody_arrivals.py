from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, NotFound, ValidationFailed
from chain.core.models import AuditRecord
from chain.custody.errors import DispatchStateRefused
from chain.custody.models import Dispatch
from chain.custody.queries.dispatches import dispatch_lines
from chain.custody.queries.holds import holds_of_lot
from chain.custody.services import Arrival, cancel_dispatch, record_arrival, resolve_dispute
from tests.support.cast import Cast, Person
from tests.support.custody import hold, lot, lots_in, make_site, send

CAST = Cast()


def arrive(
    session: Session,
    now: datetime,
    row: Dispatch,
    person: Person = CAST.buyer,
    quantities: Mapping[UUID, int] | None = None,
    **changes: Any,
) -> Dispatch:
    arrival = Arrival(dispatch_id=row.id, quantities=quantities, **changes)
    return record_arrival(session, actor=person.actor, now=now, arrival=arrival)


def test_within_the_tolerance_the_load_has_arrived(session: Session, now: datetime) -> None:
    first, second = lots_in(session, now, None, 2)
    row = send(session, now, [first, second])
    done = arrive(session, now, row, quantities={first: 9_960, second: 20_010})
    assert (done.state, done.arrival_source, done.arrival_basis) == ("arrived", "receiver", "lots")
    assert [line.arrived_quantity for line in dispatch_lines(session, row.id)] == [9_960, 20_010]
    assert lot(session, first).quantity == 10_000


def test_beyond_the_tolerance_it_is_in_dispute_and_needs_a_statement(session: Session, now: datetime) -> None:
    first, second = lots_in(session, now, None, 2)
    row = send(session, now, [first, second])
    weights = {first: 9_940, second: 20_000}
    with pytest.raises(ValidationFailed) as refused:
        arrive(session, now, row, quantities=weights)
    assert set(refused.value.errors) == {"note"}
    assert arrive(session, now, row, quantities=weights, note="Saco roto").state == "disputed"


def test_the_sender_settles_a_dispute_with_what_was_agreed(
    session: Session, cast: Cast, now: datetime
) -> None:
    first, second = lots_in(session, now, None, 2)
    row = send(session, now, [first, second])
    arrive(session, now, row, quantities={first: 9_000, second: 20_000}, note="Falta un kilo")
    with pytest.raises(NotFound):
        resolve_dispute(session, actor=cast.outsider.actor, now=now, dispatch_id=row.id, note="Mitad")
    done = resolve_dispute(
        session,
        actor=cast.seller.actor,
        now=now,
        dispatch_id=row.id,
        note="Mitad y mitad, con la señora Beatriz",
        agreed={first: 9_500, second: 20_000},
    )
    assert done.state == "settled"
    assert [line.agreed_quantity for line in dispatch_lines(session, row.id)] == [9_500, 20_000]
    record = session.scalars(select(AuditRecord).where(AuditRecord.tag == "custody:dispatch:settled")).one()
    assert record.before is not None
    assert record.before["arrived"][str(first)] == 9_000
    with pytest.raises(DispatchStateRefused):
        resolve_dispute(session, actor=cast.seller.actor, now=now, dispatch_id=row.id, note="Otra vez")


def test_without_agreed_weights_those_on_arrival_count(session: Session, cast: Cast, now: datetime) -> None:
    (one,) = lots_in(session, now, None, 1)
    row = send(session, now, [one])
    arrive(session, now, row, quantities={one: 9_000}, note="Falta un kilo")
    resolve_dispute(session, actor=cast.clerk.actor, now=now, dispatch_id=row.id, note="Se acepta")
    assert [line.agreed_quantity for line in dispatch_lines(session, row.id)] == [9_000]


def test_a_load_may_be_weighed_as_a_whole(session: Session, now: datetime) -> None:
    ids = lots_in(session, now, None, 3)
    row = send(session, now, ids)
    done = arrive(session, now, row, totals={"g": 59_900})
    assert (done.state, done.arrival_basis) == ("arrived", "total")
    lines = dispatch_lines(session, row.id)
    assert sum(line.arrived_quantity or 0 for line in lines) == 59_900


def test_the_receiver_s_weights_replace_those_that_the_sender_typed(
    session: Session, cast: Cast, now: datetime
) -> None:
    (one,) = lots_in(session, now, None, 1)
    row = send(session, now, [one])
    typed = arrive(session, now, row, cast.clerk, {one: 10_000})
    assert (typed.state, typed.arrival_source) == ("arrived", "sender")
    mine = arrive(session, now, row, cast.buyer, {one: 9_000}, note="Así no llegó")
    assert (mine.state, mine.arrival_source) == ("disputed", "receiver")
    with pytest.raises(DispatchStateRefused):
        arrive(session, now, row, cast.clerk, {one: 10_000})


def test_the_same_arrival_twice_changes_nothing(session: Session, now: datetime) -> None:
    (one,) = lots_in(session, now, None, 1)
    row = send(session, now, [one])
    arrive(session, now, row, quantities={one: 10_000})
    again = arrive(session, now + timedelta(hours=1), row, quantities={one: 10_000})
    assert again.arrived_at == now
    with pytest.raises(DispatchStateRefused):
        arrive(session, now, row, quantities={one: 9_999})


def test_each_lot_needs_its_weight(session: Session, now: datetime) -> None:
    first, second = lots_in(session, now, None, 2)
    row = send(session, now, [first, second])
    for changes in (
        {"quantities": {first: 10_000}},
        {"quantities": None},
        {"quantities": {first: 10_000, second: 20_000}, "totals": {"g": 30_000}},
        {"quantities": None, "totals": {"ml": 30_000}},
        {"quantities": {first: -1, second: 20_000}},
    ):
        with pytest.raises(ValidationFailed):
            arrive(session, now, row, **changes)


def test_lots_for_an_own_place_move_on_arrival(session: Session, cast: Cast, now: datetime) -> None:
    store, plant = make_site(session, now), make_site(session, now, kind="plant", name="Planta")
    ids = lots_in(session, now, store, 2)
    row = send(session, now, ids, to_site_id=plant.id)
    assert lot(session, ids[0]).site_id == store.id
    later = now + timedelta(hours=2)
    done = arrive(session, later, row, cast.second_clerk, {ids[0]: 10_000, ids[1]: 20_000})
    assert (done.state, done.arrival_source) == ("arrived", "receiver")
    moved = lot(session, ids[0])
    assert (moved.site_id, moved.is_held, moved.left_at) == (plant.id, False, None)


def test_a_lot_that_was_held_on_the_way_arrives_and_stays_held(
    session: Session, cast: Cast, now: datetime
) -> None:
    store, plant = make_site(session, now), make_site(session, now, kind="plant", name="Planta")
    ids = lots_in(session, now, store, 1)
    row = send(session, now, ids, to_site_id=plant.id)
    hold(session, now, ids, reason="sanitary", note="Aviso de fiebre aftosa")
    arrive(session, now + timedelta(hours=1), row, cast.seller, {ids[0]: 10_000})
    moved = lot(session, ids[0])
    assert (moved.site_id, moved.is_held) == (plant.id, True)
    standing = [one for one in holds_of_lot(session, cast.clerk.actor, ids[0]) if not one.hold.released_at]
    assert [one.hold.reason for one in standing] == ["sanitary"]


def test_strangers_find_nothing_and_a_cancelled_load_does_not_arrive(
    session: Session, cast: Cast, now: datetime
) -> None:
    (one,) = lots_in(session, now, None, 1)
    row = send(session, now, [one])
    for person in (cast.outsider, cast.rival_buyer):
        with pytest.raises(NotFound):
            arrive(session, now, row, person, {one: 10_000})
    with pytest.raises(Forbidden):
        arrive(session, now, row, cast.auditor, {one: 10_000})
    cancel_dispatch(session, actor=cast.clerk.actor, now=now, dispatch_id=row.id, note="No salió")
    with pytest.raises(DispatchStateRefused):
        arrive(session, now, row, quantities={one: 10_000})
