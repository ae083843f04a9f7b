"""Pages of the two-round clock: the list, a new clock, a clock with the buyer's sealed request, its result and its log."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.auctions.clock import services
from chain.auctions.clock.errors import StockChanged
from chain.auctions.clock.queries import (
    ClockView,
    alias_numbers,
    allotments,
    clock_awards,
    clock_log,
    get_clock_for,
    is_buyer,
    list_clocks,
    own_wishes,
    product_rows,
)
from chain.auctions.clock.rules import CLOCK_STATE_LABELS, FIRST, SECOND, ClockState, Wish
from chain.auctions.clock.services import NewProduct
from chain.auctions.forms import ClockForm, ReasonForm, RequestForm, minor_from
from chain.auctions.queries.stock import lots_of_group
from chain.auctions.views import blueprint
from chain.auctions.views.catalogues import Catalogue, read_catalogue
from chain.core.clock import local_moment, utc_now
from chain.core.db import atomic, db, run_atomic
from chain.core.errors import DomainError, FieldErrors, NotFound
from chain.core.i18n import N_
from chain.web.access import permission_required, sign_in_required
from chain.web.csv_out import csv_response
from chain.web.formats import timezone_name
from chain.web.lists import every_row, page_wanted

Answer = str | Response | tuple[str, int]
MAX_DIGITS = 9


@blueprint.get("/clocks")
@permission_required(Permission.BOARD_READ)
def clock_list() -> str:
    """Show the clocks that the reader may see, those with an open round first."""
    wanted = request.args.get("state", "")
    state = ClockState(wanted) if wanted in list(ClockState) else None
    return render_template(
        "auctions/clocks.html",
        page=list_clocks(db.session, g.actor, page_wanted(), state=state),
        now=utc_now(),
        state=wanted,
        states=[("", N_("All")), *((one.value, CLOCK_STATE_LABELS[one]) for one in ClockState)],
        may_open=g.actor.may(Permission.TENDERS_WRITE),
    )


@blueprint.get("/clocks/new")
@permission_required(Permission.TENDERS_WRITE)
def clock_form() -> str:
    """Show the lots in stock by class and colour, and the terms to fill in."""
    return _form_page(ClockForm(), read_catalogue())


def _form_page(form: ClockForm, catalogue: Catalogue) -> str:
    return render_template("auctions/clock_form.html", form=form, catalogue=catalogue, currency=g.currency)


@blueprint.post("/clocks/new")
@permission_required(Permission.TENDERS_WRITE)
def clock_submit() -> Answer:
    """Open the clock."""
    form, catalogue = ClockForm(), read_catalogue()
    if form.validate_on_submit() and not catalogue.has_errors and form.first_closes_at.data is not None:
        try:
            with atomic() as session:
                clock_id = _open(session, form, catalogue, form.first_closes_at.data)
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("Round 1 is open. Nobody sees the requests before it ends."), "success")
            return redirect(url_for("auctions.clock_detail", clock_id=clock_id))
    return _form_page(form, catalogue), 422


def _open(session: Session, form: ClockForm, catalogue: Catalogue, closes_at: datetime) -> UUID:
    try:
        return get_clock_for(session, g.actor, form.id.value).id  # a second click
    except NotFound:
        pass
    if request.form.get("seen") != read_catalogue().seen:
        raise StockChanged
    products = [
        NewProduct(
            tuple(one for one, _ in lots_of_group(session, g.actor, catalogue.commodity, offer.group)),
            offer.price_minor or 0,
        )
        for offer in catalogue.chosen
    ]
    return services.open_clock(
        session,
        actor=g.actor,
        now=utc_now(),
        id=form.id.value,
        title=form.title.data or "",
        note=form.note.data,
        products=products,
        first_closes_at=local_moment(closes_at, timezone_name()),
        second_minutes=form.second_minutes.data or 0,
        raise_limit_bp=int((form.raise_limit.data or Decimal(0)) * 100),
        step_minor=form.step.minor or 0,
    ).id


@blueprint.get("/clocks/<uuid:clock_id>")
@sign_in_required
def clock_detail(clock_id: UUID) -> str:
    """Show a clock: its products, the own request, and after the end who got what."""
    return _detail_page(clock_id, RequestForm(formdata=None), ReasonForm(formdata=None), {})


def _detail_page(
    clock_id: UUID, form: RequestForm, reason: ReasonForm, errors: Mapping[str, Sequence[Any]]
) -> str:
    session, now = db.session, utc_now()
    clock = get_clock_for(session, g.actor, clock_id)
    buys = is_buyer(g.actor) and not clock.is_own
    own = (
        {number: own_wishes(session, g.actor, clock.id, number) for number in (FIRST, SECOND)} if buys else {}
    )
    got = allotments(session, clock.id)
    return render_template(
        "auctions/clock.html",
        clock=clock,
        products=product_rows(session, clock.id),
        own=own,
        typed=request.form if errors else {},
        errors=errors,
        got=[row for row in got if clock.is_own or row.buyer_id == g.actor.org] if got else [],
        everybody=got,
        aliases=alias_numbers(session, clock.id),
        awards=clock_awards(session, clock.id) if clock.is_own else [],
        form=form,
        reason=reason,
        now=now,
        may_ask=buys and g.actor.may(Permission.BIDS_PLACE) and clock.takes_requests(now),
        may_write=clock.is_own and g.actor.may(Permission.TENDERS_WRITE),
        may_cancel=clock.is_own
        and (g.actor.may(Permission.TENDERS_WRITE) or g.actor.may(Permission.MARKET_MANAGE)),
    )


@blueprint.post("/clocks/<uuid:clock_id>/requests")
@permission_required(Permission.BIDS_PLACE)
def clock_request(clock_id: UUID) -> Answer:
    """Take a sealed request, or replace the own last one of the round."""
    form = RequestForm()
    clock = get_clock_for(db.session, g.actor, clock_id)
    try:
        round_number = int(request.form.get("round", "0") or 0)
        wishes = _wishes(clock)
        run_atomic(
            lambda session: (
                services.place_request(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    clock_id=clock_id,
                    id=form.id.value,
                    wishes=wishes,
                    round_number=round_number,
                ).id
            )
        )
    except NotFound:
        raise
    except (DomainError, ValueError) as refused:
        errors = refused.errors if isinstance(refused, DomainError) else {}
        if isinstance(refused, DomainError) and not errors:
            form.take_refusal(refused)
        return _detail_page(clock_id, form, ReasonForm(formdata=None), errors or {"": ()}), 422
    flash(N_("Your request is sealed. You can replace it until the round ends."), "success")
    return redirect(url_for("auctions.clock_detail", clock_id=clock_id))


def _wishes(clock: ClockView) -> list[Wish]:
    """Return what was typed.

    Raises:
        ValidationFailed: something cannot be read.
    """
    errors = FieldErrors()
    found = []
    for row in product_rows(db.session, clock.id):
        kilograms = _whole(errors, f"kilograms-{row.id}", 0)
        least = _whole(errors, f"least-{row.id}", 1)
        best = None
        try:
            best = minor_from(request.form.get(f"best-{row.id}", ""))
        except ValueError:
            errors.add(f"best-{row.id}", N_("Write a price with at most two decimals."))
        if kilograms or best:
            found.append(Wish(row.id, kilograms, least, best))
    errors.raise_any()
    return found


def _whole(errors: FieldErrors, name: str, empty: int) -> int:
    text = request.form.get(name, "").strip()
    if not text:
        return empty
    if not text.isdecimal() or len(text) > MAX_DIGITS:
        errors.add(name, N_("Write a whole number."))
        return empty
    return int(text)


def _step(clock_id: UUID, done: str, command: Callable[..., object], **inputs: Any) -> Answer:
    """Run one command on a clock and come back to its page."""
    reason = ReasonForm()
    try:
        with atomic() as session:
            command(session, actor=g.actor, now=utc_now(), clock_id=clock_id, **inputs)
    except NotFound:
        raise
    except DomainError as refused:
        reason.take_refusal(refused)
        return _detail_page(clock_id, RequestForm(formdata=None), reason, {}), 422
    flash(done, "success")
    return redirect(url_for("auctions.clock_detail", clock_id=clock_id))


@blueprint.post("/clocks/<uuid:clock_id>/close")
@permission_required(Permission.TENDERS_WRITE)
def clock_close(clock_id: UUID) -> Answer:
    """Open the requests after the hour of the round, should the worker not have done it."""
    return _step(clock_id, N_("The requests are open."), services.close_round)


@blueprint.post("/clocks/<uuid:clock_id>/cancel")
@permission_required(Permission.TENDERS_READ)
def clock_cancel(clock_id: UUID) -> Answer:
    """Withdraw the clock."""
    reason = request.form.get("reason", "")
    done = N_("The clock was cancelled. The lots can be offered again.")
    return _step(clock_id, done, services.cancel_clock, reason=reason)


LOG_HEADER = ("line", "moment", "kind", "bidder", "data", "hash")


@blueprint.get("/clocks/<uuid:clock_id>/log.csv")
@sign_in_required
def clock_log_file(clock_id: UUID) -> Response:
    """Return the public log of a clock."""
    session = db.session
    clock = get_clock_for(session, g.actor, clock_id)
    rows = [
        [
            line.sequence,
            line.at.isoformat(),
            line.kind,
            line.alias,
            json.dumps(dict(line.data), ensure_ascii=False),
            line.hash,
        ]
        for line in every_row(lambda request: clock_log(session, g.actor, clock, request))
    ]
    return csv_response(f"clock-{clock.number}.csv", LOG_HEADER, rows)
