"""Proving the books: every entry balances, the chain is whole, each balance equals the sum of its postings.

The database follows the chain by itself (`chain_sql`) and names the first entry that it suspects; only that one is read and
looked at here, so that a million postings take seconds and memory does not grow with the books.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, Text, and_, cast, func, or_, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from chain.accounts.models import Organisation
from chain.core.i18n import N_, Message
from chain.ledger.models import JournalEntry, LedgerAccount, LedgerHead, Posting
from chain.ledger.rules import (
    GENESIS,
    EntryHead,
    PostingRow,
    day_text,
    entry_hash,
    microseconds,
    totals_by_currency,
)
from chain.ledger.services.chain_sql import follow


@dataclass(frozen=True, slots=True)
class LedgerProblem:
    """What is wrong with the books of an organisation, and the first entry that shows it."""

    organisation_code: str
    message: Message
    sequence: int | None = None
    entry_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What a verification looked at and found."""

    organisations: int
    entries: int
    postings: int
    problems: Sequence[LedgerProblem]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class _Chain:
    entries: int
    postings: int
    problem: LedgerProblem | None = None


def verify_ledger(session: Session, organisation_id: UUID | None = None) -> LedgerReport:
    """Verify the books of one organisation or of all; the first broken entry of each is named."""
    statement = select(Organisation.id, Organisation.code).order_by(Organisation.code)
    if organisation_id is not None:
        statement = statement.where(Organisation.id == organisation_id)
    entries = postings = organisations = 0
    problems: list[LedgerProblem] = []
    for row in session.execute(statement).all():
        organisations += 1
        chain = _verify_chain(session, row.id, row.code)
        entries, postings = entries + chain.entries, postings + chain.postings
        if chain.problem is not None:
            problems.append(chain.problem)
        problems += _wrong_balances(session, row.id, row.code)
    return LedgerReport(organisations, entries, postings, problems)


def _hex(session: Session, column: InstrumentedAttribute[Any]) -> ColumnElement[str]:
    """Select an id as its 32 hexadecimal digits without making a UUID of each."""
    if session.get_bind().dialect.name == "sqlite":
        return type_coerce(column, String)
    return func.replace(cast(column, Text), "-", "")


def _verify_chain(session: Session, organisation_id: UUID, code: str) -> _Chain:
    """Follow the chain; a suspect that proves sound is passed over."""
    entries = postings = after = 0
    while True:
        found = follow(session, organisation_id, after)
        if after == 0:
            entries, postings = found.entries, found.postings
        suspects = [found.suspect, _unbalanced(session, organisation_id, after) if found.mixed else None]
        suspect = min((one for one in suspects if one is not None), default=None)
        if suspect is None:
            return _Chain(entries, postings, _end_problem(session, organisation_id, code, entries))
        problem = _look_at(session, organisation_id, code, suspect)
        if problem is not None:
            return _Chain(entries, postings, problem)
        after = suspect


def verify_range(session: Session, organisation_id: UUID, after: int, until: int) -> bool:
    """Tell whether the entries after a number, up to another, are as they were posted, each following the one before."""
    while after < until:
        found = follow(session, organisation_id, after, until)
        if found.entries != until - after:
            return False
        if found.suspect is None:
            return True
        if _look_at(session, organisation_id, "", found.suspect) is not None:
            return False
        after = found.suspect
    return True


def _unbalanced(session: Session, organisation_id: UUID, after: int) -> int | None:
    """Return the first entry that does not balance in one of its currencies."""
    statement = (
        select(JournalEntry.sequence)
        .join(Posting, Posting.entry_id == JournalEntry.id)
        .where(JournalEntry.organisation_id == organisation_id, JournalEntry.sequence > after)
        .group_by(JournalEntry.sequence, Posting.currency)
        .having(func.sum(Posting.amount_minor) != 0)
        .order_by(JournalEntry.sequence)
        .limit(1)
    )
    return session.scalar(statement)


