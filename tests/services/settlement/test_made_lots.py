"""Money goes back over everything that was done with the goods: merged, sorted, taken back, turned into cheese."""

from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.genealogy.errors import CannotUndo
from chain.genealogy.rules import Lost, Made, ProcessRun, TakeBack, Undo
from chain.genealogy.services import process_lots, take_back, undo_event
from chain.ledger.models import LedgerAccount
from chain.lots.models import Lot
from chain.pricing.services.flat import set_price
from chain.sales.queries import sale_deliveries
from chain.settlement.errors import NothingToSettle, PeriodRunWaits, RunOutdated
from chain.settlement.models import RunLot, SettlementLine, SettlementRun
from chain.settlement.services.runs import (
    approve_run,
    discard_run,
    pay_run,
    prepare_period_run,
    prepare_sale_run,
)
from tests.support.cast import Cast
from tests.support.genealogy import merge, sort, split
from tests.support.settling import DAY, Member, add_lot, add_members, add_sale, book

PERIOD = (date(2026, 3, 1), date(2026, 3, 15))


def lines_of(session: Session, run: SettlementRun) -> dict[object, SettlementLine]:
    rows = session.scalars(select(SettlementLine).where(SettlementLine.run_id == run.id))
    return {row.producer_id: row for row in rows}


def settle_period(session: Session, cast: Cast, now: datetime, commodity: str, price: int) -> SettlementRun:
    set_price(
        session,
        actor=cast.accountant.actor,
        now=now,
        price_id=new_id(),
        commodity=commodity,
        price_minor_per_unit=price,
        valid_from=PERIOD[0],
        valid_to=PERIOD[1],
        decided_by="Asamblea",
    )
    run = prepare_period_run(
        session,
        actor=cast.accountant.actor,
        now=now,
        run_id=new_id(),
        commodity=commodity,
        period_from=PERIOD[0],
        period_to=PERIOD[1],
    )
    return book(session, cast, now, run)


def settle_sale(session: Session, cast: Cast, now: datetime, lots: list[Lot], price: int) -> SettlementRun:
    sale = add_sale(session, lots, price)
    run = prepare_sale_run(session, actor=cast.accountant.actor, now=now, run_id=new_id(), sale_id=sale.id)
    return book(session, cast, now, run)


def three_fleeces(session: Session) -> tuple[list[Member], list[Lot]]:
    members = add_members(session, 3)
    weights = (3_000, 2_000, 1_001)
    lots = [add_lot(session, one, grams) for one, grams in zip(members, weights, strict=True)]
    return members, lots


def test_a_merged_and_sorted_lot_pays_each_producer_by_what_is_inside(
    session: Session, cast: Cast, now: datetime
) -> None:
    members, lots = three_fleeces(session)
    bulk = merge(session, now, *lots)
    parts = sort(session, now, bulk, {"baby": 4_000, "fleece": 2_001})
    run = settle_sale(session, cast, now, [parts["baby"]], 5_000)  # S/ 50 a kilo, 4 kg
    lines = lines_of(session, run)
    # 4,000 g of 6,001: 1,999.67, 1,333.11, 667.22 → 2,000, 1,333, 667 g; S/ 200 by these: 100.00, 66.65, 33.35
    assert [lines[one.id].quantity for one in members] == [2_000, 1_333, 667]
    assert [lines[one.id].gross_minor for one in members] == [10_000, 6_665, 3_335]
    assert run.gross_minor == 20_000
    assert run.own_minor == 0
    assert {row.lot_id for row in session.scalars(select(RunLot))} == {parts["baby"].id}


def test_both_classes_sold_apart_pay_everybody_for_every_gram(
    session: Session, cast: Cast, now: datetime
) -> None:
    members, lots = three_fleeces(session)
    parts = sort(session, now, merge(session, now, *lots), {"baby": 4_000, "fleece": 2_001})
    first = settle_sale(session, cast, now, [parts["baby"]], 5_000)
    second = settle_sale(session, cast, now, [parts["fleece"]], 2_000)
    paid = [lines_of(session, run) for run in (first, second)]
    assert [sum(one[member.id].quantity for one in paid) for member in members] == [3_000, 2_000, 1_001]
    assert pay_run(session, actor=cast.treasurer.actor, now=now, run_id=first.id).state == "paid"


