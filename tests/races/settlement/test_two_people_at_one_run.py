"""Two people at the same money in the same instant: exactly one gets through, the other is told why, and nothing is paid twice."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.db import atomic, db
from chain.core.ids import new_id
from chain.payin.models import BuyerPayment
from chain.payin.services.payments import record_buyer_payment
from chain.payout.errors import BatchStateRefused, NothingToPay, PayoutStateRefused
from chain.payout.models import Payout, PayoutBatch
from chain.payout.rules import Rail
from chain.payout.services.batches import approve_batch, prepare_batch, send_batch
from chain.payout.services.settling import record_paid, record_returned
from chain.sales.models import Sale
from chain.settlement.errors import PaymentsWait, RunStateRefused
from chain.settlement.models import SettlementLine, SettlementRun
from chain.settlement.services.runs import account_run, approve_run, discard_run, pay_run
from tests.support.cast import Cast, Person
from tests.support.money_checks import check_money
from tests.support.paying import accounted_run, add_account, batch_of
from tests.support.races import Outcome
from tests.support.settling import add_advance, prepare_sale, sold_lots

Race = Callable[..., Sequence[Outcome]]
CAST = Cast()
GRAMS = [[10_000, 4_321], [7_777], [1_234]]


def step(act: Callable[[Session], object]) -> Callable[[], str]:
    """Return a runner that does something in a transaction of its own."""

    def run() -> str:
        with atomic() as session:
            act(session)
            return "done"

    return run


def exactly_one(outcomes: Sequence[Outcome], *refusals: type[Exception]) -> None:
    """See that one got through and the others were refused in words."""
    assert [one.won for one in outcomes].count(True) == 1, outcomes
    assert all(isinstance(one.error, refusals) for one in outcomes if not one.won), outcomes


@pytest.fixture
def approved(fresh_app: Flask, now: datetime) -> UUID:
    """A run that a treasurer approved, of three members of whom one owes."""
    with fresh_app.app_context(), atomic() as session:
        sale, members = sold_lots(session, GRAMS)
        add_advance(session, CAST, now, members[0], 5_000)
        run = prepare_sale(session, CAST, now, sale)
        approve_run(session, actor=CAST.treasurer.actor, now=now, run_id=run.id)
        return run.id


@pytest.fixture
def accounted(fresh_app: Flask, now: datetime) -> UUID:
    """A run in the books whose members have bank accounts."""
    with fresh_app.app_context(), atomic() as session:
        run, members = accounted_run(session, CAST, now, GRAMS)
        for place, member in enumerate(members):
            add_account(session, CAST, now, member, account=f"002193001234567890{place:02}")
        return run.id


def sent_batch(now: datetime, run_id: UUID, rail: Rail) -> UUID:
    with atomic() as session:
        return batch_of(session, CAST, now, session.get_one(SettlementRun, run_id), rail).id


def payouts_of(batch_id: UUID) -> list[UUID]:
    return list(db.session.scalars(select(Payout.id).where(Payout.batch_id == batch_id)))


def paid_of(run_id: UUID) -> tuple[int, int]:
    """Return what was paid of a run and what it pays."""
    db.session.rollback()
    sums = select(func.sum(SettlementLine.paid_minor), func.sum(SettlementLine.net_minor))
    paid, net = db.session.execute(sums.where(SettlementLine.run_id == run_id)).one()
    return int(paid), int(net)


def test_accounting_against_discarding(race: Race, fresh_app: Flask, now: datetime, approved: UUID) -> None:
    def account(person: Person) -> Callable[[], str]:
        return step(lambda session: account_run(session, actor=person.actor, now=now, run_id=approved))

    discard = step(
        lambda session: discard_run(
            session, actor=CAST.accountant.actor, now=now, run_id=approved, reason="Mal pesado"
        )
    )
    exactly_one(race(account(CAST.treasurer), discard, account(CAST.accountant)), RunStateRefused)
    with fresh_app.app_context():
        assert db.session.get_one(SettlementRun, approved).state in {"accounted", "discarded"}
        check_money(db.session)


def test_paying_everybody_in_cash_against_a_batch_that_leaves(
    race: Race, fresh_app: Flask, now: datetime, accounted: UUID
) -> None:
    with fresh_app.app_context(), atomic() as session:
        run = session.get_one(SettlementRun, accounted)
        batch = batch_of(session, CAST, now, run, Rail.BANK, sent=False).id
        approve_batch(session, actor=CAST.treasurer.actor, now=now, batch_id=batch)
    send = step(lambda session: send_batch(session, actor=CAST.treasurer.actor, now=now, batch_id=batch))
    cash = step(
        lambda session: pay_run(session, actor=CAST.second_treasurer.actor, now=now, run_id=accounted)
    )
    exactly_one(race(send, cash), RunStateRefused, PaymentsWait)
    with fresh_app.app_context():
        paid, net = paid_of(accounted)
        assert paid == net
        check_money(db.session)


def test_paying_everybody_in_cash_against_the_counter(
    race: Race, fresh_app: Flask, now: datetime, accounted: UUID
) -> None:
    with fresh_app.app_context():
        batch = sent_batch(now, accounted, Rail.CASH)
        payouts = payouts_of(batch)
    hand = step(
        lambda session: record_paid(
            session, actor=CAST.treasurer.actor, now=now, batch_id=batch, payout_ids=payouts
        )
    )
    cash = step(
        lambda session: pay_run(session, actor=CAST.second_treasurer.actor, now=now, run_id=accounted)
    )
    handed, at_once = race(hand, cash)
    assert handed.won
    assert at_once.won or isinstance(at_once.error, PaymentsWait)
    with fresh_app.app_context():
        paid, net = paid_of(accounted)
        # the counter leaves céntimos that no coin can pay; paying at once afterwards takes them and nothing else
        assert paid == net if at_once.won else 0 <= net - paid < 10 * len(payouts)
        check_money(db.session)


def test_two_batches_for_the_same_lines(race: Race, fresh_app: Flask, now: datetime, accounted: UUID) -> None:
    def preparing(person: Person, rail: Rail) -> Callable[[], str]:
        return step(
            lambda session: prepare_batch(
                session,
                actor=person.actor,
                now=now,
                batch_id=new_id(),
                rail=rail,
                pay_on=now.date(),
                run_id=accounted,
            )
        )

    outcomes = race(
        preparing(CAST.accountant, Rail.BANK),
        preparing(CAST.treasurer, Rail.CASH),
        preparing(CAST.second_treasurer, Rail.BANK),
    )
    # Cash leaves céntimos that no coin can pay: a bank batch that comes after it takes these.
    assert all(one.won or isinstance(one.error, NothingToPay) for one in outcomes), outcomes
    with fresh_app.app_context():
        sums = select(Payout.line_id, func.sum(Payout.amount_minor)).group_by(Payout.line_id)
        planned = {row[0]: int(row[1]) for row in db.session.execute(sums)}
        lines = db.session.execute(select(SettlementLine.id, SettlementLine.net_minor)).all()
        rails = set(db.session.scalars(select(PayoutBatch.rail)))
        for line in lines:
            assert line.net_minor - planned[line.id] in ({0} if "bank" in rails else range(10)), outcomes


def test_two_officers_send_one_batch(race: Race, fresh_app: Flask, now: datetime, accounted: UUID) -> None:
    with fresh_app.app_context(), atomic() as session:
        run = session.get_one(SettlementRun, accounted)
        batch = batch_of(session, CAST, now, run, Rail.BANK, sent=False).id

    def steps(act: Callable[..., object]) -> list[Callable[[], str]]:
        def by(person: Person) -> Callable[[], str]:
            return step(lambda session: act(session, actor=person.actor, now=now, batch_id=batch))

        return [by(CAST.treasurer), by(CAST.second_treasurer)]

    exactly_one(race(*steps(approve_batch)), BatchStateRefused)
    exactly_one(race(*steps(send_batch)), BatchStateRefused)
    with fresh_app.app_context():
        paid, net = paid_of(accounted)
        assert paid == net
        check_money(db.session)


def test_a_payment_comes_back_once_and_is_paid_again_once(
    race: Race, fresh_app: Flask, now: datetime, accounted: UUID
) -> None:
    with fresh_app.app_context():
        batch = sent_batch(now, accounted, Rail.BANK)
        payout = payouts_of(batch)[0]

    def coming_back(person: Person) -> Callable[[], str]:
        return step(
            lambda session: record_returned(
                session,
                actor=person.actor,
                now=now,
                batch_id=batch,
                payout_id=payout,
                reason="Cuenta cerrada",
            )
        )

    exactly_one(race(coming_back(CAST.treasurer), coming_back(CAST.second_treasurer)), PayoutStateRefused)

    def again() -> str:
        with atomic() as session:
            run = session.get_one(SettlementRun, accounted)
            batch_of(session, CAST, now, run, Rail.BANK)
        return "done"

    exactly_one(race(again, again), NothingToPay)
    with fresh_app.app_context():
        paid, net = paid_of(accounted)
        assert paid == net
        assert db.session.scalar(select(func.count()).where(Payout.replaces_id == payout)) == 1
        check_money(db.session)


def test_the_same_money_of_a_buyer_recorded_by_two_is_kept_once(
    race: Race, fresh_app: Flask, now: datetime, accounted: UUID
) -> None:
    payment_id = new_id()
    with fresh_app.app_context():
        sale = db.session.scalars(select(Sale)).one()

    def recording(person: Person) -> Callable[[], str]:
        return step(
            lambda session: record_buyer_payment(
                session,
                actor=person.actor,
                now=now,
                payment_id=payment_id,
                sale_id=sale.id,
                amount_minor=sale.proceeds_minor,
                paid_on=now.date(),
            )
        )

    outcomes = race(recording(CAST.treasurer), recording(CAST.second_treasurer), recording(CAST.treasurer))
    assert all(one.won for one in outcomes), outcomes
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(BuyerPayment)) == 1
        check_money(db.session)
