"""Payments of before settled their sale, in cash; invoices and everything around them go away and come back empty on the way down and up."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chain.core.db import atomic, db
from chain.core.ids import new_id
from chain.core.orm import Model
from chain.ledger.services.verify import verify_ledger
from chain.migrate import alembic, upgrade
from chain.payin.services.credit_notes import issue_credit_note
from chain.payin.services.payments import record_buyer_payment
from chain.payin.services.refunds import approve_refund, ask_refund
from chain.payin.services.statements import add_bank_account, import_statement, set_columns
from tests.services.payin.test_statements import COLUMNS, FIRST
from tests.support.cast import Cast
from tests.support.databases import Content, Database
from tests.support.payin import LATER, invoiced, pay, settled_sale

BEFORE = "0008"
#: What 0009 adds.
NEW = (
    "bank_account", "invoice", "invoice_line", "credit_note", "payment_use", "buyer_refund", "bank_statement", "statement_line",
)  # fmt: skip
FORGERIES = (
    "UPDATE buyer_payment SET amount_minor = 1",
    "UPDATE payment_use SET amount_minor = 1",
    "DELETE FROM payment_use",
)


@pytest.fixture
def app(make_database: Callable[[Content], Database], make_app: Callable[[Database], Flask]) -> Flask:
    """The application over a database of its own with people."""
    return make_app(make_database("cast"))


def _fill(session: Session, cast: Cast, now: datetime) -> None:
    """Pay a sale without an invoice, then invoice, credit, overpay and refund, and import a statement."""
    treasurer, later = cast.treasurer.actor, now + LATER
    sale = settled_sale(session, now)
    record_buyer_payment(
        session, actor=treasurer, now=later, payment_id=new_id(), sale_id=sale.id, amount_minor=300_000, paid_on=now.date()
    )  # fmt: skip
    invoice = invoiced(session, now, sale)
    issue_credit_note(
        session, actor=treasurer, now=later, note_id=new_id(), invoice_id=invoice.id, amount_minor=20_000, reason="Peso"
    )  # fmt: skip
    second = pay(session, now, invoice, 450_000)
    refund = ask_refund(
        session, actor=treasurer, now=later, refund_id=new_id(), payment_id=second.id, amount_minor=50_000, reason="De más"
    )  # fmt: skip
    approve_refund(session, actor=cast.second_treasurer.actor, now=later, refund_id=refund.id)
    account = add_bank_account(
        session, actor=treasurer, now=now, account_id=new_id(), bank="BCP", number="191-1", currency="PEN"
    )
    set_columns(session, actor=treasurer, now=now, account_id=account.id, columns=COLUMNS)
    import_statement(
        session,
        actor=treasurer,
        now=later,
        account_id=account.id,
        file_name="marzo.csv",
        content=FIRST.encode(),
    )


def _count(name: str) -> int:
    found = db.session.scalar(select(func.count()).select_from(Model.metadata.tables[name]))
    db.session.rollback()
    return int(found or 0)


def _payments() -> list[dict[str, Any]]:
    columns = "id, sale_id, amount_minor, currency, paid_on, entry_id"
    found = db.session.execute(text(f"SELECT {columns} FROM buyer_payment ORDER BY id")).mappings().all()
    db.session.rollback()
    return [dict(one) for one in found]


def test_payments_go_down_and_up_with_their_use_and_the_books_stay_whole(
    app: Flask, cast: Cast, now: datetime
) -> None:
    with app.app_context():
        with atomic() as session:
            _fill(session, cast, now)
        assert all(_count(name) for name in NEW)
    with app.app_context():  # migrations keep their connection, and its view of the data, for a context
        alembic.downgrade(target=BEFORE)
        kept = _payments()
        assert [(one["amount_minor"], one["currency"]) for one in kept] == [(300_000, "PEN")]
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text(FORGERIES[0]))
        db.session.rollback()
    with app.app_context():
        upgrade()
    with app.app_context():
        assert _payments() == kept
        uses = "SELECT kind, amount_minor, received_minor, settled_minor FROM payment_use"
        assert [tuple(row) for row in db.session.execute(text(uses))] == [("sale", 300_000, 300_000, 300_000)]
        payments = db.session.execute(text("SELECT means, book_minor FROM buyer_payment")).all()
        assert [tuple(row) for row in payments] == [("cash", 300_000)]
        assert verify_ledger(db.session, cast.centre.id).is_whole
        db.session.rollback()
        for statement in FORGERIES:
            with pytest.raises(DBAPIError, match="append-only"):
                db.session.execute(text(statement))
            db.session.rollback()
        assert [name for name in NEW if _count(name)] == ["payment_use"]
