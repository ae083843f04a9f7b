"""Tenders, auctions and clocks as one kind of thing: title, times, who may see it, who takes part, what it offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import OrganisationKind
from chain.auctions.clock.models import Clock, ClockLot, ClockRequest
from chain.auctions.models import Auction, AuctionBidder, AuctionInvitation, AuctionLot, AuctionLotPart
from chain.buyers.rules import OfferFacts
from chain.lots.models import Lot
from chain.market.models import Bid, Tender, TenderInvitation, TenderLot
from chain.portal.models import Alert
from chain.portal.rules import AUCTION_OPENED, CLOCK_OPENED, TENDER_OPENED
from chain.sales.models import Award

#: States in which an event may still be bid in.
OPEN_STATES = frozenset({"open", "first", "second", "live", "paused"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What there is to tell of a tender, auction or clock. No reserve, no price."""

    id: UUID
    #: tender, auction or clock
    kind: str
    title: str
    seller_id: UUID
    seller_name: str
    seller_code: str
    opens_at: datetime
    closes_at: datetime
    state: str
    is_private: bool

    @property
    def path(self) -> str:
        """The page that a buyer opens."""
        return {"tender": "/board/", "auction": "/live/", "clock": "/clocks/"}[self.kind] + str(self.id)

    @property
    def opened_text(self) -> str:
        """The sentence of its opening."""
        return {"tender": TENDER_OPENED, "auction": AUCTION_OPENED, "clock": CLOCK_OPENED}[self.kind]


def find_event(session: Session, kind: str, event_id: UUID) -> Event | None:
    """Return an event; None: it is gone."""
    row: Any
    if kind == "tender":
        row = session.get(Tender, event_id, populate_existing=True)
        times = (row.opens_at, row.closes_at, row.is_private) if row else None
    elif kind == "auction":
        row = session.get(Auction, event_id, populate_existing=True)
        times = (row.starts_at, row.ends_at, row.is_private) if row else None
    else:
        row = session.get(Clock, event_id, populate_existing=True)
        times = (row.opened_at, row.second_closes_at or row.first_closes_at, False) if row else None
    if row is None or times is None:
        return None
    seller = session.get_one(Organisation, row.organisation_id)
    return Event(
        id=row.id,
        kind=kind,
        title=row.title,
        seller_id=seller.id,
        seller_name=seller.name,
        seller_code=seller.code,
        opens_at=times[0],
        closes_at=times[1],
        state=row.state,
        is_private=times[2],
    )


def buyers_let_in(session: Session, event: Event) -> Sequence[UUID]:
    """Return the buying organisations that may see an event."""
    statement = select(Organisation.id).where(Organisation.kind == OrganisationKind.BUYER)
    if event.is_private and event.kind == "tender":
        invited = select(TenderInvitation.organisation_id).where(TenderInvitation.tender_id == event.id)
        statement = statement.where(Organisation.id.in_(invited))
    elif event.is_private:
        names = select(AuctionInvitation.buyer_id).where(AuctionInvitation.auction_id == event.id)
        statement = statement.where(Organisation.id.in_(names))
    return session.scalars(statement.order_by(Organisation.id)).all()


def bidders_of(session: Session, event: Event) -> set[UUID]:
    """Return who takes part; told to nobody but themselves."""
    if event.kind == "tender":
        statement = select(Bid.organisation_id).where(Bid.tender_id == event.id)
    elif event.kind == "auction":
        statement = select(AuctionBidder.buyer_id).where(AuctionBidder.auction_id == event.id)
    else:
        statement = select(ClockRequest.organisation_id).where(ClockRequest.clock_id == event.id)
    return set(session.scalars(statement.distinct()))


def interested_in(session: Session, event: Event) -> set[UUID]:
    """Return who takes part, and who was told that it opened."""
    told = session.scalars(
        select(Alert.organisation_id).where(Alert.dedupe_key == opened_key(event.id)).distinct()
    )
    return bidders_of(session, event) | set(told)


def opened_key(event_id: UUID) -> str:
    """Return the key under which the opening of an event is told."""
    return f"opened:{event_id}"


def winners_of(session: Session, event_id: UUID) -> set[UUID]:
    """Return the buyers with an award of an event."""
    return set(session.scalars(select(Award.buyer_id).where(Award.event_id == event_id).distinct()))


def facts_of(session: Session, event: Event) -> Sequence[OfferFacts]:
    """Return what an event offers, equal lots together."""
    columns = (
        Lot.commodity,
        Lot.grade_scheme,
        Lot.grade_edition,
        Lot.grade_key,
        Lot.colour,
        Lot.micron_tenths,
        Lot.claim,
    )
    statement = select(*columns, func.sum(Lot.quantity).label("quantity")).group_by(*columns)
    if event.kind == "tender":
        statement = statement.join(TenderLot, TenderLot.lot_id == Lot.id).where(
            TenderLot.tender_id == event.id
        )
    elif event.kind == "auction":
        statement = (
            statement.join(AuctionLotPart, AuctionLotPart.lot_id == Lot.id)
            .join(AuctionLot, AuctionLot.id == AuctionLotPart.auction_lot_id)
            .where(AuctionLot.auction_id == event.id)
        )
    else:
        statement = statement.join(ClockLot, ClockLot.lot_id == Lot.id).where(ClockLot.clock_id == event.id)
    return [
        OfferFacts(
            commodity=row.commodity,
            quantity=int(row.quantity),
            claim=row.claim,
            grade=f"{row.grade_scheme}/{row.grade_edition}/{row.grade_key}" if row.grade_key else None,
            colour=row.colour,
            micron_tenths=row.micron_tenths,
            seller_id=event.seller_id,
        )
        for row in session.execute(statement)
    ]
