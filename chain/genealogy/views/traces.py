"""Where a lot comes from and what became of it: table, drawing, file; and everybody who owns a part of it."""

import csv
import io
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
from flask import Response, g, render_template, request, url_for
from markupsafe import Markup

from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import db
from chain.core.i18n import N_
from chain.core.paging import slice_rows
from chain.core.tables import safe_cell
from chain.genealogy.drawing import DESK, PHONE, Shape, draw
from chain.genealogy.layers import EVENT, GROUP, LOT, Edge, Graph, Limits, Node, summarise
from chain.genealogy.queries.shares import producer_shares
from chain.genealogy.queries.trace import INPUT, Trace, TraceEvent, TraceLot, trace_back, trace_forward
from chain.genealogy.views import blueprint
from chain.genealogy.words import KIND_LABELS, PROCESS_LABELS, EventKind, Process
from chain.lots.board_words import product_name
from chain.lots.labels import amount
from chain.lots.queries import get_lot_for
from chain.producers.queries import names_of
from chain.web.access import permission_required
from chain.web.formats import format_day, number_format, timezone_name
from chain.web.i18n import current_language, gettext, ngettext
from chain.web.lists import page_wanted

BACK, FORWARD = "back", "forward"
#: A phone shows three boxes side by side, a desk as many as its height takes.
PICTURES: Sequence[tuple[str, Shape, Limits]] = (
    ("desk", DESK, Limits(twins=6, per_layer=7)),
    ("phone", PHONE, Limits(twins=3, per_layer=3, layers=16)),
)


def _direction() -> str:
    return FORWARD if request.args.get("direction") == FORWARD else BACK


@blueprint.get("/lots/<uuid:lot_id>/trace")
@permission_required(Permission.LOTS_READ)
def trace_page(lot_id: UUID) -> str:
    """Show what a lot was made of (`?direction=back`) or what became of it (`forward`)."""
    direction = _direction()
    lot = get_lot_for(db.session, g.actor, lot_id)
    found = (trace_back if direction == BACK else trace_forward)(db.session, g.actor, lot_id)
    graph = graph_of(found)
    title = gettext(N_("Origin of lot %(number)s"), number=lot.number)
    if direction == FORWARD:
        title = gettext(N_("What became of lot %(number)s"), number=lot.number)
    desc = gettext(
        N_(
            "%(lots)s lots and %(events)s operations, from the first to the last. The table below lists them."
        ),
        lots=len(found.nodes),
        events=len(found.events),
    )
    page = slice_rows(found.nodes, page_wanted())
    producers = {one.producer_id for one in page.items if one.producer_id}
    return render_template(
        "genealogy/trace.html",
        lot=lot,
        trace=found,
        page=page,
        events={one.id: one for one in found.events},
        names=names_of(db.session, g.actor.org, producers),
        direction=direction,
        title=title,
        pictures=[
            (name, _picture(graph, shape, limits, name, title, desc)) for name, shape, limits in PICTURES
        ]
        if found.events
        else [],
    )


@blueprint.get("/lots/<uuid:lot_id>/trace.json")
@permission_required(Permission.LOTS_READ)
def trace_json(lot_id: UUID) -> Response:
    """Give the same as JSON, in the shape of the API."""
    found = (trace_back if _direction() == BACK else trace_forward)(db.session, g.actor, lot_id)
    return Response(msgspec.json.encode(found), content_type="application/json")


def graph_of(found: Trace) -> Graph:
    """Return the picture's nodes and edges, with their words."""
    nodes = [_event_node(one) for one in found.events]
    nodes += [_lot_node(one, is_focus=one.id == found.lot_id) for one in found.nodes]
    units = {one.id: one.unit for one in found.nodes}
    edges = tuple(
        Edge(str(one.lot_id), str(one.event_id), one.quantity, units[one.lot_id])
        if one.role == INPUT
        else Edge(str(one.event_id), str(one.lot_id), one.quantity, units[one.lot_id])
        for one in found.edges
        if one.lot_id in units
    )
    return Graph(tuple(nodes), edges)


def event_title(kind: str, process: str | None, number: int) -> str:
    """Return what an operation is called: "Sorting 12"."""
    label = PROCESS_LABELS[Process(process)] if process else KIND_LABELS[EventKind(kind)]
    return f"{gettext(label)} {number}"


