"""Migrations go up, down and up again, and what they make is what the models say."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import FromClause, func, insert, inspect, select, update
from sqlalchemy.exc import DBAPIError

from chain.core.db import db
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.core.orm import Model
from chain.lots.models import Lot
from chain.migrate import alembic, is_current, upgrade
from chain.sales.models import SaleLine
from tests.support.cast import SINCE, insert_cast
from tests.support.databases import Content, Database

#: The revision that the first release had.
BEFORE_THE_GENEALOGY = "0001"


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


def test_data_survive_an_upgrade(fresh_database: Database, make_app: Callable[[Database], Flask]) -> None:
    with make_app(fresh_database).app_context():
        before = db.session.execute(Model.metadata.tables["app_user"].select()).all()
        db.session.rollback()
        upgrade()
        assert db.session.execute(Model.metadata.tables["app_user"].select()).all() == before


def test_a_database_with_data_goes_down_and_up_again(
    fresh_database: Database, make_app: Callable[[Database], Flask]
) -> None:
    with make_app(fresh_database).app_context():
        alembic.downgrade(target="base")
        upgrade()
        assert db.session.execute(Model.metadata.tables["app_user"].select()).all() == []
        assert is_current()


def test_the_demonstration_season_goes_down_and_the_tables_come_back_the_same(
    demo_database: Database, make_app: Callable[[Database], Flask]
) -> None:
    app = make_app(demo_database)
    with app.app_context():
        filled = {name for name, table in Model.metadata.tables.items() if _rows(table)}
        assert {"lot", "sale", "settlement_run", "paper", "journal_entry", "audit_record"} <= filled
        db.session.rollback()
        upgrade()
        assert {name for name, table in Model.metadata.tables.items() if _rows(table)} == filled
        db.session.rollback()
        alembic.downgrade(target="base")
        assert _tables() <= {"alembic_version"}
        upgrade()
        assert is_current()
        assert alembic.compare_metadata() == []
        assert not any(_rows(table) for table in Model.metadata.tables.values())
        insert_cast(db.session)
        with pytest.raises(DBAPIError, match="append-only"):
            _change_the_audit_trail()
        db.session.rollback()


def test_what_was_sold_before_the_genealogy_is_not_in_the_house_after_it(
    demo_database: Database, make_app: Callable[[Database], Flask]
) -> None:
    app = make_app(demo_database)
    with app.app_context():
        before = _sold()
        assert before
        db.session.rollback()
        alembic.downgrade(target=BEFORE_THE_GENEALOGY)
        upgrade()
        after = _sold()
        assert after.keys() == before.keys()
        assert all(after.values())


def _sold() -> dict[UUID, datetime | None]:
    """Return when the lots of all sales were sold, as the lots say."""
    lots = select(Lot.id, Lot.sold_at).where(Lot.id.in_(select(SaleLine.lot_id)))
    return {row.id: row.sold_at for row in db.session.execute(lots)}


def _rows(table: FromClause) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def _change_the_audit_trail() -> None:
    """Try what the triggers forbid: they came back too."""
    row = {"id": new_id(), "at": SINCE, "tag": "core:thing:done", "subject_type": "thing"}
    db.session.execute(insert(AuditRecord), [row])
    db.session.execute(update(AuditRecord).values(tag="other:thing:done"))
