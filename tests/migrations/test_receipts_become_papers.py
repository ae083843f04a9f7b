"""Receipts of before become papers with their prints and counters, and receipts again on the way down."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import JSON, MetaData, Table, Uuid, insert, select, update
from sqlalchemy.exc import DBAPIError

from chain.core.db import db
from chain.core.ids import new_id
from chain.core.orm import UtcDateTime
from chain.migrate import alembic
from tests.support.cast import CENTRE, SINCE, Cast
from tests.support.databases import Content, Database
from tests.support.papers import VERSION_1

BEFORE, AFTER = "0004", "0005"


@pytest.fixture
def before(make_database: Callable[[Content], Database], make_app: Callable[[Database], Flask]) -> Flask:
    """The application over a database with people that went down to where receipts had a table of their own."""
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
        elif column.name == "content":
            column.type = JSON()
    return found


def _add(name: str, **values: Any) -> None:
    db.session.execute(insert(_table(name)).values(**values))


def _two_receipts() -> dict[str, Any]:
    """Insert a paid run with two receipts, one printed twice, as the program before wrote them."""
    ids: dict[str, Any] = {"run": new_id(), "lines": [new_id(), new_id()], "papers": [new_id(), new_id()]}
    ids["people"] = [new_id(), new_id()]
    _add(
        "settlement_run", id=ids["run"], organisation_id=CENTRE.id, number=1, kind="period", commodity="raw-milk",
        period_from=SINCE.date(), period_to=SINCE.date(), currency="PEN", quantity=2000, unit="ml", gross_minor=200,
        deductions_minor=0, net_minor=200, own_quantity=0, own_minor=0, state="paid", prepared_at=SINCE, content_hash="0" * 64,
    )  # fmt: skip
    for number, (line, person, paper) in enumerate(
        zip(ids["lines"], ids["people"], ids["papers"], strict=True), 1
    ):
        _add(
            "producer", id=person, full_name=f"Productora {number}", search_name=f"productora {number}", sex="female",
            country="PE", created_at=SINCE,
        )  # fmt: skip
        _add(
            "settlement_line", id=line, run_id=ids["run"], producer_id=person, quantity=1000, lots=1, gross_minor=100,
            deductions_minor=0, net_minor=100,
        )  # fmt: skip
        _add(
            "receipt", id=paper, organisation_id=CENTRE.id, series="R001", number=number, line_id=line, producer_id=person,
            issued_at=SINCE, issued_by=Cast().treasurer.id, currency="PEN", net_minor=100,
            content=VERSION_1 if number == 1 else {}, content_hash="0" * 64, check_code=f"CODE{number}", printed=2 - number + 1,
        )  # fmt: skip
    for copy in (0, 1):
        _add(
            "receipt_print",
            id=new_id(),
            receipt_id=ids["papers"][0],
            copy=copy,
            printed_at=SINCE,
            printed_by=None,
        )
    _add("receipt_counter", organisation_id=CENTRE.id, series="R001", last_number=2)
    db.session.commit()
    return ids


def _rows(name: str) -> list[dict[str, Any]]:
    table = _table(name)
    order = table.c.id if "id" in table.c else table.c.series
    found = [dict(row) for row in db.session.execute(select(table).order_by(order)).mappings()]
    db.session.rollback()
    return found


def test_receipts_go_up_down_and_up_again_with_prints_and_counters(before: Flask) -> None:
    with before.app_context():
        ids = _two_receipts()
        receipts, prints, counters = (_rows(name) for name in ("receipt", "receipt_print", "receipt_counter"))
        alembic.upgrade(target=AFTER)
        papers = _rows("paper")
        assert [one["id"] for one in papers] == sorted(ids["papers"])
        assert [one["subject_id"] for one in papers] == ids["lines"]
        assert [one["party_id"] for one in papers] == ids["people"]
        assert {(one["kind"], one["subject_type"], one["amount_minor"]) for one in papers} == {
            ("receipt", "settlement_line", 100)
        }
        assert papers[0]["content"] == VERSION_1
        assert papers[0]["issued_on"].isoformat() == VERSION_1["issued_on"]
        assert papers[1]["issued_on"] <= SINCE.date()  # not said: the day at the organisation
        assert [(one["copy"], one["format"]) for one in _rows("paper_print")] == [(0, "a5"), (1, "a5")]
        assert [(one["kind"], one["last_number"]) for one in _rows("paper_counter")] == [("receipt", 2)]
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(update(_table("paper")).values(number=9))
        db.session.rollback()
        alembic.downgrade(target=BEFORE)
        assert [_rows(name) for name in ("receipt", "receipt_print", "receipt_counter")] == [
            receipts,
            prints,
            counters,
        ]
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(update(_table("receipt")).values(number=9))
        db.session.rollback()
        alembic.upgrade(target=AFTER)
        assert _rows("paper") == papers


def test_of_several_receipts_of_a_line_the_standing_one_goes_down(before: Flask) -> None:
    with before.app_context():
        ids = _two_receipts()
        alembic.upgrade(target=AFTER)
    with before.app_context():
        first = {key: value for key, value in _rows("paper")[0].items() if not key.startswith("void")}
        void = {"voided_at": SINCE, "void_reason": "Revertida"}
        paper = _table("paper")
        db.session.execute(update(paper).where(paper.c.id == first["id"]).values(**void))
        later = {**first, "id": new_id(), "number": 3, "check_code": "CODE3", "printed": 0}
        _add("paper", **later)
        other = {
            **first,
            "id": new_id(),
            "number": 1,
            "series": "C001",
            "check_code": "CODE4",
            "kind": "purchase_receipt",
        }
        _add("paper", **other)
        db.session.commit()
    with before.app_context():  # migrations keep their connection, and its view of the data, for a context
        alembic.downgrade(target=BEFORE)
        assert [(one["number"], one["line_id"]) for one in _rows("receipt")] == [
            (2, ids["lines"][1]),
            (3, ids["lines"][0]),
        ]
        assert not _rows("receipt_print")
