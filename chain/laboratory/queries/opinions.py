"""Reads of second opinions. The queue of the regrader shows the sample, never the lot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation, User
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.i18n import Message
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.laboratory.models import LaboratorySetting, MeasurementChoice, Sample, SecondOpinion
from chain.laboratory.rules import OpinionState, Terms
from chain.lots.grades import sentence_of
from chain.lots.models import Lot, LotGrade
from chain.producers.queries import producer_of_user

#: Gradings that end the first instance: the class that one may appeal against.
FINAL = ("confirmation",)
#: Deliveries that a producer's own page shows.
MAX_OWN = 50

#: Nothing of the lot: an order by it would tell the regrader what the sample hides.
BLIND_SORTS: SortColumns = {"deadline": SecondOpinion.deadline, "asked_at": SecondOpinion.asked_at}
SORT_COLUMNS: SortColumns = {**BLIND_SORTS, "decided_at": SecondOpinion.decided_at}


def terms_of(session: Session, organisation_id: UUID) -> Terms:
    """Return the days of an organisation; those of the project where it set none."""
    row = session.get(LaboratorySetting, organisation_id)
    return Terms() if row is None else Terms(row.ask_days, row.decide_days)


def graded_at_of(session: Session, lot_id: UUID) -> datetime | None:
    """Return when the class of a lot was last confirmed; a second opinion starts no new time."""
    return session.scalar(
        select(func.max(LotGrade.graded_at)).where(LotGrade.lot_id == lot_id, LotGrade.kind.in_(FINAL))
    )


def has_opinion_since(session: Session, lot_id: UUID, since: datetime) -> bool:
    """Tell whether a second opinion on the class of that moment is open or decided."""
    found = select(SecondOpinion.id).where(
        SecondOpinion.lot_id == lot_id,
        SecondOpinion.state.in_((OpinionState.OPEN.value, OpinionState.DECIDED.value)),
        SecondOpinion.asked_at >= since,
    )
    return session.scalar(found.limit(1)) is not None


def lock_opinion(
    session: Session, actor: Actor, opinion_id: UUID, *, as_asker: bool = False
) -> SecondOpinion:
    """Lock a second opinion of the actor's organisation, or one that the actor asked for.

    Raises:
        NotFound: there is none.
    """
    seen: ColumnElement[bool] = SecondOpinion.organisation_id == actor.organisation_id
    if as_asker:
        seen = or_(seen, SecondOpinion.asked_by == actor.user_id)
    found = session.scalar(
        select(SecondOpinion)
        .where(SecondOpinion.id == opinion_id, seen)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def people_who_know(session: Session, opinion: SecondOpinion) -> set[UUID | None]:
    """Return the users who know which lot a sample is of: they registered, graded or sampled it, chose values, or asked."""
    lot = session.get_one(Lot, opinion.lot_id)
    graders = session.scalars(select(LotGrade.graded_by).where(LotGrade.lot_id == lot.id))
    choosers = session.scalars(select(MeasurementChoice.decided_by).where(MeasurementChoice.lot_id == lot.id))
    takers = session.scalars(select(Sample.taken_by).where(Sample.id == opinion.sample_id))
    known = {lot.registered_by, opinion.asked_by, *graders, *choosers, *takers}
    return known - {None}


@dataclass(frozen=True, slots=True)
class BlindRow:
    """What the regrader sees of a second opinion: the sample and the norm. No lot, no producer, no earlier class."""

    id: UUID
    sample_id: UUID
    code: str
    commodity: str
    scheme: str
    edition: str
    asked_at: datetime
    deadline: datetime


def _blind() -> Select[Any]:
    return (
        select(
            SecondOpinion.id,
            Sample.id,
            Sample.code,
            Lot.commodity,
            SecondOpinion.scheme,
            SecondOpinion.edition,
            SecondOpinion.asked_at,
            SecondOpinion.deadline,
        )
        .join(Sample, Sample.id == SecondOpinion.sample_id)
        .join(Lot, Lot.id == SecondOpinion.lot_id)
    )


def _waits_for(actor: Actor, now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions that an opinion waits for this very person."""
    me = actor.user_id
    conditions = [
        SecondOpinion.organisation_id == actor.organisation_id,
        SecondOpinion.state == OpinionState.OPEN.value,
        SecondOpinion.deadline >= now,
    ]
    if me is None:
        return conditions
    graded = select(LotGrade.id).where(LotGrade.lot_id == SecondOpinion.lot_id, LotGrade.graded_by == me)
    chosen = select(MeasurementChoice.id).where(
        MeasurementChoice.lot_id == SecondOpinion.lot_id, MeasurementChoice.decided_by == me
    )
    taken = select(Sample.id).where(Sample.id == SecondOpinion.sample_id, Sample.taken_by == me)
    registered = select(Lot.id).where(Lot.id == SecondOpinion.lot_id, Lot.registered_by == me)
    return [
        *conditions,
        SecondOpinion.asked_by.is_distinct_from(me),
        *(~one.correlate(SecondOpinion).exists() for one in (graded, chosen, taken, registered)),
    ]


