"""Pages of the seller: the list, a new tender, a tender and what can be done with it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import local_moment, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, InvalidId, NotFound
from chain.core.i18n import N_
from chain.core.ids import parse_id
from chain.core.money import amount_for
from chain.core.paging import MAX_PAGE_SIZE, PageRequest
from chain.market import services
from chain.market.errors import LotsChanged
from chain.market.forms import SCOPE_FILTER, ReasonForm, TenderForm
from chain.market.queries.bids import bid_log
from chain.market.queries.lots import (
    LotFilter,
    lot_mixes,
    offerable_commodities,
    offerable_ids,
    offerable_lots,
    offerable_mix,
    tender_lots,
)
from chain.market.queries.tenders import (
    get_own_tender_for,
    list_tenders,
    sale_of_tender,
)
from chain.market.rules import TENDER_STATE_LABELS, TenderState
from chain.market.views import blueprint
from chain.market.views.filters import (
    claim_choices,
    colour_choices,
    commodity_choices,
    grade_choices,
    grades_of,
    read_filters,
)
from chain.web.access import permission_required
from chain.web.formats import timezone_name

Answer = str | Response | tuple[str, int]


def page_number() -> int:
    """Return the page that the address asks for."""
    return request.args.get("page", 1, int)


@blueprint.get("/tenders")
@permission_required(Permission.TENDERS_READ)
def tender_list() -> str:
    """Show the own tenders, the newest first."""
    wanted = request.args.get("state", "")
    state = TenderState(wanted) if wanted in list(TenderState) else None
    return render_template(
        "market/tenders.html",
        page=list_tenders(db.session, g.actor, PageRequest(page_number()), state=state),
        now=utc_now(),
        state=wanted,
        states=[("", N_("All")), *((one.value, TENDER_STATE_LABELS[one]) for one in TenderState)],
        may_open=g.actor.may(Permission.TENDERS_WRITE),
    )


@blueprint.get("/tenders/new")
@permission_required(Permission.TENDERS_WRITE)
def tender_form() -> str:
    """Show the graded lots, filtered, and the terms to fill in."""
    form = TenderForm()
    form.offer_scopes()
    return _form_page(form, [])


def _filters(values: Any) -> tuple[LotFilter, list[str]]:
    """Return the filters with a product, because a tender has one, and the products there are."""
    commodities = list(offerable_commodities(db.session, g.actor))
    named = dict(values.items())
    if named.get("commodity") not in commodities:
        named["commodity"] = commodities[0] if commodities else ""
    return read_filters(named), commodities


def _form_page(form: TenderForm, ticked: Sequence[str]) -> str:
    filters, commodities = _filters(request.values)
    session, actor = db.session, g.actor
    options = offerable_mix(session, actor, LotFilter(commodity=filters.commodity))
    return render_template(
        "market/tender_form.html",
        form=form,
        page=offerable_lots(session, actor, filters, PageRequest(page_number(), MAX_PAGE_SIZE)),
        mix=offerable_mix(session, actor, filters),
        ticked=set(ticked),
        filters=filters,
        typed={name: request.values.get(name, "") for name in ("micron_min", "micron_max")},
        currency=g.currency,
        commodities=commodity_choices(commodities, with_any=False),
        grades=grade_choices(grades_of(options)),
        colours=colour_choices(list(options.colours)),
        claims=claim_choices(),
    )


@blueprint.post("/tenders/new")
@permission_required(Permission.TENDERS_WRITE)
def tender_submit() -> Answer:
    """Open the tender."""
    form = TenderForm()
    form.offer_scopes()
    ticked = request.form.getlist("lots")
    if form.validate_on_submit() and form.closes_at.data is not None:
        closes_at = local_moment(form.closes_at.data, timezone_name())
        try:
            with atomic() as session:
                tender_id = _open(session, form, closes_at, ticked)
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The tender is open. Nobody sees the bids before the deadline."), "success")
            return redirect(url_for("market.tender_detail", tender_id=tender_id))
    return _form_page(form, ticked), 422


def _open(session: Session, form: TenderForm, closes_at: datetime, ticked: Sequence[str]) -> UUID:
    try:
        return get_own_tender_for(session, g.actor, form.id.value, now=utc_now()).id  # a second click
    except NotFound:
        pass
    if form.scope.data == SCOPE_FILTER:
        filters, _ = _filters(request.form)
        lot_ids = list(offerable_ids(session, g.actor, filters))
        if request.form.get("seen") != str(offerable_mix(session, g.actor, filters).quantity):
            raise LotsChanged
    else:
        lot_ids = [_lot_id(text) for text in ticked]
    return services.open_tender(
        session,
        actor=g.actor,
        now=utc_now(),
        id=form.id.value,
        title=form.title.data or "",
        lot_ids=lot_ids,
        reserve_minor_per_unit=form.reserve.minor,
        closes_at=closes_at,
        note=form.note.data,
    ).id


def _lot_id(text: str) -> UUID:
    try:
        return parse_id(text)
    except InvalidId:
        raise NotFound from None


@blueprint.get("/tenders/<uuid:tender_id>")
@permission_required(Permission.TENDERS_READ)
def tender_detail(tender_id: UUID) -> str:
    """Show an own tender: what is offered, how many bid, and after the opening the log."""
    return _detail_page(tender_id, ReasonForm(formdata=None))


def _detail_page(tender_id: UUID, form: ReasonForm) -> str:
    now, session = utc_now(), db.session
    tender = get_own_tender_for(session, g.actor, tender_id, now=now)
    log = bid_log(session, tender) if tender.is_opened else []
    winner = next((bid for bid in log if bid.won), None)
    return render_template(
        "market/tender.html",
        tender=tender,
        mix=lot_mixes(session, [tender.id])[tender.id],
        page=tender_lots(session, tender.id, PageRequest(page_number())),
        log=log,
        winner=winner,
        proceeds=amount_for(tender.quantity, winner.price_minor_per_unit) if winner else None,
        sale_id=sale_of_tender(session, tender.id),
        form=form,
        now=now,
        may_write=g.actor.may(Permission.TENDERS_WRITE),
        may_accept=g.actor.may(Permission.AWARDS_ACCEPT),
        is_creator=g.actor.user_id == tender.created_by,
    )


def _step(tender_id: UUID, done: str, command: Callable[..., object], **inputs: Any) -> Answer:
    """Run one command on a tender and come back to its page."""
    form = ReasonForm()
    try:
        with atomic() as session:
            command(session, actor=g.actor, now=utc_now(), tender_id=tender_id, **inputs)
    except NotFound:
        raise
    except DomainError as refused:
        form.take_refusal(refused)
        return _detail_page(tender_id, form), 422
    flash(done, "success")
    return redirect(url_for("market.tender_detail", tender_id=tender_id))


@blueprint.post("/tenders/<uuid:tender_id>/close")
@permission_required(Permission.TENDERS_WRITE)
def tender_close(tender_id: UUID) -> Answer:
    """Open the bids after the deadline."""
    return _step(tender_id, N_("The bids are open."), services.close_tender)


@blueprint.post("/tenders/<uuid:tender_id>/accept")
@permission_required(Permission.AWARDS_ACCEPT)
def award_accept(tender_id: UUID) -> Answer:
    """Accept the best bid."""
    done = N_("The sale was made. The accountant can now prepare the settlement.")
    return _step(tender_id, done, services.accept_award)


@blueprint.post("/tenders/<uuid:tender_id>/decline")
@permission_required(Permission.AWARDS_ACCEPT)
def award_decline(tender_id: UUID) -> Answer:
    """Decline the best bid."""
    reason = request.form.get("reason", "")
    return _step(
        tender_id,
        N_("The bid was declined. The lots can be offered again."),
        services.decline_award,
        reason=reason,
    )


@blueprint.post("/tenders/<uuid:tender_id>/cancel")
@permission_required(Permission.TENDERS_WRITE)
def tender_cancel(tender_id: UUID) -> Answer:
    """Withdraw the tender before its deadline."""
    reason = request.form.get("reason", "")
    done = N_("The tender was cancelled. The lots can be offered again.")
    return _step(tender_id, done, services.cancel_tender, reason=reason)
