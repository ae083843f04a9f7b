"""Reads of lots. An organisation sees its own lots and nobody else's."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.accounts.rules import Actor
from chain.certification.models import Certificate
from chain.core.errors import NotFound
from chain.core.models import AuditRecord
from chain.core.paging import Page, PageRequest, order_by, paginate_rows
from chain.lots.attributes import clean_words
from chain.lots.models import Lot, LotGrade
from chain.lots.rules import LotState
from chain.lots.stock import waits_for_class
from chain.producers.models import Membership, Producer
from chain.producers.rules import search_words

#: Entries of a lot's history that a page shows; a lot goes through far fewer.
MAX_HISTORY = 200
#: Lots of one IN list: far under the limits of both databases (32,766 on SQLite, 65,535 on PostgreSQL).
CHUNK = 10_000
#: A class "undetermined" in filters.
UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFilters:
    """Which lots are wanted; None is any."""

    commodity: str | None = None
    state: str | None = None
    #: only those of which a second person should see the class
    waits_for_class: bool = False
    producer_id: UUID | None = None
    colour: str | None = None
    #: a key of a class, or "undetermined"
    grade_key: str | None = None
    claim: str | None = None
    from_day: date | None = None
    to_day: date | None = None
    #: the number of a lot or the name or code of a producer
    text: str | None = None


@dataclass(frozen=True, slots=True)
class LotRow:
    """A lot as lists show it. `quantity` in grams or millilitres, by `unit`."""

    id: UUID
    number: str
    commodity: str
    state: str
    #: null, with the name, for a lot that was made of several
    producer_id: UUID | None
    producer_name: str | None
    member_code: str | None
    delivered_at: datetime
    delivered_on: date
    quantity: int
    unit: str
    gross_g: int | None
    tare_g: int | None
    attributes: dict[str, Any]
    colour: str | None
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None
    grade_confirmed: bool
    claim: str
    certificate_id: UUID | None
    registered_at: datetime
    registered_by: UUID | None


SORT_COLUMNS = {
    "number": Lot.number,
    "delivered_at": Lot.delivered_at,
    "quantity": Lot.quantity,
    "micron": Lot.micron_tenths,
    "producer": Producer.search_name,
    "state": Lot.state,
}


_lot = Lot.__table__
_STORED = select(*_lot.c).where(_lot.c.id.in_(bindparam("lot_ids", expanding=True)))


def stored_lots(session: Session, lot_ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """Return the columns of lots that were just stored; without objects, because every registration asks for them."""
    if not lot_ids:
        return {}
    return {row.id: row for row in session.connection().execute(_STORED, {"lot_ids": list(lot_ids)})}


def get_lot_for(session: Session, actor: Actor, lot_id: UUID) -> Lot:
    """Return a lot of the actor's organisation.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.scalar(select(Lot).where(Lot.id == lot_id, Lot.organisation_id == actor.organisation_id))
    if found is None:
        raise NotFound
    return found


def list_lots(session: Session, actor: Actor, filters: LotFilters, request: PageRequest) -> Page[LotRow]:
    """Return a page of lots, the latest delivery first."""
    page = paginate_rows(session, _sorted(_lots(actor, filters), request.sort), request)
    return Page([LotRow(*row) for row in page.items], page.page, page.page_size, page.total)


