"""Who may bid: the market manager's exclusions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.sales.errors import BidderExcluded
from chain.sales.queries.exclusions import exclusion_reason


def check_not_excluded(
    session: Session, *, seller_id: UUID, buyer_id: UUID, event_id: UUID | None, now: datetime
) -> None:
    """Refuse a buyer whom the market manager shut out from the seller's market or from this event.

    Raises:
        BidderExcluded: with the logged reason.
    """
    reason = exclusion_reason(session, seller_id=seller_id, buyer_id=buyer_id, event_id=event_id, now=now)
    if reason is not None:
        raise BidderExcluded(reason=reason)
