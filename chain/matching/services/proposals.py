"""Answers to proposals: either side accepts or refuses within the time; when both accepted, the lots are reserved."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.buyers.services.limits import check_may_trade
from chain.core.i18n import Message
from chain.matching.errors import AnsweredOtherwise, ProposalClosed
from chain.matching.models import MatchOffer, MatchProposal
from chain.matching.proposing import PROPOSAL_STATE_LABELS, OfferState, ProposalState, Side
from chain.matching.queries.proposals import get_proposal_for, side_of
from chain.matching.services.reserving import reserve
from chain.matching.services.steps import end_proposal, lock_proposal, log_proposal, note_proposal
from chain.matching.services.tags import MatchAudit
from chain.sales.models import Award, AwardLine
from chain.sales.rules import AwardState, Entry, clean_reason
from chain.sales.services.bidders import check_not_excluded

#: Kind of the outbox message that ends a proposal whose time is over.
DUE_MESSAGE = "matching.proposal_due"
NEEDED = {Side.SELLER: Permission.AWARDS_ACCEPT, Side.BUYER: Permission.BIDS_PLACE}


def accept_proposal(session: Session, *, actor: Actor, now: datetime, proposal_id: UUID) -> MatchProposal:
    """Accept a proposal for the actor's side. The second side's acceptance reserves the lots and makes the award.

    The same side's second click changes nothing.

    Raises:
        NotFound: there is none, or it is others' business.
        Forbidden: the actor may not answer.
        ProposalClosed: it was refused, sold, or its time is over.
        BidderExcluded, NotVetted, LimitExceeded: the buyer may not buy here.
        Whatever `reserving.reserve` raises; then nothing is accepted.
    """
    proposal, side = _lock_to_answer(session, actor, proposal_id)
    if _accepted_at(proposal, side) is not None:
        return proposal
    _check_open(proposal, now)
    check_not_excluded(
        session,
        seller_id=proposal.organisation_id,
        buyer_id=proposal.buyer_id,
        event_id=proposal.id,
        now=now,
    )
    check_may_trade(
        session,
        buyer_id=proposal.buyer_id,
        seller_id=proposal.organisation_id,
        amount_minor=proposal.amount_minor,
        currency=proposal.currency,
        now=now,
    )
    if side is Side.SELLER:
        proposal.seller_accepted_at, proposal.seller_accepted_by = now, actor.user_id
    else:
        proposal.buyer_accepted_at, proposal.buyer_accepted_by = now, actor.user_id
    session.flush()
    log_proposal(session, now, proposal, Entry("accepted", {"side": side}, actor.user_id, proposal.buyer_id))
    note_proposal(
        session,
        MatchAudit.PROPOSAL_ACCEPTED,
        actor,
        now,
        proposal,
        before=ProposalState.OPEN.value,
        more={"side": side},
    )
    if proposal.seller_accepted_at is not None and proposal.buyer_accepted_at is not None:
        reserve(session, now=now, proposal=proposal)
    return proposal


def refuse_proposal(
    session: Session, *, actor: Actor, now: datetime, proposal_id: UUID, reason: str
) -> MatchProposal:
    """Refuse a proposal for the actor's side, with a reason that the other side reads. Twice is as good as once.

    Raises:
        NotFound: there is none, or it is others' business.
        Forbidden: the actor may not answer.
        ProposalClosed: it was sold, refused by the other side, or its time is over.
        AnsweredOtherwise: this side has accepted it.
        ReasonMissing: no reason was written.
    """
    proposal, side = _lock_to_answer(session, actor, proposal_id)
    if proposal.state == ProposalState.REFUSED and proposal.closed_by_side == side:
        return proposal
    _check_open(proposal, now)
    if _accepted_at(proposal, side) is not None:
        raise AnsweredOtherwise
    text = clean_reason(reason)
    end_proposal(
        session,
        actor,
        now,
        proposal,
        to=ProposalState.REFUSED,
        tag=MatchAudit.PROPOSAL_REFUSED,
        reason=text,
        side=side.value,
    )
    return proposal


def expire_proposal(session: Session, *, actor: Actor, now: datetime, proposal_id: UUID) -> MatchProposal:
    """End a proposal that nobody, or only one side, answered in time; before the time, or after an answer, do nothing."""
    proposal = lock_proposal(session, proposal_id)
    if proposal.state == ProposalState.OPEN and now >= proposal.expires_at:
        end_proposal(
            session,
            actor,
            now,
            proposal,
            to=ProposalState.EXPIRED,
            tag=MatchAudit.PROPOSAL_EXPIRED,
        )
    return proposal


def after_answer(session: Session, actor: Actor, now: datetime, award: Award) -> None:
    """Bring a proposal, whose row is locked, to the end that follows from its award; unsold lots are offered again."""
    proposal = session.get_one(MatchProposal, award.event_id)
    before = proposal.state
    is_sold = award.state == AwardState.CONFIRMED
    proposal.state = (ProposalState.SOLD if is_sold else ProposalState.FALLEN).value
    proposal.reason = None if is_sold else award.reason
    if not is_sold:
        _offer_again(session, award)
    session.flush()
    note_proposal(
        session,
        MatchAudit.PROPOSAL_ENDED,
        actor,
        now,
        proposal,
        before=before,
        more={"award_id": award.id},
    )


def _offer_again(session: Session, award: Award) -> None:
    """Open the offers of an award's lots again, those that lie in the same time."""
    offers = session.scalars(
        select(MatchOffer)
        .join(AwardLine, AwardLine.lot_id == MatchOffer.lot_id)
        .where(AwardLine.award_id == award.id, MatchOffer.state == OfferState.TAKEN.value)
        .order_by(MatchOffer.created_at.desc(), MatchOffer.id.desc())
    )
    seen: set[UUID] = set()
    for offer in offers:
        if offer.lot_id not in seen:
            seen.add(offer.lot_id)
            offer.state, offer.closed_at = OfferState.OPEN.value, None


def _lock_to_answer(session: Session, actor: Actor, proposal_id: UUID) -> tuple[MatchProposal, Side]:
    side = side_of(actor, get_proposal_for(session, actor, proposal_id)) or Side.SELLER
    actor.require(NEEDED[side])
    return lock_proposal(session, proposal_id), side


def _accepted_at(proposal: MatchProposal, side: Side) -> datetime | None:
    return proposal.seller_accepted_at if side is Side.SELLER else proposal.buyer_accepted_at


def _check_open(proposal: MatchProposal, now: datetime) -> None:
    if proposal.state != ProposalState.OPEN or now >= proposal.expires_at:
        is_over = proposal.state == ProposalState.OPEN
        state = ProposalState.EXPIRED if is_over else ProposalState(proposal.state)
        raise ProposalClosed(state=Message(PROPOSAL_STATE_LABELS[state]))
