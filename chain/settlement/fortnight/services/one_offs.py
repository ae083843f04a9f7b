"""Amounts of one producer that count in the fortnight of their date: other income, and fees of the bank."""

from datetime import date, datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.ledger.services.posting import lock_books
from chain.producers.queries import get_producer_for
from chain.settlement.errors import RunOutdated
from chain.settlement.fortnight.audit_tags import FortnightAudit
from chain.settlement.fortnight.errors import IncomePaid
from chain.settlement.fortnight.models import BankFeeRow, OtherIncomeRow
from chain.settlement.fortnight.period import fortnight_of
from chain.settlement.fortnight.services.terms import (
    NAME_NEEDED,
    add_row,
    check_text,
    known_row,
    own_row,
    record_row,
    span_errors,
)
from chain.settlement.models import SettlementRun
from chain.settlement.rules import IN_THE_BOOKS, MAX_AMOUNT_MINOR, RunMethod

T = TypeVar("T", OtherIncomeRow, BankFeeRow)
CHUNK = 500
AMOUNT_OUT_OF_RANGE = N_("The amount must be above zero and at most %(most)s.")
ALREADY_SETTLED = N_("The fortnight of this day is settled. Choose a day of a later one.")


def add_income(session: Session, *, income_id: UUID, **facts: Any) -> OtherIncomeRow:
    """Note money for a producer that is no milk; the fortnight of its date pays it. The same id again changes nothing.

    Beside the id: actor, now, producer_id, amount_minor, dated_on, name.

    Raises:
        Forbidden, NotFound, ValidationFailed, IdempotencyConflict.
    """
    return _add_one(session, OtherIncomeRow, income_id, FortnightAudit.INCOME_ADDED, **facts)


def add_bank_fee(session: Session, *, fee_id: UUID, **facts: Any) -> BankFeeRow:
    """Note what the bank took for paying a producer; the fortnight of its date takes it back. The same id again changes nothing.

    Beside the id: actor, now, producer_id, amount_minor, dated_on, name. What the fortnight cannot take is dropped (D2).

    Raises:
        Forbidden, NotFound, ValidationFailed, IdempotencyConflict.
    """
    return _add_one(session, BankFeeRow, fee_id, FortnightAudit.BANK_FEE_ADDED, **facts)


def _add_one(
    session: Session,
    table: type[T],
    row_id: UUID,
    tag: FortnightAudit,
    *,
    actor: Actor,
    now: datetime,
    producer_id: UUID,
    amount_minor: int,
    dated_on: date,
    name: str,
) -> T:
    actor.require(Permission.DEDUCTIONS_WRITE)
    errors = span_errors(dated_on, None, now.date())
    if not 0 < amount_minor <= MAX_AMOUNT_MINOR:
        errors.add("amount", AMOUNT_OUT_OF_RANGE, most=MAX_AMOUNT_MINOR // 100)
    check_text(errors, "name", name, NAME_NEEDED)
    content = {
        "producer_id": producer_id,
        "amount_minor": amount_minor,
        "dated_on": dated_on,
        "name": name.strip(),
        "currency": get_own_organisation(session, actor).currency,
    }
    known = known_row(session, actor, table, row_id, content)
    if known is not None:
        return known
    _refuse_settled(session, actor.org, dated_on, errors)
    errors.raise_any()
    get_producer_for(session, actor, producer_id)
    return add_row(session, actor, now, table, row_id, content, tag)


def _refuse_settled(session: Session, organisation_id: UUID, day: date, errors: FieldErrors) -> None:
    """What is dated into a fortnight that is in the books would never be looked at."""
    found = session.scalar(
        select(SettlementRun.id).where(
            SettlementRun.organisation_id == organisation_id,
            SettlementRun.method == RunMethod.MILK_FORTNIGHT.value,
            SettlementRun.period_from == fortnight_of(day).first,
            SettlementRun.state.in_([state.value for state in IN_THE_BOOKS]),
        )
    )
    if found is not None:
        errors.add("valid_from", ALREADY_SETTLED)


def draw_incomes(session: Session, run: SettlementRun) -> None:
    """Note the other incomes that a fortnight pays which is being accounted: no later one pays them again.

    Raises:
        RunOutdated: another settlement paid one of them meanwhile.
    """
    wanted = [UUID(one) for one in run.facts.get("incomes", ())]
    drawn = 0
    for start in range(0, len(wanted), CHUNK):
        found = session.execute(
            update(OtherIncomeRow)
            .where(
                OtherIncomeRow.id.in_(wanted[start : start + CHUNK]),
                OtherIncomeRow.organisation_id == run.organisation_id,
                OtherIncomeRow.paid_run_id.is_(None),
            )
            .values(paid_run_id=run.id)
        )
        drawn += cast("CursorResult[Any]", found).rowcount
    if drawn != len(wanted):
        raise RunOutdated


def return_incomes(session: Session, run: SettlementRun) -> None:
    """Let the other incomes of a run that is being reversed wait again."""
    session.execute(
        update(OtherIncomeRow)
        .where(OtherIncomeRow.organisation_id == run.organisation_id, OtherIncomeRow.paid_run_id == run.id)
        .values(paid_run_id=None)
    )


def withdraw_income(session: Session, *, actor: Actor, now: datetime, income_id: UUID) -> OtherIncomeRow:
    """Take an other income back before a run pays it; a run that is prepared keeps it.

    Raises:
        Forbidden, NotFound.
        IncomePaid: a settlement in the books paid it.
    """
    actor.require(Permission.DEDUCTIONS_WRITE)
    lock_books(session, actor.org)
    income = own_row(session, actor, OtherIncomeRow, income_id)
    if income.paid_run_id is not None:
        raise IncomePaid(number=session.get_one(SettlementRun, income.paid_run_id).number)
    return _withdraw(session, actor, now, OtherIncomeRow, income_id, FortnightAudit.INCOME_WITHDRAWN)


def withdraw_bank_fee(session: Session, *, actor: Actor, now: datetime, fee_id: UUID) -> BankFeeRow:
    """Take a fee back before a run takes it; a run that is prepared keeps it.

    Raises:
        Forbidden, NotFound.
    """
    return _withdraw(session, actor, now, BankFeeRow, fee_id, FortnightAudit.BANK_FEE_WITHDRAWN)


def _withdraw(  # noqa: PLR0917 - private; two calls
    session: Session, actor: Actor, now: datetime, table: type[T], row_id: UUID, tag: FortnightAudit
) -> T:
    actor.require(Permission.DEDUCTIONS_WRITE)
    lock_books(session, actor.org)
    row = own_row(session, actor, table, row_id)
    if row.withdrawn_at is None:
        row.withdrawn_at, row.withdrawn_by = now, actor.user_id
        session.flush()
        record_row(session, tag, actor, now, row, None, {"name": row.name})
    return row
