"""Pages of lists: bounded, counted, sorted by named columns only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from chain.core.errors import DomainError, Kind
from chain.core.i18n import N_

T = TypeVar("T")
R = TypeVar("R", bound=tuple[Any, ...])

DEFAULT_PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
#: Beyond it no list has anything; databases refuse larger offsets.
MAX_PAGE = 1_000_000
#: What a list may be sorted by: the word in the address and the column behind it.
SortColumn = InstrumentedAttribute[Any] | ColumnElement[Any]
SortColumns = Mapping[str, SortColumn]


class UnknownSort(DomainError):
    """A list was asked for in an order that it does not know."""

    code = "unknown_sort"
    kind = Kind.INVALID
    text = N_("The list cannot be sorted by “%(value)s”. Possible: %(possible)s.")
    field = "sort"


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list is wanted; out-of-range numbers are brought into range."""

    page: int = 1
    page_size: int = DEFAULT_PAGE_SIZE
    #: a word of the list, with "-" in front for descending
    sort: str | None = None

    @property
    def limit(self) -> int:
        """Rows of a page, 1 to `MAX_PAGE_SIZE`."""
        return min(max(self.page_size, 1), MAX_PAGE_SIZE)

    @property
    def number(self) -> int:
        """The page's number, from 1 to `MAX_PAGE`."""
        return min(max(self.page, 1), MAX_PAGE)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list and where it stands."""

    items: Sequence[T]
    page: int
    page_size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.page_size))

    @property
    def has_prev(self) -> bool:
        """Whether there is a page before."""
        return self.page > 1

    @property
    def has_next(self) -> bool:
        """Whether there is a page after."""
        return self.page < self.pages


def order_by(statement: Select[R], sort: str | None, columns: SortColumns, tie: SortColumn) -> Select[R]:
    """Sort a statement by a named column; the tie-break keeps pages stable.

    Raises:
        UnknownSort: the word is not among the columns.
    """
    if not sort:
        return statement
    word, descending = sort.removeprefix("-"), sort.startswith("-")
    if word not in columns:
        raise UnknownSort(value=word[:40], possible=", ".join(columns))
    column = columns[word]
    return statement.order_by(None).order_by(column.desc() if descending else column.asc(), tie)


def slice_rows(
    rows: Sequence[T], request: PageRequest, keys: Mapping[str, Callable[[T], Any]] | None = None
) -> Page[T]:
    """Return one page of rows that are in memory, in their order or by one of the named keys; None stands last.

    Raises:
        UnknownSort: the word is not among the keys.
    """
    if request.sort:
        word, descending = request.sort.removeprefix("-"), request.sort.startswith("-")
        if keys is None or word not in keys:
            raise UnknownSort(value=word[:40], possible=", ".join(keys or ()))
        key = keys[word]
        known = [row for row in rows if key(row) is not None]
        rows = sorted(known, key=key, reverse=descending) + [row for row in rows if key(row) is None]
    first = (request.number - 1) * request.limit
    return Page(rows[first : first + request.limit], request.number, request.limit, len(rows))


def paginate_rows(session: Session, statement: Select[Any], request: PageRequest) -> Page[Any]:
    """Return one page of a statement's rows (tuples for several columns)."""
    total = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    rows = session.execute(statement.limit(request.limit).offset((request.number - 1) * request.limit)).all()
    return Page(rows, request.number, request.limit, total)


def paginate(session: Session, statement: Select[tuple[T]], request: PageRequest) -> Page[T]:
    """Return one page of a statement that selects one entity."""
    page = paginate_rows(session, statement, request)
    return Page([row[0] for row in page.items], page.page, page.page_size, page.total)
