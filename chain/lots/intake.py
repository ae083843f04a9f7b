"""Single registrations of many requests, written in common transactions (`chain.core.grouping`)."""

from collections.abc import Sequence

from flask import current_app
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.clock import utc_now
from chain.core.grouping import GroupWriter
from chain.lots.rules import Delivery
from chain.lots.services import Ask, ItemResult, refuse_unstored, register_asked

EXTENSION = "chain_lot_intake"


def _write(session: Session, asks: Sequence[Ask]) -> list[ItemResult]:
    return register_asked(session, now=utc_now(), asks=asks)


def take_in(actor: Actor, delivery: Delivery) -> ItemResult:
    """Register one delivery in a transaction that may carry others too; return after its commit.

    Raises:
        Forbidden, ValidationFailed, IdempotencyConflict: as `register_lot`.
        Busy: the database was held for too long.
    """
    # one writer per application: a process may hold several, each with a database of its own
    writer: GroupWriter[Ask, ItemResult] = current_app.extensions.setdefault(EXTENSION, GroupWriter(_write))
    result = writer.submit(Ask(actor, delivery, audit.request_id()))
    refuse_unstored(result)
    return result
