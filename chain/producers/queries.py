"""Reads of producers. An organisation sees the people of its own roll, whoever left included, and nobody else."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, Permission
from chain.core.among import among
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, order_by, paginate, paginate_rows
from chain.producers.card_rules import CardCode, card_in
from chain.producers.errors import UnknownCard
from chain.producers.models import Community, Membership, Producer
from chain.producers.rules import clean_code, search_words

T = TypeVar("T")

#: Values of one IN list: far under the limits of both databases (32,766 on SQLite, 65,535 on PostgreSQL).
CHUNK = 10_000
#: Communities that a list to choose from holds.
MAX_COMMUNITIES = 2000
#: Members of one name that a clerk is shown.
MAX_HOMONYMS = 5
#: The latest minted codes that are looked at for the next one.
CODES_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class ProducerRow:
    """A member as lists show them; no document number."""

    id: UUID
    full_name: str
    sex: str
    member_code: str
    community: str | None
    phone: str | None
    joined_on: date
    left_on: date | None


@dataclass(frozen=True, slots=True)
class ProducerName:
    """How a producer is called in one organisation."""

    full_name: str
    member_code: str
    community: str | None
    sex: str


SORT_COLUMNS = {
    "name": Producer.search_name,
    "member_code": Membership.member_code,
    "community": Community.name,
    "joined_on": Membership.joined_on,
}


def get_producer_for(session: Session, actor: Actor, producer_id: UUID) -> Producer:
    """Return a producer who is or was a member of the actor's organisation, or is the actor.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.scalar(select(Producer).where(Producer.id == producer_id, _visible_to(actor)))
    if found is None:
        raise NotFound
    return found


def _visible_to(actor: Actor) -> ColumnElement[bool]:
    in_roll = (
        select(Membership.id)
        .where(Membership.producer_id == Producer.id, Membership.organisation_id == actor.organisation_id)
        .exists()
    )
    if actor.user_id is None:
        return in_roll
    return or_(in_roll, Producer.user_id == actor.user_id)


def find_membership(session: Session, organisation_id: UUID, producer_id: UUID) -> Membership | None:
    """Return the membership of a producer in an organisation, also an ended one."""
    return session.scalar(
        select(Membership).where(
            Membership.organisation_id == organisation_id, Membership.producer_id == producer_id
        )
    )


