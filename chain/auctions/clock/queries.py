"""Reads of clocks: the seller's own, and what buyers see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, false, func, or_, select, true
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.auctions.clock.models import Clock, ClockAllotment, ClockLot, ClockProduct, ClockRequest
from chain.auctions.clock.rules import FIRST, OPEN_STATES, SECOND, ClockState, Wish, round_of
from chain.auctions.clock.sealed import open_request
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.lots.models import Lot
from chain.sales.models import Award, MarketEntry

SORT_COLUMNS: SortColumns = {
    "number": Clock.number,
    "opened_at": Clock.opened_at,
    "first_closes_at": Clock.first_closes_at,
    "state": Clock.state,
}
LOG_SORT: SortColumns = {"sequence": MarketEntry.sequence, "at": MarketEntry.at}
#: A line of the log that tells who is there; rivals and sellers read it once its round has closed.
REQUEST = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockView:
    """A clock as its reader may see it: how many ask is nobody's to know while a round is open."""

    id: UUID
    organisation_id: UUID
    seller_name: str
    number: int
    title: str
    note: str | None
    commodity: str
    unit: str
    currency: str
    state: str
    opened_at: datetime
    opened_by: UUID | None
    first_closes_at: datetime
    second_minutes: int
    second_closes_at: datetime | None
    raise_limit_bp: int
    step_minor: int
    closed_at: datetime | None
    reason: str | None
    products: int
    kilograms: int
    is_own: bool

    @property
    def round(self) -> int | None:
        """The round that is open."""
        return round_of(self.state)

    @property
    def closes_at(self) -> datetime | None:
        """The hour of the round that is open."""
        return {FIRST: self.first_closes_at, SECOND: self.second_closes_at}.get(self.round or 0)

    def takes_requests(self, now: datetime) -> bool:
        """Whether a request that arrives now is in time."""
        ends = self.closes_at
        return ends is not None and now < ends


def open_round(clock: Clock, now: datetime) -> int | None:
    """Return the round in which a request that arrives now counts; None: it is too late."""
    current = round_of(clock.state)
    ends = clock.first_closes_at if current == FIRST else clock.second_closes_at
    return current if ends is not None and now < ends else None


def is_buyer(actor: Actor) -> bool:
    """Tell whether the actor looks at the market for a buying organisation."""
    return actor.organisation_kind is OrganisationKind.BUYER and actor.may(Permission.BOARD_READ)


def _visible(actor: Actor) -> ColumnElement[bool]:
    if is_buyer(actor):
        return true()
    if actor.organisation_id is not None and actor.may(Permission.TENDERS_READ):
        return Clock.organisation_id == actor.organisation_id
    return false()


def _statement() -> Select[Any]:
    of_clock = ClockProduct.clock_id == Clock.id
    products = select(func.count()).where(of_clock).correlate(Clock).scalar_subquery()
    kilograms = select(func.sum(ClockProduct.kilograms)).where(of_clock).correlate(Clock).scalar_subquery()
    return select(
        Clock,
        Organisation.name.label("seller_name"),
        products.label("products"),
        kilograms.label("kilograms"),
    ).join(Organisation, Organisation.id == Clock.organisation_id)


def _view(row: Row[Any], actor: Actor) -> ClockView:
    clock: Clock = row.Clock
    names = (
        "id", "organisation_id", "number", "title", "note", "commodity", "unit", "currency", "state", "opened_at",
        "first_closes_at", "second_minutes", "second_closes_at", "raise_limit_bp", "step_minor", "closed_at", "reason",
    )  # fmt: skip
    is_own = clock.organisation_id == actor.organisation_id
    return ClockView(
        **{name: getattr(clock, name) for name in names},
        opened_by=clock.opened_by if is_own else None,
        seller_name=row.seller_name,
        products=row.products,
        kilograms=int(row.kilograms or 0),
        is_own=is_own,
    )


def get_clock_for(session: Session, actor: Actor, clock_id: UUID) -> ClockView:
    """Return a clock of the actor's organisation, or for buyers any.

    Raises:
        NotFound: there is none, or it is another seller's.
    """
    row = session.execute(_statement().where(Clock.id == clock_id, _visible(actor))).first()
    if row is None:
        raise NotFound
    return _view(row, actor)


