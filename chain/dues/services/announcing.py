"""What the outbox carries when rules, group charges or the cap change: whoever pays, above this area, tells the producers."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.outbox import enqueue
from chain.dues.models import DeductionRule, GroupCharge, RecoveryCap

RULE_CHANGED = "dues.rule_changed"
CAP_CHANGED = "dues.cap_changed"
CHARGE_CHANGED = "dues.charge_changed"


class Change(StrEnum):
    """What happened to a rule or charge."""

    SET = "set"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


def announce_rule(session: Session, now: datetime, rule: DeductionRule) -> None:
    """Announce a rule that payments follow from now on; a tax, when an accountant has confirmed it."""
    if rule.waits_for_confirmation:
        return
    payload = {"rule_id": rule.id, "change": Change.SET, "replaces_id": _replaced_by(session, rule)}
    enqueue(
        session,
        kind=RULE_CHANGED,
        payload=payload,
        now=now,
        dedupe_key=f"{RULE_CHANGED}:{rule.id}:{Change.SET}",
    )


def announce_end(session: Session, now: datetime, rule: DeductionRule, last_day_before: date | None) -> None:
    """Announce a rule's last day that was set or moved; once for each move."""
    if rule.waits_for_confirmation or rule.valid_to == last_day_before:
        return
    enqueue(
        session,
        kind=RULE_CHANGED,
        payload={
            "rule_id": rule.id,
            "change": Change.ENDED,
            "last_day": rule.valid_to,
            "last_day_before": last_day_before,
        },
        now=now,
        dedupe_key=f"{RULE_CHANGED}:{rule.id}:{Change.ENDED}:{rule.valid_to}:{now.isoformat()}",
    )


def announce_cap(session: Session, now: datetime, cap: RecoveryCap, before_basis_points: int) -> None:
    """Announce another part that households keep of each payment."""
    if cap.left_basis_points == before_basis_points:
        return
    enqueue(
        session,
        kind=CAP_CHANGED,
        payload={"cap_id": cap.id, "before_basis_points": before_basis_points},
        now=now,
        dedupe_key=f"{CAP_CHANGED}:{cap.id}",
    )


def announce_charge(session: Session, now: datetime, charge: GroupCharge) -> None:
    """Announce a group charge that was set or withdrawn."""
    change = Change.SET if charge.withdrawn_at is None else Change.WITHDRAWN
    enqueue(
        session,
        kind=CHARGE_CHANGED,
        payload={"charge_id": charge.id, "change": change},
        now=now,
        dedupe_key=f"{CHARGE_CHANGED}:{charge.id}:{change}",
    )


def _replaced_by(session: Session, rule: DeductionRule) -> UUID | None:
    """Return the rule of the same name that ends on the day before this one begins."""
    return session.scalars(
        select(DeductionRule.id)
        .where(
            DeductionRule.organisation_id == rule.organisation_id,
            DeductionRule.id != rule.id,
            DeductionRule.name == rule.name,
            DeductionRule.kind == rule.kind,
            DeductionRule.valid_to == rule.valid_from - timedelta(days=1),
        )
        .order_by(DeductionRule.valid_from.desc(), DeductionRule.id)
        .limit(1)
    ).first()