def search_producers(
    session: Session,
    actor: Actor,
    text: str | None,
    request: PageRequest,
    *,
    community_id: UUID | None = None,
    former: bool = False,
) -> Page[ProducerRow]:
    """Return members whose name holds every word of the text, or whose code begins with it; by name.

    Whoever may write producers also finds them by the whole number of their document; a scanned member card finds its
    member alone. `former` lists those who left.
    """
    statement = (
        _roll(actor)
        .where(Membership.left_on.is_not(None) if former else Membership.left_on.is_(None))
        .order_by(Producer.search_name, Producer.id)
    )
    words, card = search_words(text), card_in(text or "")
    if card is not None:
        statement = statement.where(*_has_card(card))
    elif words:
        statement = statement.where(or_(*_matches(actor, text or "", words)))
    if community_id is not None:
        statement = statement.where(Producer.community_id == community_id)
    statement = order_by(statement, request.sort, SORT_COLUMNS, Producer.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([ProducerRow(*row) for row in page.items], page.page, page.page_size, page.total)


def _roll(actor: Actor) -> Select[tuple[UUID, str, str, str, str, str | None, date, date | None]]:
    return (
        select(
            Producer.id,
            Producer.full_name,
            Producer.sex,
            Membership.member_code,
            Community.name,
            Producer.phone,
            Membership.joined_on,
            Membership.left_on,
        )
        .join(Membership, Membership.producer_id == Producer.id)
        .outerjoin(Community, Community.id == Producer.community_id)
        .where(Membership.organisation_id == actor.organisation_id)
    )


def _matches(actor: Actor, text: str, words: Sequence[str]) -> list[ColumnElement[bool]]:
    code = clean_code(text) or ""
    found = [
        and_(*(Producer.search_name.contains(word, autoescape=True) for word in words)),
        Membership.member_code.startswith(code, autoescape=True),
    ]
    if actor.may(Permission.PRODUCERS_WRITE):
        found.append(Producer.document_number == code)
    return found


def _has_card(card: CardCode) -> tuple[ColumnElement[bool], ...]:
    return Membership.member_code == card.member_code, Membership.card_token == card.token


def producer_of_card(session: Session, organisation_id: UUID, card: CardCode) -> UUID:
    """Return the present member of an organisation whose valid card it is.

    Raises:
        UnknownCard: it was replaced, is somebody else's, or the member left.
    """
    found = session.scalar(
        select(Membership.producer_id).where(
            Membership.organisation_id == organisation_id, Membership.left_on.is_(None), *_has_card(card)
        )
    )
    if found is None:
        raise UnknownCard
    return found


def producers_by_member_code(
    session: Session, organisation_id: UUID, codes: Iterable[str]
) -> dict[str, UUID]:
    """Return the current members behind member codes, keyed by the codes as given; unknown codes are missing."""
    typed = {code: clean_code(code) for code in codes}
    wanted = sorted({code for code in typed.values() if code})
    found: dict[str, UUID] = {}
    for chunk in _chunks(wanted):
        rows = session.execute(
            select(Membership.member_code, Membership.producer_id).where(
                Membership.organisation_id == organisation_id,
                Membership.left_on.is_(None),
                Membership.member_code.in_(chunk),
            )
        )
        found.update((code, producer_id) for code, producer_id in rows)
    return {code: found[clean] for code, clean in typed.items() if clean in found}


_membership = Membership.__table__
#: Over the table rather than objects, and built once: every registration of a lot asks it.
_MEMBERS_AMONG = select(_membership.c.producer_id).where(
    _membership.c.organisation_id == bindparam("organisation_id"),
    _membership.c.left_on.is_(None),
    _membership.c.producer_id.in_(bindparam("ids", expanding=True)),
)


def member_ids_among(session: Session, organisation_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Return those of the given producers who are members of the organisation now."""
    connection = session.connection()
    found: set[UUID] = set()
    for chunk in _chunks(sorted(set(ids))):
        wanted = {"organisation_id": organisation_id, "ids": chunk}
        found.update(connection.scalars(_MEMBERS_AMONG, wanted))
    return found


def names_of(
    session: Session, organisation_id: UUID, producer_ids: Collection[UUID]
) -> dict[UUID, ProducerName]:
    """Return how producers are called in an organisation, those who left included; strangers are missing."""
    rows = session.execute(
        select(Producer.id, Producer.full_name, Membership.member_code, Community.name, Producer.sex)
        .join(Membership, Membership.producer_id == Producer.id)
        .outerjoin(Community, Community.id == Producer.community_id)
        .where(
            Membership.organisation_id == organisation_id,
            among(session, Producer.id, set(producer_ids)),
        )
    )
    return {key: ProducerName(name, code, place, sex) for key, name, code, place, sex in rows}


def producer_of_user(session: Session, user_id: UUID) -> Producer | None:
    """Return the producer whose own sign-in this is."""
    return session.scalar(select(Producer).where(Producer.user_id == user_id))


def find_by_document(session: Session, country: str, kind: str, number: str) -> Producer | None:
    """Return the producer with a document, of whatever organisation; for services only."""
    return session.scalar(
        select(Producer).where(
            Producer.country == country,
            Producer.document_kind == kind,
            Producer.document_number == number,
        )
    )


def same_names_in_roll(
    session: Session,
    organisation_id: UUID,
    search_name: str,
    *,
    besides: UUID | None = None,
    document_number: str | None = None,
) -> list[ProducerName]:
    """Return members with the same name, so that a clerk sees a homonym before making a second person of one.

    Left out: the person with the id `besides` and whoever shows the given document, who is no other person.
    """
    statement = (
        select(Producer.full_name, Membership.member_code, Community.name, Producer.sex)
        .join(Membership, Membership.producer_id == Producer.id)
        .outerjoin(Community, Community.id == Producer.community_id)
        .where(Membership.organisation_id == organisation_id, Producer.search_name == search_name)
        .order_by(Membership.member_code)
        .limit(MAX_HOMONYMS)
    )
    if besides is not None:
        statement = statement.where(Producer.id != besides)
    if document_number is not None:
        statement = statement.where(
            or_(Producer.document_number.is_(None), Producer.document_number != document_number)
        )
    return [ProducerName(*row) for row in session.execute(statement)]


def latest_codes(session: Session, organisation_id: UUID, prefix: str) -> Sequence[str]:
    """Return the highest member codes with a prefix, longest and last in the alphabet first."""
    code = Membership.member_code
    return session.scalars(
        select(code)
        .where(Membership.organisation_id == organisation_id, code.startswith(prefix, autoescape=True))
        .order_by(func.length(code).desc(), code.desc())
        .limit(CODES_LOOKED_AT)
    ).all()


def country_of(session: Session, actor: Actor) -> str:
    """Return the country of the actor's organisation."""
    country = session.scalar(select(Organisation.country).where(Organisation.id == actor.org))
    if country is None:
        raise NotFound
    return country


def list_communities(session: Session, actor: Actor, request: PageRequest) -> Page[Community]:
    """Return the communities of the organisation's country, by region, district and name."""
    statement = (
        select(Community)
        .where(Community.country == country_of(session, actor))
        .order_by(Community.region, Community.district, Community.name, Community.id)
    )
    columns = {"name": Community.name, "district": Community.district, "region": Community.region}
    return paginate(session, order_by(statement, request.sort, columns, Community.id.expression), request)


def community_choices(session: Session, actor: Actor) -> Sequence[Community]:
    """Return the communities of the organisation's country to choose from, by name."""
    return session.scalars(
        select(Community)
        .where(Community.country == country_of(session, actor))
        .order_by(Community.name, Community.district, Community.id)
        .limit(MAX_COMMUNITIES)
    ).all()


def _chunks(values: Sequence[T]) -> Iterable[Sequence[T]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


@dataclass(frozen=True, slots=True)
class CardCounts:
    """How many members there are, and how many of them have a card."""

    members: int
    with_card: int


def count_cards(session: Session, actor: Actor) -> CardCounts:
    """Return how many present members of the actor's organisation have a card."""
    row = session.execute(
        select(func.count(), func.count(Membership.card_token)).where(
            Membership.organisation_id == actor.org, Membership.left_on.is_(None)
        )
    ).one()
    return CardCounts(*row)


def ids_for_cards(
    session: Session, actor: Actor, *, without_card: bool, part: int, size: int
) -> Sequence[UUID]:
    """Return present members whose cards are to be printed, by code: those without one, or a part of all."""
    statement = select(Membership.producer_id).where(
        Membership.organisation_id == actor.org, Membership.left_on.is_(None)
    )
    if without_card:
        statement = statement.where(Membership.card_token.is_(None))
    ordered = statement.order_by(Membership.member_code, Membership.id)
    return session.scalars(ordered.limit(size).offset(min(part, 10_000) * size)).all()
