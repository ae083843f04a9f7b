from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, ValidationFailed
from chain.core.ids import new_id
from chain.settlement.errors import LaterRunStands
from chain.settlement.fortnight import errors
from chain.settlement.fortnight.services.one_offs import add_bank_fee
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.fortnight.services.zones import Reading, record_readings
from chain.settlement.models import RunLot, SettlementBlock, SettlementItem, SettlementLine, SettlementRun
from chain.settlement.services.period import prepare_period_run
from chain.settlement.services.reversing import reverse_run
from chain.settlement.services.runs import account_run, approve_run, discard_run
from tests.support.cast import Cast
from tests.support.dairy import MARCH, add_producers, bring, set_four_prices, weigh, withhold_nothing
from tests.support.settling import balances

MONDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 8)


@pytest.fixture
def dairy(session: Session, cast: Cast, now: datetime) -> list[object]:
    """Two producers with a weekday and a Sunday of milk, weighed two litres short."""
    set_four_prices(session)
    withhold_nothing(session)
    one, two = add_producers(session, 2)
    for producer, day, litres in (
        (one, MONDAY, 70),
        (one, MONDAY, 50),
        (two, MONDAY, 50),
        (one, SUNDAY, 33.333),
    ):
        bring(session, producer, day, litres)
    weigh(session, cast.accountant.actor, now, {MONDAY: 168_000})
    return [one, two]


def prepare(session: Session, cast: Cast, now: datetime, **more: object) -> SettlementRun:
    values = {"run_id": new_id(), "first_day": MARCH.first} | more
    return prepare_fortnight_run(session, actor=cast.accountant.actor, now=now, **values)  # type: ignore[arg-type]


def test_lines_blocks_items_and_lots_sum_to_the_run(
    session: Session, cast: Cast, now: datetime, dairy: list[object]
) -> None:
    run = prepare(session, cast, now)
    # 170 l at 5.00, two litres short: 840.00; 33.333 l at 4.50: 150.00
    assert (run.method, run.quantity, run.goods_minor, run.net_minor) == (
        "milk-fortnight",
        203_333,
        100_000,
        99_000,
    )
    lines = session.scalars(select(SettlementLine).where(SettlementLine.run_id == run.id)).all()
    assert Counter(line.lots for line in lines) == {3: 1, 1: 1}
    assert sum(line.net_minor for line in lines) == run.net_minor
    blocks = session.scalars(
        select(SettlementBlock).where(SettlementBlock.run_id == run.id).order_by(SettlementBlock.position)
    ).all()
    assert [(one.block, one.producers, one.net_minor) for one in blocks] == [
        ("weekday", 2, 84_000),
        ("sunday", 1, 15_000),
    ]
    assert blocks[0].explanation["params"]["scale_ml"] == 168_000
    lots = session.execute(
        select(RunLot.line_id, func.sum(RunLot.amount_minor))
        .where(RunLot.run_id == run.id)
        .group_by(RunLot.line_id)
    )
    assert {row[0]: int(row[1]) for row in lots} == {line.id: line.goods_minor for line in lines}


def test_each_amount_says_why(session: Session, cast: Cast, now: datetime, dairy: list[object]) -> None:
    run = prepare(session, cast, now)
    items = session.scalars(
        select(SettlementItem)
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(SettlementLine.run_id == run.id)
    ).all()
    assert {item.kind for item in items} == {"delivery", "weighing"}
    assert all(item.explanation and item.zone_id and item.block for item in items)
    weighing = [item.amount_minor for item in items if item.kind == "weighing"]
    assert sorted(weighing) == [-706, -294]


def test_a_run_goes_through_its_states_and_the_books_close(
    session: Session, cast: Cast, now: datetime, dairy: list[object]
) -> None:
    run = prepare(session, cast, now)
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    account_run(session, actor=cast.accountant.actor, now=now, run_id=run.id)
    assert run.state == "accounted"


def test_a_fee_of_the_bank_is_taken_back_when_its_fortnight_is_accounted(
    session: Session, cast: Cast, now: datetime, dairy: list[Any]
) -> None:
    facts = {"actor": cast.accountant.actor, "now": now, "producer_id": dairy[0], "name": "Transferencia"}
    add_bank_fee(session, fee_id=new_id(), amount_minor=250, dated_on=MONDAY, **facts)
    add_bank_fee(session, fee_id=new_id(), amount_minor=999, dated_on=date(2026, 3, 16), **facts)
    before = balances(session, cast)
    run = prepare(session, cast, now)
    assert run.net_minor == 99_000 - 250
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    account_run(session, actor=cast.accountant.actor, now=now, run_id=run.id)
    assert balances(session, cast)["bank_charges"] == -250
    with pytest.raises(ValidationFailed):
        add_bank_fee(session, fee_id=new_id(), amount_minor=100, dated_on=SUNDAY, **facts)
    reverse_run(session, actor=cast.accountant.actor, now=now, run_id=run.id, reason="Wrong reading")
    assert balances(session, cast) == before
    add_bank_fee(session, fee_id=new_id(), amount_minor=100, dated_on=SUNDAY, **facts)


def test_a_second_run_of_a_fortnight_is_refused_until_the_first_is_discarded(
    session: Session, cast: Cast, now: datetime, dairy: list[object]
) -> None:
    run = prepare(session, cast, now)
    assert prepare(session, cast, now, run_id=run.id) is run
    with pytest.raises(errors.FortnightSettled):
        prepare(session, cast, now)
    with pytest.raises(IdempotencyConflict):
        prepare(session, cast, now, run_id=run.id, first_day=date(2026, 2, 16))
    discard_run(session, actor=cast.accountant.actor, now=now, run_id=run.id, reason="Wrong reading")
    assert prepare(session, cast, now).net_minor == 99_000


