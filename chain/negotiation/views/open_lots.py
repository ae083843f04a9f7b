"""Lots that are open to offers: the buyers' list, and the seller's stock to show and hide."""

from collections.abc import Mapping
from decimal import Decimal

from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.certification.rules import CLAIM_LABELS, Claim
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, Forbidden, NotFound
from chain.core.i18n import N_
from chain.core.paging import MAX_PAGE_SIZE, PageRequest
from chain.core.quantity import NotANumber, parse_decimal
from chain.lots.grades import class_with_norm
from chain.lots.products import PRODUCT_LABELS
from chain.lots.queries.wanted import WantedLots
from chain.negotiation import services
from chain.negotiation.edge import MAX_NUMBER, read_ids
from chain.negotiation.forms import ShowForm
from chain.negotiation.queries.offers import side_of_kind
from chain.negotiation.queries.open_lots import (
    open_lot_options,
    open_lots,
    stock_lots,
)
from chain.negotiation.rules import Side
from chain.negotiation.views import blueprint, colour_name
from chain.web.access import permission_required, sign_in_required
from chain.web.csv_out import csv_response
from chain.web.i18n import current_language, gettext
from chain.web.lists import every_row, page_wanted

MAX_WORD = 100
FILTERS = ("commodity", "grade", "colour", "micron_min", "micron_max", "claim", "centre")


def _tenths(text: str | None) -> int | None:
    try:
        value = parse_decimal(text)
    except NotANumber:
        return None
    return int(value * 10) if 0 <= value <= MAX_NUMBER else None


def read_filters(values: Mapping[str, str]) -> WantedLots:
    """Return the filters of an address; what cannot be read counts as not filtered."""
    words = {
        name: (values.get(name) or "")[:MAX_WORD] or None
        for name in ("commodity", "grade", "colour", "claim", "centre")
    }
    if words["claim"] not in list(Claim):
        words["claim"] = None
    return WantedLots(
        **words,
        micron_min_tenths=_tenths(values.get("micron_min")),
        micron_max_tenths=_tenths(values.get("micron_max")),
    )


@blueprint.get("/open-lots")
@sign_in_required
def open_lot_list() -> str:
    """Show the lots that can be negotiated; to a seller the own stock with what of it is shown."""
    return _list_page(ShowForm(formdata=None))


def _list_page(form: ShowForm) -> str:
    session, actor = db.session, g.actor
    filters = read_filters(request.values)
    is_seller = side_of_kind(actor) is Side.SELLER
    if is_seller and not actor.may(Permission.TENDERS_READ):
        raise Forbidden(permission=Permission.TENDERS_READ)
    load = stock_lots if is_seller else open_lots
    options = open_lot_options(session, actor, own_stock=is_seller)
    language = current_language()
    grades = sorted(
        ((f"{a}/{b}/{c}", class_with_norm(a, b, c, language)) for a, b, c in options.grades),
        key=lambda item: item[1],
    )
    return render_template(
        "negotiation/open_lots.html",
        form=form,
        page=load(session, actor, filters, page_wanted(100 if is_seller else 50)),
        is_seller=is_seller,
        filters=filters,
        typed={name: request.values.get(name, "") for name in FILTERS},
        ticked=set(request.form.getlist("lot")),
        commodities=[("", N_("All")), *((one, PRODUCT_LABELS.get(one, one)) for one in options.commodities)],
        grades=[("", gettext(N_("All"))), *grades],
        colours=[("", gettext(N_("All"))), *((one, colour_name(one)) for one in options.colours)],
        claims=[
            ("", N_("All")),
            *((one.value, CLAIM_LABELS[one]) for one in (Claim.TRANSITION, Claim.ORGANIC)),
        ],
        centres=[("", gettext(N_("All"))), *options.centres.items()],
    )


@blueprint.get("/open-lots.csv")
@permission_required(Permission.BOARD_READ)
def open_lot_file() -> FlaskResponse:
    """Give the lots that can be negotiated as a file."""
    session, actor, filters = db.session, g.actor, read_filters(request.args)
    open_lots(session, actor, filters, PageRequest(1, 1))  # refuses before the file begins
    language = current_language()
    header = [
        gettext(text)
        for text in (
            N_("Seller"), N_("Lot"), N_("Product"), N_("Class"), N_("Micron"), N_("Colour"), N_("Claim"),
            N_("Certificate"), N_("Kilograms or litres"), N_("Asking price"), N_("Currency"),
        )
    ]  # fmt: skip
    rows = [
        [
            lot.seller_name,
            lot.number,
            gettext(PRODUCT_LABELS.get(lot.commodity, lot.commodity)),
            class_with_norm(lot.grade_scheme, lot.grade_edition, lot.grade_key, language),
            "" if lot.micron_tenths is None else Decimal(lot.micron_tenths) / 10,
            colour_name(lot.colour),
            gettext(CLAIM_LABELS[Claim(lot.claim)]),
            lot.certificate_number,
            Decimal(lot.quantity) / 1000,
            "" if lot.asking_minor_per_unit is None else Decimal(lot.asking_minor_per_unit) / 100,
            lot.currency,
        ]
        for lot in every_row(lambda asked: open_lots(session, actor, filters, asked))
    ]
    return csv_response("open-lots.csv", header, rows)


@blueprint.post("/open-lots")
@sign_in_required
def open_lot_submit() -> Response | tuple[str, int]:
    """Go on with the ticked lots: an offer, or for the seller showing and hiding them."""
    lot_ids = read_ids(request.form.getlist("lot"))[:MAX_PAGE_SIZE]
    step = request.form.get("step", "offer")
    form = ShowForm()
    if step == "offer" or side_of_kind(g.actor) is not Side.SELLER:
        return redirect(url_for("negotiation.offer_form", lot=[str(one) for one in lot_ids]))
    if form.validate_on_submit():
        try:
            with atomic() as session:
                if step == "show":
                    asking = None if form.asking.data is None else form.asking.minor
                    count = services.show_lots(
                        session, actor=g.actor, now=utc_now(), lot_ids=lot_ids, asking_minor_per_unit=asking
                    )
                else:
                    count = services.hide_lots(session, actor=g.actor, now=utc_now(), lot_ids=lot_ids)
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            text = (
                N_("Buyers now see %(count)s lots of these and can offer for them.")
                if step == "show"
                else N_("%(count)s lots are hidden from buyers again.")
            )
            flash(gettext(text, count=count), "success")
            return redirect(url_for("negotiation.open_lot_list"))
    return _list_page(form), 422
