from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Flask

from chain.core.db import atomic
from chain.grading.errors import AlreadyConfirmed, EditionTaken
from chain.grading.scheme_files import get_scheme
from chain.grading.services import confirm_value, save_own_scheme
from chain.grading.unconfirmed import unconfirmed_values
from tests.support.cast import Cast
from tests.support.own_schemes import fibre_document


def test_two_people_save_the_same_edition_and_one_wins(
    race: Callable[..., list[Any]], fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    with fresh_app.app_context(), atomic() as session:
        key = save_own_scheme(
            session, actor=cast.grader.actor, now=now, document=fibre_document(), word="carrera"
        ).key

    def save(name: str) -> Callable[[], str]:
        def run() -> str:
            with atomic() as session:
                return save_own_scheme(
                    session,
                    actor=cast.grader.actor,
                    now=now,
                    document=fibre_document((name, "20.0")),
                    key=key,
                    edition=2,
                ).edition

        return run

    outcomes = race(save("una"), save("otra"))
    assert sum(one.won for one in outcomes) == 1
    assert all(one.won or isinstance(one.error, EditionTaken) for one in outcomes)


def test_two_people_confirm_the_same_value_and_one_wins(
    race: Callable[..., list[Any]], cast: Cast, now: datetime
) -> None:
    value = next(one for one in unconfirmed_values(get_scheme("ntp-202.001", "2003")) if one.key == "fat")

    def confirm() -> str:
        with atomic() as session:
            return str(
                confirm_value(
                    session,
                    actor=cast.grader.actor,
                    now=now,
                    scheme="ntp-202.001",
                    edition="2003",
                    value_key=value.key,
                    value=value.value,
                    person="Rosa Quispe",
                    basis="Page 7",
                ).id
            )

    outcomes = race(confirm, confirm)
    assert sum(one.won for one in outcomes) == 1
    assert all(one.won or isinstance(one.error, AlreadyConfirmed) for one in outcomes)
