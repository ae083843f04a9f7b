"""Posting to the ledger: one entry, its postings, the balances and the end of the chain, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from uuid import UUID

from sqlalchemy import Table, case, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.audit import ActsFor
from chain.core.clock import local_date
from chain.core.errors import IdempotencyConflict, NotFound
from chain.core.ids import new_id
from chain.core.many_rows import insert_many
from chain.core.outbox import enqueue
from chain.ledger.days import DayMark
from chain.ledger.errors import EntryAlreadyReversed, PeriodClosed, UnknownAccount
from chain.ledger.models import ChartAccount, JournalEntry, LedgerAccount, LedgerDay, LedgerHead, Posting
from chain.ledger.queries.days import end_of_day
from chain.ledger.queries.periods import closed_month, last_day_of
from chain.ledger.rules import (
    ACCOUNT_KINDS,
    GENESIS,
    EntryHead,
    EntryKind,
    LedgerLine,
    PostingRow,
    check_balance,
    day_text,
    entry_hash,
    hex_id,
    microseconds,
    reversal_of,
)
from chain.ledger.services.verify import LedgerReport, verify_ledger

#: Kind of the outbox message for the end of a day on which something was posted.
DAY_ENDED = "ledger.day_ended"

__all__ = ["LedgerReport", "lock_books", "post_entry", "reverse_entry", "verify_ledger"]


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain of an organisation ends; its row is locked until the transaction ends."""

    sequence: int
    hash: str
    #: the calendar day on which the last entry was posted
    last_day: date | None


@dataclass(frozen=True, slots=True)
class Books:
    """What an entry needs to know of the organisation's books."""

    currency: str
    timezone: str
    #: nothing is posted up to this day
    closed_until: date | None


def lock_books(session: Session, organisation_id: UUID) -> Head:
    """Lock the books of an organisation and return where its chain ends.

    Every command that moves money takes this lock first, before runs, advances and lots, so that two of them never
    wait for each other in a circle.
    """
    dialect_insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(
        dialect_insert(LedgerHead)
        .values(organisation_id=organisation_id, sequence=0, hash=GENESIS)
        .on_conflict_do_nothing(index_elements=["organisation_id"])
    )
    row = session.execute(
        select(LedgerHead.sequence, LedgerHead.hash, LedgerHead.last_day)
        .where(LedgerHead.organisation_id == organisation_id)
        .with_for_update()
    ).one()
    return Head(row.sequence, row.hash, row.last_day)


def post_entry(
    session: Session,
    *,
    actor: ActsFor,
    organisation_id: UUID,
    now: datetime,
    occurred_on: date,
    kind: EntryKind,
    description: str,
    idempotency_key: str,
    lines: Sequence[LedgerLine],
    reverses_id: UUID | None = None,
) -> JournalEntry:
    """Post a balanced entry; the same key with the same content returns the first one.

    Raises:
        EntryDoesNotBalance: the amounts do not sum to zero per currency.
        UnknownAccount: a line names an account that the chart does not have.
        IdempotencyConflict: the key was used for another entry.
        PeriodClosed: the day lies in a month that is closed, or before one.
    """
    head = lock_books(session, organisation_id)
    books = _books(session, organisation_id)
    wanted = [
        (one.account, one.party_id, one.amount_minor, one.currency or books.currency)
        for one in lines
        if one.amount_minor
    ]
    check_balance([(one[3], one[2]) for one in wanted])
    accounts = open_accounts(session, organisation_id, {(one[0], one[3]) for one in wanted})
    postings: list[PostingRow] = [
        (line, accounts[account, money].hex, hex_id(party), amount, money)
        for line, (account, party, amount, money) in enumerate(wanted, 1)
    ]
    known = _known_entry(
        session,
        organisation_id,
        idempotency_key,
        (kind.value, description, occurred_on, reverses_id),
        postings,
    )
    if known is not None:
        return known
    if books.closed_until is not None and occurred_on <= books.closed_until:
        raise PeriodClosed(until=books.closed_until)
    entry = JournalEntry(
        id=new_id(),
        organisation_id=organisation_id,
        sequence=head.sequence + 1,
        posted_at=now,
        occurred_on=occurred_on,
        kind=kind.value,
        description=description,
        idempotency_key=idempotency_key,
        reverses_id=reverses_id,
        posted_by=actor.user_id,
        previous_hash=head.hash,
    )
    entry.hash = entry_hash(head.hash, head_of(entry), postings)
    today = local_date(now, books.timezone)
    _begin_day(session, organisation_id, now, head, today, books.timezone)
    _write(session, entry, postings, max(today, head.last_day or today))
    return entry


