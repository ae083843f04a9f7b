"""Calling a lot back: who delivered it, which lots hold something of it, who received it; as page, file and paper."""

from uuid import UUID

from flask import Response, g, render_template, request

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import db
from chain.core.i18n import N_
from chain.core.paging import slice_rows
from chain.genealogy.queries.pages import phones_of
from chain.genealogy.queries.recall import Recall, recall
from chain.genealogy.views import blueprint
from chain.genealogy.views.traces import csv_answer, thousandth
from chain.lots.board_words import product_name
from chain.lots.queries import get_lot_for, site_names
from chain.web.access import permission_required
from chain.web.formats import format_day, format_moment, timezone_name
from chain.web.i18n import current_language, gettext
from chain.web.lists import page_wanted

HOW_LABELS = {"sold": N_("Sold"), "dispatched": N_("Dispatched"), "taken_back": N_("Taken back")}
#: The three lists of a recall, one at a time on the screen.
DELIVERED, LOTS, RECEIVED = "delivered", "lots", "received"
LISTS = (DELIVERED, LOTS, RECEIVED)
#: Rows of a list on paper; longer ones go into the file.
MAX_PRINTED = 2000


def _phones(found: Recall) -> dict[UUID, str]:
    """Return telephones for readers who may see the producers."""
    if not g.actor.may(Permission.PRODUCERS_READ):
        return {}
    return phones_of(db.session, {one.producer_id for one in found.delivered_by})


@blueprint.get("/lots/<uuid:lot_id>/recall")
@permission_required(Permission.LOTS_READ)
def recall_page(lot_id: UUID) -> str:
    """Show the recall list of a lot: `?list=delivered`, `lots` or `received`."""
    lot = get_lot_for(db.session, g.actor, lot_id)
    found = recall(db.session, g.actor, lot_id)
    shown = request.args.get("list") if request.args.get("list") in LISTS else DELIVERED
    rows = {DELIVERED: found.delivered_by, LOTS: found.lots, RECEIVED: found.received_by}[shown or DELIVERED]
    return render_template(
        "genealogy/recall.html",
        lot=lot,
        recall=found,
        shown=shown,
        page=slice_rows(rows, page_wanted()),
        phones=_phones(found),
        how_labels=HOW_LABELS,
        site_names=site_names(db.session, g.actor),
        producer_count=len({one.producer_id for one in found.delivered_by}),
    )


@blueprint.get("/lots/<uuid:lot_id>/recall/print")
@permission_required(Permission.LOTS_READ)
def recall_print(lot_id: UUID) -> str:
    """Show the whole recall list as it is printed."""
    lot = get_lot_for(db.session, g.actor, lot_id)
    found = recall(db.session, g.actor, lot_id)
    return render_template(
        "genealogy/recall_print.html",
        lot=lot,
        recall=found,
        phones=_phones(found),
        how_labels=HOW_LABELS,
        site_names=site_names(db.session, g.actor),
        now=utc_now(),
        limit=MAX_PRINTED,
    )


@blueprint.get("/lots/<uuid:lot_id>/recall.csv")
@permission_required(Permission.LOTS_READ)
def recall_csv(lot_id: UUID) -> Response:
    """Give the recall list as one file: deliveries, lots, receivers, told apart by the first column."""
    lot = get_lot_for(db.session, g.actor, lot_id)
    found = recall(db.session, g.actor, lot_id)
    phones, language, zone = _phones(found), current_language(), timezone_name()
    delivered, lots, received = (gettext(one) for one in (N_("Who delivered"), N_("Lot"), N_("Who received")))
    rows = [
        [
            delivered,
            one.number,
            thousandth(one.quantity),
            format_day(one.delivered_on, language),
            one.producer_name,
            one.member_code or "",
            one.community or "",
            phones.get(one.producer_id, ""),
        ]
        for one in found.delivered_by
    ]
    rows += [
        [
            lots,
            one.number,
            thousandth(one.quantity),
            format_day(one.delivered_on, language),
            product_name(one.commodity, one.label),
            "",
            "",
            "",
        ]
        for one in found.lots
    ]
    rows += [
        [
            received,
            one.number,
            thousandth(one.quantity),
            format_moment(one.at, language, zone),
            one.receiver or gettext(HOW_LABELS[one.how]),
            one.reference or "",
            "",
            "",
        ]
        for one in found.received_by
    ]
    headers = [
        N_("What"),
        N_("Lot"),
        N_("Amount (kg or l)"),
        N_("When"),
        N_("Who or what"),
        N_("Code or paper"),
        N_("Community"),
        N_("Telephone"),
    ]
    return csv_answer(headers, rows, f"{lot.number}-recall")
