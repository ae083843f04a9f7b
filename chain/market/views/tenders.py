"""Pages of the seller: the list, a new tender, a tender and what can be done with it."""

from collections.abc import Callable, Mapping, Sequence
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
from chain.core.paging import MAX_PAGE_SIZE, PageRequest
from chain.lots.products import PRODUCT_LABELS
from chain.market import services
from chain.market.errors import LotsChanged
from chain.market.forms import (
    SCOPE_FILTER,
    SEEN_BY_INVITED,
    PriceField,
    ReasonForm,
    TenderForm,
    with_class_reserves,
)
from chain.market.queries.bids import bid_log, tender_awards
from chain.market.queries.lots import (
    LotFilter,
    lot_mixes,
    offerable_commodities,
    offerable_grades,
    offerable_ids,
    offerable_lots,
    offerable_mix,
    tender_lots,
)
from chain.market.queries.negotiable import negotiable
from chain.market.queries.tenders import get_own_tender_for, list_tenders
from chain.market.rules import STANDING_LABELS, TENDER_STATE_LABELS, TenderState
from chain.market.views import UNIT_WORDS, blueprint, offer_words
from chain.market.views.filters import (
    claim_choices,
    colour_choices,
    commodity_choices,
    grade_choices,
    grades_of,
    read_filters,
)
from chain.sales.queries.exclusions import buying_organisations, list_exclusions
from chain.sales.rules import AwardState
from chain.sales.services.awards import rule_of
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.formats import timezone_name
from chain.web.i18n import current_language, gettext
from chain.web.lists import every_row, page_wanted

Answer = str | Response | tuple[str, int]


@blueprint.get("/tenders")
@permission_required(Permission.TENDERS_READ)
def tender_list() -> str:
    """Show the own tenders, the newest first."""
    wanted = request.args.get("state", "")
    state = TenderState(wanted) if wanted in list(TenderState) else None
    return render_template(
        "market/tenders.html",
        page=list_tenders(db.session, g.actor, page_wanted(), state=state),
        now=utc_now(),
        state=wanted,
        states=[("", N_("All")), *((one.value, TENDER_STATE_LABELS[one]) for one in TenderState)],
        may_open=g.actor.may(Permission.TENDERS_WRITE),
    )


@blueprint.get("/tenders/export.csv")
@permission_required(Permission.TENDERS_READ)
def tender_export() -> Response:
    """Send the own tenders as a table."""
    tenders = every_row(lambda request: list_tenders(db.session, g.actor, request))
    header = (
        N_("Number"), N_("Title"), N_("Product"), N_("State"), N_("Lots"), N_("Quantity"), N_("Unit"), N_("Bidders"),
        N_("Opening"), N_("Deadline"),
    )  # fmt: skip
    rows = [
        [
            one.number,
            one.title,
            gettext(PRODUCT_LABELS[one.commodity]),
            gettext(TENDER_STATE_LABELS[TenderState(one.state)]),
            one.lots,
            f"{one.quantity / 1000:.3f}",
            UNIT_WORDS[one.unit],
            one.bidders,
            one.opens_at.isoformat(),
            one.closes_at.isoformat(),
        ]
        for one in tenders
    ]
    return csv_response("tenders.csv", [gettext(one) for one in header], rows)


@blueprint.get("/tenders/new")
@permission_required(Permission.TENDERS_WRITE)
def tender_form() -> str:
    """Show the graded lots, filtered, and the terms to fill in."""
    form, classes = _new_form()
    return _form_page(form, classes, [])


def _new_form() -> tuple[TenderForm, list[str]]:
    """Return the form and the classes that may have a lowest price of their own, in the order of its fields."""
    filters, _ = _filters(request.values)
    mix = offerable_mix(db.session, g.actor, LotFilter(commodity=filters.commodity))
    classes = [f"{line.scheme}/{line.edition}/{line.key}" for line in mix.classes if line.key]
    form = with_class_reserves(classes)
    form.offer_choices(buying_organisations(db.session))
    return form, classes


def _filters(values: Any) -> tuple[LotFilter, list[str]]:
    """Return the filters with a product, because a tender has one, and the products there are."""
    commodities = list(offerable_commodities(db.session, g.actor))
    named = dict(values.items())
    if named.get("commodity") not in commodities:
        named["commodity"] = commodities[0] if commodities else ""
    return read_filters(named), commodities


def _form_page(form: TenderForm, classes: Sequence[str], ticked: Sequence[str]) -> str:
    filters, commodities = _filters(request.values)
    session, actor = db.session, g.actor
    options = offerable_mix(session, actor, LotFilter(commodity=filters.commodity))
    return render_template(
        "market/tender_form.html",
        form=form,
        class_reserves=[(form[f"reserve_{place}"], grade) for place, grade in enumerate(classes)],
        page=offerable_lots(session, actor, filters, page_wanted(MAX_PAGE_SIZE)),
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
    form, classes = _new_form()
    ticked = request.form.getlist("lots")
    if form.validate_on_submit() and form.closes_at.data is not None:
        closes_at = local_moment(form.closes_at.data, timezone_name())
        try:
            with atomic() as session:
                tender_id = _open(session, form, classes, closes_at, ticked)
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The tender is open. Nobody sees the bids before the deadline."), "success")
            return redirect(url_for("market.tender_detail", tender_id=tender_id))
    return _form_page(form, classes, ticked), 422


def _open(
    session: Session, form: TenderForm, classes: Sequence[str], closes_at: datetime, ticked: Sequence[str]
) -> UUID:
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
        lot_reserves=_lot_reserves(session, form, classes, lot_ids),
        invited=_invited(form),
        closes_at=closes_at,
        note=form.note.data,
    ).id


