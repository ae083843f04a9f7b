"""The tables of tax papers and tax licences, with rows in them, go down and come up again, frozen and append-only as before."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from chain.core.db import atomic, db
from chain.core.ids import new_id
from chain.migrate import alembic, upgrade
from chain.papers.models import Paper
from chain.settlement.fortnight.models import TaxLicence
from chain.settlement.legal.services import issue_tax_papers
from tests.support.cast import SINCE, Cast
from tests.support.databases import Content, Database
from tests.support.settling import book, prepare_sale, sold_lots
from tests.support.tax import complete, confirm_peru, withhold

FORGERIES = (
    "UPDATE tax_setting SET value = 1",
    "UPDATE producer_tax_fact SET ubigeo = '000000'",
    "DELETE FROM tax_paper_amount",
)


def _fill(cast: Cast, now: datetime) -> None:
    with atomic() as session:
        withhold(session, cast, now)
        sale, (ana,) = sold_lots(session, [[2000]])
        run = book(session, cast, now, prepare_sale(session, cast, now, sale))
        confirm_peru(session, cast, now)
        complete(session, cast, now, ana)
        issue_tax_papers(session, actor=cast.accountant.actor, now=now, run_id=run.id)
        session.execute(
            insert(TaxLicence).values(
                id=new_id(), organisation_id=cast.centre.id, producer_id=ana.id, number="7",
                valid_from=SINCE.date(), valid_to=now.date(), created_at=now, created_by=cast.accountant.id,
            )
        )  # fmt: skip


def _counts() -> dict[str, int]:
    tables = ("tax_setting", "producer_tax_fact", "tax_paper_amount", "tax_licence")
    found = {name: int(db.session.scalar(text(f"SELECT count(*) FROM {name}")) or 0) for name in tables}
    db.session.rollback()
    return found


def _refuse_forgeries() -> None:
    for statement in FORGERIES:
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text(statement))
        db.session.rollback()


def test_tax_tables_with_rows_go_down_and_up_again(
    make_database: Callable[[Content], Database],
    make_app: Callable[[Database], Flask],
    cast: Cast,
    now: datetime,
) -> None:
    app = make_app(make_database("cast"))
    with app.app_context():
        _fill(cast, now)
        assert _counts() == {
            "tax_setting": 5, "producer_tax_fact": 1, "tax_paper_amount": 1, "tax_licence": 1,
        }  # fmt: skip
    for target, left in (("0007", 1), ("0004", 0)):
        with app.app_context():  # migrations keep their connection, and its view of the data, for a context
            alembic.downgrade(target=target)
        with app.app_context():
            upgrade()
        with app.app_context():
            assert _counts() == {
                "tax_setting": 5 * left, "producer_tax_fact": left, "tax_paper_amount": left, "tax_licence": 0,
            }  # fmt: skip
            # receipts come back from the table that they had before; papers of other kinds cannot
            assert set(db.session.scalars(select(Paper.kind))) == (
                {"receipt", "purchase_liquidation"} if left else {"receipt"}
            )
            db.session.rollback()
            if left:
                _refuse_forgeries()
