"""What a producer is told of the own debts: each new, changed or paid one, with what is owed before and after."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.i18n import N_
from chain.dues.loan_rules import EarlyPayment
from chain.dues.models import Loan, Movement
from chain.dues.rules import DUE_KIND_LABELS, DueKind
from chain.lots.services.notices import Told, sentence, tell_producers

ADDED = N_(
    "A debt was written down for you, no. %(number)s: %(kind)s, %(amount_minor)s (%(note)s). You owe %(after_minor)s in "
    "all; before it was %(before_minor)s."
)
SEVERAL_ADDED = N_(
    "%(count)s debts were written down for you, together %(amount_minor)s. You owe %(after_minor)s in all; before it was "
    "%(before_minor)s."
)
LOAN_GIVEN = N_(
    "A loan of %(amount_minor)s was written down for you (%(note)s), with interest of %(interest_minor)s, in "
    "%(instalments)s instalments from %(day)s on. You owe %(after_minor)s in all; before it was %(before_minor)s."
)
LOAN_PAID = N_(
    "You paid your loan back early (%(note)s): %(amount_minor)s. %(waived_minor)s of interest need not be paid. You owe "
    "%(after_minor)s in all; before it was %(before_minor)s."
)
LOAN_CANCELLED = N_(
    "Your loan of %(amount_minor)s (%(note)s) was cancelled. You owe %(after_minor)s in all; before it was "
    "%(before_minor)s. Reason: %(reason)s"
)
REPAID = N_(
    "You paid back %(amount_minor)s of your debt no. %(number)s. Still open: %(after_minor)s instead of %(before_minor)s."
)
WRITTEN_OFF = N_(
    "Your debt no. %(number)s was written off: %(after_minor)s is open instead of %(before_minor)s. Reason: %(reason)s"
)
CANCELLED = N_(
    "Your debt no. %(number)s of %(amount_minor)s was cancelled: %(after_minor)s is open instead of %(before_minor)s. "
    "Reason: %(reason)s"
)
GIVEN_BACK = N_(
    "Your debt no. %(number)s is %(after_minor)s again instead of %(before_minor)s. Reason: %(reason)s"
)
CHUNK = 500


def tell_of_debt(  # noqa: PLR0917 - private to this area; one line of facts
    session: Session,
    now: datetime,
    debt: Movement,
    msgid: str,
    amount_minor: int,
    before_minor: int,
    **more: object,
) -> None:
    """Tell a producer what became of one debt."""
    params = {
        "number": debt.number,
        "amount_minor": amount_minor,
        "before_minor": before_minor,
        "after_minor": debt.balance_minor,
        "currency": debt.currency,
        **more,
    }
    _tell(session, now, debt.organisation_id, [Told(debt.producer_id, msgid, params)])


def tell_of_new_debts(session: Session, now: datetime, ids: Sequence[UUID]) -> None:
    """Tell producers of the debts that were written down for them; each producer once."""
    found: dict[UUID, list[Movement]] = {}
    for start in range(0, len(ids), CHUNK):
        for one in session.scalars(
            select(Movement).where(Movement.id.in_(ids[start : start + CHUNK])).order_by(Movement.number)
        ):
            found.setdefault(one.producer_id, []).append(one)
    if not found:
        return
    first = next(iter(found.values()))[0]
    open_after = open_debts(session, first.organisation_id, first.currency, found)
    told = []
    for producer_id, debts in found.items():
        amount = sum(one.amount_minor for one in debts)
        after = open_after.get(producer_id, 0)
        params = {
            "amount_minor": amount,
            "before_minor": after - amount,
            "after_minor": after,
            "currency": first.currency,
        }
        if len(debts) > 1:
            told.append(Told(producer_id, SEVERAL_ADDED, params | {"count": len(debts)}))
            continue
        kind = sentence(DUE_KIND_LABELS[DueKind(debts[0].kind)])
        more = {"number": debts[0].number, "kind": kind, "note": debts[0].note}
        told.append(Told(producer_id, ADDED, params | more))
    _tell(session, now, first.organisation_id, told)


def tell_of_loan(session: Session, now: datetime, loan: Loan, interest_minor: int) -> None:
    """Tell a producer of a loan that was written down."""
    added = loan.principal_minor + interest_minor
    _of_loan(
        session, now, loan, LOAN_GIVEN, -added, amount_minor=loan.principal_minor, interest_minor=interest_minor,
        instalments=loan.instalments, day=loan.first_due_on.isoformat(),
    )  # fmt: skip


def tell_of_early_payment(session: Session, now: datetime, loan: Loan, paid: EarlyPayment) -> None:
    """Tell a producer that a loan is paid back, and what interest is let go."""
    gone = paid.total_minor + paid.waived_minor
    _of_loan(
        session, now, loan, LOAN_PAID, gone, amount_minor=paid.total_minor, waived_minor=paid.waived_minor
    )


def tell_of_cancelled_loan(
    session: Session, now: datetime, loan: Loan, cancelled_minor: int, reason: str
) -> None:
    """Tell a producer that a loan was written down by mistake."""
    _of_loan(
        session, now, loan, LOAN_CANCELLED, cancelled_minor, amount_minor=loan.principal_minor, reason=reason
    )


def open_debts(
    session: Session, organisation_id: UUID, currency: str, producer_ids: Collection[UUID] | None = None
) -> dict[UUID, int]:
    """Return what is open of all debts of producers, or of everybody who has any; instalments that are not due yet count."""
    rows = session.execute(
        select(Movement.producer_id, func.sum(Movement.balance_minor).label("minor"))
        .where(
            Movement.organisation_id == organisation_id,
            Movement.currency == currency,
            Movement.balance_minor > 0,
        )
        .group_by(Movement.producer_id)
    )
    return {
        row.producer_id: int(row.minor)
        for row in rows
        if producer_ids is None or row.producer_id in producer_ids
    }


def _of_loan(
    session: Session, now: datetime, loan: Loan, msgid: str, gone_minor: int, **more: object
) -> None:
    after = open_debts(session, loan.organisation_id, loan.currency, {loan.producer_id})
    left = after.get(loan.producer_id, 0)
    params = {
        "note": loan.note,
        "before_minor": left + gone_minor,
        "after_minor": left,
        "currency": loan.currency,
        **more,
    }
    _tell(session, now, loan.organisation_id, [Told(loan.producer_id, msgid, params)])


def _tell(session: Session, now: datetime, organisation_id: UUID, told: Sequence[Told]) -> None:
    tell_producers(session, organisation_id=organisation_id, now=now, told=told)
