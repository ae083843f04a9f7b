"""Reads of the ledger: accounts, journal, what a buyer owes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation, User
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.ledger.models import JournalEntry, LedgerAccount, Posting
from chain.ledger.rules import ACCOUNT_LABELS, KIND_LABELS, AccountCode, AccountKind
from chain.producers.queries import names_of

ENTRY_SORT: SortColumns = {"sequence": JournalEntry.sequence, "occurred_on": JournalEntry.occurred_on}


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account with its balance, debit positive."""

    id: UUID
    code: str
    label: str
    kind: str
    kind_label: str
    currency: str
    balance_minor: int


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry in the journal; `total_minor` is the sum of its debits."""

    id: UUID
    sequence: int
    posted_at: datetime
    occurred_on: date
    kind: str
    description: str
    total_minor: int
    currency: str
    hash: str


@dataclass(frozen=True, slots=True)
class PostingView:
    """A posting with the names of its account and party."""

    line: int
    account: str
    account_label: str
    party_id: UUID | None
    party_name: str | None
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry with everything that a page shows of it."""

    entry: JournalEntry
    postings: Sequence[PostingView]
    posted_by: str | None


def list_accounts(session: Session, actor: Actor) -> list[AccountRow]:
    """Return the accounts of the actor's organisation in the order of the chart."""
    order = list(AccountCode)
    rows = session.execute(
        select(
            LedgerAccount.id,
            LedgerAccount.code,
            LedgerAccount.kind,
            LedgerAccount.currency,
            LedgerAccount.balance_minor,
        ).where(LedgerAccount.organisation_id == actor.org)
    ).all()
    return [
        AccountRow(
            row.id,
            row.code,
            ACCOUNT_LABELS[AccountCode(row.code)],
            row.kind,
            KIND_LABELS[AccountKind(row.kind)],
            row.currency,
            row.balance_minor,
        )
        for row in sorted(rows, key=lambda row: (order.index(AccountCode(row.code)), row.currency))
    ]


def list_entries(
    session: Session, actor: Actor, request: PageRequest, *, account_id: UUID | None = None
) -> Page[EntryRow]:
    """Return the journal of the actor's organisation, the latest first, or only what touched one account."""
    totals = (
        select(
            Posting.entry_id,
            func.sum(Posting.amount_minor).filter(Posting.amount_minor > 0).label("total"),
            func.min(Posting.currency).label("currency"),
        )
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(JournalEntry.organisation_id == actor.org)
        .group_by(Posting.entry_id)
        .subquery()
    )
    statement = (
        select(JournalEntry, totals.c.total, totals.c.currency)
        .join(totals, totals.c.entry_id == JournalEntry.id)
        .where(JournalEntry.organisation_id == actor.org)
        .order_by(JournalEntry.sequence.desc())
    )
    if account_id is not None:
        statement = statement.where(
            JournalEntry.id.in_(select(Posting.entry_id).where(Posting.account_id == account_id))
        )
    statement = order_by(statement, request.sort, ENTRY_SORT, JournalEntry.id.expression)
    page = paginate_rows(session, statement, request)
    items = [_entry_row(row.JournalEntry, int(row.total), row.currency) for row in page.items]
    return Page(items, page.page, page.page_size, page.total)


def _entry_row(entry: JournalEntry, total: int, currency: str) -> EntryRow:
    return EntryRow(
        entry.id,
        entry.sequence,
        entry.posted_at,
        entry.occurred_on,
        entry.kind,
        entry.description,
        total,
        currency,
        entry.hash,
    )


def get_entry_for(session: Session, actor: Actor, entry_id: UUID) -> EntryView:
    """Return an entry of the actor's organisation with its postings.

    Raises:
        NotFound: there is none, or it is in other books, or the actor may not read them.
    """
    entry = session.get(JournalEntry, entry_id)
    if (
        entry is None
        or entry.organisation_id != actor.organisation_id
        or not actor.may(Permission.LEDGER_READ)
    ):
        raise NotFound
    rows = session.execute(
        select(Posting, LedgerAccount.code)
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(Posting.entry_id == entry_id)
        .order_by(Posting.line)
    ).all()
    names = _party_names(session, actor.org, {row.Posting.party_id for row in rows if row.Posting.party_id})
    postings = [
        PostingView(
            row.Posting.line,
            row.code,
            ACCOUNT_LABELS[AccountCode(row.code)],
            row.Posting.party_id,
            names.get(row.Posting.party_id),
            row.Posting.amount_minor,
            row.Posting.currency,
        )
        for row in rows
    ]
    person = session.get(User, entry.posted_by) if entry.posted_by else None
    return EntryView(entry, postings, person.display_name if person else None)


def _party_names(session: Session, organisation_id: UUID, ids: set[UUID]) -> dict[UUID, str]:
    producers = names_of(session, organisation_id, ids)
    found = {key: f"{name.full_name} · {name.member_code}" for key, name in producers.items()}
    rest = ids - found.keys()
    if rest:
        rows = session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(rest)))
        found |= {row.id: row.name for row in rows}
    return found


def entry_by_key(session: Session, organisation_id: UUID, key: str) -> UUID | None:
    """Return the entry that was posted under an idempotency key."""
    return session.scalar(
        select(JournalEntry.id).where(
            JournalEntry.organisation_id == organisation_id, JournalEntry.idempotency_key == key
        )
    )


def owed_by_buyer(session: Session, organisation_id: UUID, buyer_id: UUID, currency: str) -> int:
    """Return what a buyer owes the organisation, from the postings."""
    total = session.scalar(
        select(func.sum(Posting.amount_minor))
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(
            LedgerAccount.organisation_id == organisation_id,
            LedgerAccount.code == AccountCode.RECEIVABLE_BUYERS.value,
            LedgerAccount.currency == currency,
            Posting.party_id == buyer_id,
        )
    )
    return int(total or 0)
