"""What is taken from every payment: rules, group charges and the cap, each with the decision that set it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.core.money import BASIS_POINTS
from chain.dues.audit_tags import DuesAudit
from chain.dues.errors import ChargeWithdrawn, NotATax, RuleAlreadyConfirmed
from chain.dues.models import DeductionRule, GroupCharge, RecoveryCap
from chain.dues.queries.dues import cap_on
from chain.dues.rules import (
    DEFAULT_ORDER,
    MAX_AMOUNT_MINOR,
    MAX_NAME,
    MAX_ORDER,
    MAX_RATE_MINOR,
    RULE_ACCOUNTS,
    Basis,
    DueKind,
)
from chain.dues.services.announcing import announce_cap, announce_charge, announce_end, announce_rule
from chain.dues.services.checks import (
    DAY_OUT_OF_RANGE,
    FIRST_DAY,
    LAST_BEFORE_FIRST,
    MAX_AHEAD,
    NAME_TOO_LONG,
    ONLY_SHORTER,
    WRITE_DECISION,
    check_amount,
    check_span,
    check_text,
    tidy,
)
from chain.ledger.services.posting import lock_books

#: A group charge has a table of its own.
SETTABLE = tuple(kind for kind in RULE_ACCOUNTS if kind is not DueKind.GROUP)
SETTABLE_BASES = (Basis.PERCENT_OF_GROSS, Basis.PER_UNIT, Basis.FIXED)
MAX_VALUES = {
    Basis.PERCENT_OF_GROSS: BASIS_POINTS,
    Basis.PER_UNIT: MAX_RATE_MINOR,
    Basis.FIXED: MAX_AMOUNT_MINOR,
}


def set_deduction(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    rule_id: UUID,
    name: str,
    valid_from: date,
    valid_to: date | None,
    decided_by: str,
    basis_points: int | None = None,
    kind: DueKind = DueKind.FEE,
    basis: Basis = Basis.PERCENT_OF_GROSS,
    value: int | None = None,
    position: int | None = None,
    parts: Sequence[tuple[str, int]] = (),
    decision_document: str | None = None,
    decided_on: date | None = None,
) -> DeductionRule:
    """Set what is taken from every payment; the same id again changes nothing.

    `basis_points` is the value of a percentage. A tax counts only once an accountant has confirmed it.

    Raises:
        Forbidden: the actor may not set fees.
        ValidationFailed: a field cannot be used.
        IdempotencyConflict: the id was used for another rule.
    """
    actor.require(Permission.DEDUCTIONS_WRITE)
    lock_books(session, actor.org)
    content: dict[str, Any] = {
        "name": name.strip(),
        "kind": kind.value,
        "basis": basis.value,
        "value": (basis_points if value is None else value) or 0,
        "position": DEFAULT_ORDER.get(kind, 0) if position is None else position,
        "parts": [list(part) for part in parts] or None,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "decided_by": decided_by.strip(),
        "decision_document": tidy(decision_document) or None,
        "decided_on": decided_on,
    }
    known = session.get(DeductionRule, rule_id)
    if known is not None:
        may_be_ended = {"valid_to"} if known.valid_to is not None and valid_to is None else set()
        if known.organisation_id == actor.org and all(
            getattr(known, key) == found for key, found in content.items() if key not in may_be_ended
        ):
            return known
        raise IdempotencyConflict
    _check_rule(content, kind, basis, _today(session, actor, now))
    rule = DeductionRule(
        id=rule_id, organisation_id=actor.org, created_at=now, created_by=actor.user_id, **content
    )
    session.add(rule)
    session.flush()
    _record(session, DuesAudit.RULE_SET, actor, now, "deduction_rule", rule.id, content)
    announce_rule(session, now, rule)
    return rule


def _check_rule(content: dict[str, Any], kind: DueKind, basis: Basis, today: date) -> None:
    errors = FieldErrors()
    check_text(errors, "name", content["name"], N_("Write the name that will stand on the receipt."))
    check_text(errors, "decided_by", content["decided_by"], WRITE_DECISION)
    check_span(errors, content["valid_from"], content["valid_to"], today)
    if kind not in SETTABLE:
        errors.add("kind", N_("Choose one of the kinds."))
    if basis not in SETTABLE_BASES or (kind is DueKind.WITHHOLDING and basis is not Basis.PERCENT_OF_GROSS):
        errors.add("basis", N_("This kind cannot be counted in that way."))
    elif basis is Basis.PERCENT_OF_GROSS and not 0 < content["value"] <= BASIS_POINTS:
        errors.add("percent", N_("The percentage must be above 0 and at most 100."))
    elif not 0 < content["value"] <= MAX_VALUES[basis]:
        errors.add(
            "amount",
            N_("The amount must be above zero and at most %(most)s."),
            most=MAX_VALUES[basis] // 100,
        )
    if not 0 <= content["position"] <= MAX_ORDER:
        errors.add("position", N_("The order is a number from 0 to %(most)s."), most=MAX_ORDER)
    _check_parts(errors, content, kind)
    if content["decision_document"] and len(content["decision_document"]) > MAX_NAME:
        errors.add("decision_document", NAME_TOO_LONG, limit=MAX_NAME)
    if content["decided_on"] and not FIRST_DAY <= content["decided_on"] <= today:
        errors.add("decided_on", DAY_OUT_OF_RANGE, first=FIRST_DAY, last=today)
    errors.raise_any()


def _check_parts(errors: FieldErrors, content: dict[str, Any], kind: DueKind) -> None:
    parts = content["parts"] or []
    if parts and kind is not DueKind.WITHHOLDING:
        errors.add("parts", N_("Only a tax has parts."))
    elif parts and (
        sum(rate for _, rate in parts) != content["value"]
        or any(not name.strip() or len(name) > MAX_NAME or rate <= 0 for name, rate in parts)
        or len({name for name, _ in parts}) != len(parts)
    ):
        errors.add("parts", N_("The taxes must have names of their own and add up to the whole percentage."))


def end_deduction(
    session: Session, *, actor: Actor, now: datetime, rule_id: UUID, last_day: date
) -> DeductionRule:
    """Let a rule end on a day, included. A run that was prepared with it and would do without it now is outdated.

    Raises:
        NotFound: the organisation has no such rule.
        ValidationFailed: the day lies before the first, or after the last one: a longer time is another decision.
    """
    actor.require(Permission.DEDUCTIONS_WRITE)
    rule = _lock_rule(session, actor, rule_id)
    errors = FieldErrors()
    if last_day < rule.valid_from:
        errors.add("last_day", LAST_BEFORE_FIRST)
    elif rule.valid_to is not None and last_day > rule.valid_to:
        errors.add("last_day", ONLY_SHORTER, last=rule.valid_to)
    errors.raise_any()
    before = rule.valid_to
    rule.valid_to = last_day
    session.flush()
    audit.record(
        session,
        tag=DuesAudit.RULE_ENDED,
        actor=actor,
        now=now,
        subject_type="deduction_rule",
        subject_id=rule.id,
        before={"valid_to": before},
        after={"valid_to": last_day},
    )
    announce_end(session, now, rule, before)
    return rule


def confirm_deduction(session: Session, *, actor: Actor, now: datetime, rule_id: UUID) -> DeductionRule:
    """Confirm the rates of a tax as an accountant; from then on payments withhold it.

    Raises:
        Forbidden: the actor may not confirm taxes.
        NotFound: the organisation has no such rule.
        NotATax: nothing waits for an accountant.
        RuleAlreadyConfirmed: somebody did.
    """
    actor.require(Permission.TAXES_CONFIRM)
    rule = _lock_rule(session, actor, rule_id)
    if rule.kind != DueKind.WITHHOLDING:
        raise NotATax
    if rule.confirmed_at is not None:
        raise RuleAlreadyConfirmed
    rule.confirmed_at, rule.confirmed_by = now, actor.user_id
    session.flush()
    content = {"name": rule.name, "value": rule.value, "parts": rule.parts}
    _record(session, DuesAudit.RULE_CONFIRMED, actor, now, "deduction_rule", rule.id, content)
    announce_rule(session, now, rule)
    return rule


def _lock_rule(session: Session, actor: Actor, rule_id: UUID) -> DeductionRule:
    lock_books(session, actor.org)
    rule = session.scalars(
        select(DeductionRule)
        .where(DeductionRule.id == rule_id, DeductionRule.organisation_id == actor.org)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if rule is None:
        raise NotFound
    return rule


def set_group_charge(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    charge_id: UUID,
    name: str,
    amount_minor: int,
    charged_on: date,
    decided_by: str,
    zone_id: UUID | None = None,
    zone_name: str | None = None,
    known_zones: Collection[UUID] | None = None,
) -> GroupCharge:
    """Charge the producers of a zone, or all, an amount together; payments share it out by litres. The same id again changes nothing.

    Raises:
        Forbidden: the actor may not set fees.
        ValidationFailed: a field cannot be used.
        IdempotencyConflict: the id was used for another charge.
    """
    actor.require(Permission.DEDUCTIONS_WRITE)
    lock_books(session, actor.org)
    content = {
        "name": tidy(name),
        "amount_minor": amount_minor,
        "charged_on": charged_on,
        "decided_by": tidy(decided_by),
        "zone_id": zone_id,
        "zone_name": tidy(zone_name) or None,
    }
    known = session.get(GroupCharge, charge_id)
    if known is not None:
        if known.organisation_id == actor.org and all(
            getattr(known, key) == value for key, value in content.items()
        ):
            return known
        raise IdempotencyConflict
    errors = FieldErrors()
    check_text(errors, "name", tidy(name), N_("Write the name that will stand on the receipt."))
    check_text(errors, "decided_by", tidy(decided_by), WRITE_DECISION)
    check_amount(errors, amount_minor)
    if zone_id is not None and known_zones is not None and zone_id not in known_zones:
        errors.add("zone_id", N_("Choose one of the zones."))
    latest = _today(session, actor, now) + MAX_AHEAD
    if not FIRST_DAY <= charged_on <= latest:
        errors.add("charged_on", DAY_OUT_OF_RANGE, first=FIRST_DAY, last=latest)
    errors.raise_any()
    charge = GroupCharge(
        id=charge_id,
        organisation_id=actor.org,
        currency=get_own_organisation(session, actor).currency,
        created_at=now,
        created_by=actor.user_id,
        **content,
    )
    session.add(charge)
    session.flush()
    _record(session, DuesAudit.CHARGE_SET, actor, now, "group_charge", charge.id, content)
    announce_charge(session, now, charge)
    return charge


def withdraw_group_charge(session: Session, *, actor: Actor, now: datetime, charge_id: UUID) -> GroupCharge:
    """Withdraw a group charge; runs that were prepared keep what they took.

    Raises:
        NotFound: the organisation has no such charge.
        ChargeWithdrawn: it was withdrawn before.
    """
    actor.require(Permission.DEDUCTIONS_WRITE)
    lock_books(session, actor.org)
    charge = session.get(GroupCharge, charge_id, with_for_update=True, populate_existing=True)
    if charge is None or charge.organisation_id != actor.org:
        raise NotFound
    if charge.withdrawn_at is not None:
        raise ChargeWithdrawn
    charge.withdrawn_at, charge.withdrawn_by = now, actor.user_id
    session.flush()
    content = {"name": charge.name, "amount_minor": charge.amount_minor}
    _record(session, DuesAudit.CHARGE_WITHDRAWN, actor, now, "group_charge", charge.id, content)
    announce_charge(session, now, charge)
    return charge


def set_recovery_cap(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    cap_id: UUID,
    left_basis_points: int,
    valid_from: date,
    decided_by: str,
) -> RecoveryCap:
    """Set what a household keeps of each payment at least, from a day on; 0 % lets a payment be taken wholly.

    Raises:
        Forbidden: the actor may not set fees.
        ValidationFailed: a field cannot be used.
        IdempotencyConflict: the id was used for another decision.
    """
    actor.require(Permission.DEDUCTIONS_WRITE)
    lock_books(session, actor.org)
    content = {
        "left_basis_points": left_basis_points,
        "valid_from": valid_from,
        "decided_by": tidy(decided_by),
    }
    known = session.get(RecoveryCap, cap_id)
    if known is not None:
        if known.organisation_id == actor.org and all(
            getattr(known, key) == value for key, value in content.items()
        ):
            return known
        raise IdempotencyConflict
    errors = FieldErrors()
    check_text(errors, "decided_by", tidy(decided_by), WRITE_DECISION)
    if not 0 <= left_basis_points <= BASIS_POINTS:
        errors.add("percent", N_("The percentage must lie between 0 and 100."))
    check_span(errors, valid_from, None, _today(session, actor, now))
    errors.raise_any()
    before = cap_on(session, actor.org, valid_from).basis_points_left_at_least
    cap = RecoveryCap(
        id=cap_id, organisation_id=actor.org, created_at=now, created_by=actor.user_id, **content
    )
    session.add(cap)
    session.flush()
    _record(session, DuesAudit.CAP_SET, actor, now, "recovery_cap", cap.id, content)
    announce_cap(session, now, cap, before)
    return cap


def _today(session: Session, actor: Actor, now: datetime) -> date:
    return local_date(now, get_own_organisation(session, actor).timezone)


def _record(  # noqa: PLR0917 - private; one line of facts
    session: Session,
    tag: DuesAudit,
    actor: Actor,
    now: datetime,
    subject_type: str,
    subject_id: UUID,
    after: dict[str, Any],
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type=subject_type,
        subject_id=subject_id,
        after=after,
    )
