"""Opening balances from a file: looked at first, then brought in as one balanced entry, once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors
from chain.core.i18n import N_, Message
from chain.core.money import CURRENCIES
from chain.ledger.audit_tags import LedgerAudit
from chain.ledger.errors import BadOpeningRows
from chain.ledger.models import JournalEntry
from chain.ledger.opening_file import BadOpeningCell, OpeningFile
from chain.ledger.queries.chart import ChartRow, chart_of
from chain.ledger.queries.parties import parties_by_code
from chain.ledger.rules import PARTY_ACCOUNTS, AccountCode, EntryKind, LedgerLine, totals_by_currency
from chain.ledger.services.manual import (
    BAD_CURRENCY,
    DAY_AHEAD,
    DAY_TOO_OLD,
    NO_PARTY,
    OLDEST_DAY,
    UNKNOWN_PARTY,
)
from chain.ledger.services.posting import lock_books, post_entry

UNKNOWN_ACCOUNT = N_("The chart has no account with the number, code or name “%(account)s”.")
AGAINST_ITSELF = N_("This account takes the other side; leave the row out.")
NO_ROWS = N_("The file has no rows with balances.")


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row as it would be posted."""

    row: int
    account: ChartRow
    party_code: str | None
    party_id: UUID | None
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class OpeningPlan:
    """What a file would post."""

    hash: str
    rows: Sequence[PlannedRow]
    bad: Sequence[BadOpeningCell]
    #: what goes against opening equity, by currency; debit positive
    against: dict[str, int]
    #: the entry, when the file was brought in before and not reversed
    entry: JournalEntry | None

    @property
    def can_be_taken(self) -> bool:
        """Whether nothing is wrong and something is there."""
        return bool(self.rows) and not self.bad


def plan_opening(session: Session, *, actor: Actor, file: OpeningFile) -> OpeningPlan:
    """Return what a file would post, with everything that is wrong; writes nothing.

    Raises:
        Forbidden: the actor may not write in the books.
    """
    actor.require(Permission.LEDGER_WRITE)
    currency = get_own_organisation(session, actor).currency
    chart = chart_of(session, actor.org)
    accounts = _by_any_name(chart.values())
    parties = parties_by_code(session, actor.org, [one.party for one in file.rows if one.party])
    rows, bad = [], list(file.bad)
    for one in file.rows:
        account = accounts.get(one.account.casefold())
        party = parties.get(one.party) if one.party else None
        reason: tuple[str, Message] | None = None
        if account is None:
            reason = "account", Message(UNKNOWN_ACCOUNT, {"account": one.account[:60]})
        elif account.code == AccountCode.OPENING_EQUITY:
            reason = "account", Message(AGAINST_ITSELF)
        elif one.party and party is None:
            reason = "party", Message(UNKNOWN_PARTY, {"code": one.party[:40]})
        elif account.code in PARTY_ACCOUNTS and party is None:
            reason = "party", Message(NO_PARTY)
        elif one.currency is not None and one.currency not in CURRENCIES:
            reason = "currency", Message(BAD_CURRENCY, {"possible": ", ".join(CURRENCIES)})
        if reason is not None or account is None:
            bad.append(BadOpeningCell(one.row, *(reason or ("account", Message(UNKNOWN_ACCOUNT)))))
            continue
        rows.append(
            PlannedRow(one.row, account, one.party, party, one.amount_minor, one.currency or currency)
        )
    totals = totals_by_currency((one.currency, one.amount_minor) for one in rows)
    against = {money: -total for money, total in sorted(totals.items()) if total}
    earlier = _entries_of(session, actor.org, file.hash)
    standing = [entry for entry, is_reversed in earlier if not is_reversed]
    return OpeningPlan(
        file.hash, rows, sorted(bad, key=lambda one: one.row), against, standing[-1] if standing else None
    )


def _by_any_name(rows: Iterable[ChartRow]) -> dict[str, ChartRow]:
    found: dict[str, ChartRow] = {}
    listed = list(rows)
    for names in ("name", "code", "number"):  # a number wins over a code, a code over a name
        for row in listed:
            found[str(getattr(row, names)).casefold()] = row
    return found


def _entries_of(session: Session, organisation_id: UUID, digest: str) -> list[tuple[JournalEntry, bool]]:
    """Return the entries that a file made, the first one first, and whether each was reversed."""
    entries = session.scalars(
        select(JournalEntry)
        .where(
            JournalEntry.organisation_id == organisation_id,
            JournalEntry.idempotency_key.startswith(f"opening:{digest}", autoescape=True),
        )
        .order_by(JournalEntry.sequence)
    ).all()
    undone = set(
        session.scalars(
            select(JournalEntry.reverses_id).where(JournalEntry.reverses_id.in_([one.id for one in entries]))
        )
    )
    return [(one, one.id in undone) for one in entries]


def import_opening(
    session: Session, *, actor: Actor, now: datetime, file: OpeningFile, occurred_on: date
) -> tuple[JournalEntry, bool]:
    """Post the balances of a file as one entry against opening equity; the same file again gives the same entry.

    Returns the entry and whether it was posted now. A file whose entry was reversed can be brought in anew.

    Raises:
        Forbidden: the actor may not write in the books.
        BadOpeningRows: rows cannot be taken; none was.
        ValidationFailed: the day cannot be used, or the file holds no balances.
        PeriodClosed: the month is closed.
    """
    actor.require(Permission.LEDGER_WRITE)
    lock_books(session, actor.org)
    plan = plan_opening(session, actor=actor, file=file)
    if plan.entry is not None:
        return plan.entry, False
    errors = FieldErrors()
    today = local_date(now, get_own_organisation(session, actor).timezone)
    if occurred_on > today:
        errors.add("occurred_on", DAY_AHEAD)
    elif occurred_on < OLDEST_DAY:
        errors.add("occurred_on", DAY_TOO_OLD)
    if plan.bad:
        raise BadOpeningRows(count=len({one.row for one in plan.bad}))
    if not plan.rows:
        errors.add("file", NO_ROWS)
    errors.raise_any()
    lines = [LedgerLine(one.account.code, one.amount_minor, one.party_id, one.currency) for one in plan.rows]
    lines += [
        LedgerLine(AccountCode.OPENING_EQUITY, total, None, money) for money, total in plan.against.items()
    ]
    times = len(_entries_of(session, actor.org, file.hash))
    entry = post_entry(
        session,
        actor=actor,
        organisation_id=actor.org,
        now=now,
        occurred_on=occurred_on,
        kind=EntryKind.OPENING,
        description="Saldos iniciales",
        idempotency_key=f"opening:{file.hash}:{times}",
        lines=lines,
    )
    audit.record(
        session,
        tag=LedgerAudit.OPENING_IMPORTED,
        actor=actor,
        now=now,
        subject_type="journal_entry",
        subject_id=entry.id,
        after={"rows": len(plan.rows), "file": file.hash, "occurred_on": occurred_on},
    )
    return entry, True
