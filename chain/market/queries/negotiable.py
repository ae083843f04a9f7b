"""With whom the seller may negotiate after a tender without a valid bid."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.market.models import OpenedBid
from chain.market.queries.tenders import TenderView
from chain.market.rules import Offer, TenderState, read_offer
from chain.sales.queries.log import log_of


@dataclass(frozen=True, slots=True)
class Negotiable:
    """The best bid of a tender that was passed in, and until when its bidder is asked before others."""

    buyer_id: UUID
    buyer_name: str
    offer: Offer
    until: datetime
    is_open: bool


def negotiable(session: Session, tender: TenderView, now: datetime) -> Negotiable | None:
    """Return the best bidder of an own tender that was passed in; None: nobody bid, or the reader may not know."""
    if tender.state != TenderState.PASSED_IN or not tender.sees_bids:
        return None
    entry = next((one for one in log_of(session, tender.id) if one.kind == "negotiable"), None)
    if entry is None or entry.buyer_id is None:
        return None
    opened = session.get_one(OpenedBid, UUID(entry.data["bid"]))
    until = datetime.fromisoformat(entry.data["until"])
    name = session.get_one(Organisation, entry.buyer_id).name
    return Negotiable(entry.buyer_id, name, read_offer(opened.text), until, now < until)
