"""Changing members, leaving and coming back, communities."""

from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.core.paging import PageRequest
from chain.producers import queries
from chain.producers.errors import AlreadyMember, CommunityExists, LeavingBeforeJoining, NotAMember
from chain.producers.models import Producer
from chain.producers.rules import Person
from chain.producers.services import (
    ProducersAudit,
    add_membership,
    create_community,
    end_membership,
    register_member,
    update_producer,
)
from tests.support.cast import Cast


@pytest.fixture
def rosa(session: Session, cast: Cast, now: datetime) -> Producer:
    person = Person("Rosa Quispe", "female", document_kind="dni", document_number="01234567")
    return register_member(
        session, actor=cast.clerk.actor, now=now, id=new_id(), person=person, joined_on=date(2026, 1, 2)
    ).producer


def test_a_change_is_kept_with_before_and_after(
    session: Session, cast: Cast, now: datetime, rosa: Producer
) -> None:
    person = Person(
        "Rosa Quispe Ñuñez", "female", phone="951234567", document_kind="dni", document_number="01234567"
    )
    update_producer(session, actor=cast.clerk.actor, now=now, producer_id=rosa.id, person=person)
    assert (rosa.search_name, rosa.phone) == ("rosa quispe nunez", "951234567")
    record = session.scalars(
        select(AuditRecord).where(AuditRecord.tag == ProducersAudit.PRODUCER_CHANGED)
    ).one()
    assert record.before == {"full_name": "Rosa Quispe", "phone": None}
    assert record.after == {"full_name": "Rosa Quispe Ñuñez", "phone": "951234567"}


def test_a_change_of_nothing_leaves_no_record(
    session: Session, cast: Cast, now: datetime, rosa: Producer
) -> None:
    person = Person(rosa.full_name, rosa.sex, document_kind="dni", document_number="01234567")
    update_producer(session, actor=cast.clerk.actor, now=now, producer_id=rosa.id, person=person)
    tags = session.scalars(select(AuditRecord.tag)).all()
    assert ProducersAudit.PRODUCER_CHANGED not in tags


def test_the_document_of_another_member_is_refused(
    session: Session, cast: Cast, now: datetime, rosa: Producer
) -> None:
    other = register_member(
        session, actor=cast.clerk.actor, now=now, id=new_id(), person=Person("Juan Apaza", "male")
    ).producer
    person = Person("Juan Apaza", "male", document_kind="dni", document_number="01234567")
    with pytest.raises(AlreadyMember):
        update_producer(session, actor=cast.clerk.actor, now=now, producer_id=other.id, person=person)


def test_an_outsider_cannot_change_a_producer(
    session: Session, cast: Cast, now: datetime, rosa: Producer
) -> None:
    with pytest.raises(NotFound):
        update_producer(
            session,
            actor=cast.outsider.actor,
            now=now,
            producer_id=rosa.id,
            person=Person("Otra Cosa", "male"),
        )


def test_who_left_delivers_no_more_but_stays_on_file(
    session: Session, cast: Cast, now: datetime, rosa: Producer
) -> None:
    end_membership(session, actor=cast.clerk.actor, now=now, producer_id=rosa.id)
    assert queries.member_ids_among(session, cast.centre.id, [rosa.id]) == set()
    assert queries.producers_by_member_code(session, cast.centre.id, ["CC01-0001"]) == {}
    assert queries.names_of(session, cast.centre.id, [rosa.id])[rosa.id].full_name == "Rosa Quispe"
    assert queries.get_producer_for(session, cast.clerk.actor, rosa.id) is rosa
    former = queries.search_producers(session, cast.clerk.actor, "", PageRequest(), former=True)
    assert [row.left_on for row in former.items] == [date(2026, 3, 16)]
    with pytest.raises(NotAMember):
        end_membership(session, actor=cast.clerk.actor, now=now, producer_id=rosa.id)


def test_who_comes_back_keeps_the_code(session: Session, cast: Cast, now: datetime, rosa: Producer) -> None:
    end_membership(session, actor=cast.clerk.actor, now=now, producer_id=rosa.id)
    membership = add_membership(session, actor=cast.clerk.actor, now=now, producer_id=rosa.id)
    assert (membership.left_on, membership.member_code) == (None, "CC01-0001")
    assert queries.member_ids_among(session, cast.centre.id, [rosa.id]) == {rosa.id}


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 3, 17)])
def test_the_last_day_lies_between_joining_and_today(
    session: Session, cast: Cast, now: datetime, rosa: Producer, day: date
) -> None:
    with pytest.raises(LeavingBeforeJoining):
        end_membership(session, actor=cast.clerk.actor, now=now, producer_id=rosa.id, left_on=day)


def test_an_outsider_cannot_take_a_person_into_the_roll_by_id(
    session: Session, cast: Cast, now: datetime, rosa: Producer
) -> None:
    with pytest.raises(NotFound):
        add_membership(session, actor=cast.outsider.actor, now=now, producer_id=rosa.id)


def test_a_community_is_made_once(session: Session, cast: Cast, now: datetime) -> None:
    key = new_id()
    facts = {"name": " Oropesa ", "district": "Antabamba", "region": "Apurímac"}
    made = create_community(session, actor=cast.clerk.actor, now=now, id=key, **facts)
    assert create_community(session, actor=cast.clerk.actor, now=now, id=key, **facts) is made
    assert (made.name, made.country) == ("Oropesa", "PE")
    with pytest.raises(IdempotencyConflict):
        create_community(session, actor=cast.clerk.actor, now=now, id=key, **{**facts, "name": "Otra"})
    with pytest.raises(CommunityExists):
        create_community(session, actor=cast.clerk.actor, now=now, id=new_id(), **facts)
    with pytest.raises(ValidationFailed):
        create_community(
            session, actor=cast.clerk.actor, now=now, id=new_id(), name="", district="x", region=""
        )
    listed = queries.list_communities(session, cast.clerk.actor, PageRequest())
    assert [one.id for one in listed.items] == [key]
    assert not queries.list_communities(session, cast.outsider.actor, PageRequest()).items


def test_a_community_of_another_country_cannot_be_chosen(session: Session, cast: Cast, now: datetime) -> None:
    abroad = create_community(
        session,
        actor=cast.outsider.actor,
        now=now,
        id=new_id(),
        name="Turco",
        district="Turco",
        region="Oruro",
    )
    with pytest.raises(ValidationFailed):
        register_member(
            session,
            actor=cast.clerk.actor,
            now=now,
            id=new_id(),
            person=Person("Rosa Quispe", "female", community_id=abroad.id),
        )
