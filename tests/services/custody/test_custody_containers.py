from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, ValidationFailed
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from chain.custody.errors import BalanceBelowZero, CodeTaken, ContainersOut, SiteInUse
from chain.custody.models import ContainerMovement
from chain.custody.queries.containers import container_balances, list_debts, list_movements, totals_out
from chain.custody.services import NewMovement, move_containers
from chain.custody.services.places import (
    ContainerFacts,
    RouteFacts,
    SiteFacts,
    archive_container_type,
    archive_site,
    change_site,
    keep_container_type,
    keep_route,
    keep_site,
    restore_site,
)
from chain.lots.models import ContainerType
from tests.support.cast import Cast
from tests.support.custody import lots_in, make_cans, make_site, send
from tests.support.lots import make_producer


@pytest.fixture
def cans(session: Session, now: datetime) -> ContainerType:
    return make_cans(session, now)


@pytest.fixture
def producer(session: Session, now: datetime) -> UUID:
    return make_producer(session, now)


def move(
    session: Session,
    now: datetime,
    producer: UUID,
    cans: ContainerType,
    kind: str,
    count: int,
    **changes: Any,
) -> ContainerMovement:
    values: dict[str, Any] = {
        "id": new_id(),
        "producer_id": producer,
        "container_type_id": cans.id,
        "kind": kind,
        "count": count,
        "happened_on": now.date(),
    }
    actor = Cast().clerk.actor
    return move_containers(session, actor=actor, now=now, movement=NewMovement(**(values | changes)))


def test_the_balance_follows_what_is_lent_returned_and_lost(
    session: Session, cast: Cast, now: datetime, producer: UUID, cans: ContainerType
) -> None:
    move(session, now, producer, cans, "lent", 5)
    move(session, now, producer, cans, "returned", 2)
    move(session, now, producer, cans, "lost", 1)
    (balance,) = container_balances(session, cast.centre.id, [producer])[producer]
    assert (balance.name, balance.count) == ("Porongo 20 l", 2)
    (debt,) = list_debts(session, cast.clerk.actor, PageRequest()).items
    assert (debt.producer_id, debt.count, debt.since) == (producer, 2, now.date())
    assert totals_out(session, cast.clerk.actor) == [("Porongo 20 l", 2)]
    rows = list_movements(session, cast.clerk.actor, PageRequest(), producer_id=producer).items
    assert sorted(row.count for row in rows) == [-2, -1, 5]
    move(session, now, producer, cans, "returned", 2)
    assert container_balances(session, cast.centre.id, [producer]) == {}


def test_nobody_returns_more_than_was_lent_without_a_correction(
    session: Session, cast: Cast, now: datetime, producer: UUID, cans: ContainerType
) -> None:
    move(session, now, producer, cans, "lent", 1)
    with pytest.raises(BalanceBelowZero):
        move(session, now, producer, cans, "returned", 2)
    with pytest.raises(ValidationFailed) as refused:
        move(session, now, producer, cans, "corrected", 1)
    assert set(refused.value.errors) == {"note"}
    move(session, now, producer, cans, "corrected", 1, note="No se anotó el préstamo de enero")
    move(session, now, producer, cans, "returned", 2)
    move(session, now, producer, cans, "corrected", -1, note="Tenemos uno suyo")
    (balance,) = container_balances(session, cast.centre.id, [producer])[producer]
    assert balance.count == -1


def test_the_same_movement_twice_is_one(
    session: Session, now: datetime, producer: UUID, cans: ContainerType
) -> None:
    key = new_id()
    first = move(session, now, producer, cans, "lent", 3, id=key)
    assert move(session, now, producer, cans, "lent", 3, id=key) is first
    with pytest.raises(IdempotencyConflict):
        move(session, now, producer, cans, "lent", 4, id=key)


