from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, NotFound
from chain.core.ids import new_id
from chain.lots.errors import LotStateRefused, ReasonNeeded
from chain.lots.models import Lot
from chain.lots.queries import history_of, lock_lots
from chain.lots.rules import LotState
from chain.lots.services import cancel_lot, change_lot_states, confirm_grade
from tests.support.cast import Cast
from tests.support.lots import fibre, make_lot, make_producer


@pytest.fixture
def lots(session: Session, cast: Cast, now: datetime) -> list[Lot]:
    producer = make_producer(session, now)
    made = [make_lot(session, now, fibre(producer, now)) for _ in range(3)]
    for lot in made:
        confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=lot.id)
    return made


def test_lots_change_state_together_with_one_record_each(
    session: Session, cast: Cast, now: datetime, lots: list[Lot]
) -> None:
    locked = lock_lots(session, cast.centre.id, [lot.id for lot in lots])
    change_lot_states(session, actor=cast.seller.actor, now=now, lots=locked, to=LotState.OFFERED)
    assert {lot.state for lot in lots} == {"offered"}
    last = history_of(session, lots[0].id)[-1]
    assert (last.tag, last.before, last.after) == (
        "lots:lot:state_changed",
        {"state": "graded"},
        {"state": "offered"},
    )


def test_one_lot_that_cannot_change_stops_all(
    session: Session, cast: Cast, now: datetime, lots: list[Lot]
) -> None:
    change_lot_states(session, actor=cast.seller.actor, now=now, lots=lots[:1], to=LotState.OFFERED)
    with pytest.raises(LotStateRefused):
        change_lot_states(session, actor=cast.seller.actor, now=now, lots=lots, to=LotState.OFFERED)
    assert [lot.state for lot in lots] == ["offered", "graded", "graded"]


def test_locking_finds_all_or_nothing(session: Session, cast: Cast, lots: list[Lot]) -> None:
    assert [lot.id for lot in lock_lots(session, cast.centre.id, [lots[2].id, lots[0].id])] == sorted(
        [lots[0].id, lots[2].id]
    )
    for organisation, wanted in ((cast.centre.id, [lots[0].id, new_id()]), (cast.mill.id, [lots[0].id])):
        with pytest.raises(NotFound):
            lock_lots(session, organisation, wanted)
    assert lock_lots(session, cast.centre.id, []) == []


def test_a_lot_is_cancelled_with_its_reason(
    session: Session, cast: Cast, now: datetime, lots: list[Lot]
) -> None:
    cancel_lot(session, actor=cast.clerk.actor, now=now, lot_id=lots[0].id, reason="  Era de otra persona ")
    assert lots[0].state == "cancelled"
    last = history_of(session, lots[0].id)[-1]
    assert last.after == {"state": "cancelled", "reason": "Era de otra persona"}


def test_cancelling_needs_reason_permission_and_a_state_before_the_offer(
    session: Session, cast: Cast, now: datetime, lots: list[Lot]
) -> None:
    for reason in ("", " a ", "x" * 501):
        with pytest.raises(ReasonNeeded):
            cancel_lot(session, actor=cast.clerk.actor, now=now, lot_id=lots[0].id, reason=reason)
    with pytest.raises(Forbidden):
        cancel_lot(session, actor=cast.grader.actor, now=now, lot_id=lots[0].id, reason="Un motivo")
    with pytest.raises(NotFound):
        cancel_lot(session, actor=cast.outsider.actor, now=now, lot_id=lots[0].id, reason="Un motivo")
    change_lot_states(session, actor=cast.seller.actor, now=now, lots=lots[:1], to=LotState.OFFERED)
    with pytest.raises(LotStateRefused):
        cancel_lot(session, actor=cast.clerk.actor, now=now, lot_id=lots[0].id, reason="Un motivo")
