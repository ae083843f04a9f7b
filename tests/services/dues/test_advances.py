"""Money given before a payment goes to present members only."""

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import NotFound
from chain.core.ids import new_id
from chain.dues.models import Movement
from chain.dues.services.movements import give_advance
from chain.producers.models import Membership
from tests.support.cast import OTHER_CENTRE, Cast
from tests.support.settling import DAY, add_members


def _give(session: Session, cast: Cast, now: datetime, producer_id: UUID) -> Movement:
    return give_advance(
        session,
        actor=cast.accountant.actor,
        now=now,
        advance_id=new_id(),
        producer_id=producer_id,
        amount_minor=1000,
        given_on=DAY,
        note="Sal mineral",
    )


def test_an_accountant_gives_none_to_the_own_person_as_member_of_another_centre(
    session: Session, cast: Cast, now: datetime
) -> None:
    (own,) = add_members(session, 1, house=OTHER_CENTRE, user_id=cast.accountant.id)
    with pytest.raises(NotFound):
        _give(session, cast, now, own.id)
    assert session.scalar(select(func.count()).select_from(Movement)) == 0


def test_whoever_left_gets_none(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    assert _give(session, cast, now, member.id).producer_id == member.id
    membership = session.scalars(select(Membership).where(Membership.producer_id == member.id)).one()
    membership.left_on = DAY
    session.flush()
    with pytest.raises(NotFound):
        _give(session, cast, now, member.id)
