"""Vetting, credit and deposits: who writes them, what they do to a limit, how a deposit comes back."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import chain.buyers.handlers  # noqa: F401 - registers the return of deposits
from chain.accounts.rules import Actor, OrganisationKind, Role
from chain.buyers.errors import DepositTooSmall, NotABuyer, NotVetted, ReturnStateRefused
from chain.buyers.limit_queries import limit_book, list_limits, list_own_limits, list_vetting
from chain.buyers.models import DepositReturn, TradingLimit
from chain.buyers.services.deposits import (
    Movement,
    ask_return,
    grant_credit,
    pay_return,
    record_deposit,
    withdraw_return,
)
from chain.buyers.services.limits import check_may_trade, hold_limit, release_limit, room_of
from chain.buyers.services.vetting import Decision, set_limit_rule, vet_buyer
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import OutboxMessage
from chain.core.outbox import run_next
from chain.core.paging import PageRequest
from tests.support.cast import CENTRE, MILL, RIVAL_MILL, Cast

DAY = date(2026, 3, 16)
RECEIVED = Movement("received", 50_000, "qr", DAY, "QR-77")


def deposit(session: Session, cast: Cast, now: datetime, movement: Movement = RECEIVED) -> UUID:
    return record_deposit(
        session,
        actor=cast.treasurer.actor,
        now=now,
        deposit_id=new_id(),
        buyer_id=MILL.id,
        movement=movement,
    ).id


def hold(session: Session, now: datetime, amount: int) -> UUID:
    ref_id = new_id()
    hold_limit(
        session,
        buyer_id=MILL.id,
        seller_id=CENTRE.id,
        kind="award",
        ref_id=ref_id,
        amount_minor=amount,
        currency="PEN",
        now=now,
    )
    return ref_id


def ask(session: Session, cast: Cast, now: datetime, return_id: UUID | None = None) -> DepositReturn:
    return ask_return(
        session,
        actor=cast.buyer.actor,
        now=now,
        return_id=return_id or new_id(),
        seller_id=CENTRE.id,
        currency="PEN",
        pay_to="QR 999",
    )


def run_outbox(session: Session, now: datetime) -> list[str]:
    while run_next(session, now=now):
        pass
    return list(
        session.scalars(select(OutboxMessage.state).where(OutboxMessage.kind == "buyers.deposit_return"))
    )


def test_the_operator_vets_a_small_mill_up_to_its_deposit(
    session: Session, cast: Cast, now: datetime
) -> None:
    key = new_id()
    decision = Decision("vetted", tier="deposit", documents=("RUC  20", " "), valid_until=date(2026, 12, 31))
    for _ in range(2):
        row = vet_buyer(
            session, actor=cast.operator.actor, now=now, decision_id=key, buyer_id=MILL.id, decision=decision
        )
    assert row.documents == ["RUC 20"]
    with pytest.raises(IdempotencyConflict):
        vet_buyer(
            session,
            actor=cast.operator.actor,
            now=now,
            decision_id=key,
            buyer_id=RIVAL_MILL.id,
            decision=decision,
        )
    listed = {
        one.buyer.id: one
        for one in list_vetting(session, cast.operator.actor, PageRequest(), today=DAY).items
    }
    assert (listed[MILL.id].standing, listed[RIVAL_MILL.id].standing) == ("vetted", "vetted")
    assert (
        list_vetting(session, cast.operator.actor, PageRequest(), today=date(2027, 1, 1)).items[0].standing
        == "expired"
    )
    deposit(session, cast, now)
    assert room_of(session, CENTRE.id, MILL.id, now=now).free_minor == 50_000


def test_a_suspension_says_why_and_stops_trade(session: Session, cast: Cast, now: datetime) -> None:
    def decide(decision: Decision, actor: Actor = cast.operator.actor, buyer_id: UUID = MILL.id) -> None:
        vet_buyer(session, actor=actor, now=now, decision_id=new_id(), buyer_id=buyer_id, decision=decision)

    with pytest.raises(ValidationFailed):
        decide(Decision("suspended"))
    with pytest.raises(ValidationFailed):
        decide(Decision("loved", tier="gold", valid_until=DAY - timedelta(days=1)))
    with pytest.raises(Forbidden):
        decide(Decision("vetted"), cast.seller.actor)
    with pytest.raises(NotFound):
        decide(Decision("vetted"), buyer_id=CENTRE.id)
    decide(Decision("suspended", note="No pagó"))
    with pytest.raises(NotVetted):
        check_may_trade(
            session, buyer_id=MILL.id, seller_id=CENTRE.id, amount_minor=1, currency="PEN", now=now
        )


def test_credit_takes_the_place_of_the_credit_before(session: Session, cast: Cast, now: datetime) -> None:
    set_limit_rule(session, actor=cast.treasurer.actor, now=now, limit_required=True)
    for amount in (70_000, 20_000):
        grant_credit(
            session,
            actor=cast.treasurer.actor,
            now=now,
            credit_id=new_id(),
            buyer_id=MILL.id,
            amount_minor=amount,
            until=DAY,
            reason="Paga puntual",
        )
    assert room_of(session, CENTRE.id, MILL.id, now=now).free_minor == 20_000
    assert room_of(session, CENTRE.id, MILL.id, now=now + timedelta(days=1)).free_minor == 0
    rows = {
        one.organisation.id: one.room
        for one in list_limits(session, cast.treasurer.actor, PageRequest(), today=DAY).items
    }
    assert (rows[MILL.id].credit_minor, rows[RIVAL_MILL.id].free_minor) == (20_000, 0)
    with pytest.raises(Forbidden):
        set_limit_rule(session, actor=cast.seller.actor, now=now, limit_required=False)
    with pytest.raises(ValidationFailed) as refused:
        grant_credit(
            session,
            actor=cast.treasurer.actor,
            now=now,
            credit_id=new_id(),
            buyer_id=MILL.id,
            amount_minor=-1,
            until=date(2040, 1, 1),
            reason=" ",
        )
    assert set(refused.value.errors) == {"amount", "until", "reason"}


def test_what_covers_commitments_does_not_go_out(session: Session, cast: Cast, now: datetime) -> None:
    deposit(session, cast, now)
    hold(session, now, 30_000)
    out = replace(RECEIVED, kind="returned", amount_minor=20_001)
    with pytest.raises(DepositTooSmall):
        deposit(session, cast, now, out)
    deposit(session, cast, now, replace(out, amount_minor=20_000))
    with pytest.raises(ValidationFailed) as refused:
        deposit(session, cast, now, Movement("kept", 0, "qr", DAY + timedelta(days=1)))
    assert set(refused.value.errors) == {"amount", "reference", "happened_on", "note"}
    deposit(session, cast, now, Movement("kept", 30_000, "qr", DAY, "R-1", "No recogió"))
    limit = session.get_one(TradingLimit, (CENTRE.id, MILL.id, "PEN"))
    kept = limit_book(session, seller_id=CENTRE.id, buyer_id=MILL.id).deposits
    assert limit.deposit_minor == 0
    assert sum(one.amount_minor * (1 if one.kind == "received" else -1) for one in kept) == 0


def test_a_deposit_comes_back_by_itself_once_nothing_is_committed(
    session: Session, cast: Cast, now: datetime
) -> None:
    deposit(session, cast, now)
    ref_id, key = hold(session, now, 10_000), new_id()
    row = ask(session, cast, now, key)
    assert ask(session, cast, now, key) is row
    with pytest.raises(ReturnStateRefused):
        ask(session, cast, now)
    assert run_outbox(session, now) == []
    with pytest.raises(ReturnStateRefused):
        pay_return(session, actor=cast.treasurer.actor, now=now, return_id=key, reference="T-1")
    release_limit(session, ref_id=ref_id, now=now)
    assert run_outbox(session, now) == ["done"]
    assert (row.state, row.amount_minor) == ("to_pay", 50_000)
    assert session.get_one(TradingLimit, (CENTRE.id, MILL.id, "PEN")).deposit_minor == 0
    with pytest.raises(NotFound):
        pay_return(session, actor=cast.outsider.actor, now=now, return_id=key, reference="T-1")
    for _ in range(2):
        pay_return(session, actor=cast.treasurer.actor, now=now, return_id=key, reference="T-1")
    assert (row.state, row.reference) == ("paid", "T-1")


def test_a_new_commitment_before_the_return_makes_it_wait(
    session: Session, cast: Cast, now: datetime
) -> None:
    deposit(session, cast, now)
    row = ask(session, cast, now)
    ref_id = hold(session, now, 1)
    run_outbox(session, now)
    assert row.state == "waiting"
    release_limit(session, ref_id=ref_id, now=now)
    run_outbox(session, now)
    assert row.state == "to_pay"


def test_a_wish_is_withdrawn_by_the_buyer_only(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotFound):
        ask(session, cast, now)
    deposit(session, cast, now)
    row = ask(session, cast, now)
    with pytest.raises(NotFound):
        withdraw_return(session, actor=cast.rival_buyer.actor, now=now, return_id=row.id)
    for _ in range(2):
        withdraw_return(session, actor=cast.buyer.actor, now=now, return_id=row.id)
    run_outbox(session, now)
    assert row.state == "withdrawn"
    seller_who_bids = Actor(cast.seller.id, CENTRE.id, OrganisationKind.CENTRE, frozenset({Role.BUYER}))
    with pytest.raises(NotABuyer):
        ask_return(
            session,
            actor=seller_who_bids,
            now=now,
            return_id=new_id(),
            seller_id=CENTRE.id,
            currency="PEN",
            pay_to="x",
        )


def test_a_buyer_sees_its_own_limits_and_no_rivals(session: Session, cast: Cast, now: datetime) -> None:
    deposit(session, cast, now)
    own = list_own_limits(session, cast.buyer.actor, PageRequest(), today=DAY).items
    assert [(one.organisation.id, one.room.deposit_minor, one.room.free_minor) for one in own] == [
        (CENTRE.id, 50_000, None)
    ]
    assert not list_own_limits(session, cast.rival_buyer.actor, PageRequest(), today=DAY).items
