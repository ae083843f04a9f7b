"""The list of lots, its file for spreadsheets, one lot with its history, and cancelling."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.certification.rules import Claim
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.core.paging import DEFAULT_PAGE_SIZE, PageRequest, UnknownSort
from chain.core.tables import safe_cell
from chain.grading.queries import schemes_in_force
from chain.grading.scheme import COMMODITY_LABELS
from chain.lots import queries, services
from chain.lots.attributes import COLOURS, SPECS
from chain.lots.forms import CancelForm
from chain.lots.grades import class_names, scheme_label
from chain.lots.labels import (
    SHORT_CLAIMS,
    attribute_text,
    colour_name,
    grade_name,
    name_language,
    state_words,
)
from chain.lots.models import Lot
from chain.lots.panels import actions_for, panels_for
from chain.lots.queries import UNDETERMINED, LotFilters, LotRow
from chain.lots.rules import STATE_LABELS, TRANSITIONS, LotState
from chain.lots.views import blueprint
from chain.lots.words import amount_in_words
from chain.producers.queries import names_of
from chain.web.access import permission_required
from chain.web.formats import format_moment, number_format, timezone_name
from chain.web.i18n import current_language, gettext

#: Rows of a file; who needs more narrows the dates.
MAX_FILE_ROWS = 20_000


@blueprint.get("/lots")
@permission_required(Permission.LOTS_READ)
def lot_list() -> str:
    """Show the lots of the organisation with filters in the address."""
    filters = read_filters(request.args)
    try:
        page = queries.list_lots(db.session, g.actor, filters, _page_request())
    except UnknownSort:
        page = queries.list_lots(db.session, g.actor, filters, PageRequest())
    return render_template("lots/list.html", page=page, filters=filters, choices=_choices(filters))


@blueprint.get("/lots.csv")
@permission_required(Permission.LOTS_READ)
def lots_csv() -> Response:
    """Give the filtered lots as a file for spreadsheets, in the separators of the country."""
    filters = read_filters(request.args)
    rows = queries.lot_rows(db.session, g.actor, filters, None, MAX_FILE_ROWS)
    text = io.StringIO()
    text.write("\ufeff")  # a spreadsheet takes the file as UTF-8 by this mark
    writer = csv.writer(text, delimiter=";" if number_format() == "BO" else ",", lineterminator="\r\n")
    writer.writerow([gettext(label) for label in CSV_HEADERS])
    writer.writerows(_csv_row(row) for row in rows)
    name = f"lotes-{local_date(utc_now(), timezone_name()).isoformat()}.csv"
    return Response(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


CSV_HEADERS = (
    N_("Lot"),
    N_("Delivered"),
    N_("Product"),
    N_("Producer"),
    N_("Member code"),
    N_("Gross (kg)"),
    N_("Tare (kg)"),
    N_("Net (kg or l)"),
    N_("Class"),
    N_("Confirmed"),
    N_("Claim"),
    N_("State"),
    N_("Colour"),
    N_("Mean micron"),
    N_("Recorded"),
)


def _csv_row(row: LotRow) -> list[str]:
    others = [
        f"{gettext(spec.label)}: {attribute_text(spec, str(row.attributes[spec.key]))}"
        for spec in SPECS[row.commodity].attributes
        if spec.key not in {"colour", "micron"} and row.attributes.get(spec.key) is not None
    ]
    cells = [
        row.number,
        format_moment(row.delivered_at, current_language(), timezone_name(), "yyyy-MM-dd HH:mm"),
        gettext(COMMODITY_LABELS[row.commodity]),
        row.producer_name or "",
        row.member_code or "",
        _thousandth(row.gross_g),
        _thousandth(row.tare_g),
        _thousandth(row.quantity),
        grade_name(row),
        gettext(N_("yes")) if row.grade_confirmed else gettext(N_("no")),
        gettext(SHORT_CLAIMS[Claim(row.claim)]),
        gettext(STATE_LABELS[LotState(row.state)]),
        colour_name(row.colour) if row.colour else "",
        _plain_number(row.attributes.get("micron")),
        "; ".join(others),
    ]
    return [safe_cell(cell) for cell in cells]


def _thousandth(value: int | None) -> str:
    if value is None:
        return ""
    text = f"{value // 1000}.{value % 1000:03d}"
    return text.replace(".", ",") if number_format() == "BO" else text


def _plain_number(text: str | None) -> str:
    return (text or "").replace(".", ",") if number_format() == "BO" else text or ""


@blueprint.get("/lots/<uuid:lot_id>")
@permission_required(Permission.LOTS_READ)
def show(lot_id: UUID) -> str:
    """Show everything that is known of a lot."""
    return _show(queries.get_lot_for(db.session, g.actor, lot_id), CancelForm())


@blueprint.post("/lots/<uuid:lot_id>/cancel")
@permission_required(Permission.LOTS_REGISTER)
def cancel_submit(lot_id: UUID) -> BaseResponse | tuple[str, int]:
    """Cancel a lot with its reason."""
    form = CancelForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.cancel_lot(
                    session, actor=g.actor, now=utc_now(), lot_id=lot_id, reason=form.reason.data or ""
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The lot was cancelled. It stays visible with the reason."), "success")
            return redirect(url_for("lots.show", lot_id=lot_id))
    return _show(queries.get_lot_for(db.session, g.actor, lot_id), form), 422


def _show(lot: Lot, form: CancelForm) -> str:
    names = names_of(db.session, g.actor.org, {lot.producer_id} if lot.producer_id else set())
    may_cancel = LotState.CANCELLED in TRANSITIONS[LotState(lot.state)]
    return render_template(
        "lots/show.html",
        lot=lot,
        form=form,
        producer=names.get(lot.producer_id) if lot.producer_id else None,
        grades=queries.grades_of(db.session, lot.id),
        history=queries.history_of(db.session, lot.id),
        certificate=queries.certificate_of(db.session, lot),
        in_words=amount_in_words(lot.quantity, lot.unit, current_language()),
        scheme_name=scheme_label(lot.grade_scheme, lot.grade_edition, name_language()),
        state_words=state_words,
        panels=panels_for(db.session, g.actor, lot),
        actions=actions_for(g.actor, lot),
        may_cancel=may_cancel and g.actor.may(Permission.LOTS_REGISTER),
        may_grade=lot.state == LotState.REGISTERED
        and g.actor.may(Permission.GRADES_CONFIRM)
        and g.actor.user_id != lot.registered_by,
    )


def _page_request() -> PageRequest:
    page = request.args.get("page", 1, int)
    return PageRequest(min(page, 1_000_000), DEFAULT_PAGE_SIZE, request.args.get("sort") or None)


def read_filters(args: Mapping[str, Any]) -> LotFilters:
    """Read the filters of a list from an address; what makes no sense is no filter."""
    states, claims = {one.value for one in LotState}, {one.value for one in Claim}
    return LotFilters(
        commodity=_one_of(args.get("commodity"), SPECS),
        state=_one_of(args.get("state"), states),
        claim=_one_of(args.get("claim"), claims),
        colour=_one_of(args.get("colour"), COLOURS),
        grade_key=(args.get("grade_key") or "")[:40].replace("\x00", "") or None,
        producer_id=_uuid(args.get("producer_id")),
        from_day=_day(args.get("from_day")),
        to_day=_day(args.get("to_day")),
        text=(args.get("text") or "")[:100] or None,
    )


def _one_of(value: str | None, known: Any) -> str | None:
    return value if value in known else None


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _choices(filters: LotFilters) -> dict[str, list[tuple[str, str]]]:
    """Return the options of the filters. Classes and colours are offered once a product that has them is chosen."""
    every = ("", gettext(N_("All")))
    offered = {
        "commodity": [every, *((key, gettext(label)) for key, label in COMMODITY_LABELS.items())],
        "state": [every, *((one.value, gettext(label)) for one, label in STATE_LABELS.items())],
        "claim": [every, *((one.value, gettext(label)) for one, label in SHORT_CLAIMS.items())],
    }
    if filters.commodity is None:
        return offered
    language = name_language()
    today = local_date(utc_now(), timezone_name())
    scheme = schemes_in_force(db.session, g.actor.org, today)[filters.commodity]
    names = class_names(scheme.key, scheme.edition)
    offered["grade_key"] = [
        every,
        *((key, one[language]) for key, one in names.items()),
        (UNDETERMINED, gettext(N_("Undetermined"))),
    ]
    if "colour" in SPECS[filters.commodity].by_key:
        offered["colour"] = [every, *((key, colour_name(key)) for key in COLOURS)]
    return offered
