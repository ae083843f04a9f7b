"""Loads the demonstration in one transaction: all of it, or nothing."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from chain.accounts.queries import DEMO_ACCOUNT_MARK
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.models import InstallationMark
from chain.core.outbox import run_next
from chain.core.rounds import make_every_round
from chain.demo.accounts import PASSWORD, USERS, has_organisations
from chain.demo.plan import Season
from chain.demo.season import make_season

Progress = Callable[[str], object]


def load_if_empty(*, progress: Progress) -> bool:
    """Load the demonstration unless the database is in use; return whether it was loaded."""
    used = has_organisations(db.session)
    db.session.rollback()
    if used:
        return False
    with atomic() as session:
        load(session, now=utc_now(), progress=progress)
    return True


def load(session: Session, *, now: datetime, progress: Progress = lambda _text: None) -> Season:
    """Load the demonstration into an empty database, in the caller's transaction.

    What lies before the present campaign is dated as it happened; `now` places the open tender and the new lots.
    """
    season = make_season(session, now=now.astimezone(UTC), progress=progress)
    session.merge(InstallationMark(key="demo", value="Oropesa 2025"))
    session.merge(InstallationMark(key="demo_password", value=PASSWORD))  # shown on the sign-in page
    for number, user in enumerate((user for user in USERS if user.what), 1):
        session.merge(
            InstallationMark(key=f"{DEMO_ACCOUNT_MARK}{number:02d}", value=f"{user.username} {user.what}")
        )
    make_every_round(session, now)
    _let_timers_run_out(session, now)
    session.flush()
    return season


def _let_timers_run_out(session: Session, now: datetime) -> None:
    """Do what the story left to timers of the past, in silence: the worker's first turn then changes nothing."""
    log = logging.getLogger("chain.core.outbox")
    before = log.level
    log.setLevel(logging.WARNING)
    try:
        while run_next(session, now=now):
            pass
    finally:
        log.setLevel(before)
