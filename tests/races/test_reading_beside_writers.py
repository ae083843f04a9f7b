"""What a reader sees while somebody else commits: the newest state with each unit of work, one state within a snapshot."""

import threading

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.db import atomic, db, snapshot
from tests.support.cast import CENTRE
from tests.support.databases import Database
from tests.support.patience import PATIENCE_SECONDS

NAME = select(Organisation.name).where(Organisation.id == CENTRE.id)


def rename(session: Session, name: str) -> None:
    session.execute(update(Organisation).where(Organisation.id == CENTRE.id).values(name=name))


def rename_elsewhere(app: Flask, name: str) -> None:
    """Commit a new name from another thread."""

    def work() -> None:
        with app.app_context(), atomic() as session:
            rename(session, name)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(PATIENCE_SECONDS)


def test_a_snapshot_shows_one_state_to_all_its_statements(fresh_app: Flask) -> None:
    with fresh_app.app_context():
        with snapshot() as session:
            before = session.scalar(NAME)
            rename_elsewhere(fresh_app, "Renamed meanwhile")
            assert session.scalar(NAME) == before
        assert db.session.scalar(NAME) == "Renamed meanwhile"


def test_a_unit_of_work_checks_what_is_committed_now_not_what_was_read_before(fresh_app: Flask) -> None:
    with fresh_app.app_context():
        loaded = db.session.get_one(Organisation, CENTRE.id)
        assert loaded.name == CENTRE.name
        rename_elsewhere(fresh_app, "Renamed meanwhile")
        with atomic():
            assert loaded.name == "Renamed meanwhile"


def test_nothing_is_written_inside_a_snapshot(fresh_app: Flask, fresh_database: Database) -> None:
    with fresh_app.app_context():
        with snapshot() as session:
            if fresh_database.kind == "postgresql":
                with pytest.raises(DBAPIError, match="read-only"):
                    rename(session, "Never")
            else:
                rename(session, "Never")  # it is rolled back with the snapshot
        assert db.session.scalar(NAME) == CENTRE.name
