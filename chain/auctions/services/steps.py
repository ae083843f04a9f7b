"""What the writers of auctions share: audit tags, locks, the event's own log, the timer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.auctions.models import Auction, AuctionLot, AuctionLotPart
from chain.auctions.rules import AuctionLotState
from chain.auctions.rules.terms import SETTLE
from chain.auctions.services.books import lock_auctions
from chain.core import audit
from chain.core.errors import NotFound
from chain.core.outbox import enqueue
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.sales.rules import Entry, Method
from chain.sales.services.log import write_log

#: Kind of the outbox message that closes the lots whose end has come.
CLOSE_MESSAGE = "auctions.close"


class AuctionAudit(StrEnum):
    """Tags of the audit trail. Bids stand in the lots' own append-only log; no record tells a maximum or a reserve."""

    OPENED = "auctions:auction:opened"
    REGISTERED = "auctions:bidder:registered"
    PAUSED = "auctions:auction:paused"
    RESUMED = "auctions:auction:resumed"
    CANCELLED = "auctions:auction:cancelled"
    CLOSED = "auctions:auction:closed"
    LOT_CLOSED = "auctions:lot:closed"


def lock_auction(session: Session, auction_id: UUID) -> Auction:
    """Lock an auction's row until the end of the transaction and return it as it is now.

    Raises:
        NotFound: there is none.
    """
    for found in lock_auctions(session, [auction_id]):
        return found
    raise NotFound


def log_event(session: Session, now: datetime, auction: Auction, entries: Sequence[Entry]) -> None:
    """Write lines in the public log of the auction as a whole; its row is locked or just made."""
    write_log(
        session,
        organisation_id=auction.organisation_id,
        event_kind=Method.AUCTION.value,
        event_id=auction.id,
        now=now,
        entries=entries,
    )


def note(
    session: Session,
    *,
    tag: AuctionAudit,
    actor: Actor,
    now: datetime,
    auction: Auction,
    before: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write the audit record of what happened to an auction."""
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="auction",
        subject_id=auction.id,
        before=None if before is None else {"state": before},
        after={"state": auction.state, **(more or {})},
    )


def lock_parts(session: Session, auction: Auction, auction_lot_ids: Sequence[UUID]) -> dict[UUID, list[Lot]]:
    """Lock the deliveries of lots of a locked auction, in the order of their ids; return them by lot of the catalogue."""
    pairs = session.execute(
        select(AuctionLotPart.lot_id, AuctionLotPart.auction_lot_id).where(
            AuctionLotPart.auction_lot_id.in_(auction_lot_ids)
        )
    ).all()
    places = {pair.lot_id: pair.auction_lot_id for pair in pairs}
    found: dict[UUID, list[Lot]] = {lot_id: [] for lot_id in auction_lot_ids}
    if places:
        for lot in lock_lots(session, auction.organisation_id, sorted(places)):
            found[places[lot.id]].append(lot)
    return found


def set_timer(session: Session, now: datetime, auction_id: UUID) -> None:
    """Wake the worker when the next open lot of an auction is to be closed; late bids move the end, then it looks again."""
    ends_at = session.scalar(
        select(func.min(AuctionLot.ends_at)).where(
            AuctionLot.auction_id == auction_id, AuctionLot.state == AuctionLotState.OPEN.value
        )
    )
    if ends_at is None:
        return
    due = ends_at + SETTLE
    enqueue(
        session,
        kind=CLOSE_MESSAGE,
        payload={"auction_id": auction_id},
        now=now,
        available_at=due,
        dedupe_key=f"{CLOSE_MESSAGE}:{auction_id}:{due.isoformat()}",
    )
