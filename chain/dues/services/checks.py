"""Checks that several use cases of dues share."""

from datetime import date, timedelta

from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.dues.rules import MAX_AMOUNT_MINOR, MAX_NAME

FIRST_DAY = date(2000, 1, 1)
#: What is decided today may begin within three years.
MAX_AHEAD = timedelta(days=3 * 366)
MIN_REASON = 3

AMOUNT_OUT_OF_RANGE = N_("The amount must be above zero and at most %(most)s.")
DAY_OUT_OF_RANGE = N_("The day must lie between %(first)s and %(last)s.")
IN_FUTURE = N_("The day lies in the future.")
NAME_TOO_LONG = N_("Write at most %(limit)s characters.")
WRITE_DECISION = N_("Write who decided it and when, for example “Assembly of 3 March 2026”.")
WRITE_REASON = N_("Write the reason in %(least)s to %(limit)s characters.")
ONLY_SHORTER = N_(
    "It ends on %(last)s by its decision. It can end earlier; for later days another decision is needed."
)
LAST_BEFORE_FIRST = N_("The last day lies before the first.")


def tidy(text: str | None) -> str:
    """Return a text with single spaces and none around it."""
    return " ".join((text or "").split())


def check_amount(errors: FieldErrors, amount_minor: int, field: str = "amount") -> None:
    """Note an amount that is not above zero or too large."""
    if not 0 < amount_minor <= MAX_AMOUNT_MINOR:
        errors.add(field, AMOUNT_OUT_OF_RANGE, most=MAX_AMOUNT_MINOR // 100)


def check_past_day(errors: FieldErrors, field: str, day: date, today: date) -> None:
    """Note a day in the future or before the year 2000."""
    if day > today:
        errors.add(field, IN_FUTURE)
    elif day < FIRST_DAY:
        errors.add(field, DAY_OUT_OF_RANGE, first=FIRST_DAY, last=today)


def check_text(errors: FieldErrors, field: str, text: str, missing: str) -> None:
    """Note a text that is missing or too long."""
    if not text:
        errors.add(field, missing)
    elif len(text) > MAX_NAME:
        errors.add(field, NAME_TOO_LONG, limit=MAX_NAME)


def check_reason(errors: FieldErrors, field: str, text: str) -> None:
    """Note a reason that says nothing or too much."""
    if not MIN_REASON <= len(text) <= MAX_NAME:
        errors.add(field, WRITE_REASON, least=MIN_REASON, limit=MAX_NAME)


def check_span(errors: FieldErrors, first: date, last: date | None, today: date) -> None:
    """Note days that nobody can mean, and a last day before the first."""
    latest = today + MAX_AHEAD
    if not FIRST_DAY <= first <= latest:
        errors.add("valid_from", DAY_OUT_OF_RANGE, first=FIRST_DAY, last=latest)
    if last is not None and last < first:
        errors.add("valid_to", LAST_BEFORE_FIRST)
