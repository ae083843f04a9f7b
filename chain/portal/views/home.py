"""The home of a buyer: what needs attention, and the doors to everything else."""

from flask import g, render_template, url_for
from werkzeug.routing import BuildError

from chain.accounts.rules import Permission
from chain.core.attention import attention_for, most_urgent
from chain.core.clock import utc_now
from chain.core.db import db
from chain.core.i18n import N_
from chain.core.paging import PageRequest
from chain.portal.queries.alerts import count_unread, list_alerts
from chain.portal.views import blueprint
from chain.web.access import permission_required
from chain.web.waiting import waiting_for_actor

#: Single things that the home lists; the counts lead to the rest.
MOST_URGENT = 12
NEWEST_ALERTS = 3
#: Lists whose waiting things a section already says, each by its name.
NAMED = ("negotiation.offer_list", "matching.proposal_list_buyer", "sales.award_list", "sales.claim_list")
DOORS = (
    ("market.board_list", N_("Lots on offer"), N_("Sealed tenders that take bids")),
    ("auctions.live_list", N_("Live auctions"), N_("Bid against others until the hammer falls")),
    ("auctions.clock_list", N_("Two-round clocks"), N_("Ask for kilograms at the price of the round")),
    ("negotiation.open_lot_list", N_("Lots open to offers"), N_("Name your price to one seller")),
    ("negotiation.offer_list", N_("Offers"), N_("What you negotiate with sellers")),
    ("market.bid_list", N_("My bids"), N_("Your sealed bids and their results")),
    ("buyers.demand_list", N_("My demands"), N_("What you want to buy, for all sellers to see")),
    ("sales.sale_list", N_("Contracts"), N_("Your purchases with their contracts")),
    ("custody.incoming_list", N_("Arrivals"), N_("Loads on their way to you")),
    ("portal.payment_list", N_("Payments"), N_("What is paid and what is open")),
    ("portal.paper_list", N_("Documents"), N_("Contracts, waybills and certificates")),
    ("negotiation.sample_list", N_("Samples"), N_("Asked for, sent, judged")),
    ("portal.search_list", N_("Saved searches"), N_("Be told when something fits")),
    ("portal.alert_list", N_("Alerts"), N_("What happened, and how you are told")),
)


@blueprint.get("/portal")
@permission_required(Permission.BIDS_PLACE)
def portal_home() -> str:
    """Show the home of a buyer."""
    return render_home()


def render_home() -> str:
    """Return the home of the buyer who asks."""
    session, actor, now = db.session, g.actor, utc_now()
    waiting = attention_for(session, actor, now)
    doors = [(one.section.label, _address(one.section.endpoint), len(one.items)) for one in waiting]
    own = {_address(endpoint) for endpoint in NAMED}
    counted = [one for one in waiting_for_actor(session) if one.href.partition("?")[0] not in own]
    return render_template(
        "portal/home.html",
        waiting=[*doors, *((one.label, one.href, one.count) for one in counted)],
        urgent=most_urgent(waiting, MOST_URGENT),
        unread=count_unread(session, actor),
        alerts=list_alerts(session, actor, PageRequest(1, NEWEST_ALERTS), unread=True).items,
        doors=[
            (label, address, about) for endpoint, label, about in DOORS if (address := _address(endpoint))
        ],
        now=now,
    )


def _address(endpoint: str) -> str | None:
    try:
        return url_for(endpoint)
    except BuildError:
        return None
