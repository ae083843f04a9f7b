"""Reads of what mills found of sold lots, of claims and of the ends of sales."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.lots.models import Lot
from chain.sales.adjusting import ClaimState, EndState
from chain.sales.models import Sale, SaleAdjustment, SaleClaim, SaleEnding

CLAIM_SORT: SortColumns = {"made_at": SaleClaim.made_at, "amount": SaleClaim.amount_minor}


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A finding with the lot and sale that it is about."""

    claim: SaleClaim
    lot_number: str
    sale_number: int
    currency: str
    unit: str
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None


@dataclass(frozen=True, slots=True)
class AdjustmentRow:
    """A change of a lot's amount."""

    adjustment: SaleAdjustment
    lot_number: str


def _claims() -> Any:
    return (
        select(
            SaleClaim,
            Lot.number,
            Sale.number,
            Sale.currency,
            Sale.unit,
            Lot.grade_scheme,
            Lot.grade_edition,
            Lot.grade_key,
        )
        .join(Lot, Lot.id == SaleClaim.lot_id)
        .join(Sale, Sale.id == SaleClaim.sale_id)
    )


def get_claim_for(session: Session, actor: Actor, claim_id: UUID) -> ClaimRow:
    """Return a finding on a sale of the actor's organisation, as seller or buyer.

    Raises:
        NotFound.
    """
    row = session.execute(_claims().where(SaleClaim.id == claim_id)).first()
    if row is None or actor.organisation_id not in {row.SaleClaim.organisation_id, row.SaleClaim.buyer_id}:
        raise NotFound
    if not actor.may(Permission.SALES_READ):
        raise NotFound
    return ClaimRow(*row)


def claims_of(session: Session, sale_id: UUID) -> Sequence[ClaimRow]:
    """Return the findings on a sale's lots, the latest first. The caller has checked who asks."""
    rows = session.execute(
        _claims().where(SaleClaim.sale_id == sale_id).order_by(SaleClaim.made_at.desc(), SaleClaim.id)
    )
    return [ClaimRow(*row) for row in rows]


def list_claims(
    session: Session, actor: Actor, request: PageRequest, *, state: ClaimState | None = None
) -> Page[ClaimRow]:
    """Return the findings on the sales of the actor's organisation, as seller or buyer, the latest first."""
    statement = _claims().where(or_(SaleClaim.organisation_id == actor.org, SaleClaim.buyer_id == actor.org))
    if state is not None:
        statement = statement.where(SaleClaim.state == state.value)
    latest = statement.order_by(SaleClaim.made_at.desc(), SaleClaim.id)
    page = paginate_rows(
        session, order_by(latest, request.sort, CLAIM_SORT, SaleClaim.id.expression), request
    )
    return Page([ClaimRow(*row) for row in page.items], page.page, page.page_size, page.total)


def adjustment_rows(session: Session, sale_id: UUID) -> Sequence[AdjustmentRow]:
    """Return the changes of a sale's amounts with the lots' numbers, the first one first."""
    rows = session.execute(
        select(SaleAdjustment, Lot.number)
        .join(Lot, Lot.id == SaleAdjustment.lot_id)
        .where(SaleAdjustment.sale_id == sale_id)
        .order_by(SaleAdjustment.made_at, SaleAdjustment.id)
    )
    return [AdjustmentRow(*row) for row in rows]


def endings_of(session: Session, sale_id: UUID) -> Sequence[SaleEnding]:
    """Return what was asked and declared about the end of a sale, the latest first."""
    return session.scalars(
        select(SaleEnding).where(SaleEnding.sale_id == sale_id).order_by(SaleEnding.asked_at.desc())
    ).all()


def get_ending_for(session: Session, actor: Actor, ending_id: UUID) -> SaleEnding:
    """Return what was asked about the end of a sale of the actor's organisation, as seller or buyer.

    Raises:
        NotFound.
    """
    found = session.get(SaleEnding, ending_id)
    if found is None or actor.organisation_id not in {found.organisation_id, found.buyer_id}:
        raise NotFound
    return found


def count_open_claims(session: Session, actor: Actor) -> int:
    """Return how many claims wait for the organisation's answer."""
    return _count(session, SaleClaim.organisation_id == actor.org, SaleClaim.state == ClaimState.OPEN.value)


def count_cancellations_asked(session: Session, actor: Actor) -> int:
    """Return how many cancellations wait for the organisation's answer."""
    return _count(
        session,
        or_(SaleEnding.organisation_id == actor.org, SaleEnding.buyer_id == actor.org),
        SaleEnding.asked_by_organisation != actor.org,
        SaleEnding.state == EndState.ASKED.value,
    )


def _count(session: Session, *conditions: Any) -> int:
    return session.scalar(select(func.count()).where(*conditions)) or 0
