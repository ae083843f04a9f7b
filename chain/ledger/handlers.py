"""Outbox messages of the ledger: the mark of a day is written when the day is over, even if nothing is posted for weeks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.core.outbox import handles
from chain.ledger.services.days import keep_ended_day
from chain.ledger.services.posting import DAY_ENDED


@handles(DAY_ENDED)
def keep_day_mark(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """Write the mark of the day that ended."""
    keep_ended_day(session, now=now, organisation_id=UUID(payload["organisation_id"]))
