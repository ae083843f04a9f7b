"""What sealed bids say, and the lots as bidders saw them. Whoever calls it has checked that the reader may know."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.sealing import SealBroken, sealer
from chain.lots.models import Lot
from chain.market.errors import SealKeyWrong
from chain.market.models import Bid, Tender, TenderLot
from chain.market.rules import Offer, OfferedLot, offer_text, read_offer


def bid_context(bid_id: UUID) -> str:
    """Return what a sealed bid is bound to: copied to another row it does not open."""
    return f"bid {bid_id}"


def seal_bid(bid_id: UUID, nonce: str, text: str) -> str:
    """Return a bid as the database keeps it until the opening."""
    return sealer().seal(f"{nonce}\n{text}", bid_context(bid_id))


def open_bid(bid: Bid) -> tuple[str | None, str]:
    """Return nonce and text of a bid. One of before there were seals has no nonce.

    Raises:
        SealKeyWrong: it was sealed with another key.
    """
    if bid.sealed is None:
        offer = Offer(bid.currency, price_minor=bid.price_minor_per_unit, whole=True)
        text = offer_text(offer, bid_id=bid.id, tender_id=bid.tender_id, buyer_id=bid.organisation_id)
        return None, text
    try:
        nonce, _, text = sealer().open(bid.sealed, bid_context(bid.id)).partition("\n")
    except SealBroken:
        raise SealKeyWrong from None
    return nonce, text


def offer_of(bid: Bid) -> Offer:
    """Return what a bid says: to its own bidder at any time, to everybody else after the opening."""
    return read_offer(open_bid(bid)[1])


def grade_key(lot: Lot) -> str | None:
    """Return a lot's class as bids by classes name it."""
    return f"{lot.grade_scheme}/{lot.grade_edition}/{lot.grade_key}" if lot.grade_key else None


def offered_lots(session: Session, tender: Tender) -> Sequence[OfferedLot]:
    """Return the lots of a tender as they were offered, by id, with their reserves."""
    rows = session.execute(
        select(TenderLot, Lot)
        .join(Lot, Lot.id == TenderLot.lot_id)
        .where(TenderLot.tender_id == tender.id)
        .order_by(Lot.id)
    ).all()
    kept = tender.seed_sealed is not None  # before there were seeds, class and colour were not kept apart
    return [
        OfferedLot(
            row.Lot.id,
            row.Lot.quantity,
            row.TenderLot.reserve_minor_per_unit or tender.reserve_minor_per_unit,
            row.TenderLot.grade if kept else grade_key(row.Lot),
            row.TenderLot.colour if kept else row.Lot.colour,
        )
        for row in rows
    ]
