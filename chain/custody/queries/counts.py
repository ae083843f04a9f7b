"""Reads of count sheets: what was expected, what was found, and where the two differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.custody.models import StockCount, StockCountEntry, StockCountLine
from chain.custody.rules.words import CountState
from chain.lots.models import Lot, Site


@dataclass(frozen=True, slots=True)
class CountRow:
    """A count sheet as lists show it."""

    count: StockCount
    site_code: str | None
    site_name: str | None
    expected: int
    counted: int


@dataclass(frozen=True, slots=True)
class CountLine:
    """A lot on a sheet. `counted` None: nobody found it yet. Quantities by `unit`."""

    lot_id: UUID
    number: str
    commodity: str
    unit: str
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None
    site_id: UUID | None
    site_code: str | None
    expected: int
    counted: int | None
    is_weighed: bool | None
    note: str | None
    counted_at: datetime | None
    counted_by: str | None
    #: looks at this lot; more than one: somebody counted it again
    looks: int

    @property
    def is_unexpected(self) -> bool:
        """Whether the lot should not be here."""
        return self.expected == 0

    @property
    def difference(self) -> int | None:
        """Found minus expected; None: nobody found it yet."""
        return None if self.counted is None else self.counted - self.expected


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a lot."""

    lot_id: UUID
    counted: int
    is_weighed: bool
    note: str | None
    counted_at: datetime
    counted_by: str | None


def get_count_for(session: Session, actor: Actor, count_id: UUID) -> StockCount:
    """Return a count sheet of the actor's organisation.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.scalar(
        select(StockCount).where(
            StockCount.id == count_id, StockCount.organisation_id == actor.organisation_id
        )
    )
    if found is None:
        raise NotFound
    return found


SORT_COLUMNS: SortColumns = {"number": StockCount.number, "opened_at": StockCount.opened_at}


def list_counts(session: Session, actor: Actor, request: PageRequest) -> Page[CountRow]:
    """Return the count sheets, the newest first."""
    expected = (
        select(func.count()).where(StockCountLine.count_id == StockCount.id, StockCountLine.expected > 0)
    ).scalar_subquery()
    counted = (
        select(func.count()).where(
            StockCountLine.count_id == StockCount.id, StockCountLine.counted.is_not(None)
        )
    ).scalar_subquery()
    statement = (
        select(StockCount, Site.code, Site.name, expected, counted)
        .outerjoin(Site, Site.id == StockCount.site_id)
        .where(StockCount.organisation_id == actor.organisation_id)
        .order_by(StockCount.number.desc())
    )
    page = paginate_rows(session, order_by(statement, request.sort, SORT_COLUMNS, StockCount.id), request)
    return Page([CountRow(*row) for row in page.items], page.page, page.page_size, page.total)


def count_lines(session: Session, count_id: UUID) -> Sequence[CountLine]:
    """Return the lines of a sheet by the lots' numbers."""
    looks = (
        select(func.count())
        .where(
            StockCountEntry.count_id == StockCountLine.count_id,
            StockCountEntry.lot_id == StockCountLine.lot_id,
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Lot.id,
            Lot.number,
            Lot.commodity,
            Lot.unit,
            Lot.grade_scheme,
            Lot.grade_edition,
            Lot.grade_key,
            Lot.site_id,
            Site.code,
            StockCountLine.expected,
            StockCountLine.counted,
            StockCountLine.is_weighed,
            StockCountLine.note,
            StockCountLine.counted_at,
            User.display_name,
            looks,
        )
        .join(Lot, Lot.id == StockCountLine.lot_id)
        .outerjoin(Site, Site.id == Lot.site_id)
        .outerjoin(User, User.id == StockCountLine.counted_by)
        .where(StockCountLine.count_id == count_id)
        .order_by(Lot.number)
    )
    return [CountLine(*row) for row in rows]


def looks_of(session: Session, count_id: UUID) -> dict[UUID, list[Look]]:
    """Return every look of a sheet by lot, the first one first."""
    rows = session.execute(
        select(
            StockCountEntry.lot_id,
            StockCountEntry.counted,
            StockCountEntry.is_weighed,
            StockCountEntry.note,
            StockCountEntry.counted_at,
            User.display_name,
        )
        .outerjoin(User, User.id == StockCountEntry.counted_by)
        .where(StockCountEntry.count_id == count_id)
        .order_by(StockCountEntry.counted_at, StockCountEntry.id)
    )
    found: dict[UUID, list[Look]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(Look(*row))
    return found


def count_open(session: Session, actor: Actor) -> int:
    """Return how many sheets are open."""
    return (
        session.scalar(
            select(func.count())
            .select_from(StockCount)
            .where(
                StockCount.organisation_id == actor.organisation_id,
                StockCount.state == CountState.OPEN.value,
            )
        )
        or 0
    )
