"""Pages of standing demands: a buyer's own, and for sellers those of all buyers."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import OrganisationKind, Permission
from chain.buyers import queries
from chain.buyers.forms import DemandForm, unit_word
from chain.buyers.models import Demand
from chain.buyers.rules import (
    CLAIM_LABELS,
    COLOURS,
    COMMODITY_LABELS,
    FIBRES,
    UNITS,
    DemandState,
    grade_label,
)
from chain.buyers.services.demands import open_demand, withdraw_demand
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.core.paging import PageRequest
from chain.web.access import permission_required
from chain.web.formats import format_decimal, number_format, timezone_name
from chain.web.navigation import NavigationItem

blueprint = Blueprint("buyers", __name__)

NAVIGATION = [NavigationItem(N_("Standing demands"), "buyers.demand_list", Permission.DEMANDS_READ, order=45)]
CLAIM_TONES = {"conventional": "neutral", "transition": "transition", "organic": "organic"}

Answer = str | Response | tuple[str, int]


@blueprint.context_processor
def words() -> dict[str, object]:
    """Give the templates of this area the words for products, classes, colours and claims."""
    return {
        "commodity_labels": COMMODITY_LABELS,
        "colour_labels": COLOURS,
        "claim_labels": CLAIM_LABELS,
        "claim_tones": CLAIM_TONES,
        "grade_label": grade_label,
        "units": UNITS,
        "unit_word": unit_word,
        "tenths": lambda value: format_decimal(Decimal(value) / 10, number_format=number_format()),
        "state_of": _state,
        "may_write": _is_buyer() and g.actor.may(Permission.DEMANDS_WRITE),
    }


def _is_buyer() -> bool:
    return g.actor is not None and g.actor.organisation_kind is OrganisationKind.BUYER


def local_today() -> date:
    """Return the day it is at the organisation."""
    return local_date(utc_now(), timezone_name())


def _state(demand: Demand) -> tuple[str, str]:
    """Return the word and tone of how a demand stands today."""
    today = local_today()
    if demand.state == DemandState.WITHDRAWN:
        return N_("Withdrawn"), "neutral"
    if today > demand.valid_to:
        return N_("Ended"), "neutral"
    if today < demand.valid_from:
        return N_("Not begun"), "info"
    return N_("In effect"), "success"


def _commodity() -> str:
    asked = request.args.get("commodity", "")
    return asked if asked in COMMODITY_LABELS else FIBRES[0]


@blueprint.get("/demands")
@permission_required(Permission.DEMANDS_READ)
def demand_list() -> str:
    """Show a buyer its own demands, and sellers the open ones of all buyers; `?commodity=` narrows these."""
    request_ = PageRequest(page=request.args.get("page", 1, int), sort=request.args.get("sort"))
    if _is_buyer():
        page = queries.list_own_demands(db.session, g.actor, request_)
        return render_template("buyers/own.html", page=page)
    commodity = request.args.get("commodity") or None
    page = queries.list_open_demands(db.session, request_, today=local_today(), commodity=commodity)
    return render_template("buyers/open.html", page=page, commodity=commodity)


@blueprint.get("/demands/new")
@permission_required(Permission.DEMANDS_WRITE)
def demand_form() -> str:
    """Show the empty form; `?commodity=` chooses the product."""
    form = DemandForm()
    form.offer(_commodity())
    form.valid_from.data = local_today()
    return render_template("buyers/new.html", form=form, commodity=_commodity(), currency=g.currency)


@blueprint.post("/demands/new")
@permission_required(Permission.DEMANDS_WRITE)
def demand_submit() -> Answer:
    """Open the demand."""
    form = DemandForm()
    form.offer(_commodity())
    if form.validate_on_submit():
        try:
            terms = form.terms(_commodity(), g.currency)
            with atomic() as session:
                demand, _is_new = open_demand(
                    session, actor=g.actor, now=utc_now(), demand_id=form.id.value, terms=terms
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The demand is open. Sellers can see it."), "success")
            return redirect(url_for("buyers.demand_detail", demand_id=demand.id))
    page = render_template("buyers/new.html", form=form, commodity=_commodity(), currency=g.currency)
    return page, 422


@blueprint.get("/demands/<uuid:demand_id>")
@permission_required(Permission.DEMANDS_READ)
def demand_detail(demand_id: UUID) -> str:
    """Show a demand."""
    row = queries.get_demand_row_for(db.session, g.actor, demand_id, today=local_today())
    is_own = row.demand.organisation_id == g.actor.org
    return render_template("buyers/detail.html", row=row, demand=row.demand, is_own=is_own)


@blueprint.post("/demands/<uuid:demand_id>/withdraw")
@permission_required(Permission.DEMANDS_WRITE)
def demand_withdraw(demand_id: UUID) -> Response:
    """Withdraw the demand."""
    with atomic() as session:
        withdraw_demand(session, actor=g.actor, now=utc_now(), demand_id=demand_id)
    flash(N_("The demand is withdrawn."), "success")
    return redirect(url_for("buyers.demand_detail", demand_id=demand_id))
