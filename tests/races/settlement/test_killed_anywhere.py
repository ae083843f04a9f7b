"""SIGKILL at a hundred points of accounting, pay-in and payout: nothing is lost, doubled or unbalanced, on both databases.

Each step of a small season is killed at statements drawn at random, just before its commit and just after it. What was not
committed left no trace in any table; what was committed is whole although nobody heard of it, and sending it again with the
same ids changes nothing.
"""

import random
from datetime import datetime
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from chain.core.db import atomic, db
from chain.core.ids import new_id
from chain.dues.models import Application
from chain.ledger.rules import AccountCode
from chain.papers.models import Paper
from chain.payin.models import Invoice
from chain.payin.services.cards import ask_checkout
from chain.payout.models import Payout
from chain.payout.rules import Rail
from chain.payout.services.batches import approve_batch
from chain.sales.models import Sale
from chain.settlement.models import SettlementRun
from chain.settlement.services.runs import approve_run
from tests.support.cast import Cast
from tests.support.databases import Database
from tests.support.killers import Killer, killer_of
from tests.support.killing_money import FEE
from tests.support.money_checks import balance_of, check_money, picture
from tests.support.paying import add_account, batch_of
from tests.support.settling import add_advance, add_fee, prepare_sale, sold_lots

CAST = Cast()
#: Statements at which each step is killed; with the commit and the answer there are six points for each of nine steps on two databases.
DRAWN = 4
CREDIT = 500
#: Steps that say no when they come again, and what they say; the others answer as they did the first time.
SAID_THE_SECOND_TIME = {
    "account": "run_state_refused",
    "reverse": "run_state_refused",
    "pay": "run_state_refused",
    "send": "batch_state_refused",
    "returned": "payout_state_refused",
}


class Season:
    """A database on which steps are killed, and the moment of all of them."""

    def __init__(self, killer: Killer, now: datetime) -> None:
        self.killer, self.now = killer, now
        self.points = 0
        self._random = random.Random(20_260_316)

    def kill(self, step: str, subject: UUID) -> None:
        """Kill a step at drawn points until at the last of them it is done, and try it once more."""
        before = picture(db.session)
        statements = self.killer(step, subject, self.now, after="count")["statements"]
        drawn = sorted(self._random.sample(range(1, statements + 1), DRAWN))
        for point in (*drawn, "commit"):
            assert self.killer(step, subject, self.now, after=point)["killed"], (step, point)
            assert picture(db.session) == before, (step, point)
        assert self.killer(step, subject, self.now, after="answer")["killed"], step
        self.points += DRAWN + 2
        done = picture(db.session)
        assert done != before, step
        check_money(db.session)
        again = self.killer(step, subject, self.now, after=None)
        assert again.get("refused") == SAID_THE_SECOND_TIME.get(step), (step, again)
        assert picture(db.session) == done, step


def _approved(now: datetime) -> tuple[UUID, UUID]:
    """Sell lots of three members, of whom one owes, and approve the settlement; return the sale and the run."""
    with atomic() as session:
        sale, members = sold_lots(session, [[10_000, 4_321], [7_777], [1_234]])
        add_advance(session, CAST, now, members[1], 12_345)
        for place, member in enumerate(members):
            add_account(session, CAST, now, member, account=f"002193001234567890{place:02}")
        run = prepare_sale(session, CAST, now, sale)
        approve_run(session, actor=CAST.treasurer.actor, now=now, run_id=run.id)
        return sale.id, run.id


def _approve_again(run_id: UUID, now: datetime) -> None:
    with atomic() as session:
        approve_run(session, actor=CAST.treasurer.actor, now=now, run_id=run_id)


def _kill_accounting(season: Season, run_id: UUID) -> None:
    season.kill("account", run_id)
    season.kill("reverse", run_id)
    assert db.session.scalar(select(func.sum(Application.amount_minor))) == 0
    _approve_again(run_id, season.now)
    assert season.killer("account", run_id, season.now, after=None)["ok"]


def _kill_pay_in(season: Season, paid_sale: UUID, carded_sale: UUID) -> None:
    season.kill("invoice", paid_sale)
    season.kill("pay_in", paid_sale)
    assert season.killer("invoice", carded_sale, season.now, after=None)["ok"]
    with atomic() as session:
        invoice_id = session.scalars(select(Invoice.id).where(Invoice.sale_id == carded_sale)).one()
        checkout_id = ask_checkout(
            session, actor=CAST.buyer.actor, now=season.now, checkout_id=new_id(), invoice_id=invoice_id
        ).id
    season.kill("card", checkout_id)
    db.session.rollback()
    sums = func.sum(Sale.proceeds_minor)
    proceeds = db.session.scalar(select(sums).where(Sale.id.in_([paid_sale, carded_sale])))
    assert db.session.scalar(select(func.sum(Invoice.paid_minor))) == proceeds
    assert balance_of(db.session, AccountCode.BUYER_PREPAYMENTS) == -CREDIT
    assert balance_of(db.session, AccountCode.CARD_FEES) == FEE
    assert balance_of(db.session, AccountCode.RECEIVABLE_BUYERS) == 0


def _kill_payout(season: Season, batch_run: UUID, cash_run: UUID) -> None:
    def batch(lines: list[UUID] | None = None) -> UUID:
        with atomic() as session:
            run = session.get_one(SettlementRun, batch_run)
            made = batch_of(session, CAST, season.now, run, Rail.BANK, sent=False, lines=lines)
            approve_batch(session, actor=CAST.treasurer.actor, now=season.now, batch_id=made.id)
            return made.id

    first = batch()
    season.kill("send", first)
    season.kill("paid", first)
    assert db.session.scalar(select(SettlementRun.state).where(SettlementRun.id == batch_run)) == "paid"
    season.kill("returned", first)
    assert db.session.scalar(select(SettlementRun.state).where(SettlementRun.id == batch_run)) == "accounted"
    second = batch()  # only what came back, once
    assert db.session.scalar(select(func.count()).where(Payout.batch_id == second)) == 1
    assert season.killer("send", second, season.now, after=None)["ok"]
    assert season.killer("paid", second, season.now, after=None)["ok"]
    season.kill("pay", cash_run)


def test_a_step_of_money_that_is_killed_anywhere_is_done_wholly_or_not_at_all_and_once(
    fresh_database: Database, fresh_app: Flask, now: datetime
) -> None:
    with (
        killer_of(fresh_database, "tests.support.killing_money") as killer,
        fresh_app.app_context(),
    ):
        season = Season(killer, now)
        with atomic() as session:
            add_fee(session, CAST, now, 250)
        (sale, run), (other_sale, other_run) = _approved(now), _approved(now)
        _kill_accounting(season, run)
        assert killer("account", other_run, now, after=None)["ok"]
        _kill_pay_in(season, sale, other_sale)
        _kill_payout(season, run, other_run)
        check_money(db.session)
        db.session.rollback()
        states = db.session.scalars(select(SettlementRun.state)).all()
        assert list(states) == ["paid", "paid"]
        assert balance_of(db.session, AccountCode.PAYABLE_PRODUCERS) == 0
        standing = select(func.count()).where(
            Paper.voided_at.is_(None), Paper.subject_type == "settlement_line"
        )
        assert db.session.scalar(standing) == 6
        assert season.points == 54, "with two databases 108"
