"""One price for everything, set in one step; the address that prices had before there were schemes."""

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.pricing.forms import FlatPriceForm, hundredths
from chain.pricing.pages import local_today
from chain.pricing.services.flat import set_price
from chain.pricing.views import blueprint
from chain.web.access import permission_required
from chain.web.i18n import gettext


@blueprint.get("/period-prices")
@permission_required(Permission.RUNS_READ)
def price_list() -> Response:
    """Lead to the price lists."""
    return redirect(url_for("pricing.scheme_list"), 308)


@blueprint.get("/period-prices/new")
@permission_required(Permission.PRICES_WRITE)
def price_form() -> str:
    """Show the form."""
    form = FlatPriceForm()
    form.offer()
    form.commodity.data = "raw-milk"
    form.valid_from.data = local_today()
    return render_template("pricing/price_new.html", form=form)


@blueprint.post("/period-prices/new")
@permission_required(Permission.PRICES_WRITE)
def price_submit() -> Response | tuple[str, int]:
    """Set a price."""
    form = FlatPriceForm()
    form.offer()
    price = hundredths(form.price) if form.validate_on_submit() else None
    if price is not None and form.valid_from.data and form.valid_to.data:
        try:
            with atomic() as session:
                set_price(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    price_id=form.id.value,
                    commodity=form.commodity.data,
                    price_minor_per_unit=price,
                    valid_from=form.valid_from.data,
                    valid_to=form.valid_to.data,
                    decided_by=form.decided_by.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The price is set.")), "success")
            return redirect(url_for("pricing.scheme_list"))
    return render_template("pricing/price_new.html", form=form), 422
