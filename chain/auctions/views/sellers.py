"""Pages of the seller and of the market manager: the list, a new auction, an auction and what can be done with it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.auctions.clock.errors import StockChanged
from chain.auctions.forms import BY_LOT, AuctionForm, ReasonForm
from chain.auctions.intake import close_what_is_due
from chain.auctions.models import Auction
from chain.auctions.queries.auctions import get_auction_for
from chain.auctions.queries.lists import list_auctions
from chain.auctions.queries.state import auction_state, bids_after
from chain.auctions.queries.stock import catalogue_parts, lots_of_group
from chain.auctions.rules import AUCTION_STATE_LABELS, AuctionState, AwardBy, CatalogueLot, Closing
from chain.auctions.services.opening import open_auction
from chain.auctions.services.stopping import cancel_auction, pause_auction, resume_auction
from chain.auctions.views import blueprint, class_and_colour
from chain.auctions.views.catalogues import Catalogue, read_catalogue
from chain.core.clock import local_moment, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.formats import timezone_name
from chain.web.lists import page_wanted

Answer = str | Response | tuple[str, int]


@blueprint.get("/auctions")
@permission_required(Permission.TENDERS_READ)
def auction_list() -> str:
    """Show the own auctions, those that go on first."""
    close_what_is_due()
    wanted = request.args.get("state", "")
    state = AuctionState(wanted) if wanted in list(AuctionState) else None
    return render_template(
        "auctions/auctions.html",
        page=list_auctions(db.session, g.actor, page_wanted(), state=state),
        now=utc_now(),
        state=wanted,
        states=[("", N_("All")), *((one.value, AUCTION_STATE_LABELS[one]) for one in AuctionState)],
        may_open=g.actor.may(Permission.TENDERS_WRITE),
    )


@blueprint.get("/auctions/new")
@permission_required(Permission.TENDERS_WRITE)
def auction_form() -> str:
    """Show the lots in stock by class and colour, and the terms to fill in."""
    form = AuctionForm()
    form.offer_choices()
    return _form_page(form, read_catalogue())


def _form_page(form: AuctionForm, catalogue: Catalogue) -> str:
    return render_template("auctions/auction_form.html", form=form, catalogue=catalogue, currency=g.currency)


@blueprint.post("/auctions/new")
@permission_required(Permission.TENDERS_WRITE)
def auction_submit() -> Answer:
    """Announce the auction."""
    form = AuctionForm()
    form.offer_choices()
    catalogue = read_catalogue()
    if form.validate_on_submit() and not catalogue.has_errors and form.ends_at.data is not None:
        try:
            with atomic() as session:
                auction_id = _open(session, form, catalogue, form.ends_at.data)
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The auction is announced. The lots are reserved for it."), "success")
            return redirect(url_for("auctions.auction_detail", auction_id=auction_id))
    return _form_page(form, catalogue), 422


def _open(session: Session, form: AuctionForm, catalogue: Catalogue, ends_at: datetime) -> UUID:
    try:
        return get_auction_for(session, g.actor, form.id.value).id  # a second click
    except NotFound:
        pass
    if request.form.get("seen") != read_catalogue().seen:
        raise StockChanged
    zone = timezone_name()
    starts = form.starts_at.data
    return open_auction(
        session,
        actor=g.actor,
        now=utc_now(),
        id=form.id.value,
        title=form.title.data or "",
        lots=_lots(session, catalogue, each=form.bundle.data == BY_LOT),
        starts_at=local_moment(starts, zone) if starts else None,
        ends_at=local_moment(ends_at, zone),
        closing=Closing(form.closing.data),
        stagger_seconds=form.stagger_seconds.data or 0,
        soft_close_seconds=form.soft_close_seconds.data or 0,
        extension_seconds=form.soft_close_seconds.data or 0,
        award_by=AwardBy(form.award_by.data),
        ceiling_required=form.ceiling_required.data,
        note=form.note.data,
    ).id


def _lots(session: Session, catalogue: Catalogue, *, each: bool) -> list[CatalogueLot]:
    found: list[CatalogueLot] = []
    for offer in catalogue.chosen:
        group, price = offer.group, offer.price_minor or 0
        name = class_and_colour(group.scheme, group.edition, group.key, group.colour)
        lots = lots_of_group(session, g.actor, catalogue.commodity, group)
        if each:
            found += [
                CatalogueLot((lot_id,), price, offer.reserve_minor, f"{name} · {number}")
                for lot_id, number in lots
            ]
        else:
            found.append(CatalogueLot(tuple(one for one, _ in lots), price, offer.reserve_minor, name))
    return found


def own_auction(auction_id: UUID) -> Auction:
    """Return an auction of the own organisation.

    Raises:
        NotFound: it is another's, or there is none.
    """
    found = get_auction_for(db.session, g.actor, auction_id)
    if found.organisation_id != g.actor.org:
        raise NotFound
    return found


@blueprint.get("/auctions/<uuid:auction_id>")
@permission_required(Permission.TENDERS_READ)
def auction_detail(auction_id: UUID) -> str:
    """Show an own auction: prices as they stand, the end, and the public log."""
    return _detail_page(auction_id, ReasonForm(formdata=None))


def _detail_page(auction_id: UUID, form: ReasonForm) -> str:
    close_what_is_due(auction_id)
    now, auction = utc_now(), own_auction(auction_id)
    state = auction_state(db.session, g.actor, auction_id, now=now)
    return render_template(
        "auctions/auction.html",
        auction=auction,
        state=state,
        parts_of=catalogue_parts(db.session, [lot["id"] for lot in state["lots"]]),
        form=form,
        now=now,
        may_write=g.actor.may(Permission.TENDERS_WRITE),
        may_manage=g.actor.may(Permission.MARKET_MANAGE),
    )


def _step(auction_id: UUID, done: str, command: Callable[..., object], **inputs: Any) -> Answer:
    """Run one command on an auction and come back to its page."""
    form = ReasonForm()
    try:
        with atomic() as session:
            command(session, actor=g.actor, now=utc_now(), auction_id=auction_id, **inputs)
    except NotFound:
        raise
    except DomainError as refused:
        form.take_refusal(refused)
        return _detail_page(auction_id, form), 422
    flash(done, "success")
    return redirect(url_for("auctions.auction_detail", auction_id=auction_id))


@blueprint.post("/auctions/<uuid:auction_id>/pause")
@permission_required(Permission.MARKET_MANAGE)
def auction_pause(auction_id: UUID) -> Answer:
    """Stop the clock, with a reason."""
    reason = request.form.get("reason", "")
    return _step(
        auction_id, N_("The auction is paused. Its clock stands still."), pause_auction, reason=reason
    )


@blueprint.post("/auctions/<uuid:auction_id>/resume")
@permission_required(Permission.MARKET_MANAGE)
def auction_resume(auction_id: UUID) -> Answer:
    """Let the clock go on."""
    return _step(auction_id, N_("The auction goes on. Every lot ends later by the pause."), resume_auction)


@blueprint.post("/auctions/<uuid:auction_id>/cancel")
@permission_required(Permission.TENDERS_READ)
def auction_cancel(auction_id: UUID) -> Answer:
    """Cancel the auction with a reason."""
    reason = request.form.get("reason", "")
    done = N_("The auction was cancelled. The lots that had not ended can be offered again.")
    return _step(auction_id, done, cancel_auction, reason=reason)


LOG_HEADER = (
    "lot",
    "lot_id",
    "line",
    "moment",
    "kind",
    "bidder",
    "amount_minor",
    "commitment",
    "price_minor",
    "ends_at",
    "bidder_mark",
    "leader_mark",
    "hash",
)


@blueprint.get("/auctions/<uuid:auction_id>/log.csv")
@permission_required(Permission.BOARD_READ)
def auction_log(auction_id: UUID) -> Response:
    """Return the public log of all lots, for the seller and for buyers."""
    session, actor = db.session, g.actor
    state = auction_state(session, actor, auction_id, now=utc_now())
    rows = [
        [
            lot["position"],
            lot["id"],
            line["sequence"],
            line["at"].isoformat(),
            line["kind"],
            line["alias"],
            line["amount_minor"],
            line["commitment"],
            line["price_minor"],
            line["ends_at"].isoformat(),
            line["buyer_mark"],
            line["leader_mark"],
            line["hash"],
        ]
        for lot in state["lots"]
        for line in log_lines(session, lot["id"])
    ]
    return csv_response(f"auction-{state['number']}.csv", LOG_HEADER, rows)


def log_lines(session: Session, auction_lot_id: UUID) -> Sequence[dict[str, Any]]:
    """Return the whole log of a lot, which comes in parts."""
    found: list[dict[str, Any]] = []
    while part := bids_after(session, g.actor, auction_lot_id, found[-1]["sequence"] if found else 0):
        found += part
    return found
