"""Pages of buyers: standing demands and what they lack, vetting by the platform, limits and deposits."""

from decimal import Decimal

from flask import Blueprint, g

from chain.accounts.rules import OrganisationKind, Permission
from chain.buyers.forms import unit_word
from chain.buyers.words import (
    buyer_words,
    demand_state,
    label_of_grade,
)
from chain.core.i18n import N_
from chain.web.formats import format_decimal, number_format
from chain.web.navigation import MARKET, NavigationItem

blueprint = Blueprint("buyers", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Standing demands"),
        "buyers.demand_list",
        Permission.DEMANDS_READ,
        order=45,
        about=N_("What buyers ask for, at which price, and what is still missing"),
        group=MARKET,
    ),
    NavigationItem(
        N_("Buyers' limits"),
        "buyers.limit_list",
        Permission.CREDITS_WRITE,
        order=46,
        about=N_("Deposits, credit and what each buyer may still commit"),
        group=MARKET,
        unless=Permission.INVOICES_READ,
    ),
    NavigationItem(
        N_("Vetting of buyers"),
        "buyers.vetting_list",
        Permission.BUYERS_VET,
        order=47,
        about=N_("Which buying organisations may trade"),
        group=MARKET,
    ),
]


def is_buyer() -> bool:
    """Tell whether the actor acts for a buying organisation."""
    return g.actor is not None and g.actor.organisation_kind is OrganisationKind.BUYER


@blueprint.context_processor
def words() -> dict[str, object]:
    """Give the templates of this area its words."""
    return {
        **buyer_words(),
        "grade_label": label_of_grade,
        "unit_word": unit_word,
        "tenths": lambda value: format_decimal(Decimal(value) / 10, number_format=number_format()),
        "state_of": demand_state,
        "is_buyer": is_buyer(),
        "may_write": is_buyer() and g.actor.may(Permission.DEMANDS_WRITE),
    }


# These register their routes on the blueprint above.
from chain.buyers.views import demands, gaps, limits, vetting  # noqa: E402

__all__ = ["NAVIGATION", "blueprint", "demands", "gaps", "limits", "vetting"]
