"""Reads of the periods of the books."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import User
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, order_by, paginate_rows
from chain.ledger.models import JournalEntry, LedgerPeriod


def last_day_of(first_day: date) -> date:
    """Return the last day of a month."""
    return first_day.replace(day=monthrange(first_day.year, first_day.month)[1])


def closed_month(organisation_id: UUID) -> ScalarSelect[date]:
    """Return the expression for the first day of the latest closed month."""
    return (
        select(func.max(LedgerPeriod.first_day))
        .where(LedgerPeriod.organisation_id == organisation_id, LedgerPeriod.reopened_at.is_(None))
        .scalar_subquery()
    )


def closed_until(session: Session, organisation_id: UUID) -> date | None:
    """Return the last day of the latest closed month; nothing can be posted up to it."""
    found = session.scalar(select(closed_month(organisation_id)))
    return None if found is None else last_day_of(found)


def next_month(session: Session, organisation_id: UUID) -> date | None:
    """Return the first day of the month whose turn it is to be closed; None while nothing was posted."""
    closed = closed_until(session, organisation_id)
    if closed is not None:
        return closed + timedelta(days=1)
    first = session.scalar(
        select(func.min(JournalEntry.occurred_on)).where(JournalEntry.organisation_id == organisation_id)
    )
    return None if first is None else first.replace(day=1)


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A month that was closed."""

    id: UUID
    first_day: date
    last_sequence: int
    closed_at: datetime
    closed_by: UUID | None
    closed_by_name: str | None
    reopened_at: datetime | None
    reopened_by_name: str | None
    reopen_reason: str | None
    #: whether nothing after it is closed, so that it can be opened again
    is_last: bool


def list_periods(session: Session, actor: Actor, request: PageRequest) -> Page[PeriodRow]:
    """Return the months that were closed, the latest first, with those that were opened again."""
    actor.require(Permission.LEDGER_READ)
    closer, opener = aliased(User), aliased(User)
    statement = (
        select(LedgerPeriod, closer.display_name.label("closer"), opener.display_name.label("opener"))
        .outerjoin(closer, closer.id == LedgerPeriod.closed_by)
        .outerjoin(opener, opener.id == LedgerPeriod.reopened_by)
        .where(LedgerPeriod.organisation_id == actor.org)
        .order_by(LedgerPeriod.first_day.desc(), LedgerPeriod.closed_at.desc(), LedgerPeriod.id)
    )
    until = closed_until(session, actor.org)
    sorts = {"first_day": LedgerPeriod.first_day, "closed_at": LedgerPeriod.closed_at}
    page = paginate_rows(session, order_by(statement, request.sort, sorts, LedgerPeriod.id), request)
    rows = [_period_row(row, until) for row in page.items]
    return Page(rows, page.page, page.page_size, page.total)


def _period_row(row: Any, until: date | None) -> PeriodRow:
    period: LedgerPeriod = row.LedgerPeriod
    return PeriodRow(
        period.id,
        period.first_day,
        period.last_sequence,
        period.closed_at,
        period.closed_by,
        row.closer,
        period.reopened_at,
        row.opener,
        period.reopen_reason,
        is_last=period.reopened_at is None and until == last_day_of(period.first_day),
    )


def get_period_for(session: Session, actor: Actor, period_id: UUID) -> LedgerPeriod:
    """Return a month that the actor's organisation closed.

    Raises:
        NotFound: there is none, or it belongs to other books.
    """
    found = session.get(LedgerPeriod, period_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    return found
