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
from chain.lots.products import PRODUCT_LABELS, PRODUCTS
from chain.market import services
from chain.market.forms import BidForm, BidLine, BidLines, bid_form
from chain.market.labels import colour_name
from chain.market.queries.bid_lines import bid_lines
from chain.market.queries.bidder_log import bidder_log
from chain.market.queries.bids import BID_RESULT_LABELS, list_own_bids, own_bids, own_result
from chain.market.queries.lots import lot_mixes, tender_lots
from chain.market.queries.matches import demand_matches
from chain.market.queries.sealed import offer_of
from chain.market.queries.tenders import TenderView, board, board_options, get_tender_for, is_buyer
from chain.market.views import UNIT_WORDS, blueprint, class_of, offer_words
from chain.market.views.filters import (
    centre_choices,
    claim_choices,
    colour_choices,
    commodity_choices,
    grade_choices,
    read_filters,
)
from chain.sales.queries.exclusions import exclusion_reason
from chain.sales.services.awards import rule_of
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.i18n import current_language, gettext
from chain.web.lists import every_row, page_wanted

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
        page=board(db.session, g.actor, filters, page_wanted(), now=now),
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


@blueprint.get("/board.csv")
@permission_required(Permission.BOARD_READ)
def board_export() -> Response:
    """Send the open tenders that the filters leave as a table."""
    now, filters = utc_now(), read_filters(request.args)
    language = "en" if current_language() == "en" else "es"
    found = every_row(lambda asked: board(db.session, g.actor, filters, asked, now=now))
    header = (
        N_("Number"), N_("Tender"), N_("Seller"), N_("Product"), N_("Lots"), N_("Quantity"), N_("Unit"), N_("Currency"),
        N_("Deadline"), N_("Bid"),
    )  # fmt: skip
    rows = [
        [
            one.tender.number,
            one.tender.title,
            one.tender.seller_name,
            gettext(PRODUCT_LABELS[one.tender.commodity]),
            one.tender.lots,
            f"{one.matching / 1000:.3f}",
            UNIT_WORDS[one.tender.unit],
            one.tender.currency,
            one.tender.closes_at.isoformat(),
            "" if one.own is None else offer_words(one.own, one.tender.unit, language),
        ]
        for one in found
    ]
    return csv_response("board.csv", [gettext(one) for one in header], rows)


@blueprint.get("/board/<uuid:tender_id>")
@permission_required(Permission.BOARD_READ)
def offer_detail(tender_id: UUID) -> str:
    """Show a tender as bidders see it."""
    tender = get_tender_for(db.session, g.actor, tender_id, now=utc_now())
    lines = _lines(tender)
    return _offer_page(tender, lines, bid_form(lines, is_empty=True))


def _lines(tender: TenderView) -> BidLines:
    """Return what a bid may price: each class with its colours, and each lot when they are not too many."""
    classes, lots = bid_lines(db.session, tender.id)
    language = "en" if current_language() == "en" else "es"
    return BidLines(
        [
            BidLine(
                f"class_{place}",
                f"{class_of(one.grade, language)} · {colour_name(one.colour, language)}",
                one.quantity,
                grade=one.grade,
                colour=one.colour,
            )
            for place, one in enumerate(classes)
        ],
        [BidLine(f"lot_{place}", one.number, one.quantity, lot_id=one.id) for place, one in enumerate(lots)],
    )


def _offer_page(tender: TenderView, lines: BidLines, form: BidForm) -> str:
    now, session = utc_now(), db.session
    bids = own_bids(session, g.actor, tender.id) if is_buyer(g.actor) else []
    result = own_result(session, bids[0], tender.state) if bids else None
    excluded = None
    if is_buyer(g.actor):
        excluded = exclusion_reason(
            session, seller_id=tender.organisation_id, buyer_id=g.actor.org, event_id=tender.id, now=now
        )
    takes = is_buyer(g.actor) and g.actor.may(Permission.BIDS_PLACE) and tender.takes_bids(now)
    return render_template(
        "market/offer.html",
        tender=tender,
        mix=lot_mixes(session, [tender.id])[tender.id],
        page=tender_lots(session, tender.id, page_wanted()),
        bids=[(bid, offer_of(bid)) for bid in bids],
        result=result,
        rule=rule_of(session, tender.organisation_id),
        form=form,
        lines=lines,
        now=now,
        lot_url=partial(_lot_url, tender.id),
        excluded=excluded,
        may_bid=takes and excluded is None,
        log=bidder_log(session, g.actor, tender) if bids else [],
    )


def _lot_url(tender_id: UUID, lot_id: UUID) -> str:
    return url_for("market.offered_lot_detail", tender_id=tender_id, lot_id=lot_id)


@blueprint.post("/board/<uuid:tender_id>")
@permission_required(Permission.BIDS_PLACE)
def bid_submit(tender_id: UUID) -> Response | tuple[str, int]:
    """Place a bid or replace the own last one."""
    received = utc_now()
    tender = get_tender_for(db.session, g.actor, tender_id, now=received)
    lines = _lines(tender)
    form = bid_form(lines)
    if form.validate_on_submit():

        def place(session: Any) -> None:
            services.place_bid(
                session,
                actor=g.actor,
                now=received,
                tender_id=tender_id,
                id=form.id.value,
                offer=form.offer(lines),
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
    return _offer_page(tender, lines, form), 422


@blueprint.get("/bids")
@permission_required(Permission.BIDS_PLACE)
def bid_list() -> str:
    """Show the own last bid in each tender and what became of it."""
    page = list_own_bids(db.session, g.actor, page_wanted())
    return render_template("market/bids.html", page=page, now=utc_now())


@blueprint.get("/bids/export.csv")
@permission_required(Permission.BIDS_PLACE)
def bid_export() -> Response:
    """Send the own last bid in each tender as a table."""
    language = "en" if current_language() == "en" else "es"
    bids = every_row(lambda request: list_own_bids(db.session, g.actor, request))
    header = [
        gettext(one)
        for one in (
            N_("Tender"),
            N_("Seller"),
            N_("Bid"),
            N_("Currency"),
            N_("Received"),
            N_("Deadline"),
            N_("Result"),
        )
    ]
    rows = (
        [
            bid.tender_title,
            bid.seller_name,
            offer_words(bid.offer, bid.unit, language),
            bid.currency,
            bid.placed_at.isoformat(),
            bid.closes_at.isoformat(),
            gettext(BID_RESULT_LABELS[bid.result]),
        ]
        for bid in bids
    )
    return csv_response("bids.csv", header, rows)


@blueprint.get("/demands/<uuid:demand_id>/matches", endpoint="demand_matches")
@permission_required(Permission.DEMANDS_READ)
def demand_matches_page(demand_id: UUID) -> str:
    """Show which lots on offer meet a demand, and what the others lack."""
    found = demand_matches(db.session, g.actor, demand_id, page_wanted(), now=utc_now())
    return render_template("market/matches.html", found=found, demand=found.demand, now=utc_now())
