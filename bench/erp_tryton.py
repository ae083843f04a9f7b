"""Tryton beside Chain, for bench.erp: installed by its pinned list, its program started, a round when it is asked for one."""

import json
import os
import secrets
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any, Self

from bench.common import SEED
from chain.core.ids import new_id
from tests.support import postgres

HERE = Path(__file__).parent
#: how long Tryton may take for all of its rounds
LIMIT_SECONDS = 900


@dataclass(slots=True)
class Rounds:
    """Seconds of each round, of one way."""

    lots: int
    seconds: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Lots a second, the median."""
        return self.lots / statistics.median(self.seconds)


class NoTryton(Exception):
    """Tryton could not be installed or did not run; the message says why."""


def clean_environment() -> dict[str, str]:
    """Return our environment without what is said to our own Python."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def run(command: Sequence[str | Path], *, what: str, secret: Path | None = None) -> str:
    """Run a program and return what it printed.

    Raises:
        NoTryton: it failed.
    """
    environment = clean_environment()
    if secret is not None:
        environment["TRYTONPASSFILE"] = str(secret)
    try:
        done = subprocess.run(
            [str(word) for word in command],
            capture_output=True,
            text=True,
            check=True,
            timeout=LIMIT_SECONDS,
            env=environment,
        )
    except subprocess.CalledProcessError as error:
        words = (error.stderr or error.stdout or "").strip().splitlines()
        raise NoTryton(f"{what}: {words[-1] if words else error}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoTryton(f"{what}: {error}") from error
    return done.stdout


@contextmanager
def tryton_database() -> Iterator[dict[str, Any]]:
    """Install Tryton beside us, with the modules in a database of its own; give what its program must know.

    Raises:
        NoTryton: it could not be installed.
    """
    folder = postgres.run_dir()
    home, name, config = folder / "tryton", f"tryton_{new_id().hex}", folder / "trytond.conf"
    run([sys.executable, "-m", "venv", home], what="virtual environment")
    pins = HERE / "erp-requirements.txt"
    run(
        [
            home / "bin" / "pip",
            "install",
            "--quiet",
            "--no-compile",
            "--require-hashes",
            "--no-deps",
            "-r",
            pins,
        ],
        what="installation",
    )
    postgres.create_database(name)
    secret = folder / "tryton.secret"
    for path, content in (
        (secret, secrets.token_urlsafe()),
        (config, f"[database]\nuri = {postgres.server_url().replace('+psycopg', '')}/\n"),
    ):
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
    modules = ["-u", "purchase", "--activate-dependencies", "--email", "admin@example.org"]
    try:
        run(
            [home / "bin" / "trytond-admin", "-c", config, "-d", name, *modules],
            what="modules",
            secret=secret,
        )
        yield {"database": name, "config": str(config), "seed": SEED}
    finally:
        postgres.drop_database(name)


class Tryton:
    """Tryton's program, which buys a round of lots when it is asked; the first failure ends it."""

    def __init__(self, single: int, bulk: int, todo: dict[str, Any]) -> None:
        """Start it and wait until it is set up."""
        self.ones, self.many = Rounds(single), Rounds(bulk)
        self._program = subprocess.Popen(
            [str(postgres.run_dir() / "tryton" / "bin" / "python"), str(HERE / "tryton" / "buy.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(),
        )
        self._watch = Timer(LIMIT_SECONDS, self._program.kill)
        self._watch.daemon = True
        self._watch.start()
        self.version = str(self._ask(json.dumps(todo | {"single": single, "batch": bulk})))

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it, whatever happened."""
        self._watch.cancel()
        self._program.kill()
        self._program.wait()

    def round(self) -> None:
        """Buy a round in bulk and one lot by lot."""
        self.many.seconds.append(float(self._ask("batch")))
        self.ones.seconds.append(float(self._ask("single")))

    def end(self) -> None:
        """Let it check what it bought.

        Raises:
            NoTryton: it stopped before, or something is missing.
        """
        words = self._program.communicate()[1].strip().splitlines()
        if self._program.returncode:
            raise NoTryton(f"purchases: {words[-1] if words else self._program.returncode}")

    def _ask(self, line: str) -> Any:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        try:
            self._program.stdin.write(f"{line}\n")
            self._program.stdin.flush()
        except BrokenPipeError:
            self.end()
        answer = self._program.stdout.readline()
        if not answer:
            self.end()
        return json.loads(answer)
