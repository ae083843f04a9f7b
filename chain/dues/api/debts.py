"""Advances, debts and loans as resources."""

from typing import Any
from uuid import UUID

from flask import g
from sqlalchemy.orm import Session

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.dues.loan_rules import EarlyPayment, Every
from chain.dues.models import Application, Loan, Movement
from chain.dues.pages import local_today
from chain.dues.queries import debts as queries
from chain.dues.queries.debts import MovementFilter
from chain.dues.queries.loans import LoanFilter, LoanRow, list_loans
from chain.dues.rules import DueKind, Source
from chain.dues.schemas import (
    AdvanceArgs,
    AdvanceSchema,
    DebtArgs,
    DueApplicationSchema,
    DueReasonSchema,
    EarlyArgs,
    EarlyCostSchema,
    EarlyPaymentSchema,
    LoanArgs,
    LoanDetailSchema,
    LoanSchema,
    LoanStandingSchema,
    ProducerDebtDetailSchema,
    ProducerDebtSchema,
    RepaymentSchema,
    WriteOffSchema,
)
from chain.dues.services.changes import (
    cancel_movement,
    repay_movement,
    restore_application,
    write_off_movement,
)
from chain.dues.services.early import early_payment, pay_loan_early
from chain.dues.services.loans import NewLoan, cancel_loan, give_loan
from chain.dues.services.movements import NewMovement, add_movement, give_advance
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema

advances = ApiBlueprint("advances", __name__, url="/advances", description="Money given before a payment.")
debts = ApiBlueprint("debts", __name__, url="/debts", description="What producers owe.")
loans = ApiBlueprint("loans", __name__, url="/loans", description="Loans to producers, with their schedule.")

KNOWN = "The same id with the same content came before."


@advances.get("")
@advances.arguments(AdvanceArgs, location="query")
@advances.response(200, page_schema(AdvanceSchema))
@permission_required(Permission.RUNS_READ)
def advance_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the advances in money, all or those still open; sort by given_on or amount."""
    wanted = MovementFilter(kind=DueKind.ADVANCE, only_open=args["open"])
    page = queries.list_movements(db.session, g.actor, page_request(args), wanted)
    return page_answer(page, lambda row: row.movement)


@advances.post("")
@advances.arguments(AdvanceSchema)
@advances.response(201, AdvanceSchema)
@advances.alt_response(200, schema=AdvanceSchema, description=KNOWN)
@permission_required(Permission.ADVANCES_WRITE)
def advance_give(data: dict[str, Any]) -> tuple[Movement, int]:
    """Record an advance and post it."""
    with atomic() as session:
        is_known = session.get(Movement, data["id"]) is not None
        advance = give_advance(session, actor=g.actor, now=utc_now(), advance_id=data.pop("id"), **data)
    return advance, 200 if is_known else 201


@debts.get("")
@debts.arguments(DebtArgs, location="query")
@debts.response(200, page_schema(ProducerDebtSchema))
@permission_required(Permission.RUNS_READ)
def debt_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the debts; sort by dated_on, amount or number."""
    wanted = MovementFilter(kind=args["kind"], only_open=args["open"], producer_id=args["producer_id"])
    page = queries.list_movements(db.session, g.actor, page_request(args), wanted)
    return page_answer(page, lambda row: row.movement)


@debts.post("")
@debts.arguments(ProducerDebtSchema)
@debts.response(201, ProducerDebtSchema)
@debts.alt_response(200, schema=ProducerDebtSchema, description=KNOWN)
@permission_required(Permission.ADVANCES_WRITE)
def debt_add(data: dict[str, Any]) -> tuple[Movement, int]:
    """Record a debt and post what was given for it."""
    source = data.pop("source")
    kind = DueKind(data.pop("kind"))
    new = NewMovement(**data, kind=kind, source=Source(source) if source else None)
    with atomic() as session:
        is_known = session.get(Movement, new.id) is not None
        movement = add_movement(session, actor=g.actor, now=utc_now(), new=new)
    return movement, 200 if is_known else 201


@debts.get("/<uuid:debt_id>")
@debts.response(200, ProducerDebtDetailSchema)
@permission_required(Permission.RUNS_READ)
def debt_show(debt_id: UUID) -> dict[str, Any]:
    """Show a debt with what was taken for it."""
    movement = queries.get_movement_for(db.session, g.actor, debt_id)
    return _with_applications(db.session, movement)


def _with_applications(session: Session, movement: Movement) -> dict[str, Any]:
    values = {name: getattr(movement, name) for name in ProducerDebtSchema._declared_fields}  # noqa: SLF001 - marshmallow's own table
    return values | {"applications": queries.applications_of(session, [movement.id])}


@debts.post("/<uuid:debt_id>/repayments")
@debts.arguments(RepaymentSchema)
@debts.response(201, DueApplicationSchema)
@debts.alt_response(200, schema=DueApplicationSchema, description=KNOWN)
@permission_required(Permission.ADVANCES_WRITE)
def debt_repay(data: dict[str, Any], debt_id: UUID) -> tuple[Application, int]:
    """Record money that the producer brought for a debt."""
    with atomic() as session:
        is_known = session.get(Application, data["id"]) is not None
        found = repay_movement(
            session,
            actor=g.actor,
            now=utc_now(),
            application_id=data["id"],
            movement_id=debt_id,
            amount_minor=data["amount_minor"],
            paid_on=data["paid_on"],
            into=Source(data["into"]),
        )
    return found, 200 if is_known else 201


