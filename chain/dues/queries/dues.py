"""What a settlement run takes: rules in force, debts that are open, group charges and the cap."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chain.dues.models import DeductionRule, GroupCharge, Movement, RecoveryCap
from chain.dues.rules import (
    DEFAULT_CAP,
    DEFAULT_ORDER,
    RULE_ACCOUNTS,
    Basis,
    Cap,
    DueKind,
    DueRule,
    Dues,
    OpenMovement,
    check_percentages,
)

__all__ = ["cap_on", "dues_for_run", "group_charges", "open_movements", "rules_on", "terms_for_run"]


def dues_for_run(
    session: Session,
    organisation_id: UUID,
    currency: str,
    first_day: date,
    last_day: date,
    *,
    zone_ids: Collection[UUID] | None = None,
    planned: Mapping[UUID, int] | None = None,
    debts_to: date | None = None,
) -> Dues:
    """Return everything that a payment of a period may take.

    Rules and the cap are those of the last day; debts those dated up to it, or up to `debts_to`, however old (D3); group charges those of
    days of the period, of the zones given and of the whole organisation (without zones: only the latter). What other
    runs that are not accounted yet take of each debt is `planned`: it is not open for this one.

    Raises:
        DeductionsAboveGross: the percentages in force add up to more than 100 %.
    """
    terms = terms_for_run(session, organisation_id, currency, first_day, last_day, zone_ids=zone_ids)
    check_percentages(terms.rules, last_day)
    debts = open_movements(session, organisation_id, currency, debts_to or last_day, planned=planned)
    return replace(terms, movements=debts)


def terms_for_run(
    session: Session,
    organisation_id: UUID,
    currency: str,
    first_day: date,
    last_day: date,
    *,
    zone_ids: Collection[UUID] | None = None,
) -> Dues:
    """Return the same without debts: the rules, charges and cap of a period."""
    rules = rules_on(session, organisation_id, last_day)
    charges = group_charges(session, organisation_id, zone_ids or (), first_day, last_day, currency=currency)
    return Dues([*rules, *charges], [], cap_on(session, organisation_id, last_day))


def rules_on(session: Session, organisation_id: UUID, day: date) -> list[DueRule]:
    """Return the rules in force on a day, in their order; a tax whose rates nobody confirmed is left out."""
    rows = session.scalars(
        select(DeductionRule)
        .where(
            DeductionRule.organisation_id == organisation_id,
            DeductionRule.valid_from <= day,
            or_(DeductionRule.valid_to.is_(None), DeductionRule.valid_to >= day),
            or_(DeductionRule.kind != DueKind.WITHHOLDING.value, DeductionRule.confirmed_at.is_not(None)),
        )
        .order_by(DeductionRule.position, DeductionRule.valid_from, DeductionRule.id)
    )
    return [rule_facts(row) for row in rows]


def rule_facts(row: DeductionRule) -> DueRule:
    """Return a rule as the calculation needs it."""
    kind = DueKind(row.kind)
    return DueRule(
        id=row.id,
        name=row.name,
        kind=kind,
        basis=Basis(row.basis),
        value=row.value,
        order=row.position,
        account=RULE_ACCOUNTS[kind],
        decided_by=row.decided_by,
        parts=tuple((name, rate) for name, rate in row.parts or ()),
    )


def group_charges(
    session: Session,
    organisation_id: UUID,
    zone_ids: Iterable[UUID],
    first_day: date,
    last_day: date,
    *,
    currency: str | None = None,
) -> list[DueRule]:
    """Return what zones owe together on days of a period (both included), and what the whole organisation does."""
    zones = sorted(set(zone_ids))
    statement = (
        select(GroupCharge)
        .where(
            GroupCharge.organisation_id == organisation_id,
            GroupCharge.charged_on.between(first_day, last_day),
            GroupCharge.withdrawn_at.is_(None),
            or_(GroupCharge.zone_id.is_(None), GroupCharge.zone_id.in_(zones)),
        )
        .order_by(GroupCharge.charged_on, GroupCharge.id)
    )
    if currency is not None:
        statement = statement.where(GroupCharge.currency == currency)
    return [
        DueRule(
            id=row.id,
            name=row.name,
            kind=DueKind.GROUP,
            basis=Basis.SHARED,
            value=row.amount_minor,
            order=DEFAULT_ORDER[DueKind.GROUP],
            account=RULE_ACCOUNTS[DueKind.GROUP],
            decided_by=row.decided_by,
            zone_id=row.zone_id,
        )
        for row in session.scalars(statement)
    ]


def open_movements(
    session: Session,
    organisation_id: UUID,
    currency: str,
    last_day: date,
    *,
    planned: Mapping[UUID, int] | None = None,
) -> list[OpenMovement]:
    """Return the debts dated up to a day of which something is open and not planned to be taken by another run."""
    rows = session.execute(
        select(
            Movement.id,
            Movement.number,
            Movement.kind,
            Movement.note,
            Movement.dated_on,
            Movement.producer_id,
            Movement.balance_minor,
            Movement.decided_by,
        )
        .where(
            Movement.organisation_id == organisation_id,
            Movement.currency == currency,
            Movement.dated_on <= last_day,
            Movement.balance_minor > 0,
        )
        .order_by(Movement.dated_on, Movement.number)
    )
    kept = planned or {}
    return [
        OpenMovement(
            row.id,
            row.number,
            DueKind(row.kind),
            row.note,
            row.dated_on,
            row.producer_id,
            left,
            row.decided_by,
        )
        for row in rows
        if (left := row.balance_minor - kept.get(row.id, 0)) > 0
    ]


def cap_on(session: Session, organisation_id: UUID, day: date) -> Cap:
    """Return what a household keeps of a payment on a day: what the assembly set last, or the platform's default."""
    row = session.scalars(
        select(RecoveryCap)
        .where(RecoveryCap.organisation_id == organisation_id, RecoveryCap.valid_from <= day)
        .order_by(RecoveryCap.valid_from.desc(), RecoveryCap.created_at.desc(), RecoveryCap.id.desc())
        .limit(1)
    ).first()
    return Cap(row.left_basis_points, row.decided_by) if row else DEFAULT_CAP
