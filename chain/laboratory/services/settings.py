"""How long a second opinion may be asked and may take."""

from datetime import datetime

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.laboratory.models import LaboratorySetting
from chain.laboratory.queries.opinions import terms_of
from chain.laboratory.rules import MAX_DAYS, Terms
from chain.laboratory.services.audits import LaboratoryAudit

DAYS_OUT_OF_BOUNDS = N_("Write a number of days from 1 to %(most)s.")


def set_terms(session: Session, *, actor: Actor, now: datetime, ask_days: int, decide_days: int) -> Terms:
    """Set the days of the organisation. Second opinions that are open keep their deadline.

    Raises:
        Forbidden: the actor may not manage instruments.
        ValidationFailed: a number of days is below 1 or above 365.
    """
    actor.require(Permission.INSTRUMENTS_MANAGE)
    errors = FieldErrors()
    for name, days in (("ask_days", ask_days), ("decide_days", decide_days)):
        if not 1 <= days <= MAX_DAYS:
            errors.add(name, DAYS_OUT_OF_BOUNDS, most=MAX_DAYS)
    errors.raise_any()
    before = terms_of(session, actor.org)
    wanted = Terms(ask_days, decide_days)
    row = session.get(LaboratorySetting, actor.org)
    if row is not None and wanted == before:
        return wanted
    if row is None:
        row = LaboratorySetting(organisation_id=actor.org)
        session.add(row)
    row.ask_days, row.decide_days = ask_days, decide_days
    row.changed_at, row.changed_by = now, actor.user_id
    session.flush()
    audit.record(
        session,
        tag=LaboratoryAudit.TERMS_SET,
        actor=actor,
        now=now,
        subject_type="organisation",
        subject_id=actor.org,
        before={"ask_days": before.ask_days, "decide_days": before.decide_days},
        after={"ask_days": ask_days, "decide_days": decide_days},
    )
    return wanted
