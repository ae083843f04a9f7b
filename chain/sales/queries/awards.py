"""Reads of awards, for the officers who confirm and for the buyer who waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation, User
from chain.accounts.rules import Actor, Permission
from chain.core.clock import utc_now
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.lots.models import Lot
from chain.sales.methods import EventName, registered_methods
from chain.sales.models import Award, AwardAnswer, AwardLine, Sale
from chain.sales.rules import AwardState

AWARD_SORT: SortColumns = {
    "made_at": Award.made_at,
    "confirm_by": Award.confirm_by,
    "proceeds": Award.proceeds_minor,
    "quantity": Award.quantity,
}
LOT_SORT: SortColumns = {"number": Lot.number, "amount": AwardLine.amount_minor}


@dataclass(frozen=True, slots=True)
class AwardRow:
    """An award in a list."""

    award: Award
    seller_name: str
    buyer_name: str
    lots: int
    confirmed: int
    is_own: bool
    event: EventName | None
    sale_id: UUID | None


@dataclass(frozen=True, slots=True)
class AwardLot:
    """A lot of an award."""

    lot_id: UUID
    number: str
    quantity: int
    price_minor_per_unit: int
    amount_minor: int
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None
    claim: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What an officer answered."""

    name: str
    answer: str
    answered_at: datetime
    reason: str | None


def get_award_for(session: Session, actor: Actor, award_id: UUID) -> Award:
    """Return an award of the seller's or the buyer's organisation.

    Raises:
        NotFound: there is none, it is others' business, or the actor may not read sales.
    """
    found = session.get(Award, award_id)
    if found is None or actor.organisation_id not in {found.organisation_id, found.buyer_id}:
        raise NotFound
    if not actor.may(Permission.SALES_READ):
        raise NotFound
    return found


def _rows() -> Any:
    seller, buyer = aliased(Organisation), aliased(Organisation)
    lots = select(func.count()).where(AwardLine.award_id == Award.id).correlate(Award).scalar_subquery()
    confirmed = (
        select(func.count())
        .where(AwardAnswer.award_id == Award.id, AwardAnswer.answer == "confirm")
        .correlate(Award)
        .scalar_subquery()
    )
    return (
        select(
            Award,
            seller.name.label("seller_name"),
            buyer.name.label("buyer_name"),
            lots.label("lots"),
            confirmed.label("confirmed"),
            Sale.id.label("sale_id"),
        )
        .join(seller, seller.id == Award.organisation_id)
        .join(buyer, buyer.id == Award.buyer_id)
        .outerjoin(Sale, Sale.award_id == Award.id)
    )


def _named(session: Session, actor: Actor, rows: Sequence[Any]) -> list[AwardRow]:
    """Give rows the names of their events, one statement for each way of selling."""
    names: dict[UUID, EventName] = {}
    for method, hooks in registered_methods().items():
        ids = frozenset(row.Award.event_id for row in rows if row.Award.method == method)
        if ids:
            names |= hooks.names(session, ids)
    return [
        AwardRow(
            row.Award,
            row.seller_name,
            row.buyer_name,
            row.lots,
            row.confirmed,
            row.Award.organisation_id == actor.organisation_id,
            names.get(row.Award.event_id),
            row.sale_id,
        )
        for row in rows
    ]


def get_award_row_for(session: Session, actor: Actor, award_id: UUID) -> AwardRow:
    """Return an award with names.

    Raises:
        NotFound: as `get_award_for`.
    """
    award = get_award_for(session, actor, award_id)
    return _named(session, actor, [session.execute(_rows().where(Award.id == award.id)).one()])[0]


def list_awards(
    session: Session, actor: Actor, request: PageRequest, *, state: AwardState | None = None
) -> Page[AwardRow]:
    """Return the awards of the actor's organisation, as seller or buyer, those with the least time left first."""
    statement = _rows().where(or_(Award.organisation_id == actor.org, Award.buyer_id == actor.org))
    if state is not None:
        statement = statement.where(Award.state == state.value)
    latest = statement.order_by(
        (Award.state == AwardState.WAITING.value).desc(), Award.confirm_by.desc(), Award.id
    )
    page = paginate_rows(session, order_by(latest, request.sort, AWARD_SORT, Award.id.expression), request)
    return Page(_named(session, actor, page.items), page.page, page.page_size, page.total)


def award_lots(session: Session, award: Award, request: PageRequest) -> Page[AwardLot]:
    """Return a page of an award's lots by number."""
    statement = (
        select(
            Lot.id,
            Lot.number,
            AwardLine.quantity,
            AwardLine.price_minor_per_unit,
            AwardLine.amount_minor,
            Lot.grade_scheme,
            Lot.grade_edition,
            Lot.grade_key,
            Lot.claim,
        )
        .join(AwardLine, AwardLine.lot_id == Lot.id)
        .where(AwardLine.award_id == award.id)
        .order_by(Lot.number, Lot.id)
    )
    page = paginate_rows(session, order_by(statement, request.sort, LOT_SORT, Lot.id.expression), request)
    return Page([AwardLot(*row) for row in page.items], page.page, page.page_size, page.total)


def answers_of(session: Session, actor: Actor, award: Award) -> Sequence[Answer]:
    """Return who answered an award and what; nothing for the buyer, whom the seller's officers do not concern."""
    if award.organisation_id != actor.organisation_id:
        return []
    rows = session.execute(
        select(User.display_name, AwardAnswer.answer, AwardAnswer.answered_at, AwardAnswer.reason)
        .join(User, User.id == AwardAnswer.user_id)
        .where(AwardAnswer.award_id == award.id)
        .order_by(AwardAnswer.answered_at)
    )
    return [Answer(*row) for row in rows]


def has_answered(session: Session, actor: Actor, award_id: UUID) -> bool:
    """Tell whether this person has answered an award."""
    return session.get(AwardAnswer, (award_id, actor.user_id)) is not None if actor.user_id else False


def count_to_confirm(session: Session, actor: Actor, now: datetime | None = None) -> int:
    """Return how many awards wait for this person: neither opened nor answered by it, and in time."""
    answered = (
        select(AwardAnswer.award_id)
        .where(AwardAnswer.award_id == Award.id, AwardAnswer.user_id == actor.user_id)
        .exists()
    )
    return (
        session.scalar(
            select(func.count())
            .select_from(Award)
            .where(
                Award.organisation_id == actor.org,
                Award.state == AwardState.WAITING.value,
                Award.confirm_by > (now or utc_now()),
                Award.opened_by.is_distinct_from(actor.user_id),
                ~answered,
            )
        )
        or 0
    )
