from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, NotFound
from chain.core.models import AuditRecord
from chain.core.paging import PageRequest
from chain.producers.card_rules import CardCode
from chain.producers.errors import NotAMember, UnknownCard
from chain.producers.queries import count_cards, ids_for_cards, producer_of_card, search_producers
from chain.producers.services import end_membership, issue_cards, replace_card
from tests.support.cast import Cast
from tests.support.lots import make_producer


@pytest.fixture
def producer(session: Session, now: datetime) -> UUID:
    return make_producer(session, now)


def issue(session: Session, cast: Cast, now: datetime, *producers: UUID) -> list[CardCode]:
    found = issue_cards(session, actor=cast.clerk.actor, now=now, producer_ids=producers)
    return [one.code for one in found]


def test_a_card_is_made_once_and_printed_as_often_as_needed(
    session: Session, cast: Cast, now: datetime, producer: UUID
) -> None:
    (first,) = issue(session, cast, now, producer)
    assert issue(session, cast, now, producer) == [first]
    assert producer_of_card(session, cast.centre.id, first) == producer
    tags = session.scalars(select(AuditRecord.tag).where(AuditRecord.tag.startswith("producers:card")))
    assert list(tags) == ["producers:card:issued"]


def test_a_lost_card_is_void_once_a_new_one_is_made(
    session: Session, cast: Cast, now: datetime, producer: UUID
) -> None:
    (old,) = issue(session, cast, now, producer)
    new = replace_card(session, actor=cast.clerk.actor, now=now, producer_id=producer).code
    assert (new.member_code, new != old) == (old.member_code, True)
    assert producer_of_card(session, cast.centre.id, new) == producer
    with pytest.raises(UnknownCard):
        producer_of_card(session, cast.centre.id, old)


def test_a_card_finds_its_member_alone(session: Session, cast: Cast, now: datetime, producer: UUID) -> None:
    make_producer(session, now, name="Rosa Quispe Huanca")
    (card,) = issue(session, cast, now, producer)
    for typed in (str(card), f"HTTPS://X.EXAMPLE/M/{card}"):
        found = search_producers(session, cast.clerk.actor, typed, PageRequest())
        assert [row.id for row in found.items] == [producer]
    assert search_producers(session, cast.outsider.actor, str(card), PageRequest()).total == 0
    with pytest.raises(UnknownCard):
        producer_of_card(session, cast.other_centre.id, card)


def test_cards_are_for_present_members_of_ones_own_roll(
    session: Session, cast: Cast, now: datetime, producer: UUID
) -> None:
    (card,) = issue(session, cast, now, producer)
    with pytest.raises(NotFound):
        issue_cards(session, actor=cast.outsider.actor, now=now, producer_ids=[producer])
    with pytest.raises(Forbidden):
        issue_cards(session, actor=cast.grader.actor, now=now, producer_ids=[producer])
    end_membership(session, actor=cast.clerk.actor, now=now, producer_id=producer)
    with pytest.raises(NotAMember):
        issue(session, cast, now, producer)
    with pytest.raises(UnknownCard):
        producer_of_card(session, cast.centre.id, card)


def test_many_cards_come_in_the_order_of_the_codes(session: Session, cast: Cast, now: datetime) -> None:
    made = [make_producer(session, now, name=f"Persona {letter}") for letter in "ABCDE"]
    actor = cast.clerk.actor
    assert list(ids_for_cards(session, actor, without_card=True, part=0, size=10)) == made
    issue(session, cast, now, *made[:2])
    assert list(ids_for_cards(session, actor, without_card=True, part=0, size=10)) == made[2:]
    assert list(ids_for_cards(session, actor, without_card=False, part=1, size=2)) == made[2:4]
    counts = count_cards(session, actor)
    assert (counts.members, counts.with_card) == (5, 2)
    codes = issue(session, cast, now, *reversed(made))
    assert [code.member_code for code in codes] == sorted((code.member_code for code in codes), reverse=True)
    assert len({code.token for code in codes}) == 5
