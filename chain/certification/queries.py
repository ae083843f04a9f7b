"""Reads of certificates. Who keeps a certificate sees it, and so does every organisation of which its holder is a member."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.certification.models import Certificate
from chain.certification.rules import EXPIRY_NOTICE, Claim, State, best_on, claim_of_level
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, order_by, paginate_rows
from chain.producers.models import Membership, Producer
from chain.producers.rules import search_words

#: Producers of one IN list: far under the limits of both databases (32,766 on SQLite, 65,535 on PostgreSQL).
CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class ClaimOn:
    """What may be said of a producer's goods on a day, and by which paper."""

    claim: Claim
    certificate_id: UUID
    number: str
    issued_by: str
    #: last day, included
    valid_to: date


@dataclass(frozen=True, slots=True)
class _Dated:
    """A certificate as `claims_on` reads it."""

    id: UUID
    producer_id: UUID
    level: str
    number: str
    issued_by: str
    valid_from: date
    valid_to: date
    suspended_from: date | None


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A certificate as lists show it."""

    certificate: Certificate
    producer_name: str
    keeper_name: str


SORT_COLUMNS = {
    "valid_to": Certificate.valid_to,
    "valid_from": Certificate.valid_from,
    "number": Certificate.number,
    "producer": Producer.search_name,
}


def claims_on(session: Session, pairs: Collection[tuple[UUID, date]]) -> dict[tuple[UUID, date], ClaimOn]:
    """Return what may be said of each producer's goods on each day; a missing pair is conventional.

    One statement for up to `CHUNK` producers, however many days.
    """
    wanted = set(pairs)
    if not wanted:
        return {}
    first, last = min(day for _, day in wanted), max(day for _, day in wanted)
    held: dict[UUID, list[_Dated]] = defaultdict(list)
    for one in _certificates_between(session, sorted({key for key, _ in wanted}), first, last):
        held[one.producer_id].append(one)
    found: dict[tuple[UUID, date], ClaimOn] = {}
    for producer_id, day in wanted:
        best = best_on(held.get(producer_id, ()), day)
        if best is not None:
            claim = claim_of_level(best.level)
            found[producer_id, day] = ClaimOn(claim, best.id, best.number, best.issued_by, best.valid_to)
    return found


_certificate = Certificate.__table__
#: Over the table rather than objects, and built once: every registration of a lot asks it.
_BETWEEN = (
    select(
        _certificate.c.id,
        _certificate.c.producer_id,
        _certificate.c.level,
        _certificate.c.number,
        _certificate.c.issued_by,
        _certificate.c.valid_from,
        _certificate.c.valid_to,
        _certificate.c.suspended_from,
    )
    .where(
        _certificate.c.producer_id.in_(bindparam("producer_ids", expanding=True)),
        _certificate.c.valid_from <= bindparam("last"),
        _certificate.c.valid_to >= bindparam("first"),
    )
    .order_by(_certificate.c.id)
)


def _certificates_between(
    session: Session, producer_ids: Sequence[UUID], first: date, last: date
) -> Iterator[_Dated]:
    connection = session.connection()
    for start in range(0, len(producer_ids), CHUNK):
        wanted = {"producer_ids": producer_ids[start : start + CHUNK], "first": first, "last": last}
        yield from (_Dated(*row) for row in connection.execute(_BETWEEN, wanted))


def claim_on(session: Session, producer_id: UUID, day: date) -> ClaimOn | None:
    """Return what may be said of a producer's goods on a day; None: conventional."""
    return claims_on(session, [(producer_id, day)]).get((producer_id, day))


def get_certificate_for(session: Session, actor: Actor, certificate_id: UUID) -> Certificate:
    """Return a certificate that the actor's organisation keeps or whose holder is its member.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.scalar(select(Certificate).where(Certificate.id == certificate_id, _visible_to(actor)))
    if found is None:
        raise NotFound
    return found


def get_certificate_row_for(session: Session, actor: Actor, certificate_id: UUID) -> CertificateRow:
    """Return a certificate with the names of its holder and keeper.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = session.execute(_with_names().where(Certificate.id == certificate_id, _visible_to(actor))).first()
    if row is None:
        raise NotFound
    return CertificateRow(*row)


def list_certificates(
    session: Session,
    actor: Actor,
    request: PageRequest,
    *,
    today: date,
    state: State | None = None,
    text: str | None = None,
    producer_id: UUID | None = None,
) -> Page[CertificateRow]:
    """Return the certificates that the organisation may see, the last to expire first; by state, holder or number."""
    statement = _with_names().where(_visible_to(actor)).order_by(Certificate.valid_to.desc(), Certificate.id)
    if state is not None:
        statement = statement.where(*_in_state(state, today))
    if producer_id is not None:
        statement = statement.where(Certificate.producer_id == producer_id)
    for word in search_words(text):
        statement = statement.where(
            or_(
                Producer.search_name.contains(word, autoescape=True),
                Certificate.number.icontains(word, autoescape=True),
            )
        )
    statement = order_by(statement, request.sort, SORT_COLUMNS, Certificate.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([CertificateRow(*row) for row in page.items], page.page, page.page_size, page.total)


def count_expiring(session: Session, actor: Actor, *, today: date) -> int:
    """Return how many certificates that the organisation may see end within the time of the expiry notice."""
    statement = (
        select(func.count())
        .select_from(Certificate)
        .where(_visible_to(actor), *_in_state(State.EXPIRING, today))
    )
    return session.scalar(statement) or 0


def _with_names() -> Select[tuple[Certificate, str, str]]:
    return (
        select(Certificate, Producer.full_name, Organisation.name)
        .join(Producer, Producer.id == Certificate.producer_id)
        .join(Organisation, Organisation.id == Certificate.issuer_id)
    )


def _visible_to(actor: Actor) -> ColumnElement[bool]:
    in_roll = (
        select(Membership.id)
        .where(
            Membership.producer_id == Certificate.producer_id,
            Membership.organisation_id == actor.organisation_id,
        )
        .exists()
    )
    return or_(Certificate.issuer_id == actor.organisation_id, in_roll)


def _in_state(state: State, today: date) -> list[ColumnElement[bool]]:
    """Return the conditions of `rules.state_on`, for lists."""
    stands = or_(Certificate.suspended_from.is_(None), Certificate.suspended_from > today)
    notice = today + EXPIRY_NOTICE
    conditions = {
        State.EXPIRED: [Certificate.valid_to < today],
        State.SUSPENDED: [Certificate.valid_to >= today, Certificate.suspended_from <= today],
        State.NOT_YET: [Certificate.valid_from > today, stands],
        State.EXPIRING: [
            Certificate.valid_from <= today,
            Certificate.valid_to >= today,
            Certificate.valid_to <= notice,
            stands,
        ],
        State.IN_FORCE: [Certificate.valid_from <= today, Certificate.valid_to > notice, stands],
    }
    return conditions[state]