def blind_queue(session: Session, actor: Actor, request: PageRequest, *, now: datetime) -> Page[BlindRow]:
    """Return what waits for this person to grade blind, the nearest deadline first."""
    statement = _blind().where(*_waits_for(actor, now)).order_by(SecondOpinion.deadline, SecondOpinion.id)
    statement = order_by(statement, request.sort, BLIND_SORTS, SecondOpinion.id)
    page = paginate_rows(session, statement, request)
    return Page([BlindRow(*row) for row in page.items], page.page, page.page_size, page.total)


def count_blind(session: Session, actor: Actor, *, now: datetime) -> int:
    """Return how many second opinions wait for this person."""
    statement = select(func.count()).select_from(SecondOpinion).where(*_waits_for(actor, now))
    return session.scalar(statement) or 0


def get_blind_row(session: Session, actor: Actor, opinion_id: UUID, *, now: datetime) -> BlindRow:
    """Return a second opinion that waits for this person.

    Raises:
        NotFound: it does not exist, is closed, or the person knows the lot.
    """
    row = session.execute(_blind().where(SecondOpinion.id == opinion_id, *_waits_for(actor, now))).first()
    if row is None:
        raise NotFound
    return BlindRow(*row)


@dataclass(frozen=True, slots=True)
class OpinionRow:
    """A second opinion as those see it who asked for it or answer for the lot."""

    id: UUID
    organisation_id: UUID
    lot_id: UUID
    lot_number: str
    commodity: str
    #: None for those who may still grade it blind
    code: str | None
    asked_for: str
    asking_organisation: str | None
    asked_by: UUID | None
    reason: str
    asked_at: datetime
    deadline: datetime
    state: str
    scheme: str
    edition: str
    previous_key: str | None
    found_key: str | None
    is_upheld: bool
    note: str | None
    decided_at: datetime | None
    decided_by: str | None


def _opinions() -> Select[Any]:
    decider, asker = aliased(User), aliased(Organisation)
    return (
        select(
            SecondOpinion.id,
            SecondOpinion.organisation_id,
            Lot.id,
            Lot.number,
            Lot.commodity,
            Sample.code,
            SecondOpinion.asked_for,
            asker.name,
            SecondOpinion.asked_by,
            SecondOpinion.reason,
            SecondOpinion.asked_at,
            SecondOpinion.deadline,
            SecondOpinion.state,
            SecondOpinion.scheme,
            SecondOpinion.edition,
            SecondOpinion.previous_key,
            SecondOpinion.found_key,
            SecondOpinion.is_upheld,
            SecondOpinion.note,
            SecondOpinion.decided_at,
            decider.display_name,
        )
        .join(Lot, Lot.id == SecondOpinion.lot_id)
        .join(Sample, Sample.id == SecondOpinion.sample_id)
        .outerjoin(asker, asker.id == SecondOpinion.asking_organisation_id)
        .outerjoin(decider, decider.id == SecondOpinion.decided_by)
    )


def list_opinions(
    session: Session, actor: Actor, request: PageRequest, *, now: datetime, state: str | None = None
) -> Page[OpinionRow]:
    """Return the second opinions on the lots of the house and those that the house asked for, the latest first.

    Whoever might grade them blind sees only those that are closed; a deadline that has passed reads as lapsed.
    """
    seen = or_(
        SecondOpinion.organisation_id == actor.organisation_id,
        SecondOpinion.asking_organisation_id == actor.organisation_id,
    )
    statement = _opinions().where(seen)
    if actor.may(Permission.GRADES_CONFIRM):
        closed = or_(SecondOpinion.state != OpinionState.OPEN.value, SecondOpinion.deadline < now)
        statement = statement.where(or_(closed, SecondOpinion.asked_by == actor.user_id))
    if state is not None:
        statement = statement.where(SecondOpinion.state == state)
    latest_first = statement.order_by(SecondOpinion.asked_at.desc(), SecondOpinion.id.desc())
    page = paginate_rows(
        session, order_by(latest_first, request.sort, SORT_COLUMNS, SecondOpinion.id), request
    )
    return Page([_row(row, now, actor) for row in page.items], page.page, page.page_size, page.total)


def opinions_of_lot(session: Session, actor: Actor, lot_id: UUID, *, now: datetime) -> Sequence[OpinionRow]:
    """Return the second opinions on one lot, the latest first; the caller has checked who may see it.

    Who may grade blind is not told that one is open.
    """
    statement = _opinions().where(SecondOpinion.lot_id == lot_id).order_by(SecondOpinion.asked_at.desc())
    rows = [_row(row, now, actor) for row in session.execute(statement)]
    if not actor.may(Permission.GRADES_CONFIRM):
        return rows
    return [row for row in rows if row.state != OpinionState.OPEN or row.asked_by == actor.user_id]


