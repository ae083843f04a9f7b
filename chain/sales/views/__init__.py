"""Pages of sales: awards to confirm, sales and their contracts, deliveries, claims, endings, rule and terms."""

from typing import Any

from flask import Blueprint

from chain.accounts.rules import Permission
from chain.core.i18n import N_
from chain.custody.sold import register_buyers
from chain.genealogy.receivers import register_receivers
from chain.sales.queries.awards import count_to_confirm
from chain.sales.queries.buyers import buyers_of, receivers_of
from chain.sales.queries.findings import count_cancellations_asked, count_open_claims
from chain.sales.words import page_words
from chain.web.navigation import MARKET, NavigationItem
from chain.web.waiting import register_waiting

blueprint = Blueprint("sales", __name__)

NAVIGATION: list[NavigationItem] = [
    NavigationItem(
        N_("Sales and purchases"), "sales.sale_list", Permission.SALES_READ, order=45, group=MARKET
    ),
]

register_waiting(
    Permission.AWARDS_ACCEPT,
    N_("Awards to confirm or decline"),
    "sales.award_list",
    count_to_confirm,
    state="waiting",
)
register_waiting(
    Permission.AWARDS_ACCEPT,
    N_("Claims of buyers to answer"),
    "sales.claim_list",
    count_open_claims,
    state="open",
)
register_waiting(
    Permission.SALES_READ,
    N_("Cancellations to answer"),
    "sales.sale_list",
    count_cancellations_asked,
)
register_buyers(buyers_of)
register_receivers("market", receivers_of)


@blueprint.context_processor
def sales_words() -> dict[str, Any]:
    """Give the templates of this area the words and colours for what they show."""
    return page_words()


from chain.sales.views import awards, claims, contracts, endings, events, sales, terms  # noqa: E402, F401 - they register their routes on the blueprint above
