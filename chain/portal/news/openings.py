"""New events for those whose demands or searches they fit, deadlines before they pass, bids that were topped, results."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Permission
from chain.auctions.models import Auction, AuctionBid, AuctionLot
from chain.buyers.models import Demand
from chain.buyers.queries import open_demands
from chain.buyers.rules import OfferFacts, meets
from chain.core.clock import local_date
from chain.core.outbox import enqueue
from chain.lots.queries.wanted import claims_from
from chain.market.queries.lots import LotFilter
from chain.portal.models import Alert, BoardSearch
from chain.portal.news.events import (
    OPEN_STATES,
    Event,
    bidders_of,
    buyers_let_in,
    facts_of,
    find_event,
    interested_in,
    opened_key,
    winners_of,
)
from chain.portal.rules import (
    CANCELLED,
    DEADLINE_DAY,
    DEADLINE_HOUR,
    DEADLINE_NOTICES,
    LOST,
    OUTBID,
    PASSED_IN,
    AlertKind,
)
from chain.portal.services.alerts import News, tell_organisation, tell_users, users_with

#: Kinds of outbox messages: an event that opens later, a deadline that comes.
OPENING_MESSAGE = "portal.opening"
DEADLINE_MESSAGE = "portal.deadline"


def announce(session: Session, now: datetime, event: Event) -> None:
    """Tell of a new event, or set a timer when it opens later; set the timers of its deadline."""
    if event.state not in OPEN_STATES:
        return
    payload = {"kind": event.kind, "event_id": event.id}
    # an auction is announced before its start, so that buyers can register; a tender shows itself when it opens
    if event.kind == "tender" and now < event.opens_at:
        key = f"{OPENING_MESSAGE}:{event.id}"
        enqueue(
            session,
            kind=OPENING_MESSAGE,
            payload=payload,
            now=now,
            available_at=event.opens_at,
            dedupe_key=key,
        )
        return
    tell_opening(session, now, event)
    for notice in DEADLINE_NOTICES:
        due = event.closes_at - notice
        if due > now:
            hours = int(notice / timedelta(hours=1))
            enqueue(
                session,
                kind=DEADLINE_MESSAGE,
                payload={**payload, "hours": hours},
                now=now,
                available_at=due,
                dedupe_key=f"{DEADLINE_MESSAGE}:{event.id}:{hours}",
            )


def tell_opening(session: Session, now: datetime, event: Event) -> None:
    """Tell the buyers whose demands or searches an event fits."""
    facts = facts_of(session, event)
    allowed = set(buyers_let_in(session, event))
    news = News(
        kind=AlertKind.NEW_EVENT,
        msgid=event.opened_text,
        params={"title": event.title, "seller": event.seller_name},
        path=event.path,
        key=opened_key(event.id),
    )
    today = local_date(now, session.get_one(Organisation, event.seller_id).timezone)
    wanted: set[UUID] = set()
    for commodity in {one.commodity for one in facts}:
        for demand in open_demands(session, today=today, commodity=commodity, seller_id=event.seller_id):
            if demand.organisation_id in allowed and fits_demand(demand, facts):
                wanted.add(demand.organisation_id)
    for buyer_id in sorted(wanted):
        tell_organisation(
            session, now=now, organisation_id=buyer_id, permission=Permission.BIDS_PLACE, news=news
        )
    searches = session.scalars(
        select(BoardSearch).where(BoardSearch.organisation_id.in_(allowed)).order_by(BoardSearch.id)
    ).all()
    for search in searches:
        if fits_search(search, event, facts):
            may = users_with(session, search.organisation_id, Permission.BIDS_PLACE)
            users = [search.user_id] if search.user_id in may else []
            tell_users(session, now=now, organisation_id=search.organisation_id, user_ids=users, news=news)


def fits_demand(demand: Demand, facts: Sequence[OfferFacts]) -> bool:
    """Tell whether some lots of an event meet a demand; the quantity is a matter of all of them together."""
    return any(not meets(demand, replace(one, quantity=demand.min_quantity)) for one in facts)


def fits_search(search: BoardSearch, event: Event, facts: Sequence[OfferFacts]) -> bool:
    """Tell whether some lots of an event pass a search."""
    wanted = LotFilter(**search.filters)
    if wanted.centre and wanted.centre != event.seller_code:
        return False
    fitting = [one for one in facts if _passes(wanted, one)]
    return bool(fitting) and sum(one.quantity for one in fitting) >= (wanted.min_quantity or 0)


def _passes(wanted: LotFilter, one: OfferFacts) -> bool:
    micron = one.micron_tenths
    if wanted.micron_min_tenths is not None and (micron is None or micron < wanted.micron_min_tenths):
        return False
    if wanted.micron_max_tenths is not None and (micron is None or micron > wanted.micron_max_tenths):
        return False
    if wanted.claim and one.claim not in claims_from(wanted.claim):
        return False
    pairs = (
        (wanted.commodity, one.commodity),
        (wanted.grade, one.grade),
        (wanted.colour, one.colour),
    )
    return all(wish is None or wish == found for wish, found in pairs)


def tell_deadline(session: Session, now: datetime, event: Event, hours: int) -> None:
    """Tell who takes part, or was told of the opening, that an event closes soon."""
    if event.state not in OPEN_STATES or now >= event.closes_at:
        return
    allowed = set(buyers_let_in(session, event))
    news = News(
        kind=AlertKind.DEADLINE,
        msgid=DEADLINE_HOUR if hours == 1 else DEADLINE_DAY,
        params={"title": event.title},
        path=event.path,
        key=f"deadline:{event.id}:{hours}",
    )
    for buyer_id in sorted(interested_in(session, event) & allowed):
        tell_organisation(
            session, now=now, organisation_id=buyer_id, permission=Permission.BIDS_PLACE, news=news
        )


def look_for_outbid(session: Session, now: datetime) -> bool:
    """Tell whether a buyer's bid was topped who has not been told of it."""
    del now
    return bool(_untold_bids(session))


