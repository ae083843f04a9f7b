"""Reads of tenders: the seller's own, and what buyers see of those that are open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.lots.models import Lot
from chain.lots.queries.wanted import lot_conditions
from chain.market.models import Bid, Tender, TenderInvitation, TenderLot
from chain.market.queries.lots import LotFilter, Mix, lot_mixes
from chain.market.queries.sealed import offer_of
from chain.market.rules import Offer, TenderState, is_opened

SORT_COLUMNS: SortColumns = {
    "number": Tender.number,
    "closes_at": Tender.closes_at,
    "quantity": Tender.quantity,
    "state": Tender.state,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderView:
    """A tender as its reader may see it: the reserve, the bidders and the winner are the seller's to know."""

    id: UUID
    organisation_id: UUID
    seller_code: str
    seller_name: str
    number: int
    title: str
    commodity: str
    quantity: int
    unit: str
    currency: str
    opens_at: datetime
    closes_at: datetime
    closed_at: datetime | None
    state: str
    note: str | None
    reason: str | None
    created_at: datetime
    lots: int
    is_own: bool
    is_private: bool
    #: whether it is the reader's own to follow: who has bid and, after the opening, for how much
    sees_bids: bool
    #: the committee's to know: who opened it and who answers awards; the market manager is not told
    reserve_minor_per_unit: int | None
    #: the rest is None for buyers: how many have bid, which bid won, and how sure the award is
    bidders: int | None
    winning_bid_id: UUID | None
    created_by: UUID | None
    award_status: str | None
    award_gap_millionths: int | None

    @property
    def is_opened(self) -> bool:
        """Whether the prices may be seen by the seller."""
        return is_opened(self.state)

    def is_past(self, now: datetime) -> bool:
        """Whether the deadline has passed."""
        return now >= self.closes_at

    def takes_bids(self, now: datetime) -> bool:
        """Whether a bid would be in time."""
        return self.state == TenderState.OPEN and self.opens_at <= now < self.closes_at


