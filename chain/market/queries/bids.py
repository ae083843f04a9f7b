"""Reads of bids: a buyer's own at any time, the seller's log once the bids were opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.i18n import N_
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.market.errors import TenderSealed
from chain.market.models import Bid, Tender
from chain.market.queries.tenders import TenderView
from chain.market.rules import OPENED, TenderState, counting_bids
from chain.sales.models import Sale


class BidResult(StrEnum):
    """What became of a buyer's last bid."""

    SEALED = "sealed"
    WON = "won"
    BOUGHT = "bought"
    DECLINED = "declined"
    LOST = "lost"
    CANCELLED = "cancelled"


BID_RESULT_LABELS = {
    BidResult.SEALED: N_("Sealed until the deadline"),
    BidResult.WON: N_("Best bid, the seller must accept"),
    BidResult.BOUGHT: N_("You bought"),
    BidResult.DECLINED: N_("Best bid, the seller declined"),
    BidResult.LOST: N_("Another bid won"),
    BidResult.CANCELLED: N_("Tender cancelled"),
}


def bid_result(state: str, *, is_winner: bool) -> BidResult:
    """Return what became of a bid in a tender of this state."""
    at = TenderState(state)
    if at is TenderState.OPEN:
        return BidResult.SEALED
    if at is TenderState.CANCELLED:
        return BidResult.CANCELLED
    if not is_winner:
        return BidResult.LOST
    return {TenderState.ACCEPTED: BidResult.BOUGHT, TenderState.DECLINED: BidResult.DECLINED}.get(
        at, BidResult.WON
    )


@dataclass(frozen=True, slots=True)
class LoggedBid:
    """A line of the opened log."""

    id: UUID
    sequence: int
    buyer_id: UUID
    buyer_name: str
    price_minor_per_unit: int
    currency: str
    placed_at: datetime
    #: the buyer's last one
    counts: bool
    won: bool


def bid_log(session: Session, tender: TenderView) -> Sequence[LoggedBid]:
    """Return every bid of an own tender in the order of arrival.

    Raises:
        NotFound: the tender is another organisation's, or the actor may not read tenders.
        TenderSealed: the bids were not opened.
    """
    if tender.reserve_minor_per_unit is None:
        raise NotFound
    if not tender.is_opened:
        raise TenderSealed
    rows = session.execute(
        select(Bid, Organisation.name)
        .join(Organisation, Organisation.id == Bid.organisation_id)
        .where(Bid.tender_id == tender.id)
        .order_by(Bid.sequence)
    ).all()
    counting = {bid.sequence for bid in counting_bids([row.Bid for row in rows])}
    return [
        LoggedBid(
            row.Bid.id,
            row.Bid.sequence,
            row.Bid.organisation_id,
            row.name,
            row.Bid.price_minor_per_unit,
            row.Bid.currency,
            row.Bid.placed_at,
            row.Bid.sequence in counting,
            row.Bid.id == tender.winning_bid_id,
        )
        for row in rows
    ]


def own_bids(session: Session, actor: Actor, tender_id: UUID) -> Sequence[Bid]:
    """Return the bids of the actor's own organisation in a tender, the last one first."""
    return session.scalars(
        select(Bid)
        .where(Bid.tender_id == tender_id, Bid.organisation_id == actor.org)
        .order_by(Bid.sequence.desc())
    ).all()


def get_bid_for(session: Session, actor: Actor, bid_id: UUID) -> Bid:
    """Return an own bid, or one on an own tender whose bids were opened.

    Raises:
        NotFound: neither; whether it exists is not told.
    """
    row = session.execute(
        select(Bid, Tender).join(Tender, Tender.id == Bid.tender_id).where(Bid.id == bid_id)
    ).first()
    if row is not None and actor.organisation_id is not None:
        if row.Bid.organisation_id == actor.organisation_id and actor.may(Permission.BIDS_PLACE):
            return row.Bid  # type: ignore[no-any-return]  # a row's entity
        is_seller = row.Tender.organisation_id == actor.organisation_id and actor.may(Permission.TENDERS_READ)
        if is_seller and TenderState(row.Tender.state) in OPENED:
            return row.Bid  # type: ignore[no-any-return]  # a row's entity
    raise NotFound


def find_bid_by_key(session: Session, actor: Actor, key: str) -> Bid | None:
    """Return the bid that the own organisation placed with an idempotency key."""
    return session.scalar(
        select(Bid).where(Bid.organisation_id == actor.org, Bid.idempotency_key == key.replace("\x00", ""))
    )


@dataclass(frozen=True, slots=True)
class OwnBid:
    """The last bid of the own organisation in a tender, and what became of it."""

    id: UUID
    tender_id: UUID
    tender_title: str
    seller_name: str
    quantity: int
    unit: str
    currency: str
    closes_at: datetime
    price_minor_per_unit: int
    placed_at: datetime
    result: BidResult
    sale_id: UUID | None


OWN_BID_SORT: SortColumns = {
    "closes_at": Tender.closes_at,
    "placed_at": Bid.placed_at,
    "price": Bid.price_minor_per_unit,
    "quantity": Tender.quantity,
}


def list_own_bids(
    session: Session, actor: Actor, request: PageRequest, *, state: TenderState | None = None
) -> Page[OwnBid]:
    """Return the last own bid in each tender, the latest deadline first."""
    seller = aliased(Organisation)
    last = (
        select(Bid.tender_id, func.max(Bid.sequence).label("sequence"))
        .where(Bid.organisation_id == actor.org)
        .group_by(Bid.tender_id)
        .subquery()
    )
    statement = (
        select(Bid, Tender, seller.name.label("seller_name"), Sale.id.label("sale_id"))
        .join(last, (last.c.tender_id == Bid.tender_id) & (last.c.sequence == Bid.sequence))
        .join(Tender, Tender.id == Bid.tender_id)
        .join(seller, seller.id == Tender.organisation_id)
        .outerjoin(Sale, Sale.bid_id == Bid.id)
        .order_by(Tender.closes_at.desc(), Tender.id)
    )
    if state is not None:
        statement = statement.where(Tender.state == state.value)
    statement = order_by(statement, request.sort, OWN_BID_SORT, Bid.id.expression)
    page = paginate_rows(session, statement, request)
    rows = [
        OwnBid(
            row.Bid.id,
            row.Tender.id,
            row.Tender.title,
            row.seller_name,
            row.Tender.quantity,
            row.Tender.unit,
            row.Tender.currency,
            row.Tender.closes_at,
            row.Bid.price_minor_per_unit,
            row.Bid.placed_at,
            bid_result(row.Tender.state, is_winner=row.Bid.id == row.Tender.winning_bid_id),
            row.sale_id,
        )
        for row in page.items
    ]
    return Page(rows, page.page, page.page_size, page.total)
