"""Prices of periods become versions of flat schemes, under their own ids, and prices again on the way down."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import MetaData, Table, Uuid, insert, select, text
from sqlalchemy.exc import DBAPIError

from chain.core.db import db
from chain.core.ids import new_id
from chain.core.orm import UtcDateTime
from chain.migrate import alembic, upgrade
from chain.pricing.models import PriceScheme, PriceVersion
from chain.pricing.services.flat import set_price
from tests.support.cast import CENTRE, SINCE, Cast
from tests.support.databases import Content, Database

BEFORE = "0005"
DAYS = ((date(2026, 3, 1), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 4, 30)))


@pytest.fixture
def before(make_database: Callable[[Content], Database], make_app: Callable[[Database], Flask]) -> Flask:
    """The application over a database with people that went down to where prices of periods were."""
    app = make_app(make_database("cast"))
    with app.app_context():
        alembic.downgrade(target=BEFORE)
    return app


def _period_price() -> Table:
    found = Table("period_price", MetaData(), autoload_with=db.engine)
    for column in found.c:
        if column.name == "id" or column.name.endswith("_id") or column.name == "created_by":
            column.type = Uuid()
        elif column.name == "created_at":
            column.type = UtcDateTime()
    return found


def _add_prices() -> list[dict[str, Any]]:
    rows = [
        {
            "id": new_id(), "organisation_id": CENTRE.id, "commodity": "raw-milk", "price_minor_per_unit": price,
            "currency": "PEN", "valid_from": first, "valid_to": last, "decided_by": "Asamblea", "created_at": SINCE,
            "created_by": None,
        }
        for price, (first, last) in zip((175, 180), DAYS, strict=True)
    ]  # fmt: skip
    db.session.execute(insert(_period_price()), rows)
    db.session.commit()
    return rows


def test_prices_become_versions_in_force_and_prices_again(before: Flask, cast: Cast, now: Any) -> None:
    with before.app_context():
        rows = _add_prices()
        upgrade()
        scheme = db.session.scalars(select(PriceScheme)).one()
        assert (scheme.key, scheme.name, scheme.currency) == ("flat-raw-milk", "Raw milk", "PEN")
        versions = db.session.scalars(select(PriceVersion).order_by(PriceVersion.number)).all()
        assert [(one.id, one.number, one.state, one.valid_from, one.valid_to) for one in versions] == [
            (row["id"], number, "in_force", row["valid_from"], row["valid_to"])
            for number, row in enumerate(rows, start=1)
        ]
        assert versions[0].content == {
            "kind": "flat",
            "unit": "l",
            "base_minor": 175,
            "missing": "mean_of_last_three",
        }
        known = set_price(
            db.session,
            actor=cast.accountant.actor,
            now=now,
            price_id=rows[0]["id"],
            commodity="raw-milk",
            price_minor_per_unit=175,
            valid_from=DAYS[0][0],
            valid_to=DAYS[0][1],
            decided_by="Asamblea",
        )
        assert known.id == rows[0]["id"], "the same price sent again is known"
        db.session.rollback()
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text("UPDATE price_version SET content = '{}'"))
        db.session.rollback()
        alembic.downgrade(target=BEFORE)
        kept = db.session.execute(select(_period_price()).order_by(text("valid_from"))).mappings().all()
        assert [dict(row) for row in kept] == rows
        db.session.rollback()
        upgrade()
        assert len(db.session.scalars(select(PriceVersion)).all()) == len(rows)
