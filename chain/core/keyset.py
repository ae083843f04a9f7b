"""Pages by keys: the address says after which row a page begins, so a page costs the same wherever it lies.

An order is one column with the row's id as tie-break. Rows without a value in that column stand last, whichever way the
list is sorted, in the order of a second column that every row has.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.orm import Session

from chain.core.errors import DomainError, Kind
from chain.core.i18n import N_
from chain.core.orm import UtcDateTime
from chain.core.paging import DEFAULT_PAGE_SIZE

T = TypeVar("T")
Key = tuple[Any, ...]

MAX_CURSOR = 400
#: Rows are counted so far; beyond it a list says "more than".
COUNT_LIMIT = 10_000


class BadCursor(DomainError):
    """The part of an address that says where a page begins was changed, or belongs to a list in another order."""

    code = "bad_cursor"
    kind = Kind.INVALID
    text = N_("The address does not say where the page begins. Go back to the first page.")
    field = "after"


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted. `columns` end with the id; with `is_nullable` the first of them may be null."""

    word: str
    columns: tuple[Any, ...]
    is_nullable: bool = False
    #: the order of the rows without a value, the id last
    rest: tuple[Any, ...] = ()

    def segments(self) -> tuple[tuple[Any, ...], ...]:
        """Return the columns of the part with values and of the part without."""
        return (self.columns, self.rest) if self.is_nullable else (self.columns,)


@dataclass(frozen=True, slots=True)
class KeysetRequest:
    """Which page is wanted: after a cursor, before one, or the first."""

    order: Order
    descending: bool = False
    after: str | None = None
    before: str | None = None
    #: bounded by whoever reads the address
    page_size: int = DEFAULT_PAGE_SIZE

    @property
    def sort(self) -> str:
        """The order as the address has it."""
        return f"-{self.order.word}" if self.descending else self.order.word


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[T]):
    """One page, with the cursors of the pages around it; `count` is exact up to `COUNT_LIMIT`."""

    items: Sequence[T]
    page_size: int
    after: str | None
    before: str | None
    count: int = 0

    @property
    def is_counted(self) -> bool:
        """Whether `count` is exact; otherwise there are more."""
        return self.count <= COUNT_LIMIT

    @property
    def counted(self) -> int:
        """How many rows were counted at most."""
        return min(self.count, COUNT_LIMIT)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a row stands: the part of the list and the values of its columns."""

    segment: int
    key: Key


def read_page(
    session: Session, statement: Select[Any], request: KeysetRequest, key_of: Callable[[Any, int], Key]
) -> KeysetPage[Any]:
    """Return one page of a statement that has no order yet. `key_of(row, segment)` gives the values of its columns.

    One statement; two where a page reaches over the border to the rows without a value.

    Raises:
        BadCursor: `after` or `before` is none of this list.
    """
    backward = request.before is not None and request.after is None
    cursor = request.before if backward else request.after
    start = None if cursor is None else _decode(cursor, request)
    rows = _rows(session, statement, request, start, backward=backward)
    has_more = len(rows) > request.page_size
    rows = rows[: request.page_size]
    if backward:
        rows.reverse()

    def cursor_of(place: int) -> str:
        segment, row = rows[place]
        return _encode(request.sort, _Place(segment, key_of(row, segment)))

    is_first = start is None or (backward and not has_more)
    is_last = not backward and not has_more
    return KeysetPage(
        items=[row for _, row in rows],
        page_size=request.page_size,
        after=None if is_last or not rows else cursor_of(-1),
        before=None if is_first or not rows else cursor_of(0),
    )


def _rows(
    session: Session, statement: Select[Any], request: KeysetRequest, start: _Place | None, *, backward: bool
) -> list[tuple[int, Any]]:
    """Return up to one row more than a page holds, with the part of the list that each stands in."""
    segments = list(enumerate(request.order.segments()))
    if backward:
        segments.reverse()
    descending = request.descending != backward
    found: list[tuple[int, Any]] = []
    for number, columns in segments:
        if start is not None and (number > start.segment if backward else number < start.segment):
            continue
        part = statement.order_by(*(one.desc() if descending else one.asc() for one in columns))
        if request.order.is_nullable:
            first = request.order.columns[0]
            part = part.where(first.is_not(None) if number == 0 else first.is_(None))
        if start is not None and start.segment == number:
            part = part.where(_beyond(columns, start.key, descending=descending))
        rows = session.execute(part.limit(request.page_size + 1 - len(found))).all()
        found += [(number, row) for row in rows]
        if len(found) > request.page_size:
            break
    return found


def _beyond(columns: Sequence[Any], key: Key, *, descending: bool) -> ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0] < key[0] if descending else columns[0] > key[0]  # type: ignore[no-any-return]  # of a column
    left = tuple_(*columns)
    right = tuple_(*(literal(value, column.type) for column, value in zip(columns, key, strict=True)))
    return left < right if descending else left > right


def bounded_count(session: Session, statement: Select[Any], limit: int = COUNT_LIMIT) -> int:
    """Return how many rows a statement has, `limit` + 1 for more than that."""
    some = statement.order_by(None).limit(limit + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _encode(sort: str, place: _Place) -> str:
    values = [
        value.isoformat() if isinstance(value, datetime) else value.hex if isinstance(value, UUID) else value
        for value in place.key
    ]
    text = json.dumps([sort, place.segment, *values], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, request: KeysetRequest) -> _Place:
    try:
        if len(cursor) > MAX_CURSOR:
            raise BadCursor
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        sort, segment, *values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if sort != request.sort or type(segment) is not int or segment < 0:
            raise BadCursor
        columns = request.order.segments()[segment]
        key = tuple(_value(column, value) for column, value in zip(columns, values, strict=True))
    except (ValueError, TypeError, LookupError, binascii.Error, RecursionError, OverflowError) as problem:
        raise BadCursor from problem
    return _Place(segment, key)


#: The largest integer that both databases keep.
_MAX_INT = 2**63 - 1
_READERS: Mapping[type, Callable[[Any], Any]] = {UUID: UUID, datetime: datetime.fromisoformat}


def _value(column: Any, value: Any) -> Any:
    """Return a value of the cursor as its column takes it."""
    wanted: type = datetime if isinstance(column.type, UtcDateTime) else column.type.python_type
    if wanted in _READERS:
        found: Any = _READERS[wanted](value)
        if isinstance(found, datetime) and found.tzinfo is None:
            raise ValueError
        return found
    kind: Any = type(value)
    if kind is not wanted or (kind is int and abs(value) > _MAX_INT):
        raise ValueError
    if kind is str and ("\x00" in value or not value.isprintable()):
        raise ValueError
    return value
