"""Opening the bids of a tender in public: every step is a line of its log."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.lots.models import Lot
from chain.lots.rules import LotState
from chain.lots.services.states import change_lot_states
from chain.market.errors import TenderStillOpen
from chain.market.models import Bid, OpenedBid, Tender
from chain.market.queries.replay import awarded_hash, seed_of
from chain.market.queries.sealed import offered_lots, open_bid
from chain.market.rules import (
    NEGOTIATION,
    OpenedOffer,
    Result,
    Standing,
    TenderState,
    check_transition,
    decide,
    read_offer,
)
from chain.market.services.steps import (
    MarketAudit,
    lock_own_tender,
    lock_tender_lots,
    log_tender,
    note_tender,
)
from chain.sales.models import Award
from chain.sales.queries.exclusions import excluded_buyers
from chain.sales.rules import Entry, Method
from chain.sales.services.awards import make_award


def close_tender(session: Session, *, actor: Actor, now: datetime, tender_id: UUID) -> Tender:
    """Open the bids at the deadline and award the lots so that they bring most; what nobody gets returns to the stock.

    The worker calls it when the deadline comes; the seller or the market manager may when the worker is down. Once is as
    good as often.

    Raises:
        Forbidden: the actor may neither run tenders nor watch over them.
        NotFound: there is no such tender here.
        TenderStillOpen: the deadline has not come.
        SealKeyWrong: the bids were sealed with another key.
    """
    if not actor.may(Permission.MARKET_MANAGE):
        actor.require(Permission.TENDERS_WRITE)
    tender = lock_own_tender(session, actor, tender_id)
    if tender.state != TenderState.OPEN:
        return tender
    if now < tender.closes_at:
        raise TenderStillOpen
    bids = session.scalars(select(Bid).where(Bid.tender_id == tender.id).order_by(Bid.sequence)).all()
    log_tender(session, now, tender, [Entry("opening", {"bids": len(bids)}, actor.user_id)])
    offers, result = _open_bids(session, now, tender, bids)
    lots = lock_tender_lots(session, tender)
    awards = _award(session, actor, now, tender, offers, result, lots)
    to = TenderState.AWARDED if awards else TenderState.PASSED_IN
    check_transition(tender.state, to)
    tender.state, tender.closed_at = to.value, now
    _release_unsold(session, actor, now, tender, lots, result)
    session.flush()
    note_tender(
        session,
        tag=MarketAudit.TENDER_AWARDED if awards else MarketAudit.TENDER_PASSED_IN,
        actor=actor,
        now=now,
        tender=tender,
        before=TenderState.OPEN.value,
        more={"bids": len(bids), "winning_bid_id": tender.winning_bid_id},
    )
    return tender


def _open_bids(
    session: Session, now: datetime, tender: Tender, bids: Sequence[Bid]
) -> tuple[Sequence[OpenedOffer], Result]:
    """Open every bid, reveal the seed, decide, and write all of it down."""
    opened = {bid.id: open_bid(bid) for bid in bids}
    offers = [
        OpenedOffer(bid.id, bid.organisation_id, bid.sequence, bid.placed_at, read_offer(opened[bid.id][1]))
        for bid in bids
    ]
    seed = seed_of(tender)
    excluded = excluded_buyers(session, seller_id=tender.organisation_id, event_id=tender.id, now=now)
    result = decide(offered_lots(session, tender), offers, seed, excluded)
    entries = [Entry("seed", {"seed": seed})]
    rows = []
    for bid in bids:
        nonce, text = opened[bid.id]
        standing = result.standings[bid.id]
        said = {"bid": bid.id, "number": bid.sequence, "nonce": nonce, "text": text, "standing": standing}
        if standing is Standing.EXCLUDED:
            said["reason"] = excluded[bid.organisation_id]
        entries.append(Entry("bid_opened", said, buyer_id=bid.organisation_id))
        rows.append(
            {
                "bid_id": bid.id,
                "tender_id": tender.id,
                "organisation_id": bid.organisation_id,
                "text": text,
                "nonce": nonce,
                "standing": standing.value,
                "opened_at": now,
            }
        )
    if rows:
        session.execute(insert(OpenedBid), rows)
    log_tender(session, now, tender, entries)
    return offers, result


def _award(  # noqa: PLR0917 - who, when, what was offered, bid and decided
    session: Session,
    actor: Actor,
    now: datetime,
    tender: Tender,
    offers: Sequence[OpenedOffer],
    result: Result,
    lots: Sequence[Lot],
) -> list[Award]:
    """Make one award for each buyer who gets something, or say that the lots are passed in."""
    allocation = result.allocation
    tender.award_status = allocation.status.value
    tender.award_gap_millionths = allocation.gap_millionths
    entries = []
    awards = []
    facts = offered_lots(session, tender)
    for offer in offers:
        won = {lot_id for lot_id, bid_id in allocation.lots.items() if bid_id == offer.bid_id}
        if not won:
            continue
        named = offer.offer.prices(facts)
        prices = {lot_id: named[lot_id] for lot_id in won}
        award = make_award(
            session,
            actor=actor,
            now=now,
            seller_id=tender.organisation_id,
            buyer_id=offer.buyer_id,
            method=Method.TENDER,
            event_id=tender.id,
            bid_id=offer.bid_id,
            lots=[lot for lot in lots if lot.id in won],
            prices=prices,
            currency=tender.currency,
            opened_by=tender.created_by,
        )
        awards.append(award)
        said = {
            "bid": offer.bid_id,
            "award": award.id,
            "lots": len(won),
            "lots_hash": awarded_hash(prices),
            "quantity": award.quantity,
            "proceeds_minor": award.proceeds_minor,
        }
        entries.append(Entry("awarded", said, buyer_id=offer.buyer_id))
    decided = Entry("decided", {"status": allocation.status, "gap_millionths": allocation.gap_millionths})
    if awards:
        tender.winning_bid_id = max(awards, key=lambda one: one.proceeds_minor).bid_id
        log_tender(session, now, tender, [decided, *entries])
        return awards
    log_tender(session, now, tender, [Entry("passed_in", {"lots": len(lots)})])
    best = next((one for one in offers if one.bid_id == result.best_bid_id), None)
    if best is not None:
        said = {"bid": best.bid_id, "until": now + NEGOTIATION}
        log_tender(session, now, tender, [Entry("negotiable", said, buyer_id=best.buyer_id)])
    return awards


def _release_unsold(  # noqa: PLR0917 - who, when, what was offered and decided
    session: Session, actor: Actor, now: datetime, tender: Tender, lots: Sequence[Lot], result: Result
) -> None:
    unsold = [lot for lot in lots if lot.id not in result.allocation.lots]
    if not unsold:
        return
    change_lot_states(session, actor=actor, now=now, lots=unsold, to=LotState.GRADED)
    if result.allocation.lots:
        log_tender(session, now, tender, [Entry("unsold", {"lots": len(unsold)})])
