"""Whether a buyer may trade with a seller, and what it has committed there.

The row of `trading_limit` (seller, buyer, currency) is locked before it is read to be changed, and it is the last lock
that a transaction takes: event, award, lots, number series, limit.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.buyers.errors import HoldElsewhere, LimitExceeded, NotVetted
from chain.buyers.limit_queries import is_limit_required, last_decision
from chain.buyers.limit_rules import ReturnState, Room, VettingStatus, room, standing, standing_word
from chain.buyers.models import DepositReturn, LimitHold, TradingLimit
from chain.core.clock import local_date, utc_now
from chain.core.money import Money
from chain.core.outbox import enqueue

#: Kind of the outbox message that returns a deposit once nothing is committed.
RETURN_MESSAGE = "buyers.deposit_return"


def check_may_trade(
    session: Session, *, buyer_id: UUID, seller_id: UUID, amount_minor: int, currency: str, now: datetime
) -> None:
    """Refuse a buyer that is not vetted, or an amount that its limit with the seller does not cover. Writes nothing.

    Raises:
        NotVetted: no decision, suspended, or the vetting is over.
        LimitExceeded: a limit binds and its room is smaller than the amount.
    """
    decision = last_decision(session, buyer_id)
    today = local_date(now, get_organisation(session, seller_id).timezone)
    if standing(decision, today) != VettingStatus.VETTED:
        raise NotVetted(status=standing_word(decision, today))
    _check_room(room_of(session, seller_id, buyer_id, currency=currency, now=now), amount_minor)


def room_of(
    session: Session,
    seller_id: UUID,
    buyer_id: UUID,
    *,
    currency: str | None = None,
    now: datetime | None = None,
) -> Room:
    """Return what a buyer may still commit with a seller, in a currency (the seller's own unless another is named)."""
    seller = get_organisation(session, seller_id)
    money = currency or seller.currency
    limit = session.get(TradingLimit, (seller_id, buyer_id, money))
    return _room(session, limit, seller_id=seller_id, buyer_id=buyer_id, currency=money, now=now)


def hold_limit(
    session: Session,
    *,
    buyer_id: UUID,
    seller_id: UUID,
    kind: str,
    ref_id: UUID,
    amount_minor: int,
    currency: str,
    now: datetime,
    enforce: bool = True,
) -> None:
    """Keep what a buyer commits for one thing. Again with the same amount it does nothing; with another amount, that one holds.

    `enforce=False` keeps the commitment even where it is above the limit: for what was promised before and must stand.

    Raises:
        LimitExceeded: a limit binds and does not cover it.
        HoldElsewhere: the thing was held for another buyer, seller or currency.
    """
    limit = lock_limit(session, seller_id=seller_id, buyer_id=buyer_id, currency=currency)
    hold = session.get(LimitHold, ref_id, populate_existing=True)
    if hold is not None and (hold.organisation_id, hold.buyer_id, hold.currency) != (
        seller_id,
        buyer_id,
        currency,
    ):
        raise HoldElsewhere
    before = hold.amount_minor if hold is not None and hold.released_at is None else 0
    more = amount_minor - before
    if enforce and more > 0:
        found = _room(session, limit, seller_id=seller_id, buyer_id=buyer_id, currency=currency, now=now)
        _check_room(found, more)
    if hold is None:
        hold = LimitHold(
            ref_id=ref_id,
            organisation_id=seller_id,
            buyer_id=buyer_id,
            currency=currency,
            kind=kind,
            amount_minor=amount_minor,
            held_at=now,
        )
        session.add(hold)
    elif more or hold.released_at is not None:
        hold.amount_minor, hold.held_at, hold.released_at = amount_minor, now, None
    limit.held_minor += more
    session.flush()


def release_limit(session: Session, *, ref_id: UUID, now: datetime) -> None:
    """Free what was kept for one thing; nothing happens when nothing is kept. A deposit that was asked back may now return."""
    known = session.get(LimitHold, ref_id)
    if known is None:
        return
    limit = lock_limit(
        session, seller_id=known.organisation_id, buyer_id=known.buyer_id, currency=known.currency
    )
    hold = session.get_one(LimitHold, ref_id, populate_existing=True)
    if hold.released_at is not None:
        return
    hold.released_at = now
    limit.held_minor -= hold.amount_minor
    session.flush()
    if limit.held_minor == 0:
        enqueue_return(session, limit, now)


def lock_limit(session: Session, *, seller_id: UUID, buyer_id: UUID, currency: str) -> TradingLimit:
    """Return the limit's row, locked; it is made when there is none."""
    dialect_insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(
        dialect_insert(TradingLimit)
        .values(
            organisation_id=seller_id,
            buyer_id=buyer_id,
            currency=currency,
            credit_minor=0,
            deposit_minor=0,
            held_minor=0,
        )
        .on_conflict_do_nothing(index_elements=["organisation_id", "buyer_id", "currency"])
    )
    return session.scalars(
        select(TradingLimit)
        .where(
            TradingLimit.organisation_id == seller_id,
            TradingLimit.buyer_id == buyer_id,
            TradingLimit.currency == currency,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def enqueue_return(session: Session, limit: TradingLimit, now: datetime) -> None:
    """Put the return of a deposit in the outbox when the buyer asked for it. The caller holds the limit's row."""
    asked = session.scalar(
        select(DepositReturn.id).where(
            DepositReturn.organisation_id == limit.organisation_id,
            DepositReturn.buyer_id == limit.buyer_id,
            DepositReturn.currency == limit.currency,
            DepositReturn.state == ReturnState.WAITING.value,
        )
    )
    if asked is not None:
        enqueue(session, kind=RETURN_MESSAGE, payload={"return_id": asked}, now=now)


def _room(
    session: Session,
    limit: TradingLimit | None,
    *,
    seller_id: UUID,
    buyer_id: UUID,
    currency: str,
    now: datetime | None,
) -> Room:
    today = local_date(now or utc_now(), get_organisation(session, seller_id).timezone)
    required = is_limit_required(session, seller_id=seller_id, buyer_id=buyer_id)
    return room(limit, currency=currency, is_required=required, today=today)


def _check_room(found: Room, amount_minor: int) -> None:
    excess = found.excess(amount_minor)
    if excess:
        raise LimitExceeded(
            by=Money(excess, found.currency), free=Money(found.free_minor or 0, found.currency)
        )