def _look_at(session: Session, organisation_id: UUID, code: str, sequence: int) -> LedgerProblem | None:
    """Look at one entry exactly."""
    here = JournalEntry.organisation_id == organisation_id
    entry = session.execute(
        select(
            JournalEntry.sequence,
            _hex(session, JournalEntry.id),
            _hex(session, JournalEntry.organisation_id),
            JournalEntry.posted_at,
            JournalEntry.occurred_on,
            JournalEntry.kind,
            JournalEntry.description,
            JournalEntry.idempotency_key,
            _hex(session, JournalEntry.reverses_id),
            _hex(session, JournalEntry.posted_by),
            JournalEntry.previous_hash,
            JournalEntry.hash,
        ).where(here, JournalEntry.sequence == sequence)
    ).one()
    lines: list[PostingRow] = [
        (row[0], row[1], row[2], row[3], row[4])
        for row in session.execute(
            select(
                Posting.line,
                _hex(session, Posting.account_id),
                _hex(session, Posting.party_id),
                Posting.amount_minor,
                Posting.currency,
            )
            .where(Posting.entry_id == UUID(entry[1]))
            .order_by(Posting.line)
        )
    ]
    earlier = select(func.count(), func.max(JournalEntry.sequence)).where(
        here, JournalEntry.sequence < sequence
    )
    count, last = session.execute(earlier).one()
    previous = session.scalar(select(JournalEntry.hash).where(here, JournalEntry.sequence == last))
    problem = _entry_problem(entry, lines, count + 1, previous or GENESIS)
    return LedgerProblem(code, problem, sequence, UUID(entry[1])) if problem is not None else None


def _entry_problem(row: Any, lines: Sequence[PostingRow], expected: int, previous: str) -> Message | None:
    if row[0] != expected:
        return Message(N_("Number %(expected)s is missing in the journal."), {"expected": expected})
    if any(totals_by_currency((one[4], one[3]) for one in lines).values()) or len(lines) < 2:  # noqa: PLR2004 - a debit and a credit
        return Message(N_("The entry does not balance."))
    if row[10] != previous:
        return Message(N_("The entry does not follow the one before it: the chain is broken here."))
    head = EntryHead(
        id=row[1],
        organisation_id=row[2],
        sequence=row[0],
        posted_us=microseconds(row[3]),
        occurred_on=day_text(row[4]),
        kind=row[5],
        description=row[6],
        idempotency_key=row[7],
        reverses_id=row[8],
        posted_by=row[9],
    )
    if entry_hash(previous, head, lines) != row[11]:
        return Message(N_("The entry or its postings were changed after they were posted."))
    return None


def _end_problem(session: Session, organisation_id: UUID, code: str, entries: int) -> LedgerProblem | None:
    last_hash = session.scalar(
        select(JournalEntry.hash)
        .where(JournalEntry.organisation_id == organisation_id)
        .order_by(JournalEntry.sequence.desc())
        .limit(1)
    )
    head = session.execute(
        select(LedgerHead.sequence, LedgerHead.hash).where(LedgerHead.organisation_id == organisation_id)
    ).first()
    if head is None:
        return (
            None
            if entries == 0
            else LedgerProblem(code, Message(N_("The end of the journal is not marked.")))
        )
    if (head.sequence, head.hash) != (entries, last_hash or GENESIS):
        text = N_("The journal ends at entry %(found)s and should end at %(expected)s.")
        return LedgerProblem(code, Message(text, {"found": entries, "expected": head.sequence}), entries)
    return None


def _wrong_balances(session: Session, organisation_id: UUID, code: str) -> list[LedgerProblem]:
    """Compare each stored balance with its postings, and each posting's account with its entry's books."""
    total = func.coalesce(func.sum(Posting.amount_minor), 0)
    rows = session.execute(
        select(LedgerAccount.code, LedgerAccount.currency, LedgerAccount.balance_minor, total.label("total"))
        .outerjoin(Posting, Posting.account_id == LedgerAccount.id)
        .where(LedgerAccount.organisation_id == organisation_id)
        .group_by(LedgerAccount.id, LedgerAccount.code, LedgerAccount.currency, LedgerAccount.balance_minor)
        .having(LedgerAccount.balance_minor != total)
        .order_by(LedgerAccount.code)
    ).all()
    text = N_("The account %(account)s in %(currency)s shows %(shown)s; its postings sum to %(total)s.")
    found = [
        LedgerProblem(
            code,
            Message(
                text,
                {
                    "account": row.code,
                    "currency": row.currency,
                    "shown": row.balance_minor,
                    "total": int(row.total),
                },
            ),
        )
        for row in rows
    ]
    stray = session.execute(
        select(JournalEntry.sequence, JournalEntry.id)
        .join(Posting, Posting.entry_id == JournalEntry.id)
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(
            or_(
                and_(
                    JournalEntry.organisation_id == organisation_id,
                    LedgerAccount.organisation_id != organisation_id,
                ),
                and_(
                    LedgerAccount.organisation_id == organisation_id,
                    LedgerAccount.currency != Posting.currency,
                ),
            )
        )
        .order_by(JournalEntry.sequence)
        .limit(1)
    ).first()
    if stray is not None:
        message = Message(N_("A posting lies on an account of other books or another currency."))
        found.append(LedgerProblem(code, message, stray.sequence, stray.id))
    return found