def test_deliveries_whose_goods_were_sold_are_not_bought_by_a_period(
    session: Session, cast: Cast, now: datetime
) -> None:
    _, lots = three_fleeces(session)
    settle_sale(session, cast, now, [merge(session, now, *lots)], 5_000)
    with pytest.raises(NothingToSettle):
        settle_period(session, cast, now, "alpaca-fibre", 1_000)


def test_cheese_of_paid_milk_is_the_organisation_s_own(session: Session, cast: Cast, now: datetime) -> None:
    members = add_members(session, 2)
    milk = [add_lot(session, one, 10_000, commodity="raw-milk", state="registered") for one in members]
    tank = merge(session, now, *milk)
    period = settle_period(session, cast, now, "raw-milk", 175)
    assert period.net_minor == 3_500
    cheese = new_id()
    process_lots(
        session,
        actor=cast.clerk.actor,
        now=now,
        event=ProcessRun(
            id=new_id(),
            happened_at=now,
            process="cheese",
            lot_ids=(tank.id,),
            outputs=(
                Made(id=cheese, commodity="cheese", quantity=2_000),
                Made(id=new_id(), commodity="whey", quantity=18_600),
            ),
            density="1.030",
        ),
    )
    run = settle_sale(session, cast, now, [session.get_one(Lot, cheese)], 3_000)
    assert (run.gross_minor, run.own_minor, run.own_quantity) == (0, 6_000, 2_000)
    assert lines_of(session, run) == {}
    own = session.scalars(select(LedgerAccount).where(LedgerAccount.code == "own_sales")).one()
    assert own.balance_minor == -6_000
    assert pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id).state == "paid"


