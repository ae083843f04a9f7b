"""Reads of papers: the organisation's, one's own, and by the code of the public check."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation, User
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.papers.models import Paper, PaperPrint
from chain.papers.rules import PaperKind, PaperState, parse_serial, read_permission
from chain.producers.models import Membership, Producer
from chain.producers.queries import producer_of_user
from chain.producers.rules import search_form

PAPER_SORT: SortColumns = {
    "number": Paper.number,
    "issued_at": Paper.issued_at,
    "amount": Paper.amount_minor,
}


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A paper in a list."""

    paper: Paper
    #: the producer or the buyer, as called today; null when it is for nobody in particular
    party_name: str | None
    member_code: str | None


@dataclass(frozen=True, slots=True)
class PaperFilters:
    """Which papers are listed."""

    kind: PaperKind | None = None
    series: str | None = None
    #: a printed number, a member code, or a part of a name
    text: str = ""
    state: PaperState | None = None
    first_day: date | None = None
    last_day: date | None = None
    party_id: UUID | None = None
    subject_type: str | None = None
    #: ids, or a select of ids of another area
    subject_ids: Collection[UUID] | Select[tuple[UUID]] | None = None


def _paper_rows() -> Select[Any]:
    return (
        select(
            Paper, func.coalesce(Producer.full_name, Organisation.name).label("name"), Membership.member_code
        )
        .outerjoin(Producer, Producer.id == Paper.party_id)
        .outerjoin(Organisation, Organisation.id == Paper.party_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == Paper.party_id)
            & (Membership.organisation_id == Paper.organisation_id),
        )
    )


def _page(session: Session, statement: Select[Any], request: PageRequest) -> Page[PaperRow]:
    statement = order_by(statement, request.sort, PAPER_SORT, Paper.id.expression)
    page = paginate_rows(session, statement, request)
    return Page(
        [PaperRow(row[0], row[1], row[2]) for row in page.items], page.page, page.page_size, page.total
    )


def readable_kinds(actor: Actor) -> list[PaperKind]:
    """Return the kinds that the actor may see in the organisation."""
    return [kind for kind in PaperKind if actor.may(read_permission(kind))]


def list_papers(
    session: Session, actor: Actor, request: PageRequest, filters: PaperFilters | None = None
) -> Page[PaperRow]:
    """Return the papers of the actor's organisation that the actor may see, the latest of each series first."""
    statement = _filtered(actor, filters or PaperFilters()).order_by(Paper.series, Paper.number.desc())
    return _page(session, statement, request)


def register_rows(session: Session, actor: Actor, filters: PaperFilters, limit: int) -> list[PaperRow]:
    """Return the papers of a list in the order of their numbers, for the file of the register."""
    statement = _filtered(actor, filters).order_by(Paper.series, Paper.number).limit(limit)
    return [PaperRow(row[0], row[1], row[2]) for row in session.execute(statement)]


def _filtered(actor: Actor, filters: PaperFilters) -> Select[Any]:
    kinds = [kind.value for kind in readable_kinds(actor) if filters.kind in {None, kind}]
    statement = _paper_rows().where(Paper.organisation_id == actor.org, Paper.kind.in_(kinds))
    if filters.series:
        statement = statement.where(Paper.series == filters.series.strip().upper())
    if filters.state is not None:
        is_void = Paper.voided_at.is_not(None)
        statement = statement.where(is_void if filters.state is PaperState.VOIDED else ~is_void)
    if filters.first_day is not None:
        statement = statement.where(Paper.issued_on >= filters.first_day)
    if filters.last_day is not None:
        statement = statement.where(Paper.issued_on <= filters.last_day)
    if filters.party_id is not None:
        statement = statement.where(Paper.party_id == filters.party_id)
    if filters.subject_type is not None:
        statement = statement.where(Paper.subject_type == filters.subject_type)
    if filters.subject_ids is not None:
        statement = statement.where(Paper.subject_id.in_(filters.subject_ids))
    return _with_text(statement, filters.text.strip())


def _with_text(statement: Select[Any], wanted: str) -> Select[Any]:
    if not wanted:
        return statement
    # a printed number, a member code (which may look like one: CC01-0001) or a name; a bare number finds it in every series
    matches = [
        Producer.search_name.contains(search_form(wanted), autoescape=True),
        func.lower(Organisation.name).contains(wanted.lower(), autoescape=True),
        func.lower(Membership.member_code) == wanted.lower(),
    ]
    number = parse_serial(wanted)
    if number is not None:
        matches.append(and_(Paper.series == number[0], Paper.number == number[1]))
    if wanted.isascii() and wanted.isdigit() and len(wanted) <= 12:  # noqa: PLR2004 - what a number column holds
        matches.append(Paper.number == int(wanted))
    return statement.where(or_(*matches))


