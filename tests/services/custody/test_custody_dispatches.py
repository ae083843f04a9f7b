from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.hashing import content_hash
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from chain.custody.errors import (
    DispatchStateRefused,
    LotAlreadyThere,
    NotOfSale,
    SaleNeeded,
    SoldToAnother,
)
from chain.custody.queries.dispatches import (
    dispatches_of_sale,
    get_dispatch_for,
    is_late,
    list_dispatches,
    received_by,
)
from chain.custody.rules.words import DocumentKind
from chain.custody.services import NewDispatch, cancel_dispatch, change_settings, dispatch_lots, print_paper
from chain.custody.services.dispatches import SoldTo
from chain.lots.errors import LotCancelled, LotGone, LotOffered, LotUsed
from tests.support.cast import Cast
from tests.support.custody import hold, lot, lots_in, make_site, send

CLERK = Cast().clerk.actor


def test_lots_for_another_organisation_have_left_the_house(
    session: Session, cast: Cast, now: datetime
) -> None:
    ids = lots_in(session, now, None, 2)
    row = send(session, now, ids, carrier="Transportes Puno", vehicle="V3A-712", driver="Juan Mamani")
    assert (row.number, row.state, row.destination) == (1, "on_the_way", cast.mill.name)
    assert row.tolerance_bp == 50
    assert lot(session, ids[0]).left_at == now
    assert content_hash(row.waybill) == row.content_hash
    assert row.waybill["sender"]["name"] == cast.centre.name
    assert [one["quantity"] for one in row.waybill["lots"]] == [10_000, 20_000]
    with pytest.raises(LotGone):
        send(session, now, ids[:1])


def test_lots_for_an_own_place_stay_in_stock_and_are_held(session: Session, now: datetime) -> None:
    store, plant = make_site(session, now), make_site(session, now, kind="plant", name="Planta")
    (one,) = lots_in(session, now, store, 1)
    row = send(session, now, [one], to_site_id=plant.id)
    moving = lot(session, one)
    assert (moving.left_at, moving.is_held, moving.site_id) == (None, True, store.id)
    assert row.destination == f"{plant.code} · Planta"
    cancel_dispatch(session, actor=CLERK, now=now, dispatch_id=row.id, note="El camión no vino")
    assert not lot(session, one).is_held


def test_cancelling_before_the_arrival_brings_the_lots_back(
    session: Session, cast: Cast, now: datetime
) -> None:
    ids = lots_in(session, now, None, 2)
    row = send(session, now, ids)
    later = now + timedelta(hours=1)
    done = cancel_dispatch(
        session, actor=cast.clerk.actor, now=later, dispatch_id=row.id, note="Camión malogrado"
    )
    assert (done.state, done.resolution, done.resolved_at) == ("cancelled", "Camión malogrado", later)
    assert lot(session, ids[0]).left_at is None
    again = cancel_dispatch(session, actor=cast.clerk.actor, now=now, dispatch_id=row.id, note="Otra vez")
    assert again.resolution == "Camión malogrado"
    second = send(session, now, ids)
    assert second.number == 2


def test_the_same_dispatch_twice_is_one(session: Session, now: datetime) -> None:
    ids = lots_in(session, now, None, 2)
    key = new_id()
    first = send(session, now, ids, id=key)
    assert send(session, now, list(reversed(ids)), id=key) is first
    with pytest.raises(IdempotencyConflict):
        send(session, now, ids, id=key, vehicle="V3A-712")


def test_what_cannot_leave_is_refused(session: Session, now: datetime) -> None:
    for changes, refusal in (
        ({"state": "offered"}, LotOffered),
        ({"state": "cancelled"}, LotCancelled),
        ({"used_by_event_id": new_id()}, LotUsed),
        ({"left_at": now}, LotGone),
    ):
        ids = lots_in(session, now, None, 1, **changes)
        with pytest.raises(refusal):
            send(session, now, ids)
    site = make_site(session, now)
    with pytest.raises(LotAlreadyThere):
        send(session, now, lots_in(session, now, site, 1), to_site_id=site.id)


def sold(session: Session, now: datetime, count: int = 2) -> list[UUID]:
    return lots_in(session, now, None, count, state="sold", sold_at=now)


def test_a_sold_lot_travels_to_its_buyer_under_its_sale(session: Session, cast: Cast, now: datetime) -> None:
    ids, sale_id = sold(session, now), new_id()
    with pytest.raises(SaleNeeded):
        send(session, now, ids)
    row = send(session, now, ids, sale_id=sale_id)
    assert row.sale_id == sale_id
    (found,) = dispatches_of_sale(session, sale_id)
    assert (found.number, found.quantity, found.arrived_quantity) == (1, 30_000, None)
    assert set(found.lot_ids) == set(ids)
    (received,) = received_by(session, ids)[ids[0]]
    assert (received.organisation_name, received.quantity) == (cast.mill.name, 10_000)


def test_the_edge_may_say_who_bought_what(session: Session, cast: Cast, now: datetime) -> None:
    ids, sale_id = sold(session, now), new_id()
    bought = {lot_id: SoldTo(sale_id, cast.mill.id) for lot_id in ids}

    def go(lot_ids: list[UUID], known: dict[UUID, SoldTo], **changes: object) -> object:
        values = {"id": new_id(), "lot_ids": lot_ids, "to_organisation_id": cast.mill.id} | changes
        return dispatch_lots(
            session,
            actor=cast.seller.actor,
            now=now,
            dispatch=NewDispatch(**values),  # type: ignore[arg-type]  # values of a test
            sold_to=known,
        )

    with pytest.raises(SoldToAnother):
        go(ids, bought, to_organisation_id=cast.rival_mill.id)
    with pytest.raises(NotOfSale):
        go(ids, bought | {ids[1]: SoldTo(new_id(), cast.mill.id)})
    with pytest.raises(NotOfSale):
        go([*ids, *lots_in(session, now, None, 1)], bought)
    with pytest.raises(SaleNeeded):
        go(ids, bought, to_organisation_id=None, to_site_id=make_site(session, now).id)
    go(ids, bought)
    assert len(dispatches_of_sale(session, sale_id)) == 1


