"""Posting to the ledger: one entry, its postings, the balances and the end of the chain, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import case, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.audit import ActsFor
from chain.core.errors import IdempotencyConflict, NotFound
from chain.core.ids import new_id
from chain.ledger.errors import EntryAlreadyReversed
from chain.ledger.models import JournalEntry, LedgerAccount, LedgerHead, Posting
from chain.ledger.rules import (
    ACCOUNT_KINDS,
    GENESIS,
    AccountCode,
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

__all__ = ["LedgerReport", "lock_books", "post_entry", "reverse_entry", "verify_ledger"]


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain of an organisation ends; its row is locked until the transaction ends."""

    sequence: int
    hash: str


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
        select(LedgerHead.sequence, LedgerHead.hash)
        .where(LedgerHead.organisation_id == organisation_id)
        .with_for_update()
    ).one()
    return Head(row.sequence, row.hash)


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
        IdempotencyConflict: the key was used for another entry.
    """
    head = lock_books(session, organisation_id)
    currency = _currency_of_books(session, organisation_id)
    wanted = [
        (one.account, one.party_id, one.amount_minor, one.currency or currency)
        for one in lines
        if one.amount_minor
    ]
    check_balance([(one[3], one[2]) for one in wanted])
    accounts = _open_accounts(session, organisation_id, {(one[0], one[3]) for one in wanted})
    postings: list[PostingRow] = [
        (line, accounts[account, money].hex, hex_id(party), amount, money)
        for line, (account, party, amount, money) in enumerate(wanted, 1)
    ]
    known = session.scalar(
        select(JournalEntry).where(
            JournalEntry.organisation_id == organisation_id, JournalEntry.idempotency_key == idempotency_key
        )
    )
    facts = (kind.value, description, occurred_on, reverses_id)
    if known is not None:
        same = (known.kind, known.description, known.occurred_on, known.reverses_id) == facts
        if same and _postings_of(session, known.id) == postings:
            return known
        raise IdempotencyConflict
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
    _write(session, entry, postings)
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
    return [LedgerLine(AccountCode(row.code), row.amount_minor, row.party_id, row.currency) for row in rows]


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


def _currency_of_books(session: Session, organisation_id: UUID) -> str:
    found = session.scalar(select(Organisation.currency).where(Organisation.id == organisation_id))
    if found is None:
        raise NotFound
    return found


def _open_accounts(
    session: Session, organisation_id: UUID, wanted: set[tuple[AccountCode, str]]
) -> dict[tuple[AccountCode, str], UUID]:
    """Return the ids of accounts, opening those that are missing; the books are locked."""
    rows = session.execute(
        select(LedgerAccount.code, LedgerAccount.currency, LedgerAccount.id).where(
            LedgerAccount.organisation_id == organisation_id
        )
    )
    known = {(AccountCode(row.code), row.currency): row.id for row in rows}
    missing = {pair: new_id() for pair in sorted(wanted - known.keys())}
    if missing:
        session.execute(
            insert(LedgerAccount),
            [
                {
                    "id": account_id,
                    "organisation_id": organisation_id,
                    "code": code.value,
                    "kind": ACCOUNT_KINDS[code].value,
                    "currency": currency,
                    "balance_minor": 0,
                }
                for (code, currency), account_id in missing.items()
            ],
        )
    known |= missing
    return known


def _postings_of(session: Session, entry_id: UUID) -> list[PostingRow]:
    rows = session.execute(
        select(Posting.line, Posting.account_id, Posting.party_id, Posting.amount_minor, Posting.currency)
        .where(Posting.entry_id == entry_id)
        .order_by(Posting.line)
    )
    return [
        (row.line, row.account_id.hex, hex_id(row.party_id), row.amount_minor, row.currency) for row in rows
    ]


def _write(session: Session, entry: JournalEntry, postings: Sequence[PostingRow]) -> None:
    session.add(entry)
    session.flush()
    session.execute(
        insert(Posting),
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
        .values(sequence=entry.sequence, hash=entry.hash)
        .execution_options(synchronize_session=False)
    )
