"""Reads of prices, fees and advances."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate, paginate_rows
from chain.producers.models import Membership, Producer
from chain.settlement.models import (
    Advance,
    DeductionRule,
    PeriodPrice,
)

ADVANCE_SORT: SortColumns = {"given_on": Advance.given_on, "amount": Advance.amount_minor}
PRICE_SORT: SortColumns = {"valid_from": PeriodPrice.valid_from}
DEDUCTION_SORT: SortColumns = {"valid_from": DeductionRule.valid_from, "name": DeductionRule.name}


@dataclass(frozen=True, slots=True)
class AdvanceRow:
    """An advance with the producer's name."""

    advance: Advance
    full_name: str
    member_code: str

    @property
    def open_minor(self) -> int:
        """What is not taken back yet."""
        return self.advance.amount_minor - self.advance.recovered_minor


def list_prices(session: Session, actor: Actor, request: PageRequest) -> Page[PeriodPrice]:
    """Return the prices of the actor's organisation, the latest first day first."""
    statement = (
        select(PeriodPrice)
        .where(PeriodPrice.organisation_id == actor.org)
        .order_by(PeriodPrice.valid_from.desc(), PeriodPrice.commodity, PeriodPrice.id)
    )
    return paginate(
        session, order_by(statement, request.sort, PRICE_SORT, PeriodPrice.id.expression), request
    )


def list_deductions(session: Session, actor: Actor, request: PageRequest) -> Page[DeductionRule]:
    """Return the fees of the actor's organisation, the latest first day first."""
    statement = (
        select(DeductionRule)
        .where(DeductionRule.organisation_id == actor.org)
        .order_by(DeductionRule.valid_from.desc(), DeductionRule.id)
    )
    tie = DeductionRule.id.expression
    return paginate(session, order_by(statement, request.sort, DEDUCTION_SORT, tie), request)


def list_advances(
    session: Session, actor: Actor, request: PageRequest, *, only_open: bool = False
) -> Page[AdvanceRow]:
    """Return the advances of the actor's organisation with names, the latest first."""
    statement = (
        select(Advance, Producer.full_name, func.coalesce(Membership.member_code, "—"))
        .join(Producer, Producer.id == Advance.producer_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == Advance.producer_id)
            & (Membership.organisation_id == Advance.organisation_id),
        )
        .where(Advance.organisation_id == actor.org)
        .order_by(Advance.given_on.desc(), Advance.id)
    )
    if only_open:
        statement = statement.where(Advance.recovered_minor < Advance.amount_minor)
    statement = order_by(statement, request.sort, ADVANCE_SORT, Advance.id.expression)
    page = paginate_rows(session, statement, request)
    rows = [AdvanceRow(row[0], row[1], row[2]) for row in page.items]
    return Page(rows, page.page, page.page_size, page.total)


def advance_totals(session: Session, actor: Actor) -> tuple[int, int]:
    """Return what was ever given and what is still open, in the currency of the books."""
    row = session.execute(
        select(func.sum(Advance.amount_minor), func.sum(Advance.recovered_minor)).where(
            Advance.organisation_id == actor.org
        )
    ).one()
    given, recovered = int(row[0] or 0), int(row[1] or 0)
    return given, given - recovered


def get_deduction_for(session: Session, actor: Actor, rule_id: UUID) -> DeductionRule:
    """Return a fee of the actor's organisation.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    found = session.get(DeductionRule, rule_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    return found
