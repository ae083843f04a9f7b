"""Placing bids: one short path under the lock of the tender's row."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.core import audit
from chain.core.errors import IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.idempotency import MAX_KEY_LENGTH, KeyTooLong
from chain.core.ids import new_id
from chain.market.errors import NotABuyer, TenderClosed
from chain.market.models import Bid, Tender
from chain.market.rules import check_bid, takes_bids
from chain.market.services.steps import MarketAudit, lock_tender, terms_of


def place_bid(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    tender_id: UUID,
    price_minor_per_unit: int,
    id: UUID | None = None,  # noqa: A002 - the name that every command of the product uses
    idempotency_key: str | None = None,
    currency: str | None = None,
) -> Bid:
    """Place a bid, or replace the own last one, at a price per kilogram or litre of the whole tender.

    `now` is the server's and decides whether it is in time. The key is the client's, else the id. The same key with the
    same content answers the first bid, even after the deadline.

    Raises:
        Forbidden: the actor may not bid.
        NotABuyer: not a buying organisation, or its own lots.
        NotFound: there is no such tender, or it has not opened yet.
        IdempotencyConflict: the key or id came before with other content.
        TenderClosed: the deadline has passed.
        WrongCurrency, PriceOutOfBounds, BidBelowReserve: the price cannot stand.
    """
    actor.require(Permission.BIDS_PLACE)
    bid_id = id or new_id()
    key = idempotency_key if idempotency_key is not None else str(bid_id)
    if not 0 < len(key) <= MAX_KEY_LENGTH or "\x00" in key:
        raise KeyTooLong
    tender = lock_tender(session, tender_id)
    if now < tender.opens_at:
        raise NotFound
    if actor.organisation_kind is not OrganisationKind.BUYER or tender.organisation_id == actor.org:
        raise NotABuyer
    currency = currency or tender.currency
    content = {"tender": tender_id, "price": price_minor_per_unit, "currency": currency}
    digest = content_hash(content)
    earlier = _placed_before(session, actor.org, key, bid_id, digest)
    if earlier is not None:
        return earlier
    terms = terms_of(tender)
    if not takes_bids(terms, tender.state, now):
        raise TenderClosed
    check_bid(terms, price_minor_per_unit, currency)
    return _insert(
        session,
        actor=actor,
        now=now,
        tender=tender,
        bid_id=bid_id,
        key=key,
        price_minor_per_unit=price_minor_per_unit,
        digest=digest,
    )


def _placed_before(
    session: Session, organisation_id: UUID, key: str, bid_id: UUID, digest: str
) -> Bid | None:
    """Return the bid that this very command placed before."""
    found = session.scalar(
        select(Bid).where(Bid.organisation_id == organisation_id, Bid.idempotency_key == key)
    )
    if found is None and session.get(Bid, bid_id) is not None:
        raise IdempotencyConflict
    if found is not None and found.content_hash != digest:
        raise IdempotencyConflict
    return found


def _insert(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    tender: Tender,
    bid_id: UUID,
    key: str,
    price_minor_per_unit: int,
    digest: str,
) -> Bid:
    last = session.execute(
        select(Bid.sequence, Bid.placed_at)
        .where(Bid.tender_id == tender.id)
        .order_by(Bid.sequence.desc())
        .limit(1)
    ).first()
    bid = Bid(
        id=bid_id,
        tender_id=tender.id,
        organisation_id=actor.org,
        sequence=last.sequence + 1 if last else 1,
        price_minor_per_unit=price_minor_per_unit,
        currency=tender.currency,
        # whoever got the lock first stands first in the log, so that order of time and of sequence are one
        placed_at=max(now, last.placed_at) if last else now,
        placed_by=actor.user_id,
        idempotency_key=key,
        content_hash=digest,
    )
    try:
        with session.begin_nested():
            session.add(bid)
            session.flush()
    except IntegrityError:
        raise IdempotencyConflict from None  # the same key or id went to another tender in the same instant
    audit.record(
        session,
        tag=MarketAudit.BID_PLACED,
        actor=actor,
        now=now,
        subject_type="bid",
        subject_id=bid.id,
        # neither the price nor the place in the log: the bidder's people read this before the opening
        after={"tender_id": tender.id},
    )
    return bid
