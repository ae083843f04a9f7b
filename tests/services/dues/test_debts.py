"""Debts are recorded, repaid, written off, cancelled and given back; the books hold what is open; the producer is told."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.dues.errors import ApplicationRestored, MovementTaken, NotByHand, NotOpenThatMuch
from chain.dues.models import Movement
from chain.dues.rules import MOVEMENT_ACCOUNTS, OFF_BOOKS, DueKind, Source
from chain.dues.services.changes import (
    cancel_movement,
    repay_movement,
    restore_application,
    write_off_movement,
)
from chain.dues.services.movements import TYPED_KINDS, NewMovement, add_movement
from chain.ledger.models import LedgerAccount, Posting
from chain.lots.models import ProducerNotice
from tests.services.dues.test_takings import assert_sums
from tests.support.cast import Cast
from tests.support.settling import DAY, add_members


def _debt(producer_id: UUID, kind: DueKind = DueKind.FEED, amount: int = 10_000) -> NewMovement:
    return NewMovement(new_id(), producer_id, kind, amount, DAY, "2 sacos")


def owed_in_books(session: Session, producer_id: UUID) -> int:
    """Return what the sub-ledgers of debts hold for a producer."""
    found = session.scalar(
        select(func.sum(Posting.amount_minor))
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(
            Posting.party_id == producer_id,
            LedgerAccount.code.in_([code.value for code in set(MOVEMENT_ACCOUNTS.values())]),
        )
    )
    return int(found or 0)


def _notices(session: Session, producer_id: UUID) -> int:
    return (
        session.scalar(
            select(func.count()).select_from(ProducerNotice).where(ProducerNotice.producer_id == producer_id)
        )
        or 0
    )


@pytest.mark.parametrize("kind", TYPED_KINDS)
def test_each_kind_is_posted_where_it_belongs(
    session: Session, cast: Cast, now: datetime, kind: DueKind
) -> None:
    (member,) = add_members(session, 1)
    new = _debt(member.id, kind)
    movement = add_movement(session, actor=cast.accountant.actor, now=now, new=new)
    assert add_movement(session, actor=cast.accountant.actor, now=now, new=new) is movement
    assert movement.number == 1
    assert owed_in_books(session, member.id) == (0 if kind in OFF_BOOKS else 10_000)
    with pytest.raises(IdempotencyConflict):
        add_movement(session, actor=cast.accountant.actor, now=now, new=replace(new, amount_minor=1))


def test_a_debt_needs_a_member_an_amount_and_a_past_day(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    new = _debt(member.id)
    wrong = replace(new, amount_minor=0, dated_on=date(2030, 1, 1), note=" ", source=Source.NOTHING)
    with pytest.raises(ValidationFailed) as refused:
        add_movement(session, actor=cast.accountant.actor, now=now, new=wrong)
    assert set(refused.value.errors) == {"amount", "dated_on", "note", "source"}
    with pytest.raises(NotFound):
        add_movement(session, actor=cast.accountant.actor, now=now, new=replace(new, producer_id=new_id()))
    with pytest.raises(Forbidden):
        add_movement(session, actor=cast.clerk.actor, now=now, new=new)
    instalment = replace(new, kind=DueKind.LOAN_INSTALMENT)
    with pytest.raises(ValidationFailed):
        add_movement(session, actor=cast.accountant.actor, now=now, new=instalment)


def test_cash_comes_back_and_never_more_than_is_open(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    movement = add_movement(session, actor=cast.accountant.actor, now=now, new=_debt(member.id))
    key = new_id()
    for _ in range(2):
        repay_movement(
            session,
            actor=cast.accountant.actor,
            now=now,
            application_id=key,
            movement_id=movement.id,
            amount_minor=4_000,
            paid_on=DAY,
        )
    assert movement.balance_minor == 6_000 == owed_in_books(session, member.id)
    with pytest.raises(NotOpenThatMuch):
        repay_movement(
            session,
            actor=cast.accountant.actor,
            now=now,
            application_id=new_id(),
            movement_id=movement.id,
            amount_minor=6_001,
            paid_on=DAY,
        )
    with pytest.raises(MovementTaken):
        cancel_movement(
            session, actor=cast.accountant.actor, now=now, movement_id=movement.id, reason="Por error"
        )
    assert _notices(session, member.id) == 2


def test_the_id_of_money_or_a_decision_stands_for_the_same_content_only(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    actor = cast.accountant.actor
    movement = add_movement(session, actor=actor, now=now, new=_debt(member.id))
    money: dict[str, Any] = {
        "movement_id": movement.id,
        "application_id": new_id(),
        "amount_minor": 4_000,
        "paid_on": DAY,
    }
    first = repay_movement(session, actor=actor, now=now, **money)
    assert repay_movement(session, actor=actor, now=now, **money).id == first.id
    for other in ({"amount_minor": 4_001}, {"paid_on": DAY - timedelta(days=1)}, {"into": Source.BANK}):
        with pytest.raises(IdempotencyConflict):
            repay_movement(session, actor=actor, now=now, **{**money, **other})
    let_go: dict[str, Any] = {
        "movement_id": movement.id,
        "application_id": new_id(),
        "decision": "Asamblea 5 enero",
    }
    write_off_movement(session, actor=actor, now=now, **let_go)
    write_off_movement(session, actor=actor, now=now, **let_go)
    with pytest.raises(IdempotencyConflict):
        write_off_movement(session, actor=actor, now=now, **{**let_go, "decision": "Asamblea 9 enero"})
    assert_sums(session)


def test_the_rest_is_written_off_by_a_decision_and_may_be_given_back(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    actor = cast.accountant.actor
    movement = add_movement(session, actor=actor, now=now, new=_debt(member.id))
    key = new_id()
    taken = write_off_movement(
        session,
        actor=actor,
        now=now,
        application_id=key,
        movement_id=movement.id,
        decision="Asamblea 5 enero",
    )
    assert movement.balance_minor == 0 == owed_in_books(session, member.id)
    restore_application(session, actor=actor, now=now, application_id=taken.id, reason="Era otra deuda")
    assert movement.balance_minor == 10_000 == owed_in_books(session, member.id)
    with pytest.raises(ApplicationRestored):
        restore_application(session, actor=actor, now=now, application_id=taken.id, reason="Otra vez")
    assert_sums(session)
    assert _notices(session, member.id) == 3


def test_a_debt_written_down_by_mistake_is_cancelled_and_stays_visible(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    actor = cast.accountant.actor
    movement = add_movement(session, actor=actor, now=now, new=_debt(member.id))
    row = cancel_movement(session, actor=actor, now=now, movement_id=movement.id, reason="Era de otra socia")
    assert (movement.balance_minor, row.amount_minor, row.reason) == (0, 10_000, "Era de otra socia")
    assert owed_in_books(session, member.id) == 0
    with pytest.raises(NotByHand):
        restore_application(session, actor=actor, now=now, application_id=row.id, reason="Al final sí")
    with pytest.raises(NotFound):
        cancel_movement(
            session, actor=cast.outsider.actor, now=now, movement_id=movement.id, reason="De otros"
        )


_STEPS = st.lists(
    st.tuples(st.sampled_from(["repay", "write_off", "cancel", "restore"]), st.integers(1, 12_000)),
    max_size=6,
)


@given(steps=_STEPS, kind=st.sampled_from(TYPED_KINDS))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_steps_rows_sum_and_the_books_hold_what_is_open(
    session: Session, cast: Cast, now: datetime, steps: list[tuple[str, int]], kind: DueKind
) -> None:
    (member,) = add_members(session, 1)
    actor = cast.accountant.actor
    movement = add_movement(session, actor=actor, now=now, new=_debt(member.id, kind))
    last = new_id()
    for step, amount in steps:
        try:
            with session.begin_nested():
                key = new_id()
                if step == "repay":
                    repay_movement(
                        session, actor=actor, now=now, application_id=key, movement_id=movement.id,
                        amount_minor=amount, paid_on=DAY,
                    )  # fmt: skip
                    last = key
                elif step == "write_off":
                    write_off_movement(
                        session, actor=actor, now=now, application_id=key, movement_id=movement.id,
                        decision="Asamblea",
                    )  # fmt: skip
                    last = key
                elif step == "cancel":
                    cancel_movement(session, actor=actor, now=now, movement_id=movement.id, reason="Error")
                else:
                    restore_application(session, actor=actor, now=now, application_id=last, reason="Error")
        except (NotOpenThatMuch, MovementTaken, NotFound, ApplicationRestored):
            continue
    session.refresh(movement)
    assert_sums(session)
    assert owed_in_books(session, member.id) == (0 if kind in OFF_BOOKS else movement.balance_minor)


def test_numbers_follow_each_other(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    for _ in range(3):
        add_movement(session, actor=cast.accountant.actor, now=now, new=_debt(member.id))
    assert list(session.scalars(select(Movement.number).order_by(Movement.number))) == [1, 2, 3]
