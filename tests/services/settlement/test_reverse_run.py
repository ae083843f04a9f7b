"""Taking a run back out of the books: every balance is as before, and each producer is told before and after."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.dues.models import Movement
from chain.ledger.services.posting import verify_ledger
from chain.lots.models import Lot, ProducerNotice
from chain.papers.models import Paper
from chain.sales.models import Sale
from chain.settlement.errors import LaterRunStands, RunPaidAlready, RunStateRefused
from chain.settlement.models import RunReversal, SettlementLine, SettlementRun
from chain.settlement.queries.runs import reversals_of
from chain.settlement.services.paying import mark_paid, mark_returned
from chain.settlement.services.reversing import reverse_run
from chain.settlement.services.runs import (
    account_run,
    approve_run,
    discard_run,
    pay_run,
    prepare_period_run,
)
from tests.support.cast import Cast
from tests.support.settling import (
    add_advance,
    add_fee,
    add_lot,
    add_members,
    add_price,
    balances,
    book,
    prepare_fortnight,
    prepare_sale,
    sold_lots,
)

WHY = "Precio mal anotado"


def reverse(session: Session, cast: Cast, now: datetime, run: SettlementRun) -> SettlementRun:
    return reverse_run(session, actor=cast.accountant.actor, now=now, run_id=run.id, reason=WHY)


def picture(session: Session, cast: Cast) -> dict[str, Any]:
    """Return everything that a run moves."""
    session.expire_all()
    return {
        "books": balances(session, cast),
        "debts": sorted(session.execute(select(Movement.id, Movement.balance_minor)).all()),
        "lots": sorted(session.execute(select(Lot.id, Lot.state)).all()),
        "sales": sorted(session.execute(select(Sale.id, Sale.state)).all()),
    }


def test_a_run_and_its_reversal_leave_everything_as_before(
    session: Session, cast: Cast, now: datetime
) -> None:
    sale, members = sold_lots(session, [[10_000, 5_000], [7_321]])
    add_fee(session, cast, now, 250)
    add_advance(session, cast, now, members[1], 20_000)
    before = picture(session, cast)
    run = book(session, cast, now, prepare_sale(session, cast, now, sale))
    assert picture(session, cast) != before
    reverse(session, cast, now, run)
    assert picture(session, cast) == before
    assert run.state == "prepared"
    assert run.round == 2
    papers = session.scalars(select(Paper)).all()
    assert [one.void_reason for one in papers] == [WHY, WHY]
    ((reversal, name),) = reversals_of(session, run.id)
    assert (reversal.round, reversal.reason) == (1, WHY)
    assert name
    assert verify_ledger(session, cast.centre.id).is_whole


def test_each_producer_is_told_the_amount_before_and_after(
    session: Session, cast: Cast, now: datetime
) -> None:
    sale, members = sold_lots(session, [[10_000], [2_000]])
    run = book(session, cast, now, prepare_sale(session, cast, now, sale))
    assert session.scalar(select(ProducerNotice.id)) is None, "a first settlement changes nothing"
    reverse(session, cast, now, run)
    told = {one.producer_id: one for one in session.scalars(select(ProducerNotice))}
    assert set(told) == {one.id for one in members}
    assert told[members[0].id].params == {
        "before_minor": 45_000,
        "after_minor": 0,
        "currency": "PEN",
        "number": run.number,
        "reason": WHY,
    }
    book(session, cast, now, run)
    again = session.scalars(
        select(ProducerNotice).where(ProducerNotice.producer_id == members[0].id).order_by(ProducerNotice.id)
    ).all()
    assert [(one.params["before_minor"], one.params["after_minor"]) for one in again] == [
        (45_000, 0),
        (0, 45_000),
    ]


def test_a_reversed_run_is_booked_again_with_new_receipts_and_discarded_ones_free_the_sale(
    session: Session, cast: Cast, now: datetime
) -> None:
    sale, _ = sold_lots(session, [[10_000]])
    run = book(session, cast, now, prepare_sale(session, cast, now, sale))
    reverse(session, cast, now, run)
    book(session, cast, now, run)
    states = session.execute(select(Paper.number, Paper.voided_at).order_by(Paper.number)).all()
    assert [(row.number, row.voided_at is None) for row in states] == [(1, False), (2, True)]
    reverse(session, cast, now, run)
    discard_run(session, actor=cast.accountant.actor, now=now, run_id=run.id, reason="De nuevo")
    second = prepare_sale(session, cast, now, sale)
    assert (second.number, second.net_minor) == (2, run.net_minor)
    assert session.scalars(select(RunReversal.round).order_by(RunReversal.round)).all() == [1, 2]


def test_what_was_paid_out_must_come_back_first(session: Session, cast: Cast, now: datetime) -> None:
    sale, _ = sold_lots(session, [[10_000], [2_000]])
    run = book(session, cast, now, prepare_sale(session, cast, now, sale))
    first, second = session.scalars(select(SettlementLine).where(SettlementLine.run_id == run.id)).all()
    part = {first.id: first.net_minor}
    mark_paid(session, organisation_id=cast.centre.id, now=now, line_amounts=part)
    assert run.state == "accounted"
    with pytest.raises(RunPaidAlready):
        reverse(session, cast, now, run)
    mark_paid(session, organisation_id=cast.centre.id, now=now, line_amounts={second.id: second.net_minor})
    assert run.state == "paid"
    mark_returned(session, organisation_id=cast.centre.id, now=now, line_amounts={second.id: 1})
    assert run.state == "accounted"
    mark_returned(
        session,
        organisation_id=cast.centre.id,
        now=now,
        line_amounts={first.id: first.net_minor, second.id: second.net_minor - 1},
    )
    assert reverse(session, cast, now, run).state == "prepared"


def test_a_run_paid_in_cash_to_everybody_is_not_reversed(session: Session, cast: Cast, now: datetime) -> None:
    sale, _ = sold_lots(session, [[10_000]])
    run = book(session, cast, now, prepare_sale(session, cast, now, sale))
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    with pytest.raises(RunPaidAlready):
        reverse(session, cast, now, run)


def test_a_fortnight_before_a_later_one_in_the_books_stands(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    for day in (date(2026, 2, 20), date(2026, 3, 2)):
        add_lot(session, member, 10_000, commodity="raw-milk", day=day, state="registered")
    add_price(session, cast, now, 175, date(2026, 2, 1), date(2026, 3, 31))
    first = prepare_period_run(
        session,
        actor=cast.accountant.actor,
        now=now,
        run_id=new_id(),
        commodity="raw-milk",
        period_from=date(2026, 2, 16),
        period_to=date(2026, 2, 28),
    )
    book(session, cast, now, first)
    second = book(session, cast, now, prepare_fortnight(session, cast, now))
    with pytest.raises(LaterRunStands):
        reverse(session, cast, now, first)
    reverse(session, cast, now, second)
    reverse(session, cast, now, first)
    assert set(session.scalars(select(Lot.state))) == {"registered"}


def test_who_may_reverse_what_and_why(session: Session, cast: Cast, now: datetime) -> None:
    sale, _ = sold_lots(session, [[10_000]])
    run = prepare_sale(session, cast, now, sale)
    with pytest.raises(RunStateRefused):
        reverse(session, cast, now, run)
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    account_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    with pytest.raises(Forbidden):
        reverse_run(session, actor=cast.clerk.actor, now=now, run_id=run.id, reason=WHY)
    with pytest.raises(NotFound):
        reverse_run(session, actor=cast.outsider.actor, now=now, run_id=run.id, reason=WHY)
    with pytest.raises(ValidationFailed):
        reverse_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id, reason=" ")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    weights=st.lists(st.lists(st.integers(1, 50_000), min_size=1, max_size=3), min_size=1, max_size=4),
    price=st.integers(1, 20_000),
    owed=st.lists(st.integers(1, 300_000), max_size=3),
    steps=st.lists(
        st.sampled_from(["approve", "account", "pay", "reverse", "discard", "prepare"]), max_size=9
    ),
)
def test_after_any_sequence_of_commands_the_books_are_whole(
    session: Session,
    cast: Cast,
    now: datetime,
    weights: list[list[int]],
    price: int,
    owed: list[int],
    steps: list[str],
) -> None:
    with session.begin_nested() as savepoint:
        sale, members = sold_lots(session, weights, price)
        add_fee(session, cast, now, 333)
        for index, minor in enumerate(owed):
            add_advance(session, cast, now, members[index % len(members)], minor, day=index + 1)
        before = picture(session, cast)
        run = prepare_sale(session, cast, now, sale)
        for place, step in enumerate(steps):
            run = _try(session, cast, now + timedelta(minutes=place), run, sale, step)
            session.expire_all()
            report = verify_ledger(session, cast.centre.id)
            assert report.is_whole
            assert sum(balances(session, cast).values()) == 0
            nets = session.scalars(select(SettlementLine.net_minor)).all()
            assert all(net >= 0 for net in nets)
            now_is = picture(session, cast)
            if run.state in {"prepared", "discarded"}:
                assert now_is == before
            elif run.state == "accounted":
                open_minor = -now_is["books"].get("payable_producers", 0)
                assert open_minor == run.net_minor
        savepoint.rollback()
    session.expunge_all()


def _try(
    session: Session, cast: Cast, now: datetime, run: SettlementRun, sale: Sale, step: str
) -> SettlementRun:
    """Take a step where the state allows it."""
    accountant, treasurer = cast.accountant.actor, cast.treasurer.actor
    if step == "prepare":
        return prepare_sale(session, cast, now, sale) if run.state == "discarded" else run
    needed = {
        "approve": "prepared",
        "account": "approved",
        "pay": "accounted",
        "reverse": "accounted",
        "discard": "prepared",
    }
    if run.state != needed[step]:
        return run
    common: Any = {
        "actor": accountant if step in {"account", "discard", "reverse"} else treasurer,
        "now": now,
    }
    if step in {"reverse", "discard"}:
        undo = reverse_run if step == "reverse" else discard_run
        return undo(session, run_id=run.id, reason=WHY, **common)
    forward = {"approve": approve_run, "account": account_run, "pay": pay_run}[step]
    return forward(session, run_id=run.id, **common)
