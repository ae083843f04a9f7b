"""Reads of the lot board: pages by keys, bounded counts, and all rows for files.

Every order of the board has an index that ends with the id (see models.py), so a page is read from where the last one
ended and nothing is sorted; tests look at what the databases say they do.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, literal, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.certification.rules import Claim
from chain.core.errors import NotFound
from chain.core.keyset import (
    COUNT_LIMIT,
    KeysetPage,
    KeysetRequest,
    Order,
    bounded_count,
    read_page,
)
from chain.lots.attributes import clean_words
from chain.lots.filters import UNDETERMINED, Availability, BoardFilters, BoardQuery, ClassWanted
from chain.lots.models import Lot, Site
from chain.lots.numbers import full_number
from chain.lots.rules import LotState
from chain.lots.stock import available, in_state, in_stock
from chain.producers.models import Membership, Producer
from chain.producers.queries import names_of
from chain.producers.rules import clean_code, search_words

#: Members that a text may find before the database is asked to join instead of being given their ids.
MAX_NAMED = 1000
#: Lots that a file reads at once.
PART = 1000
COLUMNS = (
    Lot.id, Lot.number, Lot.commodity, Lot.origin, Lot.label, Lot.state, Lot.producer_id, Lot.delivered_at,
    Lot.delivered_on, Lot.quantity, Lot.unit, Lot.gross_g, Lot.tare_g, Lot.attributes, Lot.measured, Lot.micron_tenths,
    Lot.colour, Lot.grade_scheme, Lot.grade_edition, Lot.grade_key, Lot.grade_confirmed, Lot.claim, Lot.certificate_id,
    Lot.is_held, Lot.sold_at, Lot.left_at, Lot.used_by_event_id, Lot.site_id, Lot.bag_count, Lot.registered_at,
    Lot.registered_by,
)  # fmt: skip
_LATEST = (Lot.delivered_at, Lot.id)
ORDERS: Mapping[str, Order] = {
    one.word: one
    for one in (
        Order("delivered", _LATEST),
        Order("number", (Lot.number,)),
        Order("quantity", (Lot.quantity, Lot.id)),
        Order("micron", (Lot.micron_tenths, Lot.id), is_nullable=True, rest=_LATEST),
        Order("class", (Lot.grade_key, Lot.delivered_at, Lot.id), is_nullable=True, rest=_LATEST),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """A lot as the board shows it, with what physically became of it. `quantity` in grams or millilitres, by `unit`."""

    id: UUID
    number: str
    commodity: str
    #: delivery or derived
    origin: str
    label: str | None
    state: str
    #: null, with name and code, for a lot that was made of several
    producer_id: UUID | None
    producer_name: str | None
    member_code: str | None
    delivered_at: datetime
    delivered_on: date
    quantity: int
    unit: str
    gross_g: int | None
    tare_g: int | None
    attributes: dict[str, Any]
    measured: dict[str, Any] | None
    micron_tenths: int | None
    colour: str | None
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None
    grade_confirmed: bool
    claim: str
    certificate_id: UUID | None
    is_held: bool
    is_used: bool
    is_sold: bool
    has_left: bool
    site_id: UUID | None
    site_name: str | None
    bag_count: int | None
    registered_at: datetime
    registered_by: UUID | None


def board_page(session: Session, actor: Actor, query: BoardQuery) -> KeysetPage[BoardRow]:
    """Return one page of the board with the bounded number of lots that the filters find.

    Raises:
        BadCursor: the cursor is none of this list.
    """
    request = keyset_request(query)
    conditions = board_conditions(session, actor, query.filters)
    page = read_page(session, select(*COLUMNS).where(*conditions), request, _key_of(request.order))
    count = bounded_count(session, select(Lot.id).where(*conditions))
    rows = _with_names(session, actor, page.items)
    return KeysetPage(rows, page.page_size, page.after, page.before, count)


def count_found(session: Session, actor: Actor, filters: BoardFilters, limit: int = COUNT_LIMIT) -> int:
    """Return how many lots the filters find, `limit` + 1 for more."""
    conditions = board_conditions(session, actor, filters)
    return bounded_count(session, select(Lot.id).where(*conditions), limit)


def board_rows(session: Session, actor: Actor, query: BoardQuery, limit: int) -> Iterator[BoardRow]:
    """Give the rows of all pages, in the order of the board, at most `limit`, some at a time."""
    after: str | None = None
    left = limit
    conditions = board_conditions(session, actor, query.filters)
    statement = select(*COLUMNS).where(*conditions)
    while left > 0:
        size = min(PART, left)
        asked = BoardQuery(filters=query.filters, sort=query.sort, after=after, page_size=size)
        request = keyset_request(asked)
        page = read_page(session, statement, request, _key_of(request.order))
        yield from _with_names(session, actor, page.items)
        left -= len(page.items)
        after = page.after
        if after is None:
            return


def get_lots_for(session: Session, actor: Actor, lot_ids: Sequence[UUID]) -> list[Lot]:
    """Return lots of the actor's organisation in the order of their ids as given.

    Raises:
        NotFound: one of them does not exist or is somebody else's.
    """
    found: dict[UUID, Lot] = {}
    for start in range(0, len(lot_ids), PART):
        part = lot_ids[start : start + PART]
        rows = session.scalars(select(Lot).where(Lot.id.in_(part), Lot.organisation_id == actor.org))
        found |= {lot.id: lot for lot in rows}
    if any(one not in found for one in lot_ids):
        raise NotFound
    return [found[one] for one in lot_ids]


def keyset_request(query: BoardQuery) -> KeysetRequest:
    """Return the page that a query asks for."""
    return KeysetRequest(
        order=ORDERS[query.sort.removeprefix("-")],
        descending=query.sort.startswith("-"),
        after=query.after,
        before=query.before,
        page_size=query.page_size,
    )


def _key_of(order: Order) -> Any:
    names = [tuple(column.key for column in columns) for columns in order.segments()]

    def key(row: Any, segment: int) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in names[segment])

    return key


def _with_names(session: Session, actor: Actor, rows: Collection[Any]) -> list[BoardRow]:
    producers = names_of(session, actor.org, {row.producer_id for row in rows if row.producer_id})
    sites = site_names(session, actor) if any(row.site_id for row in rows) else {}
    found = []
    for row in rows:
        values = row._asdict()
        used, sold, left = values.pop("used_by_event_id"), values.pop("sold_at"), values.pop("left_at")
        producer = producers.get(row.producer_id)
        found.append(
            BoardRow(
                **values,
                producer_name=producer.full_name if producer else None,
                member_code=producer.member_code if producer else None,
                is_used=used is not None,
                is_sold=sold is not None,
                has_left=left is not None,
                site_name=sites.get(row.site_id),
            )
        )
    return found


def site_names(session: Session, actor: Actor) -> dict[UUID, str]:
    """Return the places of the organisation by name, those no longer used included."""
    rows = session.execute(
        select(Site.id, Site.name).where(Site.organisation_id == actor.org).order_by(Site.name, Site.id)
    )
    return {key: name for key, name in rows}  # noqa: C416 - rows are no pairs to the type checker


def board_conditions(session: Session, actor: Actor, filters: BoardFilters) -> list[ColumnElement[bool]]:
    """Return the conditions of the filters; a text is looked up among the members first."""
    wanted: list[ColumnElement[bool]] = [Lot.organisation_id == actor.org]
    wanted += _PHYSICAL[filters.availability]()
    for column, value in (
        (Lot.commodity, filters.commodity),
        (Lot.origin, filters.origin),
        (Lot.producer_id, filters.producer_id),
        (Lot.site_id, filters.site_id),
    ):
        if value is not None:
            wanted.append(column == value)
    if filters.state is not None:
        wanted.append(in_state(filters.state))
    for low, high, span in (
        (filters.micron_from, filters.micron_to, Lot.micron_tenths),
        (filters.quantity_from, filters.quantity_to, Lot.quantity),
        (filters.from_day, filters.to_day, Lot.delivered_on),
    ):
        wanted += _between(span, low, high)
    if filters.is_without_site:
        wanted.append(Lot.site_id.is_(None))
    if filters.colours:
        wanted.append(Lot.colour.in_(filters.colours))
    wanted += _claim(filters.claim)
    wanted += _class(filters)
    text = clean_words(filters.text or "")
    if text:
        wanted.append(_named(session, actor, text))
    return wanted


def _between(column: Any, low: object, high: object) -> list[ColumnElement[bool]]:
    found = []
    if low is not None:
        found.append(column >= low)
    if high is not None:
        found.append(column <= high)
    return found


#: What `stock` means by each word. Held and offered lots lie in stock.
_PHYSICAL: Mapping[Availability, Callable[[], list[ColumnElement[bool]]]] = {
    Availability.ALL: list,
    Availability.IN_STOCK: lambda: [in_stock()],
    Availability.AVAILABLE: lambda: [available()],
    Availability.OFFERED: lambda: [in_stock(), in_state(LotState.OFFERED)],
    Availability.HELD: lambda: [in_stock(), Lot.is_held.is_(True)],
    Availability.SOLD: lambda: [Lot.sold_at.is_not(None)],
    Availability.USED: lambda: [Lot.used_by_event_id.is_not(None)],
    Availability.CANCELLED: lambda: [in_state(LotState.CANCELLED)],
}


def _claim(least: Claim | None) -> list[ColumnElement[bool]]:
    if least is None or least is Claim.CONVENTIONAL:
        return []
    # word by word as the index has it
    certified = Lot.claim != literal(Claim.CONVENTIONAL.value, literal_execute=True)
    return [certified] if least is Claim.TRANSITION else [certified, Lot.claim == least.value]


def _class(filters: BoardFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.grade_key == UNDETERMINED:
        found.append(Lot.grade_key.is_(None))
    elif filters.grade_key is not None:
        found.append(Lot.grade_key == filters.grade_key)
    if filters.wanted_class is not None:
        found.append(_of_class(filters.wanted_class))
    return found


def _of_class(wanted: ClassWanted) -> ColumnElement[bool]:
    """Return the condition that a lot was given the class, or was measured within its limits."""
    exact = and_(
        Lot.grade_key == wanted.key, Lot.grade_scheme == wanted.scheme, Lot.grade_edition == wanted.edition
    )
    if not wanted.is_measured:
        return exact
    # what a person decided by this very scheme counts, whatever was measured
    other = or_(
        Lot.grade_key.is_(None), Lot.grade_scheme != wanted.scheme, Lot.grade_edition != wanted.edition
    )
    return or_(exact, and_(*_between(Lot.micron_tenths, wanted.low, wanted.high), other))


def _named(session: Session, actor: Actor, text: str) -> ColumnElement[bool]:
    """Return the condition that a lot has the number, or is of a producer of that name or code."""
    code = session.scalar(select(Organisation.code).where(Organisation.id == actor.org)) or ""
    number = full_number(text, code)
    by_number = [Lot.number == number] if number else []
    words = search_words(text)
    if not words:
        return or_(false(), *by_number)
    found = _members(actor, text, words)
    ids = session.scalars(found.limit(MAX_NAMED + 1)).all()
    by_producer = Lot.producer_id.in_(found) if len(ids) > MAX_NAMED else Lot.producer_id.in_(ids)
    return or_(*by_number, by_producer) if ids else or_(false(), *by_number)


def _members(actor: Actor, text: str, words: list[str]) -> Select[tuple[UUID]]:
    by_name = and_(*(Producer.search_name.contains(word, autoescape=True) for word in words))
    by_code = Membership.member_code.startswith(clean_code(text) or "", autoescape=True)
    return (
        select(Membership.producer_id)
        .join(Producer, Producer.id == Membership.producer_id)
        .where(Membership.organisation_id == actor.org, or_(by_name, by_code))
    )
