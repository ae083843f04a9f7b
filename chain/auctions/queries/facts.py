"""What of lots under auction never changes, and how a maximum is sealed and opened."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from chain.auctions.models import Auction, AuctionLot
from chain.auctions.rules import AuctionLotState, Closing, LotTerms, Phase
from chain.auctions.rules.steps import from_plain
from chain.core.sealing import commitment, new_nonce, sealer


@dataclass(frozen=True, slots=True)
class LotFacts:
    """What of a lot and its auction never changes."""

    lot_id: UUID
    auction_id: UUID
    seller_id: UUID
    position: int
    quantity: int
    currency: str
    is_together: bool
    terms: LotTerms


_FACTS = select(
    AuctionLot.id,
    AuctionLot.auction_id,
    AuctionLot.organisation_id,
    AuctionLot.position,
    AuctionLot.quantity,
    AuctionLot.start_minor,
    AuctionLot.reserve_minor,
    Auction.currency,
    Auction.closing,
    Auction.starts_at,
    Auction.steps,
    Auction.soft_close_seconds,
    Auction.extension_seconds,
).join(Auction, Auction.id == AuctionLot.auction_id)

#: Facts of lots that this process met; they are frozen by triggers. Emptied when it grows large.
_known: dict[UUID, LotFacts] = {}
_MAX_KNOWN = 20_000


def facts_of(session: Session, lot_ids: Collection[UUID]) -> Mapping[UUID, LotFacts]:
    """Return what never changes of lots under auction; those that do not exist are left out."""
    missing = [lot_id for lot_id in lot_ids if lot_id not in _known]
    if missing:
        if len(_known) > _MAX_KNOWN:
            _known.clear()
        for row in session.execute(_FACTS.where(AuctionLot.id.in_(missing))):
            _known[row.id] = _facts(row)
    return {lot_id: _known[lot_id] for lot_id in lot_ids if lot_id in _known}


def known_facts(lot_ids: Collection[UUID]) -> Mapping[UUID, LotFacts] | None:
    """Return the facts of lots that this process has met; None: one of them it has not."""
    try:
        return {lot_id: _known[lot_id] for lot_id in lot_ids}
    except KeyError:
        return None


def _facts(row: Row[Any]) -> LotFacts:
    terms = LotTerms(
        row.start_minor,
        row.reserve_minor,
        from_plain(row.steps),
        row.starts_at,
        timedelta(seconds=row.soft_close_seconds),
        timedelta(seconds=row.extension_seconds),
    )
    return LotFacts(
        row.id,
        row.auction_id,
        row.organisation_id,
        row.position,
        row.quantity,
        row.currency,
        row.closing == Closing.TOGETHER,
        terms,
    )


_PHASES = {AuctionLotState.OPEN.value: Phase.OPEN, AuctionLotState.PAUSED.value: Phase.PAUSED}


def phase_of(state: str) -> Phase:
    """Return where the bidding stands in a state of a lot."""
    if state == AuctionLotState.CANCELLED:
        return Phase.CANCELLED
    return _PHASES.get(state, Phase.CLOSED)


def buyer_mark(auction_lot_id: UUID, buyer_id: UUID | None) -> str | None:
    """Return what stands for a buyer in the hashes of a lot's log; the published log gives it beside the alias."""
    return None if buyer_id is None else sealer().mark(str(buyer_id), f"auction lot {auction_lot_id}")


def seal_context(bid_id: UUID) -> str:
    """Return what a sealed maximum is bound to: its own line of the log."""
    return f"auction bid {bid_id}"


def seal_maximum(bid_id: UUID, amount_minor: int) -> tuple[str, str]:
    """Return a maximum sealed for the row, and the commitment that the log shows at once."""
    nonce = new_nonce()
    return sealer().seal(f"{amount_minor}\n{nonce}", seal_context(bid_id)), commitment(
        str(amount_minor), nonce
    )


def open_maximum(bid_id: UUID, word: str) -> tuple[int, str]:
    """Return the figure and the nonce of a sealed maximum; for the playing of bids, the end and the replay only."""
    amount, _, nonce = sealer().open(word, seal_context(bid_id)).partition("\n")
    return int(amount), nonce
