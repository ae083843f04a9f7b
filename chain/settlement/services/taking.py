"""What is due from the producers of a run: rules, debts less what other runs already plan to take, and the cap."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.i18n import N_
from chain.dues.queries.dues import dues_for_run
from chain.dues.rules import DueKind, Dues, GrossFacts, OpenMovement, Taking, take
from chain.ledger.rules import AccountCode
from chain.producers.models import Producer
from chain.settlement.lines import Line, explain, item_of
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from chain.settlement.rules import PLANNED, RunState

CHUNK = 500
BY_PERCENT = N_("%(percent_bp)s of %(gross_minor)s = %(asked_minor)s.")
BY_UNIT_G = N_("%(quantity_g)s × %(rate_minor)s per kilogram = %(asked_minor)s.")
BY_UNIT_ML = N_("%(quantity_ml)s × %(rate_minor)s per litre = %(asked_minor)s.")


def dues_not_planned(
    session: Session,
    organisation_id: UUID,
    currency: str,
    first: date,
    last: date,
    *,
    debts_to: date | None = None,
    of_group: bool = True,
) -> Dues:
    """Return what is due in a period, without what runs that are not in the books yet plan to take.

    Debts count up to `debts_to` where it is later: an advance between a sale and its settlement is paid back by it.
    Without `of_group` nothing that producers owe together: who is paid at the gate is not the group.
    """
    dues = dues_for_run(session, organisation_id, currency, first, last, debts_to=debts_to)
    dues = not_shared_yet(session, dues)
    if not of_group:
        dues = without_group(dues)
    planned = planned_takings(session, organisation_id)
    if not planned:
        return dues
    left: list[OpenMovement] = []
    for one in dues.movements:
        balance = one.balance_minor - planned.get(one.id, 0)
        if balance > 0:
            left.append(replace(one, balance_minor=balance))
    return Dues(dues.rules, left, dues.cap)


def without_group(dues: Dues) -> Dues:
    """Leave out what producers owe together."""
    return replace(dues, rules=[rule for rule in dues.rules if rule.kind is not DueKind.GROUP])


def not_shared_yet(session: Session, dues: Dues, *, beside: UUID | None = None) -> Dues:
    """Leave out group charges that a standing run shares out: what it could not take is not spread again (C8).

    `beside` is a run that does not count: the one for which this is asked.
    """
    groups = [rule.id for rule in dues.rules if rule.kind is DueKind.GROUP]
    if not groups:
        return dues
    shared = set(
        session.scalars(
            select(SettlementItem.rule_id)
            .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
            .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
            .where(
                SettlementItem.rule_id.in_(groups),
                SettlementRun.state != RunState.DISCARDED.value,
                *([SettlementRun.id != beside] if beside else []),
            )
            .distinct()
        )
    )
    return replace(dues, rules=[rule for rule in dues.rules if rule.id not in shared])


def planned_takings(session: Session, organisation_id: UUID) -> Mapping[UUID, int]:
    """Return what prepared and approved runs of an organisation plan to take, by debt."""
    rows = session.execute(
        select(SettlementItem.movement_id, func.sum(-SettlementItem.amount_minor).label("minor"))
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
        .where(
            SettlementRun.organisation_id == organisation_id,
            SettlementRun.state.in_([state.value for state in PLANNED]),
            SettlementItem.movement_id.is_not(None),
        )
        .group_by(SettlementItem.movement_id)
    )
    return {row.movement_id: int(row.minor) for row in rows}


def take_dues(
    session: Session,
    lines: Sequence[Line],
    dues: Dues,
    unit: str,
    charged: Mapping[UUID, int] | None = None,
) -> None:
    """Take what is due off lines that have one block; no line goes below what the cap leaves.

    `charged` is the quantity by producer that an earlier payment of the same goods was charged for already.
    """
    before = charged or {}
    codes = women_of(session, [line.producer_id for line in lines])
    grosses = {
        line.producer_id: GrossFacts(
            gross_minor=line.net_minor,
            quantity=line.quantity,
            charged_quantity=before.get(line.producer_id, 0),
            sex=codes.get(line.producer_id),
        )
        for line in lines
    }
    by_producer = {line.producer_id: line for line in lines}
    for taking in take(grosses, dues.rules, dues.movements, dues.cap):
        facts = grosses[taking.producer_id]
        by_producer[taking.producer_id].items.append(
            item_of(taking)._replace(explanation=_why(taking, facts, unit))
        )


def _why(taking: Taking, facts: GrossFacts, unit: str) -> dict[str, Any] | None:
    """Return how a rule came to what it asks for; a debt needs no formula."""
    asked = taking.amount_minor + taking.dropped_minor
    if taking.basis_points is not None:
        return explain(
            BY_PERCENT, percent_bp=taking.basis_points, gross_minor=facts.gross_minor, asked_minor=asked
        )
    if taking.rate_minor is not None:
        size = {"quantity_g" if unit == "g" else "quantity_ml": facts.quantity - facts.charged_quantity}
        return explain(
            BY_UNIT_G if unit == "g" else BY_UNIT_ML, **size, rate_minor=taking.rate_minor, asked_minor=asked
        )
    return None


def women_of(session: Session, producer_ids: Collection[UUID]) -> dict[UUID, str | None]:
    """Return what the roll says of each producer's sex."""
    found: dict[UUID, str | None] = {}
    wanted = sorted(producer_ids)
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(Producer.id, Producer.sex).where(Producer.id.in_(wanted[start : start + CHUNK]))
        )
        found |= {row.id: row.sex for row in rows}
    return found


def takings_of(session: Session, run_id: UUID) -> list[Taking]:
    """Return what a run takes for debts, as it was prepared, by debt."""
    rows = session.execute(
        select(
            SettlementLine.producer_id,
            SettlementItem.due_kind,
            SettlementItem.label,
            SettlementItem.amount_minor,
            SettlementItem.account,
            SettlementItem.movement_id,
            SettlementItem.carried_minor,
        )
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(SettlementLine.run_id == run_id, SettlementItem.movement_id.is_not(None))
        .order_by(SettlementItem.movement_id)
    )
    return [
        Taking(
            producer_id=row.producer_id,
            kind=DueKind(row.due_kind),
            name=row.label,
            amount_minor=-row.amount_minor,
            account=AccountCode(row.account),
            movement_id=row.movement_id,
            carried_minor=row.carried_minor,
        )
        for row in rows
    ]
