"""Deliveries paid when they are brought: by two people, or by one where the assembly decided so."""

from datetime import date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.papers.models import Paper
from chain.settlement.errors import GateMixed, GateNotAlone, NothingToSettle, RunStateRefused
from chain.settlement.models import GateRule, SettlementRun
from chain.settlement.services.gate import end_gate_rule, pay_at_gate, set_gate_rule
from chain.settlement.services.runs import discard_run, prepare_gate_run
from tests.support.cast import Cast
from tests.support.settling import add_lot, add_members, add_price, balances, book, prepare_fortnight

MARCH = (date(2026, 3, 1), date(2026, 3, 31))


def rule(session: Session, cast: Cast, now: datetime, limit: int = 5_000) -> GateRule:
    return set_gate_rule(
        session,
        actor=cast.treasurer.actor,
        now=now,
        rule_id=new_id(),
        limit_minor=limit,
        valid_from=date(2026, 1, 1),
        valid_to=None,
        decided_by="Asamblea del 5 de enero de 2026",
    )


def milk(session: Session, millilitres: int = 20_000) -> Lot:
    (member,) = add_members(session, 1)
    return add_lot(session, member, millilitres, commodity="raw-milk", state="registered")


def test_two_people_pay_a_delivery_at_the_price_of_its_day(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = milk(session)
    add_price(session, cast, now, 175, *MARCH)
    run = prepare_gate_run(session, actor=cast.accountant.actor, now=now, run_id=new_id(), lot_ids=[lot.id])
    assert (run.kind, run.net_minor) == ("gate", 3_500)
    book(session, cast, now, run)
    session.expire_all()
    assert lot.state == "settled"
    with pytest.raises(NothingToSettle):
        prepare_fortnight(session, cast, now)


def test_one_person_pays_in_one_step_where_the_assembly_decided_so(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = milk(session)
    add_price(session, cast, now, 175, *MARCH)
    rule(session, cast, now)
    run_id, clerk = new_id(), cast.accountant.actor
    run = pay_at_gate(session, actor=clerk, now=now, run_id=run_id, lot_ids=[lot.id])
    assert (run.state, run.alone_by) == ("paid", "Asamblea del 5 de enero de 2026")
    assert balances(session, cast) == {"cash": -3_500, "purchases": 3_500}
    assert session.scalar(select(func.count()).select_from(Paper)) == 1
    again = pay_at_gate(session, actor=clerk, now=now, run_id=run_id, lot_ids=[lot.id])
    assert again.id == run.id
    assert session.scalar(select(func.count()).select_from(SettlementRun)) == 1


def test_above_the_limit_or_without_a_decision_nothing_is_paid(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = milk(session)
    add_price(session, cast, now, 175, *MARCH)
    for limit in (None, 3_499):
        if limit is not None:
            rule(session, cast, now, limit)
        with pytest.raises(GateNotAlone), session.begin_nested():
            pay_at_gate(session, actor=cast.accountant.actor, now=now, run_id=new_id(), lot_ids=[lot.id])
    assert session.scalar(select(func.count()).select_from(SettlementRun)) == 0


def test_a_decision_that_ended_allows_nothing_more(session: Session, cast: Cast, now: datetime) -> None:
    lot = milk(session)
    add_price(session, cast, now, 175, *MARCH)
    decided = rule(session, cast, now)
    treasurer = cast.treasurer.actor
    with pytest.raises(ValidationFailed):
        end_gate_rule(session, actor=treasurer, now=now, rule_id=decided.id, last_day=date(2025, 12, 31))
    end_gate_rule(session, actor=treasurer, now=now, rule_id=decided.id, last_day=date(2026, 3, 1))
    with pytest.raises(ValidationFailed):  # a longer time needs another decision
        end_gate_rule(session, actor=treasurer, now=now, rule_id=decided.id, last_day=date(2026, 12, 31))
    with pytest.raises(GateNotAlone):
        pay_at_gate(session, actor=cast.accountant.actor, now=now, run_id=new_id(), lot_ids=[lot.id])


def test_products_are_not_mixed_and_strangers_pay_nothing(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = milk(session)
    (member,) = add_members(session, 1)
    fleece = add_lot(session, member, 5_000)
    accountant = cast.accountant.actor
    with pytest.raises(GateMixed):
        prepare_gate_run(session, actor=accountant, now=now, run_id=new_id(), lot_ids=[lot.id, fleece.id])
    with pytest.raises(NothingToSettle):
        prepare_gate_run(session, actor=cast.outsider.actor, now=now, run_id=new_id(), lot_ids=[lot.id])
    with pytest.raises(Forbidden):
        prepare_gate_run(session, actor=cast.clerk.actor, now=now, run_id=new_id(), lot_ids=[lot.id])
    with pytest.raises(Forbidden):
        set_gate_rule(
            session,
            actor=accountant,
            now=now,
            rule_id=new_id(),
            limit_minor=1,
            valid_from=date(2026, 1, 1),
            valid_to=None,
            decided_by="Yo",
        )
    decided = rule(session, cast, now)
    with pytest.raises(NotFound):
        end_gate_rule(
            session,
            actor=cast.outsider.actor,
            now=now,
            rule_id=decided.id,
            last_day=date(2026, 3, 1),
        )


def test_a_discarded_payment_is_not_paid_by_sending_the_form_again(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = milk(session)
    add_price(session, cast, now, 175, *MARCH)
    rule(session, cast, now)
    first = new_id()
    prepare_gate_run(session, actor=cast.accountant.actor, now=now, run_id=first, lot_ids=[lot.id])
    discard_run(session, actor=cast.accountant.actor, now=now, run_id=first, reason="Mal anotado")
    with pytest.raises(RunStateRefused):
        pay_at_gate(session, actor=cast.accountant.actor, now=now, run_id=first, lot_ids=[lot.id])
    pay_at_gate(session, actor=cast.accountant.actor, now=now, run_id=new_id(), lot_ids=[lot.id])
    assert balances(session, cast)["cash"] == -3_500


def test_a_payment_that_is_in_the_books_is_not_accounted_again_at_the_gate(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot = milk(session)
    add_price(session, cast, now, 175, *MARCH)
    rule(session, cast, now)
    run = prepare_gate_run(session, actor=cast.accountant.actor, now=now, run_id=new_id(), lot_ids=[lot.id])
    book(session, cast, now, run)
    with pytest.raises(RunStateRefused):
        pay_at_gate(session, actor=cast.accountant.actor, now=now, run_id=run.id, lot_ids=[lot.id])
    assert "cash" not in balances(session, cast)
