"""Pages of the laboratory: samples, values, instruments and their files, second opinions, a producer's own deliveries."""

from typing import Any

from flask import Blueprint

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.i18n import N_
from chain.laboratory.queries.opinions import count_blind
from chain.laboratory.words import laboratory_words
from chain.web.navigation import COLLECTION, NavigationItem
from chain.web.waiting import register_waiting

blueprint = Blueprint("laboratory", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Laboratory"),
        "laboratory.home",
        Permission.LOTS_READ,
        order=35,
        about=N_("Samples, measurements and second opinions"),
        group=COLLECTION,
    ),
    NavigationItem(
        N_("My deliveries"),
        "laboratory.own_deliveries",
        Permission.OWN_OPINIONS_ASK,
        order=12,
        about=N_("Their class, and how to ask for a second opinion"),
    ),
]

register_waiting(
    Permission.GRADES_CONFIRM,
    N_("Second opinions that wait for you"),
    "laboratory.blind_queue",
    lambda session, actor: count_blind(session, actor, now=utc_now()),
)


@blueprint.app_context_processor
def words() -> dict[str, Any]:
    """Give every template `laboratory`, since panels of this area stand on pages of others."""
    return {"laboratory": laboratory_words}


@blueprint.context_processor
def own_words() -> dict[str, Any]:
    """Give the templates of this area its words by their own names."""
    return laboratory_words()


# These register their routes on the blueprint above.
from chain.laboratory.views import (  # noqa: E402
    files,
    instruments,
    measurements,
    opinions,
    panel,
    producers,
    samples,
)

__all__ = ["files", "instruments", "measurements", "opinions", "panel", "producers", "samples"]
