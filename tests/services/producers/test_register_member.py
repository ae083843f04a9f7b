"""Registering members: codes, documents, one id across organisations, the same command twice."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.core.paging import PageRequest
from chain.producers import queries
from chain.producers.errors import AlreadyMember, DocumentOfAnother, MemberCodeTaken
from chain.producers.models import Membership, Producer
from chain.producers.rules import Person
from chain.producers.services import ProducersAudit, Registered, register_member, register_producer
from tests.support.cast import Cast, House
from tests.support.cast import Person as Member

ROSA = Person("Rosa Quispe Mamani", "female", document_kind="dni", document_number="01234567")


def second_house(cast: Cast) -> Member:
    """A clerk's duties in the guarantee committee, which is in the same country."""
    from chain.accounts.rules import Role

    house: House = cast.guarantee
    return Member(cast.certifier.id, "certifier", "x", house, (Role.CLERK, Role.CERTIFIER))


def register(session: Session, who: Member, now: datetime, person: Person = ROSA, **facts: Any) -> Registered:
    return register_member(session, actor=who.actor, now=now, **{"id": new_id(), "person": person, **facts})


def test_a_member_gets_a_code_and_can_be_found(session: Session, cast: Cast, now: datetime) -> None:
    done = register(session, cast.clerk, now)
    assert (done.is_new, done.is_linked) == (True, False)
    assert done.membership.member_code == "CC01-0001"
    assert done.membership.joined_on == date(2026, 3, 16)
    assert done.producer.search_name == "rosa quispe mamani"
    for text in ("quispe", "ROSA mam", "cc01-0001", "01234567", ""):
        page = queries.search_producers(session, cast.clerk.actor, text, PageRequest())
        assert [row.id for row in page.items] == [done.producer.id], text
    assert not queries.search_producers(session, cast.clerk.actor, "zzz", PageRequest()).items


def test_only_whoever_writes_producers_finds_them_by_document(
    session: Session, cast: Cast, now: datetime
) -> None:
    register(session, cast.clerk, now)
    assert not queries.search_producers(session, cast.grader.actor, "01234567", PageRequest()).items


def test_minted_codes_count_on_and_given_ones_are_kept(session: Session, cast: Cast, now: datetime) -> None:
    people = [Person(f"Persona {word}", "not_stated") for word in ("uno", "dos", "tres")]
    first = register(session, cast.clerk, now, people[0])
    given = register(session, cast.clerk, now, people[1], member_code=" socia 7 ")
    third = register(session, cast.clerk, now, people[2])
    codes = [one.membership.member_code for one in (first, given, third)]
    assert codes == ["CC01-0001", "SOCIA 7", "CC01-0002"]
    found = queries.producers_by_member_code(session, cast.centre.id, ["socia 7", "CC01-0002", "none"])
    assert found == {"socia 7": given.producer.id, "CC01-0002": third.producer.id}


def test_a_taken_code_is_refused_and_nothing_is_written(session: Session, cast: Cast, now: datetime) -> None:
    register(session, cast.clerk, now, member_code="A1")
    before = session.scalar(select(func.count()).select_from(Producer))
    with pytest.raises(MemberCodeTaken), session.begin_nested():
        register(session, cast.clerk, now, Person("Otra Persona", "male"), member_code="a1")
    assert session.scalar(select(func.count()).select_from(Producer)) == before


def test_the_same_command_twice_registers_once(session: Session, cast: Cast, now: datetime) -> None:
    key = new_id()
    first = register(session, cast.clerk, now, id=key)
    again = register(session, cast.clerk, now, id=key)
    assert (again.is_new, again.producer.id) == (False, first.producer.id)
    assert session.scalar(select(func.count()).select_from(Membership)) == 1


def test_the_same_id_with_other_content_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    key = new_id()
    register(session, cast.clerk, now, id=key)
    with pytest.raises(IdempotencyConflict):
        register(session, cast.clerk, now, Person("Otra Persona", "male"), id=key)