def _row(row: Any, now: datetime, actor: Actor) -> OpinionRow:
    found = dict(zip(OpinionRow.__slots__, row, strict=True))
    if found["state"] == OpinionState.OPEN.value:
        if now > found["deadline"]:
            found["state"] = OpinionState.LAPSED.value
        elif actor.may(Permission.GRADES_CONFIRM) and found["asked_by"] != actor.user_id:
            found["code"] = None
    return OpinionRow(**found)


@dataclass(frozen=True, slots=True)
class OwnDelivery:
    """A delivery as its producer sees it, and whether a second opinion can still be asked."""

    id: UUID
    number: str
    organisation_id: UUID
    organisation: str
    commodity: str
    delivered_at: datetime
    quantity: int
    unit: str
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None
    grade_confirmed: bool
    state: str
    #: until when one may ask; None: not now
    ask_until: datetime | None
    opinion: OpinionRow | None
    #: why it is this class, and the step to the next one; None where no rule said so
    sentence: Message | None


def own_deliveries(session: Session, actor: Actor, *, now: datetime) -> Sequence[OwnDelivery]:
    """Return the latest deliveries of the producer whose sign-in this is, at all organisations."""
    producer = producer_of_user(session, actor.user_id) if actor.user_id else None
    if producer is None:
        return []
    graded = (
        select(LotGrade.lot_id, func.max(LotGrade.graded_at).label("at"))
        .where(LotGrade.kind.in_(FINAL))
        .group_by(LotGrade.lot_id)
        .subquery()
    )
    rows = session.execute(
        select(Lot, Organisation.name, graded.c.at)
        .join(Organisation, Organisation.id == Lot.organisation_id)
        .outerjoin(graded, graded.c.lot_id == Lot.id)
        .where(Lot.producer_id == producer.id, Lot.state != "cancelled")
        .order_by(Lot.delivered_at.desc(), Lot.id.desc())
        .limit(MAX_OWN)
    ).all()
    opinions: dict[UUID, OpinionRow] = {}
    statement = _opinions().where(SecondOpinion.lot_id.in_([lot.id for lot, _, _ in rows]))
    for row in session.execute(statement.order_by(SecondOpinion.asked_at)):
        found = _row(row, now, actor)
        opinions[found.lot_id] = found
    terms = {house: terms_of(session, house) for house in {lot.organisation_id for lot, _, _ in rows}}
    sentences = _sentences(session, [lot for lot, _, _ in rows])
    return [
        _own(
            lot, name, graded_at, terms[lot.organisation_id], opinions.get(lot.id), now, sentences.get(lot.id)
        )
        for lot, name, graded_at in rows
    ]


def _sentences(session: Session, lots: Sequence[Lot]) -> dict[UUID, Message]:
    """Return the sentence for the producer of each lot's class, as the latest grading that gave this class said it."""
    counts = {lot.id: (lot.grade_scheme, lot.grade_edition, lot.grade_key) for lot in lots}
    rows = session.execute(
        select(LotGrade.lot_id, LotGrade.scheme, LotGrade.edition, LotGrade.key, LotGrade.reasons)
        .where(LotGrade.lot_id.in_(counts))
        .order_by(LotGrade.graded_at, LotGrade.id)
    )
    found: dict[UUID, Message] = {}
    for lot_id, scheme, edition, key, reasons in rows:
        sentence = sentence_of(reasons)
        if sentence is not None and counts[lot_id] == (scheme, edition, key):
            found[lot_id] = sentence
    return found


def _own(  # noqa: PLR0917 - the parts of one row
    lot: Lot,
    name: str,
    graded_at: datetime | None,
    terms: Terms,
    opinion: OpinionRow | None,
    now: datetime,
    sentence: Message | None,
) -> OwnDelivery:
    until = None
    if graded_at is not None and lot.grade_confirmed and lot.grade_scheme is not None:
        is_had = (
            opinion is not None
            and opinion.asked_at >= graded_at
            and opinion.state in {OpinionState.OPEN, OpinionState.DECIDED}
        )
        limit = terms.ask_until(graded_at)
        until = limit if now <= limit and not is_had else None
    return OwnDelivery(
        lot.id,
        lot.number,
        lot.organisation_id,
        name,
        lot.commodity,
        lot.delivered_at,
        lot.quantity,
        lot.unit,
        lot.grade_scheme,
        lot.grade_edition,
        lot.grade_key,
        lot.grade_confirmed,
        lot.state,
        until,
        opinion,
        sentence,
    )
