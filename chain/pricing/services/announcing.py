"""What the outbox carries when a version comes into force, ends or is withdrawn: whoever pays, above this area, tells the producers."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chain.core.outbox import enqueue
from chain.pricing.models import PriceVersion
from chain.pricing.rules.states import SERVING, VersionState

VERSION_CHANGED = "pricing.version_changed"


class Change(StrEnum):
    """What happened to a version."""

    IN_FORCE = "in_force"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


def announce(session: Session, now: datetime, version: PriceVersion, change: Change, **facts: Any) -> None:
    """Announce a change of a version, once: its content is frozen, so that its id says what was and what is paid."""
    day = facts.get("last_day", "")
    enqueue(
        session,
        kind=VERSION_CHANGED,
        payload={"version_id": version.id, "change": change, **facts},
        now=now,
        dedupe_key=f"{VERSION_CHANGED}:{version.id}:{change}:{day}",
    )


def version_before(session: Session, version: PriceVersion) -> UUID | None:
    """Return what a version that comes into force replaces.

    That is the version that was withdrawn last on its first day, or the one that serves the day before it.
    """
    same = [
        PriceVersion.organisation_id == version.organisation_id,
        PriceVersion.commodity == version.commodity,
        PriceVersion.lane == version.lane,
        PriceVersion.id != version.id,
    ]
    eve = version.valid_from - timedelta(days=1)
    return (
        session.scalars(
            select(PriceVersion.id)
            .where(
                *same,
                PriceVersion.state == VersionState.WITHDRAWN.value,
                PriceVersion.valid_from <= version.valid_from,
                or_(PriceVersion.valid_to.is_(None), PriceVersion.valid_to >= version.valid_from),
            )
            .order_by(PriceVersion.ended_at.desc())
            .limit(1)
        ).first()
        or session.scalars(
            select(PriceVersion.id)
            .where(
                *same,
                PriceVersion.state.in_(SERVING),
                PriceVersion.valid_from <= eve,
                or_(PriceVersion.valid_to.is_(None), PriceVersion.valid_to >= eve),
            )
            .limit(1)
        ).first()
    )
