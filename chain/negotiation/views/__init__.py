"""Pages of negotiation: offers, lots open to offers, samples."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, g

from chain.accounts.rules import Permission
from chain.certification.rules import CLAIM_LABELS
from chain.core.i18n import N_
from chain.lots.attributes import COLOURS
from chain.lots.grades import class_with_norm
from chain.lots.labels import SWATCHES
from chain.lots.panels import LotAction, Panel, register_action, register_panel
from chain.lots.products import PRODUCT_LABELS
from chain.lots.rules import LotState
from chain.negotiation.queries.offers import count_to_answer, may_write_offers
from chain.negotiation.queries.samples import count_samples_to_answer, judgements_of_lot
from chain.negotiation.rules import OFFER_STATE_LABELS, SIDE_LABELS, STEP_LABELS
from chain.negotiation.sample_rules import SAMPLE_STATE_LABELS, WOULD_BUY_LABELS
from chain.sales.rules import AWARD_STATE_LABELS
from chain.web.formats import CURRENCY_SIGNS
from chain.web.i18n import current_language
from chain.web.navigation import MARKET, NavigationItem
from chain.web.waiting import register_waiting

blueprint = Blueprint("negotiation", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Offers"),
        "negotiation.offer_list",
        Permission.BIDS_PLACE,
        order=42,
        about=N_("Negotiate lots with a seller, ask for samples"),
        covers=("/open-lots", "/samples"),
        group=MARKET,
    ),
]

register_waiting(
    Permission.BIDS_PLACE,
    N_("Offers that wait for your answer"),
    "negotiation.offer_list",
    count_to_answer,
    waits="1",
)
register_waiting(
    Permission.TENDERS_WRITE,
    N_("Offers that wait for your answer"),
    "negotiation.offer_list",
    lambda session, actor: 0 if actor.may(Permission.BIDS_PLACE) else count_to_answer(session, actor),
    waits="1",
    side="seller",
)
register_waiting(
    Permission.TENDERS_WRITE,
    N_("Samples to agree to and send"),
    "negotiation.sample_list",
    count_samples_to_answer,
)
register_action(
    LotAction(
        permission=Permission.TENDERS_WRITE,
        label=N_("Offer it to one buyer"),
        endpoint="negotiation.offer_form",
        is_offered=lambda lot: lot.state == LotState.GRADED and lot.grade_confirmed,
        argument="lot",
        order=60,
    )
)


def _panel(session: Any, actor: Any, lot: Any) -> dict[str, Any] | None:
    found = judgements_of_lot(session, actor, lot.id)
    return {"rows": found, **words()} if found else None


register_panel(Panel(Permission.LOTS_READ, "negotiation/lot_panel.html", _panel, order=90))

OFFER_TONES = {
    "open": "info",
    "countered": "info",
    "accepted": "warning",
    "sold": "success",
    "declined": "error",
    "refused": "error",
    "withdrawn": "neutral",
    "expired": "neutral",
    "gone": "error",
}
SAMPLE_TONES = {
    "asked": "info",
    "agreed": "info",
    "refused": "error",
    "withdrawn": "neutral",
    "sent": "warning",
    "received": "info",
    "judged": "success",
}
CLAIM_TONES = {"organic": "organic", "transition": "transition", "conventional": "neutral"}


def colour_name(key: str | None) -> str:
    """Return a colour in the reader's language."""
    if key is None:
        return "—"
    found = COLOURS.get(key)
    return found.names["en" if current_language() == "en" else "es"].capitalize() if found else key


def grade_name(scheme: str | None, edition: str | None, key: str | None) -> str:
    """Return a class with its norm in the reader's language."""
    return class_with_norm(scheme, edition, key, current_language())


def words() -> dict[str, Any]:
    """Return the words and colours of this area, also for its panel on the page of a lot."""
    return {
        "offer_labels": OFFER_STATE_LABELS,
        "offer_tones": OFFER_TONES,
        "step_labels": STEP_LABELS,
        "side_labels": SIDE_LABELS,
        "sample_labels": SAMPLE_STATE_LABELS,
        "sample_tones": SAMPLE_TONES,
        "would_labels": WOULD_BUY_LABELS,
        "award_labels": AWARD_STATE_LABELS,
        "claim_labels": CLAIM_LABELS,
        "claim_tones": CLAIM_TONES,
        "commodity_labels": PRODUCT_LABELS,
        "currency_signs": CURRENCY_SIGNS,
        "unit_words": {"g": "kg", "ml": "l"},
        "swatches": SWATCHES,
        "grade_name": grade_name,
        "colour_name": colour_name,
        "tenths": lambda value: Decimal(value) / 10,
    }


@blueprint.context_processor
def negotiation_words() -> dict[str, Any]:
    """Give the templates of this area their words."""
    may_write = g.actor is not None and g.actor.organisation_id is not None and may_write_offers(g.actor)
    return {**words(), "may_write": may_write}


from chain.negotiation.views import offers, open_lots, samples  # noqa: E402, F401 - they register their routes on the blueprint above
