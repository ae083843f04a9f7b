"""Pages of offers: the list, a new one, its history and the answers."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.core.paging import PageRequest
from chain.negotiation import services
from chain.negotiation.edge import (
    DEFAULT_PAYMENT_DAYS,
    accept_and_tell,
    classes_of,
    read_ids,
    starting_values,
    terms_from_form,
)
from chain.negotiation.errors import OfferLotsGone
from chain.negotiation.forms import AnswerForm, TermsBase, ask_reason, terms_form
from chain.negotiation.handlers import replay_offer
from chain.negotiation.models import Offer, OfferStep
from chain.negotiation.queries.offers import (
    buyers_to_offer,
    get_offer_for,
    get_offer_row_for,
    last_terms,
    list_offers,
    side_of,
    side_of_kind,
    steps_of,
)
from chain.negotiation.queries.open_lots import OpenLotRow, lots_by_id
from chain.negotiation.rules import LIVE, OFFER_STATE_LABELS, OfferState, Side
from chain.negotiation.views import blueprint, grade_name
from chain.sales.models import Award
from chain.sales.queries.log import check_chain, log_of
from chain.sales.showing import lots_of_event
from chain.web.access import sign_in_required
from chain.web.csv_out import csv_response
from chain.web.forms import option
from chain.web.i18n import gettext
from chain.web.lists import every_row, page_wanted

Answer = str | Response | tuple[str, int]
HUNDRED = 100


def _wanted_state() -> OfferState | None:
    wanted = request.args.get("state", "")
    return OfferState(wanted) if wanted in list(OfferState) else None


@blueprint.get("/offers")
@sign_in_required
def offer_list() -> str:
    """Show the own offers, the one that changed last on top."""
    state, waits = _wanted_state(), request.args.get("waits", "") == "1"
    page = list_offers(db.session, g.actor, page_wanted(), state=state, mine_to_answer=waits)
    return render_template(
        "negotiation/offers.html",
        page=page,
        now=utc_now(),
        state=state or "",
        waits=waits,
        is_buyer=side_of_kind(g.actor) is Side.BUYER,
        states=[("", N_("All")), *((one.value, OFFER_STATE_LABELS[one]) for one in OfferState)],
    )


@blueprint.get("/offers.csv")
@sign_in_required
def offer_file() -> FlaskResponse:
    """Give the own offers as a file."""
    state, session, actor = _wanted_state(), db.session, g.actor
    list_offers(session, actor, PageRequest(1, 1))  # refuses before the file begins
    header = [
        gettext(text)
        for text in (
            N_("Number"), N_("Seller"), N_("Buyer"), N_("State"), N_("Kilograms or litres"), N_("Amount"),
            N_("Currency"), N_("Stands until"), N_("Started"), N_("Last change"),
        )
    ]  # fmt: skip
    rows = (
        [
            row.offer.number,
            row.seller_name,
            row.buyer_name,
            gettext(OFFER_STATE_LABELS[OfferState(row.offer.state)]),
            row.offer.quantity / 1000,
            f"{row.offer.amount_minor / HUNDRED:.2f}",
            row.offer.currency,
            row.offer.expires_at.isoformat(),
            row.offer.started_at.isoformat(),
            row.offer.changed_at.isoformat(),
        ]
        for row in every_row(lambda asked: list_offers(session, actor, asked, state=state))
    )
    return csv_response("offers.csv", header, list(rows))


def _make_form(lots: Sequence[OpenLotRow], **kwargs: Any) -> TermsBase:
    form = terms_form(len(classes_of(lots)), len(lots))(**kwargs)
    form.fill_choices()
    if side_of_kind(g.actor) is Side.SELLER:
        form.to.choices = [option(one.id, one.name) for one in buyers_to_offer(db.session)]
    return form


@blueprint.get("/offers/new")
@sign_in_required
def offer_form() -> Answer:
    """Show the terms to fill in for the lots of the address, or for those of an event that ended without a sale."""
    args = request.args
    source = args.get("source") or args.get("tender", "")
    lots = _named_lots(args.getlist("lot"))
    for event_id in read_ids([source]) if not lots else []:
        wanted = lots_of_event(db.session, g.actor, utc_now(), event_id)
        lots = lots_by_id(db.session, g.actor, utc_now(), wanted)
    if not lots:
        flash(N_("Tick the lots first that the offer is about."), "info")
        return redirect(url_for("negotiation.open_lot_list"))
    values = {
        "payment_days": Decimal(DEFAULT_PAYMENT_DAYS),
        "to": args.get("to") or args.get("buyer", ""),
        **starting_values(lots),
    }
    return _form_page(_make_form(lots, formdata=None, data=values), lots, source=source)


def _named_lots(texts: Sequence[str]) -> Sequence[OpenLotRow]:
    return lots_by_id(db.session, g.actor, utc_now(), read_ids(texts))


def _form_page(
    form: TermsBase,
    lots: Sequence[OpenLotRow],
    *,
    source: str = "",
    offer: Offer | None = None,
    seen: int = 0,
) -> str:
    return render_template(
        "negotiation/offer_form.html",
        form=form,
        lots=lots,
        classes=[(grade_name(*key), form.price_field(place)) for place, key in enumerate(classes_of(lots))],
        unit=lots[0].unit,
        currency=lots[0].currency,
        seller_name=lots[0].seller_name,
        is_seller=side_of_kind(g.actor) is Side.SELLER,
        source=source,
        offer=offer,
        seen=seen,
    )


@blueprint.post("/offers/new")
@sign_in_required
def offer_submit() -> Answer:
    """Make the offer."""
    lots = _named_lots(request.form.getlist("lot"))
    if not lots:
        raise NotFound
    form = _make_form(lots)
    source = request.form.get("source", "")
    if form.validate_on_submit():
        now = utc_now()
        try:
            with atomic() as session:
                offer_id = _start(session, form, lots, now, source)
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The offer was sent. Nothing is reserved until it is accepted."), "success")
            return redirect(url_for("negotiation.offer_detail", offer_id=offer_id))
    return _form_page(form, lots, source=source), 422


def _start(session: Any, form: TermsBase, lots: Sequence[OpenLotRow], now: datetime, source: str) -> UUID:
    try:
        return get_offer_for(session, g.actor, form.id.value).id  # a second click
    except NotFound:
        pass
    sources, buyers = read_ids([source]), read_ids([form.to.data or ""])
    return services.start_offer(
        session,
        actor=g.actor,
        now=now,
        id=form.id.value,
        terms=terms_from_form(form, lots, now),
        buyer_id=buyers[0] if buyers else None,
        source_id=sources[0] if sources else None,
    ).id


@blueprint.get("/offers/<uuid:offer_id>")
@sign_in_required
def offer_detail(offer_id: UUID) -> str:
    """Show an offer with everything that was said, and what can be answered."""
    return _detail_page(offer_id, AnswerForm(formdata=None))


def _detail_page(offer_id: UUID, form: AnswerForm) -> str:
    session, now = db.session, utc_now()
    row = get_offer_row_for(session, g.actor, offer_id)
    offer = row.offer
    steps = steps_of(session, g.actor, offer)
    proposals = [step for step in steps if step.terms is not None]
    is_live = offer.state in LIVE and now < offer.expires_at
    return render_template(
        "negotiation/offer.html",
        row=row,
        offer=offer,
        steps=steps,
        last=proposals[-1],
        form=form,
        now=now,
        is_live=is_live,
        may_answer=is_live and row.is_mine_to_answer,
        may_withdraw=is_live and not row.is_mine_to_answer,
        award=session.get(Award, offer.award_id) if offer.award_id else None,
    )


@blueprint.get("/offers/<uuid:offer_id>/log")
@sign_in_required
def offer_log(offer_id: UUID) -> str:
    """Show the public log of an offer, and what its replay gives."""
    row = get_offer_row_for(db.session, g.actor, offer_id)
    entries = log_of(db.session, row.offer.id)
    broken: DomainError | None = None
    try:
        check_chain(entries)
    except DomainError as refused:
        broken = refused
    return render_template(
        "negotiation/log.html",
        row=row,
        offer=row.offer,
        entries=entries,
        broken=broken,
        replayed=replay_offer(db.session, row.offer.id),
    )


def _step(offer_id: UUID, done: str, command: Callable[[AnswerForm], object]) -> Answer:
    """Run one answer and come back to the offer's page."""
    form = AnswerForm()
    if not form.validate_on_submit():
        return _detail_page(offer_id, form), 422
    try:
        command(form)
    except NotFound:
        raise
    except OfferLotsGone as gone:
        flash(gettext(gone.message), "error")
        return redirect(url_for("negotiation.offer_detail", offer_id=offer_id))
    except DomainError as refused:
        form.take_refusal(refused)
        return _detail_page(offer_id, form), 422
    flash(done, "success")
    return redirect(url_for("negotiation.offer_detail", offer_id=offer_id))


