"""The stock summed up and lot by lot, now or on an earlier day, and its file for spreadsheets."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Response, g, render_template, request

from chain.accounts.rules import Permission
from chain.core.clock import local_moment
from chain.core.db import db
from chain.core.i18n import N_
from chain.core.paging import PageRequest, UnknownSort
from chain.custody.queries.places import list_sites
from chain.custody.queries.stock import (
    NOWHERE,
    StockFilter,
    StockRow,
    StockTotal,
    commodities_here,
    sold_and_waiting,
    stock_lots,
    stock_rows,
    stock_totals,
    stock_totals_on,
)
from chain.custody.views import blueprint
from chain.custody.views.parts import asked_id, local_today
from chain.lots.labels import colour_name, grade_text
from chain.lots.products import PRODUCT_LABELS, PRODUCTS
from chain.lots.rules import STATE_LABELS, LotState
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.formats import format_moment, number_format, timezone_name
from chain.web.i18n import current_language, gettext
from chain.web.lists import page_wanted

#: Rows of a file.
MAX_FILE_ROWS = 50_000
FIRST_DAY = date(2000, 1, 1)
CSV_HEADERS = (
    N_("Lot"),
    N_("Product"),
    N_("Called"),
    N_("Quantity (kg or l)"),
    N_("Unit"),
    N_("Class"),
    N_("Colour"),
    N_("Place"),
    N_("State"),
    N_("On hold"),
    N_("Producer"),
    N_("Since"),
    N_("Best before"),
)


@blueprint.get("/stock")
@permission_required(Permission.LOTS_READ)
def stock() -> str:
    """Show the stock summed up: `?commodity=`, `?site=` (or none) and `?day=` narrow it."""
    wanted, day = asked_filter(), _asked_day()
    is_past = day is not None and day < local_today()
    if is_past and day is not None:
        end = local_moment(datetime.combine(day + timedelta(days=1), time()), timezone_name())
        rows = stock_totals_on(db.session, g.actor, wanted, end.astimezone(UTC))
    else:
        rows = stock_totals(db.session, g.actor, wanted)
    return render_template(
        "custody/stock.html",
        rows=rows,
        sums=_sums(rows),
        waiting=sold_and_waiting(db.session, g.actor) if not is_past else (0, {}),
        is_past=is_past,
        day=day,
        **_filter_words(wanted),
    )


def _sums(rows: Sequence[StockTotal]) -> list[dict[str, Any]]:
    """Return the sum of each product."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault(
            row.commodity,
            {
                "commodity": row.commodity,
                "unit": row.unit,
                "lots": 0,
                "quantity": 0,
                "free": 0,
                "held": 0,
                "offered": 0,
            },
        )
        for name in ("lots", "quantity", "free", "held", "offered"):
            one[name] += getattr(row, name)
    return list(found.values())


@blueprint.get("/stock/lots")
@permission_required(Permission.LOTS_READ)
def stock_lot_list() -> str:
    """Show the lots in stock, to be ticked for a hold or a dispatch."""
    wanted = asked_filter()
    try:
        page = stock_lots(db.session, g.actor, wanted, page_wanted(sortable=True))
    except UnknownSort:
        page = stock_lots(db.session, g.actor, wanted, PageRequest())
    return render_template("custody/stock_lots.html", page=page, **_filter_words(wanted))


@blueprint.get("/stock/lots.csv")
@permission_required(Permission.LOTS_READ)
def stock_csv() -> Response:
    """Give the lots in stock as a file for spreadsheets."""
    rows = stock_rows(db.session, g.actor, asked_filter(), MAX_FILE_ROWS)
    return csv_response(
        f"existencias-{local_today().isoformat()}.csv",
        [gettext(label) for label in CSV_HEADERS],
        (_csv_row(row) for row in rows),
    )


def _csv_row(row: StockRow) -> list[str]:
    whole, rest = divmod(row.quantity, 1000)
    mark = "," if number_format() == "BO" else "."
    return [
        row.number,
        gettext(PRODUCT_LABELS[row.commodity]),
        row.label or "",
        f"{whole}{mark}{rest:03d}",
        "l" if row.unit == "ml" else "kg",
        grade_text(row),
        colour_name(row.colour) if row.colour else "",
        f"{row.site_code} {row.site_name}" if row.site_code else "",
        gettext(STATE_LABELS[LotState(row.state)]),
        gettext(N_("yes")) if row.is_held else gettext(N_("no")),
        row.producer_name or "",
        format_moment(row.delivered_at, current_language(), timezone_name(), "yyyy-MM-dd HH:mm"),
        row.best_before.isoformat() if row.best_before else "",
    ]


def asked_filter() -> StockFilter:
    """Return the filter of the address; what makes no sense is no filter."""
    commodity = request.args.get("commodity")
    held = request.args.get("held")
    return StockFilter(
        commodity=commodity if commodity in PRODUCTS else None,
        site_id=asked_id("site"),
        nowhere=request.args.get("site") == NOWHERE,
        held=None if held not in {"0", "1"} else held == "1",
    )


def _asked_day() -> date | None:
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= local_today() else None


def _filter_words(wanted: StockFilter) -> dict[str, Any]:
    """Return the options of the filters and what is chosen."""
    sites = list_sites(db.session, g.actor, archived=True)
    here = commodities_here(db.session, g.actor)
    return {
        "filters": wanted,
        "site_value": NOWHERE if wanted.nowhere else str(wanted.site_id or ""),
        "site_choices": [
            ("", gettext(N_("All places"))),
            *((str(site.id), f"{site.code} · {site.name}") for site in sites),
            (NOWHERE, gettext(N_("No place recorded"))),
        ],
        "commodity_choices": [
            ("", gettext(N_("All products"))),
            *((key, gettext(PRODUCT_LABELS[key])) for key in here),
        ],
    }
