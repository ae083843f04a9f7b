"""Placing bids: one short path under the lock of the tender's row. What a bid says is sealed before it is kept."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.buyers.services.limits import check_may_trade
from chain.core import audit
from chain.core.errors import IdempotencyConflict, NotFound
from chain.core.idempotency import MAX_KEY_LENGTH, KeyTooLong
from chain.core.ids import new_id
from chain.core.sealing import commitment, new_nonce
from chain.market.errors import NotABuyer, TenderClosed
from chain.market.models import Bid, Tender, TenderInvitation
from chain.market.queries.sealed import offer_of, offered_lots, seal_bid
from chain.market.rules import Offer, OfferedLot, OfferKind, check_offer, most_value, offer_text, takes_bids
from chain.market.services.steps import MarketAudit, lock_tender, log_tender, terms_of
from chain.sales.rules import Entry
from chain.sales.services.bidders import check_not_excluded


def place_bid(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    tender_id: UUID,
    offer: Offer | None = None,
    price_minor_per_unit: int | None = None,
    id: UUID | None = None,  # noqa: A002 - the name that every command of the product uses
    idempotency_key: str | None = None,
    currency: str | None = None,
) -> Bid:
    """Place a sealed bid, or replace the own last one. A bare price is one for all the lots together, all or nothing.

    `now` is the server's and decides whether it is in time. The key is the client's, else the id. The same key with the
    same content answers the first bid, even after the deadline. The reserve takes no part: it is judged at the opening.

    Raises:
        Forbidden: the actor may not bid.
        NotABuyer: not a buying organisation, or its own lots.
        NotFound: there is no such tender, it has not opened yet, or the buyer is not invited.
        IdempotencyConflict: the key or id came before with other content.
        TenderClosed: the deadline has passed.
        BidderExcluded, NotVetted, LimitExceeded: the buyer may not bid, or not so much.
        WrongCurrency, PriceOutOfBounds, ValidationFailed: the bid cannot be meant.
    """
    actor.require(Permission.BIDS_PLACE)
    bid_id = id or new_id()
    key = idempotency_key if idempotency_key is not None else str(bid_id)
    if not 0 < len(key) <= MAX_KEY_LENGTH or "\x00" in key:
        raise KeyTooLong
    tender = lock_tender(session, tender_id)
    _check_bidder(session, actor, tender, now)
    wanted = offer or Offer(currency or "", price_minor=price_minor_per_unit, whole=True)
    if not wanted.currency:
        wanted = replace(wanted, currency=tender.currency)
    earlier = _placed_before(session, actor.org, key, bid_id, tender_id, wanted)
    if earlier is not None:
        return earlier
    if not takes_bids(terms_of(tender), tender.state, now):
        raise TenderClosed
    check_not_excluded(
        session, seller_id=tender.organisation_id, buyer_id=actor.org, event_id=tender.id, now=now
    )
    lots = _lots_of(session, tender, wanted)
    check_offer(wanted, lots, tender.currency)
    check_may_trade(
        session,
        buyer_id=actor.org,
        seller_id=tender.organisation_id,
        amount_minor=most_value(wanted, lots),
        currency=tender.currency,
        now=now,
    )
    return _insert(session, actor=actor, now=now, tender=tender, bid_id=bid_id, key=key, offer=wanted)


def _check_bidder(session: Session, actor: Actor, tender: Tender, now: datetime) -> None:
    """Let only buyers in, to a private tender only those who were invited."""
    if now < tender.opens_at:
        raise NotFound
    if actor.organisation_kind is not OrganisationKind.BUYER or tender.organisation_id == actor.org:
        raise NotABuyer
    if tender.is_private and session.get(TenderInvitation, (tender.id, actor.org)) is None:
        raise NotFound


def _lots_of(session: Session, tender: Tender, offer: Offer) -> Sequence[OfferedLot]:
    """Return the lots that a bid is read against; for one price without a bound the tender as one lot is enough."""
    if offer.kind is OfferKind.ALL and offer.least is None and offer.most is None:
        return [OfferedLot(tender.id, tender.quantity, 0)]
    return offered_lots(session, tender)


def _placed_before(  # noqa: PLR0917 - whose, under which key, what
    session: Session, organisation_id: UUID, key: str, bid_id: UUID, tender_id: UUID, offer: Offer
) -> Bid | None:
    """Return the bid that this very command placed before."""
    found = session.scalar(
        select(Bid).where(Bid.organisation_id == organisation_id, Bid.idempotency_key == key)
    )
    if found is None and session.get(Bid, bid_id) is not None:
        raise IdempotencyConflict
    if found is not None and (found.tender_id != tender_id or not _same(offer_of(found), offer)):
        raise IdempotencyConflict
    return found


def _same(first: Offer, second: Offer) -> bool:
    """Tell whether two offers say the same, in whatever order."""
    ids = {"bid_id": UUID(int=0), "tender_id": UUID(int=0), "buyer_id": UUID(int=0)}
    return offer_text(first, **ids) == offer_text(second, **ids)


def _insert(
    session: Session, *, actor: Actor, now: datetime, tender: Tender, bid_id: UUID, key: str, offer: Offer
) -> Bid:
    last = session.execute(
        select(Bid.sequence, Bid.placed_at)
        .where(Bid.tender_id == tender.id)
        .order_by(Bid.sequence.desc())
        .limit(1)
    ).first()
    nonce = new_nonce()
    text = offer_text(offer, bid_id=bid_id, tender_id=tender.id, buyer_id=actor.org)
    bid = Bid(
        id=bid_id,
        tender_id=tender.id,
        organisation_id=actor.org,
        sequence=last.sequence + 1 if last else 1,
        sealed=seal_bid(bid_id, nonce, text),
        commitment=commitment(text, nonce),
        currency=tender.currency,
        # whoever got the lock first stands first in the log, so that order of time and of sequence are one
        placed_at=max(now, last.placed_at) if last else now,
        placed_by=actor.user_id,
        idempotency_key=key,
    )
    try:
        with session.begin_nested():
            session.add(bid)
            session.flush()
    except IntegrityError:
        raise IdempotencyConflict from None  # the same key or id went to another tender in the same instant
    said = {"bid": bid.id, "number": bid.sequence, "commitment": bid.commitment}
    log_tender(session, bid.placed_at, tender, [Entry("bid", said, buyer_id=actor.org)])
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
