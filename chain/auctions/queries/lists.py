"""Lists of auctions, for the seller and for buyers."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.auctions.models import Auction, AuctionBid, AuctionBidder, AuctionLot
from chain.auctions.queries.auctions import is_buyer, visible_to
from chain.auctions.rules import AuctionLotState, AuctionState
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows

SORT_COLUMNS: SortColumns = {
    "number": Auction.number,
    "starts_at": Auction.starts_at,
    "ends_at": Auction.ends_at,
    "quantity": Auction.quantity,
    "state": Auction.state,
}


@dataclass(frozen=True, slots=True)
class AuctionRow:
    """An auction in a list."""

    auction: Auction
    seller_name: str
    #: lots that still take bids
    open_lots: int
    bidders: int
    is_registered: bool

    @property
    def id(self) -> UUID:
        """The auction."""
        return self.auction.id


def list_auctions(
    session: Session, actor: Actor, request: PageRequest, *, state: AuctionState | None = None
) -> Page[AuctionRow]:
    """Return the auctions that somebody may see: those that go on first, by their end, then the latest. One page.

    Raises:
        NotFound: the actor sees none at all.
    """
    open_lots = (
        select(func.count())
        .where(AuctionLot.auction_id == Auction.id, AuctionLot.state == AuctionLotState.OPEN.value)
        .correlate(Auction)
        .scalar_subquery()
    )
    bidders = (
        select(func.count())
        .where(AuctionBidder.auction_id == Auction.id)
        .correlate(Auction)
        .scalar_subquery()
    )
    own = (
        select(func.count())
        .where(
            AuctionBidder.auction_id == Auction.id,
            AuctionBidder.buyer_id == (actor.organisation_id if is_buyer(actor) else None),
        )
        .correlate(Auction)
        .scalar_subquery()
    )
    goes_on = Auction.state.in_((AuctionState.OPEN.value, AuctionState.PAUSED.value))
    statement = (
        select(Auction, Organisation.name, open_lots, bidders, own)
        .join(Organisation, Organisation.id == Auction.organisation_id)
        .where(visible_to(actor))
        .order_by(goes_on.desc(), Auction.ends_at.desc())
    )
    if state is not None:
        statement = statement.where(Auction.state == state.value)
    statement = order_by(statement, request.sort, SORT_COLUMNS, Auction.id.expression)
    page = paginate_rows(session, statement, request)
    rows = [AuctionRow(row[0], row[1], row[2], row[3], bool(row[4])) for row in page.items]
    return Page(rows, page.page, page.page_size, page.total)


def count_open_auctions(session: Session, actor: Actor) -> int:
    """Count the auctions in which a buyer may bid now or soon."""
    if not is_buyer(actor):
        return 0
    return (
        session.scalar(
            select(func.count()).where(visible_to(actor), Auction.state == AuctionState.OPEN.value)
        )
        or 0
    )


def lots_bid_on(session: Session, actor: Actor, auction_id: UUID) -> frozenset[UUID]:
    """Return the lots of an auction on which the actor's organisation has bid."""
    if not is_buyer(actor):
        return frozenset()
    return frozenset(
        session.scalars(
            select(AuctionBid.auction_lot_id)
            .join(AuctionLot, AuctionLot.id == AuctionBid.auction_lot_id)
            .where(AuctionLot.auction_id == auction_id, AuctionBid.buyer_id == actor.org)
            .distinct()
        )
    )
