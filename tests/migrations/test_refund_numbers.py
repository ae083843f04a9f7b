"""Refunds of before get numbers in the order in which they were asked for, in each house from 1; on the way down they lose them."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chain.core.db import atomic, db
from chain.core.ids import new_id
from chain.migrate import alembic, upgrade
from chain.payin.services.refunds import ask_refund
from tests.support.cast import Cast
from tests.support.databases import Content, Database
from tests.support.payin import LATER, invoiced, pay

BEFORE = "0010"
#: hundredths of the refunds, in the order of their moments; two share one
AMOUNTS = (3_000, 1_000, 2_000)


@pytest.fixture
def app(make_database: Callable[[Content], Database], make_app: Callable[[Database], Flask]) -> Flask:
    """The application over a database of its own with people."""
    return make_app(make_database("cast"))


def _numbers() -> list[tuple[int, int]]:
    found = db.session.execute(text("SELECT number, amount_minor FROM buyer_refund ORDER BY number")).all()
    db.session.rollback()
    return [(row[0], row[1]) for row in found]


def test_refunds_are_numbered_in_the_order_of_asking(app: Flask, cast: Cast, now: datetime) -> None:
    with app.app_context(), atomic() as session:
        payment = pay(session, now, invoiced(session, now), 450_000)
        for place, minor in enumerate(AMOUNTS):
            ask_refund(
                session,
                actor=cast.treasurer.actor,
                now=now + LATER + timedelta(minutes=place // 2),
                refund_id=new_id(),
                payment_id=payment.id,
                amount_minor=minor,
                reason="De más",
            )
    expected = list(enumerate(AMOUNTS, 1))
    with app.app_context():
        assert _numbers() == expected
    with app.app_context():
        alembic.downgrade(target=BEFORE)
        columns = db.session.execute(text("SELECT * FROM buyer_refund")).keys()
        assert "number" not in columns
        db.session.rollback()
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text("UPDATE buyer_refund SET amount_minor = 1"))
        db.session.rollback()
    with app.app_context():
        upgrade()
        assert _numbers() == expected
        for statement in ("UPDATE buyer_refund SET number = 9", "DELETE FROM buyer_refund"):
            with pytest.raises(DBAPIError, match="append-only"):
                db.session.execute(text(statement))
            db.session.rollback()
        db.session.execute(text("UPDATE buyer_refund SET state = 'declined'"))
        db.session.commit()
