from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from chain.core.errors import IdempotencyConflict, NotFound
from chain.core.ids import new_id
from chain.ledger.errors import EntryAlreadyReversed, EntryDoesNotBalance
from chain.ledger.models import JournalEntry, LedgerAccount, Posting
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import post_entry, reverse_entry, verify_ledger
from tests.support.cast import Cast

DAY = date(2026, 3, 16)
CODES = [
    AccountCode.CASH,
    AccountCode.RECEIVABLE_BUYERS,
    AccountCode.ADVANCES_TO_PRODUCERS,
    AccountCode.PAYABLE_PRODUCERS,
    AccountCode.OPENING_EQUITY,
    AccountCode.FEE_INCOME,
    AccountCode.PURCHASES,
]


def post(
    session: Session,
    cast: Cast,
    now: datetime,
    key: str,
    amounts: Sequence[int],
    organisation_id: UUID | None = None,
) -> JournalEntry:
    return post_entry(
        session,
        actor=cast.treasurer.actor,
        organisation_id=organisation_id or cast.centre.id,
        now=now,
        occurred_on=DAY,
        kind=EntryKind.OPENING,
        description=f"Prueba {key}",
        idempotency_key=key,
        lines=[LedgerLine(CODES[index % len(CODES)], amount) for index, amount in enumerate(amounts)],
    )


def balances(session: Session, organisation_id: UUID) -> dict[str, int]:
    rows = session.execute(
        select(LedgerAccount.code, LedgerAccount.balance_minor).where(
            LedgerAccount.organisation_id == organisation_id
        )
    )
    return {row.code: row.balance_minor for row in rows}


def test_entries_are_numbered_chained_and_kept_in_the_balances(
    session: Session, cast: Cast, now: datetime
) -> None:
    first = post(session, cast, now, "a", [500, -500])
    second = post(session, cast, now, "b", [70, 30, -100])
    assert (first.sequence, second.sequence) == (1, 2)
    assert second.previous_hash == first.hash
    assert balances(session, cast.centre.id) == {
        "cash": 570,
        "receivable_buyers": -470,
        "advances_to_producers": -100,
    }
    report = verify_ledger(session, cast.centre.id)
    assert report.is_whole
    assert (report.entries, report.postings) == (2, 5)


def test_books_of_two_organisations_are_two_chains(session: Session, cast: Cast, now: datetime) -> None:
    post(session, cast, now, "a", [500, -500])
    other = post(session, cast, now, "a", [900, -900], cast.other_centre.id)
    assert other.sequence == 1
    assert balances(session, cast.centre.id)["cash"] == 500
    currency = session.scalar(
        select(LedgerAccount.currency).where(LedgerAccount.organisation_id == cast.other_centre.id).limit(1)
    )
    assert currency == "BOB"


def test_the_same_key_with_the_same_content_is_the_first_entry(
    session: Session, cast: Cast, now: datetime
) -> None:
    first = post(session, cast, now, "a", [500, -500])
    assert post(session, cast, now, "a", [500, -500]).id == first.id
    assert balances(session, cast.centre.id)["cash"] == 500


def test_the_same_key_with_other_content_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    post(session, cast, now, "a", [500, -500])
    with pytest.raises(IdempotencyConflict):
        post(session, cast, now, "a", [501, -501])


def test_an_entry_that_does_not_balance_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(EntryDoesNotBalance):
        post(session, cast, now, "a", [500, -499])
    assert session.scalar(select(func.count()).select_from(JournalEntry)) == 0


def test_a_reversal_brings_every_balance_back(session: Session, cast: Cast, now: datetime) -> None:
    entry = post(session, cast, now, "a", [500, -300, -200])
    undone = reverse_entry(
        session,
        actor=cast.treasurer.actor,
        organisation_id=cast.centre.id,
        now=now,
        entry_id=entry.id,
        occurred_on=DAY,
        description="Anulado",
    )
    assert undone.reverses_id == entry.id
    assert set(balances(session, cast.centre.id).values()) == {0}
    assert verify_ledger(session).is_whole