def reverse_entry(
    session: Session,
    *,
    actor: ActsFor,
    organisation_id: UUID,
    now: datetime,
    entry_id: UUID,
    occurred_on: date,
    description: str,
) -> JournalEntry:
    """Post the opposite of an entry, once.

    Raises:
        NotFound: the entry is not in the books of the organisation.
        EntryAlreadyReversed: another entry reverses it.
    """
    lock_books(session, organisation_id)
    found = session.get(JournalEntry, entry_id)
    if found is None or found.organisation_id != organisation_id:
        raise NotFound
    if session.scalar(select(JournalEntry.id).where(JournalEntry.reverses_id == entry_id)) is not None:
        raise EntryAlreadyReversed
    return post_entry(
        session,
        actor=actor,
        organisation_id=organisation_id,
        now=now,
        occurred_on=occurred_on,
        kind=EntryKind.REVERSAL,
        description=description,
        idempotency_key=f"reversal:{entry_id}",
        lines=reversal_of(lines_of(session, entry_id)),
        reverses_id=entry_id,
    )


def lines_of(session: Session, entry_id: UUID) -> list[LedgerLine]:
    """Return what an entry posted, in order."""
    rows = session.execute(
        select(LedgerAccount.code, Posting.amount_minor, Posting.party_id, Posting.currency)
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(Posting.entry_id == entry_id)
        .order_by(Posting.line)
    )
    return [LedgerLine(row.code, row.amount_minor, row.party_id, row.currency) for row in rows]


def head_of(entry: JournalEntry) -> EntryHead:
    """Return the fields of an entry that its hash covers."""
    return EntryHead(
        id=entry.id.hex,
        organisation_id=entry.organisation_id.hex,
        sequence=entry.sequence,
        posted_us=microseconds(entry.posted_at),
        occurred_on=day_text(entry.occurred_on),
        kind=entry.kind,
        description=entry.description,
        idempotency_key=entry.idempotency_key,
        reverses_id=hex_id(entry.reverses_id),
        posted_by=hex_id(entry.posted_by),
    )


def _known_entry(
    session: Session,
    organisation_id: UUID,
    key: str,
    facts: tuple[str, str, date, UUID | None],
    postings: Sequence[PostingRow],
) -> JournalEntry | None:
    """Return the entry that the key was used for, if it is the same."""
    known = session.scalar(
        select(JournalEntry).where(
            JournalEntry.organisation_id == organisation_id, JournalEntry.idempotency_key == key
        )
    )
    if known is None:
        return None
    same = (known.kind, known.description, known.occurred_on, known.reverses_id) == facts
    if same and _postings_of(session, known.id) == postings:
        return known
    raise IdempotencyConflict


def _begin_day(  # noqa: PLR0917 - private; one line of facts
    session: Session, organisation_id: UUID, now: datetime, head: Head, today: date, timezone: str
) -> None:
    """Write the mark of an earlier day; with the first entry of this one, have its end marked too."""
    keep_day(session, organisation_id, head, today)
    if head.last_day is not None and head.last_day >= today:
        return
    enqueue(
        session,
        kind=DAY_ENDED,
        payload={"organisation_id": organisation_id},
        now=now,
        available_at=end_of_day(today, timezone),
        dedupe_key=f"{DAY_ENDED}:{organisation_id}:{today}",
    )


def _books(session: Session, organisation_id: UUID) -> Books:
    row = session.execute(
        select(
            Organisation.currency, Organisation.timezone, closed_month(organisation_id).label("closed")
        ).where(Organisation.id == organisation_id)
    ).first()
    if row is None:
        raise NotFound
    return Books(row.currency, row.timezone, None if row.closed is None else last_day_of(row.closed))


