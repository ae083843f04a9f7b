"""Tenders that were awarded before the market kept awards get one, with its lines and its timer; and stay what they were on the way down."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import MetaData, Table, Uuid, insert, select

from chain.core.db import db
from chain.core.ids import new_id
from chain.core.models import OutboxMessage
from chain.core.orm import UtcDateTime
from chain.migrate import alembic, upgrade
from chain.sales.models import Award, AwardLine
from tests.support.cast import CENTRE, MILL, SINCE, Cast
from tests.support.databases import Content, Database

BEFORE = "0002"
WEIGHTS = (3_333, 3_333, 3_334)


@pytest.fixture
def before(make_database: Callable[[Content], Database], make_app: Callable[[Database], Flask]) -> Flask:
    """The application over a database with people that went down to where no awards were kept."""
    app = make_app(make_database("cast"))
    with app.app_context():
        alembic.downgrade(target=BEFORE)
    return app


def _table(name: str) -> Table:
    found = Table(name, MetaData(), autoload_with=db.engine)
    for column in found.c:
        if column.name.endswith(("_at", "_by_date")):
            column.type = UtcDateTime()
    return found


def _awarded_tender() -> dict[str, Any]:
    """Insert a tender with three lots and its winning bid, as the program before wrote them."""
    ids: dict[str, Any] = {"tender": new_id(), "bid": new_id(), "lots": sorted(new_id() for _ in WEIGHTS)}

    def add(name: str, **values: Any) -> None:
        table = _table(name)
        for column in table.c:
            if (
                column.name == "id"
                or column.name.endswith("_id")
                or column.name in {"created_by", "placed_by"}
            ):
                column.type = Uuid()
        known = {key: value for key, value in values.items() if key in table.c}
        db.session.execute(insert(table).values(**known))

    for lot_id, grams in zip(ids["lots"], WEIGHTS, strict=True):
        add(
            "lot", id=lot_id, organisation_id=CENTRE.id, number=f"X-{str(lot_id)[-8:]}", commodity="alpaca-fibre", producer_id=None,
            delivered_at=SINCE, delivered_on=SINCE.date(), quantity=grams, unit="g", attributes={}, claim="conventional",
            state="offered", registered_at=SINCE, content_hash="0" * 64, origin="derived", is_held=False, grade_confirmed=True,
        )  # fmt: skip
    add(
        "tender", id=ids["tender"], organisation_id=CENTRE.id, number=7, title="Antes", commodity="alpaca-fibre", quantity=10_000,
        unit="g", reserve_minor_per_unit=100, currency="PEN", opens_at=SINCE, closes_at=SINCE + timedelta(days=1),
        state="awarded", winning_bid_id=None, closed_at=SINCE + timedelta(days=1), content_hash="0" * 64, created_at=SINCE,
        created_by=Cast().seller.id,
    )  # fmt: skip
    for lot_id in ids["lots"]:
        add("tender_lot", tender_id=ids["tender"], lot_id=lot_id)
    add(
        "bid", id=ids["bid"], tender_id=ids["tender"], organisation_id=MILL.id, sequence=1, price_minor_per_unit=10_001,
        currency="PEN", placed_at=SINCE, placed_by=Cast().buyer.id, idempotency_key="a", content_hash="0" * 64,
    )  # fmt: skip
    tender = _table("tender")
    for column in tender.c:
        if column.name in {"id", "winning_bid_id"}:
            column.type = Uuid()
    db.session.execute(tender.update().values(winning_bid_id=ids["bid"]))
    db.session.commit()
    return ids


def test_an_awarded_tender_gets_its_award_and_keeps_its_state_on_the_way_down(before: Flask) -> None:
    with before.app_context():
        ids = _awarded_tender()
        started = datetime.now(UTC)
        upgrade()
        award = db.session.scalars(select(Award)).one()
        assert (award.event_id, award.bid_id, award.buyer_id) == (ids["tender"], ids["bid"], MILL.id)
        assert (award.proceeds_minor, award.quantity, award.state) == (100_010, 10_000, "waiting")
        assert (award.confirmations_needed, award.silence, award.opened_by) == (
            1,
            "declined",
            Cast().seller.id,
        )
        assert award.confirm_by >= started + timedelta(hours=72)
        lines = db.session.scalars(
            select(AwardLine).where(AwardLine.award_id == award.id).order_by(AwardLine.lot_id)
        ).all()
        assert [line.lot_id for line in lines] == ids["lots"]
        assert [line.amount_minor for line in lines] == [33_333, 33_333, 33_344]
        timer = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "sales.award_due")).one()
        assert timer.available_at == award.confirm_by
        assert timer.payload == {"award_id": str(award.id)}
        db.session.rollback()
        alembic.downgrade(target=BEFORE)
        assert db.session.scalar(select(_table("tender").c.state)) == "awarded"
        assert not db.session.execute(select(_table("outbox_message").c.kind)).all()
        db.session.rollback()
        upgrade()
        assert db.session.scalars(select(Award.proceeds_minor)).one() == 100_010
