"""What the pages of the ledger share: the blueprint, the days and pages that an address asks for."""

from datetime import date, timedelta

from flask import Blueprint, request

from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.i18n import N_
from chain.core.paging import PageRequest
from chain.ledger.queries.parties import PARTY_LABELS
from chain.ledger.rules import ENTRY_KIND_LABELS, KIND_LABELS
from chain.web.formats import timezone_name
from chain.web.navigation import PAYMENTS, NavigationItem

blueprint = Blueprint("ledger", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Ledger"),
        "ledger.accounts",
        Permission.LEDGER_READ,
        order=58,
        about=N_("Accounts, journal and what each party owes"),
        group=PAYMENTS,
    ),
]


@blueprint.context_processor
def _words() -> dict[str, object]:
    """Give the templates of this area the words for kinds of entries, accounts and parties."""
    return {
        "entry_kind_labels": ENTRY_KIND_LABELS,
        "account_kind_labels": KIND_LABELS,
        "party_labels": PARTY_LABELS,
    }


def page_wanted() -> PageRequest:
    """Return the page that the address asks for."""
    return PageRequest(request.args.get("page", 1, int))


def asked_day(name: str) -> date | None:
    """Return a day of the address; None when it is not there or not a day."""
    try:
        return date.fromisoformat(request.args.get(name, "").strip())
    except ValueError:
        return None


def today() -> date:
    """Return the day it is at the organisation."""
    return local_date(utc_now(), timezone_name())


def last_month() -> tuple[date, date]:
    """Return the first and last day of the month before this one."""
    last = today().replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last
