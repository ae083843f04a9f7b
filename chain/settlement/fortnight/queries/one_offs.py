"""Amounts of one producer that a fortnight counts: fees of the bank, and other income that nobody paid yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.producers.queries import names_of
from chain.settlement.fortnight.facts import BankFee, OtherIncome
from chain.settlement.fortnight.models import BankFeeRow, OtherIncomeRow
from chain.settlement.fortnight.period import Period
from chain.settlement.models import SettlementRun
from chain.settlement.rules import PLANNED, RunMethod


def bank_fees(session: Session, organisation: Organisation, period: Period) -> list[BankFee]:
    """Return the fees of the bank that are dated in a fortnight (D2)."""
    rows = session.execute(
        select(BankFeeRow.producer_id, BankFeeRow.dated_on, BankFeeRow.amount_minor).where(
            BankFeeRow.organisation_id == organisation.id,
            BankFeeRow.currency == organisation.currency,
            BankFeeRow.withdrawn_at.is_(None),
            BankFeeRow.dated_on.between(period.first, period.last),
        )
    )
    return [BankFee(*row) for row in rows]


def open_incomes(session: Session, organisation: Organisation, period: Period) -> list[OtherIncome]:
    """Return the incomes up to the last day that no settlement paid or is about to pay, however old."""
    planned = session.scalars(
        select(SettlementRun.facts).where(
            SettlementRun.organisation_id == organisation.id,
            SettlementRun.method == RunMethod.MILK_FORTNIGHT.value,
            SettlementRun.state.in_([state.value for state in PLANNED]),
        )
    )
    held = {one for facts in planned for one in facts.get("incomes", ())}
    rows = session.execute(
        select(
            OtherIncomeRow.id,
            OtherIncomeRow.producer_id,
            OtherIncomeRow.dated_on,
            OtherIncomeRow.amount_minor,
            OtherIncomeRow.name,
        ).where(
            OtherIncomeRow.organisation_id == organisation.id,
            OtherIncomeRow.currency == organisation.currency,
            OtherIncomeRow.withdrawn_at.is_(None),
            OtherIncomeRow.paid_run_id.is_(None),
            OtherIncomeRow.dated_on <= period.last,
        )
    )
    return [
        OtherIncome(row.id, row.producer_id, row.dated_on, row.amount_minor, row.name, is_open=True)
        for row in rows
        if str(row.id) not in held
    ]


@dataclass(frozen=True, slots=True)
class WaitingIncome:
    """An other income that a fortnight did not pay, because its producer brought no weekday milk."""

    full_name: str
    member_code: str | None
    name: str
    amount_minor: int
    #: null in runs of before it was kept
    dated_on: date | None


def waiting_of(session: Session, run: SettlementRun) -> Sequence[WaitingIncome]:
    """Return the incomes that a run left to a later fortnight, by member code."""
    kept = run.facts.get("waiting_incomes") or ()
    if not kept:
        return ()
    names = names_of(session, run.organisation_id, {UUID(one[0]) for one in kept})
    found = []
    for key, label, amount, *days in kept:
        name = names.get(UUID(key))
        found.append(
            WaitingIncome(
                name.full_name if name else "",
                name.member_code if name else None,
                label,
                amount,
                date.fromisoformat(days[0]) if days else None,
            )
        )
    return sorted(found, key=lambda one: (one.member_code or "~", one.name))
