"""Settlement runs: from the proceeds to each producer's receipt, to the cent."""

from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, SamePerson, ValidationFailed
from chain.core.ids import new_id
from chain.dues.errors import DeductionsAboveGross
from chain.dues.models import Movement
from chain.ledger.models import JournalEntry
from chain.ledger.services.posting import verify_ledger
from chain.lots.errors import LotBeingSettled
from chain.lots.models import Lot
from chain.lots.services import cancel_lot
from chain.papers.models import Paper
from chain.pricing.errors import NoPriceInForce
from chain.sales.models import Sale
from chain.settlement.errors import NothingToSettle, RunOutdated, RunStateRefused, SaleAlreadySettled
from chain.settlement.models import RunLot, SettlementItem, SettlementLine, SettlementRun
from chain.settlement.services.runs import (
    account_run,
    approve_run,
    discard_run,
    pay_run,
    prepare_period_run,
    prepare_sale_run,
)
from tests.support.cast import Cast
from tests.support.settling import (
    DAY,
    add_advance,
    add_fee,
    add_lot,
    add_members,
    add_price,
    add_sale,
    balances,
    book,
    let_take_all,
    prepare_fortnight,
    prepare_sale,
    sold_lots,
)


def test_a_sale_goes_the_whole_way_to_the_producers(session: Session, cast: Cast, now: datetime) -> None:
    sale, members = sold_lots(session, [[10_000, 5_000], [7_321]])  # S/ 675.00 and S/ 329.45 (329.445)
    add_fee(session, cast, now, 250)
    add_advance(session, cast, now, members[1], 20_000)
    run = prepare_sale(session, cast, now, sale)
    assert (run.gross_minor, run.deductions_minor, run.net_minor) == (100_445, 22_512, 77_933)
    assert run.number == 1
    assert balances(session, cast) == {"advances_to_producers": 20_000, "cash": -20_000}

    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    assert balances(session, cast) == {"advances_to_producers": 20_000, "cash": -20_000}, "nothing moves yet"
    assert session.scalar(select(Sale.state)) == "settling"
    assert set(session.scalars(select(Lot.state))) == {"sold"}
    account_run(session, actor=cast.accountant.actor, now=now, run_id=run.id)
    assert balances(session, cast) == {
        "cash": -20_000,
        "receivable_buyers": 100_445,
        "payable_producers": -77_933,
        "fee_income": -2_512,
    }
    assert set(session.scalars(select(Lot.state))) == {"settled"}
    assert session.scalar(select(Sale.state)) == "settled"
    assert session.scalar(select(Movement.balance_minor)) == 0
    receipts = session.scalars(select(Paper).order_by(Paper.number)).all()
    assert [one.number for one in receipts] == [1, 2]
    assert sum(one.amount_minor for one in receipts) == run.net_minor
    told = [
        (one["kind"], one["name"], one["basis_points"], one["amount_minor"])
        for one in receipts[1].content["deductions"]
    ]
    assert told == [("fee", "Aporte", 250, 824), ("advance", "Esquila 1", None, 20_000)]

    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    assert balances(session, cast) == {
        "cash": -97_933,
        "receivable_buyers": 100_445,
        "fee_income": -2_512,
    }
    assert set(session.scalars(select(SettlementLine.net_minor - SettlementLine.paid_minor))) == {0}
    assert verify_ledger(session, cast.centre.id).is_whole


