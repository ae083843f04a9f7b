"""Reads of debts: who owes what, each debt with what was taken for it, loans."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.dues.models import Application, Loan, Movement
from chain.dues.rules import LOAN_KINDS
from chain.producers.models import Membership, Producer

MOVEMENT_SORT: SortColumns = {
    "given_on": Movement.dated_on,
    "dated_on": Movement.dated_on,
    "amount": Movement.amount_minor,
    "number": Movement.number,
}
#: Rows in a file or on a producer's card.
MAX_ROWS = 100_000
CARD_ROWS = 500


@dataclass(frozen=True, slots=True)
class MovementRow:
    """A debt with the producer's name."""

    movement: Movement
    full_name: str
    member_code: str

    @property
    def open_minor(self) -> int:
        """What is not taken back yet."""
        return self.movement.balance_minor


@dataclass(frozen=True, slots=True)
class DebtorRow:
    """What one producer owes."""

    producer_id: UUID
    full_name: str
    member_code: str
    debts: int
    open_minor: int
    #: of it what payments may take today
    due_minor: int
    oldest_on: date | None


@dataclass(frozen=True, slots=True)
class MovementFilter:
    """Which debts are listed."""

    kind: str | None = None
    only_open: bool = False
    producer_id: UUID | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of an organisation's debts, in the currency of its books."""

    given_minor: int
    open_minor: int
    due_minor: int
    #: instalments of loans whose day has passed
    arrears_minor: int


def _names() -> tuple[Any, Any]:
    return Producer.full_name, func.coalesce(Membership.member_code, "—")


def _with_names(statement: Select[Any]) -> Select[Any]:
    return statement.join(Producer, Producer.id == Movement.producer_id).outerjoin(
        Membership,
        (Membership.producer_id == Movement.producer_id)
        & (Membership.organisation_id == Movement.organisation_id),
    )


def _wanted(actor: Actor, wanted: MovementFilter) -> Iterable[ColumnElement[bool]]:
    yield Movement.organisation_id == actor.org
    if wanted.kind:
        yield Movement.kind == wanted.kind
    if wanted.only_open:
        yield Movement.balance_minor > 0
    if wanted.producer_id:
        yield Movement.producer_id == wanted.producer_id
    text = wanted.text.strip()
    if text:
        like = f"%{text.replace('%', '').replace('_', '')}%"
        yield or_(
            Producer.full_name.ilike(like), Membership.member_code.ilike(like), Movement.note.ilike(like)
        )


def movements_statement(actor: Actor, wanted: MovementFilter) -> Select[Any]:
    """Return the statement of a list of debts, the latest first."""
    return (
        _with_names(select(Movement, *_names()))
        .where(*_wanted(actor, wanted))
        .order_by(Movement.dated_on.desc(), Movement.number.desc())
    )


def list_movements(
    session: Session, actor: Actor, request: PageRequest, wanted: MovementFilter | None = None
) -> Page[MovementRow]:
    """Return debts of the actor's organisation with names, the latest first."""
    statement = movements_statement(actor, wanted or MovementFilter())
    page = paginate_rows(
        session, order_by(statement, request.sort, MOVEMENT_SORT, Movement.id.expression), request
    )
    rows = [MovementRow(row[0], row[1], row[2]) for row in page.items]
    return Page(rows, page.page, page.page_size, page.total)


def all_movements(session: Session, actor: Actor, wanted: MovementFilter) -> list[MovementRow]:
    """Return the debts of a file, the latest first, at most `MAX_ROWS`."""
    rows = session.execute(movements_statement(actor, wanted).limit(MAX_ROWS))
    return [MovementRow(row[0], row[1], row[2]) for row in rows]


def list_debtors(
    session: Session, actor: Actor, request: PageRequest, *, today: date, text: str = ""
) -> Page[DebtorRow]:
    """Return who owes something, the largest amount first."""
    due = func.sum(case((Movement.dated_on <= today, Movement.balance_minor), else_=0))
    owed = func.sum(Movement.balance_minor)
    wanted = MovementFilter(only_open=True, text=text)
    statement = (
        _with_names(
            select(
                Movement.producer_id,
                *_names(),
                func.count().label("debts"),
                owed.label("open"),
                due.label("due"),
                func.min(Movement.dated_on).label("oldest"),
            )
        )
        .where(*_wanted(actor, wanted))
        .group_by(Movement.producer_id, Producer.full_name, Membership.member_code)
        .order_by(owed.desc(), Producer.full_name, Movement.producer_id)
    )
    sorts: SortColumns = {"open": owed, "due": due, "name": Producer.full_name}
    page = paginate_rows(session, order_by(statement, request.sort, sorts, Movement.producer_id), request)
    rows = [DebtorRow(r[0], r[1], r[2], int(r[3]), int(r[4]), int(r[5]), r[6]) for r in page.items]
    return Page(rows, page.page, page.page_size, page.total)


