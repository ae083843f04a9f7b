"""Loans, pure: the schedule, its rest, and what paying early costs."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from chain.core.i18n import N_
from chain.core.money import BASIS_POINTS, round_half_up, split_largest_remainder

#: More instalments than ten years of fortnights nobody agrees on.
MAX_INSTALMENTS = 240
#: Ten percent a month; what is above is usury and a mistake.
MAX_INTEREST_BASIS_POINTS = 1_000
MIDDLE = 15


class Every(StrEnum):
    """How often an instalment falls due."""

    MONTH = "month"
    FORTNIGHT = "fortnight"


EVERY_LABELS = {Every.MONTH: N_("Every month"), Every.FORTNIGHT: N_("Every fortnight")}
A_MONTH = {Every.MONTH: 1, Every.FORTNIGHT: 2}


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part of a loan."""

    number: int
    due_on: date
    principal_minor: int
    interest_minor: int

    @property
    def total_minor(self) -> int:
        """What is due on the day."""
        return self.principal_minor + self.interest_minor


def interest_of(principal_minor: int, basis_points_a_month: int, instalments: int, every: Every) -> int:
    """Return the simple interest of the whole term, rounded half up once.

    1,000.00 at 1.5 % a month over 6 fortnights (3 months) → 45.00.
    """
    whole = Decimal(principal_minor) * basis_points_a_month * instalments
    return round_half_up(whole / (BASIS_POINTS * A_MONTH[every]))


def schedule(
    principal_minor: int, basis_points_a_month: int, instalments: int, every: Every, first_due_on: date
) -> list[Instalment]:
    """Return the instalments: principal and interest in equal parts by largest remainder, the first ones get the cent.

    1,000.00 in 3 monthly parts at 2 % a month: 333.34 + 20.00, 333.33 + 20.00, 333.33 + 20.00.
    """
    numbers = range(1, instalments + 1)
    even = [1] * instalments
    interest = interest_of(principal_minor, basis_points_a_month, instalments, every)
    parts = split_largest_remainder(principal_minor, even, numbers)
    shares = split_largest_remainder(interest, even, numbers)
    days = due_days(first_due_on, instalments, every)
    return [
        Instalment(number, day, part, share)
        for number, day, part, share in zip(numbers, days, parts, shares, strict=True)
    ]


def due_days(first: date, instalments: int, every: Every) -> list[date]:
    """Return the days on which instalments fall due: the same day of each month, or 15 days and half months on.

    A day that a month lacks is its last day. Fortnights go from a day of the first half to that day plus 15, and back to
    the day in the next month, so that two fit into every month: 5 March, 20 March, 5 April …
    """
    if every is Every.MONTH:
        return [_in_month(first, place, first.day) for place in range(instalments)]
    is_late = first.day > MIDDLE
    early_day = first.day - MIDDLE if is_late else first.day
    days = []
    for place in range(instalments):
        half = place + (1 if is_late else 0)
        days.append(_in_month(first, half // 2, early_day + MIDDLE * (half % 2)))
    return days


def _in_month(first: date, months: int, day: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day, last))


@dataclass(frozen=True, slots=True)
class EarlyPayment:
    """What paying the rest of a loan on a day costs."""

    #: what stays open of principal
    principal_minor: int
    #: interest of periods that have begun
    interest_minor: int
    #: interest of periods that have not begun: it is let go
    waived_minor: int

    @property
    def total_minor(self) -> int:
        """What is to be paid."""
        return self.principal_minor + self.interest_minor


def pay_early(
    open_parts: Sequence[tuple[int, bool, int]], due_days_by_number: Sequence[date], given_on: date, on: date
) -> EarlyPayment:
    """Return what paying everything on a day costs: all principal, and interest of the periods that have begun by then.

    `open_parts` are (instalment, is interest, what is open). A period begins on the day after the due day before it, the
    first on the day of the loan.
    """
    principal = interest = waived = 0
    for number, is_interest, left in open_parts:
        begins = given_on if number == 1 else due_days_by_number[number - 2]
        if not is_interest:
            principal += left
        elif begins < on or number == 1:
            interest += left
        else:
            waived += left
    return EarlyPayment(principal, interest, waived)
