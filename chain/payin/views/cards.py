"""The page on which the books are held against the card provider's balance."""

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import db
from chain.core.i18n import N_
from chain.payin.card_edge import catch_up, reconcile_cards, takes_cards
from chain.payin.errors import CardProviderAway, CardsOff
from chain.payin.queries import cards as queries
from chain.payin.views import blueprint
from chain.web.access import permission_required
from chain.web.i18n import gettext


@blueprint.get("/card-payments")
@permission_required(Permission.PAYIN_WRITE)
def card_list() -> str:
    """Show the provider's balance, our movements, the books, and every difference."""
    found = reconcile_cards(g.actor.org)
    return render_template(
        "payin/cards.html",
        is_on=found.is_on,
        is_away=found.is_away,
        checks=found.checks,
        unbooked=found.unbooked,
        movements=queries.latest_movements(db.session, g.actor.org),
        disputes=found.disputes,
    )


@blueprint.post("/card-payments/catch-up")
@permission_required(Permission.PAYIN_WRITE)
def card_catch_up() -> BaseResponse:
    """Ask the provider for what was missed."""
    if not takes_cards(db.session, g.actor.org):
        raise CardsOff
    try:
        found = catch_up(utc_now())
    except CardProviderAway as refused:
        flash(gettext(refused.message), "error")
    else:
        flash(
            gettext(
                N_("Asked: %(events)s notices and %(movements)s movements were new."),
                events=found.events,
                movements=found.movements,
            ),
            "success",
        )
    return redirect(url_for("payin.card_list"))
