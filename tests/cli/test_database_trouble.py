"""What a command says about a database that it cannot use: one line, never a traceback."""

import errno
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from chain.cli import database_problem, main
from chain.core.db import StorageFull, atomic
from tests.support.cast import Cast
from tests.support.paying import accounted_run

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


def test_a_database_without_space_is_told_in_one_line() -> None:
    told = database_problem(StorageFull())
    assert told is not None
    assert told.startswith("The server has no space left to store anything. Nothing was saved.")


@pytest.mark.parametrize(
    "command",
    [
        ("receipts", "print", "--organisation", "CC01", "--run", "1"),
        (
            "ledger",
            "export",
            "--organisation",
            "CC01",
            "--from",
            "2026-01-01",
            "--to",
            "2026-12-31",
            "--format",
            "csv",
        ),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_a_full_disk_leaves_the_file_of_before_and_no_half_one(
    command: tuple[str, ...],
    chain_cli: Callable[..., Result],
    fresh_app: Flask,
    cast: Cast,
    now: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with fresh_app.app_context(), atomic() as session:
        accounted_run(session, cast, now, [[10_000]])
    out = tmp_path / "file"
    out.write_text("before")

    def full(path: Path, *_: object, **__: object) -> None:
        with path.open("ab") as file:
            file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_bytes", full)
        patch.setattr("chain.ledger.export.formats.write_export", lambda *_, path, **__: full(path))
        result = chain_cli(*command, "--out", str(out))
    assert result.exit_code == 1
    assert result.stderr == f"Error: {out}: No space left on device\n"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    assert out.read_text() == "before"
    assert chain_cli(*command, "--out", str(out)).exit_code == 0
    assert out.read_bytes() != b"before"
