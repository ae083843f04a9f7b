"""What an association decided about its fortnights: how far debts reach, holidays, and that nothing is withheld."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.ledger.services.posting import lock_books
from chain.settlement.fortnight.audit_tags import FortnightAudit
from chain.settlement.fortnight.models import FortnightSetting, MilkHoliday
from chain.settlement.fortnight.services.terms import DECISION_NEEDED, check_day, check_text

MAX_HOLIDAYS = 400

ACCOUNTANT_NEEDED = N_("Write which accountant says that nothing is withheld, and why.")
TOO_MANY_DAYS = N_("At most %(limit)s holidays are kept.")


def set_choices(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    debts_reach_pure: bool,
    debts_reach_income: bool,
    decided_by: str,
) -> FortnightSetting:
    """Set whether debts reach Sunday and over-quota money, and other income.

    Raises:
        Forbidden, ValidationFailed.
    """
    actor.require(Permission.DEDUCTIONS_WRITE)
    values = {"debts_reach_pure": debts_reach_pure, "debts_reach_income": debts_reach_income}
    return _change_setting(session, actor, now, values, decided_by)


def set_no_withholding(
    session: Session, *, actor: Actor, now: datetime, since: date | None, said_by: str
) -> FortnightSetting:
    """Say, by an accountant's name, that from a day on nothing is withheld; None takes it back.

    Raises:
        Forbidden, ValidationFailed.
    """
    actor.require(Permission.TAXES_CONFIRM)
    errors = FieldErrors()
    if since is not None:
        check_text(errors, "said_by", said_by, ACCOUNTANT_NEEDED)
    errors.raise_any()
    values = {
        "no_withholding_from": since,
        "no_withholding_by": said_by.strip() if since is not None else None,
    }
    return _change_setting(session, actor, now, values, None)


def set_holidays(
    session: Session, *, actor: Actor, now: datetime, holidays: Mapping[date, str]
) -> list[date]:
    """Set the days that are paid like Sundays; those not named any more are weekdays again.

    Raises:
        Forbidden, ValidationFailed.
    """
    actor.require(Permission.PRICES_WRITE)
    lock_books(session, actor.org)
    errors = FieldErrors()
    if len(holidays) > MAX_HOLIDAYS:
        errors.add("holidays", TOO_MANY_DAYS, limit=MAX_HOLIDAYS)
    for day in holidays:
        check_day(errors, "holidays", day, now.date())
    errors.raise_any()
    before = session.scalars(select(MilkHoliday.day).where(MilkHoliday.organisation_id == actor.org)).all()
    session.execute(delete(MilkHoliday).where(MilkHoliday.organisation_id == actor.org))
    if holidays:
        rows = [
            {"organisation_id": actor.org, "day": day, "name": name.strip()[:100]}
            for day, name in sorted(holidays.items())
        ]
        session.execute(insert(MilkHoliday), rows)
    audit.record(
        session,
        tag=FortnightAudit.HOLIDAYS_SET,
        actor=actor,
        now=now,
        subject_type="organisation",
        subject_id=actor.org,
        before={"days": [day.isoformat() for day in sorted(before)]},
        after={"days": [day.isoformat() for day in sorted(holidays)]},
    )
    return sorted(holidays)


def _change_setting(
    session: Session, actor: Actor, now: datetime, values: Mapping[str, Any], decided_by: str | None
) -> FortnightSetting:
    lock_books(session, actor.org)
    errors = FieldErrors()
    if decided_by is not None:
        check_text(errors, "decided_by", decided_by, DECISION_NEEDED)
    errors.raise_any()
    setting = session.get(FortnightSetting, actor.org)
    if setting is None:
        setting = FortnightSetting(
            organisation_id=actor.org,
            debts_reach_pure=False,
            debts_reach_income=False,
            decided_by="",
            changed_at=now,
        )
        session.add(setting)
    before = {name: getattr(setting, name) for name in values}
    for name, value in values.items():
        setattr(setting, name, value)
    if decided_by is not None:
        setting.decided_by = decided_by.strip()
    setting.changed_at, setting.changed_by = now, actor.user_id
    session.flush()
    audit.record(
        session,
        tag=FortnightAudit.CHOICES_SET,
        actor=actor,
        now=now,
        subject_type="organisation",
        subject_id=actor.org,
        before=before,
        after={**values, "decided_by": setting.decided_by},
    )
    return setting
