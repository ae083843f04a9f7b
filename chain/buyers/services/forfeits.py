"""What a buyer in default loses of its deposit: kept at once, so that nothing of it can be returned."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor
from chain.buyers.limit_rules import DepositKind, Means
from chain.buyers.models import BuyerDeposit, TradingLimit
from chain.buyers.services.audit_tags import BuyersAudit
from chain.buyers.services.limits import lock_limit
from chain.core import audit
from chain.core.clock import local_date
from chain.core.money import share_of


def keep_deposit(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    seller_id: UUID,
    buyer_id: UUID,
    currency: str,
    share_bp: int,
    at_most_minor: int,
    reference: str,
    note: str,
) -> int:
    """Keep a share of a buyer's deposit, of at most an amount of it, and return how much was kept.

    The caller has checked that the contract says so. The limit's row is the last lock of the transaction.
    """
    if session.get(TradingLimit, (seller_id, buyer_id, currency)) is None:
        return 0
    limit = lock_limit(session, seller_id=seller_id, buyer_id=buyer_id, currency=currency)
    amount = share_of(min(limit.deposit_minor, at_most_minor), share_bp)
    if amount <= 0:
        return 0
    row = BuyerDeposit(
        organisation_id=seller_id,
        buyer_id=buyer_id,
        kind=DepositKind.KEPT.value,
        amount_minor=amount,
        currency=currency,
        means=Means.TRANSFER.value,
        reference=reference,
        happened_on=local_date(now, get_organisation(session, seller_id).timezone),
        note=note,
        recorded_at=now,
        recorded_by=actor.user_id,
    )
    session.add(row)
    limit.deposit_minor -= amount
    session.flush()
    audit.record(
        session,
        tag=BuyersAudit.DEPOSIT_RECORDED,
        actor=actor,
        now=now,
        subject_type="organisation",
        subject_id=buyer_id,
        after={
            "organisation_id": seller_id,
            "kind": row.kind,
            "amount_minor": amount,
            "currency": currency,
            "reference": reference,
            "note": note,
        },
    )
    return amount
