"""The page on which the books are held against the card provider's balance."""

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import db
from chain.core.i18n import N_
from chain.payin.card_edge import card_house, catch_up, takes_cards
from chain.payin.errors import CardProviderAway, CardsOff
from chain.payin.queries import cards as queries
from chain.payin.views import blueprint
from chain.web.access import permission_required
from chain.web.i18n import gettext


@blueprint.get("/card-payments")
@permission_required(Permission.PAYIN_WRITE)
def card_list() -> str:
    """Show the provider's balance, our movements, the books, and every difference."""
    house_id = g.actor.org
    is_on = takes_cards(db.session, house_id)
    balances, is_away = None, False
    if is_on:
        try:
            balances = card_house(db.session)[0].balance()
        except CardProviderAway:
            is_away = True
    return render_template(
        "payin/cards.html",
        is_on=is_on,
        is_away=is_away,
        checks=queries.card_checks(db.session, house_id, balances),
        unbooked=queries.unbooked_movements(db.session, house_id),
        movements=queries.latest_movements(db.session, house_id),
        disputes=queries.open_disputes(db.session, house_id),
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
