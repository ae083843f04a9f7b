"""Reads of the periods of the books."""

from calendar import monthrange
from datetime import date
from uuid import UUID

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from chain.ledger.models import LedgerPeriod


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
