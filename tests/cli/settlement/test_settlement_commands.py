"""`chain ledger verify` and `chain receipts print`."""

from collections.abc import Callable
from datetime import datetime
from errno import ENOSPC
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import text

from chain.core.db import atomic
from chain.core.ids import new_id
from chain.settlement.services.runs import pay_run, prepare_sale_run
from tests.support.cast import Cast
from tests.support.settling import book, sold_lots

ChainCli = Callable[..., Result]


@pytest.fixture
def _paid_run(fresh_app: Flask, cast: Cast, now: datetime) -> None:
    with fresh_app.app_context(), atomic() as session:
        sale, _ = sold_lots(session, [[10_000], [7_321], [500]])
        run = prepare_sale_run(
            session, actor=cast.accountant.actor, now=now, run_id=new_id(), sale_id=sale.id
        )
        book(session, cast, now, run)
        pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)


@pytest.mark.usefixtures("_paid_run")
def test_whole_books_verify_with_exit_code_0(chain_cli: ChainCli) -> None:
    result = chain_cli("ledger", "verify")
    assert result.exit_code == 0, result.output
    assert "entries=2 postings=8 problems=0" in result.stdout
    assert chain_cli("ledger", "verify", "--organisation", "cc01").exit_code == 0


@pytest.mark.usefixtures("_paid_run")
def test_broken_books_name_the_first_entry_and_exit_with_1(chain_cli: ChainCli, fresh_app: Flask) -> None:
    with fresh_app.app_context(), atomic() as session:
        session.execute(text("DROP TRIGGER journal_entry_no_update"))
        session.execute(text("UPDATE journal_entry SET description = 'otra cosa' WHERE sequence = 2"))
    result = chain_cli("ledger", "verify")
    assert result.exit_code == 1
    assert "CC01, n.º 2" in result.stderr
    assert "fueron cambiados" in result.stderr


@pytest.mark.usefixtures("_paid_run")
def test_the_receipts_of_a_run_are_printed_and_then_copied(chain_cli: ChainCli, tmp_path: Path) -> None:
    out = tmp_path / "recibos.pdf"
    result = chain_cli("receipts", "print", "--organisation", "CC01", "--run", "1", "--out", str(out))
    assert result.exit_code == 0, result.output
    texts = [page.extract_text() for page in PdfReader(out).pages]
    assert len(texts) == 3
    assert all("ORIGINAL" in one for one in texts)
    again = chain_cli("receipts", "print", "--organisation", "CC01", "--receipt", "r001-2", "--out", str(out))
    assert again.exit_code == 0, again.output
    assert result.stderr == again.stderr == ""  # WeasyPrint tells every step to whoever listens
    assert "COPIA 1" in PdfReader(out).pages[0].extract_text()


@pytest.mark.usefixtures("_paid_run")
def test_what_could_not_be_drawn_or_written_is_no_print(
    chain_cli: ChainCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "recibos.pdf"
    order = ("receipts", "print", "--organisation", "CC01", "--receipt", "R001-1", "--out", str(out))

    def refuse(*_args: object, **_options: object) -> int:
        raise OSError(ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("chain.papers.drawing.render.render", refuse)
        assert chain_cli(*order).exit_code == 1
    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", refuse)
        told = chain_cli(*order)
    assert told.exit_code == 1
    assert "No space left" in told.stderr
    assert list(tmp_path.iterdir()) == []
    assert chain_cli(*order).exit_code == 0
    assert "ORIGINAL" in PdfReader(out).pages[0].extract_text()


def test_what_does_not_exist_is_told_in_one_line(chain_cli: ChainCli, tmp_path: Path) -> None:
    out = str(tmp_path / "x.pdf")
    for arguments in (
        ("--organisation", "NADA", "--run", "1"),
        ("--organisation", "CC01", "--run", "9"),
        ("--organisation", "CC01", "--receipt", "R001-9"),
        ("--organisation", "CC01"),
    ):
        result = chain_cli("receipts", "print", *arguments, "--out", out)
        assert result.exit_code != 0
        assert "Error" in result.stderr
    assert chain_cli("ledger", "verify", "--organisation", "NADA").exit_code == 1
