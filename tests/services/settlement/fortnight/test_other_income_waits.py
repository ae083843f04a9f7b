"""Other income of a producer without weekday milk waits, is shown, and is paid once by the next fortnight that can."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.settlement.errors import RunOutdated
from chain.settlement.fortnight.errors import IncomePaid
from chain.settlement.fortnight.models import OtherIncomeRow
from chain.settlement.fortnight.queries.one_offs import waiting_of
from chain.settlement.fortnight.services.one_offs import add_income, withdraw_income
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.models import SettlementRun
from chain.settlement.services.reversing import reverse_run
from chain.settlement.services.runs import account_run, approve_run, discard_run
from tests.support.cast import Cast
from tests.support.dairy import add_producers, bring, set_four_prices, weigh, withhold_nothing
from tests.support.settling import book

FIRST, SECOND, THIRD = date(2026, 3, 1), date(2026, 3, 16), date(2026, 4, 1)
MONDAY, SUNDAY, TUESDAY, APRIL = (
    date(2026, 3, 2),
    date(2026, 3, 8),
    date(2026, 3, 17),
    date(2026, 4, 2),
)
LATER = datetime(2026, 4, 20, 15, tzinfo=UTC)


@pytest.fixture
def income(session: Session, cast: Cast) -> UUID:
    """An income of a producer who brings milk on a Sunday, and on a weekday of the next fortnight."""
    set_four_prices(session)
    withhold_nothing(session)
    ana, rosa = add_producers(session, 2)
    for producer, day in ((ana, SUNDAY), (rosa, MONDAY), (ana, TUESDAY), (rosa, APRIL)):
        bring(session, producer, day, 10)
    readings = dict.fromkeys((MONDAY, TUESDAY, APRIL), 10_000)
    weigh(session, cast.accountant.actor, LATER, readings)
    key = new_id()
    add_income(
        session,
        actor=cast.accountant.actor,
        now=LATER,
        income_id=key,
        producer_id=ana,
        amount_minor=5_000,
        dated_on=date(2026, 3, 5),
        name="Bono",
    )
    return key


def prepare(session: Session, cast: Cast, first: date) -> SettlementRun:
    actor = cast.accountant.actor
    return prepare_fortnight_run(session, actor=actor, now=LATER, run_id=new_id(), first_day=first)


def test_it_waits_by_name_and_the_next_fortnight_with_weekday_milk_pays_it_once(
    session: Session, cast: Cast, income: UUID
) -> None:
    first = book(session, cast, LATER, prepare(session, cast, FIRST))
    (waiting,) = waiting_of(session, first)
    assert (waiting.full_name, waiting.member_code) == ("Lechera 00001", "M-00001")
    assert (waiting.name, waiting.amount_minor, waiting.dated_on) == ("Bono", 5_000, date(2026, 3, 5))
    second = book(session, cast, LATER, prepare(session, cast, SECOND))
    row = session.get_one(OtherIncomeRow, income)
    assert (first.additions_minor, second.additions_minor, row.paid_run_id) == (0, 5_000, second.id)
    assert not waiting_of(session, second)
    with pytest.raises(IncomePaid):
        withdraw_income(session, actor=cast.accountant.actor, now=LATER, income_id=income)
    assert prepare(session, cast, THIRD).additions_minor == 0


def test_a_reversal_lets_it_wait_again(session: Session, cast: Cast, income: UUID) -> None:
    book(session, cast, LATER, prepare(session, cast, FIRST))
    second = book(session, cast, LATER, prepare(session, cast, SECOND))
    actor = cast.accountant.actor
    reverse_run(session, actor=actor, now=LATER, run_id=second.id, reason="Otra lectura")
    session.expire_all()
    assert session.get_one(OtherIncomeRow, income).paid_run_id is None
    discard_run(session, actor=actor, now=LATER, run_id=second.id, reason="Otra lectura")
    again = book(session, cast, LATER, prepare(session, cast, SECOND))
    assert again.additions_minor == 5_000
    session.expire_all()
    assert session.get_one(OtherIncomeRow, income).paid_run_id == again.id


def test_it_is_not_paid_by_two(session: Session, cast: Cast, income: UUID) -> None:
    first = book(session, cast, LATER, prepare(session, cast, FIRST))
    second = prepare(session, cast, SECOND)
    approve_run(session, actor=cast.treasurer.actor, now=LATER, run_id=second.id)
    session.get_one(OtherIncomeRow, income).paid_run_id = first.id
    session.flush()
    with pytest.raises(RunOutdated):
        account_run(session, actor=cast.accountant.actor, now=LATER, run_id=second.id)
