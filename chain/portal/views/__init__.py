"""Pages of the portal: a buyer's home, alerts and how they come, searches, payments, papers."""

from flask import Blueprint
from flask.sansio.blueprints import BlueprintSetupState

from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.core.attention import Section, register_attention
from chain.core.i18n import N_
from chain.portal.mailer import use_mail
from chain.portal.queries import attention
from chain.web.homes import register_home
from chain.web.navigation import NavigationItem

blueprint = Blueprint("portal", __name__)

NAVIGATION: list[NavigationItem] = []

SECTIONS = (
    Section("proposals", Permission.BIDS_PLACE, N_("Proposals to answer"), "matching.proposal_list_buyer",
            attention.proposals_to_answer, 10),
    Section("offers", Permission.BIDS_PLACE, N_("Offers to answer"), "negotiation.offer_list",
            attention.offers_to_answer, 20),
    Section("outbid", Permission.BIDS_PLACE, N_("Auctions in which you were outbid"), "auctions.live_list",
            attention.outbid, 30),
    Section("deadlines", Permission.BIDS_PLACE, N_("Tenders that close within a day"), "market.board_list",
            attention.deadlines_near, 40),
    Section("awards", Permission.SALES_READ, N_("Won, not yet confirmed"), "sales.award_list",
            attention.waiting_awards, 50),
    Section("arrivals", Permission.ARRIVALS_CONFIRM, N_("Arrivals to confirm"), "custody.incoming_list",
            attention.arrivals, 60),
    Section("payments", Permission.SALES_READ, N_("Payments due"), "portal.payment_list", attention.payments, 70),
    Section("samples", Permission.BIDS_PLACE, N_("Samples to judge"), "negotiation.sample_list",
            attention.samples, 80),
    Section("claims", Permission.SALES_READ, N_("Claims without an answer"), "sales.claim_list",
            attention.claims, 90),
)  # fmt: skip
for _section in SECTIONS:
    register_attention(_section)


@blueprint.record_once
def connect(state: BlueprintSetupState) -> None:
    """Connect the mail server of the settings; let mail programs unsubscribe by one click, which carries no form token."""
    use_mail(state.app.config["SETTINGS"])
    state.app.extensions["csrf"].exempt("chain.portal.views.alerts.unsubscribe_submit")


def is_buyer(actor: Actor) -> bool:
    """Tell whether the actor works for a buying organisation and may bid for it."""
    return actor.organisation_kind is OrganisationKind.BUYER and actor.may(Permission.BIDS_PLACE)


from chain.portal.views import alerts, home, papers, searches  # noqa: E402, F401 - they register their routes on the blueprint above

register_home(is_buyer, home.render_home)