def test_one_destination_is_needed(session: Session, cast: Cast, now: datetime) -> None:
    ids = lots_in(session, now, None, 1)
    for changes, field in (
        ({"destination": "  "}, "destination"),
        ({"to_organisation_id": cast.centre.id}, "to_organisation_id"),
        (
            {"to_organisation_id": cast.mill.id, "to_site_id": make_site(session, now).id},
            "to_organisation_id",
        ),
    ):
        with pytest.raises(ValidationFailed) as refused:
            send(session, now, ids, **changes)
        assert set(refused.value.errors) == {field}
    row = send(session, now, ids, destination="Feria de Juliaca, puesto 12")
    assert row.to_organisation_id is None


def test_the_tolerance_is_the_organisation_s_unless_the_dispatch_has_its_own(
    session: Session, cast: Cast, now: datetime
) -> None:
    change_settings(
        session, actor=cast.grader.actor, now=now, tolerance_bp=100, loss_rule="Lo paga el camión"
    )
    assert send(session, now, lots_in(session, now, None, 1)).tolerance_bp == 100
    assert send(session, now, lots_in(session, now, None, 1), tolerance_bp=0).tolerance_bp == 0


def test_a_load_is_late_after_its_day_or_after_three_days(
    session: Session, cast: Cast, now: datetime
) -> None:
    today = now.date()
    due = send(session, now, lots_in(session, now, None, 1), expected_on=today)
    open_end = send(session, now, lots_in(session, now, None, 1))
    arrived = lots_in(session, now, None, 1)
    cancel_dispatch(
        session, actor=cast.clerk.actor, now=now, dispatch_id=send(session, now, arrived).id, note="Error"
    )

    def late(days: int) -> set[UUID]:
        then = now + timedelta(days=days, seconds=1)
        page = list_dispatches(session, cast.clerk.actor, PageRequest(), late=is_late(then, then.date()))
        return {row.dispatch.id for row in page.items}

    assert late(0) == set()
    assert late(1) == {due.id}
    assert late(3) == {due.id, open_end.id}


def test_the_receiver_sees_the_dispatches_addressed_to_it_and_nothing_else(
    session: Session, cast: Cast, now: datetime
) -> None:
    mine = send(session, now, lots_in(session, now, None, 1))
    other = send(session, now, lots_in(session, now, None, 1), to_organisation_id=cast.rival_mill.id)
    page = list_dispatches(session, cast.buyer.actor, PageRequest(), incoming=True)
    assert [row.dispatch.id for row in page.items] == [mine.id]
    assert (page.items[0].sender, page.items[0].grams) == (cast.centre.name, 10_000)
    assert list_dispatches(session, cast.buyer.actor, PageRequest()).total == 0
    get_dispatch_for(session, cast.buyer.actor, mine.id)
    for person, row in ((cast.buyer, other), (cast.outsider, mine), (cast.rival_buyer, mine)):
        with pytest.raises(NotFound):
            get_dispatch_for(session, person.actor, row.id)


def test_only_who_may_dispatches(session: Session, cast: Cast, now: datetime) -> None:
    ids = lots_in(session, now, None, 1)
    wanted = NewDispatch(id=new_id(), lot_ids=ids, to_organisation_id=cast.mill.id)
    with pytest.raises(Forbidden):
        dispatch_lots(session, actor=cast.grader.actor, now=now, dispatch=wanted)
    with pytest.raises(NotFound):
        dispatch_lots(session, actor=cast.outsider.actor, now=now, dispatch=wanted)
    row = send(session, now, ids)
    with pytest.raises(NotFound):
        cancel_dispatch(session, actor=cast.outsider.actor, now=now, dispatch_id=row.id, note="No")


def test_the_first_printing_is_the_original(session: Session, cast: Cast, now: datetime) -> None:
    row = send(session, now, lots_in(session, now, None, 1))
    keys = [new_id(), new_id()]

    def print_one(key: UUID, paper: str = "a5") -> int:
        done = print_paper(
            session,
            actor=cast.clerk.actor,
            now=now,
            print_id=key,
            kind=DocumentKind.WAYBILL,
            document_id=row.id,
            paper=paper,
        )
        return done.copy_number

    assert [print_one(keys[0]), print_one(keys[0]), print_one(keys[1])] == [0, 0, 1]
    with pytest.raises(ValidationFailed):
        print_one(new_id(), "a3")


def test_a_held_lot_that_is_sold_does_not_leave(session: Session, now: datetime) -> None:
    ids = sold(session, now, 1)
    hold(session, now, ids)
    with pytest.raises(Exception, match="hold"):
        send(session, now, ids, sale_id=new_id())


def test_what_arrived_is_not_called_back(session: Session, cast: Cast, now: datetime) -> None:
    row = send(session, now, lots_in(session, now, None, 1))
    row.state = "arrived"
    session.flush()
    with pytest.raises(DispatchStateRefused):
        cancel_dispatch(session, actor=cast.clerk.actor, now=now, dispatch_id=row.id, note="Tarde")
