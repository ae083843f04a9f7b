"""Pages of the buyer: the list, and the live page, which works as plain forms and better with its script (static/js/live.js).

The poll (`live_state`) is a plain GET with an ETag and always right; streams of another process only hint that it is time for one.
"""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app, flash, g, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.auctions import intake
from chain.auctions.clock.queries import list_clocks
from chain.auctions.forms import RegisterForm, minor_from
from chain.auctions.queries.auctions import get_auction_for, get_auction_lot_for, is_buyer
from chain.auctions.queries.lists import list_auctions, lots_bid_on
from chain.auctions.queries.state import auction_state, state_version
from chain.auctions.queries.stock import catalogue_parts
from chain.auctions.rules import Kind
from chain.auctions.services.bidding import Answer, Ask
from chain.auctions.services.opening import register_bidder
from chain.auctions.views import blueprint
from chain.auctions.views.showing import answer_words, line_words, lot_facts
from chain.core.clock import utc_now
from chain.core.db import db, run_atomic
from chain.core.errors import DomainError, InvalidId, NotFound
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.core.paging import PageRequest, slice_rows
from chain.web.access import permission_required
from chain.web.i18n import current_language, gettext
from chain.web.lists import page_wanted

PageAnswer = str | Response | tuple[str, int]

#: How many clocks stand under the auctions of the list; all of them have a list of their own.
CLOCKS_SHOWN = 10
#: Seconds: with no event for `QUIET` the page asks by itself, every `SLOW`, and every `FAST` in the last `LAST` of a lot.
PACE = {"quiet": 20, "slow": 5, "fast": 2, "last": 120}
#: Longest list of numbers that a poll may send.
MAX_SEEN = 5_000


@blueprint.get("/live")
@permission_required(Permission.BOARD_READ)
def live_list() -> str:
    """Show the auctions and clocks that the reader may see, those that go on first."""
    intake.close_what_is_due()
    return render_template(
        "auctions/live_list.html",
        page=list_auctions(db.session, g.actor, page_wanted()),
        clocks=list_clocks(db.session, g.actor, PageRequest(1, CLOCKS_SHOWN)),
        now=utc_now(),
    )


@blueprint.get("/live/<uuid:auction_id>")
@permission_required(Permission.BOARD_READ)
def live_detail(auction_id: UUID) -> Response:
    """Show an auction as it stands."""
    return _live_page(auction_id, RegisterForm(formdata=None))


def _live_page(auction_id: UUID, form: RegisterForm, status: int = 200) -> Response:
    intake.close_what_is_due(auction_id)
    session, now = db.session, utc_now()
    auction = get_auction_for(session, g.actor, auction_id)
    state = auction_state(session, g.actor, auction_id, now=now)
    bid_on = lots_bid_on(session, g.actor, auction_id)
    stream = stream_address()
    page = render_template(
        "auctions/live.html",
        auction=auction,
        state=state,
        lots=[(lot, lot_facts(session, state, lot, bid_on)) for lot in state["lots"]],
        parts_of=catalogue_parts(session, [lot["id"] for lot in state["lots"]]),
        form=form,
        now=now,
        may_bid=is_buyer(g.actor) and g.actor.may(Permission.BIDS_PLACE),
        stream=f"{stream}{url_for('auctions.live_detail', auction_id=auction_id)}/events" if stream else "",
        pace=PACE,
    )
    g.connect_to = stream  # for the Content Security Policy of this one page
    return make_response(page, status)


def stream_address() -> str:
    """Return the origin of the streams for this reader's browser; empty: there are none and pages poll."""
    settings = current_app.config["SETTINGS"]
    if settings.stream_url:
        return str(settings.stream_url).rstrip("/")
    if not settings.stream_port:
        return ""
    return f"{request.scheme}://{urlsplit(request.host_url).hostname}:{settings.stream_port}"


