"""What must be there before a fortnight can be calculated; everything that is missing is told at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Protocol

from chain.core.days import days_of
from chain.core.errors import DomainError
from chain.core.i18n import N_, Message
from chain.settlement.fortnight import errors
from chain.settlement.fortnight.facts import FortnightInput, Key, Prices, Reserve, Withholding
from chain.settlement.fortnight.period import DayType, day_type

FAR = date.max
WHAT_PRICES = N_("milk prices")
WHAT_QUOTAS = N_("quotas")
WHAT_READINGS = N_("scale readings")


class Dated(Protocol):
    """A row that is in force between two days; without a last day, until further notice."""

    @property
    def first(self) -> date: ...

    @property
    def last(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """The rows that serve a fortnight."""

    prices: Prices
    reserve: Reserve | None


def in_force(row: Dated, day: date) -> bool:
    """Tell whether a row is in force on a day."""
    return row.first <= day <= (row.last or FAR)


def overlapping(rows: Iterable[Dated]) -> list[tuple[Dated, Dated]]:
    """Return pairs of rows that are in force at once."""
    ordered = sorted(rows, key=lambda row: row.first)
    return [(one, two) for one, two in pairwise(ordered) if two.first <= (one.last or FAR)]


def terms_of(given: FortnightInput) -> Terms:
    """Return the rows that serve the fortnight.

    Raises:
        DomainError: what is missing or contradicts itself; `FortnightWaits` names several at once.
    """
    problems = problems_of(given)
    prices = price_of(given)
    if problems or prices is None:
        raise refusal_of(problems)
    reserve = next((row for row in given.reserves if in_force(row, given.period.last)), None)
    return Terms(prices, reserve if reserve and reserve.fraction_ppm else None)


def problems_of(given: FortnightInput) -> list[DomainError]:
    """Return what is missing or contradicts itself, so that a page can list it before anybody tries."""
    problems: list[DomainError] = [*_overlaps(given)]
    if price_of(given) is None:
        problems.append(errors.NoPriceForFortnight(first=given.period.first, last=given.period.last))
    if sum(in_force(row, given.period.last) for row in given.reserves) > 1:
        problems.append(errors.TwoReservesInForce(day=given.period.last))
    if given.withholding is Withholding.MISSING:
        problems.append(errors.RatesMissing(day=given.period.last))
    elif given.withholding is Withholding.UNCONFIRMED:
        problems.append(errors.RatesNotConfirmed(day=given.period.last))
    return [*problems, *_readings_missing(given)]


def refusal_of(problems: Sequence[DomainError]) -> DomainError:
    """Return the one refusal, or one that names several."""
    return problems[0] if len(problems) == 1 else errors.FortnightWaits(problems)


def raise_all(problems: Sequence[DomainError]) -> None:
    """Raise when there is anything to refuse."""
    if problems:
        raise refusal_of(problems)


def price_of(given: FortnightInput) -> Prices | None:
    """F3: the enabled row that covers the fortnight wholly."""
    period = given.period
    return next(
        (
            row
            for row in given.prices
            if row.is_enabled and row.first <= period.first and row.last >= period.last
        ),
        None,
    )


def _overlaps(given: FortnightInput) -> Iterable[DomainError]:
    prices = [row for row in given.prices if row.is_enabled]
    if pairs := overlapping(prices):
        yield _overlap(WHAT_PRICES, [_span(row) for row in pairs[0]])
    quotas: dict[Key, list[Dated]] = {}
    for row in given.quotas:
        if row.is_enabled:
            quotas.setdefault(row.producer, []).append(row)
    twice = [key for key, rows in quotas.items() if overlapping(rows)]
    if twice:
        yield _overlap(WHAT_QUOTAS, sorted(code_of(given, key) for key in twice))
    seen: dict[tuple[Key, date], int] = {}
    for reading in given.readings:
        place = (reading.zone, reading.day)
        seen[place] = seen.get(place, 0) + 1
    doubled = [place for place, times in seen.items() if times > 1]
    if doubled:
        names = sorted(f"{given.zones[zone].code} {day.isoformat()}" for zone, day in doubled)
        yield _overlap(WHAT_READINGS, names)


def _overlap(what: str, names: Sequence[str]) -> DomainError:
    return errors.RowsOverlap(what=Message(what), names=errors.named(names))


def _span(row: Dated) -> str:
    last = "…" if row.last is None else row.last.isoformat()
    return f"{row.first.isoformat()}–{last}"


def code_of(given: FortnightInput, producer: Key) -> str:
    """Return a producer's code, or the key of one that is not known."""
    member = given.members.get(producer)
    return str(producer) if member is None else member.code


def _readings_missing(given: FortnightInput) -> Iterable[DomainError]:
    """S5: a weekday with deliveries needs its reading; a blank is not zero."""
    read: set[tuple[Key, date]] = {(one.zone, one.day) for one in given.readings}
    for zone, days in sorted(_weekdays_with_milk(given).items(), key=lambda item: given.zones[item[0]].code):
        missing = sorted(day for day in days if (zone, day) not in read)
        if missing:
            yield errors.ScaleReadingMissing(zone=given.zones[zone].code, days=days_of(missing))


def _weekdays_with_milk(given: FortnightInput) -> Mapping[Key, set[date]]:
    weekdays = {day for day in given.period.days if day_type(day, given.choices.holidays) is DayType.WEEKDAY}
    found: dict[Key, set[date]] = {}
    for one in given.milk:
        if one.day in weekdays:
            found.setdefault(one.zone, set()).add(one.day)
    return found
