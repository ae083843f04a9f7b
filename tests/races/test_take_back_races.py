"""A producer takes back milk that lies in the tank while the same milk is being paid: either one, never both."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

import pytest
from flask import Flask

from chain.core.db import atomic, run_atomic
from chain.core.ids import new_id
from chain.genealogy.errors import AlreadyPaid
from chain.genealogy.models import LotEvent
from chain.genealogy.rules import TakeBack
from chain.genealogy.services import take_back
from chain.pricing.services.flat import set_price
from chain.settlement.errors import RunOutdated
from chain.settlement.models import SettlementRun
from chain.settlement.services.runs import approve_run, prepare_period_run
from tests.support.cast import Cast
from tests.support.genealogy import merge
from tests.support.races import Outcome
from tests.support.settling import add_lot, add_members

Race = Callable[..., Sequence[Outcome]]
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 15)


@pytest.mark.parametrize("attempt", range(3))
def test_milk_is_paid_or_taken_back(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, attempt: int
) -> None:
    del attempt
    with fresh_app.app_context(), atomic() as session:
        members = add_members(session, 2)
        milk = [add_lot(session, one, 10_000, commodity="raw-milk", state="registered") for one in members]
        tank_id, taker_id = merge(session, now, *milk).id, members[0].id
        accountant = cast.accountant.actor
        set_price(
            session,
            actor=accountant,
            now=now,
            price_id=new_id(),
            commodity="raw-milk",
            price_minor_per_unit=200,
            valid_from=FIRST,
            valid_to=LAST,
            decided_by="Asamblea",
        )
        run_id = prepare_period_run(
            session,
            actor=accountant,
            now=now,
            run_id=new_id(),
            commodity="raw-milk",
            period_from=FIRST,
            period_to=LAST,
        ).id

    def approve() -> SettlementRun:
        return run_atomic(
            lambda session: approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run_id)
        )

    order = TakeBack(
        id=new_id(),
        happened_at=now,
        lot_id=tank_id,
        producer_id=taker_id,
        quantity=4_000,
        remainder_id=new_id(),
        reason="para la casa",
    )

    def take() -> LotEvent:
        return run_atomic(lambda session: take_back(session, actor=cast.clerk.actor, now=now, event=order))

    paid, taken = race(approve, take)
    assert [paid.won, taken.won].count(True) == 1
    assert isinstance(paid.error if taken.won else taken.error, RunOutdated if taken.won else AlreadyPaid)
