"""Quotas, tax licences and reserve."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_, Message
from chain.dues.rules import MAX_RATE_MINOR
from chain.dues.services.checks import ONLY_SHORTER
from chain.ledger.services.posting import lock_books
from chain.producers.queries import get_producer_for
from chain.settlement.fortnight.audit_tags import FortnightAudit
from chain.settlement.fortnight.errors import RowsOverlap
from chain.settlement.fortnight.models import (
    BankFeeRow,
    MilkQuota,
    MilkReserve,
    OtherIncomeRow,
    TaxLicence,
)
from chain.settlement.fortnight.services.telling import tell_of_row
from chain.settlement.rules import MAX_NAME

T = TypeVar("T", MilkQuota, TaxLicence, MilkReserve, OtherIncomeRow, BankFeeRow)
FIRST_DAY = date(2000, 1, 1)
MAX_AHEAD = timedelta(days=20 * 366)
#: A thousand litres a day: more than any family here milks.
MAX_QUOTA_ML = 1_000_000
MAX_RESERVE_PPM = 500_000
MAX_NUMBER = 40

LAST_BEFORE_FIRST = N_("The last day lies before the first.")
DAY_OUT_OF_RANGE = N_("The day must lie between %(first)s and %(last)s.")
QUOTA_OUT_OF_RANGE = N_("A quota lies between 0 and %(most)s litres a day.")
PRICE_OUT_OF_RANGE = N_("A price lies between 0 and %(most)s.")
RESERVE_OUT_OF_RANGE = N_("A reserve lies above 0 and at most at 50 %%.")
NUMBER_NEEDED = N_("Write the number of the licence, at most %(limit)s characters.")
NAME_NEEDED = N_("Write at most %(limit)s characters, and at least one.")
DECISION_NEEDED = N_("Write who decided it and when, for example “Assembly of 3 March 2026”.")


def set_quota(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    quota_id: UUID,
    producer_id: UUID,
    per_day_ml: int,
    valid_from: date,
    valid_to: date,
    weekday_minor: int = 0,
    sunday_minor: int = 0,
) -> MilkQuota:
    """Give a producer a quota for some days, with a price of its own over it or 0; the same id again changes nothing.

    Raises:
        Forbidden, NotFound, ValidationFailed, IdempotencyConflict.
        RowsOverlap: the producer has another quota on some of the days.
    """
    actor.require(Permission.PRICES_WRITE)
    errors = span_errors(valid_from, valid_to, now.date())
    if not 0 <= per_day_ml <= MAX_QUOTA_ML:
        errors.add("litres", QUOTA_OUT_OF_RANGE, most=MAX_QUOTA_ML // 1000)
    for field, price in (("weekday_price", weekday_minor), ("sunday_price", sunday_minor)):
        if not 0 <= price <= MAX_RATE_MINOR:
            errors.add(field, PRICE_OUT_OF_RANGE, most=MAX_RATE_MINOR // 100)
    content = {
        "producer_id": producer_id,
        "per_day_ml": per_day_ml,
        "weekday_minor": weekday_minor,
        "sunday_minor": sunday_minor,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }
    known = known_row(session, actor, MilkQuota, quota_id, content)
    if known is not None:
        return known
    errors.raise_any()
    get_producer_for(session, actor, producer_id)
    others = session.execute(
        select(MilkQuota.valid_from, MilkQuota.valid_to).where(
            MilkQuota.organisation_id == actor.org,
            MilkQuota.producer_id == producer_id,
            MilkQuota.is_enabled,
            MilkQuota.valid_from <= valid_to,
            MilkQuota.valid_to >= valid_from,
        )
    ).all()
    _refuse_overlap(N_("quotas"), [(row.valid_from, row.valid_to) for row in others])
    return add_row(session, actor, now, MilkQuota, quota_id, content, FortnightAudit.QUOTA_SET)


def end_quota(session: Session, *, actor: Actor, now: datetime, quota_id: UUID, last_day: date) -> MilkQuota:
    """Let a quota end on a day; before its first day, it never counts.

    Raises:
        Forbidden, NotFound.
    """
    actor.require(Permission.PRICES_WRITE)
    lock_books(session, actor.org)
    quota = own_row(session, actor, MilkQuota, quota_id)
    before = {"valid_to": quota.valid_to, "is_enabled": quota.is_enabled}
    if last_day < quota.valid_from:
        quota.is_enabled = False
    elif last_day < quota.valid_to:
        quota.valid_to = last_day
    session.flush()
    after = {"valid_to": quota.valid_to, "is_enabled": quota.is_enabled}
    record_row(session, FortnightAudit.QUOTA_ENDED, actor, now, quota, before, after)
    return quota


def add_licence(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    licence_id: UUID,
    producer_id: UUID,
    number: str,
    valid_from: date,
    valid_to: date,
) -> TaxLicence:
    """Note a producer's tax licence; the same id again changes nothing.

    Raises:
        Forbidden, NotFound, ValidationFailed, IdempotencyConflict.
    """
    actor.require(Permission.DEDUCTIONS_WRITE)
    number = number.strip()
    errors = span_errors(valid_from, valid_to, now.date())
    if not 0 < len(number) <= MAX_NUMBER:
        errors.add("number", NUMBER_NEEDED, limit=MAX_NUMBER)
    content = {
        "producer_id": producer_id,
        "number": number,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }
    known = known_row(session, actor, TaxLicence, licence_id, content)
    if known is not None:
        return known
    errors.raise_any()
    get_producer_for(session, actor, producer_id)
    return add_row(session, actor, now, TaxLicence, licence_id, content, FortnightAudit.LICENCE_ADDED)


def set_reserve(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    reserve_id: UUID,
    fraction_ppm: int,
    valid_from: date,
    valid_to: date | None,
    decided_by: str,
) -> MilkReserve:
    """Set which fraction of the weighed milk is kept back; the same id again changes nothing.

    Raises:
        Forbidden, ValidationFailed, IdempotencyConflict.
        RowsOverlap: another fraction is in force on some of the days.
    """
    actor.require(Permission.PRICES_WRITE)
    errors = span_errors(valid_from, valid_to, now.date())
    if not 0 < fraction_ppm <= MAX_RESERVE_PPM:
        errors.add("percent", RESERVE_OUT_OF_RANGE)
    check_text(errors, "decided_by", decided_by, DECISION_NEEDED)
    content = {
        "fraction_ppm": fraction_ppm,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "decided_by": decided_by.strip(),
    }
    known = known_row(session, actor, MilkReserve, reserve_id, content)
    if known is not None:
        return known
    errors.raise_any()
    condition = [
        MilkReserve.organisation_id == actor.org,
        or_(MilkReserve.valid_to.is_(None), MilkReserve.valid_to >= valid_from),
    ]
    if valid_to is not None:
        condition.append(MilkReserve.valid_from <= valid_to)
    others = session.execute(select(MilkReserve.valid_from, MilkReserve.valid_to).where(*condition)).all()
    _refuse_overlap(N_("reserve fractions"), [(row.valid_from, row.valid_to) for row in others])
    return add_row(session, actor, now, MilkReserve, reserve_id, content, FortnightAudit.RESERVE_SET)


def end_reserve(
    session: Session, *, actor: Actor, now: datetime, reserve_id: UUID, last_day: date
) -> MilkReserve:
    """Let a reserve end on a day.

    Raises:
        Forbidden, NotFound, ValidationFailed.
    """
    actor.require(Permission.PRICES_WRITE)
    lock_books(session, actor.org)
    reserve = own_row(session, actor, MilkReserve, reserve_id)
    errors = FieldErrors()
    if last_day < reserve.valid_from:
        errors.add("last_day", LAST_BEFORE_FIRST)
    elif reserve.valid_to is not None and last_day > reserve.valid_to:
        errors.add("last_day", ONLY_SHORTER, last=reserve.valid_to)
    errors.raise_any()
    before = {"valid_to": reserve.valid_to}
    reserve.valid_to = last_day
    session.flush()
    record_row(session, FortnightAudit.RESERVE_ENDED, actor, now, reserve, before, {"valid_to": last_day})
    return reserve


def span_errors(first: date, last: date | None, today: date) -> FieldErrors:
    """Collect what is wrong with a span of days."""
    errors = FieldErrors()
    check_day(errors, "valid_from", first, today)
    if last is not None:
        check_day(errors, "valid_to", last, today)
        if last < first:
            errors.add("valid_to", LAST_BEFORE_FIRST)
    return errors


def check_day(errors: FieldErrors, field: str, day: date, today: date) -> None:
    """Note a day that cannot be meant."""
    last = today + MAX_AHEAD
    if not FIRST_DAY <= day <= last:
        errors.add(field, DAY_OUT_OF_RANGE, first=FIRST_DAY, last=last)


def check_text(errors: FieldErrors, field: str, text: str, refusal: str) -> None:
    """Note a text that is missing or too long."""
    if not 0 < len(text.strip()) <= MAX_NAME:
        params = {"limit": MAX_NAME} if "%(limit)s" in refusal else {}
        errors.add(field, refusal, **params)


def _refuse_overlap(what: str, others: list[tuple[date, date | None]]) -> None:
    if others:
        first, last = min(others, key=lambda span: span[0])
        span = f"{first.isoformat()}–{last.isoformat() if last else '…'}"
        raise RowsOverlap(what=Message(what), names=span)


def known_row(
    session: Session, actor: Actor, table: type[T], row_id: UUID, content: Mapping[str, Any]
) -> T | None:
    """Lock the books; return the row that the id stands for already, if it says the same.

    Raises:
        IdempotencyConflict: it says something else.
    """
    lock_books(session, actor.org)
    known = session.get(table, row_id)
    if known is None:
        return None
    if known.organisation_id == actor.org and all(
        getattr(known, name) == value for name, value in content.items()
    ):
        return known
    raise IdempotencyConflict


def own_row(session: Session, actor: Actor, table: type[T], row_id: UUID) -> T:
    """Return a row of the actor's organisation.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    found = session.get(table, row_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    return found


def add_row(  # noqa: PLR0917 - the callers give each fact once
    session: Session,
    actor: Actor,
    now: datetime,
    table: type[T],
    row_id: UUID,
    content: Mapping[str, Any],
    tag: FortnightAudit,
) -> T:
    """Store a row and write it down."""
    row = table(id=row_id, organisation_id=actor.org, created_at=now, created_by=actor.user_id, **content)
    session.add(row)
    session.flush()
    record_row(session, tag, actor, now, row, None, content)
    return row


def record_row(  # noqa: PLR0917 - one line of facts
    session: Session,
    tag: FortnightAudit,
    actor: Actor,
    now: datetime,
    row: MilkQuota | TaxLicence | MilkReserve | OtherIncomeRow | BankFeeRow,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    """Write down what happened to a row, and tell its producers."""
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type=row.__tablename__,
        subject_id=row.id,
        before=before,
        after=after,
    )
    tell_of_row(session, now, row, before)
