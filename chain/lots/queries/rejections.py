"""Reads of goods that were not taken: the list, those of a lot, and causes that come again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, cast, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.lots.models import Lot, Rejection
from chain.lots.reject_rules import PLANT_CLOSED, Disposition
from chain.producers.models import Membership, Producer
from chain.producers.rules import search_words

#: A cause that comes this often within a year asks for advice rather than another refusal.
REPEATED, WITHIN = 2, timedelta(days=365)
MAX_REPEATED = 50

SORT_COLUMNS: SortColumns = {
    "created_at": Rejection.created_at,
    "quantity": Rejection.quantity,
    "cause": Rejection.cause,
    "collect_by": Rejection.collect_by,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionFilters:
    """Which records are wanted; None is any."""

    commodity: str | None = None
    cause: str | None = None
    disposition: str | None = None
    producer_id: UUID | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class RejectionRow:
    """A record as lists show it."""

    id: UUID
    producer_id: UUID
    producer_name: str
    member_code: str | None
    lot_id: UUID | None
    lot_number: str | None
    commodity: str
    quantity: int
    unit: str
    cause: str
    note: str | None
    disposition: str
    collect_by: date | None
    collected_at: datetime | None
    photo_id: UUID | None
    created_at: datetime
    created_by: UUID | None


def get_rejection_for(session: Session, actor: Actor, rejection_id: UUID) -> Rejection:
    """Return a record of the actor's organisation.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.get(Rejection, rejection_id)
    if found is None or found.organisation_id != actor.organisation_id:
        raise NotFound
    return found


def get_rejection_row(session: Session, actor: Actor, rejection_id: UUID) -> RejectionRow:
    """Return one record as lists show it.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = session.execute(_rows(actor.org).where(Rejection.id == rejection_id)).first()
    if row is None:
        raise NotFound
    return RejectionRow(*row)


def list_rejections(
    session: Session, actor: Actor, filters: RejectionFilters, request: PageRequest
) -> Page[RejectionRow]:
    """Return a page of goods that were not taken, the latest first."""
    statement = (
        _rows(actor.org)
        .where(*_conditions(filters))
        .order_by(Rejection.created_at.desc(), Rejection.id.desc())
    )
    statement = order_by(statement, request.sort, SORT_COLUMNS, Rejection.id)
    page = paginate_rows(session, statement, request)
    return Page([RejectionRow(*row) for row in page.items], page.page, page.page_size, page.total)


def rejections_of_lots(session: Session, lot_ids: Sequence[UUID]) -> Sequence[RejectionRow]:
    """Return what was not taken of deliveries, the first one first."""
    rows = session.execute(
        _select().where(Rejection.lot_id.in_(lot_ids)).order_by(Rejection.created_at, Rejection.id)
    )
    return [RejectionRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class RepeatedCause:
    """A cause that came again for one producer."""

    producer_id: UUID
    producer_name: str
    member_code: str | None
    commodity: str
    cause: str
    times: int
    quantity: int
    last_at: datetime


def repeated_causes(
    session: Session, actor: Actor, now: datetime, producer_id: UUID | None = None
) -> Sequence[RepeatedCause]:
    """Return which producers had goods refused for the same cause twice or more within a year, most often first.

    A closed plant is nobody's fault and is left out.
    """
    wanted: list[ColumnElement[bool]] = [
        Rejection.organisation_id == actor.org,
        Rejection.created_at >= now - WITHIN,
        Rejection.cause != PLANT_CLOSED,
    ]
    if producer_id is not None:
        wanted.append(Rejection.producer_id == producer_id)
    times = func.count()
    rows = session.execute(
        select(
            Rejection.producer_id,
            Producer.full_name,
            func.min(Membership.member_code),
            Rejection.commodity,
            Rejection.cause,
            times,
            cast(func.sum(Rejection.quantity), BigInteger),
            func.max(Rejection.created_at),
        )
        .join(Producer, Producer.id == Rejection.producer_id)
        .outerjoin(Membership, _is_member())
        .where(*wanted)
        .group_by(Rejection.producer_id, Producer.full_name, Rejection.commodity, Rejection.cause)
        .having(times >= REPEATED)
        .order_by(times.desc(), Producer.full_name, Rejection.cause)
        .limit(MAX_REPEATED)
    )
    return [RepeatedCause(*row) for row in rows]


def count_to_collect(session: Session, actor: Actor) -> int:
    """Return how many kept goods wait for their producers."""
    statement = select(func.count()).where(
        Rejection.organisation_id == actor.org, Rejection.disposition == Disposition.TO_COLLECT.value
    )
    return session.scalar(statement) or 0


def _is_member() -> ColumnElement[bool]:
    return (Membership.producer_id == Rejection.producer_id) & (
        Membership.organisation_id == Rejection.organisation_id
    )


def _rows(organisation_id: UUID) -> Select[tuple[object, ...]]:
    return _select().where(Rejection.organisation_id == organisation_id)


def _select() -> Select[tuple[object, ...]]:
    return (
        select(
            Rejection.id,
            Rejection.producer_id,
            Producer.full_name,
            Membership.member_code,
            Rejection.lot_id,
            Lot.number,
            Rejection.commodity,
            Rejection.quantity,
            Rejection.unit,
            Rejection.cause,
            Rejection.note,
            Rejection.disposition,
            Rejection.collect_by,
            Rejection.collected_at,
            Rejection.photo_id,
            Rejection.created_at,
            Rejection.created_by,
        )
        .join(Producer, Producer.id == Rejection.producer_id)
        .outerjoin(Membership, _is_member())
        .outerjoin(Lot, Lot.id == Rejection.lot_id)
    )


def _conditions(filters: RejectionFilters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    for column, value in (
        (Rejection.commodity, filters.commodity),
        (Rejection.cause, filters.cause),
        (Rejection.disposition, filters.disposition),
        (Rejection.producer_id, filters.producer_id),
    ):
        if value is not None:
            wanted.append(column == value)
    text = (filters.text or "").strip()
    if text:
        by_code = Membership.member_code.startswith(text.upper(), autoescape=True)
        by_name = [Producer.search_name.contains(word, autoescape=True) for word in search_words(text)]
        wanted.append(or_(by_code, *([_all(by_name)] if by_name else [])))
    return wanted


def _all(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    found = conditions[0]
    for one in conditions[1:]:
        found = found & one
    return found
