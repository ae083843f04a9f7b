"""Starting the process whose steps are killed, and telling it what to do; see tests.support.killing."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.support.databases import Database
from tests.support.live import ROOT, environment
from tests.support.patience import PATIENCE_SECONDS

#: killer("accept", id, now, after=12): killed after the twelfth statement; "commit": before it; "answer": after it; None: never
Killer = Callable[..., dict[str, Any]]


@contextmanager
def killer_of(database: Database, module: str) -> Iterator[Killer]:
    """Start a module of steps on a database."""
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env={**os.environ, **environment(database)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    to, answers = process.stdin, process.stdout

    def run(step: str, subject: UUID, now: datetime, *, after: object) -> dict[str, Any]:
        order = {"step": step, "subject": str(subject), "now": now.isoformat(), "after": after}
        to.write(json.dumps(order) + "\n")
        to.flush()
        fate: dict[str, Any] = json.loads(answers.readline())
        return fate

    try:
        yield run
    finally:
        to.close()
        process.wait(PATIENCE_SECONDS)
        answers.close()
