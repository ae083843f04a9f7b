"""What the writers of the market share: the lock of a tender, its numbers, its audit records."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.errors import NotFound
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.services.states import change_lot_states
from chain.market.models import Tender, TenderLot
from chain.market.rules import Terms
from chain.sales.rules import Entry, Method
from chain.sales.services.log import write_log


class MarketAudit(StrEnum):
    """Tags of the audit trail. No record tells a price or a reserve: the trail may be read before the opening."""

    TENDER_OPENED = "market:tender:opened"
    TENDER_AWARDED = "market:tender:awarded"
    TENDER_PASSED_IN = "market:tender:passed_in"
    TENDER_CANCELLED = "market:tender:cancelled"
    BID_PLACED = "market:bid:placed"
    AWARD_ACCEPTED = "market:award:accepted"
    AWARD_DECLINED = "market:award:declined"


def lock_tender(session: Session, tender_id: UUID) -> Tender:
    """Lock a tender's row until the end of the transaction and return it as it is now.

    Raises:
        NotFound: there is none.
    """
    found = session.scalar(
        select(Tender)
        .where(Tender.id == tender_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def lock_own_tender(session: Session, actor: Actor, tender_id: UUID) -> Tender:
    """Lock a tender of the actor's organisation.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    found = lock_tender(session, tender_id)
    if found.organisation_id != actor.org:
        raise NotFound
    return found


def lock_tender_lots(session: Session, tender: Tender) -> list[Lot]:
    """Lock the lots of a tender whose row is locked."""
    lot_ids = session.scalars(select(TenderLot.lot_id).where(TenderLot.tender_id == tender.id)).all()
    return lock_lots(session, tender.organisation_id, lot_ids)


def release_lots(session: Session, actor: Actor, now: datetime, tender: Tender) -> None:
    """Give the lots of a tender back to the stock."""
    lots = lock_tender_lots(session, tender)
    change_lot_states(session, actor=actor, now=now, lots=lots, to=LotState.GRADED)


def log_tender(session: Session, now: datetime, tender: Tender, entries: Sequence[Entry]) -> None:
    """Append lines to the public log of a tender whose row is locked."""
    write_log(
        session,
        organisation_id=tender.organisation_id,
        event_kind=Method.TENDER.value,
        event_id=tender.id,
        now=now,
        entries=entries,
    )


def terms_of(tender: Tender) -> Terms:
    """Return what decides about bids."""
    return Terms(tender.reserve_minor_per_unit, tender.currency, tender.opens_at, tender.closes_at)


def note_tender(
    session: Session,
    *,
    tag: MarketAudit,
    actor: Actor,
    now: datetime,
    tender: Tender,
    before: str | None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write the audit record of a tender's change of state."""
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="tender",
        subject_id=tender.id,
        before=None if before is None else {"state": before},
        after={"state": tender.state, **(more or {})},
    )
