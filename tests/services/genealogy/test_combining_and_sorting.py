"""Merging, splitting and sorting: what the new lots are, and what is refused."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, SamePerson, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.genealogy.errors import EventTooEarly, MixedProducts, NotConserved, SiteFull, WrongProduct
from chain.genealogy.models import LotEvent
from chain.genealogy.rules import Added, Lost, Merge, Part, Split
from chain.genealogy.services import merge_lots, split_lot
from chain.lots.errors import LotCancelled, LotGone, LotHeld, LotOffered, LotSold, LotUsed
from chain.lots.models import Lot, LotGrade
from chain.lots.services import cancel_lot, confirm_grade
from tests.support.cast import Cast
from tests.support.genealogy import CLERK, lot_of, make_site, merge, sort, split
from tests.support.lots import FIBRE, fibre, make_lot, make_producer, milk

CAST = Cast()


def bring(session: Session, now: datetime, count: int = 2, **changes: Any) -> list[Lot]:
    producer = make_producer(session, now)
    return [make_lot(session, now, fibre(producer, now, **changes)) for _ in range(count)]


def confirm(session: Session, now: datetime, *lots: Lot) -> None:
    for lot in lots:
        confirm_grade(session, actor=CAST.grader.actor, now=now, lot_id=lot.id)


def test_lots_of_one_confirmed_class_keep_it(session: Session, now: datetime) -> None:
    lots = bring(session, now)
    confirm(session, now, *lots)
    made = merge(session, now, *lots, label="Fardo 1")
    assert (made.state, made.grade_confirmed, made.grade_key) == ("graded", True, lots[0].grade_key)
    assert (made.label, made.colour, made.micron_tenths) == ("Fardo 1", "white", 224)


def test_lots_that_nobody_graded_may_be_merged_and_wait_with_a_proposal(
    session: Session, now: datetime
) -> None:
    lots = bring(session, now)
    confirm(session, now, lots[0])
    made = merge(session, now, *lots)
    assert (made.state, made.grade_confirmed, made.grade_key) == ("registered", False, lots[0].grade_key)
    assert session.scalars(select(LotGrade.kind).where(LotGrade.lot_id == made.id)).all() == ["proposal"]
    confirm(session, now, made)
    assert lot_of(session, made.id).state == "graded"


def test_one_event_leaves_one_audit_record_and_marks_its_lots(session: Session, now: datetime) -> None:
    lots = bring(session, now)
    made = merge(session, now, *lots)
    event = session.scalars(select(LotEvent)).one()
    records = session.scalars(select(AuditRecord).where(AuditRecord.tag.startswith("genealogy:"))).all()
    assert [(one.tag, one.subject_id) for one in records] == [("genealogy:event:merged", event.id)]
    assert {lot_of(session, lot.id).used_by_event_id for lot in lots} == {event.id}
    assert (made.made_by_event_id, made.producer_id, made.registered_by) == (event.id, None, CAST.clerk.id)


@pytest.mark.parametrize(
    ("column", "value", "refusal"),
    [
        ("state", "offered", LotOffered),
        ("sold_at", "now", LotSold),
        ("left_at", "now", LotGone),
        ("is_held", True, LotHeld),
        ("used_by_event_id", "id", LotUsed),
    ],
)
def test_a_lot_that_is_not_there_is_refused(
    session: Session, now: datetime, column: str, value: Any, refusal: type[Exception]
) -> None:
    lots = bring(session, now)
    setattr(lots[1], column, {"now": now, "id": new_id()}.get(value, value))
    session.flush()
    with pytest.raises(refusal):
        merge(session, now, *lots)
    assert session.scalars(select(LotEvent)).first() is None


def test_a_cancelled_lot_a_stranger_s_and_one_without_permission_are_refused(
    session: Session, now: datetime
) -> None:
    lots = bring(session, now)
    order = Merge(id=new_id(), happened_at=now, lot_ids=(lots[0].id, lots[1].id), output_id=new_id())
    with pytest.raises(NotFound):
        merge_lots(session, actor=CAST.outsider.actor, now=now, event=order)
    with pytest.raises(Forbidden):
        merge_lots(session, actor=CAST.grader.actor, now=now, event=order)
    cancel_lot(session, actor=CLERK, now=now, lot_id=lots[0].id, reason="repetido")
    with pytest.raises(LotCancelled):
        merge_lots(session, actor=CLERK, now=now, event=order)


def test_an_event_before_its_lot_came_is_refused_but_the_same_minute_is_not(
    session: Session, now: datetime
) -> None:
    lots = bring(session, now.replace(second=33))
    with pytest.raises(EventTooEarly):
        merge(session, now - timedelta(minutes=1), *lots)
    assert merge(session, now, *lots).quantity == 25_000


def test_milk_and_fibre_alpaca_and_llama_never_go_together(session: Session, now: datetime) -> None:
    producer = make_producer(session, now)
    alpaca, can = (make_lot(session, now, one(producer, now)) for one in (fibre, milk))
    llama = make_lot(
        session, now, fibre(producer, now, commodity="llama-fibre", attributes={**FIBRE, "breed": "qara"})
    )
    for other in (can, llama):
        with pytest.raises(MixedProducts):
            merge(session, now, alpaca, other)


def test_milk_fills_a_tank_up_to_its_capacity(session: Session, now: datetime) -> None:
    producer = make_producer(session, now)
    tank = make_site(session, "T1", "tank", capacity=100_000)
    cans = [make_lot(session, now, milk(producer, now, quantity=30_000)) for _ in range(4)]
    first = merge(session, now, *cans[:2], site_id=tank.id)
    assert (first.unit, first.quantity, first.site_id, first.grade_key) == ("ml", 60_000, tank.id, None)
    second = merge(session, now, first, cans[2])
    assert second.site_id == tank.id  # cans from nowhere come to where the tank's lot lies
    with pytest.raises(SiteFull):
        merge(session, now, second, cans[3])
    third = merge(session, now, second, cans[3], losses=(Lost(cause="spillage", quantity=20_000),))
    assert third.quantity == 100_000
    more = make_lot(session, now, milk(producer, now, quantity=100))
    with pytest.raises(SiteFull):
        merge(session, now, third, more, site_id=tank.id)


def test_a_place_of_others_or_one_that_is_closed_is_refused(session: Session, now: datetime) -> None:
    lots = bring(session, now)
    stranger = make_site(session, "X1", organisation_id=CAST.other_centre.id)
    closed = make_site(session, "A9", archived_at=now)
    for site in (stranger, closed):
        with pytest.raises(ValidationFailed) as refused:
            merge(session, now, *lots, site_id=site.id)
        assert "site_id" in refused.value.errors


def test_a_gain_or_loss_of_a_merge_is_declared(session: Session, now: datetime) -> None:
    lots = bring(session, now)
    made = merge(
        session,
        now,
        *lots,
        losses=(Lost(cause="dust", quantity=100),),
        gains=(Added(cause="weighing", quantity=30),),
    )
    assert made.quantity == 24_930


def test_parts_that_do_not_sum_are_refused_and_parts_are_what_the_lot_was(
    session: Session, now: datetime
) -> None:
    (lot,) = bring(session, now, 1)
    confirm(session, now, lot)
    with pytest.raises(NotConserved) as refused:
        split(session, now, lot, 6_000, 6_499)
    # in kilograms, as the scale shows them
    assert (refused.value.params["difference"], refused.value.params["unit"]) == (Decimal("0.001"), "kg")
    parts = split(session, now, lot, 6_000, 6_499, losses=(Lost(cause="sample", quantity=1),))
    assert [(one.state, one.grade_key, one.colour, one.micron_tenths) for one in parts] == [
        ("graded", lot.grade_key, "white", 224)
    ] * 2


def test_ids_that_are_taken_are_a_conflict(session: Session, now: datetime) -> None:
    first, second = bring(session, now)
    parts = (Part(id=second.id, quantity=500), Part(id=new_id(), quantity=12_000))
    order = Split(id=new_id(), happened_at=now, lot_id=first.id, parts=parts)
    with pytest.raises(IdempotencyConflict):
        split_lot(session, actor=CLERK, now=now, event=order)


def test_the_sorter_proposes_and_another_person_confirms(session: Session, now: datetime) -> None:
    (lot,) = bring(session, now, 1)
    confirm(session, now, lot)
    parts = sort(session, now, lot, {"baby": 8_000, None: 4_500})
    assert [(one.grade_key, one.state, one.micron_tenths) for one in parts.values()] == [
        ("baby", "registered", None),
        (None, "registered", None),
    ]
    baby = parts["baby"]
    assert baby.mix is not None
    assert baby.mix["class"] == [
        {
            "scheme": baby.grade_scheme,
            "edition": baby.grade_edition,
            "key": "baby",
            "confirmed": False,
            "quantity": 8_000,
        }
    ]
    with pytest.raises(Forbidden):
        confirm_grade(session, actor=CLERK, now=now, lot_id=baby.id)
    confirm(session, now, baby)
    again = merge(session, now, baby, *bring_confirmed_baby(session, now))
    assert again.grade_key == "baby"


def bring_confirmed_baby(session: Session, now: datetime) -> list[Lot]:
    (lot,) = bring(session, now, 1, attributes={**FIBRE, "micron": "21.0"})
    confirm(session, now, lot)
    return [lot]


def test_a_class_that_the_norm_does_not_have_is_refused(session: Session, now: datetime) -> None:
    (lot,) = bring(session, now, 1)
    with pytest.raises(ValidationFailed) as refused:
        sort(session, now, lot, {"royal_deluxe": 12_500})
    assert "parts.0.class_key" in refused.value.errors


def test_milk_is_not_sorted(session: Session, now: datetime) -> None:
    can = make_lot(session, now, milk(make_producer(session, now), now))
    with pytest.raises(WrongProduct):
        sort(session, now, can, {"accept": 23_500})


def test_who_proposed_a_class_does_not_confirm_it_on_the_parts_that_another_person_made(
    session: Session, now: datetime
) -> None:
    lots = bring(session, now)
    whole = sum(lot.quantity for lot in lots)
    sorted_out = sort(session, now, merge(session, now, *lots), {"baby": whole})
    order = Split(
        id=new_id(),
        happened_at=now,
        lot_id=sorted_out["baby"].id,
        parts=tuple(Part(id=new_id(), quantity=lot.quantity) for lot in lots),
    )
    split_lot(session, actor=CAST.everything.actor, now=now, event=order)
    proposer = Actor(
        user_id=CLERK.user_id,
        organisation_id=CLERK.organisation_id,
        organisation_kind=CLERK.organisation_kind,
        roles=CLERK.roles | CAST.grader.actor.roles,
    )
    for part in order.parts:
        with pytest.raises(SamePerson):
            confirm_grade(session, actor=proposer, now=now, lot_id=part.id)
        confirm_grade(session, actor=CAST.grader.actor, now=now, lot_id=part.id)
