"""Closing a year of the books: income and expenses go into the accumulated result; and taking that back."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.core.text import tidy
from chain.ledger.audit_tags import LedgerAudit
from chain.ledger.errors import (
    EntryAlreadyReversed,
    LaterYearClosed,
    NoResultToClose,
    YearClosedOtherwise,
)
from chain.ledger.models import JournalEntry
from chain.ledger.queries.periods import last_day_of
from chain.ledger.queries.years import balances_to_close, closings, get_closing_for, standing_close
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import lock_books, post_entry, reverse_entry

MAX_REASON = 140
NOT_OVER = N_("The year is not over yet.")
NOT_A_MONTHS_END = N_("A year ends with the last day of a month.")
REASON_NEEDED = N_("Say why the close is taken back, in at most %(limit)s characters.")


def close_year(session: Session, *, actor: Actor, now: datetime, last_day: date) -> JournalEntry:
    """Bring every account of income and expenses to zero at the end of a day, against the accumulated result.

    The year may end with any month, because tax years differ by country and trade. The month of the last day is still
    open; it is closed afterwards. The same again returns the entry that stands.

    Raises:
        Forbidden: the actor may not close periods.
        ValidationFailed: the day is not over, or no end of a month.
        LaterYearClosed: a later year is closed already.
        YearClosedOtherwise: it is closed, and entries came after that.
        NoResultToClose: no income and no expense stands at the end of that day.
        PeriodClosed: the month of the last day is closed.
    """
    actor.require(Permission.PERIODS_CLOSE)
    lock_books(session, actor.org)
    _check_day(session, actor, now, last_day)
    standing = closings(actor.org)
    if later := session.scalar(standing.where(JournalEntry.occurred_on > last_day)):
        raise LaterYearClosed(day=later.occurred_on)
    open_balances = balances_to_close(session, actor.org, last_day)
    known = standing_close(session, actor.org, last_day)
    if known is not None and not open_balances:
        return known
    if known is not None:
        raise YearClosedOtherwise(number=known.sequence)
    if not open_balances:
        raise NoResultToClose(day=last_day)
    entry = post_entry(
        session,
        actor=actor,
        organisation_id=actor.org,
        now=now,
        occurred_on=last_day,
        kind=EntryKind.CLOSING,
        description=f"Cierre del ejercicio al {last_day:%d/%m/%Y}",
        idempotency_key=f"year:{last_day}:{_times(session, actor.org, last_day)}",
        lines=_lines(open_balances),
    )
    _record(session, LedgerAudit.YEAR_CLOSED, actor, now, entry, None)
    return entry


def _check_day(session: Session, actor: Actor, now: datetime, last_day: date) -> None:
    errors = FieldErrors()
    if last_day != last_day_of(last_day.replace(day=1)):
        errors.add("last_day", NOT_A_MONTHS_END)
    elif last_day >= local_date(now, get_own_organisation(session, actor).timezone):
        errors.add("last_day", NOT_OVER)
    errors.raise_any()


def _lines(open_balances: list[tuple[str, str, int]]) -> list[LedgerLine]:
    """Return the opposite of every balance, and per currency the sum of them in the accumulated result."""
    totals: dict[str, int] = {}
    lines = []
    for account, currency, amount in open_balances:
        lines.append(LedgerLine(account, -amount, None, currency))
        totals[currency] = totals.get(currency, 0) + amount
    result = AccountCode.ACCUMULATED_RESULT
    return [*lines, *(LedgerLine(result, amount, None, currency) for currency, amount in totals.items())]


def _times(session: Session, organisation_id: UUID, last_day: date) -> int:
    """Return how often the year was closed before; each of these closings was taken back."""
    return (
        session.scalar(
            select(func.count()).where(
                JournalEntry.organisation_id == organisation_id,
                JournalEntry.kind == EntryKind.CLOSING.value,
                JournalEntry.occurred_on == last_day,
            )
        )
        or 0
    )


def reopen_year(
    session: Session, *, actor: Actor, now: datetime, entry_id: UUID, reason: str
) -> JournalEntry:
    """Post the opposite of a closing on its own day, so that every balance of that day is as before; another person, with a reason.

    Raises:
        Forbidden: the actor may not close periods.
        SamePerson: the actor closed the year.
        NotFound: it is no closing of these books.
        EntryAlreadyReversed: it was taken back before.
        LaterYearClosed: a later year is closed; take that back first.
        PeriodClosed: the month of its day is closed; open it again first.
        ValidationFailed: no reason, or a long one.
    """
    actor.require(Permission.PERIODS_CLOSE)
    lock_books(session, actor.org)
    entry = get_closing_for(session, actor, entry_id)
    standing = closings(actor.org)
    if session.scalar(standing.where(JournalEntry.id == entry.id)) is None:
        raise EntryAlreadyReversed
    if later := session.scalar(standing.where(JournalEntry.occurred_on > entry.occurred_on)):
        raise LaterYearClosed(day=later.occurred_on)
    actor.require_other_than(entry.posted_by)
    reason = tidy(reason)
    errors = FieldErrors()
    if not 0 < len(reason) <= MAX_REASON:
        errors.add("reason", REASON_NEEDED, limit=MAX_REASON)
    errors.raise_any()
    undone = reverse_entry(
        session,
        actor=actor,
        organisation_id=actor.org,
        now=now,
        entry_id=entry.id,
        occurred_on=entry.occurred_on,
        description=f"Anula el cierre del ejercicio, asiento n.º {entry.sequence}: {reason}",
    )
    _record(session, LedgerAudit.YEAR_REOPENED, actor, now, entry, reason)
    return undone


def _record(  # noqa: PLR0917 - private; one line of facts
    session: Session, tag: LedgerAudit, actor: Actor, now: datetime, entry: JournalEntry, reason: str | None
) -> None:
    after: dict[str, object] = {"last_day": entry.occurred_on, "sequence": entry.sequence}
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="journal_entry",
        subject_id=entry.id,
        after=after | ({"reason": reason} if reason else {}),
    )


def last_year_end(today: date) -> date:
    """Return the last day of the calendar year before."""
    return today.replace(month=1, day=1) - timedelta(days=1)