def debt_totals(
    session: Session, actor: Actor, today: date, *, kind: str | None = None, producer_id: UUID | None = None
) -> Totals:
    """Return what was ever given, what is open, what is due, and what of loans is late."""
    wanted = MovementFilter(kind=kind, producer_id=producer_id)
    is_late = (Movement.dated_on < today) & Movement.kind.in_([one.value for one in LOAN_KINDS])
    row = session.execute(
        select(
            func.sum(Movement.amount_minor),
            func.sum(Movement.balance_minor),
            func.sum(case((Movement.dated_on <= today, Movement.balance_minor), else_=0)),
            func.sum(case((is_late, Movement.balance_minor), else_=0)),
        ).where(*_wanted(actor, wanted))
    ).one()
    return Totals(*(int(value or 0) for value in row))


def get_movement_for(session: Session, actor: Actor, movement_id: UUID) -> Movement:
    """Return a debt of the actor's organisation.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    found = session.get(Movement, movement_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    return found


def applications_of(session: Session, movement_ids: Sequence[UUID]) -> list[Application]:
    """Return what was taken for debts and given back to them, in the order in which it happened."""
    return list(
        session.scalars(
            select(Application)
            .where(Application.movement_id.in_(movement_ids))
            .order_by(Application.created_at, Application.id)
        )
    )


def producer_movements(session: Session, actor: Actor, producer_id: UUID) -> list[Movement]:
    """Return the debts of one producer in the order in which payments take them, those that are settled last."""
    return list(
        session.scalars(
            select(Movement)
            .where(Movement.organisation_id == actor.org, Movement.producer_id == producer_id)
            .order_by(case((Movement.balance_minor > 0, 0), else_=1), Movement.dated_on, Movement.number)
            .limit(CARD_ROWS)
        )
    )


def producer_loans(session: Session, actor: Actor, producer_id: UUID) -> list[Loan]:
    """Return the loans of one producer, the latest first."""
    return list(
        session.scalars(
            select(Loan)
            .where(Loan.organisation_id == actor.org, Loan.producer_id == producer_id)
            .order_by(Loan.given_on.desc(), Loan.id)
        )
    )


def get_loan_for(session: Session, actor: Actor, loan_id: UUID) -> Loan:
    """Return a loan of the actor's organisation.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    found = session.get(Loan, loan_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class InstalmentRow:
    """One instalment of a loan as it stands."""

    number: int
    due_on: date
    principal_minor: int
    interest_minor: int
    open_minor: int
    is_late: bool


def instalments_of(session: Session, loan_id: UUID, today: date) -> list[InstalmentRow]:
    """Return the schedule of a loan with what of each instalment is open."""
    rows = session.execute(
        select(
            Movement.instalment,
            func.min(Movement.dated_on),
            func.sum(case((Movement.kind == "loan_instalment", Movement.amount_minor), else_=0)),
            func.sum(case((Movement.kind == "loan_interest", Movement.amount_minor), else_=0)),
            func.sum(Movement.balance_minor),
        )
        .where(Movement.loan_id == loan_id)
        .group_by(Movement.instalment)
        .order_by(Movement.instalment)
    )
    return [
        InstalmentRow(r[0], r[1], int(r[2]), int(r[3]), int(r[4]), bool(r[4]) and r[1] < today) for r in rows
    ]


@dataclass(frozen=True, slots=True)
class OwnDebt:
    """A debt as the producer sees it."""

    movement: Movement
    organisation_name: str


def own_debts(session: Session, producer_id: UUID) -> list[OwnDebt]:
    """Return the debts of a person in every organisation, those that are open first."""
    rows = session.execute(
        select(Movement, Organisation.name)
        .join(Organisation, Organisation.id == Movement.organisation_id)
        .where(Movement.producer_id == producer_id)
        .order_by(case((Movement.balance_minor > 0, 0), else_=1), Movement.dated_on, Movement.number)
        .limit(CARD_ROWS)
    )
    return [OwnDebt(row[0], row[1]) for row in rows]
