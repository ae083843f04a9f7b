"""The close of a year: income and expenses to the accumulated result, once, and taken back without a trace in the balances."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, NotFound, SamePerson, ValidationFailed
from chain.core.paging import PageRequest
from chain.ledger.errors import (
    EntryAlreadyReversed,
    LaterYearClosed,
    NoResultToClose,
    PeriodClosed,
    YearClosedOtherwise,
)
from chain.ledger.models import JournalEntry
from chain.ledger.queries.trial_balance import trial_balance
from chain.ledger.queries.years import list_years
from chain.ledger.rules import AccountCode, AccountKind, EntryKind, LedgerLine
from chain.ledger.services.periods import close_month, reopen_month
from chain.ledger.services.posting import post_entry, verify_ledger
from chain.ledger.services.years import close_year, reopen_year
from tests.support.cast import Cast

END = date(2025, 12, 31)
WHY = "Faltó un gasto"


def post(session: Session, cast: Cast, now: datetime, *lines: LedgerLine, day: date = END) -> JournalEntry:
    count = len(session.scalars(select(JournalEntry.id)).all())
    return post_entry(
        session,
        actor=cast.treasurer.actor,
        organisation_id=cast.centre.id,
        now=now,
        occurred_on=day,
        kind=EntryKind.MANUAL,
        description="Prueba",
        idempotency_key=str(count),
        lines=lines,
    )


def close(session: Session, cast: Cast, now: datetime, last_day: date = END) -> JournalEntry:
    return close_year(session, actor=cast.treasurer.actor, now=now, last_day=last_day)


def take_back(session: Session, cast: Cast, now: datetime, entry: JournalEntry) -> JournalEntry:
    actor = cast.second_treasurer.actor
    return reopen_year(session, actor=actor, now=now, entry_id=entry.id, reason=WHY)


def standing(session: Session, cast: Cast, on: date = END) -> dict[tuple[str, str], int]:
    """Return what stands on each account and currency at the end of a day."""
    rows = trial_balance(session, cast.accountant.actor, on=on)
    return {(row.account.code, row.currency): row.closing_minor for row in rows if row.closing_minor}


@pytest.fixture
def books(session: Session, cast: Cast, now: datetime) -> None:
    """Fees of 1,500.00 and purchases of 900.00 in 2025, a loss of 20 dollars, and 70.00 of fees in 2026."""
    code = AccountCode
    post(session, cast, now, LedgerLine(code.CASH, 150_000), LedgerLine(code.FEE_INCOME, -150_000))
    post(session, cast, now, LedgerLine(code.PURCHASES, 90_000), LedgerLine(code.CASH, -90_000), day=date(2025, 5, 2))  # fmt: skip
    post(
        session,
        cast,
        now,
        LedgerLine(code.BANK_CHARGES, 2_000, None, "USD"),
        LedgerLine(code.BANK, -2_000, None, "USD"),
    )
    post(session, cast, now, LedgerLine(code.CASH, 7_000), LedgerLine(code.FEE_INCOME, -7_000), day=date(2026, 1, 5))  # fmt: skip


@pytest.mark.usefixtures("books")
def test_income_and_expenses_go_into_the_accumulated_result(
    session: Session, cast: Cast, now: datetime
) -> None:
    entry = close(session, cast, now)
    assert (entry.kind, entry.occurred_on) == ("closing", END)
    assert standing(session, cast) == {
        ("cash", "PEN"): 60_000,
        ("accumulated_result", "PEN"): -60_000,
        ("bank", "USD"): -2_000,
        ("accumulated_result", "USD"): 2_000,
    }
    later = standing(session, cast, date(2026, 1, 31))
    assert later["fee_income", "PEN"] == -7_000, "the new year begins at zero"
    (row,) = list_years(session, cast.accountant.actor, PageRequest(1)).items
    assert row.results == {"PEN": 60_000, "USD": -2_000}
    assert (row.last_day, row.posted_by_name, row.reversed_by) == (END, cast.treasurer.name, None)
    assert verify_ledger(session, cast.centre.id).is_whole


@pytest.mark.usefixtures("books")
def test_the_same_close_again_changes_nothing_and_one_that_was_passed_by_is_refused(
    session: Session, cast: Cast, now: datetime
) -> None:
    entry = close(session, cast, now)
    assert close(session, cast, now).id == entry.id
    post(session, cast, now, LedgerLine(AccountCode.PURCHASES, 5), LedgerLine(AccountCode.CASH, -5))
    with pytest.raises(YearClosedOtherwise):
        close(session, cast, now)
    take_back(session, cast, now, entry)
    again = close(session, cast, now)
    assert again.id != entry.id
    assert standing(session, cast)["accumulated_result", "PEN"] == -59_995


@pytest.mark.usefixtures("books")
def test_a_close_that_is_taken_back_leaves_every_balance_as_before(
    session: Session, cast: Cast, now: datetime
) -> None:
    before = standing(session, cast)
    entry = close(session, cast, now)
    with pytest.raises(SamePerson):
        reopen_year(session, actor=cast.treasurer.actor, now=now, entry_id=entry.id, reason=WHY)
    undone = take_back(session, cast, now, entry)
    assert standing(session, cast) == before
    assert (undone.occurred_on, undone.reverses_id) == (END, entry.id)
    with pytest.raises(EntryAlreadyReversed):
        take_back(session, cast, now, entry)
    (row,) = list_years(session, cast.accountant.actor, PageRequest(1)).items
    assert row.reversed_by == undone.sequence


@pytest.mark.usefixtures("books")
def test_years_follow_each_other_and_months(session: Session, cast: Cast, now: datetime) -> None:
    june = close(session, cast, now, date(2025, 6, 30))  # a year may end with any month
    assert standing(session, cast, date(2025, 6, 30))["accumulated_result", "PEN"] == 90_000
    entry = close(session, cast, now)
    with pytest.raises(LaterYearClosed):
        close(session, cast, now, date(2025, 6, 30))
    with pytest.raises(LaterYearClosed):
        take_back(session, cast, now, june)
    month = date(2025, 5, 1)
    while month <= END:
        close_month(session, actor=cast.treasurer.actor, now=now, month=month)
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    with pytest.raises(PeriodClosed):
        take_back(session, cast, now, entry)
    assert close(session, cast, now).id == entry.id
    reopen_month(session, actor=cast.second_treasurer.actor, now=now, month=END, reason=WHY)
    take_back(session, cast, now, entry)
    with pytest.raises(PeriodClosed):
        take_back(session, cast, now, june)


@pytest.mark.usefixtures("books")
def test_who_closes_what(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(Forbidden):
        close_year(session, actor=cast.accountant.actor, now=now, last_day=END)
    for day in (date(2025, 12, 30), date(2026, 3, 31)):
        with pytest.raises(ValidationFailed):
            close(session, cast, now, day)
    with pytest.raises(NoResultToClose):
        close(session, cast, now, date(2025, 4, 30))
    entry = close(session, cast, now)
    with pytest.raises(NotFound):
        reopen_year(session, actor=cast.outsider.actor, now=now, entry_id=entry.id, reason=WHY)
    with pytest.raises(ValidationFailed):
        reopen_year(session, actor=cast.second_treasurer.actor, now=now, entry_id=entry.id, reason=" ")


ACCOUNTS = st.sampled_from(list(AccountCode))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("post"), ACCOUNTS, ACCOUNTS, st.integers(1, 999), st.integers(1, 24)),
        st.tuples(st.sampled_from(["close", "back"]), st.integers(1, 24)),
    ),
    max_size=12,
)


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_whatever_is_posted_closed_and_taken_back_the_books_close_to_zero(
    session: Session, cast: Cast, steps: list[tuple[Any, ...]]
) -> None:
    now = datetime(2026, 3, 16, 15, tzinfo=UTC)
    outer = session.begin_nested()
    for step in steps:
        month = step[-1] - 1
        end = date(2024 + month // 12, month % 12 + 1, 28)
        nested = session.begin_nested()
        try:
            if step[0] == "post":
                post(session, cast, now, LedgerLine(step[1], step[3]), LedgerLine(step[2], -step[3]), day=end)
            else:
                last = date(end.year + end.month // 12, end.month % 12 + 1, 1)
                entry = close(session, cast, now, date.fromordinal(last.toordinal() - 1))
                if step[0] == "back":
                    take_back(session, cast, now, entry)
                else:
                    kinds = {
                        row.account.kind
                        for row in trial_balance(session, cast.accountant.actor, on=entry.occurred_on)
                        if row.closing_minor
                    }
                    assert not kinds & {AccountKind.INCOME, AccountKind.EXPENSE}
            nested.commit()
        except (LaterYearClosed, NoResultToClose, YearClosedOtherwise, SamePerson):
            nested.rollback()
        rows = trial_balance(session, cast.accountant.actor, on=date(2026, 3, 16))
        assert sum(row.closing_minor for row in rows) == 0
    assert verify_ledger(session, cast.centre.id).is_whole
    outer.rollback()
    session.expire_all()
