"""Two clerks at once."""

from collections.abc import Callable, Sequence
from datetime import datetime

from flask import Flask
from sqlalchemy import func, select

from chain.core.db import atomic, db
from chain.core.ids import new_id
from chain.producers.models import Membership, Producer
from chain.producers.rules import Person
from chain.producers.services import register_member
from tests.support.cast import Cast
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]


def test_two_clerks_never_mint_the_same_code(race: Race, cast: Cast, now: datetime, fresh_app: Flask) -> None:
    def register(name: str) -> Callable[[], str]:
        def run() -> str:
            with atomic() as session:
                done = register_member(
                    session, actor=cast.clerk.actor, now=now, id=new_id(), person=Person(name, "female")
                )
                return done.membership.member_code

        return run

    outcomes = race(*(register(f"Persona {letter}") for letter in ("uno", "dos", "tres", "cuatro")))
    assert sorted(str(one.value) for one in outcomes) == [f"CC01-000{number}" for number in range(1, 5)]


def test_one_id_sent_twice_in_the_same_instant_makes_one_person(
    race: Race, cast: Cast, now: datetime, fresh_app: Flask
) -> None:
    key, person = new_id(), Person("Rosa Quispe", "female", document_kind="dni", document_number="01234567")

    def register() -> None:
        with atomic() as session:
            register_member(session, actor=cast.clerk.actor, now=now, id=key, person=person)

    outcomes = race(register, register)
    assert any(one.won for one in outcomes)
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Producer)) == 1
        assert db.session.scalar(select(func.count()).select_from(Membership)) == 1
