"""Reads of bids: a buyer's own at any time, the seller's log of them once they were opened."""

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
from chain.market.models import Bid, OpenedBid, Tender
from chain.market.queries.sealed import offer_of
from chain.market.queries.tenders import TenderView
from chain.market.rules import OPENED, Offer, Standing, TenderState, read_offer
from chain.sales.models import Award, AwardAnswer, AwardLine, Sale
from chain.sales.rules import AwardState


class BidResult(StrEnum):
    """What became of a buyer's last bid."""

    SEALED = "sealed"
    WON = "won"
    BOUGHT = "bought"
    DECLINED = "declined"
    LAPSED = "lapsed"
    LOST = "lost"
    EXCLUDED = "excluded"
    CANCELLED = "cancelled"


BID_RESULT_LABELS = {
    BidResult.SEALED: N_("Sealed until the deadline"),
    BidResult.WON: N_("Best bid, the seller must accept"),
    BidResult.BOUGHT: N_("You bought"),
    BidResult.DECLINED: N_("Best bid, the seller declined"),
    BidResult.LAPSED: N_("Best bid, the seller did not answer in time"),
    BidResult.LOST: N_("You did not win"),
    BidResult.EXCLUDED: N_("Did not count: you were excluded"),
    BidResult.CANCELLED: N_("Tender cancelled"),
}
_BY_AWARD = {
    AwardState.WAITING: BidResult.WON,
    AwardState.CONFIRMED: BidResult.BOUGHT,
    AwardState.DECLINED: BidResult.DECLINED,
    AwardState.LAPSED: BidResult.LAPSED,
}


def bid_result(state: str, *, award: str | None, standing: str | None = None) -> BidResult:
    """Return what became of a bid in a tender of this state: by the state of its award, if it got one."""
    at = TenderState(state)
    if at is TenderState.OPEN:
        return BidResult.SEALED
    if at is TenderState.CANCELLED:
        return BidResult.CANCELLED
    if award is not None:
        return _BY_AWARD.get(AwardState(award), BidResult.WON)
    return BidResult.EXCLUDED if standing == Standing.EXCLUDED else BidResult.LOST


@dataclass(frozen=True, slots=True)
class LoggedBid:
    """A bid as the seller's committee sees it after the opening."""

    id: UUID
    sequence: int
    buyer_id: UUID
    buyer_name: str
    offer: Offer
    currency: str
    placed_at: datetime
    standing: Standing
    #: got lots
    won: bool
    commitment: str | None
    nonce: str | None


def check_opened(tender: TenderView) -> None:
    """Let only the seller's people on, and only after the opening.

    Raises:
        NotFound: the tender is another organisation's, or the actor may not read tenders.
        TenderSealed: the bids were not opened.
    """
    if not tender.sees_bids:
        raise NotFound
    if not tender.is_opened:
        raise TenderSealed


