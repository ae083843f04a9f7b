"""The application under gunicorn, as in production, on a database of the run, for real browsers."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from chain.accounts.edge import COOKIE_TOKEN
from tests.support import databases, postgres
from tests.support.cast import Person
from tests.support.databases import Database
from tests.support.patience import PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parent.parent.parent
#: After so long a server is ended the hard way.
STOP_SECONDS = 30


def environment(database: Database) -> dict[str, str]:
    """Return the settings of a process that works on a database, as environment variables."""
    return {
        "DATABASE_URL": database.url,
        "CHAIN_VAR_DIR": str(postgres.run_dir() / "var"),
        "CHAIN_SECRET_KEY": databases.SECRET,
        "CHAIN_LOG_LEVEL": "WARNING",
        "CHAIN_PASSWORD_FAST": "1",
    }


@dataclass(frozen=True, slots=True)
class LiveServer:
    """A running server; what it writes is in `log`."""

    url: str
    database: Database
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """End it, gently first."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE_SECONDS)


def start_server(database: Database, extra: Mapping[str, str] | None = None) -> LiveServer:
    """Start gunicorn on a port that the system chooses, and wait until it answers."""
    log = postgres.run_dir() / f"gunicorn-{database.name}.log"
    command = [
        *(sys.executable, "-m", "gunicorn", "wsgi:app"),
        *("--bind", "127.0.0.1:0", "--worker-class", "gthread", "--threads", "8", "--workers", "1"),
        *("--log-level", "info", "--no-control-socket"),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | environment(database) | dict(extra or {}),
            stdout=output,
            stderr=output,
        )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        text = log.read_text(encoding="utf-8")
        found = re.search(r"Listening at: (http://127\.0\.0\.1:\d+)", text)
        if found and _answers(found[1]):
            return LiveServer(found[1], database, process, log)
        time.sleep(0.05)
    process.kill()
    process.wait(PATIENCE_SECONDS)
    raise RuntimeError(f"the server did not start:\n{log.read_text(encoding='utf-8')}")


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/healthz", timeout=PATIENCE_SECONDS) as response:
            return bool(response.status == HTTPStatus.OK)
    except (URLError, TimeoutError, ConnectionError):
        return False


def session_cookie(person: Person) -> str:
    """Return the signed session cookie of a browser in which a person is signed in."""
    app = Flask("cookie")
    app.secret_key = databases.SECRET
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    return str(serializer.dumps({COOKIE_TOKEN: person.cookie}))
