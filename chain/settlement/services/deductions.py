"""Fees that are taken from every payment, each with the decision that set it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.core.money import BASIS_POINTS
from chain.ledger.services.posting import lock_books
from chain.settlement.audit_tags import SettlementAudit
from chain.settlement.models import DeductionRule
from chain.settlement.rules import MAX_NAME
from chain.settlement.services.prices import LAST_BEFORE_FIRST, NAME_TOO_LONG, check_dates


def set_deduction(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    rule_id: UUID,
    name: str,
    basis_points: int,
    valid_from: date,
    valid_to: date | None,
    decided_by: str,
) -> DeductionRule:
    """Set a fee in hundredths of a percent of the gross amount; the same id again changes nothing.

    Raises:
        Forbidden: the actor may not set fees.
        ValidationFailed: a field cannot be used.
        IdempotencyConflict: the id was used for another fee.
    """
    actor.require(Permission.DEDUCTIONS_WRITE)
    lock_books(session, actor.org)
    content = {
        "name": name.strip(),
        "basis_points": basis_points,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "decided_by": decided_by.strip(),
    }
    known = session.get(DeductionRule, rule_id)
    if known is not None:
        if known.organisation_id == actor.org and all(
            getattr(known, key) == value for key, value in content.items()
        ):
            return known
        raise IdempotencyConflict
    _check(name, basis_points)
    check_dates(valid_from, valid_to, decided_by, now.date())
    rule = DeductionRule(
        id=rule_id, organisation_id=actor.org, created_at=now, created_by=actor.user_id, **content
    )
    session.add(rule)
    session.flush()
    audit.record(
        session,
        tag=SettlementAudit.DEDUCTION_SET,
        actor=actor,
        now=now,
        subject_type="deduction_rule",
        subject_id=rule.id,
        after=content,
    )
    return rule


def end_deduction(
    session: Session, *, actor: Actor, now: datetime, rule_id: UUID, last_day: date
) -> DeductionRule:
    """Let a fee end on a day, included; runs that were prepared keep what they took.

    Raises:
        NotFound: the organisation has no such fee.
        ValidationFailed: the day lies before the first.
    """
    actor.require(Permission.DEDUCTIONS_WRITE)
    rule = session.scalars(
        select(DeductionRule)
        .where(DeductionRule.id == rule_id, DeductionRule.organisation_id == actor.org)
        .with_for_update()
    ).first()
    if rule is None:
        raise NotFound
    if last_day < rule.valid_from:
        errors = FieldErrors()
        errors.add("last_day", LAST_BEFORE_FIRST)
        errors.raise_any()
    before = rule.valid_to
    rule.valid_to = last_day
    session.flush()
    audit.record(
        session,
        tag=SettlementAudit.DEDUCTION_ENDED,
        actor=actor,
        now=now,
        subject_type="deduction_rule",
        subject_id=rule.id,
        before={"valid_to": before},
        after={"valid_to": last_day},
    )
    return rule


def _check(name: str, basis_points: int) -> None:
    errors = FieldErrors()
    if not name.strip():
        errors.add("name", N_("Write the name that will stand on the receipt."))
    elif len(name.strip()) > MAX_NAME:
        errors.add("name", NAME_TOO_LONG, limit=MAX_NAME)
    if not 0 < basis_points <= BASIS_POINTS:
        errors.add("percent", N_("The percentage must be above 0 and at most 100."))
    errors.raise_any()
