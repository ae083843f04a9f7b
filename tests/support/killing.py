"""A process of its own that carries one step out and is killed (SIGKILL) after so many statements of the database.

`python -m tests.support.killing` reads one JSON line per attempt, forks a child that has its own connections, and answers
with the child's fate: `{"killed": true, "ok": false}`, `{"killed": false, "ok": true, "statements": 57}`, or with "refused" and
the code of the refusal.
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
from sqlalchemy.orm import Session, configure_mappers

from chain.app import create_app
from chain.core.db import atomic, db
from chain.core.errors import DomainError
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


def attempt(app: Flask, steps: Mapping[str, Step], order: Mapping[str, Any]) -> int:
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
        try:
            with suppress(RolledBack), atomic() as session:
                steps[order["step"]](session, UUID(order["subject"]), moment)
                _stop_before_the_end(order["after"])
        finally:
            event.remove(engine, "after_cursor_execute", count)
            event.remove(engine, "commit", before_commit)
        if order["after"] == "answer":  # committed, and nobody hears of it
            os.kill(os.getpid(), signal.SIGKILL)
    return statements


def serve(steps: Mapping[str, Step]) -> None:
    """Answer every line. What is slow happens once, before the forks: building the application and, when a step is only counted,
    preparing its statements. Each child opens its own connections.
    """
    app = create_app()
    configure_mappers()
    for line in sys.stdin:
        order = json.loads(line)
        if order["after"] == "count":
            fate = {"killed": False, "ok": True, "statements": attempt(app, steps, order)}
            with app.app_context():
                db.engine.dispose()
        else:
            fate = _fate_of_child(app, steps, order)
        sys.stdout.write(json.dumps(fate) + "\n")
        sys.stdout.flush()


def _fate_of_child(app: Flask, steps: Mapping[str, Step], order: Mapping[str, Any]) -> dict[str, Any]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        told: dict[str, Any] = {}
        try:
            told["statements"] = attempt(app, steps, order)
        except DomainError as error:
            told["refused"] = error.code
        os.write(writer, json.dumps(told).encode())
        os._exit(1 if "refused" in told else 0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        heard = answer.read()
    _, status = os.waitpid(child, 0)
    is_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    return {"killed": is_killed, "ok": status == 0, **(json.loads(heard) if heard else {})}


if __name__ == "__main__":
    serve(STEPS)
