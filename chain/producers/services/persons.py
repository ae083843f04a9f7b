"""Persons: register one as a member, write one anew."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.errors import Conflict, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.core.idempotency import run_once
from chain.producers import queries
from chain.producers.errors import AlreadyMember, DocumentOfAnother, MemberCodeTaken
from chain.producers.models import Community, Membership, Producer
from chain.producers.rules import Person, check_code, check_person, clean_code, same_name, search_form
from chain.producers.services.desk import Desk, ProducersAudit, open_desk
from chain.producers.services.memberships import begin_membership, current_member


@dataclass(frozen=True, slots=True)
class Registered:
    """What a registration did."""

    producer: Producer
    membership: Membership
    #: False: the same command came before
    is_new: bool
    #: True: the person was already on file in another organisation and joined this one too
    is_linked: bool


def register_producer(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the client's name for it, as in the API
    full_name: str,
    sex: str,
    birth_year: int | None = None,
    document_kind: str | None = None,
    document_number: str | None = None,
    phone: str | None = None,
    community_id: UUID | None = None,
    member_code: str | None = None,
    joined_on: date | None = None,
) -> Producer:
    """Register a person as a member of the actor's organisation; see `register_member`."""
    person = Person(full_name, sex, birth_year, document_kind, document_number, phone, community_id)
    return register_member(
        session, actor=actor, now=now, id=id, person=person, member_code=member_code, joined_on=joined_on
    ).producer


def register_member(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the client's name for it, as in the API
    person: Person,
    member_code: str | None = None,
    joined_on: date | None = None,
) -> Registered:
    """Register a person as a member of the actor's organisation, once per id.

    A person who is on file in another organisation under the same document and a closely matching name becomes a
    member here too and keeps their one id; what is on file stays as it is. Without a code one is minted.

    Raises:
        ValidationFailed: what is written of the person cannot be right.
        AlreadyMember: the document is in the organisation's own roll.
        DocumentOfAnother: the document is on file under another name.
        MemberCodeTaken: another member has the code.
        IdempotencyConflict: the id was used with other content.
    """
    desk = open_desk(session, actor, now)
    person, code = person.cleaned(), clean_code(member_code)

    def command() -> dict[str, Any]:
        producer, is_linked = _register(desk, id, person, code, joined_on)
        return {"producer_id": producer.id, "is_linked": is_linked}

    answer, is_new = run_once(
        session,
        scope=f"{actor.org}:register-producer",
        key=str(id),
        content={**person.as_mapping(), "member_code": code, "joined_on": joined_on},
        now=now,
        command=command,
    )
    producer = queries.get_producer_for(session, actor, UUID(str(answer["producer_id"])))
    membership = queries.find_membership(session, actor.org, producer.id)
    if membership is None:
        raise NotFound
    return Registered(producer, membership, is_new, bool(answer["is_linked"]))


def _register(
    desk: Desk, producer_id: UUID, person: Person, code: str | None, joined_on: date | None
) -> tuple[Producer, bool]:
    _check(desk, person, code, joined_on)
    first_day = joined_on or desk.today
    known = _known_person(desk, person)
    if known is not None:
        begin_membership(desk, known, code, first_day)
        return known, True
    if desk.session.get(Producer, producer_id) is not None:
        raise IdempotencyConflict
    producer = Producer(
        id=producer_id,
        country=desk.organisation.country,
        search_name=search_form(person.full_name),
        user_id=None,
        created_at=desk.now,
        created_by=desk.actor.user_id,
        **person.as_mapping(),
    )
    _store_person(desk.session, producer)
    audit.record(
        desk.session,
        tag=ProducersAudit.PRODUCER_REGISTERED,
        actor=desk.actor,
        now=desk.now,
        subject_type="producer",
        subject_id=producer.id,
        after=person.as_mapping(),
    )
    begin_membership(desk, producer, code, first_day)
    return producer, False