@blueprint.get("/live/<uuid:auction_id>/state")
@permission_required(Permission.BOARD_READ)
def live_state(auction_id: UUID) -> Response:
    """Answer the poll: 304 when nothing moved, else the lots that moved since what the page shows."""
    intake.close_what_is_due(auction_id)
    session, now = db.session, utc_now()
    version = f"{state_version(session, g.actor, auction_id, now=now)}-{current_language()}"
    if version in request.if_none_match:
        answer = make_response("", 304)
    else:
        state = auction_state(session, g.actor, auction_id, now=now)
        seen = _seen()
        bid_on = lots_bid_on(session, g.actor, auction_id)
        moved = [lot for lot in state["lots"] if seen.get(lot["position"]) != [lot["sequence"], lot["state"]]]
        answer = jsonify(
            now=now.isoformat(),
            phase=state["phase"],
            lots=[lot_facts(session, state, lot, bid_on) for lot in moved],
        )
    answer.set_etag(version)
    answer.headers["X-Server-Now"] = now.isoformat()
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _seen() -> dict[int, list[Any]]:
    """Return what the page shows: `1.14.open` for each lot, position, sequence and state."""
    found: dict[int, list[Any]] = {}
    for word in request.args.get("seen", "")[:MAX_SEEN].split(","):
        position, _, rest = word.partition(".")
        sequence, _, state = rest.partition(".")
        if position.isdecimal() and sequence.isdecimal():
            found[int(position)] = [int(sequence), state]
    return found


@blueprint.post("/live/<uuid:auction_id>/register")
@permission_required(Permission.BIDS_PLACE)
def live_register(auction_id: UUID) -> PageAnswer:
    """Register the buyer for the auction."""
    form = RegisterForm()
    if form.validate_on_submit():
        try:
            bidder = run_atomic(
                lambda session: (
                    register_bidder(
                        session,
                        actor=g.actor,
                        now=utc_now(),
                        auction_id=auction_id,
                        ceiling_minor=form.ceiling.minor,
                    ).alias
                )
            )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(
                gettext(N_("You are registered. Rivals know you as bidder %(number)s."), number=bidder),
                "success",
            )
            return redirect(url_for("auctions.live_detail", auction_id=auction_id))
    return _live_page(auction_id, form, 422)


@blueprint.post("/live/<uuid:auction_id>/lots/<uuid:auction_lot_id>/bids")
@permission_required(Permission.BIDS_PLACE)
def live_bid(auction_id: UUID, auction_lot_id: UUID) -> PageAnswer:
    """Take a bid or an own maximum; its time is when the request came. Answers words, or comes back to the page."""
    now = utc_now()
    try:
        words, tone = _take(auction_lot_id, now)
        status = 200
    except NotFound:
        raise
    except DomainError as refused:
        words, tone, status = gettext(refused.message), "error", 422
    if request.headers.get("Accept") == "application/json":
        return make_response(jsonify(words=words, tone=tone), status)
    flash(words, "success" if tone == "success" else "error")
    return redirect(url_for("auctions.live_detail", auction_id=auction_id, _anchor=f"lot-{auction_lot_id}"))


def _take(auction_lot_id: UUID, now: Any) -> tuple[str, str]:
    auction, _ = get_auction_lot_for(db.session, g.actor, auction_lot_id)
    kind = Kind.MAXIMUM if request.form.get("kind") == Kind.MAXIMUM else Kind.BID
    try:
        amount = minor_from(request.form.get("maximum", "")) if kind is Kind.MAXIMUM else _whole("amount")
    except ValueError as error:
        return str(error), "error"
    if amount is None:
        return gettext(N_("Write a price.")), "error"
    try:
        bid_id = parse_id(request.form.get("id", ""))
    except InvalidId as refused:
        return gettext(refused.message), "error"
    answer: Answer = intake.submit(
        Ask(g.actor, auction_lot_id, bid_id, kind, amount, _whole("seen"), now, str(bid_id))
    )
    return answer_words(answer, auction.currency)


def _whole(name: str) -> int | None:
    text = request.form.get(name, "").strip()
    return int(text) if text.isdecimal() and len(text) < 12 else None  # noqa: PLR2004 - longer numbers are no prices


@blueprint.get("/live/<uuid:auction_id>/lots/<uuid:auction_lot_id>")
@permission_required(Permission.BOARD_READ)
def live_log(auction_id: UUID, auction_lot_id: UUID) -> str:
    """Show the whole public log of a lot."""
    from chain.auctions.views.sellers import log_lines

    session = db.session
    auction, lot = get_auction_lot_for(session, g.actor, auction_lot_id)
    if auction.id != auction_id:
        raise NotFound
    lines = log_lines(session, auction_lot_id)
    return render_template(
        "auctions/log.html",
        auction=auction,
        lot=lot,
        page=slice_rows([(line_words(line, auction.currency), line) for line in lines], page_wanted(), {}),
    )
