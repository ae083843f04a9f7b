"""Reads of what rails take at most."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.payout.models import BankLayout, PayoutLimit
from chain.payout.rules import Limit, LimitKind, limit_of


def limits_on(session: Session, organisation_id: UUID, day: date) -> list[Limit]:
    """Return the limits in force on a day: of each kind the one with the latest first day, confirmed ones before others."""
    rows = session.execute(
        select(PayoutLimit.kind, PayoutLimit.amount_minor, PayoutLimit.confirmed_at)
        .where(PayoutLimit.organisation_id == organisation_id, PayoutLimit.valid_from <= day)
        .order_by(PayoutLimit.valid_from.desc(), PayoutLimit.id.desc())
    )
    found: dict[str, Limit] = {}
    for row in rows:
        is_confirmed = row.confirmed_at is not None
        if row.kind not in found or (is_confirmed and not found[row.kind].is_confirmed):
            found[row.kind] = Limit(row.kind, row.amount_minor, is_confirmed)
    return list(found.values())


def confirmed_cash_limit(session: Session, organisation_id: UUID, day: date) -> int | None:
    """Return the amount from which on a payment goes through a bank by a confirmed rule; None: there is none."""
    return limit_of(limits_on(session, organisation_id, day), LimitKind.CASH_PAYMENT)


def all_limits(session: Session, organisation_id: UUID) -> Sequence[PayoutLimit]:
    """Return every limit that was written down, the latest first."""
    return session.scalars(
        select(PayoutLimit)
        .where(PayoutLimit.organisation_id == organisation_id)
        .order_by(PayoutLimit.kind, PayoutLimit.valid_from.desc(), PayoutLimit.id.desc())
    ).all()


def open_layouts(session: Session, organisation_id: UUID) -> Sequence[BankLayout]:
    """Return the layouts of banks' files that are in use, by name."""
    return session.scalars(
        select(BankLayout)
        .where(BankLayout.organisation_id == organisation_id, BankLayout.ended_at.is_(None))
        .order_by(BankLayout.name, BankLayout.id)
    ).all()
