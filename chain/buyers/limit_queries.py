"""Reads of vetting, limits and deposits."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.buyers.limit_rules import Tier
from chain.buyers.models import BuyerVetting, SellerLimitRule


def last_decision(session: Session, buyer_id: UUID) -> BuyerVetting | None:
    """Return the decision about a buyer that holds, None while there is none."""
    return session.scalars(
        select(BuyerVetting)
        .where(BuyerVetting.buyer_id == buyer_id)
        .order_by(BuyerVetting.decided_at.desc(), BuyerVetting.id.desc())
        .limit(1)
    ).first()


def is_limit_required(session: Session, *, seller_id: UUID, buyer_id: UUID) -> bool:
    """Tell whether a limit binds: the seller asks everybody for one, or the buyer trades up to its deposit."""
    rule = session.get(SellerLimitRule, seller_id)
    if rule is not None and rule.limit_required:
        return True
    decision = last_decision(session, buyer_id)
    return decision is not None and decision.tier == Tier.DEPOSIT
