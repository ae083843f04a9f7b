from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.hashing import content_hash
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.core.paging import PageRequest
from chain.custody.errors import HoldOfDispatch, HoldReleased
from chain.custody.models import StorageReceipt
from chain.custody.queries.holds import holds_of_lot, list_holds, state_of_receipt
from chain.custody.services import NewHold, hold_lots, release_lot
from chain.lots.errors import LotHeld, LotOffered, LotUsed
from chain.market.services import open_tender
from tests.support.cast import Cast
from tests.support.custody import hold, lot, lots_in, make_site, send


def test_a_held_lot_cannot_be_offered_or_dispatched(session: Session, cast: Cast, now: datetime) -> None:
    first, second = lots_in(session, now, None, 2)
    hold(session, now, [first])
    assert lot(session, first).is_held
    assert not lot(session, second).is_held
    with pytest.raises(LotHeld):
        open_tender(
            session,
            actor=cast.seller.actor,
            now=now,
            id=new_id(),
            title="Fibra",
            lot_ids=[first, second],
            reserve_minor_per_unit=1000,
            closes_at=now + timedelta(days=2),
            note=None,
        )
    with pytest.raises(LotHeld):
        send(session, now, [first])


def test_a_lot_stays_held_until_its_last_hold_is_released(
    session: Session, cast: Cast, now: datetime
) -> None:
    (one,) = lots_in(session, now, None, 1)
    (quality,) = hold(session, now, [one])
    (sanitary,) = hold(session, now, [one], reason="sanitary", note="Espera al SENASA")
    release_lot(session, actor=cast.grader.actor, now=now, hold_id=quality.id, note="Está seca")
    assert lot(session, one).is_held
    release_lot(session, actor=cast.grader.actor, now=now, hold_id=sanitary.id, note="Aprobada")
    assert not lot(session, one).is_held
    rows = holds_of_lot(session, cast.clerk.actor, one)
    assert [row.hold.release_note for row in rows] == ["Está seca", "Aprobada"]
    assert rows[0].placed_by == cast.grader.name
    assert list_holds(session, cast.clerk.actor, PageRequest()).total == 0
    assert list_holds(session, cast.clerk.actor, PageRequest(), standing=False).total == 2


def test_each_step_leaves_a_record_at_the_lot(session: Session, cast: Cast, now: datetime) -> None:
    (one,) = lots_in(session, now, None, 1)
    (made,) = hold(session, now, [one])
    release_lot(session, actor=cast.grader.actor, now=now, hold_id=made.id, note="Está seca")
    records = session.scalars(
        select(AuditRecord).where(AuditRecord.subject_id == one).order_by(AuditRecord.id)
    ).all()
    assert [record.tag for record in records] == ["custody:lot:held", "custody:lot:released"]
    assert records[0].after is not None
    assert records[0].after["reason"] == "Huele a humedad"


def test_the_same_hold_twice_is_one_and_other_content_is_refused(session: Session, now: datetime) -> None:
    ids = lots_in(session, now, None, 2)
    key = new_id()
    first = hold(session, now, ids, id=key)
    assert [one.id for one in hold(session, now, ids, id=key)] == [one.id for one in first]
    with pytest.raises(IdempotencyConflict):
        hold(session, now, ids[:1], id=key)
    with pytest.raises(IdempotencyConflict):
        hold(session, now, ids, id=key, note="Otra razón")


def test_releasing_twice_with_one_note_changes_nothing(session: Session, cast: Cast, now: datetime) -> None:
    (made,) = hold(session, now, lots_in(session, now, None, 1))
    release_lot(session, actor=cast.grader.actor, now=now, hold_id=made.id, note="Está seca")
    later = now + timedelta(hours=1)
    again = release_lot(session, actor=cast.grader.actor, now=later, hold_id=made.id, note="Está seca")
    assert again.released_at == now
    with pytest.raises(HoldReleased):
        release_lot(session, actor=cast.grader.actor, now=later, hold_id=made.id, note="Otra cosa")


def test_a_pledge_names_its_holder_and_gives_a_receipt(session: Session, cast: Cast, now: datetime) -> None:
    site = make_site(session, now)
    ids = lots_in(session, now, site, 2)
    key = new_id()
    with pytest.raises(ValidationFailed) as refused:
        hold(session, now, ids, id=key, reason="pledged", note="Adelanto 45")
    assert set(refused.value.errors) == {"holder"}
    holds = hold(session, now, ids, id=key, reason="pledged", note="Adelanto 45", holder="Caja rural Lampa")
    receipt = session.get_one(StorageReceipt, key)
    assert receipt.number == 1
    assert receipt.content["holder"] == "Caja rural Lampa"
    assert [one["quantity"] for one in receipt.content["lots"]] == [10_000, 20_000]
    assert receipt.content["lots"][0]["place"] == f"{site.code} · {site.name}"
    assert content_hash(receipt.content) == receipt.content_hash
    assert state_of_receipt(session, key).standing == 2
    for one in holds:
        release_lot(session, actor=cast.grader.actor, now=now, hold_id=one.id, note="Adelanto devuelto")
    state = state_of_receipt(session, key)
    assert (state.standing, state.released_at) == (0, now)


def test_a_lot_on_offer_may_be_held_but_not_pledged(session: Session, now: datetime) -> None:
    (one,) = lots_in(session, now, None, 1, state="offered")
    with pytest.raises(LotOffered):
        hold(session, now, [one], reason="pledged", holder="Caja rural")
    hold(session, now, [one])
    assert lot(session, one).is_held


def test_what_was_used_up_is_not_held(session: Session, now: datetime) -> None:
    (one,) = lots_in(session, now, None, 1, used_by_event_id=new_id())
    with pytest.raises(LotUsed):
        hold(session, now, [one])


def test_a_reason_and_a_note_are_needed_and_the_dispatch_s_reason_is_its_own(
    session: Session, now: datetime
) -> None:
    ids = lots_in(session, now, None, 1)
    with pytest.raises(ValidationFailed) as refused:
        hold(session, now, ids, reason="on_the_way", note="x")
    assert set(refused.value.errors) == {"reason", "note"}
    with pytest.raises(ValidationFailed):
        hold(session, now, [])


def test_the_hold_of_a_dispatch_is_not_released_by_hand(session: Session, cast: Cast, now: datetime) -> None:
    ids = lots_in(session, now, None, 1)
    send(session, now, ids, to_site_id=make_site(session, now).id)
    (row,) = holds_of_lot(session, cast.clerk.actor, ids[0])
    with pytest.raises(HoldOfDispatch):
        release_lot(session, actor=cast.grader.actor, now=now, hold_id=row.hold.id, note="Llegó")


def test_a_clerk_does_not_hold_and_another_centre_finds_nothing(
    session: Session, cast: Cast, now: datetime
) -> None:
    ids = lots_in(session, now, None, 1)
    wanted = NewHold(id=new_id(), lot_ids=ids, reason="quality", note="Humedad")
    with pytest.raises(Forbidden):
        hold_lots(session, actor=cast.clerk.actor, now=now, hold=wanted)
    with pytest.raises(NotFound):
        hold_lots(session, actor=cast.outsider.actor, now=now, hold=wanted)
    (made,) = hold(session, now, ids)
    with pytest.raises(NotFound):
        release_lot(session, actor=cast.outsider.actor, now=now, hold_id=made.id, note="Robo")
