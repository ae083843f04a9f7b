"""Whatever is prepared, approved, accounted, reversed, paid, sent back and paid in, in whatever order: all figures agree."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import DomainError
from chain.core.ids import new_id
from chain.dues.models import Movement
from chain.ledger.models import LedgerAccount, Posting
from chain.ledger.rules import AccountCode
from chain.papers.models import Paper
from chain.payin.models import BuyerPayment
from chain.payin.services.payments import record_buyer_payment
from chain.payout.models import Payout, PayoutBatch
from chain.payout.rules import Rail
from chain.payout.services.batches import discard_batch
from chain.payout.services.settling import cancel_planned, record_paid, record_returned
from chain.sales.models import Sale
from chain.settlement.errors import RunStateRefused
from chain.settlement.export import HEADERS, run_csv
from chain.settlement.models import SettlementLine, SettlementRun
from chain.settlement.queries.runs import all_lines
from chain.settlement.rules import IN_THE_BOOKS
from chain.settlement.services.cash_back import take_back_payment
from chain.settlement.services.reversing import reverse_run
from chain.settlement.services.runs import account_run, approve_run, discard_run, pay_run
from tests.support.cast import Cast
from tests.support.money_checks import check_money, trial_balance
from tests.support.paying import add_account, batch_of
from tests.support.settling import (
    add_advance,
    add_fee,
    add_lot,
    add_members,
    add_price,
    add_sale,
    balances,
    book,
    prepare_fortnight,
    prepare_sale,
)

CAST = Cast()
ACCOUNTANT, TREASURER = CAST.accountant.actor, CAST.treasurer.actor
WHY = "Mal anotado"
EARLIER = timedelta(days=13)
#: Which of what is there a step is taken with.
WHICH = st.integers(0, 20)


class Season(RuleBasedStateMachine):
    """Two sales and a fortnight of three members, two of whom owe, at an association that takes a fee."""

    def __init__(self, session: Session, now: datetime) -> None:
        super().__init__()
        self.session, self.now = session, now
        self._outer = session.begin_nested()
        members = add_members(session, 3)
        for place, member in enumerate(members):
            add_account(session, CAST, now, member, account=f"002193001234567890{place:02}")
        grams = [[10_001, 4_321], [7_777], [1_234]]
        lots = [add_lot(session, one, size) for one, row in zip(members, grams, strict=True) for size in row]
        sales = [add_sale(session, lots[:2], 4_507), add_sale(session, lots[2:], 3_999)]
        for member in members:
            add_lot(
                session, member, 33_333, commodity="raw-milk", day=(now - EARLIER).date(), state="registered"
            )
        add_price(session, CAST, now, 177, (now - EARLIER).date().replace(day=1), now.date())
        add_fee(session, CAST, now, 333)
        add_advance(session, CAST, now, members[0], 9_999)
        add_advance(session, CAST, now, members[1], 500_000, day=2)
        session.flush()
        # one run is in the books and one approved from the start, so that short sequences come far
        book(session, CAST, now, prepare_sale(session, CAST, now, sales[0]))
        second = prepare_sale(session, CAST, now, sales[1])
        approve_run(session, actor=TREASURER, now=now, run_id=second.id)

    def _try(self, step: Callable[[], object]) -> bool:
        """Take a step; a refusal leaves everything as it was."""
        try:
            with self.session.begin_nested():
                step()
        except DomainError:
            self.session.expire_all()
            return False
        return True

    def _one(self, model: Any, which: int) -> Any:
        found = self.session.scalars(select(model).order_by(model.id)).all()
        return found[which % len(found)] if found else None

    def _picture(self) -> dict[str, Any]:
        self.session.expire_all()
        return {
            "books": balances(self.session, CAST),
            "debts": sorted(self.session.execute(select(Movement.id, Movement.balance_minor)).all()),
        }

    def _book(self, run_id: UUID) -> None:
        account_run(self.session, actor=ACCOUNTANT, now=self.now, run_id=run_id)

    def _reverse(self, run_id: UUID) -> None:
        reverse_run(self.session, actor=ACCOUNTANT, now=self.now, run_id=run_id, reason=WHY)

    @rule(which=WHICH)
    def prepare(self, which: int) -> None:
        if which % 3:
            self._try(lambda: prepare_sale(self.session, CAST, self.now, self._one(Sale, which)))
        else:
            self._try(lambda: prepare_fortnight(self.session, CAST, self.now))

    @rule(which=WHICH)
    def approve(self, which: int) -> None:
        if run := self._one(SettlementRun, which):
            self._try(lambda: approve_run(self.session, actor=TREASURER, now=self.now, run_id=run.id))

    @rule(which=WHICH)
    def account(self, which: int) -> None:
        if run := self._one(SettlementRun, which):
            self._try(lambda: self._book(run.id))

    @rule(which=WHICH)
    def account_and_reverse(self, which: int) -> None:
        if run := self._one(SettlementRun, which):
            before = self._picture()
            if self._try(lambda: self._book(run.id)):
                self._reverse(run.id)
                assert self._picture() == before

    @rule(which=WHICH)
    def reverse(self, which: int) -> None:
        if run := self._one(SettlementRun, which):
            self._try(lambda: self._reverse(run.id))

    @rule(which=WHICH)
    def discard(self, which: int) -> None:
        if run := self._one(SettlementRun, which):
            self._try(
                lambda: discard_run(self.session, actor=ACCOUNTANT, now=self.now, run_id=run.id, reason=WHY)
            )

    @rule(which=WHICH)
    def pay_everybody(self, which: int) -> None:
        if run := self._one(SettlementRun, which):
            self._try(lambda: pay_run(self.session, actor=TREASURER, now=self.now, run_id=run.id))

    @rule(which=WHICH)
    def take_cash_back(self, which: int) -> None:
        if run := self._one(SettlementRun, which):
            self._try(
                lambda: take_back_payment(
                    self.session, actor=ACCOUNTANT, now=self.now, run_id=run.id, reason=WHY
                )
            )

    @rule(which=WHICH, rail=st.sampled_from([Rail.BANK, Rail.CASH]), sent=st.booleans())
    def batch(self, which: int, rail: Rail, sent: bool) -> None:
        if run := self._one(SettlementRun, which):
            self._try(lambda: batch_of(self.session, CAST, self.now, run, rail, sent=sent))

    @rule(which=WHICH, what=st.sampled_from(["paid", "returned", "cancelled", "discarded"]))
    def end_a_payment(self, which: int, what: str) -> None:
        payout = self._one(Payout, which)
        if payout is None:
            return
        about: dict[str, Any] = {"actor": TREASURER, "now": self.now, "batch_id": payout.batch_id}
        steps: dict[str, Callable[[], object]] = {
            "paid": lambda: record_paid(self.session, payout_ids=[payout.id], **about),
            "returned": lambda: record_returned(self.session, payout_id=payout.id, reason=WHY, **about),
            "cancelled": lambda: cancel_planned(self.session, payout_ids=[payout.id], reason=WHY, **about),
            "discarded": lambda: discard_batch(self.session, reason=WHY, **about),
        }
        self._try(steps[what])

    @rule(which=WHICH, amount=st.integers(1, 90_000), again=st.booleans())
    def pay_in(self, which: int, amount: int, again: bool) -> None:
        sale, known = self._one(Sale, which), self._one(BuyerPayment, which)
        payment_id = known.id if known is not None and again else new_id()
        self._try(
            lambda: record_buyer_payment(
                self.session,
                actor=TREASURER,
                now=self.now,
                payment_id=payment_id,
                sale_id=sale.id,
                amount_minor=amount,
                paid_on=self.now.date(),
            )
        )

    @invariant()
    def balanced_and_never_below_zero(self) -> None:
        assert not any(trial_balance(self.session).values())
        for net, paid in self.session.execute(select(SettlementLine.net_minor, SettlementLine.paid_minor)):
            assert 0 <= paid <= net

    def teardown(self) -> None:
        """See at the end that everything agrees, and forget the season."""
        try:
            check_money(self.session)
            _check_figures(self.session)
        finally:
            self._outer.rollback()
            self.session.expire_all()


def _check_figures(session: Session) -> None:
    """List, CSV, receipts, ledger and payments name the same amounts, producer by producer."""
    paid_out: dict[UUID, int] = defaultdict(int)
    for row in session.execute(
        select(Payout.line_id, Payout.amount_minor)
        .join(PayoutBatch, PayoutBatch.id == Payout.batch_id)
        .where(Payout.state.in_(["sent", "paid"]))
    ):
        paid_out[row.line_id] += row.amount_minor
    for run in session.scalars(select(SettlementRun)):
        lines = all_lines(session, run)
        listed = [(one.member_code, one.net_minor, one.paid_minor) for one in lines]
        assert _in_csv(run_csv(run, lines, "PE"))[:-1] == listed
        assert sum(one.net_minor for one in lines) == run.net_minor
        if run.state not in {one.value for one in IN_THE_BOOKS}:
            continue
        contents = [session.get_one(Paper, one.receipt_id).content for one in lines if one.receipt_id]
        assert [(one["party"]["member_code"], one["net_minor"]) for one in contents] == [
            row[:2] for row in listed
        ]
        owed = {one.producer_id: one.net_minor for one in lines if one.net_minor}
        assert _posted(session, run.account_entry_id) == owed
        if run.payment_entry_id is None:
            assert {one.id: one.paid_minor for one in lines} == {one.id: paid_out[one.id] for one in lines}


def _in_csv(text: str) -> Sequence[tuple[str, int, int]]:
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    next(rows)
    code, net, paid = (HEADERS.index(name) for name in ("Member code", "Net", "Paid"))
    return [
        (row[code], int(row[net].replace(".", "")), int(row[paid].replace(".", ""))) for row in rows if row
    ]


def _posted(session: Session, entry_id: UUID | None) -> dict[UUID | None, int]:
    rows = session.execute(
        select(Posting.party_id, Posting.amount_minor)
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(Posting.entry_id == entry_id, LedgerAccount.code == AccountCode.PAYABLE_PRODUCERS.value)
    )
    return {row.party_id: -row.amount_minor for row in rows}


def test_any_sequence_of_steps_keeps_all_figures_in_agreement(session: Session, now: datetime) -> None:
    class OfThisTest(Season):
        def __init__(self) -> None:
            super().__init__(session, now)

    run_state_machine_as_test(
        OfThisTest,
        settings=settings(
            max_examples=6,
            stateful_step_count=16,
            phases=[Phase.generate],  # to shrink a failure takes minutes: add Phase.shrink when there is one
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_run_that_is_paid_is_not_accounted_again(session: Session, now: datetime) -> None:
    members = add_members(session, 1)
    sale = add_sale(session, [add_lot(session, members[0], 10_000)])
    run = book(session, CAST, now, prepare_sale(session, CAST, now, sale))
    pay_run(session, actor=TREASURER, now=now, run_id=run.id)
    with pytest.raises(RunStateRefused):
        account_run(session, actor=ACCOUNTANT, now=now, run_id=run.id)
    assert run.state == "paid"
