"""What an organisation decides for its custody: the tolerance of weights on arrival, and who bears a loss."""

from datetime import datetime

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.custody.models import CustodySetting
from chain.custody.rules.words import DEFAULT_TOLERANCE_BP, MAX_TOLERANCE_BP
from chain.custody.services.steps import CustodyAudit, clean_note, note_change


def change_settings(
    session: Session, *, actor: Actor, now: datetime, tolerance_bp: int, loss_rule: str | None
) -> CustodySetting:
    """Set the tolerance of coming dispatches and the written rule on losses; earlier dispatches keep theirs.

    Raises:
        Forbidden, ValidationFailed.
    """
    actor.require(Permission.SITES_MANAGE)
    errors = FieldErrors()
    rule = clean_note(errors, "loss_rule", loss_rule)
    if not 0 <= tolerance_bp <= MAX_TOLERANCE_BP:
        errors.add("tolerance_bp", N_("Write a percentage from 0 to 100."))
    errors.raise_any()
    setting = session.get(CustodySetting, actor.org, with_for_update=True)
    before = {
        "tolerance_bp": setting.tolerance_bp if setting else DEFAULT_TOLERANCE_BP,
        "loss_rule": setting.loss_rule if setting else None,
    }
    after = {"tolerance_bp": tolerance_bp, "loss_rule": rule}
    if setting is None:
        setting = CustodySetting(organisation_id=actor.org, tolerance_bp=tolerance_bp, changed_at=now)
        session.add(setting)
    elif before == after:
        return setting
    setting.tolerance_bp, setting.loss_rule = tolerance_bp, rule
    setting.changed_at, setting.changed_by = now, actor.user_id
    session.flush()
    note_change(
        session,
        tag=CustodyAudit.SETTINGS_CHANGED,
        actor=actor,
        now=now,
        subject="organisation",
        subject_id=actor.org,
        before=before,
        after=after,
    )
    return setting
