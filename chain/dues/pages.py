"""Small helpers that the pages of this area share."""

from datetime import date

from flask import request

from chain.core.clock import local_date, utc_now
from chain.core.paging import PageRequest
from chain.web.csv_out import amount_cell
from chain.web.formats import timezone_name


def page_wanted() -> PageRequest:
    """Return the page that the address asks for."""
    return PageRequest(request.args.get("page", 1, int))


def local_today() -> date:
    """Return the day it is at the organisation."""
    return local_date(utc_now(), timezone_name())


def decimal_text(minor: int) -> str:
    """Return an amount as files have it, with the decimal sign of the reader's country."""
    return amount_cell(minor)
