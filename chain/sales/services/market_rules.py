"""The association's rule about awards: how many officers, how many hours, what silence means."""

from datetime import datetime

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.sales.models import MarketRule
from chain.sales.rules import AwardRule, Silence, award_rule
from chain.sales.services.audit_tags import SalesAudit

MOST_OFFICERS, MOST_HOURS = 5, 720


def set_market_rule(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    confirmations_needed: int,
    confirm_hours: int,
    silence: str,
) -> AwardRule:
    """Set the rule for awards from now on; those that wait keep theirs. The same again changes nothing.

    Raises:
        Forbidden: the actor may not change the organisation's data.
        ValidationFailed: a figure or a word cannot be kept.
    """
    actor.require(Permission.ORGANISATION_MANAGE)
    errors = FieldErrors()
    for name, value, most in (
        ("confirmations_needed", confirmations_needed, MOST_OFFICERS),
        ("confirm_hours", confirm_hours, MOST_HOURS),
    ):
        if not 1 <= value <= most:
            errors.add(name, N_("Write a figure from %(least)s to %(most)s."), least=1, most=most)
    if silence not in set(Silence):
        errors.add("silence", N_("Choose one of the options."))
    errors.raise_any()
    row = session.get(MarketRule, actor.org, with_for_update=True)
    wanted = {
        "confirmations_needed": confirmations_needed,
        "confirm_hours": confirm_hours,
        "silence": silence,
    }
    before = {name: getattr(row, name) for name in wanted} if row else None
    if row is not None and before == wanted:
        return award_rule(row)
    if row is None:
        row = MarketRule(organisation_id=actor.org)
        session.add(row)
    row.confirmations_needed, row.confirm_hours, row.silence = confirmations_needed, confirm_hours, silence
    row.changed_at, row.changed_by = now, actor.user_id
    session.flush()
    audit.record(
        session,
        tag=SalesAudit.RULE_CHANGED,
        actor=actor,
        now=now,
        subject_type="market_rule",
        subject_id=actor.org,
        before=before,
        after=wanted,
    )
    return award_rule(row)