def _event_node(one: TraceEvent) -> Node:
    return Node(
        str(one.id),
        EVENT,
        event_title(one.kind, one.process, one.number),
        (format_day(one.happened_on, current_language()),),
        url_for("genealogy.event_detail", event_id=one.id),
    )


def _lot_node(one: TraceLot, *, is_focus: bool) -> Node:
    return Node(
        str(one.id),
        LOT,
        one.number,
        (product_name(one.commodity, one.label), amount(one.quantity, one.unit)),
        url_for("lots.show", lot_id=one.id),
        one.quantity,
        one.unit,
        is_focus,
        one.producer_id is not None,
    )


def _group_node(members: Sequence[Node]) -> Node:
    """Return one box for many: "18,240 deliveries", with what they weigh."""
    count = len(members)
    if all(one.kind == EVENT for one in members):
        title = ngettext("%(num)s operation", "%(num)s operations", count)
    elif all(one.is_primary for one in members):
        title = ngettext("%(num)s delivery", "%(num)s deliveries", count)
    else:
        title = ngettext("%(num)s lot", "%(num)s lots", count)
    sums = {unit: sum(one.quantity for one in members if one.unit == unit) for unit in ("g", "ml")}
    lines = tuple(amount(total, unit) for unit, total in sums.items() if total)
    return Node(
        "",
        GROUP,
        title,
        lines,
        "#trace-lots",
        sum(sums.values()),
        "g",
        is_primary=all(one.is_primary for one in members),
    )


def _picture(graph: Graph, shape: Shape, limits: Limits, name: str, title: str, desc: str) -> Markup:  # noqa: PLR0917 - all of one picture
    small = summarise(graph, limits, _group_node)
    titles = {node.key: node.title for node in small.nodes}
    words = {
        f"{edge.source}>{edge.target}": f"{titles[edge.source]} → {titles[edge.target]}: "
        f"{amount(edge.quantity, edge.unit)}"
        for edge in small.edges
    }
    drawn = draw(small, shape=shape, title=title, desc=desc, name=f"trace-{name}", words=words)
    return Markup(drawn)  # noqa: S704 - the drawing escapes every text


@blueprint.get("/lots/<uuid:lot_id>/producers")
@permission_required(Permission.LOTS_READ)
def producers_page(lot_id: UUID) -> str:
    """Show what each producer owns of a lot, the largest share first."""
    lot = get_lot_for(db.session, g.actor, lot_id)
    shares = producer_shares(db.session, g.actor, lot_id)
    return render_template("genealogy/producers.html", lot=lot, page=slice_rows(shares, page_wanted()))


@blueprint.get("/lots/<uuid:lot_id>/producers.csv")
@permission_required(Permission.LOTS_READ)
def producers_csv(lot_id: UUID) -> Response:
    """Give the same as a file for spreadsheets."""
    lot = get_lot_for(db.session, g.actor, lot_id)
    shares = producer_shares(db.session, g.actor, lot_id)
    rows = [
        [
            one.full_name,
            one.member_code or "",
            one.community or "",
            str(one.deliveries),
            thousandth(one.quantity),
        ]
        for one in shares
    ]
    headers = [N_("Producer"), N_("Member code"), N_("Community"), N_("Deliveries"), amount_header(lot.unit)]
    return csv_answer(headers, rows, lot.number)


def amount_header(unit: str) -> str:
    """Return the heading of a column of amounts."""
    return N_("Litres") if unit == "ml" else N_("Kilograms")


def thousandth(value: int) -> str:
    """Return grams as kilograms, with the decimal sign of the country."""
    text = f"{value // 1000}.{value % 1000:03d}"
    return text.replace(".", ",") if number_format() == "BO" else text


def csv_answer(headers: Sequence[str], rows: Iterable[Sequence[str]], name: str) -> Response:
    """Return a file for spreadsheets, in the separators of the country."""
    text = io.StringIO()
    text.write("\ufeff")  # a spreadsheet takes the file as UTF-8 by this mark
    writer = csv.writer(text, delimiter=";" if number_format() == "BO" else ",", lineterminator="\r\n")
    writer.writerow([gettext(one) for one in headers])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    day = local_date(utc_now(), timezone_name()).isoformat()
    return Response(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{day}.csv"'},
    )
