"""`run_atomic` runs a whole unit again after a conflict that the database itself found, and gives up after a few times."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core import db as core_db
from chain.core.db import ATTEMPTS, Busy, atomic, db, run_atomic
from tests.support.cast import CENTRE, MILL, House
from tests.support.databases import Content, Database
from tests.support.patience import PATIENCE_SECONDS
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]


def lengthen(session: Session, house: House) -> None:
    session.execute(
        update(Organisation).where(Organisation.id == house.id).values(name=Organisation.name + "+")
    )


def names(app: Flask) -> list[str]:
    with app.app_context():
        return [db.session.get_one(Organisation, house.id).name for house in (CENTRE, MILL)]


def test_a_deadlock_is_resolved_and_both_units_take_effect_once(
    race: Race, fresh_app: Flask, fresh_database: Database
) -> None:
    runs: list[str] = []
    touched = {CENTRE.code: threading.Event(), MILL.code: threading.Event()}
    patience = (
        1 if fresh_database.kind == "sqlite" else PATIENCE_SECONDS
    )  # on SQLite the second one never comes that far

    def crossing(first: House, second: House) -> Callable[[], None]:
        def unit(session: Session) -> None:
            runs.append(first.code)
            lengthen(session, first)
            touched[first.code].set()
            touched[second.code].wait(patience)  # until the other one holds what we want
            lengthen(session, second)

        return lambda: run_atomic(unit)

    outcomes = race(crossing(CENTRE, MILL), crossing(MILL, CENTRE))
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert names(fresh_app) == [CENTRE.name + "++", MILL.name + "++"]
    if fresh_database.kind == "postgresql":
        # the one that ran again may be quick enough to meet the other one anew
        assert len(runs) >= 3, "the database ended one of the two, which ran again from its start"
    else:
        assert len(runs) == 2, "writers queue, nobody has to be ended"


def test_a_database_that_another_program_holds_is_tried_again(
    make_database: Callable[[Content], Database],
    make_app: Callable[[Database], Flask],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(core_db, "LOCK_WAIT_SECONDS", 1)
    database = make_database("cast")
    app = make_app(database)
    release = _hold(app, database)
    runs: list[int] = []

    @contextmanager
    def attempt() -> Iterator[Session]:
        try:
            with atomic() as session:
                yield session
        except Busy:
            release()
            raise

    monkeypatch.setattr(core_db, "atomic", attempt)

    def unit(session: Session) -> None:
        runs.append(1)
        lengthen(session, CENTRE)

    with app.app_context():
        run_atomic(unit)
    assert names(app)[0] == CENTRE.name + "+"
    if database.kind == "postgresql":
        assert len(runs) == 2, "the row was locked, so the first run failed half-way"


def _hold(app: Flask, database: Database) -> Callable[[], None]:
    """Hold what the unit wants in a connection that knows nothing of the application; return how to let go."""
    if database.kind == "sqlite":
        other = sqlite3.connect(database.url.removeprefix("sqlite:///"), check_same_thread=False)
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")

        def let_go() -> None:
            other.execute("ROLLBACK")
            other.close()

        return let_go
    with app.app_context():
        connection = db.engine.connect()
    lengthen(Session(connection), CENTRE)

    def roll_back() -> None:
        connection.rollback()
        connection.close()

    return roll_back


def test_it_gives_up_after_some_attempts_and_leaves_nothing(fresh_app: Flask) -> None:
    runs: list[int] = []

    def unit(session: Session) -> None:
        runs.append(1)
        lengthen(session, CENTRE)
        session.flush()
        raise Busy

    with fresh_app.app_context(), pytest.raises(Busy):
        run_atomic(unit)
    assert len(runs) == ATTEMPTS
    assert names(fresh_app)[0] == CENTRE.name


def test_any_other_error_is_not_repeated_and_rolls_back(fresh_app: Flask) -> None:
    runs: list[int] = []

    def unit(session: Session) -> None:
        runs.append(1)
        lengthen(session, CENTRE)
        raise ValueError("no")

    with fresh_app.app_context(), pytest.raises(ValueError, match="no"):
        run_atomic(unit)
    assert len(runs) == 1
    assert names(fresh_app)[0] == CENTRE.name
