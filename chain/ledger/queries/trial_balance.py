"""The trial balance: what moved on each account in a period, and what stands at its end."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, literal, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.ledger.models import JournalEntry, LedgerAccount, Posting
from chain.ledger.queries.chart import ChartRow, chart_rows


@dataclass(frozen=True, slots=True)
class TrialRow:
    """An account in one currency; balances are debit positive."""

    account: ChartRow
    currency: str
    opening_minor: int
    debit_minor: int
    credit_minor: int

    @property
    def closing_minor(self) -> int:
        """What stands at the end."""
        return self.opening_minor + self.debit_minor - self.credit_minor


@dataclass(frozen=True, slots=True)
class TrialTotal:
    """The sums of a currency; both sides of each pair are equal."""

    currency: str
    opening_minor: int
    debit_minor: int
    credit_minor: int
    debtor_minor: int
    creditor_minor: int


def trial_balance(session: Session, actor: Actor, *, on: date, first: date | None = None) -> list[TrialRow]:
    """Return the trial balance at the end of a day, in the order of the chart; with `first`, what moved since then.

    Raises:
        Forbidden: the actor may not read the books.
    """
    actor.require(Permission.LEDGER_READ)
    organisation = get_own_organisation(session, actor)
    amount = Posting.amount_minor
    is_before = JournalEntry.occurred_on < first if first else literal(value=False)
    rows = session.execute(
        select(
            LedgerAccount.code,
            LedgerAccount.currency,
            func.sum(case((is_before, amount), else_=0)).label("opening"),
            func.sum(case((~is_before & (amount > 0), amount), else_=0)).label("debit"),
            func.sum(case((~is_before & (amount < 0), -amount), else_=0)).label("credit"),
        )
        .join(Posting, Posting.account_id == LedgerAccount.id)
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(LedgerAccount.organisation_id == actor.org, JournalEntry.occurred_on <= on)
        .group_by(LedgerAccount.code, LedgerAccount.currency)
    ).all()
    chart = chart_rows(session, organisation.id, organisation.country)
    order = {code: place for place, code in enumerate(chart)}
    found = [
        TrialRow(chart[row.code], row.currency, int(row.opening), int(row.debit), int(row.credit))
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.currency, order[one.account.code]))


def totals_of(rows: list[TrialRow]) -> list[TrialTotal]:
    """Return the sums of each currency."""
    found = []
    for currency in sorted({row.currency for row in rows}):
        mine = [row for row in rows if row.currency == currency]
        found.append(
            TrialTotal(
                currency,
                sum(row.opening_minor for row in mine),
                sum(row.debit_minor for row in mine),
                sum(row.credit_minor for row in mine),
                sum(row.closing_minor for row in mine if row.closing_minor > 0),
                -sum(row.closing_minor for row in mine if row.closing_minor < 0),
            )
        )
    return found
