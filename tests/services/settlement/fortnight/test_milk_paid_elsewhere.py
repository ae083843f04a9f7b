"""The scale shows all milk of a day: what other settlements pay is in the book it is compared with, and in nobody's payroll twice."""

from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.settlement.errors import RunOutdated
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.fortnight.services.terms import set_quota
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from chain.settlement.services.period import prepare_gate_run, prepare_period_run
from chain.settlement.services.runs import account_run, approve_run, discard_run
from tests.support.cast import Cast
from tests.support.dairy import MARCH, add_producers, bring, set_four_prices, weigh, withhold_nothing
from tests.support.settling import book

MONDAY, THURSDAY = date(2026, 3, 2), date(2026, 3, 12)


@pytest.fixture
def two(session: Session) -> list[UUID]:
    set_four_prices(session)
    withhold_nothing(session)
    return add_producers(session, 2)


def fortnight(session: Session, cast: Cast, now: datetime) -> SettlementRun:
    return prepare_fortnight_run(
        session, actor=cast.accountant.actor, now=now, run_id=new_id(), first_day=MARCH.first
    )


def weighings(session: Session, run: SettlementRun) -> list[SettlementItem]:
    return list(
        session.scalars(
            select(SettlementItem)
            .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
            .where(SettlementLine.run_id == run.id, SettlementItem.kind == "weighing")
        )
    )


def pay_gate(session: Session, cast: Cast, now: datetime, lot: UUID) -> SettlementRun:
    actor = cast.accountant.actor
    return book(
        session, cast, now, prepare_gate_run(session, actor=actor, now=now, run_id=new_id(), lot_ids=[lot])
    )


def test_milk_paid_at_the_gate_is_not_paid_again_as_a_weighing_difference(
    session: Session, cast: Cast, now: datetime, two: list[UUID]
) -> None:
    ana, rosa = two
    lot = bring(session, ana, MONDAY, 100)
    bring(session, rosa, MONDAY, 100)
    weigh(session, cast.accountant.actor, now, {MONDAY: 199_000})
    paid = pay_gate(session, cast, now, lot)
    run = fortnight(session, cast, now)
    # 100 l at 5.00 and one litre that the scale lacks of 200: 500.00 − 5.00
    assert (paid.net_minor, run.goods_minor, run.net_minor) == (50_000, 50_000, 49_500)
    (item,) = weighings(session, run)
    assert item.explanation is not None
    told = item.explanation["params"]
    assert (told["scale_ml"], told["book_ml"], told["elsewhere_ml"]) == (199_000, 200_000, 100_000)
    assert "other settlements" in item.explanation["msgid"]
    book(session, cast, now, run)


def test_milk_of_a_part_of_the_fortnight_that_was_settled_before_is_not_paid_again(
    session: Session, cast: Cast, now: datetime, two: list[UUID]
) -> None:
    ana, rosa = two
    bring(session, ana, MONDAY, 100)
    bring(session, rosa, THURSDAY, 100)
    weigh(session, cast.accountant.actor, now, {MONDAY: 102_000, THURSDAY: 100_000})
    part = prepare_period_run(
        session,
        actor=cast.accountant.actor,
        now=now,
        run_id=new_id(),
        commodity="raw-milk",
        period_from=date(2026, 3, 1),
        period_to=date(2026, 3, 10),
    )
    book(session, cast, now, part)
    run = fortnight(session, cast, now)
    assert (part.net_minor, run.goods_minor, run.net_minor) == (50_000, 50_000, 51_000)


def test_a_day_of_milk_paid_elsewhere_needs_no_reading_and_used_the_quota(
    session: Session, cast: Cast, now: datetime, two: list[UUID]
) -> None:
    ana, rosa = two
    set_quota(
        session,
        actor=cast.accountant.actor,
        now=now,
        quota_id=new_id(),
        producer_id=rosa,
        per_day_ml=80_000,
        weekday_minor=0,
        sunday_minor=0,
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31),
    )
    lots = [bring(session, ana, MONDAY, 100), bring(session, rosa, THURSDAY, 50)]
    bring(session, rosa, THURSDAY, 50)
    weigh(session, cast.accountant.actor, now, {THURSDAY: 100_000})
    for lot in lots:
        pay_gate(session, cast, now, lot)
    run = fortnight(session, cast, now)
    # 30 l at 5.00 fill the quota, 20 l at 4.00 lie over it; the scale agrees
    assert (run.goods_minor, run.net_minor) == (23_000, 23_000)


def test_milk_that_was_written_down_after_the_run_was_prepared_stops_its_approval(
    session: Session, cast: Cast, now: datetime, two: list[UUID]
) -> None:
    ana, rosa = two
    bring(session, ana, MONDAY, 100)
    weigh(session, cast.accountant.actor, now, {MONDAY: 110_000})
    run = fortnight(session, cast, now)
    bring(session, rosa, MONDAY, 10)
    with pytest.raises(RunOutdated):
        approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    discard_run(session, actor=cast.accountant.actor, now=now, run_id=run.id, reason="Falta leche")
    again = fortnight(session, cast, now)
    assert (again.goods_minor, again.net_minor) == (55_000, 55_000)
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=again.id)
    later = bring(session, rosa, MONDAY, 10)
    with pytest.raises(RunOutdated):
        account_run(session, actor=cast.accountant.actor, now=now, run_id=again.id)
    pay_gate(session, cast, now, later)  # the scale showed it, and the others were to get its money
    with pytest.raises(RunOutdated):
        account_run(session, actor=cast.accountant.actor, now=now, run_id=again.id)