def test_an_earlier_fortnight_with_milk_comes_first(
    session: Session, cast: Cast, now: datetime, dairy: list[object]
) -> None:
    later = datetime(2026, 4, 1, 15, tzinfo=UTC)
    bring(session, dairy[0], date(2026, 3, 22), 10)  # type: ignore[arg-type]
    with pytest.raises(errors.EarlierFortnightOpen) as refused:
        prepare(session, cast, later, first_day=date(2026, 3, 16))
    assert refused.value.params["first"] == MARCH.first
    run = prepare(session, cast, later)
    with pytest.raises(errors.EarlierFortnightOpen):
        prepare(session, cast, later, first_day=date(2026, 3, 16))
    approve_run(session, actor=cast.treasurer.actor, now=later, run_id=run.id)
    account_run(session, actor=cast.accountant.actor, now=later, run_id=run.id)
    assert prepare(session, cast, later, first_day=date(2026, 3, 16)).net_minor == 4_500


def test_a_fortnight_is_not_accounted_while_an_earlier_one_was_taken_back(
    session: Session, cast: Cast, now: datetime, dairy: list[object]
) -> None:
    later = datetime(2026, 4, 1, 15, tzinfo=UTC)
    accountant, treasurer = cast.accountant.actor, cast.treasurer.actor
    bring(session, dairy[0], date(2026, 3, 22), 10)  # type: ignore[arg-type]
    first = prepare(session, cast, later)
    approve_run(session, actor=treasurer, now=later, run_id=first.id)
    account_run(session, actor=accountant, now=later, run_id=first.id)
    second = prepare(session, cast, later, first_day=date(2026, 3, 16))
    approve_run(session, actor=treasurer, now=later, run_id=second.id)
    reverse_run(session, actor=accountant, now=later, run_id=first.id, reason="Wrong reading")
    with pytest.raises(errors.EarlierFortnightOpen):
        account_run(session, actor=accountant, now=later, run_id=second.id)
    approve_run(session, actor=treasurer, now=later, run_id=first.id)
    account_run(session, actor=accountant, now=later, run_id=first.id)
    account_run(session, actor=accountant, now=later, run_id=second.id)
    with pytest.raises(LaterRunStands):
        reverse_run(session, actor=accountant, now=later, run_id=first.id, reason="Wrong reading")


def test_milk_that_was_written_down_late_is_paid_before_the_next_fortnight(
    session: Session, cast: Cast, now: datetime, dairy: list[object]
) -> None:
    later = datetime(2026, 4, 1, 15, tzinfo=UTC)
    accountant, treasurer = cast.accountant.actor, cast.treasurer.actor
    run = prepare(session, cast, later)
    approve_run(session, actor=treasurer, now=later, run_id=run.id)
    account_run(session, actor=accountant, now=later, run_id=run.id)
    bring(session, dairy[0], date(2026, 3, 3), 10)  # type: ignore[arg-type]
    bring(session, dairy[0], date(2026, 3, 22), 10)  # type: ignore[arg-type]
    with pytest.raises(errors.LateDeliveries) as refused:
        prepare(session, cast, later, first_day=date(2026, 3, 16))
    assert refused.value.params == {"first": MARCH.first, "day": date(2026, 3, 3)}
    day = {"period_from": date(2026, 3, 3), "period_to": date(2026, 3, 3), "commodity": "raw-milk"}
    late = prepare_period_run(session, actor=accountant, now=later, run_id=new_id(), **day)  # type: ignore[arg-type]
    approve_run(session, actor=treasurer, now=later, run_id=late.id)
    account_run(session, actor=accountant, now=later, run_id=late.id)
    assert prepare(session, cast, later, first_day=date(2026, 3, 16)).net_minor == 4_500


def test_a_fortnight_without_milk_gets_no_payroll(
    session: Session, cast: Cast, now: datetime, dairy: list[object]
) -> None:
    with pytest.raises(errors.NothingDelivered):
        prepare(session, cast, now, first_day=date(2026, 2, 16))


def test_a_fortnight_that_is_not_over_waits(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(ValidationFailed):
        prepare(session, cast, now, first_day=date(2026, 3, 16))
    with pytest.raises(errors.NotAFortnight):
        prepare(session, cast, now, first_day=date(2026, 3, 2))
    with pytest.raises(Forbidden):
        prepare_fortnight_run(
            session, actor=cast.clerk.actor, now=now, run_id=new_id(), first_day=MARCH.first
        )


def test_everything_that_is_missing_is_named_at_once(session: Session, cast: Cast, now: datetime) -> None:
    (one,) = add_producers(session, 1)
    bring(session, one, MONDAY, 10)
    with pytest.raises(errors.FortnightWaits) as refused:
        prepare(session, cast, now)
    assert [type(one) for one in refused.value.problems] == [
        errors.NoPriceForFortnight,
        errors.RatesMissing,
        errors.ScaleReadingMissing,
    ]


def test_readings_stand_while_the_run_of_their_fortnight_does(
    session: Session, cast: Cast, now: datetime, dairy: list[object]
) -> None:
    zone = weigh(session, cast.accountant.actor, now, {SUNDAY: 1_000})
    run = prepare(session, cast, now)
    reading = Reading(zone, MONDAY, 170_000)
    with pytest.raises(errors.FortnightLocked):
        record_readings(session, actor=cast.treasurer.actor, now=now, readings=[reading])
    discard_run(session, actor=cast.accountant.actor, now=now, run_id=run.id, reason="Wrong reading")
    record_readings(session, actor=cast.treasurer.actor, now=now, readings=[reading])
    assert prepare(session, cast, now).net_minor == 100_000
