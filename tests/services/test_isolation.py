"""What one test writes, another never sees; a refusal inside a test leaves the rest of it usable."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation, User
from tests.support.cast import CENTRE, HOUSES, SINCE, Cast
from tests.support.databases import Database
from tests.support.queries import Queries


def _organisation(code: str) -> Organisation:
    return Organisation(
        kind="centre",
        code=code,
        name="Otro",
        country="PE",
        currency="PEN",
        timezone="America/Lima",
        created_at=SINCE,
    )


@pytest.mark.parametrize("_round", [1, 2])
def test_each_test_starts_with_the_cast_and_nothing_else(session: Session, _round: int) -> None:
    assert session.scalar(select(func.count()).select_from(Organisation)) == len(HOUSES)
    session.add(_organisation("ZZ99"))
    session.commit()


def test_what_the_database_refuses_can_be_rolled_back_alone(session: Session) -> None:
    session.add(_organisation(CENTRE.code))
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Organisation)) == len(HOUSES)


def test_statements_are_counted_and_savepoints_are_not(
    session: Session, cast: Cast, query_count: Callable[[], AbstractContextManager[Queries]]
) -> None:
    with query_count() as queries, session.begin_nested():
        found = session.get(User, cast.clerk.id)
    assert found is not None
    assert queries.count == 1, str(queries)


def test_the_engine_speaks_to_the_database_of_the_lane(engine: Engine, database: Database) -> None:
    assert engine.dialect.name == database.kind
