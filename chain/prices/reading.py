"""Filters as they stand in the address, for the page, the file, the paper and the API."""

from collections.abc import Mapping
from datetime import date

from chain.buyers.rules import COLOURS, COMMODITY_LABELS
from chain.core.clock import local_date, utc_now
from chain.prices.queries import PriceFilters
from chain.prices.rules import read_weeks
from chain.web.formats import timezone_name

MAX_WORD = 130


def reader_today() -> date:
    """Return the day it is for the reader."""
    return local_date(utc_now(), timezone_name())


def read_filters(args: Mapping[str, str | None]) -> PriceFilters:
    """Return the filters of an address; words that nobody knows filter nothing.

    Raises:
        UnknownWeek: a week cannot be read.
    """
    first, last = read_weeks(args.get("from"), args.get("to"), reader_today())
    commodity, colour = args.get("commodity"), args.get("colour")
    return PriceFilters(
        first=first,
        last=last,
        commodity=commodity if commodity in COMMODITY_LABELS else None,
        grade=_word(args.get("grade")),
        colour=colour if colour in COLOURS else None,
        centre=_word(args.get("centre")),
    )


def _word(text: str | None) -> str | None:
    return (text or "").replace("\x00", "").strip()[:MAX_WORD] or None
