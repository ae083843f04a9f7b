"""What a command says about a database that it cannot use: one line, never a traceback."""

import pytest
from click.testing import CliRunner

from chain.cli import main

COMMANDS = (
    ("user", "list"),
    ("user", "add", "rosa", "--organisation", "CC01", "--role", "clerk", "--name", "Rosa"),
    ("organisation", "add", "CC01", "--kind", "centre", "--name", "Centro", "--country", "PE"),
    ("ledger", "verify"),
    ("worker", "--once"),
    ("serve",),
    ("lots", "import", __file__, "--centre", "CC01"),
    ("receipts", "print", "--organisation", "CC01", "--run", "1", "--out", "never.pdf"),
    ("income", "import", __file__, "--organisation", "CC01"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_a_database_without_tables_is_told_with_what_to_do(
    command: tuple[str, ...], tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("CHAIN_VAR_DIR", str(tmp_path))
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert (
        result.stderr
        == "Error: The database has no tables, or those of an older version. Run: chain db upgrade\n"
    )


def test_a_server_that_is_away_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://chain:geheim@127.0.0.1:1/chain")
    result = CliRunner().invoke(main, ["db", "upgrade"])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The database cannot be used: connection failed")
    assert len(result.stderr.splitlines()) == 1
    assert "geheim" not in result.stderr


def test_a_folder_that_cannot_be_made_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("CHAIN_VAR_DIR", "/proc/nowhere")
    result = CliRunner().invoke(main, ["db", "upgrade"])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The folder /proc/nowhere (CHAIN_VAR_DIR) cannot be used: ")