def test_an_entry_is_reversed_once_and_only_by_its_own_organisation(
    session: Session, cast: Cast, now: datetime
) -> None:
    entry = post(session, cast, now, "a", [500, -500])

    def reverse(organisation_id: UUID) -> None:
        reverse_entry(
            session,
            actor=cast.treasurer.actor,
            organisation_id=organisation_id,
            now=now,
            entry_id=entry.id,
            occurred_on=DAY,
            description="Anulado",
        )

    with pytest.raises(NotFound):
        reverse(cast.other_centre.id)
    reverse(cast.centre.id)
    with pytest.raises(EntryAlreadyReversed):
        reverse(cast.centre.id)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries=st.lists(
        st.lists(st.integers(min_value=-(10**9), max_value=10**9), min_size=1, max_size=7).filter(any),
        min_size=1,
        max_size=6,
    )
)
def test_after_any_entries_the_ledger_verifies_and_sums_to_nothing(
    session: Session, cast: Cast, now: datetime, entries: list[list[int]]
) -> None:
    with session.begin_nested() as savepoint:
        before = balances(session, cast.centre.id)
        assert not before
        for amounts in entries:
            balanced = [one for one in amounts if one]
            rest = -sum(balanced)
            post(session, cast, now, str(new_id()), [*balanced, rest] if rest else [*balanced, 1, -1])
        assert sum(balances(session, cast.centre.id).values()) == 0
        report = verify_ledger(session, cast.centre.id)
        assert report.is_whole
        assert report.entries == len(entries)
        savepoint.rollback()
    session.expunge_all()


def drop_triggers(session: Session, table: str) -> None:
    if session.get_bind().dialect.name == "sqlite":
        for action in ("update", "delete"):
            session.execute(text(f"DROP TRIGGER {table}_no_{action}"))
    else:
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


@pytest.mark.parametrize(
    ("table", "change", "first_broken"),
    [
        ("posting", "UPDATE posting SET amount_minor = amount_minor + 1 WHERE line = 1", 1),
        ("journal_entry", "UPDATE journal_entry SET description = 'otra' WHERE sequence = 2", 2),
        ("journal_entry", "UPDATE journal_entry SET occurred_on = '2020-01-01' WHERE sequence = 3", 3),
        ("journal_entry", "UPDATE journal_entry SET hash = previous_hash WHERE sequence = 2", 2),
        ("posting", "DELETE FROM posting WHERE line = 2", 1),
        ("journal_entry", "UPDATE journal_entry SET sequence = 9 WHERE sequence = 2", 3),
        (
            "posting",
            (
                "UPDATE posting SET amount_minor = amount_minor * 2 WHERE entry_id = "
                "(SELECT id FROM journal_entry WHERE sequence = 2)"
            ),
            2,
        ),
    ],
)
def test_the_first_entry_that_was_tampered_with_is_named(
    session: Session, cast: Cast, now: datetime, table: str, change: str, first_broken: int
) -> None:
    for key in "abc":
        post(session, cast, now, key, [500, -500])
    drop_triggers(session, table)
    session.execute(text(change))
    session.expire_all()
    problems = verify_ledger(session, cast.centre.id).problems
    assert problems
    assert problems[0].sequence == first_broken
    assert problems[0].organisation_code == cast.centre.code


def test_a_changed_balance_and_a_cut_end_are_named(session: Session, cast: Cast, now: datetime) -> None:
    post(session, cast, now, "a", [500, -500])
    session.execute(text("UPDATE ledger_account SET balance_minor = 501 WHERE code = 'cash'"))
    problem = verify_ledger(session, cast.centre.id).problems[0]
    assert problem.message.params["account"] == "cash"
    session.execute(text("UPDATE ledger_account SET balance_minor = 500 WHERE code = 'cash'"))
    session.execute(text("UPDATE ledger_head SET sequence = 5"))
    assert not verify_ledger(session, cast.centre.id).is_whole


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE posting SET amount_minor = 1",
        "DELETE FROM posting",
        "UPDATE journal_entry SET description = 'x'",
        "DELETE FROM journal_entry",
        "INSERT OR REPLACE INTO posting SELECT * FROM posting",
        "INSERT OR REPLACE INTO journal_entry SELECT * FROM journal_entry",
        "TRUNCATE posting CASCADE",
        "TRUNCATE journal_entry CASCADE",
    ],
)
def test_the_database_itself_refuses_to_change_the_journal(
    session: Session, cast: Cast, now: datetime, statement: str
) -> None:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    if ("TRUNCATE" in statement and is_sqlite) or ("REPLACE" in statement and not is_sqlite):
        return  # the other database has no such statement
    post(session, cast, now, "a", [500, -500])
    with pytest.raises(Exception, match="append-only"), session.begin_nested():
        session.execute(text(statement))
    assert session.scalar(select(func.sum(func.abs(Posting.amount_minor)))) == 1000
