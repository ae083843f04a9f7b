"""A process of its own that carries one step out and is killed (SIGKILL) after so many statements of the database.

`python -m tests.support.killing` reads one JSON line per attempt, forks a child that has its own connections, and answers
with the child's fate: `{"killed": true}` or `{"killed": false, "statements": 57}`.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from chain.app import create_app
from chain.core.db import atomic, db
from chain.market.services import close_tender
from chain.matching.services.proposals import accept_proposal
from chain.sales.services.awards import confirm_award
from tests.support.cast import Cast

CAST = Cast()
Step = Callable[[Session, UUID, datetime], object]

STEPS: Mapping[str, Step] = {
    "accept": lambda session, subject, now: accept_proposal(
        session, actor=CAST.buyer.actor, now=now, proposal_id=subject
    ),
    "close": lambda session, subject, now: close_tender(
        session, actor=CAST.seller.actor, now=now, tender_id=subject
    ),
    "confirm": lambda session, subject, now: confirm_award(
        session, actor=CAST.everything.actor, now=now, award_id=subject
    ),
}


class RolledBack(Exception):
    """The attempt was only to be counted."""


def _stop_before_the_end(after: object) -> None:
    if after == "count":
        raise RolledBack


def attempt(app: Flask, order: Mapping[str, Any]) -> int:
    """Carry a step out; return the number of statements. With `after`, the process does not come back from that one."""
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1
        if order["after"] == statements:
            os.kill(os.getpid(), signal.SIGKILL)

    def before_commit(_: object) -> None:
        if order["after"] == "commit":
            os.kill(os.getpid(), signal.SIGKILL)

    with app.app_context():
        engine = db.engine
        event.listen(engine, "after_cursor_execute", count)
        event.listen(engine, "commit", before_commit)
        moment = datetime.fromisoformat(order["now"])
        with suppress(RolledBack), atomic() as session:
            STEPS[order["step"]](session, UUID(order["subject"]), moment)
            _stop_before_the_end(order["after"])
        if order["after"] == "answer":  # committed, and nobody hears of it
            os.kill(os.getpid(), signal.SIGKILL)
    return statements


def main() -> None:
    """Answer every line. The application is built once, before any connection; each child opens its own."""
    app = create_app()
    for line in sys.stdin:
        order = json.loads(line)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            found = attempt(app, order)
            os.write(writer, str(found).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as answer:
            told = answer.read()
        _, status = os.waitpid(child, 0)
        is_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        fate = {"killed": is_killed, "ok": status == 0, "statements": int(told) if told else None}
        sys.stdout.write(json.dumps(fate) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
