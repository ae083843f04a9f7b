"""Batches of payments: two officers, money that moves once, what comes back is paid once more and never twice."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, SamePerson, ValidationFailed
from chain.core.ids import new_id
from chain.ledger.models import JournalEntry
from chain.ledger.services.posting import verify_ledger
from chain.payout.errors import (
    BatchStateRefused,
    CashLimit,
    CountDiffers,
    DetailsMissing,
    FloatTooSmall,
    NothingToPay,
    NotTheCollector,
    PayoutStateRefused,
)
from chain.payout.models import PayoutBatch
from chain.payout.queries.payouts import batch_amounts
from chain.payout.rules import BatchState, LimitKind, PayoutState, Rail, notes_for_all
from chain.payout.services.batches import approve_batch, discard_batch, prepare_batch, send_batch
from chain.payout.services.limits import confirm_limit, set_limit
from chain.payout.services.settling import (
    cancel_planned,
    count_cash,
    float_left,
    record_paid,
    record_returned,
)
from chain.settlement.errors import PaymentsWait, TooLargeForCash
from chain.settlement.models import SettlementLine, SettlementRun
from chain.settlement.services.runs import pay_run
from tests.support.cast import Cast
from tests.support.paying import accounted, accounted_run, add_account, batch_of, payments_of
from tests.support.settling import add_lot, add_sale, balances, book, prepare_sale


def paid_of(session: Session, run: SettlementRun) -> int:
    return int(
        session.scalar(select(func.sum(SettlementLine.paid_minor)).where(SettlementLine.run_id == run.id))
        or 0
    )


def limit(session: Session, cast: Cast, now: datetime, kind: LimitKind, minor: int, **more: Any) -> UUID:
    row = set_limit(
        session,
        actor=cast.accountant.actor,
        now=now,
        limit_id=new_id(),
        kind=kind,
        amount_minor=minor,
        valid_from=now.date() - timedelta(days=1),
        source="Ley 28194",
        **more,
    )
    return row.id


def test_cash_leaves_the_counter_payment_by_payment(session: Session, cast: Cast, now: datetime) -> None:
    run, _ = accounted_run(session, cast, now, [[10_000, 5_000], [7_321]])  # 675.00 and 329.45
    before = balances(session, cast)
    batch = batch_of(session, cast, now, run)
    assert (batch.number, batch.payments, batch.total_minor, batch.left_minor) == (1, 2, 100_440, 5)
    assert balances(session, cast) == before  # nobody has received anything yet
    first, second = payments_of(session, batch)
    assert (
        record_paid(session, actor=cast.treasurer.actor, now=now, batch_id=batch.id, payout_ids=[first.id])
        == 1
    )
    assert paid_of(session, run) == first.amount_minor
    assert run.state == "accounted"
    again: dict[str, Any] = {"actor": cast.treasurer.actor, "now": now, "batch_id": batch.id}
    assert record_paid(session, payout_ids=[first.id], **again) == 0  # the same click twice
    assert record_paid(session, payout_ids=[first.id, second.id], **again) == 1
    assert (batch.state, second.state) == (BatchState.DONE, PayoutState.PAID)
    assert balances(session, cast)["cash"] == before.get("cash", 0) - 100_440
    assert balances(session, cast)["payable_producers"] == -5  # five céntimos no coin can pay stay owed
    assert verify_ledger(session).is_whole


@pytest.mark.parametrize("whole", [True, False], ids=["everything-open", "the-next-run"])
def test_what_no_coin_pays_goes_with_the_next_amount(
    session: Session, cast: Cast, now: datetime, whole: bool
) -> None:
    first, (member,) = accounted_run(session, cast, now, [[7_321]])  # 329.45
    handed: dict[str, Any] = {"actor": cast.treasurer.actor, "now": now}
    batch = batch_of(session, cast, now, first)
    record_paid(
        session, **handed, batch_id=batch.id, payout_ids=[one.id for one in payments_of(session, batch)]
    )
    second = accounted(session, cast, now, add_sale(session, [add_lot(session, member, 7_321)], 4500))
    batch = batch_of(session, cast, now, None if whole else second)
    payments = payments_of(session, batch)
    assert [one.amount_minor for one in payments] == [5, 32_945]
    assert (batch.total_minor, batch.left_minor) == (32_950, 0)
    assert notes_for_all(batch_amounts(session, batch.id), "PEN") == notes_for_all([32_950], "PEN")
    record_paid(session, **handed, batch_id=batch.id, payout_ids=[one.id for one in payments])
    assert (first.state, second.state) == ("paid", "paid")
    assert balances(session, cast).get("payable_producers", 0) == 0


def test_preparing_and_approving_lie_with_two_people(session: Session, cast: Cast, now: datetime) -> None:
    run, _ = accounted_run(session, cast, now, [[10_000]])
    batch = batch_of(session, cast, now, run, sent=False)
    with pytest.raises(SamePerson):
        approve_batch(session, actor=cast.accountant.actor, now=now, batch_id=batch.id)
    with pytest.raises(BatchStateRefused):
        send_batch(session, actor=cast.treasurer.actor, now=now, batch_id=batch.id)
    for actor in (cast.clerk.actor, cast.seller.actor):
        with pytest.raises(Forbidden):
            approve_batch(session, actor=actor, now=now, batch_id=batch.id)
    with pytest.raises(NotFound):
        approve_batch(session, actor=cast.outsider.actor, now=now, batch_id=batch.id)
    approve_batch(session, actor=cast.treasurer.actor, now=now, batch_id=batch.id)
    with pytest.raises(BatchStateRefused):
        approve_batch(session, actor=cast.treasurer.actor, now=now, batch_id=batch.id)
    (payment,) = payments_of(session, batch)
    with pytest.raises(BatchStateRefused):  # approved, and not yet at the counter
        record_paid(session, actor=cast.treasurer.actor, now=now, batch_id=batch.id, payout_ids=[payment.id])


def test_a_line_waits_in_one_batch_only(session: Session, cast: Cast, now: datetime) -> None:
    run, _ = accounted_run(session, cast, now, [[10_000], [20_000]])
    batch = batch_of(session, cast, now, run, sent=False)
    with pytest.raises(NothingToPay):
        batch_of(session, cast, now, run, sent=False)
    with pytest.raises(ValidationFailed):
        discard_batch(session, actor=cast.treasurer.actor, now=now, batch_id=batch.id, reason=" ")
    discard_batch(session, actor=cast.treasurer.actor, now=now, batch_id=batch.id, reason="otro día")
    second = batch_of(session, cast, now, run, sent=False)
    assert (second.number, second.total_minor) == (2, batch.total_minor)
    inputs: dict[str, Any] = {
        "actor": cast.accountant.actor,
        "now": now,
        "batch_id": second.id,
        "rail": Rail.CASH,
        "run_id": run.id,
    }
    assert prepare_batch(session, pay_on=now.date(), **inputs).id == second.id
    with pytest.raises(IdempotencyConflict):
        prepare_batch(session, pay_on=now.date() + timedelta(days=1), **inputs)


def test_the_whole_run_in_cash_and_a_batch_never_pay_both(
    session: Session, cast: Cast, now: datetime
) -> None:
    run, _ = accounted_run(session, cast, now, [[10_000]])
    batch = batch_of(session, cast, now, run)
    (payment,) = payments_of(session, batch)
    with pytest.raises(PaymentsWait):
        pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    inputs: dict[str, Any] = {"actor": cast.treasurer.actor, "now": now, "batch_id": batch.id}
    cancel_planned(session, payout_ids=[payment.id], reason="No vino", **inputs)
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    with pytest.raises(PayoutStateRefused):
        record_paid(session, payout_ids=[payment.id], **inputs)


def test_a_transfer_is_on_its_way_then_paid_or_back_and_is_paid_once_more(
    session: Session, cast: Cast, now: datetime
) -> None:
    run, members = accounted_run(session, cast, now, [[10_000], [20_000], [30_000]])
    with pytest.raises(NothingToPay):  # nobody has an account
        batch_of(session, cast, now, run, Rail.BANK)
    for member in members[:2]:
        add_account(session, cast, now, member)
    lines = session.scalars(select(SettlementLine.id).where(SettlementLine.run_id == run.id)).all()
    with pytest.raises(DetailsMissing):
        batch_of(session, cast, now, run, Rail.BANK, lines=lines)
    batch = batch_of(session, cast, now, run, Rail.BANK)
    first, second = payments_of(session, batch)
    assert first.destination["account"] == "00219300123456789012"
    total = first.amount_minor + second.amount_minor
    assert balances(session, cast)["payouts_in_transit"] == -total
    assert paid_of(session, run) == total  # nobody else may pay it meanwhile
    record_paid(
        session,
        actor=cast.treasurer.actor,
        now=now,
        batch_id=batch.id,
        payout_ids=[first.id],
        reference="OP-1",
    )
    record_returned(
        session,
        actor=cast.treasurer.actor,
        now=now,
        batch_id=batch.id,
        payout_id=second.id,
        reason="Cuenta cerrada",
    )
    assert (first.reference, batch.state) == ("OP-1", "done")
    assert "payouts_in_transit" not in balances(session, cast)
    assert balances(session, cast)["bank"] == -first.amount_minor
    with pytest.raises(PayoutStateRefused):
        record_paid(session, actor=cast.treasurer.actor, now=now, batch_id=batch.id, payout_ids=[second.id])
    later = batch_of(session, cast, now, run, Rail.BANK)
    (again,) = payments_of(session, later)
    assert (again.replaces_id, again.amount_minor) == (second.id, second.amount_minor)
    record_paid(session, actor=cast.treasurer.actor, now=now, batch_id=later.id, payout_ids=[again.id])
    with pytest.raises(NothingToPay):
        batch_of(session, cast, now, run, Rail.BANK)
    # weeks later the bank sends even the first one back
    record_returned(
        session,
        actor=cast.treasurer.actor,
        now=now,
        batch_id=batch.id,
        payout_id=first.id,
        reason="Devuelto por el banco",
    )
    assert balances(session, cast)["bank"] == -again.amount_minor
    assert paid_of(session, run) == again.amount_minor
    assert verify_ledger(session).is_whole


def test_a_collector_carries_a_float_and_brings_back_what_nobody_came_for(
    session: Session, cast: Cast, now: datetime
) -> None:
    run, _ = accounted_run(session, cast, now, [[10_000], [20_000]])
    with pytest.raises(ValidationFailed):
        batch_of(session, cast, now, run, Rail.COLLECTOR)
    with pytest.raises(NotFound):
        batch_of(session, cast, now, run, Rail.COLLECTOR, collector=cast.outsider.id)
    batch = batch_of(session, cast, now, run, Rail.COLLECTOR, collector=cast.clerk.id)
    assert balances(session, cast)["cash_collectors"] == batch.total_minor
    first, second = payments_of(session, batch)
    with pytest.raises(NotTheCollector):
        record_paid(session, actor=cast.treasurer.actor, now=now, batch_id=batch.id, payout_ids=[first.id])
    record_paid(session, actor=cast.clerk.actor, now=now, batch_id=batch.id, payout_ids=[first.id])
    assert float_left(session, batch) == second.amount_minor
    inputs: dict[str, Any] = {"actor": cast.treasurer.actor, "now": now, "batch_id": batch.id}
    with pytest.raises(FloatTooSmall):
        count_cash(session, count_id=new_id(), purpose="returned", counts={20_000: 999}, **inputs)
    back = notes_for_all([second.amount_minor], "PEN")
    count_id = new_id()
    for _ in range(2):  # a second click changes nothing
        count_cash(session, count_id=count_id, purpose="returned", counts=back, **inputs)
    assert float_left(session, batch) == 0
    assert "cash_collectors" not in balances(session, cast)
    assert cancel_planned(session, payout_ids=[second.id], reason="No vino", **inputs) == 1
    assert batch.state == "done"
    assert batch_of(session, cast, now, run, sent=False).total_minor == second.amount_minor


def test_what_is_drawn_is_counted_note_by_note(session: Session, cast: Cast, now: datetime) -> None:
    run, _ = accounted_run(session, cast, now, [[10_000], [20_000]])
    batch = batch_of(session, cast, now, run)
    inputs: dict[str, Any] = {
        "actor": cast.treasurer.actor,
        "now": now,
        "batch_id": batch.id,
        "purpose": "drawn",
    }
    with pytest.raises(CountDiffers):
        count_cash(session, count_id=new_id(), counts={20_000: 1}, **inputs)
    needed = notes_for_all([one.amount_minor for one in payments_of(session, batch)], "PEN")
    assert count_cash(session, count_id=new_id(), counts=needed, **inputs).total_minor == batch.total_minor


def test_confirmed_limits_are_kept_and_others_are_not(session: Session, cast: Cast, now: datetime) -> None:
    run, members = accounted_run(session, cast, now, [[10_000], [30_000]])  # 450.00 and 1,350.00
    add_account(session, cast, now, members[1], Rail.WALLET, "987654321")
    cash = limit(session, cast, now, LimitKind.CASH_PAYMENT, 100_000)
    wallet = limit(session, cast, now, LimitKind.WALLET_OPERATION, 50_000)
    loose = batch_of(session, cast, now, run, sent=False)
    assert loose.payments == 2
    discard_batch(
        session, actor=cast.treasurer.actor, now=now, batch_id=loose.id, reason="se confirma la ley"
    )
    with pytest.raises(Forbidden):
        confirm_limit(session, actor=cast.treasurer.actor, now=now, limit_id=cash)
    for one in (cash, wallet):
        confirm_limit(session, actor=cast.accountant.actor, now=now, limit_id=one)
    lines = session.scalars(
        select(SettlementLine.id).where(SettlementLine.run_id == run.id).order_by(SettlementLine.net_minor)
    ).all()
    with pytest.raises(CashLimit):
        batch_of(session, cast, now, run, lines=lines[1:])
    assert batch_of(session, cast, now, run, sent=False).payments == 1
    phone = batch_of(session, cast, now, run, Rail.WALLET)
    assert [one.amount_minor for one in payments_of(session, phone)] == [50_000, 50_000, 35_000]
    assert session.scalar(select(func.count()).select_from(PayoutBatch)) == 3
    assert (
        session.scalar(select(func.count()).select_from(JournalEntry).where(JournalEntry.kind == "payout"))
        == 1
    )


def test_a_confirmed_limit_of_cash_holds_for_the_payment_to_everybody_too(
    session: Session, cast: Cast, now: datetime
) -> None:
    run, members = accounted_run(session, cast, now, [[10_000], [30_000]])  # 450.00 and 1,350.00
    add_account(session, cast, now, members[1])
    cash = limit(session, cast, now, LimitKind.CASH_PAYMENT, 135_000)
    confirm_limit(session, actor=cast.accountant.actor, now=now, limit_id=cash)
    with pytest.raises(TooLargeForCash) as refused:
        pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    assert refused.value.message.params["count"] == 1
    bank = batch_of(session, cast, now, run, Rail.BANK)
    assert bank.total_minor == 135_000
    waiting = [one.id for one in payments_of(session, bank)]
    record_paid(session, actor=cast.treasurer.actor, now=now, batch_id=bank.id, payout_ids=waiting)
    assert pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id).state == "paid"
    assert balances(session, cast)["cash"] == -45_000


def test_a_wallet_takes_no_more_a_day_than_its_confirmed_limit(
    session: Session, cast: Cast, now: datetime
) -> None:
    run, members = accounted_run(session, cast, now, [[30_000]])  # 1,350.00
    add_account(session, cast, now, members[0], Rail.WALLET, "987654321")
    for kind, minor in ((LimitKind.WALLET_OPERATION, 50_000), (LimitKind.WALLET_DAY, 80_000)):
        confirm_limit(
            session,
            actor=cast.accountant.actor,
            now=now,
            limit_id=limit(session, cast, now, kind, minor),
        )
    first = batch_of(session, cast, now, run, Rail.WALLET, sent=False)
    assert [one.amount_minor for one in payments_of(session, first)] == [50_000, 30_000]
    assert first.left_minor == 55_000
    with pytest.raises(NothingToPay):
        batch_of(session, cast, now, run, Rail.WALLET)
    later = prepare_batch(
        session,
        actor=cast.accountant.actor,
        now=now,
        batch_id=new_id(),
        rail=Rail.WALLET,
        pay_on=now.date() + timedelta(days=1),
    )
    assert [one.amount_minor for one in payments_of(session, later)] == [50_000, 5_000]


def test_two_settlements_of_one_person_are_one_payment_for_the_law(
    session: Session, cast: Cast, now: datetime
) -> None:
    run, (member,) = accounted_run(session, cast, now, [[10_000]])  # 450.00
    second = prepare_sale(session, cast, now, add_sale(session, [add_lot(session, member, 10_000)]))
    book(session, cast, now, second)
    cash = limit(session, cast, now, LimitKind.CASH_PAYMENT, 50_000)
    confirm_limit(session, actor=cast.accountant.actor, now=now, limit_id=cash)
    inputs: dict[str, Any] = {"actor": cast.accountant.actor, "now": now, "pay_on": now.date()}
    with pytest.raises(NothingToPay):
        prepare_batch(session, batch_id=new_id(), rail=Rail.CASH, **inputs)
    assert batch_of(session, cast, now, run, sent=False).total_minor == 45_000