def bid_log(session: Session, tender: TenderView) -> Sequence[LoggedBid]:
    """Return every bid of an own tender in the order of arrival.

    Raises:
        NotFound, TenderSealed: as `check_opened`.
    """
    check_opened(tender)
    rows = session.execute(
        select(Bid, OpenedBid, Organisation.name, Award.id.label("award_id"))
        .join(Organisation, Organisation.id == Bid.organisation_id)
        .outerjoin(OpenedBid, OpenedBid.bid_id == Bid.id)
        .outerjoin(Award, (Award.bid_id == Bid.id) & (Award.event_id == Bid.tender_id))
        .where(Bid.tender_id == tender.id)
        .order_by(Bid.sequence)
    ).all()
    last = {row.Bid.organisation_id: row.Bid.id for row in rows}
    found = []
    for row in rows:
        bid, opened = row.Bid, row.OpenedBid
        replaced = last[bid.organisation_id] != bid.id
        found.append(
            LoggedBid(
                id=bid.id,
                sequence=bid.sequence,
                buyer_id=bid.organisation_id,
                buyer_name=row.name,
                # of a tender that was closed before there were seals, the bid's own column
                offer=read_offer(opened.text) if opened else offer_of(bid),
                currency=bid.currency,
                placed_at=bid.placed_at,
                standing=Standing(opened.standing)
                if opened
                else (Standing.REPLACED if replaced else Standing.COUNTS),
                won=row.award_id is not None or bid.id == tender.winning_bid_id,
                commitment=bid.commitment,
                nonce=opened.nonce if opened else None,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class TenderAward:
    """What one buyer gets of a tender, and how far the officers' answer is."""

    award: Award
    buyer_name: str
    lots: int
    #: None: the lots have different prices
    price_minor_per_unit: int | None
    #: officers who have confirmed
    confirmations: int
    #: the officers who have answered
    answered_by: frozenset[UUID]
    sale_id: UUID | None


def tender_awards(session: Session, tender: TenderView) -> Sequence[TenderAward]:
    """Return the awards of an own tender, the greatest first; none before the opening."""
    if not tender.sees_bids:
        raise NotFound
    rows = session.execute(
        select(
            Award,
            Organisation.name,
            Sale.id.label("sale_id"),
            func.count(AwardLine.lot_id).label("lots"),
            func.min(AwardLine.price_minor_per_unit).label("low"),
            func.max(AwardLine.price_minor_per_unit).label("high"),
        )
        .join(Organisation, Organisation.id == Award.buyer_id)
        .outerjoin(AwardLine, AwardLine.award_id == Award.id)
        .outerjoin(Sale, Sale.award_id == Award.id)
        .where(Award.event_id == tender.id)
        .group_by(Award.id, Organisation.name, Sale.id)
        .order_by(Award.proceeds_minor.desc(), Award.id)
    ).all()
    answers: dict[UUID, list[AwardAnswer]] = {}
    for one in session.scalars(
        select(AwardAnswer).where(AwardAnswer.award_id.in_([row.Award.id for row in rows]))
    ):
        answers.setdefault(one.award_id, []).append(one)
    return [
        TenderAward(
            award=row.Award,
            buyer_name=row.name,
            lots=row.lots,
            price_minor_per_unit=row.low if row.low == row.high else None,
            confirmations=sum(one.answer == "confirm" for one in answers.get(row.Award.id, [])),
            answered_by=frozenset(one.user_id for one in answers.get(row.Award.id, [])),
            sale_id=row.sale_id,
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


def own_result(session: Session, bid: Bid, state: str) -> BidResult:
    """Return what became of the own last bid."""
    row = session.execute(
        select(Award.state, OpenedBid.standing)
        .select_from(Bid)
        .outerjoin(Award, (Award.bid_id == Bid.id) & (Award.event_id == Bid.tender_id))
        .outerjoin(OpenedBid, OpenedBid.bid_id == Bid.id)
        .where(Bid.id == bid.id)
    ).one()
    return bid_result(state, award=row.state, standing=row.standing)


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
    offer: Offer
    placed_at: datetime
    result: BidResult
    sale_id: UUID | None

    @property
    def price_minor_per_unit(self) -> int | None:
        """The price, when it is one for all the lots."""
        return self.offer.price_minor


OWN_BID_SORT: SortColumns = {
    "closes_at": Tender.closes_at,
    "placed_at": Bid.placed_at,
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
        select(
            Bid,
            Tender,
            seller.name.label("seller_name"),
            Sale.id.label("sale_id"),
            Award.state.label("award_state"),
            OpenedBid.standing,
        )
        .join(last, (last.c.tender_id == Bid.tender_id) & (last.c.sequence == Bid.sequence))
        .join(Tender, Tender.id == Bid.tender_id)
        .join(seller, seller.id == Tender.organisation_id)
        .outerjoin(Award, (Award.bid_id == Bid.id) & (Award.event_id == Bid.tender_id))
        .outerjoin(Sale, Sale.bid_id == Bid.id)
        .outerjoin(OpenedBid, OpenedBid.bid_id == Bid.id)
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
            offer_of(row.Bid),
            row.Bid.placed_at,
            bid_result(
                row.Tender.state,
                award=row.award_state
                or (AwardState.CONFIRMED if row.sale_id else None),  # sold before there were awards
                standing=row.standing,
            ),
            row.sale_id,
        )
        for row in page.items
    ]
    return Page(rows, page.page, page.page_size, page.total)
