"""Runs of before, whose approval was in the books, count as accounted, with a block of their own, and as approved again on the way down."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import JSON, MetaData, Table, Uuid, insert, select, text
from sqlalchemy.exc import DBAPIError

from chain.core.db import db
from chain.core.ids import new_id
from chain.core.orm import UtcDateTime
from chain.migrate import alembic
from tests.support.cast import CENTRE, SINCE
from tests.support.databases import Content, Database

BEFORE, AFTER = "0007", "0008"
FORGERIES = (
    "UPDATE settlement_line SET net_minor = 1",
    "UPDATE settlement_item SET amount_minor = 1",
    "DELETE FROM settlement_block",
    "UPDATE settlement_run SET goods_minor = 1",
)


@pytest.fixture
def before(make_database: Callable[[Content], Database], make_app: Callable[[Database], Flask]) -> Flask:
    """The application over a database with people that went down to where an approval was in the books."""
    app = make_app(make_database("cast"))
    with app.app_context():
        alembic.downgrade(target=BEFORE)
    return app


def _table(name: str) -> Table:
    found = Table(name, MetaData(), autoload_with=db.engine)
    for column in found.c:
        if column.name.endswith("_at"):
            column.type = UtcDateTime()
        elif column.name == "id" or column.name.endswith(("_id", "_by")):
            column.type = Uuid()
        elif column.name in {"facts", "kinds", "explanation"}:
            column.type = JSON()
    return found


def _add(name: str, **values: Any) -> None:
    db.session.execute(insert(_table(name)).values(**values))


def _rows(name: str) -> list[dict[str, Any]]:
    table = _table(name)
    found = [dict(row) for row in db.session.execute(select(table).order_by(table.c.id)).mappings()]
    db.session.rollback()
    return found


def _runs() -> None:
    """Insert a run of each state with a line, a delivery and a fee, as the program before wrote them."""
    person = new_id()
    _add(
        "producer", id=person, full_name="Rosa Quispe", search_name="rosa quispe", sex="female", country="PE", created_at=SINCE,
    )  # fmt: skip
    for number, state in enumerate(("prepared", "approved", "paid", "discarded"), 1):
        run, line = new_id(), new_id()
        _add(
            "settlement_run", id=run, organisation_id=CENTRE.id, number=number, kind="period", commodity="raw-milk",
            period_from=SINCE.date(), period_to=SINCE.date(), currency="PEN", quantity=2000, unit="ml", gross_minor=200,
            deductions_minor=20, net_minor=180, own_quantity=0, own_minor=0, state=state, prepared_at=SINCE,
            approved_at=SINCE if state in {"approved", "paid"} else None, content_hash="0" * 64,
        )  # fmt: skip
        _add(
            "settlement_line", id=line, run_id=run, producer_id=person, quantity=2000, lots=1, gross_minor=200,
            deductions_minor=20, net_minor=180,
        )  # fmt: skip
        for position, (kind, amount) in enumerate((("delivery", 200), ("fee", -20)), 1):
            _add(
                "settlement_item", id=new_id(), line_id=line, position=position, kind=kind, label=kind, amount_minor=amount,
            )  # fmt: skip
    db.session.commit()


def test_runs_go_up_down_and_up_again(before: Flask) -> None:
    with before.app_context():
        _runs()
        old = {name: _rows(name) for name in ("settlement_run", "settlement_line", "settlement_item")}
        alembic.upgrade(target=AFTER)
        runs = _rows("settlement_run")
        assert [one["state"] for one in runs] == ["prepared", "accounted", "paid", "discarded"]
        assert [one["accounted_at"] for one in runs] == [None, SINCE, SINCE, None]
        assert {(one["goods_minor"], one["round"], one["method"]) for one in runs} == {(200, 1, "prices")}
        assert [one["paid_minor"] for one in _rows("settlement_line")] == [0, 0, 180, 0]
        blocks = _rows("settlement_block")
        assert {(one["net_minor"], one["producers"]) for one in blocks} == {(180, 1)}
        assert [one["kinds"] for one in blocks] == [{"delivery": 200, "fee": -20}] * 4
        alembic.downgrade(target=BEFORE)
        assert {name: _rows(name) for name in old} == old
        alembic.upgrade(target=AFTER)
        assert [one["state"] for one in _rows("settlement_run")] == [one["state"] for one in runs]


def test_what_was_calculated_stays_frozen_after_the_upgrade(before: Flask) -> None:
    with before.app_context():
        _runs()
        alembic.upgrade(target=AFTER)
        for statement in FORGERIES:
            with pytest.raises(DBAPIError, match="append-only"):
                db.session.execute(text(statement))
            db.session.rollback()
