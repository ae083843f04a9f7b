from pathlib import Path

from flask import Flask

from chain.core.clock import utc_now
from chain.core.db import atomic
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
