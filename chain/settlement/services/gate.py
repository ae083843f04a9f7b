"""Paying deliveries at the gate in one step, where a decision lets one person do it up to a limit."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.core.money import Money
from chain.dues.services.checks import ONLY_SHORTER
from chain.ledger.services.posting import lock_books
from chain.settlement.audit_tags import SettlementAudit
from chain.settlement.errors import GateNotAlone
from chain.settlement.models import GateRule, SettlementRun
from chain.settlement.rules import MAX_AMOUNT_MINOR, MAX_NAME, RunState, check_transition
from chain.settlement.services.period import prepare_gate_run
from chain.settlement.services.runs import account_locked, approve_locked, lock_run, pay_locked


def pay_at_gate(
    session: Session, *, actor: Actor, now: datetime, run_id: UUID, lot_ids: Collection[UUID]
) -> SettlementRun:
    """Prepare, approve, account and pay in cash in one step, by the decision in force; the same id again changes nothing.

    Raises:
        Forbidden: the actor may not prepare runs.
        GateNotAlone: no decision allows it today, or what is paid is above its limit.
        RunStateRefused: the run was approved, accounted or discarded in another way.
        TooLargeForCash: what is paid has to go through a bank.
        And what `prepare_gate_run` raises.
    """
    actor.require(Permission.RUNS_PREPARE)
    lock_books(session, actor.org)
    run = prepare_gate_run(session, actor=actor, now=now, run_id=run_id, lot_ids=lot_ids)
    if run.state == RunState.PAID:
        return run
    run = lock_run(session, actor, run.id)
    check_transition(run.number, run.state, RunState.APPROVED)
    rule = gate_rule_on(session, actor.org, local_date(now, get_own_organisation(session, actor).timezone))
    limit = rule.limit_minor if rule and rule.currency == run.currency else 0
    if rule is None or run.gross_minor > limit:
        raise GateNotAlone(limit=Money(limit, run.currency))
    approve_locked(session, actor, now, run, alone_by=rule.decided_by)
    account_locked(session, actor, now, run)
    return pay_locked(session, actor, now, run)


def gate_rule_on(session: Session, organisation_id: UUID, day: date) -> GateRule | None:
    """Return the decision that lets one person pay at the gate on a day, the latest one."""
    return session.scalar(
        select(GateRule)
        .where(
            GateRule.organisation_id == organisation_id,
            GateRule.valid_from <= day,
            or_(GateRule.valid_to.is_(None), GateRule.valid_to >= day),
        )
        .order_by(GateRule.valid_from.desc(), GateRule.id.desc())
        .limit(1)
    )


def set_gate_rule(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    rule_id: UUID,
    limit_minor: int,
    valid_from: date,
    valid_to: date | None,
    decided_by: str,
) -> GateRule:
    """Let one person pay at the gate up to a limit, by a decision of the assembly; the same id again changes nothing.

    Raises:
        Forbidden: the actor may not approve settlements.
        ValidationFailed: a field cannot be used.
        IdempotencyConflict: the id was used for another decision.
    """
    actor.require(Permission.RUNS_APPROVE)
    lock_books(session, actor.org)
    content = {
        "limit_minor": limit_minor,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "decided_by": " ".join(decided_by.split()),
    }
    known = session.get(GateRule, rule_id)
    if known is not None:
        same = all(getattr(known, name) == value for name, value in content.items())
        if known.organisation_id == actor.org and same:
            return known
        raise IdempotencyConflict
    _check(limit_minor, valid_from, valid_to, str(content["decided_by"]))
    rule = GateRule(
        id=rule_id,
        organisation_id=actor.org,
        currency=get_own_organisation(session, actor).currency,
        created_at=now,
        created_by=actor.user_id,
        **content,
    )
    session.add(rule)
    session.flush()
    audit.record(
        session,
        tag=SettlementAudit.GATE_RULE_SET,
        actor=actor,
        now=now,
        subject_type="gate_rule",
        subject_id=rule.id,
        after=content,
    )
    return rule


def end_gate_rule(
    session: Session, *, actor: Actor, now: datetime, rule_id: UUID, last_day: date
) -> GateRule:
    """Let a decision end on a day, included.

    Raises:
        Forbidden: the actor may not approve settlements.
        NotFound: the organisation has no such decision.
        ValidationFailed: the day lies before the first, or after the last one: a longer time is another decision.
    """
    actor.require(Permission.RUNS_APPROVE)
    lock_books(session, actor.org)
    rule = session.scalars(
        select(GateRule)
        .where(GateRule.id == rule_id, GateRule.organisation_id == actor.org)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if rule is None:
        raise NotFound
    errors = FieldErrors()
    if last_day < rule.valid_from:
        errors.add("last_day", N_("The last day lies before the first."))
    elif rule.valid_to is not None and last_day > rule.valid_to:
        errors.add("last_day", ONLY_SHORTER, last=rule.valid_to)
    errors.raise_any()
    before = rule.valid_to
    rule.valid_to = last_day
    session.flush()
    audit.record(
        session,
        tag=SettlementAudit.GATE_RULE_ENDED,
        actor=actor,
        now=now,
        subject_type="gate_rule",
        subject_id=rule.id,
        before={"valid_to": before},
        after={"valid_to": last_day},
    )
    return rule


def _check(limit_minor: int, valid_from: date, valid_to: date | None, decided_by: str) -> None:
    errors = FieldErrors()
    if not 0 < limit_minor <= MAX_AMOUNT_MINOR:
        errors.add(
            "limit",
            N_("The amount must be above zero and at most %(most)s."),
            most=MAX_AMOUNT_MINOR // 100,
        )
    if valid_to is not None and valid_to < valid_from:
        errors.add("valid_to", N_("The last day lies before the first."))
    if not decided_by:
        errors.add("decided_by", N_("Write which assembly decided it, and when."))
    elif len(decided_by) > MAX_NAME:
        errors.add("decided_by", N_("At most %(limit)s characters."), limit=MAX_NAME)
    errors.raise_any()
