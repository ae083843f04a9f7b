"""The loans of an organisation with what is open and late of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.dues.models import Loan, Movement
from chain.producers.models import Membership, Producer

MAX_ROWS = 100_000
SORT: SortColumns = {"given_on": Loan.given_on, "amount": Loan.principal_minor}


@dataclass(frozen=True, slots=True)
class LoanRow:
    """A loan with its producer and how it stands."""

    loan: Loan
    full_name: str
    member_code: str
    #: of principal and interest
    open_minor: int
    late_minor: int
    last_due_on: date


@dataclass(frozen=True, slots=True)
class LoanFilter:
    """Which loans are listed."""

    only_open: bool = False
    only_late: bool = False
    text: str = ""


def list_loans(
    session: Session, actor: Actor, request: PageRequest, *, today: date, wanted: LoanFilter
) -> Page[LoanRow]:
    """Return the loans of the actor's organisation, the latest first."""
    ordered = order_by(_statement(actor, today, wanted), request.sort, SORT, Loan.id.expression)
    page = paginate_rows(session, ordered, request)
    return Page([LoanRow(*row) for row in page.items], page.page, page.page_size, page.total)


def all_loans(session: Session, actor: Actor, *, today: date, wanted: LoanFilter) -> list[LoanRow]:
    """Return the loans of a file, at most `MAX_ROWS`."""
    return [LoanRow(*row) for row in session.execute(_statement(actor, today, wanted).limit(MAX_ROWS))]


def _statement(actor: Actor, today: date, wanted: LoanFilter) -> Select[Any]:
    late = case((Movement.dated_on < today, Movement.balance_minor), else_=0)
    sums = (
        select(
            Movement.loan_id,
            func.sum(Movement.balance_minor).label("open_minor"),
            func.sum(late).label("late_minor"),
            func.max(Movement.dated_on).label("last_due_on"),
        )
        .where(Movement.organisation_id == actor.org, Movement.loan_id.is_not(None))
        .group_by(Movement.loan_id)
        .subquery()
    )
    return (
        select(
            Loan,
            Producer.full_name,
            func.coalesce(Membership.member_code, "—"),
            sums.c.open_minor,
            sums.c.late_minor,
            sums.c.last_due_on,
        )
        .join(sums, sums.c.loan_id == Loan.id)
        .join(Producer, Producer.id == Loan.producer_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == Loan.producer_id)
            & (Membership.organisation_id == Loan.organisation_id),
        )
        .where(Loan.organisation_id == actor.org, *_wanted(wanted, sums.c))
        .order_by(Loan.given_on.desc(), Loan.id)
    )


def _wanted(wanted: LoanFilter, sums: Any) -> Iterable[ColumnElement[bool]]:
    if wanted.only_open:
        yield sums.open_minor > 0
    if wanted.only_late:
        yield sums.late_minor > 0
    text = wanted.text.strip().replace("%", "").replace("_", "")
    if text:
        like = f"%{text}%"
        yield or_(Producer.full_name.ilike(like), Membership.member_code.ilike(like), Loan.note.ilike(like))
