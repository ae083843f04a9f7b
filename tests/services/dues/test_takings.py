"""Balances move when a run is accounted and back when it is reversed; each amount is a row, and they sum."""

from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.dues.errors import DuesOutdated, TakingsApplied
from chain.dues.models import Application, Movement
from chain.dues.queries.dues import dues_for_run
from chain.dues.rules import GrossFacts, Taking, take
from chain.dues.services.movements import give_advance
from chain.dues.services.takings import apply_takings, restore_takings
from chain.settlement.models import SettlementRun
from tests.support.cast import CENTRE, Cast
from tests.support.settling import DAY, add_members

LAST = date(2026, 3, 15)


def add_run(session: Session, now: datetime) -> UUID:
    """Add a bare run, for its id."""
    number = session.scalar(select(func.count()).select_from(SettlementRun)) or 0
    run = SettlementRun(
        id=new_id(),
        organisation_id=CENTRE.id,
        number=number + 1,
        kind="period",
        commodity="raw-milk",
        period_from=DAY,
        period_to=LAST,
        currency="PEN",
        quantity=1,
        unit="ml",
        goods_minor=0,
        gross_minor=0,
        deductions_minor=0,
        net_minor=0,
        state="prepared",
        facts={},
        prepared_at=now,
        content_hash="0" * 64,
    )
    session.add(run)
    session.flush()
    return run.id


def _give(session: Session, cast: Cast, now: datetime, producer_id: UUID, amount: int) -> Movement:
    return give_advance(
        session,
        actor=cast.accountant.actor,
        now=now,
        advance_id=new_id(),
        producer_id=producer_id,
        amount_minor=amount,
        given_on=DAY,
        note="Sal mineral",
    )


def _taken(session: Session, producer_id: UUID, gross: int) -> list[Taking]:
    dues = dues_for_run(session, CENTRE.id, "PEN", DAY, LAST)
    return take({producer_id: GrossFacts(gross, 1000)}, dues.rules, dues.movements, dues.cap)


def _apply(session: Session, cast: Cast, now: datetime, run_id: UUID, takings: list[Taking]) -> int:
    return apply_takings(
        session,
        actor=cast.treasurer.actor,
        now=now,
        organisation_id=CENTRE.id,
        run_id=run_id,
        applied_on=LAST,
        takings=takings,
    )


def _restore(session: Session, cast: Cast, now: datetime, run_id: UUID) -> int:
    return restore_takings(
        session,
        actor=cast.treasurer.actor,
        now=now,
        organisation_id=CENTRE.id,
        run_id=run_id,
        applied_on=LAST,
    )


def assert_sums(session: Session) -> None:
    """Check that what was taken is amount less balance, for every debt."""
    rows = session.execute(
        select(
            Movement.amount_minor - Movement.balance_minor,
            func.coalesce(func.sum(Application.amount_minor), 0),
        )
        .outerjoin(Application, Application.movement_id == Movement.id)
        .group_by(Movement.id, Movement.amount_minor, Movement.balance_minor)
    )
    assert all(taken == applied for taken, applied in rows)


def test_applying_and_restoring_leave_every_balance_as_before(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    debts = [_give(session, cast, now, member.id, amount) for amount in (5_000, 9_000)]
    run_id = add_run(session, now)
    takings = _taken(session, member.id, 10_000)
    assert [one.balance_minor for one in debts] == [5_000, 9_000]
    assert _apply(session, cast, now, run_id, takings) == 2
    assert [one.balance_minor for one in debts] == [0, 6_000]
    assert_sums(session)
    with pytest.raises(TakingsApplied):
        _apply(session, cast, now, run_id, takings)
    assert _restore(session, cast, now, run_id) == 2
    assert [one.balance_minor for one in debts] == [5_000, 9_000]
    assert _restore(session, cast, now, run_id) == 0
    assert_sums(session)
    assert _apply(session, cast, now, run_id, takings) == 2
    assert_sums(session)


def test_a_second_run_that_planned_the_same_debt_is_outdated(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    debt = _give(session, cast, now, member.id, 5_000)
    first, second = add_run(session, now), add_run(session, now)
    takings = _taken(session, member.id, 100_000)
    _apply(session, cast, now, first, takings)
    with pytest.raises(DuesOutdated):
        _apply(session, cast, now, second, takings)
    assert debt.balance_minor == 0


def test_what_another_run_plans_is_not_open(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    debt = _give(session, cast, now, member.id, 5_000)
    dues = dues_for_run(session, CENTRE.id, "PEN", DAY, LAST, planned={debt.id: 3_000})
    assert [one.balance_minor for one in dues.movements] == [2_000]
    assert not dues_for_run(session, CENTRE.id, "PEN", DAY, LAST, planned={debt.id: 5_000}).movements


def test_a_debt_counts_from_its_day_on_however_old(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    _give(session, cast, now, member.id, 5_000)
    assert not dues_for_run(session, CENTRE.id, "PEN", DAY, date(2026, 3, 1)).movements
    assert dues_for_run(session, CENTRE.id, "PEN", date(2027, 1, 1), date(2027, 1, 15)).movements
    assert not dues_for_run(session, CENTRE.id, "USD", DAY, LAST).movements
