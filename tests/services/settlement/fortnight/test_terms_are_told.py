"""A quota, a licence, the reserve and other amounts of a dairy change what is owed: whom they concern is told, before and after."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import ProducerNotice
from chain.lots.queries.notices import notices_of
from chain.settlement.fortnight.services.one_offs import (
    add_bank_fee,
    add_income,
    withdraw_bank_fee,
    withdraw_income,
)
from chain.settlement.fortnight.services.telling import (
    FEE_CHANGED,
    INCOME_CHANGED,
    LICENCE_NOTED,
    QUOTA_ENDED,
    QUOTA_OFF,
    QUOTA_SET,
    RESERVE_ENDED,
    RESERVE_SET,
)
from chain.settlement.fortnight.services.terms import (
    add_licence,
    end_quota,
    end_reserve,
    set_quota,
    set_reserve,
)
from tests.support.cast import Cast
from tests.support.pricing import add_milk
from tests.support.settling import Member, add_members

APRIL: dict[str, Any] = {"valid_from": date(2026, 4, 1), "valid_to": date(2026, 4, 30)}
Told = Callable[[], list[tuple[str, Any, Any]]]


@pytest.fixture
def member(session: Session, now: datetime) -> Member:
    """A producer who brings milk, beside one who does not."""
    (found, _) = add_members(session, 2)
    add_milk(session, found, now.date() - timedelta(days=2))
    return found


@pytest.fixture
def told(session: Session, member: Member) -> Told:
    """Return what the producer was told since the last time: sentence, before and after."""
    seen: set[Any] = set()

    def fresh() -> list[tuple[str, Any, Any]]:
        rows = session.scalars(select(ProducerNotice).order_by(ProducerNotice.id)).all()
        new = [row for row in rows if row.id not in seen]
        seen.update(row.id for row in new)
        assert {row.producer_id for row in new} <= {member.id}
        for one in notices_of(session, member.id):
            assert str(one.message)
        return [
            (
                one.msgid,
                one.params.get("before", one.params.get("before_minor")),
                one.params.get("after", one.params.get("after_minor")),
            )
            for one in new
        ]

    return fresh


def test_a_quota_is_told_when_it_is_set_ends_and_is_taken_back(
    session: Session, cast: Cast, now: datetime, member: Member, told: Told
) -> None:
    actor = cast.accountant.actor
    facts: dict[str, Any] = {"actor": actor, "now": now, "producer_id": member.id}
    first = set_quota(session, quota_id=new_id(), per_day_ml=80_000, **facts, **APRIL)
    assert told() == [(QUOTA_SET, "0", "80")]
    may: dict[str, Any] = {"valid_from": date(2026, 5, 1), "valid_to": date(2026, 5, 31)}
    second = set_quota(session, quota_id=new_id(), per_day_ml=62_500, **facts, **may)
    assert told() == [(QUOTA_SET, "80", "62.5")]
    for _ in range(2):
        end_quota(session, actor=actor, now=now, quota_id=first.id, last_day=date(2026, 4, 15))
    assert told() == [(QUOTA_ENDED, None, None)]
    end_quota(session, actor=actor, now=now, quota_id=second.id, last_day=date(2026, 4, 20))
    assert told() == [(QUOTA_OFF, None, None)]


def test_the_reserve_is_told_to_everybody_who_brings_milk(
    session: Session, cast: Cast, now: datetime, told: Told
) -> None:
    actor = cast.accountant.actor
    facts: dict[str, Any] = {"actor": actor, "now": now, "decided_by": "Asamblea"}
    first = set_reserve(session, reserve_id=new_id(), fraction_ppm=5_000, **facts, **APRIL)
    set_reserve(
        session,
        reserve_id=new_id(),
        fraction_ppm=12_500,
        valid_from=date(2026, 5, 1),
        valid_to=None,
        **facts,
    )
    assert told() == [(RESERVE_SET, "0", "0.5"), (RESERVE_SET, "0.5", "1.25")]
    end_reserve(session, actor=actor, now=now, reserve_id=first.id, last_day=date(2026, 4, 15))
    assert told() == [(RESERVE_ENDED, "0.5", "0")]


def test_a_licence_and_amounts_of_one_producer_are_told(
    session: Session, cast: Cast, now: datetime, member: Member, told: Told
) -> None:
    actor = cast.accountant.actor
    who: dict[str, Any] = {"actor": actor, "now": now, "producer_id": member.id}
    add_licence(session, licence_id=new_id(), number="L-1", **who, **APRIL)
    assert told() == [(LICENCE_NOTED, None, None)]
    amount: dict[str, Any] = {"amount_minor": 700, "dated_on": date(2026, 3, 10), "name": "Premio"}
    income = add_income(session, income_id=new_id(), **who, **amount)
    fee = add_bank_fee(session, fee_id=new_id(), **who, **amount)
    assert told() == [(INCOME_CHANGED, 0, 700), (FEE_CHANGED, 0, 700)]
    for _ in range(2):
        withdraw_income(session, actor=actor, now=now, income_id=income.id)
        withdraw_bank_fee(session, actor=actor, now=now, fee_id=fee.id)
    assert told() == [(INCOME_CHANGED, 700, 0), (FEE_CHANGED, 700, 0)]
