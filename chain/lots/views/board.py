"""The lot board: pages, and the same lots as files for spreadsheets."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, g, render_template, request, stream_with_context, url_for

from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.grading.queries import offered_schemes
from chain.lots import queries
from chain.lots.attributes import COLOURS
from chain.lots.behind import producers_behind
from chain.lots.board_edge import asked_query
from chain.lots.board_file import (
    MAX_CSV_ROWS,
    MAX_XLSX_ROWS,
    cells_of,
    csv_pieces,
    file_pieces,
    xlsx_file,
)
from chain.lots.board_forms import SearchForm
from chain.lots.board_words import product_name, short_values, state_of, tone_of, who
from chain.lots.classes import class_groups
from chain.lots.errors import TooManyLots
from chain.lots.filters import (
    AVAILABILITY_LABELS,
    DEFAULT_SORT,
    NO_SITE,
    ORIGIN_LABELS,
    SORT_LABELS,
    Availability,
    clean_query,
)
from chain.lots.label_content import MAX_LABELS
from chain.lots.labels import SHORT_CLAIMS, colour_name, name_language
from chain.lots.products import PRODUCTS
from chain.lots.queries import BoardRow
from chain.lots.rules import STATE_LABELS
from chain.lots.views import blueprint
from chain.web.access import permission_required
from chain.web.errors import STATUS
from chain.web.formats import timezone_name
from chain.web.i18n import gettext

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Filters that fold away until one of them is set.
MORE = ("colour", "micron_from", "micron_to", "quantity_from", "quantity_to", "from_day", "to_day", "site", "origin",
        "state")  # fmt: skip


@blueprint.get("/lots")
@permission_required(Permission.LOTS_READ)
def lot_list() -> str | tuple[str, int]:
    """Show the lots that the address asks for; what it asks wrongly is told, and no lots are shown."""
    return show_board(SearchForm())


def show_board(form: SearchForm) -> str | tuple[str, int]:
    """Show the board, with the form for saving its search."""
    errors: Mapping[str, Sequence[str]] = {}
    page, status = None, 200
    try:
        query = asked_query()
        page = queries.board_page(db.session, g.actor, query)
    except DomainError as refused:
        if not refused.errors:
            raise
        errors = {name: [gettext(one) for one in found] for name, found in refused.errors.items()}
        status = STATUS[refused.kind]
    behind = behind_rows(page.items) if page else {}
    address = request.args.to_dict(flat=False)
    return (
        render_template(
            "lots/list.html",
            page=page,
            errors=errors,
            asked=address,
            one=lambda name: (address.get(name) or [""])[0],
            choices=_choices(address),
            board_url=board_url,
            form=form,
            searches=queries.saved_searches(db.session, g.actor),
            who=lambda row: who(row, behind),
            is_more=any(value for name in MORE for value in address.get(name, ())),
            is_narrowed=bool(clean_query(address)),
            csv_limit=MAX_CSV_ROWS,
            labels_limit=MAX_LABELS,
            xlsx_limit=MAX_XLSX_ROWS,
        ),
        status,
    )


@blueprint.context_processor
def board_helpers() -> dict[str, Any]:
    """Give the templates of this area the words of the board."""
    return {
        "availability_labels": AVAILABILITY_LABELS,
        "product_name": product_name,
        "short_values": short_values,
        "physical_words": state_of,
        "physical_tone": tone_of,
    }


def behind_rows(rows: Sequence[BoardRow]) -> dict[UUID, int]:
    """Return how many producers stand behind the derived lots among some rows."""
    return producers_behind(db.session, [row.id for row in rows if row.producer_id is None])


def board_url(endpoint: str = "lots.lot_list", **changes: str | None) -> str:
    """Return the address of this board with some parameters changed (None: left out), on its first page."""
    kept = [
        (name, value) for name, value in clean_query(request.args.to_dict(flat=False)) if name not in changes
    ]
    kept += [(name, value) for name, value in changes.items() if value]
    base = url_for(endpoint)
    return f"{base}?{urlencode(kept)}" if kept else base


@blueprint.get("/lots.csv")
@permission_required(Permission.LOTS_READ)
def lots_csv() -> Response:
    """Give the filtered lots, all pages of them, as CSV in the separators of the country."""
    rows = _file_rows(MAX_CSV_ROWS)
    answer = Response(stream_with_context(csv_pieces(rows)), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_file_name("csv")}"'
    return answer


@blueprint.get("/lots.xlsx")
@permission_required(Permission.LOTS_READ)
def lots_xlsx() -> Response:
    """Give the same as an Excel file, numbers as numbers."""
    answer = Response(file_pieces(xlsx_file(_file_rows(MAX_XLSX_ROWS))), mimetype=XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="{_file_name("xlsx")}"'
    return answer


def _file_rows(limit: int) -> Any:
    """Return the rows of a file, some at a time.

    Raises:
        TooManyLots: more than a file may hold; half of them without a word would be wrong.
    """
    query = asked_query()
    if queries.count_found(db.session, g.actor, query.filters, limit) > limit:
        raise TooManyLots(limit=limit)

    def rows() -> Any:
        part: list[BoardRow] = []
        for row in queries.board_rows(db.session, g.actor, query, limit):
            part.append(row)
            if len(part) == queries.PART:
                yield from _cells(part)
                part = []
        yield from _cells(part)

    return rows()


def _cells(rows: list[BoardRow]) -> Any:
    behind = behind_rows(rows)
    return (cells_of(row, behind) for row in rows)


def _file_name(kind: str) -> str:
    return f"lotes-{local_date(utc_now(), timezone_name()).isoformat()}.{kind}"


def _choices(address: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the options of the filters."""
    every = ("", gettext(N_("All")))
    commodity = (address.get("commodity") or [""])[0]
    places = queries.site_names(db.session, g.actor)
    return {
        "availability": [(one.value, gettext(label)) for one, label in AVAILABILITY_LABELS.items()],
        "default_availability": Availability.IN_STOCK.value
        if not address.get("state")
        else Availability.ALL.value,
        "commodity": [every, *((key, gettext(one.label)) for key, one in PRODUCTS.items())],
        "class": class_groups(
            commodity if commodity in PRODUCTS else None,
            offered_schemes(db.session, g.actor.org),
            name_language(),
        ),
        "colour": [(key, colour_name(key)) for key in COLOURS],
        "claim": [
            every,
            ("transition", gettext(N_("In transition or organic"))),
            ("organic", gettext(SHORT_CLAIMS["organic"])),  # type: ignore[index]  # a word of the same enumeration
        ],
        "state": [every, *((one.value, gettext(label)) for one, label in STATE_LABELS.items())],
        "origin": [every, *((key, gettext(label)) for key, label in ORIGIN_LABELS.items())],
        "site": [
            every,
            *((str(key), name) for key, name in places.items()),
            *([(NO_SITE, gettext(N_("No place recorded")))] if places else []),
        ],
        "sort": [(key, gettext(label)) for key, label in SORT_LABELS.items()],
        "default_sort": DEFAULT_SORT,
    }