def keep_day(session: Session, organisation_id: UUID, head: Head, today: date) -> bool:
    """Write the mark of the day of the last entry, once that day is over; the books are locked."""
    if head.last_day is None or head.last_day >= today:
        return False
    mark = DayMark(organisation_id, head.last_day, head.sequence, head.hash)
    dialect_insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(
        dialect_insert(LedgerDay)
        .values(
            organisation_id=organisation_id,
            day=mark.day,
            sequence=mark.sequence,
            chain_hash=mark.chain_hash,
            hash=mark.hash,
        )
        .on_conflict_do_nothing(index_elements=["organisation_id", "day"])
    )
    return True


def open_accounts(
    session: Session, organisation_id: UUID, wanted: set[tuple[str, str]]
) -> dict[tuple[str, str], UUID]:
    """Return the ids of accounts by code and currency, opening those that are missing; the books are locked.

    Raises:
        UnknownAccount: a code is neither of the common chart nor one of the organisation's own.
    """
    rows = session.execute(
        select(LedgerAccount.code, LedgerAccount.currency, LedgerAccount.id).where(
            LedgerAccount.organisation_id == organisation_id
        )
    )
    known: dict[tuple[str, str], UUID] = {(row.code, row.currency): row.id for row in rows}
    missing = {(str(code), currency): new_id() for code, currency in sorted(wanted - known.keys())}
    if missing:
        kinds = _kinds_of(session, organisation_id, {code for code, _ in missing})
        session.execute(
            insert(LedgerAccount),
            [
                {
                    "id": account_id,
                    "organisation_id": organisation_id,
                    "code": code,
                    "kind": kinds[code],
                    "currency": currency,
                    "balance_minor": 0,
                }
                for (code, currency), account_id in missing.items()
            ],
        )
    return known | missing


def _kinds_of(session: Session, organisation_id: UUID, codes: set[str]) -> dict[str, str]:
    found: dict[str, str] = {
        code.value: kind.value for code, kind in ACCOUNT_KINDS.items() if code.value in codes
    }
    own = codes - found.keys()
    if own:
        rows = session.execute(
            select(ChartAccount.code, ChartAccount.kind).where(
                ChartAccount.organisation_id == organisation_id, ChartAccount.code.in_(own)
            )
        )
        found |= {row.code: row.kind for row in rows}
        for code in sorted(own - found.keys()):
            raise UnknownAccount(account=code)
    return found


def _postings_of(session: Session, entry_id: UUID) -> list[PostingRow]:
    rows = session.execute(
        select(Posting.line, Posting.account_id, Posting.party_id, Posting.amount_minor, Posting.currency)
        .where(Posting.entry_id == entry_id)
        .order_by(Posting.line)
    )
    return [
        (row.line, row.account_id.hex, hex_id(row.party_id), row.amount_minor, row.currency) for row in rows
    ]


def _write(session: Session, entry: JournalEntry, postings: Sequence[PostingRow], day: date) -> None:
    session.add(entry)
    session.flush()
    insert_many(
        session,
        cast("Table", Posting.__table__),
        [
            {
                "entry_id": entry.id,
                "line": line,
                "account_id": UUID(account),
                "party_id": UUID(party) if party else None,
                "amount_minor": amount,
                "currency": currency,
            }
            for line, account, party, amount, currency in postings
        ],
    )
    changes: dict[UUID, int] = {}
    for _, account, _, amount, _ in postings:
        changes[UUID(account)] = changes.get(UUID(account), 0) + amount
    session.execute(
        update(LedgerAccount)
        .where(LedgerAccount.id.in_(changes))
        .values(
            balance_minor=LedgerAccount.balance_minor
            + case(*((LedgerAccount.id == account, change) for account, change in changes.items()), else_=0)
        )
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(LedgerHead)
        .where(LedgerHead.organisation_id == entry.organisation_id)
        .values(sequence=entry.sequence, hash=entry.hash, last_day=day)
        .execution_options(synchronize_session=False)
    )
