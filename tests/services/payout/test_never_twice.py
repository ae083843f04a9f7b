"""What one way of paying has begun, no other way pays as well."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.ledger.services.posting import verify_ledger
from chain.payout.errors import BatchStateRefused, FloatTooSmall, NotInCash
from chain.payout.rules import Rail, notes_for_all
from chain.payout.services.batches import approve_batch, discard_batch
from chain.payout.services.files import make_file
from chain.payout.services.settling import (
    cancel_planned,
    count_cash,
    float_left,
    record_paid,
    record_returned,
)
from chain.settlement.errors import PaymentsWait
from chain.settlement.services.reversing import reverse_run
from chain.settlement.services.runs import pay_run
from tests.support.cast import Cast
from tests.support.paying import accounted_run, add_account, batch_of, payments_of
from tests.support.settling import balances


def test_what_came_back_after_the_rest_was_paid_in_cash_is_paid_in_cash_too(
    session: Session, cast: Cast, now: datetime
) -> None:
    run, members = accounted_run(session, cast, now, [[10_000], [20_000]])
    add_account(session, cast, now, members[0])
    batch = batch_of(session, cast, now, run, Rail.BANK)
    (transfer,) = payments_of(session, batch)
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    record_returned(
        session, actor=cast.treasurer.actor, now=now, batch_id=batch.id, payout_id=transfer.id, reason="Cuenta cerrada",
    )  # fmt: skip
    assert run.state == "accounted"
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    assert run.state == "paid"
    assert balances(session, cast)["cash"] == -run.net_minor
    assert "payable_producers" not in balances(session, cast)
    assert verify_ledger(session).is_whole


def test_money_that_a_collector_got_back_from_a_producer_is_in_the_books_once(
    session: Session, cast: Cast, now: datetime
) -> None:
    run, _ = accounted_run(session, cast, now, [[10_000], [20_000]])
    batch = batch_of(session, cast, now, run, Rail.COLLECTOR, collector=cast.clerk.id)
    first, second = payments_of(session, batch)
    record_paid(session, actor=cast.clerk.actor, now=now, batch_id=batch.id, payout_ids=[first.id])
    inputs: dict[str, Any] = {"actor": cast.treasurer.actor, "now": now, "batch_id": batch.id}
    record_returned(session, payout_id=first.id, reason="Se equivocó de persona", **inputs)
    left = float_left(session, batch)
    assert balances(session, cast).get("cash_collectors", 0) == left
    with pytest.raises(FloatTooSmall):
        count_cash(session, count_id=new_id(), purpose="returned", counts={10: left // 10 + 1}, **inputs)
    count_cash(session, count_id=new_id(), purpose="returned", counts=notes_for_all([left], "PEN"), **inputs)
    assert "cash_collectors" not in balances(session, cast)
    assert second.state == "planned"


def test_a_transfer_of_a_file_is_not_taken_out_of_its_batch(
    session: Session, cast: Cast, now: datetime
) -> None:
    run, members = accounted_run(session, cast, now, [[10_000], [20_000]])
    for member in members:
        add_account(session, cast, now, member)
    batch = batch_of(session, cast, now, run, Rail.BANK, sent=False)
    approve_batch(session, actor=cast.treasurer.actor, now=now, batch_id=batch.id)
    make_file(
        session,
        actor=cast.treasurer.actor,
        now=now,
        file_id=new_id(),
        batch_id=batch.id,
        own_account="191-1",
    )
    one, _ = payments_of(session, batch)
    with pytest.raises(NotInCash):  # the bank pays what the file says
        cancel_planned(
            session, actor=cast.treasurer.actor, now=now, batch_id=batch.id, payout_ids=[one.id], reason="No vino"
        )  # fmt: skip


def test_nobody_pays_the_rest_or_takes_back_what_a_collector_may_have_handed_over(
    session: Session, cast: Cast, now: datetime
) -> None:
    run, _ = accounted_run(session, cast, now, [[10_000], [20_000]])
    batch = batch_of(session, cast, now, run, Rail.COLLECTOR, collector=cast.clerk.id)
    steps: list[Callable[[], object]] = [
        lambda: pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id),
        lambda: reverse_run(
            session, actor=cast.accountant.actor, now=now, run_id=run.id, reason="Mal anotado"
        ),
    ]
    for step in steps:
        with pytest.raises(PaymentsWait) as refused:
            step()
        assert refused.value.params["batch"] == batch.number
    record_paid(
        session, actor=cast.clerk.actor, now=now, batch_id=batch.id,
        payout_ids=[one.id for one in payments_of(session, batch)],
    )  # fmt: skip
    assert run.state == "paid"


def test_a_batch_that_was_discarded_keeps_nobody_waiting(session: Session, cast: Cast, now: datetime) -> None:
    run, _ = accounted_run(session, cast, now, [[10_000]])
    batch = batch_of(session, cast, now, run, sent=False)
    discard_batch(session, actor=cast.treasurer.actor, now=now, batch_id=batch.id, reason="otro día")
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    assert run.state == "paid"


def test_nothing_is_taken_out_of_a_batch_that_did_not_leave(
    session: Session, cast: Cast, now: datetime
) -> None:
    """What was approved is drawn, counted and carried as a whole."""
    run, _ = accounted_run(session, cast, now, [[10_000], [20_000]])
    batch = batch_of(session, cast, now, run, Rail.COLLECTOR, collector=cast.clerk.id, sent=False)
    first, _ = payments_of(session, batch)
    inputs: dict[str, Any] = {"actor": cast.treasurer.actor, "now": now, "batch_id": batch.id}
    for _ in ("prepared", "approved"):
        with pytest.raises(BatchStateRefused):
            cancel_planned(session, payout_ids=[first.id], reason="Está de viaje", **inputs)
        if batch.state == "prepared":
            approve_batch(session, **inputs)
