"""Letting several threads do something in the same instant."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask

from tests.support.patience import PATIENCE_SECONDS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one runner came back with: a value, or what it raised."""

    value: Any = None
    error: Exception | None = None

    @property
    def won(self) -> bool:
        """Whether it got through."""
        return self.error is None


def race(app: Flask, *runners: Callable[[], Any]) -> Sequence[Outcome]:
    """Start all runners at once, each in a thread and an application context of its own; return their outcomes."""
    barrier = threading.Barrier(len(runners))
    outcomes: list[Outcome | None] = [None] * len(runners)

    def run(place: int, runner: Callable[[], Any]) -> None:
        with app.app_context():
            barrier.wait(PATIENCE_SECONDS)
            try:
                outcomes[place] = Outcome(value=runner())
            except Exception as error:  # noqa: BLE001 - whatever it raises is the outcome that the test looks at
                outcomes[place] = Outcome(error=error)

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(runners)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert not any(thread.is_alive() for thread in threads), "the race did not end: a deadlock"
    return [outcome for outcome in outcomes if outcome is not None]
