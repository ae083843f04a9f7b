"""What must happen after a commit is a row, handled once, again after a failure, and given up in the end."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core import outbox
from chain.core.models import InstallationMark, OutboxMessage


@pytest.fixture
def handled() -> Iterator[list[Mapping[str, Any]]]:
    seen: list[Mapping[str, Any]] = []

    @outbox.handles("test.note")
    def note(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
        del now
        session.add(InstallationMark(key=f"note{len(seen)}", value="x"))
        session.flush()
        seen.append(payload)
        if payload.get("fail"):
            raise RuntimeError("broken")

    yield seen
    outbox._handlers.pop("test.note")


def drain(session: Session, now: datetime) -> None:
    """Handle what the database brought along, so that a test sees its own messages only."""
    for message in session.scalars(select(OutboxMessage).where(OutboxMessage.state == "waiting")):
        message.state = "done"
    session.flush()
    assert not outbox.has_due(session, now=now)


def test_a_message_is_handled_once(session: Session, now: datetime, handled: list[Mapping[str, Any]]) -> None:
    drain(session, now)
    outbox.enqueue(session, kind="test.note", payload={"n": 1}, now=now)
    assert outbox.has_due(session, now=now)
    assert outbox.run_next(session, now=now)
    assert not outbox.run_next(session, now=now)
    assert handled == [{"n": 1}]


def test_a_timer_waits_for_its_time(
    session: Session, now: datetime, handled: list[Mapping[str, Any]]
) -> None:
    drain(session, now)
    later = now + timedelta(hours=1)
    outbox.enqueue(session, kind="test.note", payload={}, now=now, available_at=later)
    assert not outbox.run_next(session, now=now)
    assert outbox.run_next(session, now=later)
    assert len(handled) == 1


def test_the_same_dedupe_key_adds_nothing(session: Session, now: datetime) -> None:
    for _ in range(2):
        outbox.enqueue(session, kind="test.note", payload={}, now=now, dedupe_key="one")
    count = session.scalar(select(func.count()).where(OutboxMessage.dedupe_key == "one"))
    assert count == 1


def test_a_failing_handler_leaves_no_trace_and_is_tried_again_later(
    session: Session, now: datetime, handled: list[Mapping[str, Any]]
) -> None:
    drain(session, now)
    outbox.enqueue(session, kind="test.note", payload={"fail": True}, now=now, dedupe_key="failing")
    assert outbox.run_next(session, now=now)
    message = session.scalars(select(OutboxMessage).where(OutboxMessage.dedupe_key == "failing")).one()
    assert (message.state, message.attempts) == ("waiting", 1)
    assert "broken" in (message.last_error or "")
    assert message.available_at > now
    assert session.get(InstallationMark, "note0") is None
    assert len(handled) == 1


def test_a_message_that_never_works_is_given_up(session: Session, now: datetime) -> None:
    drain(session, now)
    outbox.enqueue(session, kind="test.unknown", payload={}, now=now, dedupe_key="lost")
    moment = now
    for _ in range(outbox.MAX_ATTEMPTS):
        assert outbox.run_next(session, now=moment)
        moment += timedelta(hours=1)
    message = session.scalars(select(OutboxMessage).where(OutboxMessage.dedupe_key == "lost")).one()
    assert message.state == "failed"
    assert not outbox.run_next(session, now=moment)
