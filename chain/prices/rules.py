"""How sales become published prices, pure: weeks, what is put together, who is named.

A line is a class and colour of a product in a week of the ISO calendar. Sellers that consented stand in lines of their own, with
their name. All others of the same class, colour and week stand in one line without a name, be they one or many.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

from chain.core.errors import DomainError, Kind
from chain.core.i18n import N_

#: Weeks that are shown when nobody asks for others, and the most that are shown at once.
USUAL_WEEKS, MAX_WEEKS = 13, 53
GRAMS = 1000
FIRST_YEAR, LAST_YEAR = 2000, 2200
_WEEK = re.compile(r"(\d{4})-W(\d{2})")


class UnknownWeek(DomainError):
    """A week that is not written as the ISO calendar does, or more weeks than are shown at once."""

    code = "unknown_week"
    kind = Kind.INVALID
    text = N_("Write weeks as 2026-W12, from the earlier to the later, at most %(limit)s.")
    field = "from"


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """A week of the ISO calendar, Monday to Sunday."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.number:02d}"

    @property
    def first(self) -> date:
        """Its Monday."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + timedelta(days=6)


def week_of(day: date) -> Week:
    """Return the week of a day: 2026-01-01 → 2026-W01, 2027-01-01 → 2026-W53."""
    found = day.isocalendar()
    return Week(found.year, found.week)


def read_weeks(first: str | None, last: str | None, today: date) -> tuple[Week, Week]:
    """Return the asked weeks, both included; what is not named is the usual.

    Raises:
        UnknownWeek: not a week, the wrong way round, or too many.
    """
    end = week_of(today) if not last else _read(last)
    start = week_of(end.first - timedelta(weeks=USUAL_WEEKS - 1)) if not first else _read(first)
    if not timedelta(0) <= end.first - start.first < timedelta(weeks=MAX_WEEKS):
        raise UnknownWeek(limit=MAX_WEEKS)
    return start, end


def _read(text: str) -> Week:
    found = _WEEK.fullmatch(text.strip())
    if found is None:
        raise UnknownWeek(limit=MAX_WEEKS)
    week = Week(int(found[1]), int(found[2]))
    try:
        is_there = FIRST_YEAR <= week.first.year <= LAST_YEAR
    except ValueError:
        is_there = False
    if not is_there:
        raise UnknownWeek(limit=MAX_WEEKS)
    return week


@dataclass(frozen=True, slots=True)
class Sold:
    """Equal lots of one sale: one class, colour and price."""

    sale_id: UUID
    seller_id: UUID
    day: date
    commodity: str
    grade: str | None
    colour: str | None
    currency: str
    unit: str
    #: grams or millilitres
    quantity: int
    #: what the buyer owes for them, after claims
    amount_minor: int
    #: which part of it producers got after fees; None: not paid yet
    producers_part: Fraction | None = None


@dataclass(frozen=True, slots=True)
class PriceLine:
    """A published price, for a kilogram or litre in minor units."""

    week: Week
    commodity: str
    grade: str | None
    colour: str | None
    currency: str
    unit: str
    #: the seller's id and name where it consented; None: not told
    seller_id: UUID | None
    seller: str | None
    mean_minor: int
    median_minor: int
    least_minor: int
    most_minor: int
    quantity: int
    sales: int
    sellers: int
    #: what producers got on average of what has been paid to them; None: nothing was paid yet
    producer_minor: int | None
    producer_quantity: int


def price_lines(sold: Iterable[Sold], names: Mapping[UUID, str]) -> list[PriceLine]:
    """Return the lines, the newest week first. `names` holds the sellers that consented."""
    groups: dict[tuple[object, ...], list[Sold]] = {}
    for one in sold:
        named = one.seller_id if one.seller_id in names else None
        key = (week_of(one.day), one.commodity, one.grade, one.colour, one.currency, one.unit, named)
        groups.setdefault(key, []).append(one)
    lines = [_line(rows, names) for rows in groups.values()]
    return sorted(
        lines,
        key=lambda one: (
            -one.week.year,
            -one.week.number,
            one.commodity,
            one.grade or "~",
            one.colour or "~",
            one.currency,
            one.seller or "~",
            str(one.seller_id),
        ),
    )


def _line(rows: Sequence[Sold], names: Mapping[UUID, str]) -> PriceLine:
    head = rows[0]
    prices = sorted((Fraction(one.amount_minor * GRAMS, one.quantity), one.quantity) for one in rows)
    quantity = sum(one.quantity for one in rows)
    paid = [one for one in rows if one.producers_part is not None]
    paid_quantity = sum(one.quantity for one in paid)
    got = sum((one.amount_minor * (one.producers_part or Fraction(0)) for one in paid), Fraction(0))
    named = head.seller_id if head.seller_id in names else None
    return PriceLine(
        week=week_of(head.day),
        commodity=head.commodity,
        grade=head.grade,
        colour=head.colour,
        currency=head.currency,
        unit=head.unit,
        seller_id=named,
        seller=None if named is None else names[named],
        mean_minor=_round(Fraction(sum(one.amount_minor for one in rows) * GRAMS, quantity)),
        median_minor=_round(_median(prices)),
        least_minor=_round(prices[0][0]),
        most_minor=_round(prices[-1][0]),
        quantity=quantity,
        sales=len({one.sale_id for one in rows}),
        sellers=len({one.seller_id for one in rows}),
        producer_minor=_round(got * GRAMS / paid_quantity) if paid_quantity else None,
        producer_quantity=paid_quantity,
    )


def _median(prices: Sequence[tuple[Fraction, int]]) -> Fraction:
    """Return the price below and above which half of the kilograms were sold; the lower one when it falls between two."""
    half = Fraction(sum(quantity for _, quantity in prices), 2)
    passed = 0
    for price, quantity in prices:
        passed += quantity
        if passed >= half:
            return price
    return prices[-1][0]


def _round(value: Fraction) -> int:
    """Round halves up, as all prices are rounded; there are no negative ones."""
    return int(value + Fraction(1, 2))
