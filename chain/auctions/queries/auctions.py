"""Which auctions somebody may see."""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.auctions.models import Auction, AuctionInvitation, AuctionLot
from chain.core.errors import NotFound


def is_buyer(actor: Actor) -> bool:
    """Tell whether somebody looks at auctions as a buyer."""
    return actor.organisation_kind is OrganisationKind.BUYER and actor.may(Permission.BOARD_READ)


def may_watch(actor: Actor) -> bool:
    """Tell whether somebody sees the auctions of the own organisation as its seller or market manager."""
    return actor.may(Permission.TENDERS_READ) or actor.may(Permission.MARKET_MANAGE)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on auctions that somebody may see.

    Raises:
        NotFound: none at all.
    """
    if is_buyer(actor):
        invited = exists().where(
            AuctionInvitation.auction_id == Auction.id, AuctionInvitation.buyer_id == actor.org
        )
        return or_(~Auction.is_private, invited)
    if may_watch(actor):
        return Auction.organisation_id == actor.org
    raise NotFound


def get_auction_for(session: Session, actor: Actor, auction_id: UUID) -> Auction:
    """Return an auction of the own house, or one that a buyer may see.

    Raises:
        NotFound: there is none for this reader.
    """
    found = session.scalar(select(Auction).where(Auction.id == auction_id, visible_to(actor)))
    if found is None:
        raise NotFound
    return found


def get_auction_lot_for(session: Session, actor: Actor, auction_lot_id: UUID) -> tuple[Auction, AuctionLot]:
    """Return a lot of a catalogue and its auction.

    Raises:
        NotFound: there is none for this reader.
    """
    lot = session.get(AuctionLot, auction_lot_id, populate_existing=True)
    if lot is None:
        raise NotFound
    return get_auction_for(session, actor, lot.auction_id), lot
