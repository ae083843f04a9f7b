"""Two runs take the same debt, two people repay it: what is taken is never more than what is open."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from chain.core.db import atomic
from chain.core.ids import new_id
from chain.dues.models import Application, Movement
from chain.dues.rules import MOVEMENT_ACCOUNTS, DueKind, Taking
from chain.dues.services.changes import repay_movement
from chain.dues.services.movements import give_advance
from chain.dues.services.takings import apply_takings
from tests.services.dues.test_takings import LAST, add_run
from tests.support.cast import CENTRE, Cast
from tests.support.races import Outcome
from tests.support.settling import DAY, add_members

Race = Callable[..., Sequence[Outcome]]


def _debt(cast: Cast, now: datetime) -> tuple[UUID, UUID, list[UUID]]:
    with atomic() as session:
        (member,) = add_members(session, 1)
        debt = give_advance(
            session,
            actor=cast.accountant.actor,
            now=now,
            advance_id=new_id(),
            producer_id=member.id,
            amount_minor=5_000,
            given_on=DAY,
            note="Sal",
        )
        return member.id, debt.id, [add_run(session, now), add_run(session, now)]


def _applied() -> tuple[int, int]:
    with atomic() as session:
        taken = session.scalar(select(func.sum(Application.amount_minor)))
        return int(taken or 0), session.scalars(select(Movement.balance_minor)).one()


def test_two_runs_take_one_debt_once(race: Race, fresh_app: Flask, cast: Cast, now: datetime) -> None:
    with fresh_app.app_context():
        member_id, debt_id, runs = _debt(cast, now)
    account = MOVEMENT_ACCOUNTS[DueKind.ADVANCE]
    taking = Taking(member_id, DueKind.ADVANCE, "Sal", 4_000, account, movement_id=debt_id)

    def account_run(run_id: UUID) -> Callable[[], object]:
        def run() -> object:
            with atomic() as session:
                return apply_takings(
                    session,
                    actor=cast.treasurer.actor,
                    now=now,
                    organisation_id=CENTRE.id,
                    run_id=run_id,
                    applied_on=LAST,
                    takings=[taking],
                )

        return run

    outcomes = race(*(account_run(run_id) for run_id in runs))
    assert sum(outcome.won for outcome in outcomes) == 1
    with fresh_app.app_context():
        assert _applied() == (4_000, 1_000)


def test_a_run_and_a_repayment_never_take_more_than_is_open(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    with fresh_app.app_context():
        _, debt_id, _ = _debt(cast, now)

    def repay() -> object:
        with atomic() as session:
            return repay_movement(
                session,
                actor=cast.accountant.actor,
                now=now,
                application_id=new_id(),
                movement_id=debt_id,
                amount_minor=3_000,
                paid_on=DAY,
            ).amount_minor

    outcomes = race(repay, repay)
    assert sum(outcome.won for outcome in outcomes) == 1
    with fresh_app.app_context():
        assert _applied() == (3_000, 2_000)
