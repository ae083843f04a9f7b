"""Fortnights and their days (rules F1 and F2)."""

import calendar
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from chain.core.i18n import N_
from chain.settlement.fortnight.errors import NotAFortnight

LAST_OF_FIRST_HALF = 15
SUNDAY = 6
ONE_DAY = timedelta(days=1)


class DayType(StrEnum):
    """What decides the price of a day's milk."""

    WEEKDAY = "weekday"
    SUNDAY = "sunday"


DAY_TYPE_LABELS = {DayType.WEEKDAY: N_("Monday to Saturday"), DayType.SUNDAY: N_("Sunday")}


@dataclass(frozen=True, slots=True)
class Period:
    """A fortnight; both days are included."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        """Every day, in order."""
        return [self.first + ONE_DAY * offset for offset in range((self.last - self.first).days + 1)]

    @property
    def half(self) -> int:
        """1 or 2."""
        return 1 if self.first.day == 1 else 2

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def fortnight(year: int, month: int, half: int) -> Period:
    """Return a half of a month: days 1 to 15, or 16 to the last (28 to 31)."""
    if half == 1:
        return Period(date(year, month, 1), date(year, month, LAST_OF_FIRST_HALF))
    return Period(
        date(year, month, LAST_OF_FIRST_HALF + 1), date(year, month, calendar.monthrange(year, month)[1])
    )


def fortnight_of(day: date) -> Period:
    """Return the fortnight in which a day lies."""
    return fortnight(day.year, day.month, 1 if day.day <= LAST_OF_FIRST_HALF else 2)


def fortnight_before(period: Period) -> Period:
    """Return the fortnight before."""
    return fortnight_of(period.first - ONE_DAY)


def fortnight_after(period: Period) -> Period:
    """Return the fortnight after."""
    return fortnight_of(period.last + ONE_DAY)


def fortnight_from(first: date, last: date | None = None) -> Period:
    """Return the fortnight that begins on a day.

    Raises:
        NotAFortnight: none does, or it does not end on `last`.
    """
    found = fortnight_of(first)
    if found.first != first or last not in {None, found.last}:
        raise NotAFortnight
    return found


def day_type(day: date, holidays: Collection[date] = ()) -> DayType:
    """Return whether a day is paid as a weekday or as a Sunday; an association may pay holidays like Sundays."""
    return DayType.SUNDAY if day.weekday() == SUNDAY or day in holidays else DayType.WEEKDAY
