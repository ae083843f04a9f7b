"""What two sides do with each other, told to the other one: awards, offers, samples, proposals, loads, claims."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Permission
from chain.custody.models import Dispatch
from chain.matching.models import MatchProposal
from chain.negotiation.models import Offer, SampleRequest
from chain.portal import rules
from chain.portal.rules import AlertKind
from chain.portal.services.alerts import News, tell_organisation
from chain.sales.methods import hooks_of
from chain.sales.models import Award, Sale, SaleClaim

#: Ways in which the buyer hears of the award by what it did itself.
AGREED_WAYS = frozenset({"offer", "match"})


def _name(session: Session, organisation_id: UUID) -> str:
    return session.get_one(Organisation, organisation_id).name


def _tell_side(
    session: Session, now: datetime, organisation_id: UUID, *, seller_id: UUID, news: News
) -> None:
    permission = Permission.TENDERS_WRITE if organisation_id == seller_id else Permission.BIDS_PLACE
    tell_organisation(session, now=now, organisation_id=organisation_id, permission=permission, news=news)


def award_news(session: Session, now: datetime, tag: str, award_id: UUID) -> None:
    """Tell the buyer of an award that it won, and what the seller's officers said."""
    award = session.get(Award, award_id)
    if award is None:
        return
    seller = _name(session, award.organisation_id)
    if tag == "sales:award:made":
        if award.method in AGREED_WAYS:
            return
        title = _title(session, award)
        news = News(
            kind=AlertKind.RESULT,
            msgid=rules.WON,
            params={"title": title},
            path=_event_path(award),
            key=f"won:{award.event_id}",
        )
    elif tag == "sales:award:confirmed":
        sale = session.scalar(select(Sale).where(Sale.award_id == award.id))
        if sale is None:
            return
        news = News(
            kind=AlertKind.CONTRACT,
            msgid=rules.CONFIRMED,
            params={"seller": seller, "number": sale.number},
            path=f"/sales/{sale.id}",
            key=f"sold:{award.id}",
        )
    else:
        news = News(
            kind=AlertKind.CONTRACT,
            msgid=rules.AWARD_ENDED,
            params={"seller": seller},
            path=_event_path(award),
            key=f"award_ended:{award.id}",
        )
    _tell_side(session, now, award.buyer_id, seller_id=award.organisation_id, news=news)


def _title(session: Session, award: Award) -> str:
    found = hooks_of(award.method).names(session, frozenset({award.event_id}))
    return found[award.event_id].title if award.event_id in found else str(award.event_id)


def _event_path(award: Award) -> str:
    place = {
        "tender": "/board/",
        "auction": "/live/",
        "clock": "/clocks/",
        "match": "/matching/proposals/",
        "offer": "/offers/",
    }
    return f"{place[award.method]}{award.event_id}"


OFFER_TEXTS = {
    "negotiation:offer:started": rules.OFFER_RECEIVED,
    "negotiation:offer:countered": rules.OFFER_COUNTERED,
    "negotiation:offer:accepted": rules.OFFER_ACCEPTED,
    "negotiation:offer:refused": rules.OFFER_REFUSED,
    "negotiation:offer:withdrawn": rules.OFFER_WITHDRAWN,
    "negotiation:offer:expired": rules.OFFER_EXPIRED,
    "negotiation:offer:gone": rules.OFFER_GONE,
}


def offer_news(session: Session, now: datetime, tag: str, offer_id: UUID, by: UUID | None) -> None:
    """Tell the other side of an offer what was said; both when the clock or lost lots ended it."""
    offer = session.get(Offer, offer_id)
    if offer is None:
        return
    both = {offer.organisation_id, offer.buyer_id}
    told = both if tag.endswith((":expired", ":gone")) else both - {by}
    for organisation_id in sorted(told):
        (other,) = both - {organisation_id}
        news = News(
            kind=AlertKind.OFFER,
            msgid=OFFER_TEXTS[tag],
            params={"other": _name(session, other), "number": offer.number},
            path=f"/offers/{offer.id}",
            key=f"{tag}:{offer.id}:{offer.last_step}",
        )
        _tell_side(session, now, organisation_id, seller_id=offer.organisation_id, news=news)


