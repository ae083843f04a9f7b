"""The process of the streams under gunicorn with gevent, as in production, and readers of it."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.support import postgres
from tests.support.databases import Database
from tests.support.live import ROOT, LiveServer, environment
from tests.support.patience import PATIENCE_SECONDS


def start_streams(database: Database, extra: Mapping[str, str] | None = None) -> LiveServer:
    """Start the streams on a port that the system chooses, and wait until they answer."""
    log = postgres.run_dir() / f"streams-{database.name}.log"
    command = [
        *(sys.executable, "-m", "gunicorn", "chain.streams:create_streams()"),
        *("--bind", "127.0.0.1:0", "--worker-class", "gevent", "--workers", "1"),
        *(
            "--worker-connections",
            "1000",
            "--graceful-timeout",
            "1",
            "--log-level",
            "info",
            "--no-control-socket",
        ),
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
        found = re.search(r"Listening at: (http://127\.0\.0\.1:\d+)", log.read_text(encoding="utf-8"))
        if found and _answers(found[1]):
            return LiveServer(found[1], database, process, log)
        time.sleep(0.05)
    process.kill()
    process.wait(PATIENCE_SECONDS)
    raise RuntimeError(f"the streams did not start:\n{log.read_text(encoding='utf-8')}")


def _answers(url: str) -> bool:
    try:
        with Reader(url, "/healthz", seconds=PATIENCE_SECONDS) as reader:
            return reader.status == HTTPStatus.OK
    except (TimeoutError, ConnectionError):
        return False


class Reader:
    """One HTTP request over a plain socket, whose answer is read as it comes; it goes away at the end of its `with`."""

    def __init__(
        self,
        url: str,
        path: str,
        *,
        cookie: str = "",
        headers: Mapping[str, str] | None = None,
        seconds: float = PATIENCE_SECONDS,
    ) -> None:
        place = urlsplit(url)
        self._socket = socket.create_connection(
            (place.hostname or "", place.port or 0), timeout=PATIENCE_SECONDS
        )
        lines = [f"GET {path} HTTP/1.1", f"Host: {place.netloc}"]
        if cookie:
            lines.append(f"Cookie: chain={cookie}")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.text = ""
        try:
            self.read_until("\r\n\r\n", seconds)
        except BaseException:
            self._socket.close()
            raise
        self.status = int(self.text.split(" ", 2)[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def read_until(self, words: str, seconds: float = PATIENCE_SECONDS) -> str:
        """Read until words came; return everything so far.

        Raises:
            TimeoutError: they did not come in time.
        """
        deadline = time.monotonic() + seconds
        while words not in self.text:
            self._socket.settimeout(max(0.01, deadline - time.monotonic()))
            piece = self._socket.recv(65_536)
            if not piece:
                raise TimeoutError(f"the answer ended:\n{self.text}")
            self.text += piece.decode()
        return self.text