def get_lot_row(session: Session, actor: Actor, lot_id: UUID) -> LotRow:
    """Return one lot as lists show it.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = session.execute(_lots(actor, LotFilters()).where(Lot.id == lot_id)).first()
    if row is None:
        raise NotFound
    return LotRow(*row)


def lot_rows(
    session: Session, actor: Actor, filters: LotFilters, sort: str | None, limit: int
) -> Sequence[LotRow]:
    """Return up to `limit` lots without paging, for files."""
    rows = session.execute(_sorted(_lots(actor, filters), sort).limit(limit))
    return [LotRow(*row) for row in rows]


def _sorted(statement: Select[Any], sort: str | None) -> Select[Any]:
    latest_first = statement.order_by(Lot.delivered_at.desc(), Lot.id.desc())
    return order_by(latest_first, sort, SORT_COLUMNS, Lot.id.expression)


def _lots(actor: Actor, filters: LotFilters) -> Select[Any]:
    return (
        select(
            Lot.id,
            Lot.number,
            Lot.commodity,
            Lot.state,
            Lot.producer_id,
            Producer.full_name,
            Membership.member_code,
            Lot.delivered_at,
            Lot.delivered_on,
            Lot.quantity,
            Lot.unit,
            Lot.gross_g,
            Lot.tare_g,
            Lot.attributes,
            Lot.colour,
            Lot.grade_scheme,
            Lot.grade_edition,
            Lot.grade_key,
            Lot.grade_confirmed,
            Lot.claim,
            Lot.certificate_id,
            Lot.registered_at,
            Lot.registered_by,
        )
        .outerjoin(Producer, Producer.id == Lot.producer_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == Lot.producer_id) & (Membership.organisation_id == Lot.organisation_id),
        )
        .where(Lot.organisation_id == actor.organisation_id, *_conditions(filters))
    )


def _conditions(filters: LotFilters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    for column, value in (
        (Lot.commodity, filters.commodity),
        (Lot.state, filters.state),
        (Lot.producer_id, filters.producer_id),
        (Lot.colour, filters.colour),
        (Lot.claim, filters.claim),
    ):
        if value is not None:
            wanted.append(column == value)
    if filters.waits_for_class:
        wanted.append(waits_for_class())
    if filters.grade_key == UNDETERMINED:
        wanted.append(Lot.grade_key.is_(None))
    elif filters.grade_key is not None:
        wanted.append(Lot.grade_key == filters.grade_key)
    if filters.from_day is not None:
        wanted.append(Lot.delivered_on >= filters.from_day)
    if filters.to_day is not None:
        wanted.append(Lot.delivered_on <= filters.to_day)
    text = clean_words(filters.text or "")
    if text:
        wanted.append(_matches(text))
    return wanted


def _matches(text: str) -> ColumnElement[bool]:
    words = search_words(text)
    by_number = Lot.number.contains(text.upper(), autoescape=True)
    by_code = Membership.member_code.startswith(text.upper(), autoescape=True)
    if not words:
        return or_(by_number, by_code)
    by_name = and_(*(Producer.search_name.contains(word, autoescape=True) for word in words))
    return or_(by_number, by_code, by_name)


def lock_lots(session: Session, organisation_id: UUID, lot_ids: Collection[UUID]) -> list[Lot]:
    """Lock lots of an organisation for a change, in the order of their ids, and return them as they are now.

    Raises:
        NotFound: one of them does not exist or is somebody else's; none is returned.
    """
    wanted = sorted(set(lot_ids))
    if not wanted:
        return []
    found: list[Lot] = []
    for start in range(0, len(wanted), CHUNK):
        found += session.scalars(
            select(Lot)
            .where(Lot.id.in_(wanted[start : start + CHUNK]), Lot.organisation_id == organisation_id)
            .order_by(Lot.id)
            .with_for_update(key_share=True)  # rows that point at a lot may still be written
            .execution_options(populate_existing=True)
        )
    if len(found) != len(wanted):
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class GradeRow:
    """One grading of a lot, with who did it."""

    kind: str
    scheme: str
    edition: str
    key: str | None
    reasons: list[Any]
    graded_at: datetime
    graded_by: str | None


def grades_of(session: Session, lot_id: UUID) -> Sequence[GradeRow]:
    """Return the gradings of a lot, the first one first."""
    rows = session.execute(
        select(
            LotGrade.kind,
            LotGrade.scheme,
            LotGrade.edition,
            LotGrade.key,
            LotGrade.reasons,
            LotGrade.graded_at,
            User.display_name,
        )
        .outerjoin(User, User.id == LotGrade.graded_by)
        .where(LotGrade.lot_id == lot_id)
        .order_by(LotGrade.graded_at, LotGrade.id)
    )
    return [GradeRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One step in the life of a lot."""

    at: datetime
    tag: str
    actor_name: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def history_of(session: Session, lot_id: UUID, *events: UUID | None) -> Sequence[HistoryRow]:
    """Return what happened to a lot, the first step first; `events` are those that made it and used it up."""
    subjects = [lot_id, *(one for one in events if one is not None)]
    rows = session.execute(
        select(AuditRecord.at, AuditRecord.tag, User.display_name, AuditRecord.before, AuditRecord.after)
        .outerjoin(User, User.id == AuditRecord.actor_id)
        .where(AuditRecord.subject_id.in_(subjects))
        .order_by(AuditRecord.at, AuditRecord.id)
        .limit(MAX_HISTORY)
    )
    return [HistoryRow(*row) for row in rows]


def certificate_of(session: Session, lot: Lot) -> Certificate | None:
    """Return the certificate on which a lot's claim rests."""
    return None if lot.certificate_id is None else session.get(Certificate, lot.certificate_id)


def count_to_confirm(session: Session, actor: Actor) -> int:
    """Return how many lots wait for this person to confirm their class: those that somebody else registered."""
    statement = (
        select(func.count())
        .select_from(Lot)
        .where(
            Lot.organisation_id == actor.org,
            waits_for_class(),
            Lot.registered_by.is_distinct_from(actor.user_id),
        )
    )
    return session.scalar(statement) or 0


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What a day brought so far: deliveries and net amounts per commodity, and what waits for the second person."""

    deliveries: int = 0
    #: commodity, number of lots, net amount, unit
    commodities: Sequence[tuple[str, int, int, str]] = field(default_factory=tuple)
    to_grade: int = 0


def figures_of_day(session: Session, actor: Actor, day: date) -> DayFigures:
    """Return the figures of a calendar day at the centre; cancelled lots do not count."""
    rows = session.execute(
        select(Lot.commodity, func.count(), func.sum(Lot.quantity), Lot.unit)
        .where(
            Lot.organisation_id == actor.organisation_id,
            Lot.delivered_on == day,
            Lot.state != LotState.CANCELLED.value,
        )
        .group_by(Lot.commodity, Lot.unit)
        .order_by(Lot.commodity)
    ).all()
    to_grade = session.scalar(
        select(func.count())
        .select_from(Lot)
        .where(Lot.organisation_id == actor.organisation_id, waits_for_class())
    )
    found = [(commodity, count, int(total), unit) for commodity, count, total, unit in rows]
    return DayFigures(sum(one[1] for one in found), found, to_grade or 0)


def latest_commodity(session: Session, organisation_id: UUID) -> str | None:
    """Return the product of the organisation's newest delivery, which is what its clerks most likely weigh next."""
    return session.scalar(
        select(Lot.commodity)
        .where(Lot.organisation_id == organisation_id)
        .order_by(Lot.delivered_at.desc())
        .limit(1)
    )
