"""Migrations go up, down and up again, and what they make is what the models say."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import inspect

from chain.core.db import db
from chain.core.orm import Model
from chain.migrate import alembic, is_current, upgrade
from tests.support.databases import Content, Database


@pytest.fixture
def bare_app(make_database: Callable[[Content], Database], make_app: Callable[[Database], Flask]) -> Flask:
    """The application over a database without a table."""
    return make_app(make_database("nothing"))


def _tables() -> set[str]:
    return set(inspect(db.engine).get_table_names())


def test_migrations_make_every_table_and_no_other(bare_app: Flask) -> None:
    with bare_app.app_context():
        upgrade()
        assert _tables() - {"alembic_version"} == set(Model.metadata.tables)
        assert is_current()


def test_the_models_ask_for_nothing_that_migrations_lack(bare_app: Flask) -> None:
    with bare_app.app_context():
        upgrade()
        assert alembic.compare_metadata() == []


def test_migrations_go_up_down_and_up_again(bare_app: Flask) -> None:
    with bare_app.app_context():
        upgrade()
        alembic.downgrade(target="base")
        assert _tables() <= {"alembic_version"}
        upgrade()
        assert is_current()


def test_a_second_upgrade_changes_nothing(bare_app: Flask) -> None:
    with bare_app.app_context():
        upgrade()
        before = _tables()
        upgrade()
        assert _tables() == before


def test_data_survive_an_upgrade(fresh_app: Flask) -> None:
    with fresh_app.app_context():
        before = db.session.execute(Model.metadata.tables["app_user"].select()).all()
        db.session.rollback()
        upgrade()
        assert db.session.execute(Model.metadata.tables["app_user"].select()).all() == before


def test_a_database_with_data_goes_down_and_up_again(fresh_app: Flask) -> None:
    with fresh_app.app_context():
        alembic.downgrade(target="base")
        upgrade()
        assert db.session.execute(Model.metadata.tables["app_user"].select()).all() == []
        assert is_current()
