"""`chain start` as a person meets it: in a terminal, twice, ended with Ctrl-C."""

import hashlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.support.databases import Database
from tests.support.live import ROOT, environment
from tests.support.patience import PATIENCE_SECONDS


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def settings(demo_database: Database, tmp_path: Path) -> Mapping[str, str]:
    """A machine of one's own: folder, port, and a copy of the demonstration that was loaded before."""
    (tmp_path / "chain.db").write_bytes(Path(demo_database.url.removeprefix("sqlite:///")).read_bytes())
    made = os.environ | environment(demo_database) | {"CHAIN_VAR_DIR": str(tmp_path)}
    del made["DATABASE_URL"], made["CHAIN_SECRET_KEY"]
    return made | {"CHAIN_PORT": str(free_port()), "CHAIN_LOG_LEVEL": "INFO"}


def start(settings: Mapping[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "chain.cli", "start"],
        cwd=ROOT,
        env=dict(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a terminal gives each command a process group of its own
    )


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def answers(settings: Mapping[str, str]) -> bool:
    try:
        with urlopen(
            f"http://127.0.0.1:{settings['CHAIN_PORT']}/healthz", timeout=PATIENCE_SECONDS
        ) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def processes_of(folder: str) -> set[int]:
    """Return every process that was started with this CHAIN_VAR_DIR, whoever its parent is."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"CHAIN_VAR_DIR={folder}\0".encode() in path.read_bytes():
                found.add(int(path.parent.name))
        except OSError:
            continue  # it ended meanwhile, or is somebody else's
    return found


def digest(database: Path) -> str:
    """Return a hash of everything that a database holds, however its pages lie."""
    found = hashlib.sha256()
    with closing(sqlite3.connect(database)) as connection:
        for statement in connection.iterdump():
            found.update(statement.encode())
    return found.hexdigest()


def run_until_ctrl_c(settings: Mapping[str, str]) -> str:
    process = start(settings)
    wait_for(lambda: answers(settings) or process.poll() is not None)
    assert len(processes_of(settings["CHAIN_VAR_DIR"])) >= 4  # start, web server, its process, worker
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert "Traceback" not in stderr
    assert "alembic" not in stderr
    assert processes_of(settings["CHAIN_VAR_DIR"]) == set()
    return stdout


def test_it_says_how_to_sign_in_and_a_second_start_changes_nothing(settings: Mapping[str, str]) -> None:
    database = Path(settings["CHAIN_VAR_DIR"]) / "chain.db"
    first = run_until_ctrl_c(settings)
    assert f"http://127.0.0.1:{settings['CHAIN_PORT']}" in first
    for username in ("acopio", "calidad", "ventas", "presidencia", "contabilidad", "tesoreria", "productora"):
        assert re.search(rf"^ +{username} +\w", first, re.MULTILINE)
    assert "Chain has ended." in first
    before = digest(database)
    assert run_until_ctrl_c(settings) == first
    assert digest(database) == before
    assert (database.parent / "secret_key").stat().st_mode & 0o777 == 0o600


def test_when_a_part_ends_by_itself_everything_ends_and_says_which(settings: Mapping[str, str]) -> None:
    process = start(settings)
    wait_for(lambda: answers(settings) or process.poll() is not None)
    (worker,) = [
        pid
        for pid in processes_of(settings["CHAIN_VAR_DIR"])
        if Path(f"/proc/{pid}/cmdline").read_bytes().endswith(b"\0worker\0")
    ]
    os.kill(worker, signal.SIGKILL)
    _, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1
    assert "Error: the worker ended by itself (code -9)" in stderr
    assert processes_of(settings["CHAIN_VAR_DIR"]) == set()


def test_a_port_in_use_is_told_in_one_line(settings: Mapping[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(settings["CHAIN_PORT"])))
        other.listen()
        stdout, stderr = start(settings).communicate(timeout=PATIENCE_SECONDS)
    assert stdout == ""
    assert re.fullmatch(
        rf"Error: Port {settings['CHAIN_PORT']} of 127\.0\.0\.1 cannot be used .*CHAIN_PORT=8001 make run\n",
        stderr,
    )