def test_what_was_taken_back_is_not_paid(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    lot = add_lot(session, member, 10_000, commodity="raw-milk", state="registered")
    rest = new_id()
    order = TakeBack(
        id=new_id(),
        happened_at=now,
        lot_id=lot.id,
        producer_id=member.id,
        quantity=4_000,
        remainder_id=rest,
        reason="para la casa",
    )
    take_back(session, actor=cast.clerk.actor, now=now, event=order)
    run = settle_period(session, cast, now, "raw-milk", 200)
    assert (run.quantity, run.net_minor) == (6_000, 1_200)


def test_a_take_back_after_the_calculation_stops_the_approval(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    lot = add_lot(session, member, 10_000, commodity="raw-milk", state="registered")
    set_price(
        session,
        actor=cast.accountant.actor,
        now=now,
        price_id=new_id(),
        commodity="raw-milk",
        price_minor_per_unit=200,
        valid_from=PERIOD[0],
        valid_to=PERIOD[1],
        decided_by="Asamblea",
    )
    run = prepare_period_run(
        session,
        actor=cast.accountant.actor,
        now=now,
        run_id=new_id(),
        commodity="raw-milk",
        period_from=PERIOD[0],
        period_to=PERIOD[1],
    )
    order = TakeBack(
        id=new_id(),
        happened_at=now,
        lot_id=lot.id,
        producer_id=member.id,
        quantity=4_000,
        remainder_id=new_id(),
        reason="para la casa",
    )
    take_back(session, actor=cast.clerk.actor, now=now, event=order)
    with pytest.raises(RunOutdated):
        approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    weights=st.lists(st.integers(1, 60_000), min_size=2, max_size=8),
    cuts=st.integers(1, 9),
    price=st.integers(1, 30_000),
)
def test_proceeds_split_back_over_any_split_sum_to_the_cent(
    session: Session, cast: Cast, now: datetime, weights: list[int], cuts: int, price: int
) -> None:
    with session.begin_nested() as attempt:
        members = add_members(session, len(weights))
        lots = [add_lot(session, one, grams) for one, grams in zip(members, weights, strict=True)]
        bulk = merge(session, now, *lots)
        first = max(1, bulk.quantity * cuts // 10)
        parts = split(session, now, bulk, first, bulk.quantity - first)
        sale = add_sale(session, parts, price)
        found = sale_deliveries(session, sale.id)
        assert sum(one.amount_minor for one in found) == sale.proceeds_minor
        by_source: dict[object, int] = {}
        for one in found:
            by_source[one.source_id] = by_source.get(one.source_id, 0) + one.quantity
        assert by_source == {lot.id: lot.quantity for lot in lots}
        attempt.rollback()


def test_the_day_of_the_deliveries_is_kept(session: Session, now: datetime) -> None:
    _, lots = three_fleeces(session)
    sale = add_sale(session, [merge(session, now, *lots)])
    assert {one.delivered_on for one in sale_deliveries(session, sale.id)} == {DAY}


def test_charque_taken_back_is_no_part_of_the_carcass_that_is_paid(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    carcass = add_lot(session, member, 30_000, commodity="llama-carcass", state="registered")
    cut, charque = new_id(), new_id()
    for process, source, made, weight in (
        ("cut", carcass.id, Made(id=cut, commodity="meat-cut", quantity=20_000), 30_000),
        ("dry", cut, Made(id=charque, commodity="charque", quantity=7_000), 20_000),
    ):
        lost = Lost(cause="moisture", quantity=weight - made.quantity)
        order = ProcessRun(
            id=new_id(),
            happened_at=now,
            process=process,
            lot_ids=(source,),
            outputs=(made,),
            losses=(lost,),
        )
        process_lots(session, actor=cast.clerk.actor, now=now, event=order)
    back = TakeBack(
        id=new_id(),
        happened_at=now,
        lot_id=charque,
        producer_id=member.id,
        quantity=1_000,
        remainder_id=new_id(),
        reason="para la casa",
    )
    take_back(session, actor=cast.clerk.actor, now=now, event=back)
    run = settle_period(session, cast, now, "llama-carcass", 2_800)
    assert (run.quantity, run.net_minor) == (30_000, 84_000)


def taken(session: Session, cast: Cast, now: datetime, lot: Lot, quantity: int) -> TakeBack:
    assert lot.producer_id is not None
    order = TakeBack(
        id=new_id(),
        happened_at=now,
        lot_id=lot.id,
        producer_id=lot.producer_id,
        quantity=quantity,
        remainder_id=new_id(),
        reason="para la casa",
    )
    take_back(session, actor=cast.clerk.actor, now=now, event=order)
    return order


def undone(session: Session, cast: Cast, now: datetime, order: TakeBack) -> None:
    event = Undo(id=new_id(), happened_at=now, event_id=order.id, reason="lo devolvió")
    undo_event(session, actor=cast.clerk.actor, now=now, event=event)


def test_goods_come_back_only_before_the_delivery_was_paid_without_them(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    lot = add_lot(session, member, 10_000, commodity="raw-milk", state="registered")
    order = taken(session, cast, now, lot, 4_000)
    assert settle_period(session, cast, now, "raw-milk", 200).net_minor == 1_200
    with pytest.raises(CannotUndo):
        undone(session, cast, now, order)


def test_an_equal_total_of_other_producers_stops_the_approval(
    session: Session, cast: Cast, now: datetime
) -> None:
    lots = [
        add_lot(session, member, 10_000, commodity="raw-milk", state="registered")
        for member in add_members(session, 2)
    ]
    first = taken(session, cast, now, lots[0], 4_000)
    run = prepare_milk(session, cast, now)
    undone(session, cast, now, first)
    taken(session, cast, now, lots[1], 4_000)
    with pytest.raises(RunOutdated):
        approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)


def prepare_milk(session: Session, cast: Cast, now: datetime) -> SettlementRun:
    set_price(
        session,
        actor=cast.accountant.actor,
        now=now,
        price_id=new_id(),
        commodity="raw-milk",
        price_minor_per_unit=200,
        valid_from=PERIOD[0],
        valid_to=PERIOD[1],
        decided_by="Asamblea",
    )
    return prepare_period_run(
        session,
        actor=cast.accountant.actor,
        now=now,
        run_id=new_id(),
        commodity="raw-milk",
        period_from=PERIOD[0],
        period_to=PERIOD[1],
    )


def test_a_sale_waits_while_the_purchase_of_its_goods_may_be_discarded(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    lot = add_lot(session, member, 10_000, commodity="raw-milk", state="registered")
    morning, evening = split(session, now, lot, 5_000, 5_000)
    period = prepare_milk(session, cast, now)
    sale = add_sale(session, [morning], 300)

    def prepare() -> SettlementRun:
        return prepare_sale_run(
            session, actor=cast.accountant.actor, now=now, run_id=new_id(), sale_id=sale.id
        )

    with pytest.raises(PeriodRunWaits):
        prepare()
    discard_run(session, actor=cast.accountant.actor, now=now, run_id=period.id, reason="otro precio")
    first = prepare()
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=first.id)
    second = settle_sale(session, cast, now, [evening], 300)
    assert (first.net_minor, second.net_minor) == (1_500, 1_500)
