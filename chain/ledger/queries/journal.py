"""Reads of the ledger: accounts, journal, what a buyer owes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.ledger.models import JournalEntry, LedgerAccount, Posting
from chain.ledger.queries.chart import chart_of, chart_rows
from chain.ledger.queries.parties import PRODUCER, Party, parties_named
from chain.ledger.rules import KIND_LABELS, REVERSIBLE_BY_HAND, AccountCode, AccountKind, EntryKind

ENTRY_SORT: SortColumns = {"sequence": JournalEntry.sequence, "occurred_on": JournalEntry.occurred_on}


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account with its balance, debit positive."""

    id: UUID
    code: str
    number: str
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
    number: str
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
    #: the entry that this one undoes, and the one that undoes it
    reverses: JournalEntry | None = None
    reversed_by: JournalEntry | None = None

    @property
    def is_reversible(self) -> bool:
        """Whether it can be reversed by hand."""
        return self.reversed_by is None and EntryKind(self.entry.kind) in REVERSIBLE_BY_HAND


def list_accounts(session: Session, actor: Actor) -> list[AccountRow]:
    """Return the accounts of the actor's organisation in the order of the chart."""
    organisation = get_own_organisation(session, actor)
    chart = chart_rows(session, organisation.id, organisation.country)
    order = {code: place for place, code in enumerate(chart)}
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
            chart[row.code].number,
            chart[row.code].label,
            row.kind,
            KIND_LABELS[AccountKind(row.kind)],
            row.currency,
            row.balance_minor,
        )
        for row in sorted(rows, key=lambda row: (order[row.code], row.currency))
    ]


@dataclass(frozen=True, slots=True)
class EntryFilters:
    """Which entries of the journal are wanted."""

    account_id: UUID | None = None
    kind: EntryKind | None = None
    first: date | None = None
    last: date | None = None


NO_FILTERS = EntryFilters()


def list_entries(
    session: Session, actor: Actor, request: PageRequest, filters: EntryFilters = NO_FILTERS
) -> Page[EntryRow]:
    """Return the journal of the actor's organisation, the latest first, or what the filters leave of it."""
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
    if filters.account_id is not None:
        statement = statement.where(
            JournalEntry.id.in_(select(Posting.entry_id).where(Posting.account_id == filters.account_id))
        )
    if filters.kind is not None:
        statement = statement.where(JournalEntry.kind == filters.kind.value)
    if filters.first is not None:
        statement = statement.where(JournalEntry.occurred_on >= filters.first)
    if filters.last is not None:
        statement = statement.where(JournalEntry.occurred_on <= filters.last)
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
    chart = chart_of(session, actor.org)
    parties = parties_named(
        session, actor.org, {row.Posting.party_id for row in rows if row.Posting.party_id}
    )
    postings = [
        PostingView(
            row.Posting.line,
            row.code,
            chart[row.code].number,
            chart[row.code].label,
            row.Posting.party_id,
            _titled(parties.get(row.Posting.party_id)),
            row.Posting.amount_minor,
            row.Posting.currency,
        )
        for row in rows
    ]
    person = session.get(User, entry.posted_by) if entry.posted_by else None
    return EntryView(
        entry,
        postings,
        person.display_name if person else None,
        session.get(JournalEntry, entry.reverses_id) if entry.reverses_id else None,
        session.scalar(select(JournalEntry).where(JournalEntry.reverses_id == entry_id)),
    )


def _titled(party: Party | None) -> str | None:
    if party is None:
        return None
    return f"{party.name} · {party.code}" if party.kind == PRODUCER else party.name


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
