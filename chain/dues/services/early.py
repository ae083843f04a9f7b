"""Paying back the rest of a loan at once: all principal, and interest of the periods that have begun."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.dues.audit_tags import DuesAudit
from chain.dues.errors import LoanSettled
from chain.dues.loan_rules import EarlyPayment, pay_early
from chain.dues.models import Application, Loan, Movement
from chain.dues.rules import SOURCE_ACCOUNTS, ApplicationKind, DueKind, Source
from chain.dues.services.changes import post_change
from chain.dues.services.checks import check_past_day
from chain.dues.services.debt_notices import tell_of_early_payment
from chain.dues.services.loans import debts_of, get_own_loan, record_loan
from chain.dues.services.takings import application_row, write_applications
from chain.ledger.models import LedgerAccount, Posting
from chain.ledger.services.posting import lock_books

EARLY = "Pago anticipado: interés no corrido"


def early_payment(session: Session, actor: Actor, loan_id: UUID, on: date) -> EarlyPayment:
    """Return what paying the rest of a loan on a day costs.

    Raises:
        NotFound: the organisation has no such loan.
    """
    loan = get_own_loan(session, actor, loan_id)
    return _early(loan, debts_of(session, loan), on)


def pay_loan_early(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    payment_id: UUID,
    loan_id: UUID,
    paid_on: date,
    into: Source = Source.CASH,
) -> EarlyPayment:
    """Record that a producer paid everything that was open of a loan; the same id again changes nothing.

    Interest of periods that have not begun is let go; the producer is told.

    Raises:
        Forbidden: the actor may not record debts.
        NotFound: the organisation has no such loan.
        LoanSettled: nothing of it is open.
        ValidationFailed: the day cannot be used.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.ADVANCES_WRITE)
    lock_books(session, actor.org)
    loan = get_own_loan(session, actor, loan_id)
    debts = debts_of(session, loan, lock=True)
    known = session.get(Application, payment_id)
    if known is not None:
        return _paid_before(session, debts, known, paid_on, into)
    _check(session, actor, now, loan, paid_on, into)
    paid = _early(loan, debts, paid_on)
    if not paid.total_minor + paid.waived_minor:
        raise LoanSettled
    rows = [
        _row(session, actor, now, debt, paid_on, into, payment_id, is_waived=_is_waived(debts, debt, paid_on))
        for debt in debts
        if debt.balance_minor
    ]  # fmt: skip
    rows[0]["id"] = payment_id
    write_applications(session, rows)
    record_loan(session, DuesAudit.LOAN_PAID_EARLY, actor, now, loan, asdict(paid) | {"paid_on": paid_on})
    tell_of_early_payment(session, now, loan, paid)
    return paid


def _check(  # noqa: PLR0917 - private
    session: Session, actor: Actor, now: datetime, loan: Loan, paid_on: date, into: Source
) -> None:
    errors = FieldErrors()
    check_past_day(errors, "paid_on", paid_on, local_date(now, get_own_organisation(session, actor).timezone))
    if paid_on < loan.given_on:
        errors.add("paid_on", N_("The day lies before the loan."))
    if into not in {Source.CASH, Source.BANK}:
        errors.add("into", N_("Choose where the money went."))
    errors.raise_any()


def _row(  # noqa: PLR0917 - private; one line of facts
    session: Session,
    actor: Actor,
    now: datetime,
    debt: Movement,
    paid_on: date,
    into: Source,
    payment_id: UUID,
    *,
    is_waived: bool,
) -> dict[str, Any]:
    entry_id = None
    if not is_waived:
        entry_id = post_change(
            session, actor, now, debt, SOURCE_ACCOUNTS[into], debt.balance_minor, paid_on,
            f"early:{debt.id}:{payment_id}", "Pago anticipado",
        )  # fmt: skip
    return application_row(
        actor=actor,
        now=now,
        organisation_id=actor.org,
        movement_id=debt.id,
        kind=ApplicationKind.WRITE_OFF if is_waived else ApplicationKind.REPAYMENT,
        amount_minor=debt.balance_minor,
        applied_on=paid_on,
        entry_id=entry_id,
        reason=EARLY if is_waived else None,
        id=new_id(),
    )


def _paid_before(
    session: Session, debts: Sequence[Movement], known: Application, paid_on: date, into: Source
) -> EarlyPayment:
    """Return what the payment of this id paid.

    Raises:
        IdempotencyConflict: it was of another loan, another day, or went elsewhere.
    """
    kinds = {debt.id: debt.kind for debt in debts}
    rows = session.scalars(
        select(Application).where(
            Application.movement_id.in_(kinds),
            Application.created_at == known.created_at,
            Application.restores_id.is_(None),
        )
    ).all()
    went_to = session.scalars(
        select(LedgerAccount.code)
        .join(Posting, Posting.account_id == LedgerAccount.id)
        .where(Posting.entry_id.in_([row.entry_id for row in rows if row.entry_id]), Posting.amount_minor > 0)
        .distinct()
    ).all()
    is_same = known.movement_id in kinds and known.applied_on == paid_on
    if not is_same or any(code != SOURCE_ACCOUNTS[into].value for code in went_to):
        raise IdempotencyConflict
    paid = [row for row in rows if row.kind == ApplicationKind.REPAYMENT]
    interest = sum(row.amount_minor for row in paid if kinds[row.movement_id] == DueKind.LOAN_INTEREST)
    return EarlyPayment(
        principal_minor=sum(row.amount_minor for row in paid) - interest,
        interest_minor=interest,
        waived_minor=sum(row.amount_minor for row in rows if row.kind == ApplicationKind.WRITE_OFF),
    )


def _is_waived(debts: Sequence[Movement], debt: Movement, paid_on: date) -> bool:
    """Tell whether a debt is interest of a period that has not begun."""
    if debt.kind != DueKind.LOAN_INTEREST or debt.instalment in {None, 1}:
        return False
    return _days(debts)[(debt.instalment or 1) - 1] >= paid_on


def _days(debts: Sequence[Movement]) -> dict[int, date]:
    return {debt.instalment or 1: debt.dated_on for debt in debts}


def _early(loan: Loan, debts: Sequence[Movement], on: date) -> EarlyPayment:
    days = _days(debts)
    parts = [(debt.instalment or 1, debt.kind == DueKind.LOAN_INTEREST, debt.balance_minor) for debt in debts]
    return pay_early(parts, [days[number] for number in sorted(days)], loan.given_on, on)
