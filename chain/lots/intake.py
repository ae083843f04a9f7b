"""Single registrations of many requests, written in common transactions (`chain.core.grouping`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import Row
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.clock import utc_now
from chain.core.grouping import GroupWriter
from chain.lots.queries import stored_lots
from chain.lots.rules import Delivery
from chain.lots.services import Ask, ItemResult, ItemStatus, refuse_unstored, register_asked

EXTENSION = "chain_lot_intake"
Writer = GroupWriter[Ask, tuple[ItemResult, Row[Any] | None]]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A stored delivery: what became of it, and the columns of its lot."""

    result: ItemResult
    lot: Row[Any]


def _write(session: Session, asks: Sequence[Ask]) -> list[tuple[ItemResult, Row[Any] | None]]:
    results = register_asked(session, now=utc_now(), asks=asks)
    kept = (ItemStatus.STORED, ItemStatus.DUPLICATE)
    lots = stored_lots(session, {result.id for result in results if result.status in kept})
    return [(result, lots.get(result.id)) for result in results]


def take_in(actor: Actor, delivery: Delivery) -> TakenIn:
    """Register one delivery in a transaction that may carry others too; return after its commit.

    Raises:
        Forbidden, ValidationFailed, IdempotencyConflict: as `register_lot`.
        Busy: the database was held for too long.
    """
    # one writer per application: a process may hold several, each with a database of its own
    writer: Writer = current_app.extensions.setdefault(EXTENSION, GroupWriter(_write))
    result, lot = writer.submit(Ask(actor, delivery, audit.request_id()))
    refuse_unstored(result)
    assert lot is not None  # noqa: S101 - it is stored
    return TakenIn(result, lot)