def test_a_fortnight_of_milk_is_paid_at_the_price_of_each_day(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    for day, millilitres in ((1, 20_500), (7, 20_000), (8, 12_250)):
        add_lot(
            session, member, millilitres, commodity="raw-milk", day=date(2026, 3, day), state="registered"
        )
    add_price(session, cast, now, 175, date(2026, 3, 1), date(2026, 3, 7))
    add_price(session, cast, now, 180, date(2026, 3, 8), date(2026, 3, 31))
    run = prepare_fortnight(session, cast, now)
    amounts = session.execute(
        select(SettlementItem.quantity, SettlementItem.price_minor_per_unit, SettlementItem.amount_minor)
    ).all()
    assert [tuple(row) for row in amounts] == [(40_500, 175, 7088), (12_250, 180, 2205)]
    assert run.gross_minor == 9293
    assert session.scalar(select(func.sum(RunLot.amount_minor))) == 9293
    book(session, cast, now, run)
    assert balances(session, cast) == {"purchases": 9293, "payable_producers": -9293}
    with pytest.raises(NothingToSettle):
        prepare_fortnight(session, cast, now)


def test_days_without_a_price_are_named(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    for day in (3, 4, 9):
        add_lot(session, member, 10_000, commodity="raw-milk", day=date(2026, 3, day))
    add_price(session, cast, now, 175, date(2026, 3, 4), date(2026, 3, 8))
    with pytest.raises(NoPriceInForce) as refused:
        prepare_fortnight(session, cast, now)
    assert str(refused.value.params["days"]) == "2026-03-03, 2026-03-09"
    assert session.scalar(select(func.count()).select_from(SettlementRun)) == 0


def test_deliveries_of_a_standing_run_are_not_paid_again(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    add_lot(session, member, 10_000, commodity="raw-milk")
    add_price(session, cast, now, 175, date(2026, 3, 1), date(2026, 3, 31))
    first = prepare_fortnight(session, cast, now)
    add_lot(session, member, 8_000, commodity="raw-milk")
    second = prepare_fortnight(session, cast, now)
    assert (first.quantity, second.quantity) == (10_000, 8_000)
    discard_run(session, actor=cast.accountant.actor, now=now, run_id=first.id, reason="Faltaba un día")
    assert prepare_fortnight(session, cast, now).quantity == 10_000


def test_advances_are_taken_back_oldest_first_and_never_below_zero(
    session: Session, cast: Cast, now: datetime
) -> None:
    sale, (member,) = sold_lots(session, [[1_000]], price_minor=10_000)
    add_fee(session, cast, now, 250)
    let_take_all(session, cast, now)
    newer = add_advance(session, cast, now, member, 8_000, day=9)
    older = add_advance(session, cast, now, member, 6_000, day=3)
    run = prepare_sale(session, cast, now, sale)
    assert run.net_minor == 0
    book(session, cast, now, run)
    session.expire_all()
    assert (older.balance_minor, newer.balance_minor) == (0, 4_250)
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    content = session.scalars(select(Paper)).one().content
    assert content["net_in_words"] == "CERO CON 00/100 SOLES"
    assert (
        session.scalar(select(SettlementItem.carried_minor).where(SettlementItem.carried_minor > 0)) == 4_250
    )


def test_a_household_keeps_a_fifth_unless_the_assembly_decided_otherwise(
    session: Session, cast: Cast, now: datetime
) -> None:
    sale, (member,) = sold_lots(session, [[1_000]], price_minor=10_001)
    add_advance(session, cast, now, member, 20_000)
    run = prepare_sale(session, cast, now, sale)
    assert run.net_minor == 2_001  # 20 % of 100.01 is 20.002, rounded up for the household


def test_an_advance_planned_by_one_run_is_not_planned_by_the_next(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    sales = [add_sale(session, [add_lot(session, member, 1_000)], 10_000) for _ in range(2)]
    add_advance(session, cast, now, member, 4_000)
    first, second = (prepare_sale(session, cast, now, sale) for sale in sales)
    assert (first.deductions_minor, second.deductions_minor) == (4_000, 0)
    discard_run(session, actor=cast.treasurer.actor, now=now, run_id=first.id, reason="Otra vez")
    assert prepare_sale(session, cast, now, sales[0]).deductions_minor == 4_000


def test_nobody_approves_what_they_prepared(session: Session, cast: Cast, now: datetime) -> None:
    sale, _ = sold_lots(session, [[1_000]])
    run = prepare_sale_run(session, actor=cast.everything.actor, now=now, run_id=new_id(), sale_id=sale.id)
    with pytest.raises(SamePerson):
        approve_run(session, actor=cast.everything.actor, now=now, run_id=run.id)
    with pytest.raises(Forbidden):
        approve_run(session, actor=cast.accountant.actor, now=now, run_id=run.id)
    with pytest.raises(Forbidden):
        prepare_sale_run(session, actor=cast.treasurer.actor, now=now, run_id=new_id(), sale_id=sale.id)
    assert approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id).state == "approved"
    with pytest.raises(Forbidden):
        account_run(session, actor=cast.clerk.actor, now=now, run_id=run.id)


def test_an_outsider_finds_neither_the_sale_nor_the_run(session: Session, cast: Cast, now: datetime) -> None:
    sale, _ = sold_lots(session, [[1_000]])
    outsider = cast.outsider.actor
    with pytest.raises(NotFound):
        prepare_sale_run(session, actor=outsider, now=now, run_id=new_id(), sale_id=sale.id)
    run = prepare_sale(session, cast, now, sale)
    with pytest.raises(NotFound):
        approve_run(session, actor=outsider, now=now, run_id=run.id)
    with pytest.raises(NotFound):
        pay_run(session, actor=outsider, now=now, run_id=run.id)
    with pytest.raises(NotFound):
        discard_run(session, actor=outsider, now=now, run_id=run.id, reason="No es mía")


def test_the_same_id_prepares_once_and_refuses_other_content(
    session: Session, cast: Cast, now: datetime
) -> None:
    sale, _ = sold_lots(session, [[1_000]])
    actor = cast.accountant.actor
    run = prepare_sale(session, cast, now, sale)
    again = prepare_sale_run(session, actor=actor, now=now, run_id=run.id, sale_id=sale.id)
    assert again.id == run.id
    assert session.scalar(select(func.count()).select_from(SettlementRun)) == 1
    with pytest.raises(IdempotencyConflict):
        prepare_sale_run(session, actor=actor, now=now, run_id=run.id, sale_id=new_id())
    with pytest.raises(SaleAlreadySettled):
        prepare_sale(session, cast, now, sale)


def test_steps_out_of_order_are_refused(session: Session, cast: Cast, now: datetime) -> None:
    sale, _ = sold_lots(session, [[1_000]])
    run = prepare_sale(session, cast, now, sale)
    treasurer = cast.treasurer.actor
    for step in (account_run, pay_run):
        with pytest.raises(RunStateRefused):
            step(session, actor=treasurer, now=now, run_id=run.id)
    approve_run(session, actor=treasurer, now=now, run_id=run.id)
    for step in (approve_run, pay_run):
        with pytest.raises(RunStateRefused):
            step(session, actor=cast.second_treasurer.actor, now=now, run_id=run.id)
    account_run(session, actor=treasurer, now=now, run_id=run.id)
    for step in (approve_run, account_run):
        with pytest.raises(RunStateRefused):
            step(session, actor=cast.second_treasurer.actor, now=now, run_id=run.id)
    with pytest.raises(RunStateRefused):
        discard_run(session, actor=treasurer, now=now, run_id=run.id, reason="Tarde")
    pay_run(session, actor=treasurer, now=now, run_id=run.id)
    with pytest.raises(RunStateRefused):
        pay_run(session, actor=treasurer, now=now, run_id=run.id)
    assert session.scalar(select(func.count()).select_from(JournalEntry)) == 2


def test_an_approved_run_locks_its_deliveries_until_it_is_discarded(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    lot = add_lot(session, member, 10_000, commodity="raw-milk", state="registered")
    add_price(session, cast, now, 175, date(2026, 3, 1), date(2026, 3, 31))
    run = prepare_fortnight(session, cast, now)
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    clerk = cast.clerk.actor
    with pytest.raises(LotBeingSettled):
        cancel_lot(session, actor=clerk, now=now, lot_id=lot.id, reason="Mal pesado")
    discard_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id, reason="Mal pesado")
    session.expire_all()
    assert cancel_lot(session, actor=clerk, now=now, lot_id=lot.id, reason="Mal pesado").state == "cancelled"


def test_a_run_whose_lots_changed_is_not_approved(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    lot = add_lot(session, member, 10_000, commodity="raw-milk")
    add_price(session, cast, now, 175, date(2026, 3, 1), date(2026, 3, 31))
    run = prepare_fortnight(session, cast, now)
    lot.state = "cancelled"
    session.flush()
    with pytest.raises(RunOutdated):
        approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)


def test_a_discard_needs_a_reason(session: Session, cast: Cast, now: datetime) -> None:
    sale, _ = sold_lots(session, [[1_000]])
    run = prepare_sale(session, cast, now, sale)
    with pytest.raises(ValidationFailed):
        discard_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id, reason=" ")
    assert run.state == "prepared"


def test_fees_above_everything_are_refused(session: Session, cast: Cast, now: datetime) -> None:
    sale, _ = sold_lots(session, [[1_000]])
    add_fee(session, cast, now, 9_000)
    add_fee(session, cast, now, 2_000, "Otro aporte")
    with pytest.raises(DeductionsAboveGross):
        prepare_sale(session, cast, now, sale)


def test_no_period_that_is_not_over_or_runs_backwards(session: Session, cast: Cast, now: datetime) -> None:
    for first, last in ((DAY, date(2026, 3, 17)), (DAY, date(2026, 3, 1)), (date(2020, 1, 1), DAY)):
        with pytest.raises(ValidationFailed):
            prepare_period_run(
                session,
                actor=cast.accountant.actor,
                now=now,
                run_id=new_id(),
                commodity="raw-milk",
                period_from=first,
                period_to=last,
            )


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    weights=st.lists(
        st.lists(st.integers(min_value=1, max_value=90_000), min_size=1, max_size=4), min_size=1, max_size=6
    ),
    price=st.integers(min_value=1, max_value=20_000),
    basis_points=st.lists(st.integers(min_value=1, max_value=3_000), max_size=3),
    owed=st.lists(st.integers(min_value=1, max_value=500_000), max_size=4),
)
def test_nets_fees_and_advances_sum_to_the_proceeds_to_the_cent(
    session: Session,
    cast: Cast,
    now: datetime,
    weights: list[list[int]],
    price: int,
    basis_points: list[int],
    owed: list[int],
) -> None:
    with session.begin_nested() as savepoint:
        sale, members = sold_lots(session, weights, price)
        for points in basis_points:
            add_fee(session, cast, now, points)
        for index, minor in enumerate(owed):
            add_advance(session, cast, now, members[index % len(members)], minor, day=index + 1)
        run = prepare_sale(session, cast, now, sale)
        lines = session.scalars(select(SettlementLine).where(SettlementLine.run_id == run.id)).all()
        by_kind = {
            row[0]: int(row[1])
            for row in session.execute(
                select(SettlementItem.kind, func.sum(SettlementItem.amount_minor)).group_by(
                    SettlementItem.kind
                )
            )
        }
        taken = -by_kind.get("fee", 0) - by_kind.get("movement", 0)
        assert run.gross_minor == sale.proceeds_minor == by_kind["delivery"]
        assert sum(line.net_minor for line in lines) + taken == sale.proceeds_minor
        assert session.scalar(select(func.sum(RunLot.amount_minor))) == sale.proceeds_minor
        assert all(line.net_minor >= 0 for line in lines)
        book(session, cast, now, run)
        pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
        assert verify_ledger(session, cast.centre.id).is_whole
        assert balances(session, cast).get("payable_producers", 0) == 0
        savepoint.rollback()
    session.expunge_all()
