"""Two people at the same run, payment or key in the same instant: exactly one wins."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from chain.core.db import atomic, db, snapshot
from chain.core.errors import IdempotencyConflict
from chain.core.ids import new_id
from chain.ledger.models import JournalEntry
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import post_entry, verify_ledger
from chain.papers.models import Paper
from chain.settlement.errors import RunPaidAlready, RunStateRefused, SaleAlreadySettled
from chain.settlement.models import SettlementRun
from chain.settlement.services.reversing import reverse_run
from chain.settlement.services.runs import account_run, approve_run, pay_run, prepare_sale_run
from tests.support.cast import Cast, Person
from tests.support.races import Outcome
from tests.support.settling import sold_lots

Race = Callable[..., Sequence[Outcome]]


@pytest.fixture
def sale_id(fresh_app: Flask) -> UUID:
    with fresh_app.app_context(), atomic() as session:
        sale, _ = sold_lots(session, [[10_000, 4_321], [7_777], [1_234]])
        return sale.id


@pytest.fixture
def run_id(fresh_app: Flask, cast: Cast, now: datetime, sale_id: UUID) -> UUID:
    with fresh_app.app_context(), atomic() as session:
        return prepare_sale_run(
            session, actor=cast.accountant.actor, now=now, run_id=new_id(), sale_id=sale_id
        ).id


def approving(person: Person, now: datetime, run_id: UUID) -> Callable[[], str]:
    def approve() -> str:
        with atomic() as session:
            return approve_run(session, actor=person.actor, now=now, run_id=run_id).state

    return approve


def accounting(person: Person, now: datetime, run_id: UUID) -> Callable[[], str]:
    def account() -> str:
        with atomic() as session:
            return account_run(session, actor=person.actor, now=now, run_id=run_id).state

    return account


def paying(person: Person, now: datetime, run_id: UUID) -> Callable[[], str]:
    def pay() -> str:
        with atomic() as session:
            return pay_run(session, actor=person.actor, now=now, run_id=run_id).state

    return pay


def test_of_two_approvals_exactly_one_wins(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, run_id: UUID
) -> None:
    outcomes = race(*[approving(one, now, run_id) for one in (cast.treasurer, cast.second_treasurer)] * 2)
    assert sum(one.won for one in outcomes) == 1
    assert all(isinstance(one.error, RunStateRefused) for one in outcomes if not one.won)


def test_of_two_who_account_exactly_one_wins_and_numbers_have_no_gap(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, run_id: UUID
) -> None:
    with fresh_app.app_context():
        approving(cast.treasurer, now, run_id)()
    outcomes = race(*[accounting(one, now, run_id) for one in (cast.accountant, cast.treasurer)] * 2)
    assert sum(one.won for one in outcomes) == 1
    assert all(isinstance(one.error, RunStateRefused) for one in outcomes if not one.won)
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(JournalEntry)) == 1
        numbers = db.session.scalars(select(Paper.number).order_by(Paper.number)).all()
        assert list(numbers) == [1, 2, 3]
        with snapshot() as session:
            assert verify_ledger(session).is_whole


def test_of_a_payment_and_a_reversal_exactly_one_wins(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, run_id: UUID
) -> None:
    def reverse() -> str:
        with atomic() as session:
            return reverse_run(
                session, actor=cast.accountant.actor, now=now, run_id=run_id, reason="Mal pesado"
            ).state

    with fresh_app.app_context():
        approving(cast.treasurer, now, run_id)()
        accounting(cast.accountant, now, run_id)()
    outcomes = race(paying(cast.treasurer, now, run_id), reverse, paying(cast.second_treasurer, now, run_id))
    assert sum(one.won for one in outcomes) == 1
    refusals = (RunStateRefused, RunPaidAlready)
    assert all(isinstance(one.error, refusals) for one in outcomes if not one.won)
    with fresh_app.app_context(), snapshot() as session:
        assert verify_ledger(session).is_whole


def test_of_two_runs_of_one_sale_exactly_one_is_prepared(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, sale_id: UUID
) -> None:
    def prepare() -> UUID:
        with atomic() as session:
            return prepare_sale_run(
                session, actor=cast.accountant.actor, now=now, run_id=new_id(), sale_id=sale_id
            ).id

    outcomes = race(*[prepare] * 3)
    assert sum(one.won for one in outcomes) == 1
    assert all(isinstance(one.error, SaleAlreadySettled) for one in outcomes if not one.won)
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(SettlementRun)) == 1


def test_posts_with_one_key_make_one_entry_and_other_content_is_refused(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    def posting(amount: int) -> Callable[[], UUID]:
        def post() -> UUID:
            with atomic() as session:
                return post_entry(
                    session,
                    actor=cast.treasurer.actor,
                    organisation_id=cast.centre.id,
                    now=now,
                    occurred_on=date(2026, 3, 16),
                    kind=EntryKind.OPENING,
                    description="Apertura",
                    idempotency_key="apertura",
                    lines=[
                        LedgerLine(AccountCode.CASH, amount),
                        LedgerLine(AccountCode.OPENING_EQUITY, -amount),
                    ],
                ).id

        return post

    outcomes = race(posting(500), posting(500), posting(500), posting(700))
    winners = {one.value for one in outcomes if one.won}
    assert len(winners) == 1
    assert all(isinstance(one.error, IdempotencyConflict) for one in outcomes if not one.won)
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(JournalEntry)) == 1
        with snapshot() as session:
            assert verify_ledger(session).is_whole


def test_many_posts_queue_and_leave_no_gap(race: Race, fresh_app: Flask, cast: Cast, now: datetime) -> None:
    def post() -> int:
        with atomic() as session:
            return post_entry(
                session,
                actor=cast.treasurer.actor,
                organisation_id=cast.centre.id,
                now=now,
                occurred_on=date(2026, 3, 16),
                kind=EntryKind.OPENING,
                description="Apertura",
                idempotency_key=str(new_id()),
                lines=[LedgerLine(AccountCode.CASH, 1), LedgerLine(AccountCode.OPENING_EQUITY, -1)],
            ).sequence

    outcomes = race(*[post] * 6)
    assert sorted(one.value for one in outcomes) == [1, 2, 3, 4, 5, 6]
    with fresh_app.app_context(), snapshot() as session:
        assert verify_ledger(session).is_whole
