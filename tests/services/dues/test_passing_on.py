"""Animals and seed go from family to family before witnesses; what is left is the sum of the entries; nothing is edited."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.dues.errors import ChainGoesOn, EntryCorrected, NotLeftThatMuch
from chain.dues.models import PassingEntry, PassingObligation, PassingProgramme
from chain.dues.passing_rules import Goods
from chain.dues.queries.passing import chain_of, count_due
from chain.dues.services.passing import (
    NewObligation,
    NewPassing,
    correct_entry,
    lose_goods,
    pass_on,
    receive_goods,
)
from chain.dues.services.programmes import NewProgramme, change_programme, set_programme
from tests.support.cast import Cast
from tests.support.settling import DAY, add_members


def _programme(session: Session, cast: Cast, now: datetime) -> PassingProgramme:
    new = NewProgramme(new_id(), "Alpacas", "Municipio", Goods.ANIMALS, 36, 100, "Convenio")
    return set_programme(session, actor=cast.clerk.actor, now=now, new=new)


def _receive(
    session: Session, cast: Cast, now: datetime, programme: PassingProgramme, producer_id: UUID
) -> PassingObligation:
    new = NewObligation(new_id(), programme.id, producer_id, "alpacas", 5, DAY, "Juez de paz", sex="f")
    found = receive_goods(session, actor=cast.clerk.actor, now=now, new=new)
    assert receive_goods(session, actor=cast.clerk.actor, now=now, new=new) is found
    return found


def _pass(
    session: Session, cast: Cast, now: datetime, obligation: PassingObligation, to: UUID, count: int
) -> PassingEntry:
    new = NewPassing(new_id(), obligation.id, count, DAY, "Alcalde", to_producer_id=to)
    entry = pass_on(session, actor=cast.clerk.actor, now=now, new=new)
    assert pass_on(session, actor=cast.clerk.actor, now=now, new=new) is entry
    return entry


def test_the_next_family_must_pass_on_in_turn(session: Session, cast: Cast, now: datetime) -> None:
    first, second, third = add_members(session, 3)
    obligation = _receive(session, cast, now, _programme(session, cast, now), first.id)
    assert (obligation.still_owed, obligation.due_on) == (5, date(2029, 3, 2))
    _pass(session, cast, now, obligation, second.id, 3)
    following = session.scalars(
        select(PassingObligation).where(PassingObligation.producer_id == second.id)
    ).one()
    assert (following.owed, following.source_producer_id, following.sex) == (3, first.id, "f")
    _pass(session, cast, now, following, third.id, 1)
    chain = chain_of(session, cast.clerk.actor, following)
    assert [(one.depth, one.row.full_name) for one in chain] == [
        (0, first.name),
        (1, second.name),
        (2, third.name),
    ]
    with pytest.raises(NotLeftThatMuch), session.begin_nested():
        _pass(session, cast, now, obligation, third.id, 3)
    with pytest.raises(ValidationFailed):
        _pass(session, cast, now, obligation, first.id, 1)


def test_a_loss_needs_a_cause_and_may_be_taken_back_once(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    actor = cast.clerk.actor
    obligation = _receive(session, cast, now, _programme(session, cast, now), member.id)
    key = new_id()
    for _ in range(2):
        lost = lose_goods(
            session, actor=actor, now=now, entry_id=key, obligation_id=obligation.id, quantity=2, happened_on=DAY,
            reason="Nevada; comité del 3 de marzo",
        )  # fmt: skip
    assert obligation.still_owed == 3
    correct_entry(session, actor=actor, now=now, entry_id=lost.id, reason="No murieron")
    assert obligation.still_owed == 5
    with pytest.raises(EntryCorrected):
        correct_entry(session, actor=actor, now=now, entry_id=lost.id, reason="Otra vez")
    with pytest.raises(ValidationFailed):
        lose_goods(
            session, actor=actor, now=now, entry_id=new_id(), obligation_id=obligation.id, quantity=1,
            happened_on=DAY, reason="",
        )  # fmt: skip
    total = session.scalar(select(func.sum(PassingEntry.quantity)))
    assert total == obligation.owed - obligation.still_owed


def test_what_the_next_family_owes_goes_with_an_entry_that_is_taken_back(
    session: Session, cast: Cast, now: datetime
) -> None:
    first, second, third = add_members(session, 3)
    obligation = _receive(session, cast, now, _programme(session, cast, now), first.id)
    wrong = _pass(session, cast, now, obligation, second.id, 2)
    correct_entry(session, actor=cast.clerk.actor, now=now, entry_id=wrong.id, reason="Era otra familia")
    following = session.scalars(
        select(PassingObligation).where(PassingObligation.source_entry_id == wrong.id)
    ).one()
    assert (obligation.still_owed, following.still_owed) == (5, 0)
    right = _pass(session, cast, now, obligation, second.id, 2)
    next_one = session.scalars(
        select(PassingObligation).where(PassingObligation.source_entry_id == right.id)
    ).one()
    _pass(session, cast, now, next_one, third.id, 1)
    with pytest.raises(ChainGoesOn):
        correct_entry(session, actor=cast.clerk.actor, now=now, entry_id=right.id, reason="Era otra familia")


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("witness", {"witness": " "}),
        ("witness", {"witness": "productora numero 001"}),  # who gives
        ("witness", {"witness": "Rosa  Quispe", "to_name": "Rosa Quispe"}),  # who receives
        ("to_name", {"to_name": " "}),
        ("to_name", {"to_name": "Productora Número 001"}),
        ("happened_on", {"happened_on": date(2026, 3, 1)}),
    ],
)
def test_it_goes_to_another_family_before_somebody_else(
    session: Session, cast: Cast, now: datetime, field: str, facts: dict[str, Any]
) -> None:
    (first,) = add_members(session, 1)
    obligation = _receive(session, cast, now, _programme(session, cast, now), first.id)
    values: dict[str, Any] = {
        "quantity": 1,
        "happened_on": DAY,
        "witness": "Juez de paz",
        "to_name": "Rosa Quispe",
    } | facts
    new = NewPassing(new_id(), obligation.id, **values)
    with pytest.raises(ValidationFailed) as refused:
        pass_on(session, actor=cast.clerk.actor, now=now, new=new)
    assert list(refused.value.errors) == [field]
    assert obligation.still_owed == 5


def test_new_terms_count_for_what_is_received_from_then_on(
    session: Session, cast: Cast, now: datetime
) -> None:
    first, second = add_members(session, 2)
    programme = _programme(session, cast, now)
    before = _receive(session, cast, now, programme, first.id)
    change_programme(
        session, actor=cast.clerk.actor, now=now, programme_id=programme.id, due_months=12, return_percent=50,
        decided_by="Asamblea",
    )  # fmt: skip
    after = _receive(session, cast, now, programme, second.id)
    assert (before.owed, before.due_on) == (5, date(2029, 3, 2))
    assert (after.owed, after.due_on) == (3, date(2027, 3, 2))
    assert count_due(session, cast.clerk.actor, date(2026, 12, 15)) == 1
    assert count_due(session, cast.clerk.actor, date(2026, 3, 16)) == 0


def test_others_may_not_write_and_find_nothing(session: Session, cast: Cast, now: datetime) -> None:
    (member,) = add_members(session, 1)
    programme = _programme(session, cast, now)
    new = NewObligation(new_id(), programme.id, member.id, "alpacas", 5, DAY, "Juez de paz")
    with pytest.raises(NotFound):
        receive_goods(session, actor=cast.outsider.actor, now=now, new=new)
    with pytest.raises(Forbidden):
        receive_goods(session, actor=cast.treasurer.actor, now=now, new=new)
    receive_goods(session, actor=cast.clerk.actor, now=now, new=new)
    other = NewObligation(new.id, programme.id, member.id, "alpacas", 6, DAY, "Juez de paz")
    with pytest.raises(IdempotencyConflict):
        receive_goods(session, actor=cast.clerk.actor, now=now, new=other)
