from datetime import date
from pathlib import Path

from flask import Flask

from chain.core.clock import utc_now
from chain.core.db import atomic
from chain.ledger.queries.years import standing_close
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import post_entry
from tests.cli.conftest import ChainCli
from tests.support.cast import Cast
from tests.support.ledger import add_member, post_season


def test_books_are_exported_to_a_file(
    fresh_app: Flask, chain_cli: ChainCli, cast: Cast, tmp_path: Path
) -> None:
    with fresh_app.app_context(), atomic() as session:
        post_season(session, cast, utc_now(), [add_member(session, cast, utc_now(), "P001")])
    path = tmp_path / "libro.beancount"
    period = ("--from", "2026-01-01", "--to", "2026-03-31", "--out", str(path))
    done = chain_cli("ledger", "export", "--organisation", "cc01", "--format", "beancount", *period)
    assert done.exit_code == 0, done.stderr
    assert f"bytes={path.stat().st_size}" in done.stdout
    assert "balance Assets:101-Caja" in path.read_text()
    swapped = ("--from", "2026-03-31", "--to", "2026-01-01", "--out", str(path))
    assert chain_cli("ledger", "export", "--organisation", "CC01", "--format", "csv", *swapped).exit_code == 1
    assert chain_cli("ledger", "verify").exit_code == 0


def test_opening_balances_are_brought_in_once(chain_cli: ChainCli, tmp_path: Path) -> None:
    path = tmp_path / "saldos.csv"
    path.write_text("cuenta,monto\n101,100.50\nnada,3\n")
    command = ("ledger", "import-opening", str(path), "--organisation", "CC01", "--on", "2026-01-01")
    refused = chain_cli(*command)
    assert refused.exit_code == 1
    assert "3\taccount\tEl plan no tiene" in refused.stderr
    path.write_text("cuenta,monto\n101,100.50\n")
    assert "entry=- dry_run=true" in chain_cli(*command, "--dry-run").stdout
    assert "rows=1 entry=1 posted=true" in chain_cli(*command).stdout
    assert "rows=1 entry=1 posted=false" in chain_cli(*command).stdout
    assert chain_cli("ledger", "verify", "--organisation", "CC01").exit_code == 0


YEAR_END = date(2025, 12, 31)
CLOSE_2025 = ("ledger", "close-year", "--organisation", "CC01", "--to", "2025-12-31")


def earn(app: Flask, cast: Cast, fees: int) -> None:
    """Post fees in 2025."""
    with app.app_context(), atomic() as session:
        post_entry(
            session,
            actor=cast.treasurer.actor,
            organisation_id=cast.centre.id,
            now=utc_now(),
            occurred_on=YEAR_END,
            kind=EntryKind.MANUAL,
            description="Cuotas",
            idempotency_key=f"fees:{fees}",
            lines=[LedgerLine(AccountCode.CASH, fees), LedgerLine(AccountCode.FEE_INCOME, -fees)],
        )


def test_a_year_is_closed_once_by_somebody_who_may(fresh_app: Flask, chain_cli: ChainCli, cast: Cast) -> None:
    earn(fresh_app, cast, 150_005)
    tried = chain_cli(*CLOSE_2025, "--by", "treasurer", "--dry-run")
    assert tried.exit_code == 0, tried.stderr
    assert tried.stdout == "last_day=2025-12-31 entry=- posted=false result_PEN=1500.05\n"
    done = chain_cli(*CLOSE_2025, "--by", "treasurer")
    assert done.stdout == "last_day=2025-12-31 entry=2 posted=true result_PEN=1500.05\n"
    again = chain_cli(*CLOSE_2025, "--by", "treasurer")
    assert again.stdout == "last_day=2025-12-31 entry=2 posted=false result_PEN=1500.05\n"
    with fresh_app.app_context(), atomic() as session:
        entry = standing_close(session, cast.centre.id, YEAR_END)
        assert entry is not None
        assert entry.posted_by == cast.treasurer.id, "taking it back needs another person"
    assert chain_cli("ledger", "verify").exit_code == 0


def test_a_year_that_cannot_be_closed_is_refused_with_its_reason(
    fresh_app: Flask, chain_cli: ChainCli, cast: Cast
) -> None:
    english = ("--by", "treasurer", "--language", "en")
    assert "income" in chain_cli(*CLOSE_2025, *english).stderr
    earn(fresh_app, cast, 100)
    for day, words in (("2025-12-30", "last day of a month"), ("2099-12-31", "not over yet")):
        refused = chain_cli("ledger", "close-year", "--organisation", "CC01", "--to", day, *english)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert words in refused.stderr
    for who, words in (("clerk", "permi"), ("nobody", "nobody"), ("outsider", "no active user")):
        refused = chain_cli(*CLOSE_2025, "--by", who, "--language", "en")
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert words in refused.stderr.lower()
    spanish = chain_cli(
        "ledger", "close-year", "--organisation", "CC01", "--to", "2025-12-30", "--by", "treasurer"
    )
    assert "último día de un mes" in spanish.stderr
    nowhere = chain_cli("ledger", "close-year", "--organisation", "XX", "--to", "2025-12-31", "--by", "clerk")
    assert (nowhere.exit_code, nowhere.stdout) == (1, "")
    assert chain_cli(*CLOSE_2025).exit_code == 2
    assert chain_cli("ledger", "close-year", "--organisation", "CC01", "--to", "ayer").exit_code == 2
    chain_cli(*CLOSE_2025, *english)
    earn(fresh_app, cast, 250)
    later = chain_cli(*CLOSE_2025, *english)
    assert later.exit_code == 1
    assert "2" in later.stderr
