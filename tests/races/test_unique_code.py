"""Two writers in the same instant: exactly one gets through, on both databases."""

from collections.abc import Callable, Sequence

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.db import atomic, db, run_atomic
from tests.support.cast import HOUSES, SINCE
from tests.support.races import Outcome


def _add_organisation() -> None:
    with atomic() as session:
        session.add(
            Organisation(
                kind="centre",
                code="RACE",
                name="Carrera",
                country="PE",
                currency="PEN",
                timezone="America/Lima",
                created_at=SINCE,
            )
        )


def test_of_two_organisations_with_one_code_exactly_one_is_kept(
    race: Callable[..., Sequence[Outcome]], fresh_app: Flask
) -> None:
    outcomes = race(*[_add_organisation] * 4)
    assert sum(outcome.won for outcome in outcomes) == 1
    assert all(isinstance(outcome.error, IntegrityError) for outcome in outcomes if not outcome.won)
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Organisation)) == len(HOUSES) + 1


def test_many_writers_queue_and_none_is_lost(
    race: Callable[..., Sequence[Outcome]], fresh_app: Flask
) -> None:
    def rename() -> None:
        def unit(session: Session) -> None:
            found = session.scalars(
                select(Organisation).where(Organisation.code == HOUSES[0].code).with_for_update()
            ).one()
            found.name += "+"

        run_atomic(unit)

    outcomes = race(*[rename] * 8)
    assert [outcome.error for outcome in outcomes] == [None] * 8
    with fresh_app.app_context():
        name = db.session.scalar(select(Organisation.name).where(Organisation.code == HOUSES[0].code))
    assert name == HOUSES[0].name + "+" * 8
