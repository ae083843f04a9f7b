"""What every format is written from: the chart, the balances before the period, and its entries in order, streamed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.ledger.models import JournalEntry, LedgerAccount, Posting
from chain.ledger.queries.chart import ChartRow, chart_rows
from chain.ledger.queries.parties import Party, parties_named

ROWS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class ExportPosting:
    """One side; debit positive."""

    line: int
    account: str
    party: Party | None
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class ExportEntry:
    """An entry with its postings."""

    id: UUID
    sequence: int
    occurred_on: date
    kind: str
    description: str
    hash: str
    postings: Sequence[ExportPosting]


@dataclass(frozen=True, slots=True)
class Balance:
    """What stands on an account in one currency."""

    account: str
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Export:
    """The books of an organisation from a day to a day. `entries` can be gone through once."""

    organisation: str
    first: date
    last: date
    #: the currency of the books
    currency: str
    chart: Mapping[str, ChartRow]
    opening: Sequence[Balance]
    closing: Sequence[Balance]
    entries: Iterator[ExportEntry]

    @property
    def used(self) -> list[ChartRow]:
        """The accounts that hold or move something, in the order of the chart."""
        codes = {one.account for one in [*self.opening, *self.closing]}
        return [row for code, row in self.chart.items() if code in codes]

    def currencies_of(self, code: str) -> list[str]:
        """The currencies of an account."""
        return sorted({one.currency for one in [*self.opening, *self.closing] if one.account == code})


def export_of(session: Session, organisation_id: UUID, first: date, last: date) -> Export:
    """Return the books of an organisation from `first` to `last`, both days included."""
    organisation = get_organisation(session, organisation_id)
    return Export(
        organisation.name,
        first,
        last,
        organisation.currency,
        chart_rows(session, organisation_id, organisation.country),
        _balances(session, organisation_id, JournalEntry.occurred_on < first),
        _balances(session, organisation_id, JournalEntry.occurred_on <= last),
        _entries(session, organisation_id, first, last),
    )


def _balances(session: Session, organisation_id: UUID, within: Any) -> list[Balance]:
    """Return the balances, zeros included where something was posted."""
    rows = session.execute(
        select(LedgerAccount.code, LedgerAccount.currency, func.sum(Posting.amount_minor).label("total"))
        .join(Posting, Posting.account_id == LedgerAccount.id)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(LedgerAccount.organisation_id == organisation_id, within)
        .group_by(LedgerAccount.code, LedgerAccount.currency)
        .order_by(LedgerAccount.code, LedgerAccount.currency)
    )
    return [Balance(row.code, row.currency, int(row.total)) for row in rows]


def _entries(session: Session, organisation_id: UUID, first: date, last: date) -> Iterator[ExportEntry]:
    parties = _parties(session, organisation_id)
    rows = session.execute(
        select(
            JournalEntry.id,
            JournalEntry.sequence,
            JournalEntry.occurred_on,
            JournalEntry.kind,
            JournalEntry.description,
            JournalEntry.hash,
            Posting.line,
            Posting.party_id,
            Posting.amount_minor,
            Posting.currency,
            LedgerAccount.code,
        )
        .join(Posting, Posting.entry_id == JournalEntry.id)
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(
            JournalEntry.organisation_id == organisation_id,
            JournalEntry.occurred_on >= first,
            JournalEntry.occurred_on <= last,
        )
        .order_by(JournalEntry.occurred_on, JournalEntry.sequence, Posting.line),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    for _, group in groupby(rows, key=attrgetter("sequence")):
        lines = list(group)
        head = lines[0]
        yield ExportEntry(
            head.id,
            head.sequence,
            head.occurred_on,
            head.kind,
            head.description,
            head.hash,
            [
                ExportPosting(
                    one.line,
                    one.code,
                    parties.get(one.party_id) if one.party_id else None,
                    one.amount_minor,
                    one.currency,
                )
                for one in lines
            ],
        )


def _parties(session: Session, organisation_id: UUID) -> dict[UUID, Party]:
    ids = session.scalars(
        select(Posting.party_id)
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(LedgerAccount.organisation_id == organisation_id, Posting.party_id.is_not(None))
        .distinct()
    )
    return parties_named(session, organisation_id, [one for one in ids if one is not None])
