"""Rounds: what `chain worker` looks at again and again. A round that finds nothing new writes nothing, not even that it looked.

A message of the outbox is for something that happens once at a known time; a round is for something that may happen any time in
another process, and that may wait a minute. Each worker makes its own rounds, so what a round does must do no harm when done twice.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

Look = Callable[[Session, datetime], bool]
Act = Callable[[Session, datetime], None]


@dataclass(frozen=True, slots=True)
class Round:
    """How often to look; `look` reads and tells whether there is something to do, `act` does it."""

    every: timedelta
    look: Look
    act: Act


_rounds: dict[str, Round] = {}


def make_rounds(name: str, every: timedelta, look: Look, act: Act) -> None:
    """Register a round; `chain.app` imports the modules that do so."""
    _rounds[name] = Round(every, look, act)


class Watch:
    """When which round is due, in one worker; all of them at its start."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next: dict[str, float] = {}

    def due(self) -> list[Round]:
        """Return the rounds that are due, and wait for each of them anew."""
        moment = self._clock()
        found = [name for name in _rounds if self._next.get(name, moment) <= moment]
        for name in found:
            self._next[name] = moment + _rounds[name].every.total_seconds()
        return [_rounds[name] for name in found]


def make_every_round(session: Session, now: datetime) -> None:
    """Make each round once, in the caller's transaction."""
    for one in _rounds.values():
        if one.look(session, now):
            one.act(session, now)
