"""Closing months of the books, and opening one again."""

from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.core.money import Money
from chain.core.text import tidy
from chain.ledger.audit_tags import LedgerAudit
from chain.ledger.errors import (
    EarlierMonthOpen,
    LaterMonthClosed,
    MonthAlreadyClosed,
    MonthIsOpen,
    MonthNotOver,
    NothingToClose,
    TrialBalanceOff,
)
from chain.ledger.models import JournalEntry, LedgerPeriod, Posting
from chain.ledger.queries.periods import closed_until, last_day_of, next_month
from chain.ledger.services.posting import lock_books

REASON_MISSING = N_("Say why the month is opened again.")
MAX_REASON = 500


def close_month(session: Session, *, actor: Actor, now: datetime, month: date) -> LedgerPeriod:
    """Close a month (any day of it names it): nothing is posted up to its end any more.

    Raises:
        Forbidden: the actor may not close periods.
        MonthNotOver, MonthAlreadyClosed, EarlierMonthOpen, NothingToClose: it is not this month's turn.
        TrialBalanceOff: debits and credits differ.
    """
    actor.require(Permission.PERIODS_CLOSE)
    head = lock_books(session, actor.org)
    first_day = month.replace(day=1)
    last_day = last_day_of(first_day)
    organisation = get_own_organisation(session, actor)
    if local_date(now, organisation.timezone) <= last_day:
        raise MonthNotOver(day=min(last_day, date.max - timedelta(days=1)) + timedelta(days=1))
    _check_turn(session, actor, first_day)
    _check_trial_balance(session, actor, last_day)
    row = LedgerPeriod(
        organisation_id=actor.org,
        first_day=first_day,
        last_sequence=head.sequence,
        closed_at=now,
        closed_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        tag=LedgerAudit.PERIOD_CLOSED,
        actor=actor,
        now=now,
        subject_type="ledger_period",
        subject_id=row.id,
        after={"month": first_day, "last_sequence": head.sequence},
    )
    return row


def _check_turn(session: Session, actor: Actor, first_day: date) -> None:
    turn = next_month(session, actor.org)
    if turn is None or (first_day < turn and closed_until(session, actor.org) is None):
        raise NothingToClose
    if first_day < turn:
        raise MonthAlreadyClosed
    if first_day > turn:
        raise EarlierMonthOpen(day=turn)


def _check_trial_balance(session: Session, actor: Actor, last_day: date) -> None:
    wrong = session.execute(
        select(Posting.currency, func.sum(Posting.amount_minor).label("difference"))
        .join(JournalEntry, JournalEntry.id == Posting.entry_id)
        .where(JournalEntry.organisation_id == actor.org, JournalEntry.occurred_on <= last_day)
        .group_by(Posting.currency)
        .having(func.sum(Posting.amount_minor) != 0)
    ).first()
    if wrong is not None:
        raise TrialBalanceOff(difference=Money(abs(int(wrong.difference)), wrong.currency))


def reopen_month(session: Session, *, actor: Actor, now: datetime, month: date, reason: str) -> LedgerPeriod:
    """Open the month that was closed last; another person than the one who closed it, with a reason.

    Raises:
        Forbidden: the actor may not close periods.
        SamePerson: the actor closed it.
        MonthIsOpen: it is not closed.
        LaterMonthClosed: another month after it is closed.
        ValidationFailed: no reason, or a very long one.
    """
    actor.require(Permission.PERIODS_CLOSE)
    lock_books(session, actor.org)
    first_day = month.replace(day=1)
    row = session.scalar(
        select(LedgerPeriod).where(
            LedgerPeriod.organisation_id == actor.org,
            LedgerPeriod.first_day == first_day,
            LedgerPeriod.reopened_at.is_(None),
        )
    )
    if row is None:
        raise MonthIsOpen
    latest = closed_until(session, actor.org)
    if latest is not None and latest > last_day_of(first_day):
        raise LaterMonthClosed(day=latest)
    actor.require_other_than(row.closed_by)
    reason = tidy(reason)
    errors = FieldErrors()
    if not 0 < len(reason) <= MAX_REASON:
        errors.add("reason", REASON_MISSING)
    errors.raise_any()
    row.reopened_at, row.reopened_by, row.reopen_reason = now, actor.user_id, reason
    session.flush()
    audit.record(
        session,
        tag=LedgerAudit.PERIOD_REOPENED,
        actor=actor,
        now=now,
        subject_type="ledger_period",
        subject_id=row.id,
        before={"closed_at": row.closed_at, "closed_by": row.closed_by},
        after={"month": first_day, "reason": reason},
    )
    return row
