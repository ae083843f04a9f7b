"""Loans: instalments are debts on their days, arrears, early payment, cancelling; the books hold the principal."""

from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.dues.errors import LoanSettled, MovementOfLoan, MovementTaken
from chain.dues.loan_rules import Every
from chain.dues.models import Loan, Movement
from chain.dues.queries.debts import debt_totals, instalments_of
from chain.dues.queries.dues import dues_for_run
from chain.dues.rules import Source
from chain.dues.services.changes import cancel_movement, repay_movement
from chain.dues.services.debt_notices import LOAN_PAID
from chain.dues.services.early import early_payment, pay_loan_early
from chain.dues.services.loans import NewLoan, cancel_loan, give_loan
from chain.lots.models import ProducerNotice
from tests.services.dues.test_debts import owed_in_books
from tests.services.dues.test_takings import assert_sums
from tests.support.cast import CENTRE, Cast
from tests.support.settling import add_members


def _loan(producer_id: UUID, **more: object) -> NewLoan:
    facts: dict[str, object] = {
        "id": new_id(),
        "producer_id": producer_id,
        "principal_minor": 100_000,
        "interest_basis_points_a_month": 200,
        "instalments": 3,
        "every": Every.MONTH,
        "given_on": date(2026, 1, 1),
        "first_due_on": date(2026, 2, 1),
        "note": "Cerco",
        "decided_by": "Asamblea",
    }
    return NewLoan(**facts | more)  # type: ignore[arg-type]  # facts of a loan


def _give(session: Session, cast: Cast, now: datetime, producer_id: UUID) -> Loan:
    return give_loan(session, actor=cast.accountant.actor, now=now, new=_loan(producer_id))


def test_instalments_count_from_their_day_interest_first(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    new = _loan(member.id)
    loan = give_loan(session, actor=cast.accountant.actor, now=now, new=new)
    assert give_loan(session, actor=cast.accountant.actor, now=now, new=new) is loan
    due = dues_for_run(session, CENTRE.id, "PEN", date(2026, 3, 1), date(2026, 3, 15)).movements
    assert [one.balance_minor for one in due] == [2_000, 33_334, 2_000, 33_333]
    assert owed_in_books(session, member.id) == 100_000
    totals = debt_totals(session, cast.accountant.actor, date(2026, 3, 16))
    assert (totals.open_minor, totals.arrears_minor) == (106_000, 70_667)
    assert [one.is_late for one in instalments_of(session, loan.id, date(2026, 3, 16))] == [True, True, False]
    with pytest.raises(IdempotencyConflict):
        give_loan(
            session, actor=cast.accountant.actor, now=now, new=_loan(member.id, id=new.id, instalments=4)
        )


def test_paying_early_lets_go_interest_that_has_not_begun(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    loan = _give(session, cast, now, member.id)
    cost = early_payment(session, cast.accountant.actor, loan.id, date(2026, 2, 10))
    assert (cost.principal_minor, cost.interest_minor, cost.waived_minor) == (100_000, 4_000, 2_000)
    payment = {"payment_id": new_id(), "loan_id": loan.id, "paid_on": date(2026, 2, 10)}
    paid = pay_loan_early(session, actor=cast.accountant.actor, now=now, **payment)  # type: ignore[arg-type]  # facts
    assert paid == cost
    assert not any(session.scalars(select(Movement.balance_minor)))
    assert owed_in_books(session, member.id) == 0
    assert_sums(session)
    told = session.scalars(select(ProducerNotice).where(ProducerNotice.msgid == LOAN_PAID)).one()
    assert (told.params["before_minor"], told.params["after_minor"]) == (106_000, 0)
    again = pay_loan_early(session, actor=cast.accountant.actor, now=now, **payment)  # type: ignore[arg-type]  # facts
    assert again == cost
    for other in ({"paid_on": date(2026, 2, 11)}, {"into": Source.BANK}):
        with pytest.raises(IdempotencyConflict):
            pay_loan_early(session, actor=cast.accountant.actor, now=now, **payment | other)  # type: ignore[arg-type]  # facts
    with pytest.raises(LoanSettled):
        pay_loan_early(session, actor=cast.accountant.actor, now=now, **payment | {"payment_id": new_id()})  # type: ignore[arg-type]  # facts


def test_an_untouched_loan_is_cancelled_and_an_instalment_never_alone(
    session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    actor = cast.accountant.actor
    loan, other = _give(session, cast, now, member.id), _give(session, cast, now, member.id)
    part = session.scalars(select(Movement).where(Movement.loan_id == other.id, Movement.number == 7)).one()
    with pytest.raises(MovementOfLoan):
        cancel_movement(session, actor=actor, now=now, movement_id=part.id, reason="Por error")
    cancel_loan(session, actor=actor, now=now, loan_id=loan.id, reason="Se anotó dos veces")
    assert owed_in_books(session, member.id) == 100_000
    repay_movement(
        session, actor=actor, now=now, application_id=new_id(), movement_id=part.id, amount_minor=1,
        paid_on=date(2026, 2, 1),
    )  # fmt: skip
    with pytest.raises(MovementTaken), session.begin_nested():
        cancel_loan(session, actor=actor, now=now, loan_id=other.id, reason="Por error")
    with pytest.raises(NotFound):
        cancel_loan(session, actor=cast.outsider.actor, now=now, loan_id=other.id, reason="De otros")


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("principal_minor", -1, "principal"),
        ("interest_basis_points_a_month", -1, "interest"),
        ("instalments", 0, "instalments"),
        ("first_due_on", date(2026, 1, 1), "first_due_on"),
        ("note", " ", "note"),
        ("decided_by", "", "decided_by"),
        ("given_on", date(9999, 12, 31), "given_on"),
    ],
)
def test_a_loan_that_cannot_be_is_refused_at_its_field(
    session: Session, cast: Cast, now: datetime, field: str, value: object, named: str
) -> None:
    (member,) = add_members(session, 1)
    with pytest.raises(ValidationFailed) as refused:
        give_loan(session, actor=cast.accountant.actor, now=now, new=_loan(member.id, **{field: value}))
    assert named in refused.value.errors
