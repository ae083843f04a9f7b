"""What a producer sees of the own debts and of what must be passed on."""

from flask import g, render_template

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.dues.queries.debts import own_debts as read_own_debts
from chain.dues.queries.passing import own_obligations
from chain.dues.views import blueprint
from chain.producers.queries import producer_of_user
from chain.web.access import permission_required


@blueprint.get("/my-debts")
@permission_required(Permission.OWN_INCOME_READ)
def own_debts() -> str:
    """Show what one owes, and what one must pass on."""
    own = producer_of_user(db.session, g.actor.user_id)
    debts = read_own_debts(db.session, own.id) if own else []
    open_minor: dict[str, int] = {}
    for one in debts:
        currency = one.movement.currency
        open_minor[currency] = open_minor.get(currency, 0) + one.movement.balance_minor
    return render_template(
        "dues/own.html",
        debts=debts,
        open_minor=open_minor,
        obligations=own_obligations(db.session, own.id) if own else [],
    )
