"""Whatever is posted, reversed, written by hand or closed, in whatever order: the books close to zero and nothing is edited."""

from datetime import date, datetime, timedelta
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import DomainError
from chain.core.ids import new_id
from chain.ledger.models import JournalEntry, Posting
from chain.ledger.queries.parties import control_accounts
from chain.ledger.queries.trial_balance import totals_of, trial_balance
from chain.ledger.rules import AccountCode, LedgerLine
from chain.ledger.services.manual import ManualLine, post_manual, reverse_by_hand
from chain.ledger.services.periods import close_month, reopen_month
from chain.ledger.services.posting import reverse_entry
from chain.ledger.services.verify import verify_ledger
from tests.support.cast import Cast
from tests.support.ledger import post

ACCOUNTS = st.sampled_from(["cash", "bank", "other_expense", "own_sales", "reserve"])
AMOUNTS = st.integers(min_value=1, max_value=10**9)
DAYS = st.integers(min_value=0, max_value=80).map(lambda days: date(2026, 1, 1) + timedelta(days=days))
COMMANDS = st.one_of(
    st.tuples(st.just("post"), DAYS, AMOUNTS, st.sampled_from(["PEN", "USD"])),
    st.tuples(st.just("manual"), DAYS, AMOUNTS, ACCOUNTS),
    st.tuples(st.just("reverse"), DAYS, st.integers(min_value=0, max_value=9), st.booleans()),
    st.tuples(st.just("close"), DAYS, st.booleans(), st.none()),
)


class Books:
    """The books under test, and the commands."""

    def __init__(self, session: Session, cast: Cast, now: datetime) -> None:
        self.session, self.cast, self.now = session, cast, now
        self.party = cast.mill.id

    def balances(self) -> dict[tuple[str, str], int]:
        rows = trial_balance(self.session, self.cast.accountant.actor, on=date(2026, 12, 31))
        return {(row.account.code, row.currency): row.closing_minor for row in rows if row.closing_minor}

    def journal(self) -> dict[UUID, tuple[str, list[int]]]:
        found: dict[UUID, tuple[str, list[int]]] = {}
        for entry_id, digest, amount in self.session.execute(
            select(JournalEntry.id, JournalEntry.hash, Posting.amount_minor)
            .join(Posting, Posting.entry_id == JournalEntry.id)
            .where(JournalEntry.organisation_id == self.cast.centre.id)
            .order_by(JournalEntry.sequence, Posting.line)
        ):
            found.setdefault(entry_id, (digest, []))[1].append(amount)
        return found

    def run(self, name: str, day: date, value: int, other: object) -> None:
        if name == "post":
            lines = [
                LedgerLine(AccountCode.RECEIVABLE_BUYERS, value, self.party, str(other)),
                LedgerLine(AccountCode.OWN_SALES, -value, None, str(other)),
            ]
            post(self.session, self.cast, self.now, lines, day=day)
        elif name == "manual":
            post_manual(
                self.session,
                actor=self.cast.accountant.actor,
                now=self.now,
                entry_id=new_id(),
                occurred_on=day,
                description="Prueba",
                lines=[ManualLine("opening_equity", -value), ManualLine(str(other), value)],
            )
        elif name == "reverse":
            self.reverse(day, value, by_hand=bool(other))
        elif value:
            close_month(self.session, actor=self.cast.treasurer.actor, now=self.now, month=day)
        else:
            reopen_month(
                self.session,
                actor=self.cast.second_treasurer.actor,
                now=self.now,
                month=day,
                reason="Prueba",
            )

    def reverse(self, day: date, place: int, *, by_hand: bool) -> None:
        entries = list(self.journal())
        if not entries:
            return
        entry_id = entries[place % len(entries)]
        if by_hand:
            reverse_by_hand(
                self.session,
                actor=self.cast.accountant.actor,
                now=self.now,
                entry_id=entry_id,
                reason="Prueba",
                occurred_on=day,
            )
            return
        reverse_entry(
            self.session,
            actor=self.cast.treasurer.actor,
            organisation_id=self.cast.centre.id,
            now=self.now,
            entry_id=entry_id,
            occurred_on=day,
            description="Prueba",
        )


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commands=st.lists(COMMANDS, min_size=1, max_size=12))
def test_the_books_close_to_zero_and_only_grow(
    session: Session, cast: Cast, now: datetime, commands: list[tuple[str, date, int, object]]
) -> None:
    books = Books(session, cast, now + timedelta(days=30))
    with session.begin_nested() as savepoint:
        before = books.journal()
        for command in commands:
            try:
                with session.begin_nested():
                    books.run(*command)
            except DomainError:
                assert books.journal() == before
            after = books.journal()
            assert list(after.items())[: len(before)] == list(before.items())
            before = after
        rows = trial_balance(session, cast.accountant.actor, on=date(2026, 12, 31))
        for total in totals_of(rows):
            assert total.debit_minor == total.credit_minor
            assert total.debtor_minor == total.creditor_minor
        assert all(one.agrees for one in control_accounts(session, cast.accountant.actor))
        assert verify_ledger(session, cast.centre.id).is_whole
        savepoint.rollback()
    session.expunge_all()


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    earlier=st.lists(st.tuples(st.just("manual"), DAYS, AMOUNTS, ACCOUNTS), max_size=3),
    amount=AMOUNTS,
    account=ACCOUNTS,
    day=DAYS,
)
def test_an_entry_and_its_reversal_leave_every_balance_as_before(
    session: Session,
    cast: Cast,
    now: datetime,
    earlier: list[tuple[str, date, int, object]],
    amount: int,
    account: str,
    day: date,
) -> None:
    books = Books(session, cast, now + timedelta(days=30))
    with session.begin_nested() as savepoint:
        for command in earlier:
            books.run(*command)
        before = books.balances()
        books.run("manual", day, amount, account)
        assert books.balances() != before
        books.reverse(day, len(books.journal()) - 1, by_hand=True)
        assert books.balances() == before
        savepoint.rollback()
    session.expunge_all()
