"""Small helpers that the pages of payin share."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import TypeVar
from uuid import UUID

from flask import request

from chain.core.clock import local_date, utc_now
from chain.core.ids import parse_id
from chain.core.paging import MAX_PAGE_SIZE, Page, PageRequest
from chain.payin.queries.invoices import InvoiceFilters
from chain.payin.rules import InvoiceState
from chain.web.csv_out import amount_cell
from chain.web.formats import timezone_name

T = TypeVar("T")
#: Rows of one CSV file.
MAX_ROWS = 20_000


def page_wanted() -> PageRequest:
    """Return the page that the address asks for."""
    return PageRequest(request.args.get("page", 1, int))


def local_today() -> date:
    """Return the day it is at the organisation."""
    return local_date(utc_now(), timezone_name())


def filters_wanted() -> InvoiceFilters:
    """Return which invoices the address asks for; what it cannot mean is left out."""
    word = request.args.get("state", "")
    buyer = request.args.get("buyer", "")
    return InvoiceFilters(
        state=InvoiceState(word) if word in set(InvoiceState) else None,
        buyer_id=_id_or_none(buyer),
    )


def _id_or_none(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def ids_wanted(name: str) -> list[UUID]:
    """Return the ids that a form sent under a name.

    Raises:
        InvalidId: the page was tampered with.
    """
    return [parse_id(one) for one in request.form.getlist(name) if one]


def every_row(fetch: Callable[[PageRequest], Page[T]]) -> Iterator[T]:
    """Return the rows of all pages of a list, for a file."""
    page = fetch(PageRequest(1, MAX_PAGE_SIZE))
    count = 0
    while True:
        for row in page.items:
            yield row
            count += 1
        if not page.has_next or count >= MAX_ROWS:
            return
        page = fetch(PageRequest(page.page + 1, MAX_PAGE_SIZE))


def plain_amount(minor: int) -> str:
    """Return an amount for a CSV file, with the decimal sign of the reader's country."""
    return amount_cell(minor)
