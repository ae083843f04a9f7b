"""What waits for a buyer in the areas that have not said it themselves; each provider is one statement, and bounded."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.auctions.models import Auction, AuctionBid, AuctionLot
from chain.core.attention import Attention
from chain.core.i18n import N_, Message
from chain.custody.models import Dispatch
from chain.custody.rules.words import DispatchState
from chain.market.models import Bid, Tender
from chain.market.queries.tenders import visible_to
from chain.matching.models import MatchProposal
from chain.negotiation.models import Offer, SampleRequest
from chain.negotiation.queries.samples import BUYER_TURN
from chain.negotiation.rules import LIVE, Side
from chain.portal.queries.payments import due_payments
from chain.portal.rules import DEADLINE_NOTICES
from chain.sales.adjusting import ClaimState
from chain.sales.models import Award, Sale, SaleClaim

#: Things of one section that the home lists; the section's page has all.
MOST = 20


def offers_to_answer(session: Session, actor: Actor, now: datetime) -> Iterator[Attention]:
    """Return offers on which the other side waits."""
    rows = session.execute(
        select(Offer.id, Offer.number, Offer.expires_at, Offer.changed_at, Organisation.name)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .where(
            Offer.buyer_id == actor.org,
            Offer.turn == Side.BUYER.value,
            Offer.state.in_([state.value for state in LIVE]),
            Offer.expires_at > now,
        )
        .order_by(Offer.expires_at)
        .limit(MOST)
    )
    text = N_("Answer offer no. %(number)s of %(seller)s")
    for row in rows:
        title = Message(text, {"number": row.number, "seller": row.name})
        yield Attention(title, f"/offers/{row.id}", row.expires_at, row.changed_at)


def proposals_to_answer(session: Session, actor: Actor, now: datetime) -> Iterator[Attention]:
    """Return proposals of matches that the buyer has not answered."""
    rows = session.execute(
        select(
            MatchProposal.id,
            MatchProposal.number,
            MatchProposal.expires_at,
            MatchProposal.made_at,
            Organisation.name,
        )
        .join(Organisation, Organisation.id == MatchProposal.organisation_id)
        .where(
            MatchProposal.buyer_id == actor.org,
            MatchProposal.state == "open",
            MatchProposal.buyer_accepted_at.is_(None),
            MatchProposal.expires_at > now,
        )
        .order_by(MatchProposal.expires_at)
        .limit(MOST)
    )
    text = N_("Answer proposal no. %(number)s of %(seller)s")
    for row in rows:
        title = Message(text, {"number": row.number, "seller": row.name})
        yield Attention(title, f"/matching/proposals/{row.id}", row.expires_at, row.made_at)


def outbid(session: Session, actor: Actor, now: datetime) -> Iterator[Attention]:
    """Return lots of running auctions for which the buyer bid and does not lead."""
    mine = select(AuctionBid.auction_lot_id).where(AuctionBid.buyer_id == actor.org)
    rows = session.execute(
        select(
            Auction.id, Auction.title, AuctionLot.title.label("lot"), AuctionLot.position, AuctionLot.ends_at
        )
        .join(Auction, Auction.id == AuctionLot.auction_id)
        .where(
            AuctionLot.state == "open",
            AuctionLot.ends_at > now,
            AuctionLot.leader_id != actor.org,
            AuctionLot.id.in_(mine),
        )
        .order_by(AuctionLot.ends_at, AuctionLot.position)
        .limit(MOST)
    )
    text = N_("Somebody bid more than you: lot %(position)s of “%(title)s”")
    for row in rows:
        title = Message(text, {"position": row.position, "title": row.title})
        yield Attention(title, f"/live/{row.id}", row.ends_at)


def deadlines_near(session: Session, actor: Actor, now: datetime) -> Iterator[Attention]:
    """Return tenders that close within a day, with whether the buyer has bid."""
    own = (
        select(func.count())
        .select_from(Bid)
        .where(Bid.tender_id == Tender.id, Bid.organisation_id == actor.org)
        .correlate(Tender)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Tender.id, Tender.title, Tender.closes_at, own.label("bids"))
        .where(
            Tender.state == "open",
            Tender.opens_at <= now,
            Tender.closes_at > now,
            Tender.closes_at <= now + max(DEADLINE_NOTICES),
            visible_to(actor, now),
        )
        .order_by(Tender.closes_at)
        .limit(MOST)
    )
    with_bid, without = (
        N_("“%(title)s” closes soon. You have bid."),
        N_("“%(title)s” closes soon. You have not bid."),
    )
    for row in rows:
        title = Message(with_bid if row.bids else without, {"title": row.title})
        yield Attention(title, f"/board/{row.id}", row.closes_at)


def arrivals(session: Session, actor: Actor, now: datetime) -> Iterator[Attention]:
    """Return loads whose arrival the buyer has not confirmed."""
    del now
    rows = session.execute(
        select(Dispatch.id, Dispatch.number, Dispatch.dispatched_at, Organisation.name)
        .join(Organisation, Organisation.id == Dispatch.organisation_id)
        .where(Dispatch.to_organisation_id == actor.org, Dispatch.state == DispatchState.ON_THE_WAY.value)
        .order_by(Dispatch.dispatched_at)
        .limit(MOST)
    )
    text = N_("Confirm the arrival of waybill no. %(number)s of %(seller)s")
    for row in rows:
        title = Message(text, {"number": row.number, "seller": row.name})
        yield Attention(title, f"/arrivals/{row.id}", None, row.dispatched_at)


def payments(session: Session, actor: Actor, now: datetime) -> Iterator[Attention]:
    """Return what is due to be paid."""
    text = N_("Pay sale no. %(number)s of %(seller)s: %(amount)s")
    for row in due_payments(session, actor, now, limit=MOST):
        params = {"number": row.number, "seller": row.seller_name, "amount": row.open_amount}
        yield Attention(Message(text, params), f"/sales/{row.sale_id}", row.due_moment, row.agreed_at)


def samples(session: Session, actor: Actor, now: datetime) -> Iterator[Attention]:
    """Return samples to be received and judged."""
    del now
    rows = session.execute(
        select(SampleRequest.id, SampleRequest.number, SampleRequest.sent_at, Organisation.name)
        .join(Organisation, Organisation.id == SampleRequest.organisation_id)
        .where(SampleRequest.buyer_id == actor.org, SampleRequest.state.in_(BUYER_TURN))
        .order_by(SampleRequest.sent_at)
        .limit(MOST)
    )
    text = N_("Say what you found in sample no. %(number)s of %(seller)s")
    for row in rows:
        title = Message(text, {"number": row.number, "seller": row.name})
        yield Attention(title, f"/samples/{row.id}", None, row.sent_at)


def claims(session: Session, actor: Actor, now: datetime) -> Iterator[Attention]:
    """Return own claims that the seller has not answered."""
    del now
    rows = session.execute(
        select(SaleClaim.id, SaleClaim.made_at, Sale.number, Organisation.name)
        .join(Sale, Sale.id == SaleClaim.sale_id)
        .join(Organisation, Organisation.id == SaleClaim.organisation_id)
        .where(SaleClaim.buyer_id == actor.org, SaleClaim.state == ClaimState.OPEN.value)
        .order_by(SaleClaim.made_at)
        .limit(MOST)
    )
    text = N_("Your claim about sale no. %(number)s waits for %(seller)s")
    for row in rows:
        title = Message(text, {"number": row.number, "seller": row.name})
        yield Attention(title, f"/sales/claims/{row.id}", None, row.made_at)


def waiting_awards(session: Session, actor: Actor, now: datetime) -> Iterator[Attention]:
    """Return won lots that the seller's officers have yet to confirm."""
    del now
    rows = session.execute(
        select(Award.id, Award.event_id, Award.confirm_by, Award.made_at, Organisation.name)
        .join(Organisation, Organisation.id == Award.organisation_id)
        .where(Award.buyer_id == actor.org, Award.state == "waiting")
        .order_by(Award.confirm_by)
        .limit(MOST)
    )
    text = N_("%(seller)s has yet to confirm what you won")
    for row in rows:
        title = Message(text, {"seller": row.name})
        yield Attention(title, award_path(row.id), None, row.made_at)


def award_path(award_id: UUID) -> str:
    """Return the page of an award."""
    return f"/sales/awards/{award_id}"
