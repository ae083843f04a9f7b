"""Who may bid: the market manager's exclusions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chain.sales.errors import BidderExcluded
from chain.sales.models import BidderExclusion


def check_not_excluded(
    session: Session, *, seller_id: UUID, buyer_id: UUID, event_id: UUID | None, now: datetime
) -> None:
    """Refuse a buyer whom the market manager shut out from the seller's market or from this event.

    Raises:
        BidderExcluded: with the logged reason.
    """
    reason = session.scalar(
        select(BidderExclusion.reason)
        .where(
            BidderExclusion.organisation_id == seller_id,
            BidderExclusion.buyer_id == buyer_id,
            BidderExclusion.excluded_at <= now,
            BidderExclusion.lifted_at.is_(None),
            or_(BidderExclusion.event_id.is_(None), BidderExclusion.event_id == event_id),
        )
        .order_by(BidderExclusion.excluded_at.desc())
        .limit(1)
    )
    if reason is not None:
        raise BidderExcluded(reason=reason)
