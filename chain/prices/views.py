"""Public pages of prices: a list, a file and one sheet for the wall; and a seller's consent to be named."""

from decimal import Decimal

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import SELLER_KINDS, Permission
from chain.buyers.class_options import grade_label
from chain.buyers.rules import COLOURS, COMMODITY_LABELS
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.i18n import N_
from chain.core.paging import slice_rows
from chain.prices.queries import consenting_sellers, get_consent, published_prices
from chain.prices.reading import read_filters, reader_today
from chain.prices.rules import PriceLine, UnknownWeek
from chain.prices.services import set_consent
from chain.prices.sheet import prices_pdf
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.formats import format_decimal, number_format
from chain.web.i18n import current_language, gettext
from chain.web.lists import page_wanted
from chain.web.navigation import MARKET, NavigationItem
from chain.web.pdf import pdf_answer

blueprint = Blueprint("prices", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Prices"),
        "prices.price_list",
        Permission.SALES_READ,
        order=48,
        about=N_("What fibre, milk and meat were sold for, and what the producer got"),
        group=MARKET,
    )
]


@blueprint.context_processor
def words() -> dict[str, object]:
    """Give the templates the words for products, classes and colours."""
    return {"commodity_labels": COMMODITY_LABELS, "colour_labels": COLOURS, "class_of": class_of}


def class_of(line: PriceLine) -> str:
    """Return the class of a line in the reader's language."""
    return "—" if line.grade is None else grade_label(line.grade, current_language())


@blueprint.get("/prices")
def price_list() -> str | tuple[str, int]:
    """Show past prices; `?commodity= grade= colour= centre= from= to=` narrow them. Everybody may read it."""
    refusal = None
    try:
        filters = read_filters(request.args)
    except UnknownWeek as refused:
        refusal = refused.message
        filters = read_filters({})
    lines = [] if refusal else published_prices(db.session, filters)
    page = slice_rows(lines, page_wanted())
    grades = {one.grade: class_of(one) for one in lines if one.grade}
    if filters.grade and filters.grade not in grades:
        grades[filters.grade] = grade_label(filters.grade, current_language())
    shown = render_template(
        "prices/list.html",
        page=page,
        filters=filters,
        grades=grades,
        centres=sorted(consenting_sellers(db.session).values()),
        refusal=refusal,
        kept=_kept(),
        may_consent=_may_consent(),
    )
    return (shown, 422) if refusal else shown


def _kept() -> dict[str, str]:
    names = ("commodity", "grade", "colour", "centre", "from", "to")
    return {name: request.args[name] for name in names if request.args.get(name)}


def _may_consent() -> bool:
    actor = g.get("actor")
    return (
        actor is not None
        and actor.organisation_kind in SELLER_KINDS
        and actor.may(Permission.ORGANISATION_MANAGE)
    )


@blueprint.get("/prices.csv")
def price_file() -> Response:
    """Send the same lines as a CSV file."""
    lines = published_prices(db.session, read_filters(request.args))
    header = [
        gettext(one)
        for one in (
            N_("Week"), N_("Product"), N_("Class"), N_("Colour"), N_("Centre"), N_("Currency"), N_("Mean price"),
            N_("Median price"), N_("Least"), N_("Most"), N_("The producer got"), N_("Quantity"), N_("Unit"),
            N_("Sales"), N_("Sellers"),
        )
    ]  # fmt: skip
    return csv_response("prices.csv", header, [_row(line) for line in lines])


def _row(line: PriceLine) -> list[object]:
    prices = (line.mean_minor, line.median_minor, line.least_minor, line.most_minor, line.producer_minor)
    return [
        str(line.week),
        gettext(COMMODITY_LABELS.get(line.commodity, line.commodity)),
        class_of(line),
        gettext(COLOURS.get(line.colour, line.colour)) if line.colour else "",
        line.seller or "",
        line.currency,
        *("" if one is None else _number(Decimal(one) / 100, 2) for one in prices),
        _number(Decimal(line.quantity) / 1000),
        "l" if line.unit == "ml" else "kg",
        line.sales,
        line.sellers,
    ]


def _number(value: Decimal, places: int | None = None) -> str:
    return format_decimal(value, places, number_format=number_format())


@blueprint.get("/prices.pdf")
def price_sheet() -> Response:
    """Send one A4 sheet for the wall of the centre: the newest lines of the same filters."""
    filters = read_filters(request.args)
    lines = published_prices(db.session, filters)
    return pdf_answer(prices_pdf(lines, filters, reader_today(), current_language()), "prices")


@blueprint.get("/prices/consent")
@permission_required(Permission.ORGANISATION_MANAGE)
def consent_form() -> str:
    """Show whether prices may name the organisation."""
    return render_template("prices/consent.html", consent=get_consent(db.session, g.actor))


@blueprint.post("/prices/consent")
@permission_required(Permission.ORGANISATION_MANAGE)
def consent_submit() -> BaseResponse:
    """Keep whether prices may name the organisation."""
    with atomic() as session:
        set_consent(session, actor=g.actor, now=utc_now(), is_named=request.form.get("named") == "yes")
    flash(N_("The consent is kept."), "success")
    return redirect(url_for("prices.consent_form"))