def test_an_id_of_another_organisation_is_not_answered(session: Session, cast: Cast, now: datetime) -> None:
    key = new_id()
    register(session, cast.clerk, now, id=key)
    with pytest.raises(IdempotencyConflict):
        register(session, cast.outsider, now, Person("Otra Persona", "male"), id=key)


def test_a_document_in_the_own_roll_names_the_member(session: Session, cast: Cast, now: datetime) -> None:
    register(session, cast.clerk, now)
    with pytest.raises(AlreadyMember) as refused:
        register(session, cast.clerk, now)
    assert refused.value.params == {"name": "Rosa Quispe Mamani", "member_code": "CC01-0001"}


def test_a_person_of_another_organisation_joins_with_the_same_id(
    session: Session, cast: Cast, now: datetime
) -> None:
    known = register(session, cast.clerk, now)
    other = second_house(cast)
    typed = Person(
        "Quispe Mamani Rosa", "female", document_kind="dni", document_number="01234567", phone="951234567"
    )
    joined = register(session, other, now, typed)
    assert joined.is_linked
    assert joined.producer.id == known.producer.id
    assert joined.membership.member_code == "SPG1-0001"
    assert joined.producer.phone is None, "what is on file stays as it is"


def test_a_foreign_document_with_another_name_tells_nothing(
    session: Session, cast: Cast, now: datetime
) -> None:
    register(session, cast.clerk, now)
    typed = Person("Juan Condori Apaza", "male", document_kind="dni", document_number="01234567")
    with pytest.raises(DocumentOfAnother) as refused:
        register(session, second_house(cast), now, typed)
    assert "Rosa" not in str(refused.value.message)


def test_all_faults_are_told_at_their_fields(session: Session, cast: Cast, now: datetime) -> None:
    person = Person("1", "x", community_id=new_id())
    with pytest.raises(ValidationFailed) as refused:
        register(session, cast.clerk, now, person, member_code="*", joined_on=date(2027, 1, 1))
    assert set(refused.value.errors) == {"full_name", "sex", "community_id", "member_code", "joined_on"}


def test_markup_and_sql_in_a_name_stay_text(session: Session, cast: Cast, now: datetime) -> None:
    name = "<script>x</script>'); DROP TABLE producer;--"
    done = register(session, cast.clerk, now, Person(name, "male"))
    assert session.get_one(Producer, done.producer.id).full_name == name


def test_registering_leaves_two_audit_records(session: Session, cast: Cast, now: datetime) -> None:
    register(session, cast.clerk, now)
    tags = session.scalars(select(AuditRecord.tag).where(AuditRecord.organisation_id == cast.centre.id)).all()
    assert sorted(tags) == [ProducersAudit.MEMBERSHIP_BEGUN, ProducersAudit.PRODUCER_REGISTERED]


def test_a_grader_may_not_register(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(Forbidden):
        register(session, cast.grader, now)


def test_an_outsider_does_not_find_the_producer(session: Session, cast: Cast, now: datetime) -> None:
    producer = register_producer(
        session, actor=cast.clerk.actor, now=now, id=new_id(), full_name="Rosa Quispe", sex="female"
    )
    with pytest.raises(NotFound):
        queries.get_producer_for(session, cast.outsider.actor, producer.id)
    assert not queries.search_producers(session, cast.outsider.actor, "", PageRequest()).items
    assert queries.names_of(session, cast.other_centre.id, [producer.id]) == {}


def test_a_producer_finds_the_own_person(session: Session, cast: Cast, now: datetime) -> None:
    producer = register(session, cast.clerk, now).producer
    producer.user_id = cast.producer.id
    session.flush()
    assert queries.producer_of_user(session, cast.producer.id) is producer
    assert queries.get_producer_for(session, cast.producer.actor, producer.id) is producer