def test_what_makes_no_sense_is_refused_field_by_field(
    session: Session, cast: Cast, now: datetime, producer: UUID, cans: ContainerType
) -> None:
    tomorrow = now.date() + timedelta(days=1)
    with pytest.raises(ValidationFailed) as refused:
        move(session, now, new_id(), cans, "lent", -1, happened_on=tomorrow)
    assert set(refused.value.errors) == {"count", "producer_id", "happened_on"}
    crates = make_cans(session, now, name="Jaba propia", is_lent=False)
    with pytest.raises(ValidationFailed):
        move(session, now, producer, crates, "lent", 1)
    values = {"id": new_id(), "producer_id": producer, "container_type_id": cans.id, "kind": "lent"}
    wanted = NewMovement(count=1, happened_on=now.date(), **values)  # type: ignore[arg-type]
    with pytest.raises(ValidationFailed):
        move_containers(session, actor=cast.outsider.actor, now=now, movement=wanted)
    with pytest.raises(Forbidden):
        move_containers(session, actor=cast.grader.actor, now=now, movement=wanted)


def test_a_container_type_is_not_archived_while_some_are_out(
    session: Session, cast: Cast, now: datetime, producer: UUID, cans: ContainerType
) -> None:
    move(session, now, producer, cans, "lent", 1)
    with pytest.raises(ContainersOut):
        archive_container_type(session, actor=cast.admin.actor, now=now, type_id=cans.id)
    move(session, now, producer, cans, "returned", 1)
    archived = archive_container_type(session, actor=cast.admin.actor, now=now, type_id=cans.id)
    assert archived.archived_at == now


def test_a_place_is_kept_changed_and_archived(session: Session, cast: Cast, now: datetime) -> None:
    admin, key = cast.admin.actor, new_id()
    facts = SiteFacts(code=" t1 ", name="Tanque", kind="tank", capacity=500_000)
    site, is_new = keep_site(session, actor=admin, now=now, site_id=key, facts=facts)
    assert (site.code, is_new) == ("T1", True)
    assert keep_site(session, actor=admin, now=now, site_id=key, facts=facts) == (site, False)
    with pytest.raises(CodeTaken):
        keep_site(session, actor=admin, now=now, site_id=new_id(), facts=facts)
    other = SiteFacts(code="T2", name="Tanque", kind="tank")
    with pytest.raises(IdempotencyConflict):
        keep_site(session, actor=admin, now=now, site_id=key, facts=other)
    changed = SiteFacts(code="T1", name="Tanque nuevo", kind="tank", max_hours=12)
    change_site(session, actor=admin, now=now, site_id=key, facts=changed)
    assert (site.name, site.capacity, site.max_hours) == ("Tanque nuevo", None, 12)
    wrong = SiteFacts(code="", name="", kind="hole", capacity=0, max_temperature_tenths=9_999)
    with pytest.raises(ValidationFailed) as refused:
        change_site(session, actor=admin, now=now, site_id=key, facts=wrong)
    assert set(refused.value.errors) == {"code", "name", "kind", "capacity", "max_temperature_tenths"}


def test_a_place_with_lots_or_lots_on_the_way_is_not_archived(
    session: Session, cast: Cast, now: datetime
) -> None:
    store, plant = make_site(session, now), make_site(session, now)
    ids = lots_in(session, now, store, 1)
    row = send(session, now, ids, to_site_id=plant.id)
    for site in (store, plant):
        with pytest.raises(SiteInUse):
            archive_site(session, actor=cast.admin.actor, now=now, site_id=site.id)
    row.state = "cancelled"
    session.flush()
    archive_site(session, actor=cast.admin.actor, now=now, site_id=plant.id)
    assert restore_site(session, actor=cast.admin.actor, now=now, site_id=plant.id).archived_at is None


def test_only_who_may_manages_places(session: Session, cast: Cast, now: datetime) -> None:
    route = RouteFacts(code="R1", name="Ronda", due_minutes=450)
    keep_route(session, actor=cast.grader.actor, now=now, route_id=new_id(), facts=route)
    with pytest.raises(Forbidden):
        keep_route(session, actor=cast.clerk.actor, now=now, route_id=new_id(), facts=route)
    late = RouteFacts(code="R2", name="Ronda", due_minutes=24 * 60)
    with pytest.raises(ValidationFailed):
        keep_route(session, actor=cast.grader.actor, now=now, route_id=new_id(), facts=late)
    # another organisation may use the same code
    keep_route(session, actor=cast.outsider.actor, now=now, route_id=new_id(), facts=route)
    sack = ContainerFacts(name="Saco", kind="sack", tare_g=-1)
    with pytest.raises(ValidationFailed):
        keep_container_type(session, actor=cast.admin.actor, now=now, type_id=new_id(), facts=sack)
