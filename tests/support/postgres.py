"""A throw-away PostgreSQL server: started by whoever needs it first, shared by all test processes, gone at the end.

The folder of a run carries the process id of its owner (pytest itself, or the xdist controller). The owner stops the
server when it ends; should the owner be killed, the next run finds its folder and stops what it left behind.
"""

import contextlib
import fcntl
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

PREFIX = "chain-tests-"
RUN_DIR_VARIABLE = "CHAIN_TEST_RUN_DIR"
#: How often a start is tried again when another program took the free port in between.
START_ATTEMPTS = 3
SERVER_OPTIONS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "shared_buffers=64MB",
    "max_connections=200",
    "unix_socket_directories=",
    "listen_addresses=127.0.0.1",
)


class NoServer(Exception):
    """PostgreSQL's programs are missing or the server did not start; the message says what to do."""


def make_run_dir() -> Path:
    """Make the folder of this test run, known to worker processes through the environment."""
    remove_stale_runs()
    path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    path.chmod(0o711)  # the server's own user must be able to pass through
    os.environ[RUN_DIR_VARIABLE] = str(path)
    return path


def run_dir() -> Path:
    """Return the folder of this test run."""
    return Path(os.environ[RUN_DIR_VARIABLE])


def remove_run_dir(path: Path) -> None:
    """Stop the server of a run, if it has one, and delete the folder."""
    stop(path)
    shutil.rmtree(path, ignore_errors=True)


def remove_stale_runs() -> None:
    """Stop servers and delete folders of earlier runs whose owner was killed before it could."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}[0-9]*-*"):
        owner = path.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdecimal() and not _is_running(int(owner)) and os.access(path, os.W_OK):
            remove_run_dir(path)


def _is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock between the processes of one run."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def server_url() -> str:
    """Return the address of the run's server without a database name, starting the server when nobody did yet."""
    folder = run_dir()
    address = folder / "postgres.json"
    with locked(folder / "postgres.lock"):
        if not address.exists():
            address.write_text(json.dumps(_start(folder)), encoding="utf-8")
            address.chmod(0o600)
    return str(json.loads(address.read_text(encoding="utf-8"))["url"])


def programs() -> Path:
    """Return the folder of `initdb` and `pg_ctl`: that of CHAIN_TEST_PG_BIN, of Debian's newest version, or of PATH."""
    named = os.environ.get("CHAIN_TEST_PG_BIN")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    found = shutil.which("initdb")
    candidates = [Path(named)] if named else [*reversed(debian), *([Path(found).parent] if found else [])]
    for candidate in candidates:
        if (candidate / "initdb").exists() and (candidate / "pg_ctl").exists():
            return candidate
    raise NoServer(
        "PostgreSQL's server programs were not found. `scripts/setup.sh test` installs them; "
        "CHAIN_TEST_DATABASES=sqlite runs the tests without them."
    )


def _server_user() -> dict[str, Any]:
    """Return the arguments that make a subprocess run as somebody else when we are root: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise NoServer("PostgreSQL does not run as root, and there is neither a user postgres nor nobody.")


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    environment |= {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
    # The server inherits the output of pg_ctl; a pipe would stay open for as long as it lives.
    with (folder / "commands.log").open("a+", encoding="utf-8") as output:
        start = output.seek(0, os.SEEK_END)
        status = subprocess.run(
            command, stdout=output, stderr=output, cwd="/", env=environment, check=False, **_server_user()
        ).returncode
        output.seek(start)
        return subprocess.CompletedProcess(command, status, output.read(), "")


def _start(folder: Path) -> dict[str, str]:
    bin_dir = programs()
    home = folder / "postgres"
    home.mkdir(mode=0o700)
    password = secrets.token_urlsafe(24)
    password_file = home / "password"
    password_file.write_text(password, encoding="utf-8")
    user = _server_user()
    if user:
        for path in (home, password_file):
            os.chown(path, user["user"], user["group"])
    data = home / "data"
    made = _run(
        [
            str(bin_dir / "initdb"),
            f"--pgdata={data}",
            "--username=chain",
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        folder,
    )
    if made.returncode:
        raise NoServer(f"initdb failed:\n{made.stdout}")
    for _ in range(START_ATTEMPTS):
        port = _free_port()
        options = " ".join(f"-c {option}" for option in (*SERVER_OPTIONS, f"port={port}"))
        log = home / "server.log"
        started = _run(
            [
                str(bin_dir / "pg_ctl"),
                "-D",
                str(data),
                "-l",
                str(log),
                "-o",
                options,
                "-w",
                "-t",
                "60",
                "start",
            ],
            folder,
        )
        if started.returncode == 0:
            return {"url": f"postgresql+psycopg://chain:{password}@127.0.0.1:{port}"}
    raise NoServer(f"the server did not start:\n{started.stdout}\n{log.read_text(encoding='utf-8')}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stop(folder: Path) -> None:
    """Stop the server of a run by the process id that it wrote itself; wait until it is gone."""
    pid_file = folder / "postgres" / "data" / "postmaster.pid"
    if not pid_file.exists():
        return
    try:
        server = psutil.Process(int(pid_file.read_text(encoding="utf-8").split()[0]))
        if "postgres" not in server.name():
            return  # the number was given to another program since
        server.send_signal(signal.SIGINT)  # fast shutdown
        deadline = time.monotonic() + 15
        while server.is_running() and server.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > deadline:
                server.send_signal(signal.SIGQUIT)
                break
            time.sleep(0.05)
    except (psutil.NoSuchProcess, FileNotFoundError, IndexError):
        return


def _execute(statement: sql.SQL | sql.Composed) -> None:
    address = server_url().replace("+psycopg", "", 1) + "/postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)


def create_database(name: str, *, template: str | None = None) -> str:
    """Create a database, as a copy of a template if one is named, and return its address."""
    statement: sql.Composed = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        statement += sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(template))
    _execute(statement)
    return f"{server_url()}/{name}"


def drop_database(name: str) -> None:
    """Drop a database and whoever is still connected to it."""
    _execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