def own_papers(session: Session, actor: Actor, request: PageRequest) -> Page[PaperRow]:
    """Return the papers of the producer who is signed in, of every organisation; nobody else's."""
    actor.require(Permission.OWN_INCOME_READ)
    producer = producer_of_user(session, actor.user_id) if actor.user_id else None
    if producer is None:
        return Page([], request.number, request.limit, 0)
    statement = _paper_rows().where(Paper.party_id == producer.id).order_by(Paper.issued_at.desc(), Paper.id)
    return _page(session, statement, request)


def get_paper_for(session: Session, actor: Actor, paper_id: UUID) -> PaperRow:
    """Return a paper of the actor's organisation, or one that is for the actor.

    For the actor: a producer's own, or what another house issued to the actor's house (an invoice).

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = session.execute(_paper_rows().where(Paper.id == paper_id)).first()
    if row is None:
        raise NotFound
    found = PaperRow(row[0], row[1], row[2])
    paper = found.paper
    if paper.organisation_id == actor.organisation_id and actor.may(read_permission(PaperKind(paper.kind))):
        return found
    if paper.party_id is None:
        raise NotFound
    if paper.party_id == actor.organisation_id and actor.may(Permission.INVOICES_PAY):
        return found
    if actor.may(Permission.OWN_INCOME_READ) and actor.user_id is not None:
        own = producer_of_user(session, actor.user_id)
        if own is not None and own.id == paper.party_id:
            return found
    raise NotFound


def lock_paper_for(session: Session, actor: Actor, paper_id: UUID) -> Paper:
    """Lock a paper of the actor's organisation.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    paper = session.scalars(
        select(Paper)
        .where(Paper.id == paper_id, Paper.organisation_id == actor.org)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if paper is None or not actor.may(read_permission(PaperKind(paper.kind))):
        raise NotFound
    return paper


def prints_of(session: Session, paper_id: UUID) -> Sequence[tuple[int, str, datetime, str | None]]:
    """Return copy, format, moment and person of each print of a paper."""
    rows = session.execute(
        select(PaperPrint.copy, PaperPrint.format, PaperPrint.printed_at, User.display_name)
        .outerjoin(User, User.id == PaperPrint.printed_by)
        .where(PaperPrint.paper_id == paper_id)
        .order_by(PaperPrint.copy)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def find_paper_by_code(session: Session, check_code: str) -> Paper | None:
    """Return the paper with a check code, for the public page."""
    return session.scalar(select(Paper).where(Paper.check_code == check_code))


def papers_of_subjects(
    session: Session,
    organisation_id: UUID,
    subject_type: str,
    subject_ids: Collection[UUID] | Select[tuple[UUID]],
    *,
    kind: PaperKind | None = None,
    standing: bool = True,
) -> list[Paper]:
    """Return the papers about subjects in the order of their numbers; `standing` leaves voided ones out."""
    statement = select(Paper).where(
        Paper.organisation_id == organisation_id,
        Paper.subject_type == subject_type,
        Paper.subject_id.in_(subject_ids),
    )
    if kind is not None:
        statement = statement.where(Paper.kind == kind.value)
    if standing:
        statement = statement.where(Paper.voided_at.is_(None))
    return list(session.scalars(statement.order_by(Paper.series, Paper.number)))


def paper_ids_by_serial(
    session: Session, organisation_id: UUID, serials: Sequence[str]
) -> tuple[list[UUID], list[str]]:
    """Return the papers with printed numbers, and the numbers that do not exist."""
    found: list[UUID] = []
    missing: list[str] = []
    for text in serials:
        parsed = parse_serial(text)
        paper_id = parsed and session.scalar(
            select(Paper.id).where(
                Paper.organisation_id == organisation_id,
                Paper.series == parsed[0],
                Paper.number == parsed[1],
            )
        )
        if paper_id:
            found.append(paper_id)
        else:
            missing.append(text)
    return found, missing


def voided_by(session: Session, paper: Paper) -> str | None:
    """Return the name of who voided a paper."""
    return session.scalar(select(User.display_name).where(User.id == paper.voided_by))
