from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from chain.custody.errors import VisitOver
from chain.custody.models import GateVisit, TankReading
from chain.custody.queries.gate import last_called, visits_of
from chain.custody.queries.tanks import list_readings, tank_alerts, tank_of
from chain.custody.services import (
    NewReading,
    NewVisit,
    leave_gate,
    read_tank,
    register_arrival_at_gate,
    serve_visit,
)
from chain.genealogy.models import LotShare
from chain.lots.models import Site
from tests.support.cast import Cast
from tests.support.custody import lots_in, make_site, make_tank
from tests.support.lots import make_producer

MILK: dict[str, Any] = {"commodity": "raw-milk", "unit": "ml", "quantity": 200_000}


def read(
    session: Session, now: datetime, site: Site, hours_ago: float, tenths: int, **changes: Any
) -> TankReading:
    values: dict[str, Any] = {
        "id": new_id(),
        "site_id": site.id,
        "measured_at": now - timedelta(hours=hours_ago),
        "celsius_tenths": tenths,
    }
    reading = NewReading(**(values | changes))
    return read_tank(session, actor=Cast().clerk.actor, now=now, reading=reading)


def test_a_tank_shows_its_contents_and_what_threatens_them(
    session: Session, cast: Cast, now: datetime
) -> None:
    tank = make_tank(session, now)
    make_tank(session, now)  # empty
    make_site(session, now)  # not watched
    lots_in(session, now, tank, 2, **MILK, delivered_at=now - timedelta(hours=5))
    lots_in(session, now, tank, 1, **MILK, delivered_at=now - timedelta(hours=10), left_at=now)
    read(session, now, tank, 1.0, 60)
    read(session, now, tank, 0, 86)
    (found,) = tank_alerts(session, cast.clerk.actor, now)
    assert (found.site.id, found.quantity, found.contents.lots) == (tank.id, 400_000, 2)
    assert [alert.kind for alert in found.alerts] == ["warming"]
    assert tank_alerts(session, cast.outsider.actor, now) == []


def test_the_time_of_a_mixture_runs_from_its_oldest_delivery(session: Session, now: datetime) -> None:
    tank = make_tank(session, now)
    old, young = lots_in(
        session, now, None, 2, **MILK, delivered_at=now - timedelta(hours=11), used_by_event_id=new_id()
    )
    (mixed,) = lots_in(session, now, tank, 1, **MILK, delivered_at=now - timedelta(hours=1))
    session.execute(
        insert(LotShare),
        [{"lot_id": mixed, "primary_id": one, "quantity": 100_000} for one in (old, young)],
    )
    found = tank_of(session, tank, now)
    assert found.contents.oldest_at == now - timedelta(hours=11)
    assert "time_short" in [alert.kind for alert in found.alerts]


def test_a_reading_is_kept_once_and_must_be_believable(session: Session, cast: Cast, now: datetime) -> None:
    tank, key = make_tank(session, now), new_id()
    first = read(session, now, tank, 0, 45, id=key, source="device")
    assert read(session, now, tank, 0, 45, id=key, source="device") is first
    with pytest.raises(IdempotencyConflict):
        read(session, now, tank, 0, 46, id=key, source="device")
    for changes, field in (
        ({"celsius_tenths": 700}, "celsius"),
        ({"measured_at": now + timedelta(hours=1)}, "measured_at"),
        ({"measured_at": now - timedelta(days=40)}, "measured_at"),
        ({"source": "guess"}, "source"),
    ):
        with pytest.raises(ValidationFailed) as refused:
            read(session, now, tank, 0, 40, **changes)
        assert set(refused.value.errors) == {field}
    assert list_readings(session, cast.clerk.actor, tank.id, PageRequest()).total == 1
    reading = NewReading(id=new_id(), site_id=tank.id, measured_at=now, celsius_tenths=40)
    with pytest.raises(NotFound):
        read_tank(session, actor=cast.outsider.actor, now=now, reading=reading)
    with pytest.raises(Forbidden):
        read_tank(session, actor=cast.grader.actor, now=now, reading=reading)


def come(session: Session, now: datetime, visitor: str | None, **changes: Any) -> GateVisit:
    values: dict[str, Any] = {"id": new_id(), "purpose": "delivery", "visitor": visitor} | changes
    return register_arrival_at_gate(session, actor=Cast().clerk.actor, now=now, visit=NewVisit(**values))


def test_tickets_count_up_within_a_day(session: Session, cast: Cast, now: datetime) -> None:
    assert [come(session, now, name).ticket for name in ("Rosa", "Pedro", "Ana")] == [1, 2, 3]
    tomorrow = now + timedelta(days=1)
    assert come(session, tomorrow, "Rosa").ticket == 1
    waiting = visits_of(session, cast.clerk.actor, now.date(), waiting=True)
    assert [one.visitor for one in waiting] == ["Rosa", "Pedro", "Ana"]
    assert visits_of(session, cast.outsider.actor, now.date()) == []


def test_a_visit_is_called_and_leaves(session: Session, cast: Cast, now: datetime) -> None:
    clerk = cast.clerk.actor
    first, second = come(session, now, "Rosa"), come(session, now, "Pedro", vehicle="V3A-712")
    later = now + timedelta(minutes=5)
    assert serve_visit(session, actor=clerk, now=later, visit_id=first.id).served_at == later
    assert serve_visit(session, actor=clerk, now=now, visit_id=first.id).served_at == later
    assert last_called(session, clerk, now.date()) is first
    assert leave_gate(session, actor=clerk, now=later, visit_id=first.id).left_at == later
    assert last_called(session, clerk, now.date()) is None
    leave_gate(session, actor=clerk, now=later, visit_id=second.id)
    with pytest.raises(VisitOver):
        serve_visit(session, actor=clerk, now=later, visit_id=second.id)
    with pytest.raises(NotFound):
        leave_gate(session, actor=cast.outsider.actor, now=now, visit_id=first.id)


def test_a_member_is_known_by_name_and_a_ticket_is_given_once(session: Session, now: datetime) -> None:
    member: UUID = make_producer(session, now)
    key = new_id()
    first = come(session, now, None, id=key, producer_id=member)
    assert (first.visitor, first.ticket) == ("Rosa Quispe Mamani", 1)
    assert come(session, now, None, id=key, producer_id=member) is first
    with pytest.raises(IdempotencyConflict):
        come(session, now, "Otra", id=key)
    with pytest.raises(ValidationFailed) as refused:
        come(session, now, "", purpose="sleep")
    assert set(refused.value.errors) == {"visitor", "purpose"}
