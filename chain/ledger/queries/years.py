"""Reads of the closed years of the books."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import User
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, order_by, paginate_rows
from chain.ledger.models import JournalEntry, LedgerAccount, Posting
from chain.ledger.rules import AccountCode, AccountKind, EntryKind

RESULT_KINDS = (AccountKind.INCOME.value, AccountKind.EXPENSE.value)


@dataclass(frozen=True, slots=True)
class YearRow:
    """A closing entry."""

    entry_id: UUID
    sequence: int
    #: the last day of the year that it closes
    last_day: date
    posted_at: datetime
    posted_by: UUID | None
    posted_by_name: str | None
    #: the entry that took it back
    reversed_by: int | None
    #: by currency: what was earned, negative a loss
    results: dict[str, int] = field(default_factory=dict)


def balances_to_close(session: Session, organisation_id: UUID, last_day: date) -> list[tuple[str, str, int]]:
    """Return income and expenses that stand at the end of a day: account, currency, amount (debit positive)."""
    total = func.sum(Posting.amount_minor)
    rows = session.execute(
        select(LedgerAccount.code, LedgerAccount.currency, total)
        .join(Posting, Posting.account_id == LedgerAccount.id)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(
            LedgerAccount.organisation_id == organisation_id,
            LedgerAccount.kind.in_(RESULT_KINDS),
            JournalEntry.occurred_on <= last_day,
        )
        .group_by(LedgerAccount.code, LedgerAccount.currency)
        .having(total != 0)
        .order_by(LedgerAccount.currency, LedgerAccount.code)
    )
    return [(row[0], row[1], int(row[2])) for row in rows]


def closings(organisation_id: UUID) -> Select[tuple[JournalEntry]]:
    """Return the statement for the closing entries of an organisation that stand."""
    undone = aliased(JournalEntry)
    return select(JournalEntry).where(
        JournalEntry.organisation_id == organisation_id,
        JournalEntry.kind == EntryKind.CLOSING.value,
        ~select(undone.id).where(undone.reverses_id == JournalEntry.id).exists(),
    )


def standing_close(session: Session, organisation_id: UUID, last_day: date) -> JournalEntry | None:
    """Return the entry that closes the year that ends on a day, unless it was taken back."""
    return session.scalar(closings(organisation_id).where(JournalEntry.occurred_on == last_day))


def results_of(session: Session, entry_id: UUID) -> dict[str, int]:
    """Return what a closing entry says was earned, by currency; negative: a loss."""
    return _results(session, [entry_id]).get(entry_id, {})


def list_years(session: Session, actor: Actor, request: PageRequest) -> Page[YearRow]:
    """Return the closings, the latest first, with those that were taken back."""
    actor.require(Permission.LEDGER_READ)
    undone = aliased(JournalEntry)
    statement = (
        select(JournalEntry, User.display_name, undone.sequence.label("reversed_by"))
        .outerjoin(User, User.id == JournalEntry.posted_by)
        .outerjoin(undone, undone.reverses_id == JournalEntry.id)
        .where(JournalEntry.organisation_id == actor.org, JournalEntry.kind == EntryKind.CLOSING.value)
        .order_by(JournalEntry.occurred_on.desc(), JournalEntry.sequence.desc())
    )
    sorts = {"last_day": JournalEntry.occurred_on, "sequence": JournalEntry.sequence}
    page = paginate_rows(session, order_by(statement, request.sort, sorts, JournalEntry.id), request)
    rows = [
        YearRow(
            row.JournalEntry.id,
            row.JournalEntry.sequence,
            row.JournalEntry.occurred_on,
            row.JournalEntry.posted_at,
            row.JournalEntry.posted_by,
            row.display_name,
            row.reversed_by,
        )
        for row in page.items
    ]
    results = _results(session, [row.entry_id for row in rows])
    for row in rows:
        row.results.update(results.get(row.entry_id, {}))
    return Page(rows, page.page, page.page_size, page.total)


def _results(session: Session, entry_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    found = session.execute(
        select(Posting.entry_id, Posting.currency, func.sum(Posting.amount_minor))
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(Posting.entry_id.in_(entry_ids), LedgerAccount.code == AccountCode.ACCUMULATED_RESULT.value)
        .group_by(Posting.entry_id, Posting.currency)
        .order_by(Posting.currency)
    )
    results: dict[UUID, dict[str, int]] = {}
    for entry_id, currency, amount in found:
        results.setdefault(entry_id, {})[currency] = -int(amount)
    return results


def get_closing_for(session: Session, actor: Actor, entry_id: UUID) -> JournalEntry:
    """Return a closing entry of the actor's books.

    Raises:
        NotFound: there is none, or it is in other books.
    """
    found = session.get(JournalEntry, entry_id)
    if (
        found is None
        or found.organisation_id != actor.organisation_id
        or found.kind != EntryKind.CLOSING.value
    ):
        raise NotFound
    return found
