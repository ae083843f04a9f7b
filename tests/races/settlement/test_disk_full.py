"""The disk is full: a clear refusal in the reader's language, nothing half-written, and it works again once there is space."""

import errno
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event, select, text, update

from chain.accounts.models import User
from chain.core.clock import utc_now
from chain.core.db import StorageFull, atomic, db
from chain.core.ids import new_id
from chain.papers.models import Paper
from chain.payin.services.payments import record_buyer_payment
from chain.payout.rules import Rail
from chain.payout.services.batches import prepare_batch
from chain.sales.models import Sale
from chain.settlement.models import SettlementRun
from chain.settlement.services.cash_back import take_back_payment
from chain.settlement.services.runs import account_run, approve_run, pay_run
from tests.support.cast import Cast, bearer, sign_in
from tests.support.money_checks import check_money, picture
from tests.support.settling import add_advance, prepare_sale, sold_lots

CAST = Cast()
MEMBERS = 60
TEXTS = {
    "es": "El servidor ya no tiene espacio para guardar nada. No se guardó nada.",
    "en": "The server has no space left to store anything. Nothing was saved.",
}
#: What says on PostgreSQL, in the words of the server, that a table cannot grow.
NO_SPACE = """
CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
"""
#: Tables that each of the steps below writes late.
LATE = ("paper", "posting", "payout")

Full = Callable[[], AbstractContextManager[None]]


@contextmanager
def _sqlite_full() -> Iterator[None]:
    """Let the file not grow by a page; what is free in it is given back first."""

    def limit(connection: Any, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    db.session.rollback()
    with db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.rollback()
        driver.execute("VACUUM")
    event.listen(db.engine, "checkout", limit)
    try:
        yield
    finally:
        event.remove(db.engine, "checkout", limit)
        db.session.close()
        db.engine.dispose()


@contextmanager
def _postgresql_full() -> Iterator[None]:
    with atomic() as session:
        session.execute(text(NO_SPACE))
        for table in LATE:
            session.execute(
                text(f"CREATE TRIGGER full_{table} AFTER INSERT ON {table} EXECUTE FUNCTION no_space()")
            )
    try:
        yield
    finally:
        with atomic() as session:
            session.execute(text("DROP FUNCTION no_space() CASCADE"))


@pytest.fixture
def full_disk(fresh_app: Flask, database_kind: str) -> Iterator[Full]:
    """`with full_disk(): …` inside of an application context."""
    with fresh_app.app_context():
        yield _sqlite_full if database_kind == "sqlite" else _postgresql_full


@pytest.fixture
def run_id(fresh_app: Flask, now: datetime) -> UUID:
    """An approved run."""
    with fresh_app.app_context(), atomic() as session:
        sale, members = sold_lots(session, [[9_000 + place] for place in range(MEMBERS)])
        add_advance(session, CAST, now, members[0], 5_000)
        run = prepare_sale(session, CAST, now, sale)
        approve_run(session, actor=CAST.treasurer.actor, now=now, run_id=run.id)
        return run.id


def _account(run_id: UUID, now: datetime) -> None:
    with atomic() as session:
        account_run(session, actor=CAST.accountant.actor, now=now, run_id=run_id)


def test_every_step_of_money_is_refused_whole_and_done_once_there_is_space(
    full_disk: Full, run_id: UUID, now: datetime
) -> None:
    sale = db.session.scalars(select(Sale)).one()
    sale_id, payment_ids, batch_id = sale.id, [new_id() for _ in range(MEMBERS)], new_id()

    def pay_in() -> None:
        with atomic() as session:
            for payment_id in payment_ids:  # one would find room in a page that is there
                record_buyer_payment(
                    session,
                    actor=CAST.treasurer.actor,
                    now=now,
                    payment_id=payment_id,
                    sale_id=sale_id,
                    amount_minor=1_000,
                    paid_on=now.date(),
                )

    def batch() -> None:
        with atomic() as session:
            prepare_batch(
                session,
                actor=CAST.accountant.actor,
                now=now,
                batch_id=batch_id,
                rail=Rail.CASH,
                pay_on=now.date(),
                run_id=run_id,
            )

    def pay() -> None:
        with atomic() as session:
            pay_run(session, actor=CAST.treasurer.actor, now=now, run_id=run_id)

    def take_back() -> None:
        with atomic() as session:
            take_back_payment(
                session, actor=CAST.accountant.actor, now=now, run_id=run_id, reason="Nadie cobró"
            )

    def account() -> None:
        _account(run_id, now)

    for step in (account, pay_in, pay, take_back, batch):
        before = picture(db.session)
        with full_disk():
            with pytest.raises(StorageFull):
                step()
            assert picture(db.session) == before
            check_money(db.session)
        step()
        assert picture(db.session) != before
        check_money(db.session)
    assert db.session.get_one(SettlementRun, run_id, populate_existing=True).state == "accounted"


@pytest.mark.parametrize("language", ["es", "en"])
def test_pages_and_scripts_are_told_in_their_language_and_can_still_read(
    full_disk: Full, fresh_app: Flask, run_id: UUID, language: str
) -> None:
    with atomic() as session:
        session.execute(update(User).where(User.id == CAST.accountant.id).values(language=language))
    page, resource = f"/settlement/runs/{run_id}", f"/api/v1/settlement-runs/{run_id}"
    client = fresh_app.test_client()
    with full_disk():
        db.session.close()
        told = client.post(f"{resource}/account", headers=bearer(CAST.accountant))
        assert told.status_code == 503
        assert told.json is not None
        assert told.json["code"] == "storage_full"
        assert told.json["message"].startswith(TEXTS[language])
        sign_in(client, CAST.accountant)
        answer = client.post(f"{page}/account", follow_redirects=True)
        assert answer.status_code == 200
        assert TEXTS[language] in answer.text
        assert client.get(resource, headers=bearer(CAST.accountant)).json["state"] == "approved"  # type: ignore[index]
    assert client.post(f"{page}/account").status_code == 302
    again = client.get(resource, headers=bearer(CAST.accountant))
    assert again.json is not None
    assert again.json["state"] == "accounted"


def test_a_file_that_finds_no_space_is_refused_on_a_page_of_its_own(
    fresh_app: Flask, run_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fresh_app.app_context():
        _account(run_id, utc_now())
        paper_id = db.session.scalars(select(Paper.id).order_by(Paper.number)).first()
        db.session.close()
    client = fresh_app.test_client()
    sign_in(client, CAST.treasurer)

    def full(*_: object, **__: object) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("weasyprint.HTML.render", full)
        patch.setattr("weasyprint.HTML.write_pdf", full)
        answer = client.get(f"/papers/{paper_id}/pdf")
        assert answer.status_code == 503
        assert TEXTS["es"] in answer.text
        assert "Lo que ya estaba guardado sigue a salvo" in answer.text
        answer = client.get(f"/api/v1/papers/{paper_id}/pdf", headers=bearer(CAST.treasurer))
        assert answer.status_code == 503
        assert answer.json is not None
        assert answer.json["code"] == "storage_full"
    assert client.get(f"/papers/{paper_id}/pdf").data.startswith(b"%PDF")