def _lot_reserves(
    session: Session, form: TenderForm, classes: Sequence[str], lot_ids: Sequence[UUID]
) -> Mapping[UUID, int]:
    """Return the lowest prices of lots whose class has one of its own."""
    typed: dict[str, int] = {}
    for place, grade in enumerate(classes):
        field = form[f"reserve_{place}"]
        if isinstance(field, PriceField) and field.data is not None:
            typed[grade] = field.minor
    if not typed:
        return {}
    grades = offerable_grades(session, g.actor, lot_ids)
    return {lot_id: typed[grade] for lot_id, grade in grades.items() if grade in typed}


def _invited(form: TenderForm) -> list[UUID] | None:
    if form.seen_by.data != SEEN_BY_INVITED:
        return None
    return [UUID(one) for one in form.invited.data or []]


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
    now, session, actor = utc_now(), db.session, g.actor
    tender = get_own_tender_for(session, actor, tender_id, now=now)
    awards = tender_awards(session, tender)
    waiting = [one for one in awards if one.award.state == AwardState.WAITING]
    return render_template(
        "market/tender.html",
        tender=tender,
        mix=lot_mixes(session, [tender.id])[tender.id],
        page=tender_lots(session, tender.id, page_wanted()),
        log=bid_log(session, tender) if tender.is_opened else [],
        awards=awards,
        waiting=waiting,
        has_confirmed=bool(waiting) and all(actor.user_id in one.answered_by for one in waiting),
        best=negotiable(session, tender, now),
        excluded=list_exclusions(session, actor, PageRequest(1), event_id=tender.id).items,
        rule=rule_of(session, tender.organisation_id),
        form=form,
        now=now,
        may_write=actor.may(Permission.TENDERS_WRITE),
        may_open=actor.may(Permission.TENDERS_WRITE) or actor.may(Permission.MARKET_MANAGE),
        may_accept=actor.may(Permission.AWARDS_ACCEPT),
        may_manage=actor.may(Permission.MARKET_MANAGE),
        is_creator=actor.user_id == tender.created_by,
    )


@blueprint.get("/tenders/<uuid:tender_id>/bids.csv")
@permission_required(Permission.TENDERS_READ)
def bid_log_export(tender_id: UUID) -> Response:
    """Send the opened bids of an own tender as a table."""
    tender = get_own_tender_for(db.session, g.actor, tender_id, now=utc_now())
    language = "en" if current_language() == "en" else "es"
    header = (N_("No."), N_("Buyer"), N_("Bid"), N_("Currency"), N_("Received"), N_("Result"), N_("Won"), N_("Commitment"), N_("Nonce"))  # fmt: skip
    rows = [
        [
            bid.sequence,
            bid.buyer_name,
            offer_words(bid.offer, tender.unit, language),
            bid.currency,
            bid.placed_at.isoformat(),
            gettext(STANDING_LABELS[bid.standing]),
            gettext(N_("Yes") if bid.won else N_("No")),
            bid.commitment,
            bid.nonce,
        ]
        for bid in bid_log(db.session, tender)
    ]
    return csv_response(f"tender-{tender.number}-bids.csv", [gettext(one) for one in header], rows)


def _step(
    tender_id: UUID, done: str | Callable[[object], str], command: Callable[..., object], **inputs: Any
) -> Answer:
    """Run one command on a tender and come back to its page; `done` says so, if need be by what the command answered."""
    form = ReasonForm()
    try:
        with atomic() as session:
            answer = command(session, actor=g.actor, now=utc_now(), tender_id=tender_id, **inputs)
    except NotFound:
        raise
    except DomainError as refused:
        form.take_refusal(refused)
        return _detail_page(tender_id, form), 422
    flash(done if isinstance(done, str) else done(answer), "success")
    return redirect(url_for("market.tender_detail", tender_id=tender_id))


@blueprint.post("/tenders/<uuid:tender_id>/close")
@permission_required(Permission.TENDERS_READ)
def tender_close(tender_id: UUID) -> Answer:
    """Open the bids after the deadline."""
    return _step(tender_id, N_("The bids are open."), services.close_tender)


@blueprint.post("/tenders/<uuid:tender_id>/accept")
@permission_required(Permission.AWARDS_ACCEPT)
def award_accept(tender_id: UUID) -> Answer:
    """Confirm the awards of a tender; the last officer who is needed makes the sale."""
    return _step(tender_id, _confirmed, services.accept_award)


def _confirmed(sale: object) -> str:
    if sale is None:
        return N_("You have confirmed. Another officer must confirm too before it is a sale.")
    return N_("The sale was made. The accountant can now prepare the settlement.")


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