@debts.post("/<uuid:debt_id>/write-off")
@debts.arguments(WriteOffSchema)
@debts.response(201, DueApplicationSchema)
@debts.alt_response(200, schema=DueApplicationSchema, description=KNOWN)
@permission_required(Permission.DEDUCTIONS_WRITE)
def debt_write_off(data: dict[str, Any], debt_id: UUID) -> tuple[Application, int]:
    """Let go what is open of a debt, by a decision."""
    with atomic() as session:
        is_known = session.get(Application, data["id"]) is not None
        found = write_off_movement(
            session,
            actor=g.actor,
            now=utc_now(),
            application_id=data["id"],
            movement_id=debt_id,
            decision=data["decision"],
        )
    return found, 200 if is_known else 201


@debts.post("/<uuid:debt_id>/cancel")
@debts.arguments(DueReasonSchema)
@debts.response(201, DueApplicationSchema)
@permission_required(Permission.ADVANCES_WRITE)
def debt_cancel(data: dict[str, Any], debt_id: UUID) -> Application:
    """Cancel a debt that was written down by mistake and of which nothing was taken."""
    with atomic() as session:
        return cancel_movement(
            session, actor=g.actor, now=utc_now(), movement_id=debt_id, reason=data["reason"]
        )


@debts.post("/applications/<uuid:application_id>/restore")
@debts.arguments(DueReasonSchema)
@debts.response(201, DueApplicationSchema)
@permission_required(Permission.ADVANCES_WRITE)
def application_restore(data: dict[str, Any], application_id: UUID) -> Application:
    """Give back to a debt what a repayment or a writing off took by mistake."""
    with atomic() as session:
        return restore_application(
            session, actor=g.actor, now=utc_now(), application_id=application_id, reason=data["reason"]
        )


@loans.get("")
@loans.arguments(LoanArgs, location="query")
@loans.response(200, page_schema(LoanStandingSchema))
@permission_required(Permission.RUNS_READ)
def loan_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the loans with what is open and late of each; sort by given_on or amount."""
    wanted = LoanFilter(only_open=args["open"], only_late=args["late"])
    page = list_loans(db.session, g.actor, page_request(args), today=local_today(), wanted=wanted)
    return page_answer(page, _standing)


def _standing(row: LoanRow) -> dict[str, Any]:
    values = {name: getattr(row.loan, name) for name in LoanSchema._declared_fields}  # noqa: SLF001 - marshmallow's own table
    return values | {
        "open_minor": row.open_minor,
        "late_minor": row.late_minor,
        "last_due_on": row.last_due_on,
    }


@loans.post("")
@loans.arguments(LoanSchema)
@loans.response(201, LoanSchema)
@loans.alt_response(200, schema=LoanSchema, description=KNOWN)
@permission_required(Permission.ADVANCES_WRITE)
def loan_give(data: dict[str, Any]) -> tuple[Loan, int]:
    """Give a loan; its instalments are debts from the day on which each falls due."""
    new = NewLoan(**data | {"every": Every(data["every"]), "source": Source(data["source"])})
    with atomic() as session:
        is_known = session.get(Loan, new.id) is not None
        loan = give_loan(session, actor=g.actor, now=utc_now(), new=new)
    return loan, 200 if is_known else 201


@loans.get("/<uuid:loan_id>")
@loans.response(200, LoanDetailSchema)
@permission_required(Permission.RUNS_READ)
def loan_show(loan_id: UUID) -> dict[str, Any]:
    """Show a loan with its schedule as it stands."""
    return _with_schedule(queries.get_loan_for(db.session, g.actor, loan_id))


def _with_schedule(loan: Loan) -> dict[str, Any]:
    values = {name: getattr(loan, name) for name in LoanSchema._declared_fields}  # noqa: SLF001 - marshmallow's own table
    return values | {"schedule": queries.instalments_of(db.session, loan.id, local_today())}


@loans.get("/<uuid:loan_id>/early-payment")
@loans.arguments(EarlyArgs, location="query")
@loans.response(200, EarlyCostSchema)
@permission_required(Permission.RUNS_READ)
def loan_early_cost(args: dict[str, Any], loan_id: UUID) -> EarlyPayment:
    """Tell what paying everything that is open of a loan costs on a day; without a day, today."""
    return early_payment(db.session, g.actor, loan_id, args["on"] or local_today())


@loans.post("/<uuid:loan_id>/early-payment")
@loans.arguments(EarlyPaymentSchema)
@loans.response(201, EarlyCostSchema)
@loans.alt_response(200, schema=EarlyCostSchema, description=KNOWN)
@permission_required(Permission.ADVANCES_WRITE)
def loan_pay_early(data: dict[str, Any], loan_id: UUID) -> tuple[EarlyPayment, int]:
    """Record that everything that was open of a loan was paid; interest of periods that have not begun is let go."""
    with atomic() as session:
        is_known = session.get(Application, data["id"]) is not None
        paid = pay_loan_early(
            session,
            actor=g.actor,
            now=utc_now(),
            payment_id=data["id"],
            loan_id=loan_id,
            paid_on=data["paid_on"],
            into=Source(data["into"]),
        )
    return paid, 200 if is_known else 201


@loans.post("/<uuid:loan_id>/cancel")
@loans.arguments(DueReasonSchema)
@loans.response(200, LoanSchema)
@permission_required(Permission.ADVANCES_WRITE)
def loan_cancel(data: dict[str, Any], loan_id: UUID) -> Loan:
    """Cancel a loan that was written down by mistake and of which nothing was taken."""
    with atomic() as session:
        return cancel_loan(session, actor=g.actor, now=utc_now(), loan_id=loan_id, reason=data["reason"])
