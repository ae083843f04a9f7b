"""What must hold when two administrators, or two forms, act in the same instant."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from chain.accounts.errors import LastAdministrator, Throttled, UsernameTaken
from chain.accounts.rules import Role
from chain.accounts.services.sign_in import reserve_attempt
from chain.accounts.services.users import create_user, deactivate_user, set_roles
from chain.core.db import atomic, run_atomic
from chain.core.ids import new_id
from tests.support.cast import Cast, Person
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]


def test_two_administrators_do_not_deactivate_each_other(race: Race, cast: Cast, now: datetime) -> None:
    def deactivate(by: Person, whom: Person) -> Callable[[], Any]:
        def unit() -> object:
            with atomic() as session:
                return deactivate_user(session, actor=by.actor, now=now, user_id=whom.id).id

        return unit

    outcomes = race(deactivate(cast.admin, cast.everything), deactivate(cast.everything, cast.admin))
    assert sum(outcome.won for outcome in outcomes) == 1
    assert [type(outcome.error) for outcome in outcomes if not outcome.won] == [LastAdministrator]


def test_one_of_two_administrators_keeps_the_role(race: Race, cast: Cast, now: datetime) -> None:
    def give_up(person: Person) -> Callable[[], Any]:
        def unit() -> object:
            with atomic() as session:
                set_roles(session, actor=person.actor, now=now, user_id=person.id, roles=[Role.CLERK])
            return person.id

        return unit

    outcomes = race(give_up(cast.admin), give_up(cast.everything))
    assert sum(outcome.won for outcome in outcomes) == 1


def test_one_user_name_goes_to_one_person(race: Race, cast: Cast, now: datetime) -> None:
    def create() -> object:
        with atomic() as session:
            user, _ = create_user(
                session,
                actor=cast.admin.actor,
                now=now,
                user_id=new_id(),
                username="rosa",
                display_name="Rosa",
                roles=[Role.CLERK],
                password="papa amarga del altiplano",
                fast_hash=True,
            )
            return user.id

    outcomes = race(create, create)
    assert sum(outcome.won for outcome in outcomes) == 1
    assert [type(outcome.error) for outcome in outcomes if not outcome.won] == [UsernameTaken]


def test_guesses_sent_at_once_are_all_counted(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    def guess() -> object:
        return run_atomic(
            lambda session: reserve_attempt(session, username="clerk", address="10.0.0.1", limit=2, now=now)
        )

    outcomes = race(guess, guess, guess)
    assert sum(outcome.won for outcome in outcomes) == 2
    with fresh_app.app_context(), atomic() as session, pytest.raises(Throttled):
        reserve_attempt(session, username="clerk", address="10.0.0.1", limit=2, now=now)