def tell_outbid(session: Session, now: datetime) -> None:
    """Tell buyers who led a lot of an auction, or bid for it, and lead no more; once after each bid of theirs."""
    for lot, buyer_id, last in _untold_bids(session):
        event = find_event(session, "auction", lot.auction_id)
        if event is None:
            continue
        news = News(
            kind=AlertKind.OUTBID,
            msgid=OUTBID,
            params={"title": lot.title or event.title},
            path=event.path,
            key=_outbid_key(lot, last),
        )
        tell_organisation(
            session, now=now, organisation_id=buyer_id, permission=Permission.BIDS_PLACE, news=news
        )


def _outbid_key(lot: AuctionLot, last: int) -> str:
    return f"outbid:{lot.id}:{last}"


def _untold_bids(session: Session) -> list[tuple[AuctionLot, UUID, int]]:
    """Return topped bids of all auctions that run, and that nobody of the buyer's was told of."""
    running = session.scalars(select(Auction.id).where(Auction.state.in_(OPEN_STATES)).order_by(Auction.id))
    topped = [one for auction_id in running.all() for one in topped_bids(session, auction_id)]
    keys = [_outbid_key(lot, last) for lot, _, last in topped]
    rows = session.execute(
        select(Alert.organisation_id, Alert.dedupe_key).where(Alert.dedupe_key.in_(keys)).distinct()
    )
    told = {(row.organisation_id, row.dedupe_key) for row in rows}
    return [one for one in topped if (one[1], _outbid_key(one[0], one[2])) not in told]


def topped_bids(session: Session, auction_id: UUID) -> Sequence[tuple[AuctionLot, UUID, int]]:
    """Return lots of an auction that are open, buyers who bid for them and do not lead, and the number of their last bid."""
    rows = session.execute(
        select(AuctionLot, AuctionBid.buyer_id, func.max(AuctionBid.sequence).label("last"))
        .join(AuctionBid, AuctionBid.auction_lot_id == AuctionLot.id)
        .where(
            AuctionLot.auction_id == auction_id,
            AuctionLot.state == "open",
            AuctionBid.buyer_id.is_not(None),
            AuctionBid.buyer_id != AuctionLot.leader_id,
        )
        .group_by(AuctionLot.id, AuctionBid.buyer_id)
        .order_by(AuctionLot.position, AuctionBid.buyer_id)
    )
    return [(row.AuctionLot, row.buyer_id, row.last) for row in rows]


def tell_end(session: Session, now: datetime, event: Event, *, cancelled: bool = False) -> None:
    """Tell those who took part and won nothing; winners hear it of their award."""
    winners = winners_of(session, event.id)
    msgid = CANCELLED if cancelled else LOST if winners else PASSED_IN
    news = News(
        kind=AlertKind.RESULT,
        msgid=msgid,
        params={"title": event.title},
        path=event.path,
        key=f"ended:{event.id}",
    )
    for buyer_id in sorted(bidders_of(session, event) - winners):
        tell_organisation(
            session, now=now, organisation_id=buyer_id, permission=Permission.BIDS_PLACE, news=news
        )