SAMPLE_TEXTS = {
    "negotiation:sample:asked": rules.SAMPLE_ASKED,
    "negotiation:sample:agreed": rules.SAMPLE_AGREED,
    "negotiation:sample:refused": rules.SAMPLE_REFUSED,
    "negotiation:sample:withdrawn": rules.SAMPLE_WITHDRAWN,
    "negotiation:sample:sent": rules.SAMPLE_SENT,
    "negotiation:sample:judged": rules.SAMPLE_JUDGED,
}


def sample_news(session: Session, now: datetime, tag: str, sample_id: UUID, by: UUID | None) -> None:
    """Tell the other side of a sample what became of it."""
    sample = session.get(SampleRequest, sample_id)
    if sample is None or by is None:
        return
    (to,) = {sample.organisation_id, sample.buyer_id} - {by}
    news = News(
        kind=AlertKind.SAMPLE,
        msgid=SAMPLE_TEXTS[tag],
        params={"other": _name(session, by), "number": sample.number},
        path=f"/samples/{sample.id}",
        key=f"{tag}:{sample.id}",
    )
    _tell_side(session, now, to, seller_id=sample.organisation_id, news=news)


def run_news(session: Session, now: datetime, run_id: UUID) -> None:
    """Tell the buyers of the proposals that a match run made."""
    rows = session.scalars(
        select(MatchProposal)
        .where(MatchProposal.run_id == run_id, MatchProposal.state == "open")
        .order_by(MatchProposal.id)
    )
    for proposal in rows.all():
        _tell_proposal(session, now, proposal, proposal.buyer_id, rules.PROPOSED, f"proposed:{proposal.id}")


def proposal_news(session: Session, now: datetime, tag: str, proposal_id: UUID, by: UUID | None) -> None:
    """Tell the other side of a proposal that it was answered."""
    proposal = session.get(MatchProposal, proposal_id)
    if proposal is None:
        return
    for to in sorted({proposal.organisation_id, proposal.buyer_id} - {by}):
        _tell_proposal(session, now, proposal, to, rules.PROPOSAL_MOVED, f"{tag}:{proposal.id}")


def _tell_proposal(  # noqa: PLR0917 - private; whom, what, once
    session: Session, now: datetime, proposal: MatchProposal, to: UUID, msgid: str, key: str
) -> None:
    (other,) = {proposal.organisation_id, proposal.buyer_id} - {to}
    news = News(
        kind=AlertKind.PROPOSAL,
        msgid=msgid,
        params={"number": proposal.number, "other": _name(session, other)},
        path=f"/matching/proposals/{proposal.id}",
        key=key,
    )
    _tell_side(session, now, to, seller_id=proposal.organisation_id, news=news)


def dispatch_news(session: Session, now: datetime, dispatch_id: UUID) -> None:
    """Tell the receiving organisation that goods are on their way."""
    load = session.get(Dispatch, dispatch_id)
    if load is None or load.to_organisation_id is None:
        return
    news = News(
        kind=AlertKind.DISPATCH,
        msgid=rules.DISPATCHED,
        params={"seller": _name(session, load.organisation_id), "number": load.number},
        path=f"/arrivals/{load.id}",
        key=f"dispatched:{load.id}",
    )
    tell_organisation(
        session,
        now=now,
        organisation_id=load.to_organisation_id,
        permission=Permission.ARRIVALS_CONFIRM,
        news=news,
    )


def claim_news(session: Session, now: datetime, tag: str, claim_id: UUID) -> None:
    """Tell the seller of a claim, and the buyer of its answer."""
    claim: Any = session.get(SaleClaim, claim_id)
    if claim is None:
        return
    number = session.get_one(Sale, claim.sale_id).number
    if tag == "sales:claim:made":
        to, msgid = claim.organisation_id, rules.CLAIM_MADE
        params = {"buyer": _name(session, claim.buyer_id), "number": number}
    else:
        to, msgid = claim.buyer_id, rules.CLAIM_ANSWERED
        params = {"seller": _name(session, claim.organisation_id), "number": number}
    news = News(
        kind=AlertKind.CLAIM,
        msgid=msgid,
        params=params,
        path=f"/sales/claims/{claim.id}",
        key=f"{tag}:{claim.id}",
    )
    _tell_side(session, now, to, seller_id=claim.organisation_id, news=news)