def _check(desk: Desk, person: Person, code: str | None, joined_on: date | None = None) -> None:
    errors = check_person(person, desk.today)
    if code is not None:
        check_code(code, errors)
    if joined_on is not None and joined_on > desk.today:
        errors.add("joined_on", N_("The day lies in the future."))
    if person.community_id is not None:
        community = desk.session.get(Community, person.community_id)
        if community is None or community.country != desk.organisation.country:
            errors.add("community_id", N_("Choose a community of the list."))
    errors.raise_any()


def _known_person(desk: Desk, person: Person) -> Producer | None:
    """Return the person who is on file with the document elsewhere; refuse who is here or has another name."""
    if person.document_kind is None or person.document_number is None:
        return None
    known = queries.find_by_document(
        desk.session, desk.organisation.country, person.document_kind, person.document_number
    )
    if known is None:
        return None
    here = queries.find_membership(desk.session, desk.organisation.id, known.id)
    if here is not None:
        raise AlreadyMember(name=known.full_name, member_code=here.member_code)
    if not same_name(known.full_name, person.full_name):
        raise DocumentOfAnother
    return known


def _store_person(session: Session, producer: Producer) -> None:
    try:
        with session.begin_nested():
            session.add(producer)
    except IntegrityError:
        # in this very moment somebody else stored the same document or, from the same form, the same id
        raise (DocumentOfAnother if producer.document_number else Conflict) from None


def person_of(producer: Producer) -> Person:
    """Return what is on file of a producer."""
    return Person(
        full_name=producer.full_name,
        sex=producer.sex,
        birth_year=producer.birth_year,
        document_kind=producer.document_kind,
        document_number=producer.document_number,
        phone=producer.phone,
        community_id=producer.community_id,
    )


def update_producer(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    producer_id: UUID,
    person: Person,
    member_code: str | None = None,
) -> Producer:
    """Write a member anew; the audit trail keeps what changed. Without a code the member keeps the present one.

    Raises:
        NotFound: not of the organisation's roll.
        NotAMember: the person left.
        ValidationFailed: what is written cannot be right.
        DocumentOfAnother, AlreadyMember, MemberCodeTaken: the document or code is somebody else's.
    """
    desk = open_desk(session, actor, now)
    producer, membership = current_member(desk, producer_id)
    person, code = person.cleaned(), clean_code(member_code) or membership.member_code
    _check(desk, person, code)
    before = {**person_of(producer).as_mapping(), "member_code": membership.member_code}
    after = {**person.as_mapping(), "member_code": code}
    changed = {name for name, value in after.items() if before[name] != value}
    if not changed:
        return producer
    if {"document_kind", "document_number"} & changed:
        _refuse_foreign_document(desk, producer, person)
    _write_person(session, producer, person)
    _write_code(session, membership, code)
    audit.record(
        session,
        tag=ProducersAudit.PRODUCER_CHANGED,
        actor=actor,
        now=now,
        subject_type="producer",
        subject_id=producer.id,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return producer


def _refuse_foreign_document(desk: Desk, producer: Producer, person: Person) -> None:
    if person.document_kind is None or person.document_number is None:
        return
    holder = queries.find_by_document(
        desk.session, producer.country, person.document_kind, person.document_number
    )
    if holder is None or holder.id == producer.id:
        return
    here = queries.find_membership(desk.session, desk.organisation.id, holder.id)
    if here is not None:
        raise AlreadyMember(name=holder.full_name, member_code=here.member_code)
    raise DocumentOfAnother


def _write_person(session: Session, producer: Producer, person: Person) -> None:
    try:
        with session.begin_nested():
            for name, value in person.as_mapping().items():
                setattr(producer, name, value)
            producer.search_name = search_form(person.full_name)
    except IntegrityError:
        raise DocumentOfAnother from None


def _write_code(session: Session, membership: Membership, code: str) -> None:
    try:
        with session.begin_nested():
            membership.member_code = code
    except IntegrityError:
        raise MemberCodeTaken(member_code=code) from None