def visible_to(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Return which tenders an actor may see: the own ones, and for buyers all that have opened."""
    own = Tender.organisation_id == actor.organisation_id
    sees_own = actor.may(Permission.TENDERS_READ) or actor.may(Permission.BOARD_READ)
    parts = [own] if sees_own and actor.organisation_id is not None else []
    if is_buyer(actor):
        parts.append(and_(Tender.opens_at <= now, _is_let_in(actor)))
    return or_(*parts) if parts else false()


def _is_let_in(actor: Actor) -> ColumnElement[bool]:
    """Return which tenders a buyer is let into: public ones, and private ones it was invited to."""
    invited = exists().where(
        TenderInvitation.tender_id == Tender.id,
        TenderInvitation.organisation_id == actor.organisation_id,
    )
    return or_(Tender.is_private.is_(False), invited)


def is_buyer(actor: Actor) -> bool:
    """Tell whether the actor looks at the market for a buying organisation."""
    return actor.organisation_kind is OrganisationKind.BUYER and actor.may(Permission.BOARD_READ)


def _statement() -> Select[Any]:
    lots = (
        select(func.count())
        .select_from(TenderLot)
        .where(TenderLot.tender_id == Tender.id)
        .correlate(Tender)
        .scalar_subquery()
    )
    bidders = (
        select(func.count(Bid.organisation_id.distinct()))
        .where(Bid.tender_id == Tender.id)
        .correlate(Tender)
        .scalar_subquery()
    )
    return select(
        Tender,
        Organisation.code.label("seller_code"),
        Organisation.name.label("seller_name"),
        lots.label("lots"),
        bidders.label("bidders"),
    ).join(Organisation, Organisation.id == Tender.organisation_id)


def _view(row: Row[Any], actor: Actor) -> TenderView:
    tender: Tender = row.Tender
    is_own = tender.organisation_id == actor.organisation_id
    sees_all = is_own and actor.may(Permission.TENDERS_READ)
    is_committee = is_own and (
        actor.may(Permission.AWARDS_ACCEPT)
        or (actor.user_id is not None and actor.user_id == tender.created_by)
    )
    return TenderView(
        id=tender.id,
        organisation_id=tender.organisation_id,
        seller_code=row.seller_code,
        seller_name=row.seller_name,
        number=tender.number,
        title=tender.title,
        commodity=tender.commodity,
        quantity=tender.quantity,
        unit=tender.unit,
        currency=tender.currency,
        opens_at=tender.opens_at,
        closes_at=tender.closes_at,
        closed_at=tender.closed_at,
        state=tender.state,
        note=tender.note,
        reason=tender.reason,
        created_at=tender.created_at,
        lots=row.lots,
        is_own=is_own,
        is_private=tender.is_private,
        sees_bids=sees_all,
        reserve_minor_per_unit=tender.reserve_minor_per_unit if is_committee else None,
        bidders=row.bidders if sees_all else None,
        winning_bid_id=tender.winning_bid_id if sees_all else None,
        created_by=tender.created_by if sees_all else None,
        award_status=tender.award_status if sees_all else None,
        award_gap_millionths=tender.award_gap_millionths if sees_all else None,
    )


def get_tender_for(session: Session, actor: Actor, tender_id: UUID, *, now: datetime) -> TenderView:
    """Return a tender: whole to its seller, without reserve and bidders to buyers.

    Raises:
        NotFound: there is none, or it belongs to another seller, or it has not opened to buyers yet.
    """
    row = session.execute(_statement().where(Tender.id == tender_id, visible_to(actor, now))).first()
    if row is None:
        raise NotFound
    return _view(row, actor)


def get_own_tender_for(session: Session, actor: Actor, tender_id: UUID, *, now: datetime) -> TenderView:
    """Return a tender of the actor's organisation.

    Raises:
        NotFound: there is none, it is another organisation's, or the actor may not read tenders.
    """
    found = get_tender_for(session, actor, tender_id, now=now)
    if not found.is_own or not actor.may(Permission.TENDERS_READ):
        raise NotFound
    return found


def list_tenders(
    session: Session, actor: Actor, request: PageRequest, *, state: TenderState | None = None
) -> Page[TenderView]:
    """Return the tenders of the actor's organisation, the newest first."""
    statement = _statement().where(Tender.organisation_id == actor.org).order_by(Tender.number.desc())
    if state is not None:
        statement = statement.where(Tender.state == state.value)
    statement = order_by(statement, request.sort, SORT_COLUMNS, Tender.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([_view(row, actor) for row in page.items], page.page, page.page_size, page.total)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """An open tender on the board. `matching` is the quantity of its lots that pass the filters."""

    tender: TenderView
    mix: Mix
    matching: int
    #: the own last bid, None without one
    own: Offer | None


def board(
    session: Session, actor: Actor, filters: LotFilter, request: PageRequest, *, now: datetime
) -> Page[BoardRow]:
    """Return the open tenders that have lots of the wanted kind, those that close first on top. Four statements."""
    matching = (
        select(TenderLot.tender_id, func.sum(Lot.quantity).label("matching"))
        .join(Lot, Lot.id == TenderLot.lot_id)
        .join(Tender, Tender.id == TenderLot.tender_id)
        .where(Tender.state == TenderState.OPEN.value, Tender.closes_at > now, *lot_conditions(filters))
        .group_by(TenderLot.tender_id)
        .having(func.sum(Lot.quantity) >= (filters.min_quantity or 0))
        .subquery()
    )
    statement = (
        _statement()
        .add_columns(matching.c.matching)
        .join(matching, matching.c.tender_id == Tender.id)
        .where(visible_to(actor, now), Tender.opens_at <= now)
        .order_by(Tender.closes_at, Tender.id)
    )
    if filters.centre:
        statement = statement.where(Organisation.code == filters.centre)
    statement = order_by(statement, request.sort, SORT_COLUMNS, Tender.id.expression)
    page = paginate_rows(session, statement, request)
    views = [_view(row, actor) for row in page.items]
    mixes = lot_mixes(session, [view.id for view in views])
    own = last_offers(session, actor, [view.id for view in views])
    rows = [
        BoardRow(view, mixes[view.id], int(row.matching), own.get(view.id))
        for view, row in zip(views, page.items, strict=True)
    ]
    return Page(rows, page.page, page.page_size, page.total)


def count_awards_to_accept(session: Session, actor: Actor) -> int:
    """Return how many best bids wait for this person's answer: in tenders that somebody else opened."""
    statement = (
        select(func.count())
        .select_from(Tender)
        .where(
            Tender.organisation_id == actor.org,
            Tender.state == TenderState.AWARDED.value,
            Tender.created_by.is_distinct_from(actor.user_id),
        )
    )
    return session.scalar(statement) or 0


def count_open_for_bids(session: Session, actor: Actor, *, now: datetime) -> int:
    """Return how many tenders take bids from this buyer now."""
    if not is_buyer(actor):
        return 0
    statement = (
        select(func.count())
        .select_from(Tender)
        .where(
            Tender.state == TenderState.OPEN.value,
            Tender.opens_at <= now,
            Tender.closes_at > now,
            _is_let_in(actor),
        )
    )
    return session.scalar(statement) or 0


def last_offers(session: Session, actor: Actor, tender_ids: Sequence[UUID]) -> dict[UUID, Offer]:
    """Return the last bid of the actor's own organisation in each tender."""
    bids = session.scalars(
        select(Bid)
        .where(Bid.organisation_id == actor.organisation_id, Bid.tender_id.in_(tender_ids))
        .order_by(Bid.sequence)
    )
    return {tender_id: offer_of(bid) for tender_id, bid in {bid.tender_id: bid for bid in bids}.items()}


@dataclass(frozen=True, slots=True)
class BoardOptions:
    """What the board can be filtered by at the moment."""

    commodities: Sequence[str]
    grades: Sequence[tuple[str, str, str]]
    colours: Sequence[str]
    #: code and name
    centres: Sequence[tuple[str, str]]


def board_options(session: Session, actor: Actor, *, now: datetime) -> BoardOptions:
    """Return the products, classes, colours and centres that are on offer. One statement."""
    rows = session.execute(
        select(
            Lot.commodity,
            Lot.grade_scheme,
            Lot.grade_edition,
            Lot.grade_key,
            Lot.colour,
            Organisation.code,
            Organisation.name,
        )
        .join(TenderLot, TenderLot.lot_id == Lot.id)
        .join(
            Tender,
            and_(
                Tender.id == TenderLot.tender_id,
                Tender.state == TenderState.OPEN.value,
                Tender.opens_at <= now,
                Tender.closes_at > now,
            ),
        )
        .join(Organisation, Organisation.id == Tender.organisation_id)
        .where(visible_to(actor, now))
        .distinct()
    ).all()
    return BoardOptions(
        commodities=sorted({row.commodity for row in rows}),
        grades=sorted(
            {(row.grade_scheme, row.grade_edition, row.grade_key) for row in rows if row.grade_key}
        ),
        colours=sorted({row.colour for row in rows if row.colour}),
        centres=sorted({(row.code, row.name) for row in rows}),
    )