def _seen() -> int:
    return request.form.get("seen", 0, int)


@blueprint.post("/offers/<uuid:offer_id>/accept")
@sign_in_required
def accept_submit(offer_id: UUID) -> Answer:
    """Accept what the other side proposed."""
    return _step(
        offer_id,
        N_("Agreed. The lots are reserved. The seller's officers confirm the sale now."),
        lambda form: accept_and_tell(
            actor=g.actor, now=utc_now(), step_id=form.id.value, offer_id=offer_id, seen=_seen()
        ),
    )


@blueprint.post("/offers/<uuid:offer_id>/refuse")
@sign_in_required
def refuse_submit(offer_id: UUID) -> Answer:
    """Refuse what the other side proposed."""

    def refuse(form: AnswerForm) -> None:
        with atomic() as session:
            services.refuse_offer(
                session, actor=g.actor, now=utc_now(), id=form.id.value, offer_id=offer_id, seen=_seen(),
                reason=form.reason.data or "",
            )  # fmt: skip

    return _step(offer_id, N_("The offer was refused. The other side reads your reason."), refuse)


@blueprint.post("/offers/<uuid:offer_id>/withdraw")
@sign_in_required
def withdraw_submit(offer_id: UUID) -> Answer:
    """Take the own proposal back."""

    def withdraw(form: AnswerForm) -> None:
        with atomic() as session:
            services.withdraw_offer(
                session, actor=g.actor, now=utc_now(), id=form.id.value, offer_id=offer_id,
                reason=form.reason.data or "",
            )  # fmt: skip

    return _step(offer_id, N_("Your proposal was taken back."), withdraw)


