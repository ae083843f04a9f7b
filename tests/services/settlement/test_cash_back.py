"""A payment in cash to everybody that was noted by mistake is taken back by another person, and only what it paid."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, NotFound, SamePerson, ValidationFailed
from chain.core.models import AuditRecord
from chain.ledger.services.posting import verify_ledger
from chain.papers.models import Paper
from chain.settlement.errors import NotPaidInCash, RunPaidAlready
from chain.settlement.models import SettlementLine, SettlementRun
from chain.settlement.paper_subjects import _paid_on
from chain.settlement.services.cash_back import take_back_payment
from chain.settlement.services.paying import mark_paid, mark_returned
from chain.settlement.services.reversing import reverse_run
from chain.settlement.services.runs import pay_run
from tests.support.cast import Cast, Person
from tests.support.settling import balances, book, prepare_sale, sold_lots


@pytest.fixture
def run(session: Session, cast: Cast, now: datetime) -> SettlementRun:
    sale, _ = sold_lots(session, [[10_000], [5_000]])
    return book(session, cast, now, prepare_sale(session, cast, now, sale))


def take_back(
    session: Session, now: datetime, person: Person, run: SettlementRun, reason: str = "Nadie cobró"
) -> SettlementRun:
    return take_back_payment(session, actor=person.actor, now=now, run_id=run.id, reason=reason)


def paid(session: Session, run: SettlementRun) -> list[int]:
    session.expire_all()
    lines = select(SettlementLine).where(SettlementLine.run_id == run.id).order_by(SettlementLine.net_minor)
    return [line.paid_minor for line in session.scalars(lines)]


def test_everything_is_as_before_the_payment(
    session: Session, cast: Cast, now: datetime, run: SettlementRun
) -> None:
    before = balances(session, cast)
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    with pytest.raises(RunPaidAlready):
        reverse_run(session, actor=cast.accountant.actor, now=now, run_id=run.id, reason="Otro precio")
    take_back(session, now, cast.accountant, run)
    assert balances(session, cast) == before
    assert (run.state, run.paid_at, run.payment_entry_id, paid(session, run)) == (
        "accounted",
        None,
        None,
        [0, 0],
    )
    receipts = session.scalars(select(Paper).where(Paper.organisation_id == cast.centre.id)).all()
    assert len(receipts) == 2
    assert [(one.voided_at, _paid_on(session, one)) for one in receipts] == [(None, None)] * 2
    told = session.scalars(
        select(AuditRecord).where(AuditRecord.tag == "settlement:run:payment_taken_back")
    ).one()
    assert told.after is not None
    assert (told.after["reason"], told.after["back_minor"]) == ("Nadie cobró", run.net_minor)
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    take_back(session, now, cast.accountant, run)
    reverse_run(session, actor=cast.accountant.actor, now=now, run_id=run.id, reason="Otro precio")
    assert run.state == "prepared"
    assert not verify_ledger(session, cast.centre.id).problems


def test_another_person_takes_it_back_with_a_reason(
    session: Session, cast: Cast, now: datetime, run: SettlementRun
) -> None:
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    for person, refusal in (
        (cast.treasurer, SamePerson),
        (cast.clerk, Forbidden),
        (cast.outsider, NotFound),
    ):
        with pytest.raises(refusal):
            take_back(session, now, person, run)
    with pytest.raises(ValidationFailed):
        take_back(session, now, cast.second_treasurer, run, " ")
    assert take_back(session, now, cast.second_treasurer, run).state == "accounted"


def test_what_payout_paid_stays_paid(session: Session, cast: Cast, now: datetime, run: SettlementRun) -> None:
    with pytest.raises(NotPaidInCash):
        take_back(session, now, cast.accountant, run)
    small = session.scalars(
        select(SettlementLine.id).where(SettlementLine.run_id == run.id).order_by(SettlementLine.net_minor)
    ).first()
    assert small is not None
    by_bank = {small: 10_000}
    mark_paid(session, organisation_id=cast.centre.id, now=now, line_amounts=by_bank)
    with pytest.raises(NotPaidInCash):
        take_back(session, now, cast.accountant, run)
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    mark_returned(session, organisation_id=cast.centre.id, now=now, line_amounts=by_bank)
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)  # what came back, in cash
    assert paid(session, run) == [22_500, 45_000]
    take_back(session, now, cast.accountant, run)
    assert paid(session, run) == [12_500, 45_000]
    take_back(session, now, cast.accountant, run)
    assert paid(session, run) == [0, 0]
    with pytest.raises(NotPaidInCash):
        take_back(session, now, cast.accountant, run)
