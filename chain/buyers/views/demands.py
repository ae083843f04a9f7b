"""Pages of standing demands: a buyer's own, and for sellers those of all buyers that are for them."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.buyers import queries
from chain.buyers.class_options import offered_classes
from chain.buyers.forms import DemandForm, typed_terms, unit_word
from chain.buyers.gap_queries import demand_gaps
from chain.buyers.models import Demand
from chain.buyers.pricing import PremiumKind, read_premiums, read_rows
from chain.buyers.queries import DemandRow
from chain.buyers.rules import (
    CLAIM_LABELS,
    COLOURS,
    COMMODITY_LABELS,
    FIBRES,
    FREIGHT_LABELS,
    PERIOD_LABELS,
)
from chain.buyers.services.demands import change_demand, open_demand, withdraw_demand
from chain.buyers.views import blueprint, is_buyer
from chain.buyers.words import demand_state, label_of_grade, local_today
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.core.paging import Page, PageRequest
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.formats import format_decimal, number_format
from chain.web.i18n import current_language, gettext
from chain.web.lists import every_row, page_wanted

Answer = str | Response | tuple[str, int]
#: Pages of a file: as many demands as a buyer or all buyers together may have in years.
MAX_FILE_PAGES = 50


def _commodity() -> str:
    asked = request.args.get("commodity", "")
    return asked if asked in COMMODITY_LABELS else FIBRES[0]


def _page(wanted: PageRequest, commodity: str | None) -> Page[DemandRow]:
    if is_buyer():
        return queries.list_own_demands(db.session, g.actor, wanted, commodity=commodity)
    return queries.list_open_demands(db.session, g.actor, wanted, today=local_today(), commodity=commodity)


@blueprint.get("/demands")
@permission_required(Permission.DEMANDS_READ)
def demand_list() -> str:
    """Show a buyer its own demands, and sellers the open ones of all buyers; `?commodity=` narrows these."""
    wanted = page_wanted(sortable=True)
    commodity = request.args.get("commodity") or None
    page = _page(wanted, commodity)
    return render_template(
        "buyers/own.html" if is_buyer() else "buyers/open.html", page=page, commodity=commodity
    )


@blueprint.get("/demands.csv")
@permission_required(Permission.DEMANDS_READ)
def demand_file() -> FlaskResponse:
    """Send the same list as a CSV file, with the price grid in one cell."""
    commodity = request.args.get("commodity") or None
    header = [
        gettext(one)
        for one in (
            N_("Title"), N_("Buyer"), N_("Product"), N_("Classes"), N_("Colours"), N_("Microns from"),
            N_("Microns to"), N_("Certification"), N_("Period"), N_("Quantity from"), N_("Quantity to"),
            N_("Unit"), N_("Price"), N_("Price grid"), N_("Currency"), N_("Freight"), N_("First day"), N_("Last day"),
            N_("State"), N_("Version"),
        )
    ]  # fmt: skip

    rows = every_row(lambda wanted: _page(wanted, commodity), pages=MAX_FILE_PAGES)
    return csv_response("demands.csv", header, (_file_row(row) for row in rows))


def _file_row(row: DemandRow) -> list[object]:
    one = row.demand
    return [
        one.title,
        row.buyer_name,
        gettext(COMMODITY_LABELS[one.commodity]),
        " | ".join(label_of_grade(grade) for grade in one.grades),
        " | ".join(gettext(COLOURS[colour]) for colour in one.colours),
        _number(one.micron_min_tenths, 10),
        _number(one.micron_max_tenths, 10),
        gettext(CLAIM_LABELS[one.claim]),
        gettext(PERIOD_LABELS[one.period]),
        _number(one.min_quantity, 1000),
        _number(one.max_quantity, 1000),
        unit_word(one.commodity),
        _number(one.price_minor_per_unit, 100),
        " | ".join(
            f"{label_of_grade(price.grade) if price.grade else '*'}; "
            f"{gettext(COLOURS[price.colour]) if price.colour else '*'}; {_number(price.price_minor, 100)}"
            for price in read_rows(one.price_grid)
        ),
        one.currency,
        gettext(FREIGHT_LABELS[one.freight]),
        one.valid_from.isoformat(),
        one.valid_to.isoformat(),
        gettext(demand_state(one)[0]),
        one.version,
    ]


def _number(value: int | None, divisor: int) -> str:
    if value is None:
        return ""
    return format_decimal(Decimal(value) / divisor, number_format=number_format())


def _form(commodity: str, **values: Any) -> DemandForm:
    form = DemandForm(**values)
    form.offer(
        commodity,
        offered_classes(commodity, g.actor.organisation_id, current_language()),
        queries.seller_names(db.session),
    )
    return form


@blueprint.get("/demands/new")
@permission_required(Permission.DEMANDS_WRITE)
def demand_form() -> str:
    """Show the empty form; `?commodity=` chooses the product."""
    form = _form(_commodity())
    form.valid_from.data = local_today()
    return render_template(
        "buyers/new.html", form=form, commodity=_commodity(), currency=g.currency, demand=None
    )


@blueprint.post("/demands/new")
@permission_required(Permission.DEMANDS_WRITE)
def demand_submit() -> Answer:
    """Open the demand, or give the form more rows."""
    commodity = _commodity()
    form = _form(commodity)
    shown = {"form": form, "commodity": commodity, "currency": g.currency, "demand": None}
    if "more" in request.form:
        form.add_rows(commodity)
        return render_template("buyers/new.html", **shown)
    if form.validate_on_submit():
        try:
            terms = form.terms(commodity, g.currency)
            with atomic() as session:
                demand, _is_new = open_demand(
                    session, actor=g.actor, now=utc_now(), demand_id=form.id.value, terms=terms
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The demand is open. Sellers can see it."), "success")
            return redirect(url_for("buyers.demand_detail", demand_id=demand.id))
    return render_template("buyers/new.html", **shown), 422


@blueprint.get("/demands/<uuid:demand_id>")
@permission_required(Permission.DEMANDS_READ)
def demand_detail(demand_id: UUID) -> str:
    """Show a demand with its prices, what each period lacks and, to its buyer, what it said before."""
    row = queries.get_demand_row_for(db.session, g.actor, demand_id, today=local_today())
    demand = row.demand
    is_own = demand.organisation_id == g.actor.org
    named = dict(queries.seller_names(db.session)) if demand.centres or demand.private_to else {}
    return render_template(
        "buyers/detail.html",
        row=row,
        demand=demand,
        is_own=is_own,
        prices=read_rows(demand.price_grid),
        premiums=read_premiums(demand.premiums),
        kinds=PremiumKind,
        gaps=demand_gaps(db.session, demand),
        today=local_today(),
        versions=queries.list_versions(db.session, demand) if is_own else [],
        centres=[name for key, name in named.items() if str(key) in demand.centres],
        audience=[name for key, name in named.items() if str(key) in demand.private_to] if is_own else [],
    )


@blueprint.get("/demands/<uuid:demand_id>/change")
@permission_required(Permission.DEMANDS_WRITE)
def demand_change_form(demand_id: UUID) -> str:
    """Show the terms of an own demand to be changed."""
    demand = _own(demand_id)
    form = _form(demand.commodity, data=typed_terms(demand))
    form.add_rows(demand.commodity)
    return render_template(
        "buyers/new.html", form=form, commodity=demand.commodity, currency=demand.currency, demand=demand
    )


@blueprint.post("/demands/<uuid:demand_id>/change")
@permission_required(Permission.DEMANDS_WRITE)
def demand_change_submit(demand_id: UUID) -> Answer:
    """Change the demand, or give the form more rows."""
    demand = _own(demand_id)
    form = _form(demand.commodity)
    shown = {"form": form, "commodity": demand.commodity, "currency": demand.currency, "demand": demand}
    if "more" in request.form:
        form.add_rows(demand.commodity)
        return render_template("buyers/new.html", **shown)
    if form.validate_on_submit():
        version = form.version.data or ""
        try:
            terms = form.terms(demand.commodity, demand.currency)
            with atomic() as session:
                change_demand(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    demand_id=demand_id,
                    version=int(version) if version.isdecimal() else 0,
                    terms=terms,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The demand is changed. What it said before is kept."), "success")
            return redirect(url_for("buyers.demand_detail", demand_id=demand_id))
    return render_template("buyers/new.html", **shown), 422


def _own(demand_id: UUID) -> Demand:
    return queries.get_own_demand(db.session, g.actor, demand_id)


@blueprint.post("/demands/<uuid:demand_id>/withdraw")
@permission_required(Permission.DEMANDS_WRITE)
def demand_withdraw(demand_id: UUID) -> Response:
    """Withdraw the demand."""
    with atomic() as session:
        withdraw_demand(session, actor=g.actor, now=utc_now(), demand_id=demand_id)
    flash(N_("The demand is withdrawn."), "success")
    return redirect(url_for("buyers.demand_detail", demand_id=demand_id))
