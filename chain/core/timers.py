"""What the worker does every so often, outside of any transaction: asking others, for example. Areas register it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

log = structlog.get_logger(__name__)

Job = Callable[[datetime], object]


@dataclass(slots=True)
class Timer:
    """A job with its pause and when it ran last in this process."""

    name: str
    pause: timedelta
    job: Job
    ran_at: datetime | None = None


_timers: dict[str, Timer] = {}


def every(pause: timedelta, name: str) -> Callable[[Job], Job]:
    """Register a function that the worker calls with the moment, every `pause`; it opens its own transactions."""

    def register(job: Job) -> Job:
        _timers[name] = Timer(name, pause, job)
        return job

    return register


def run_timers(now: datetime) -> int:
    """Run the jobs whose time has come; one that fails is noted and tried again after its pause. Return how many ran."""
    count = 0
    for timer in _timers.values():
        if timer.ran_at is not None and now - timer.ran_at < timer.pause:
            continue
        timer.ran_at = now
        count += 1
        try:
            timer.job(now)
        except Exception as error:  # noqa: BLE001 - whatever a job raises must not stop the worker
            log.warning("timer_failed", name=timer.name, error=type(error).__name__)
    return count
