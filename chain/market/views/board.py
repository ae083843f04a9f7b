"""Pages of the buyer: the board, an offer with its bid form, the own bids, the matches of a demand."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import db, run_atomic
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.core.paging import PageRequest
from chain.lots.products import PRODUCTS
from chain.market import services
from chain.market.forms import BidForm
from chain.market.queries.bids import bid_result, list_own_bids, own_bids
from chain.market.queries.lots import lot_mixes, tender_lots
from chain.market.queries.matches import demand_matches
from chain.market.queries.tenders import (
    board,
    board_options,
    get_tender_for,
    is_buyer,
    is_own_winner,
)
from chain.market.views import blueprint
from chain.market.views.filters import (
    centre_choices,
    claim_choices,
    colour_choices,
    commodity_choices,
    grade_choices,
    read_filters,
)
from chain.market.views.tenders import page_number
from chain.web.access import permission_required

FILTERS = ("commodity", "grade", "colour", "micron_min", "micron_max", "claim", "centre", "kg")


@blueprint.get("/board")
@permission_required(Permission.BOARD_READ)
def board_list() -> str:
    """Show the open tenders; filters stand in the address."""
    now = utc_now()
    filters = read_filters(request.args)
    options = board_options(db.session, g.actor, now=now)
    return render_template(
        "market/board.html",
        page=board(db.session, g.actor, filters, PageRequest(page_number()), now=now),
        now=now,
        filters=filters,
        typed={name: request.args.get(name, "") for name in FILTERS},
        is_filtered=any(request.args.get(name) for name in FILTERS),
        commodities=commodity_choices([one for one in PRODUCTS if one in options.commodities], with_any=True),
        grades=grade_choices(list(options.grades)),
        colours=colour_choices(list(options.colours)),
        claims=claim_choices(),
        centres=centre_choices(options),
    )


@blueprint.get("/board/<uuid:tender_id>")
@permission_required(Permission.BOARD_READ)
def offer_detail(tender_id: UUID) -> str:
    """Show a tender as bidders see it."""
    return _offer_page(tender_id, BidForm(formdata=None))


def _offer_page(tender_id: UUID, form: BidForm) -> str:
    now, session = utc_now(), db.session
    tender = get_tender_for(session, g.actor, tender_id, now=now)
    bids = own_bids(session, g.actor, tender.id) if is_buyer(g.actor) else []
    result = None
    if bids:
        result = bid_result(tender.state, is_winner=is_own_winner(session, g.actor, tender.id))
    return render_template(
        "market/offer.html",
        tender=tender,
        mix=lot_mixes(session, [tender.id])[tender.id],
        page=tender_lots(session, tender.id, PageRequest(page_number())),
        bids=bids,
        result=result,
        form=form,
        now=now,
        lot_url=partial(_lot_url, tender.id),
        may_bid=is_buyer(g.actor) and g.actor.may(Permission.BIDS_PLACE) and tender.takes_bids(now),
    )


def _lot_url(tender_id: UUID, lot_id: UUID) -> str:
    return url_for("market.offered_lot_detail", tender_id=tender_id, lot_id=lot_id)


@blueprint.post("/board/<uuid:tender_id>")
@permission_required(Permission.BIDS_PLACE)
def bid_submit(tender_id: UUID) -> Response | tuple[str, int]:
    """Place a bid or replace the own last one."""
    received = utc_now()
    form = BidForm()
    if form.validate_on_submit():

        def place(session: Any) -> None:
            services.place_bid(
                session,
                actor=g.actor,
                now=received,
                tender_id=tender_id,
                id=form.id.value,
                price_minor_per_unit=form.price.minor,
            )

        try:
            run_atomic(place)
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("Your bid was received and sealed."), "success")
            return redirect(url_for("market.offer_detail", tender_id=tender_id))
    return _offer_page(tender_id, form), 422


@blueprint.get("/bids")
@permission_required(Permission.BIDS_PLACE)
def bid_list() -> str:
    """Show the own last bid in each tender and what became of it."""
    page = list_own_bids(db.session, g.actor, PageRequest(page_number()))
    return render_template("market/bids.html", page=page, now=utc_now())


@blueprint.get("/demands/<uuid:demand_id>/matches", endpoint="demand_matches")
@permission_required(Permission.DEMANDS_READ)
def demand_matches_page(demand_id: UUID) -> str:
    """Show which lots on offer meet a demand, and what the others lack."""
    found = demand_matches(db.session, g.actor, demand_id, PageRequest(page_number()), now=utc_now())
    return render_template("market/matches.html", found=found, demand=found.demand, now=utc_now())
