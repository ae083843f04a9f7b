"""Reads of the marks of days."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, order_by, paginate
from chain.ledger.days import DayMark
from chain.ledger.models import JournalEntry, LedgerDay
from chain.ledger.rules import GENESIS

#: Beyond these a wall clock may not exist in UTC.
FIRST_DAY, LAST_DAY = date(1, 1, 3), date(9999, 12, 28)


def end_of_day(day: date, timezone: str) -> datetime:
    """Return the moment at which a day of a time zone is over."""
    if day >= LAST_DAY:
        return datetime.max.replace(tzinfo=UTC)
    if day <= FIRST_DAY:
        return datetime.min.replace(tzinfo=UTC)
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(timezone)).astimezone(UTC)


def day_mark(session: Session, organisation_id: UUID, day: date) -> DayMark:
    """Return where the books stood at the end of a day; of a day that is not over, where they stand now."""
    kept = session.get(LedgerDay, (organisation_id, day))
    if kept is not None:
        return DayMark(organisation_id, day, kept.sequence, kept.chain_hash)
    timezone = session.scalar(select(Organisation.timezone).where(Organisation.id == organisation_id))
    if timezone is None:
        raise NotFound
    last = session.execute(
        select(JournalEntry.sequence, JournalEntry.hash)
        .where(
            JournalEntry.organisation_id == organisation_id,
            JournalEntry.posted_at < end_of_day(day, timezone),
        )
        .order_by(JournalEntry.sequence.desc())
        .limit(1)
    ).first()
    return DayMark(organisation_id, day, last.sequence if last else 0, last.hash if last else GENESIS)


def daily_hash(session: Session, organisation_id: UUID, day: date) -> str:
    """Return the mark of a day, 64 hexadecimal digits, as papers print it.

    It is final once the day is over. Papers that are issued while a day runs print the mark of the day before.
    """
    return day_mark(session, organisation_id, day).hash


def is_kept(session: Session, organisation_id: UUID, day: date) -> bool:
    """Tell whether the mark of a day was written down."""
    return session.get(LedgerDay, (organisation_id, day)) is not None


def list_marks(session: Session, actor: Actor, request: PageRequest) -> Page[LedgerDay]:
    """Return the marks that were written down, the latest first."""
    actor.require(Permission.LEDGER_READ)
    statement = select(LedgerDay).where(LedgerDay.organisation_id == actor.org).order_by(LedgerDay.day.desc())
    sorts = {"day": LedgerDay.day}
    return paginate(session, order_by(statement, request.sort, sorts, LedgerDay.day), request)