def list_clocks(
    session: Session, actor: Actor, request: PageRequest, *, state: ClockState | None = None
) -> Page[ClockView]:
    """Return the clocks that the actor may see: those with an open round first, then the newest."""
    is_open = Clock.state.in_([one.value for one in OPEN_STATES])
    statement = _statement().where(_visible(actor)).order_by(is_open.desc(), Clock.opened_at.desc())
    if state is not None:
        statement = statement.where(Clock.state == state.value)
    statement = order_by(statement, request.sort, SORT_COLUMNS, Clock.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([_view(row, actor) for row in page.items], page.page, page.page_size, page.total)


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product with what it consists of."""

    product: ClockProduct
    lots: int
    micron_low_tenths: int | None
    micron_high_tenths: int | None

    @property
    def id(self) -> UUID:
        """The product."""
        return self.product.id


def product_rows(session: Session, clock_id: UUID) -> Sequence[ProductRow]:
    """Return the products of a clock in their order. One statement."""
    rows = session.execute(
        select(
            ClockProduct,
            func.count(Lot.id).label("lots"),
            func.min(Lot.micron_tenths).label("low"),
            func.max(Lot.micron_tenths).label("high"),
        )
        .join(ClockLot, ClockLot.product_id == ClockProduct.id)
        .join(Lot, Lot.id == ClockLot.lot_id)
        .where(ClockProduct.clock_id == clock_id)
        .group_by(ClockProduct.id)
        .order_by(ClockProduct.position)
        .execution_options(populate_existing=True)  # the prices of round 2 may have come meanwhile
    )
    return [ProductRow(row.ClockProduct, row.lots, row.low, row.high) for row in rows]


def last_request(
    session: Session, clock_id: UUID, organisation_id: UUID, round_number: int
) -> ClockRequest | None:
    """Return a buyer's last request in a round."""
    return session.scalar(
        select(ClockRequest)
        .where(
            ClockRequest.clock_id == clock_id,
            ClockRequest.organisation_id == organisation_id,
            ClockRequest.round == round_number,
        )
        .order_by(ClockRequest.sequence.desc())
        .limit(1)
    )


def own_wishes(
    session: Session, actor: Actor, clock_id: UUID, round_number: int
) -> tuple[ClockRequest | None, Mapping[UUID, Wish]]:
    """Return the actor's own last request in a round, opened, by product."""
    row = last_request(session, clock_id, actor.org, round_number)
    if row is None:
        return None, {}
    return row, {wish.product_id: wish for wish in open_request(row).wishes}


@dataclass(frozen=True, slots=True)
class AllotmentRow:
    """What somebody got of a product; the name is for the seller, the alias for rivals."""

    product_id: UUID
    buyer_id: UUID
    buyer_name: str
    round: int
    kilograms: int
    price_minor: int


def allotments(session: Session, clock_id: UUID) -> Sequence[AllotmentRow]:
    """Return the allotment by product and buyer. The caller hides names from rivals."""
    rows = session.execute(
        select(ClockAllotment, Organisation.name)
        .join(Organisation, Organisation.id == ClockAllotment.buyer_id)
        .join(ClockProduct, ClockProduct.id == ClockAllotment.product_id)
        .where(ClockAllotment.clock_id == clock_id)
        .order_by(ClockProduct.position, ClockAllotment.price_minor.desc(), ClockAllotment.buyer_id)
    )
    return [
        AllotmentRow(one.product_id, one.buyer_id, name, one.round, one.kilograms, one.price_minor)
        for one, name in rows
    ]


def clock_awards(session: Session, clock_id: UUID) -> Sequence[Award]:
    """Return the awards of a clock. The caller shows buyers their own only."""
    return session.scalars(
        select(Award).where(Award.event_id == clock_id).order_by(Award.made_at, Award.id)
    ).all()


@dataclass(frozen=True, slots=True)
class LogRow:
    """A line of the log as everybody reads it."""

    #: None: of a round that is open; the number would tell how many others have asked
    sequence: int | None
    at: datetime
    kind: str
    #: “Postor 3”: by the first line of each buyer; None: no buyer, or of a round that is open
    alias: int | None
    is_own: bool
    data: Mapping[str, Any]
    hash: str


def clock_log(session: Session, actor: Actor, clock: ClockView, request: PageRequest) -> Page[LogRow]:
    """Return the public log; who asked in a round that is still open is told to nobody but the asker."""
    statement = select(MarketEntry).where(MarketEntry.event_id == clock.id)
    last_told = last_told_line(session, clock.id)
    if last_told is not None:
        hidden = (MarketEntry.kind == REQUEST) & (MarketEntry.sequence > last_told)
        statement = statement.where(or_(~hidden, MarketEntry.buyer_id == actor.organisation_id))
    statement = order_by(
        statement.order_by(MarketEntry.sequence), request.sort, LOG_SORT, MarketEntry.sequence.expression
    )
    page = paginate_rows(session, statement, request)
    aliases = alias_numbers(session, clock.id)
    rows = []
    for (line,) in page.items:
        is_own = line.buyer_id is not None and line.buyer_id == actor.organisation_id
        is_told = last_told is None or line.sequence <= last_told
        alias = aliases.get(line.buyer_id) if is_told and line.buyer_id is not None else None
        sequence = line.sequence if is_told else None
        rows.append(LogRow(sequence, line.at, line.kind, alias, is_own, line.data, line.hash))
    return Page(rows, page.page, page.page_size, page.total)


def last_told_line(session: Session, clock_id: UUID) -> int | None:
    """Return the last line before the round that is open: what follows is not to be counted. None: no round is open."""
    state = session.scalar(select(Clock.state).where(Clock.id == clock_id))
    running = None if state is None else round_of(state)
    if running is None:
        return None
    begins = "opened" if running == FIRST else "round_closed"
    found = session.scalar(
        select(func.max(MarketEntry.sequence)).where(
            MarketEntry.event_id == clock_id, MarketEntry.kind == begins
        )
    )
    return found or 0


def alias_numbers(session: Session, clock_id: UUID) -> Mapping[UUID, int]:
    """Return the number under which each buyer stands in the log: 1 for who came first."""
    rows = session.execute(
        select(MarketEntry.buyer_id, func.min(MarketEntry.sequence))
        .where(MarketEntry.event_id == clock_id, MarketEntry.buyer_id.is_not(None))
        .group_by(MarketEntry.buyer_id)
        .order_by(func.min(MarketEntry.sequence))
    )
    return {row[0]: place for place, row in enumerate(rows, 1) if row[0] is not None}
