"""Group commit with a writer that only notes what it is given: no command is lost, doubled or blamed for another one."""

import threading
import time
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy.orm import Session

from chain.core import grouping
from chain.core.db import Busy
from chain.core.grouping import GroupWriter
from tests.support.patience import PATIENCE_SECONDS
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]


class Desk:
    """Notes each group; holds the first one back until a number of commands wait; refuses the word "poison"."""

    def __init__(self, expected: int = 0) -> None:
        self.groups: list[list[str]] = []
        self.at_work = 0
        self.expected = expected
        self.writer: GroupWriter[str, str] = GroupWriter(self.write)

    def write(self, session: Session, commands: Sequence[str]) -> list[str]:
        """Answer each command with itself in capitals."""
        del session
        self.at_work += 1
        assert self.at_work == 1, "two groups are written at the same time"
        self.groups.append(list(commands))
        if len(self.groups) == 1:
            self._wait_for_others(len(commands))
        self.at_work -= 1
        if "poison" in commands:
            raise ValueError("poison")
        return [command.upper() for command in commands]

    def _wait_for_others(self, here: int) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while here + len(self.writer._waiting) < self.expected:
            assert time.monotonic() < give_up, "the others never came"
            time.sleep(0.002)

    def submitting(self, command: str) -> Callable[[], str]:
        """Return a runner for a race."""
        return lambda: self.writer.submit(command)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nobody holds the turn."""
        return not self.writer._is_busy and not self.writer._waiting


def test_what_comes_meanwhile_goes_into_the_next_transaction(race: Race) -> None:
    desk = Desk(expected=12)
    outcomes = race(*[desk.submitting(f"c{place}") for place in range(12)])
    assert [outcome.value for outcome in outcomes] == [f"C{place}" for place in range(12)]
    assert len(desk.groups) == 2
    assert sorted(command for group in desk.groups for command in group) == sorted(
        f"c{place}" for place in range(12)
    )
    assert desk.is_idle


def test_the_turn_is_handed_over_until_nobody_waits(race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MAX_GROUP", 3)
    desk = Desk(expected=13)
    outcomes = race(*[desk.submitting(f"c{place}") for place in range(13)])
    assert [outcome.value for outcome in outcomes] == [f"C{place}" for place in range(13)]
    assert all(len(group) <= 3 for group in desk.groups)
    assert desk.is_idle


def test_no_command_is_lost_or_doubled_in_a_crowd(race: Race) -> None:
    desk = Desk()

    def many(thread: int) -> Callable[[], list[str]]:
        return lambda: [desk.writer.submit(f"t{thread}-{number}") for number in range(25)]

    outcomes = race(*[many(thread) for thread in range(8)])
    for thread, outcome in enumerate(outcomes):
        assert outcome.value == [f"T{thread}-{number}" for number in range(25)]
    written = [command for group in desk.groups for command in group]
    assert len(written) == len(set(written)) == 200
    assert desk.is_idle


def test_only_the_one_to_blame_fails(race: Race) -> None:
    desk = Desk(expected=8)
    names = ["a", "b", "poison", "c", "d", "e", "f", "g"]
    outcomes = race(*[desk.submitting(name) for name in names])
    for name, outcome in zip(names, outcomes, strict=True):
        if name == "poison":
            assert isinstance(outcome.error, ValueError)
        else:
            assert outcome.value == name.upper()
    assert desk.is_idle


def test_a_missing_answer_is_a_crash_and_never_an_empty_success(race: Race) -> None:
    writer: GroupWriter[str, str] = GroupWriter(lambda _session, _commands: [])
    (outcome,) = race(lambda: writer.submit("x"))
    assert isinstance(outcome.error, AssertionError)
    assert not writer._is_busy


def test_without_a_lock_all_are_told_so_after_one_attempt(race: Race) -> None:
    attempts: list[int] = []
    gate = Desk(expected=6)

    def refuse(session: Session, commands: Sequence[str]) -> list[str]:
        attempts.append(len(commands))
        if len(attempts) > 1:
            raise Busy
        return gate.write(session, commands)

    gate.writer = GroupWriter(refuse)
    outcomes = race(*[gate.submitting(f"c{place}") for place in range(6)])
    refused = [outcome.error for outcome in outcomes if not outcome.won]
    assert len(attempts) == 2
    assert len(refused) == attempts[1]
    assert all(isinstance(error, Busy) for error in refused)
    assert len({id(error) for error in refused}) == len(refused), "each thread raises an error of its own"
    assert gate.is_idle


def test_whoever_waited_too_long_is_refused_and_takes_no_turn_along(
    race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "MAX_WAIT_SECONDS", 0.1)
    begun, go_on = threading.Event(), threading.Event()
    written: list[str] = []

    def write(_session: Session, commands: Sequence[str]) -> list[str]:
        written.extend(commands)
        begun.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return list(commands)

    writer: GroupWriter[str, str] = GroupWriter(write)

    def late() -> str:
        assert begun.wait(PATIENCE_SECONDS)
        try:
            return writer.submit("late")
        finally:
            go_on.set()

    first, second = race(lambda: writer.submit("first"), late)
    assert first.value == "first"
    assert isinstance(second.error, Busy)
    (third,) = race(lambda: writer.submit("third"))
    assert third.value == "third"
    assert written == ["first", "third"]


def test_a_busy_database_is_told_to_all_of_a_group_at_once(race: Race) -> None:
    desk = Desk(expected=4)
    write, tried = desk.writer._write, []

    def held(session: Session, commands: Sequence[str]) -> Sequence[str]:
        answers = write(session, commands)
        if len(desk.groups) > 1:
            tried.append(list(commands))
            raise Busy
        return answers

    desk.writer._write = held
    outcomes = race(*[desk.submitting(f"c{place}") for place in range(4)])
    assert sum(outcome.won for outcome in outcomes) == 1
    assert [type(outcome.error) for outcome in outcomes if not outcome.won] == [Busy] * 3
    assert len(tried) == 1
    assert desk.is_idle
