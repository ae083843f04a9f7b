"""What the writers of the clock share: the lock of its row, its log, its audit records, its sealed texts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.auctions.clock.models import Clock, ClockLot, ClockProduct, ClockRequest
from chain.auctions.clock.rules import Ask
from chain.auctions.clock.sealed import OpenedRequest, open_request
from chain.core import audit
from chain.core.errors import NotFound
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.sales.rules import Entry, Method
from chain.sales.services.log import write_log

#: Kind of the outbox message that opens the requests of a round at its hour.
DUE_MESSAGE = "auctions.clock_round_due"


class ClockAudit(StrEnum):
    """Tags of the audit trail. No record tells what was asked for: the trail may be read before the round closes."""

    OPENED = "auctions:clock:opened"
    REQUESTED = "auctions:clock:requested"
    RAISED = "auctions:clock:raised"
    AWARDED = "auctions:clock:awarded"
    PASSED_IN = "auctions:clock:passed_in"
    CANCELLED = "auctions:clock:cancelled"


def lock_clock(session: Session, clock_id: UUID) -> Clock:
    """Lock a clock's row until the end of the transaction and return it as it is now.

    Raises:
        NotFound: there is none.
    """
    found = session.scalar(
        select(Clock).where(Clock.id == clock_id).with_for_update().execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def lock_own_clock(session: Session, actor: Actor, clock_id: UUID) -> Clock:
    """Lock a clock of the actor's organisation.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    found = lock_clock(session, clock_id)
    if found.organisation_id != actor.org:
        raise NotFound
    return found


def products_of(session: Session, clock_id: UUID) -> Sequence[ClockProduct]:
    """Return the products of a clock in their order."""
    return session.scalars(
        select(ClockProduct)
        .where(ClockProduct.clock_id == clock_id)
        .order_by(ClockProduct.position)
        .execution_options(populate_existing=True)
    ).all()


def lock_clock_lots(session: Session, clock: Clock) -> tuple[list[Lot], dict[UUID, UUID]]:
    """Lock the lots of a clock whose row is locked; return them, and the product of each."""
    rows = session.execute(
        select(ClockLot.lot_id, ClockLot.product_id).where(ClockLot.clock_id == clock.id)
    ).all()
    lots = lock_lots(session, clock.organisation_id, [row.lot_id for row in rows])
    return lots, {row.lot_id: row.product_id for row in rows}


def write_entries(session: Session, clock: Clock, now: datetime, entries: Sequence[Entry]) -> None:
    """Append to the public log of a clock whose row is locked."""
    write_log(
        session,
        organisation_id=clock.organisation_id,
        event_kind=Method.CLOCK.value,
        event_id=clock.id,
        now=now,
        entries=entries,
    )


def note_clock(
    session: Session,
    *,
    tag: ClockAudit,
    actor: Actor,
    now: datetime,
    clock: Clock,
    before: str | None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write the audit record of a clock's change of state."""
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="clock",
        subject_id=clock.id,
        before=None if before is None else {"state": before},
        after={"state": clock.state, **(more or {})},
    )


def counting_requests(session: Session, clock_id: UUID, round_number: int) -> list[OpenedRequest]:
    """Return each buyer's last request of a round, opened, in the order of arrival. The round must have closed."""
    rows = session.scalars(
        select(ClockRequest)
        .where(ClockRequest.clock_id == clock_id, ClockRequest.round == round_number)
        .order_by(ClockRequest.sequence)
    )
    last = {row.organisation_id: row for row in rows}
    return [open_request(row) for row in sorted(last.values(), key=lambda row: row.sequence)]


def asks_by_product(requests: Iterable[OpenedRequest]) -> dict[UUID, list[Ask]]:
    """Return what is asked of each product."""
    found: dict[UUID, list[Ask]] = {}
    for request in requests:
        for wish in request.wishes:
            ask = Ask(
                request.row.organisation_id,
                wish.kilograms,
                request.row.placed_at,
                wish.least,
                wish.best_minor,
            )
            found.setdefault(wish.product_id, []).append(ask)
    return found
