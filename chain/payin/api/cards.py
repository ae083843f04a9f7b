"""Payments by card as a resource: the provider's balance against the books, and what was missed."""

from typing import Any

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import db
from chain.payin.card_edge import CaughtUp, catch_up, reconcile_cards, takes_cards
from chain.payin.card_schemas import CardReconciliationSchema, CaughtUpSchema
from chain.payin.errors import CardsOff
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint

blueprint = ApiBlueprint(
    "card_payments", __name__, url="/card-payments", description="Payments by card against the books."
)


@blueprint.get("/reconciliation")
@blueprint.response(200, CardReconciliationSchema)
@permission_required(Permission.PAYIN_WRITE)
def card_reconciliation() -> dict[str, Any]:
    """Hold the books against the provider's balance, by currency, with what no entry explains."""
    found = reconcile_cards(g.actor.org)
    return {
        "is_on": found.is_on,
        "is_away": found.is_away,
        "checks": found.checks,
        "unbooked": found.unbooked,
        "open_disputes": found.disputes,
    }


@blueprint.post("/catch-up")
@blueprint.response(200, CaughtUpSchema)
@permission_required(Permission.PAYIN_WRITE)
def card_catch_up() -> CaughtUp:
    """Ask the provider for notices, movements and refunds that were missed; each is applied once."""
    if not takes_cards(db.session, g.actor.org):
        raise CardsOff
    return catch_up(utc_now())