def _offer_lots(offer: Offer) -> Sequence[OpenLotRow]:
    """Return the lots of the last terms, also those that a buyer is not shown any more: they are part of the talk."""
    terms = last_terms(db.session, offer.id)[1]
    return lots_by_id(
        db.session, g.actor, utc_now(), [line.lot_id for line in terms.lines], offer_of=offer.organisation_id
    )


@blueprint.get("/offers/<uuid:offer_id>/counter")
@sign_in_required
def counter_form(offer_id: UUID) -> Answer:
    """Show the last terms to be changed."""
    offer = get_offer_for(db.session, g.actor, offer_id)
    if offer.state not in LIVE or offer.turn != side_of(g.actor, offer):
        return redirect(url_for("negotiation.offer_detail", offer_id=offer.id))
    terms = last_terms(db.session, offer.id)[1]
    lots = _offer_lots(offer)
    values = {
        "payment_days": Decimal(terms.payment_days),
        "freight": terms.freight,
        **starting_values(lots, {line.lot_id: line for line in terms.lines}),
    }
    form = _make_form(lots, formdata=None, data=values)
    ask_reason(form)
    return _form_page(form, lots, offer=offer, seen=offer.last_step)


@blueprint.post("/offers/<uuid:offer_id>/counter")
@sign_in_required
def counter_submit(offer_id: UUID) -> Answer:
    """Answer with other terms."""
    offer = get_offer_for(db.session, g.actor, offer_id)
    lots = _offer_lots(offer)
    form = _make_form(lots)
    ask_reason(form)
    if form.validate_on_submit():
        now = utc_now()
        try:
            with atomic() as session:
                if session.get(OfferStep, form.id.value) is None:  # else a second click
                    services.counter_offer(
                        session,
                        actor=g.actor,
                        now=now,
                        id=form.id.value,
                        offer_id=offer_id,
                        seen=_seen(),
                        terms=terms_from_form(form, lots, now),
                        reason=form.reason.data or "",
                    )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("Your counter-offer was sent."), "success")
            return redirect(url_for("negotiation.offer_detail", offer_id=offer_id))
    return _form_page(form, lots, offer=offer, seen=_seen()), 422
