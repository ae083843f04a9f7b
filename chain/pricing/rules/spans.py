"""Which version serves which day. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from chain.core.days import days_of
from chain.pricing.errors import NoPriceInForce
from chain.pricing.rules.content import Basis, DayPrices, PayUnit, PriceContent, SchemeKind, SchemeSpan

SUNDAY = 6
#: Kinds whose base is a price per litre or kilogram, whatever the class.
PLAIN_KINDS = frozenset({SchemeKind.FLAT, SchemeKind.MILK})


@dataclass(frozen=True, slots=True)
class FourPrices:
    """A dairy's prices in minor units per litre or kilogram (F3)."""

    weekday: int
    sunday: int
    excess_weekday: int
    excess_sunday: int


def prices_of(content: PriceContent) -> FourPrices:
    """Return the four prices; what has none of its own takes the general one of its day type."""
    weekday = content.base_minor or 0
    days = content.days or DayPrices()
    sunday = weekday if days.sunday_minor is None else days.sunday_minor
    return FourPrices(
        weekday,
        sunday,
        weekday if days.excess_weekday_minor is None else days.excess_weekday_minor,
        sunday if days.excess_sunday_minor is None else days.excess_sunday_minor,
    )


def has_four_prices(content: PriceContent) -> bool:
    """Tell whether a fortnight can be settled by it: a price per litre, with or without premiums and points of composition.

    What is paid by the kilogram, by the gram of a constituent, by classes or as a share has no price of a litre, by which a
    weighing difference could be valued.
    """
    return (
        content.kind in PLAIN_KINDS
        and content.unit is PayUnit.LITRE
        and content.base_minor is not None
        and all(one.basis is Basis.POINT for one in content.composition)
    )


def serving(spans: Sequence[SchemeSpan], period: tuple[date, date] | None) -> list[SchemeSpan]:
    """Return the spans that may price a period: those that want whole periods only if they cover it (F3)."""
    if period is None:
        return list(spans)
    return [one for one in spans if not one.content.is_for_whole_periods or one.covers(*period)]


def spans_by_day(
    spans: Sequence[SchemeSpan], days: Iterable[date], period: tuple[date, date] | None = None
) -> dict[date, SchemeSpan]:
    """Return the version in force on each day.

    Raises:
        NoPriceInForce: some day has none; the days are named.
    """
    able = serving(spans, period)
    found: dict[date, SchemeSpan] = {}
    missing: list[date] = []
    for day in set(days):
        span = next((one for one in able if one.holds(day)), None)
        if span is None:
            missing.append(day)
        else:
            found[day] = span
    if missing:
        raise NoPriceInForce(days=days_of(missing))
    return found


def four_prices(spans: Sequence[SchemeSpan], first: date, last: date) -> FourPrices:
    """Return the four prices of the one version that serves a whole fortnight (F3).

    Raises:
        NoPriceInForce: no version covers every day; the period is named.
    """
    span = next((one for one in spans if one.covers(first, last)), None)
    if span is None:
        raise NoPriceInForce(days=f"{first.isoformat()} – {last.isoformat()}")
    return prices_of(span.content)
