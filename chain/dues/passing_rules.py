"""Passing on in kind (pase de cadena), pure: terms, how much must be passed on, and by when."""

import calendar
from datetime import date, timedelta
from enum import StrEnum

from chain.core.i18n import N_

MAX_MONTHS = 600
MAX_PERCENT = 1000
#: A flock of 100,000 head; 1,000 tonnes of seed.
MAX_HEAD = 100_000
MAX_SEED_G = 1_000_000_000
#: From this many days before its day an obligation is shown as due soon.
DUE_SOON = timedelta(days=90)


class Goods(StrEnum):
    """What is passed on."""

    ANIMALS = "animals"
    SEED = "seed"


GOODS_LABELS = {Goods.ANIMALS: N_("Animals"), Goods.SEED: N_("Seed")}
UNITS = {Goods.ANIMALS: "head", Goods.SEED: "g"}
#: Months within which as much must be passed on, unless the programme says otherwise.
DEFAULT_MONTHS = {Goods.ANIMALS: 36, Goods.SEED: 12}
MOST = {Goods.ANIMALS: MAX_HEAD, Goods.SEED: MAX_SEED_G}

SEX_LABELS = {"f": N_("Females"), "m": N_("Males")}


class PassingKind(StrEnum):
    """What an entry of the ledger of goods says."""

    PASSED = "passed"
    LOST = "lost"
    CORRECTED = "corrected"


PASSING_KIND_LABELS = {
    PassingKind.PASSED: N_("Passed on"),
    PassingKind.LOST: N_("Lost"),
    PassingKind.CORRECTED: N_("Taken back: written down by mistake"),
}


class Standing(StrEnum):
    """Where an obligation stands on a day."""

    DONE = "done"
    RUNNING = "running"
    SOON = "soon"
    OVERDUE = "overdue"


STANDING_LABELS = {
    Standing.DONE: N_("fulfilled"),
    Standing.RUNNING: N_("running"),
    Standing.SOON: N_("due soon"),
    Standing.OVERDUE: N_("overdue"),
}


def due_day(received_on: date, months: int) -> date:
    """Return the last day to pass on: so many months later, the month's last day where it is shorter: 31 Jan + 1 → 28 Feb."""
    year, month = divmod(received_on.year * 12 + received_on.month - 1 + months, 12)
    return date(year, month + 1, min(received_on.day, calendar.monthrange(year, month + 1)[1]))


def owed_of(quantity: int, return_percent: int) -> int:
    """Return what must be passed on of what was received, rounded up to a whole animal or gram: 3 at 50 % → 2."""
    return max(1, -(-quantity * return_percent // 100))


def standing_on(still_owed: int, due_on: date, today: date) -> Standing:
    """Return where an obligation stands."""
    if not still_owed:
        return Standing.DONE
    if due_on < today:
        return Standing.OVERDUE
    return Standing.SOON if due_on - today <= DUE_SOON else Standing.RUNNING
