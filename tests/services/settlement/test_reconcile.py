"""A run is counted anew before anybody approves it; whatever does not sum to the whole is named."""

from datetime import date, datetime

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.core.money import Money
from chain.settlement.errors import NotPaidThatMuch, PaidTooMuch, RunDoesNotReconcile, RunStateRefused
from chain.settlement.lines import Item, Line, blocks_of
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from chain.settlement.queries.payable import payable_lines
from chain.settlement.queries.reconcile import totals_of
from chain.settlement.rules import ItemKind, RunKind, RunMethod
from chain.settlement.services.paying import mark_paid, mark_returned
from chain.settlement.services.runs import approve_run
from chain.settlement.services.storing import Basis, store_run
from tests.support.cast import Cast
from tests.support.settling import (
    Member,
    add_fee,
    add_lot,
    add_members,
    book,
    prepare_sale,
    sold_lots,
)


def four_payrolls(session: Session, cast: Cast, now: datetime, member: Member) -> SettlementRun:
    """Store a run of two payrolls, as a calculation would hand it over."""
    lot = add_lot(session, member, 20_000, commodity="raw-milk", state="registered")
    line = Line(member.id, quantity=20_000, lots={(lot.id, lot.id): 8_000})
    line.items = [
        Item(ItemKind.DELIVERY, "raw-milk", 6_000, quantity=15_000, block="weekday"),
        Item(ItemKind.WEIGHING, "Weighing difference", -200, block="weekday"),
        Item(ItemKind.RESERVE, "Reserve of the producers", -100, block="weekday"),
        Item(ItemKind.OTHER_INCOME, "Bono", 50, block="weekday"),
        Item(ItemKind.DELIVERY, "raw-milk", 2_000, quantity=5_000, block="sunday"),
    ]
    return store_run(
        session,
        actor=cast.accountant.actor,
        now=now,
        run_id=new_id(),
        digest="0" * 64,
        basis=Basis(
            RunKind.PERIOD,
            RunMethod.PRICES,
            "raw-milk",
            cast.centre.currency,
            "ml",
            period_from=date(2026, 3, 1),
            period_to=date(2026, 3, 15),
        ),
        lines=[line],
        blocks=blocks_of([line], [(None, "weekday"), (None, "sunday")]),
    )


def test_payrolls_lines_items_and_lots_sum_to_the_run(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    run = four_payrolls(session, cast, now, member)
    totals = totals_of(session, run)
    assert totals.is_whole
    assert (run.goods_minor, run.gross_minor, run.additions_minor, run.net_minor) == (8_000, 7_700, 50, 7_750)
    assert totals.lots_minor == 8_000
    booked = book(session, cast, now, run)
    assert booked.state == "accounted"


def test_an_item_too_much_is_named_and_nobody_approves(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    run = four_payrolls(session, cast, now, member)
    line_id = session.scalars(select(SettlementLine.id)).one()
    session.execute(
        insert(SettlementItem),
        [
            {
                "line_id": line_id,
                "position": 9,
                "kind": "premium",
                "label": "Inventada",
                "block": "sunday",
                "amount_minor": 700,
                "dropped_minor": 0,
                "carried_minor": 0,
            }
        ],
    )
    with pytest.raises(RunDoesNotReconcile) as refused:
        approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    assert refused.value.params["difference"] == Money(700, "PEN")
    assert "Sundays" in str(refused.value.params["block"])


def test_lots_that_sum_to_less_are_named(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    lot = add_lot(session, member, 20_000, commodity="raw-milk", state="registered")
    line = Line(member.id, quantity=20_000, lots={(lot.id, lot.id): 7_999})
    line.items = [Item(ItemKind.DELIVERY, "raw-milk", 8_000, quantity=20_000)]
    run = store_run(
        session,
        actor=cast.accountant.actor,
        now=now,
        run_id=new_id(),
        digest="0" * 64,
        basis=Basis(
            RunKind.PERIOD,
            RunMethod.PRICES,
            "raw-milk",
            cast.centre.currency,
            "ml",
            period_from=date(2026, 3, 1),
            period_to=date(2026, 3, 15),
        ),
        lines=[line],
        blocks=blocks_of([line]),
    )
    (difference,) = totals_of(session, run).differences
    assert (difference.what, difference.difference_minor) == ("the deliveries", 1)


def test_lines_are_paid_once_and_what_comes_back_is_open_again(
    session: Session, cast: Cast, now: datetime
) -> None:
    sale, _ = sold_lots(session, [[10_000], [2_000]])
    add_fee(session, cast, now, 250)
    run = prepare_sale(session, cast, now, sale)
    assert payable_lines(session, cast.centre.id) == []
    first = session.scalars(select(SettlementLine).where(SettlementLine.run_id == run.id)).first()
    assert first is not None
    house = cast.centre.id
    with pytest.raises(RunStateRefused):
        mark_paid(session, organisation_id=house, now=now, line_amounts={first.id: 1})
    book(session, cast, now, run)
    lines = payable_lines(session, house, run.id)
    assert sum(one.open_minor for one in lines) == run.net_minor
    amounts = {one.line_id: one.open_minor for one in lines}
    with pytest.raises(PaidTooMuch):
        mark_paid(session, organisation_id=house, now=now, line_amounts={first.id: amounts[first.id] + 1})
    mark_paid(session, organisation_id=house, now=now, line_amounts=amounts)
    assert (run.state, payable_lines(session, house)) == ("paid", [])
    with pytest.raises(PaidTooMuch):
        mark_paid(session, organisation_id=house, now=now, line_amounts={first.id: 1})
    with pytest.raises(NotPaidThatMuch):
        mark_returned(session, organisation_id=house, now=now, line_amounts={first.id: amounts[first.id] + 1})
    mark_returned(session, organisation_id=house, now=now, line_amounts={first.id: 5})
    assert run.state == "accounted"
    assert [one.open_minor for one in payable_lines(session, house)] == [5]
