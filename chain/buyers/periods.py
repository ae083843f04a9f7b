"""The periods of a demand and the gap of each, pure.

Months and halves of months are those of the calendar. A period that the validity cuts short asks for the whole quantity.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from chain.buyers.rules import Period

#: The first fortnight of a month ends on this day.
HALF = 15
#: More than the longest validity has.
MAX_PERIODS = 100


class Lasting(Protocol):
    """What periods need to know of a demand."""

    @property
    def period(self) -> str: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def valid_to(self) -> date: ...
    @property
    def min_quantity(self) -> int: ...
    @property
    def max_quantity(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Gap:
    """What a demand asks in a period, what is covered, and what is left, in grams or millilitres."""

    span: Span
    least: int
    most: int | None
    covered: int

    @property
    def missing(self) -> int:
        """What the least quantity still lacks."""
        return max(0, self.least - self.covered)

    @property
    def room(self) -> int | None:
        """What may still be sold into it; None: as much as there is."""
        return None if self.most is None else max(0, self.most - self.covered)

    @property
    def is_full(self) -> bool:
        """Tell whether nothing more is wanted."""
        return self.room == 0


def period_span(demand: Lasting, day: date) -> Span:
    """Return the period of a day, cut to the validity. 16 March of a monthly demand from 5 March → 5 to 31 March."""
    first, last = demand.valid_from, demand.valid_to
    if demand.period == Period.VALIDITY:
        return Span(first, last)
    start, end = day.replace(day=1), _month_end(day)
    if demand.period == Period.FORTNIGHT:
        start, end = (start, day.replace(day=HALF)) if day.day <= HALF else (day.replace(day=HALF + 1), end)
    return Span(max(start, first), min(end, last))


def spans(demand: Lasting) -> Sequence[Span]:
    """Return every period of a demand, in order."""
    found: list[Span] = []
    day = demand.valid_from
    while day <= demand.valid_to and len(found) < MAX_PERIODS:
        span = period_span(demand, day)
        found.append(span)
        day = span.last + timedelta(days=1)
    return found


def gap(demand: Lasting, span: Span, covered: Iterable[tuple[date, int]]) -> Gap:
    """Return the gap of a period. `covered` are (day, grams or millilitres) of the whole demand."""
    inside = sum(quantity for day, quantity in covered if span.first <= day <= span.last)
    return Gap(span, demand.min_quantity, demand.max_quantity, inside)


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
