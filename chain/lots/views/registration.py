"""The registration screen: find or register the producer, weigh, measure, see the class."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.certification.rules import CLAIM_LABELS, Claim
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, ValidationFailed
from chain.core.i18n import N_
from chain.grading.queries import own_colour_codes
from chain.grading.scheme import ALPACA_FIBRE
from chain.lots import queries, services
from chain.lots.attributes import SPECS, CommoditySpec
from chain.lots.bag_lines import BagLine
from chain.lots.bags import BAG as BAG_OF_LINE
from chain.lots.bags import SOURCE_LABELS
from chain.lots.forms import RegistrationForm, options
from chain.lots.grades import reasons_of, sentence_of
from chain.lots.intake import take_in
from chain.lots.labels import COLOUR_CODES, label_helpers
from chain.lots.queries.equipment import bags_of
from chain.lots.queries.weighings import count_open_weighings
from chain.lots.services.weighings import NewWeighing, add_bag, start_weighing
from chain.lots.views import blueprint
from chain.lots.views.registration_form import (
    build_form,
    chosen_producer,
    container_tares,
    is_search,
    known_producer,
    offer_producers,
    producer_label,
    search,
    zone,
)
from chain.lots.words import amount_in_words
from chain.producers.queries import names_of
from chain.producers.services import register_producer
from chain.web.access import permission_required
from chain.web.formats import timezone_name
from chain.web.i18n import current_language, gettext

FIND, BAG, PAUSE = "find", "bag", "pause"


@blueprint.context_processor
def helpers() -> dict[str, Any]:
    """Give the templates of this area their words."""
    return {**label_helpers(), "line_errors": line_errors, "source_labels": SOURCE_LABELS}


def line_errors(form: RegistrationForm) -> list[tuple[str, str]]:
    """Return what is wrong with the further bags, for the summary on top: text and place."""
    first = "gross" if form.spec.is_tared else "litres"
    return [
        (gettext(BAG_OF_LINE, position=line.position, problem=problem), f"#bag-{line.position}-{first}")
        for line in form.lines
        for problem in line.errors
    ]


@blueprint.get("/lots/new")
@permission_required(Permission.LOTS_REGISTER)
def register_form() -> str:
    """Show the screen for a product: `?commodity=`, with a producer chosen before: `&producer=`."""
    commodity = request.args.get("commodity") or queries.latest_commodity(db.session, g.actor.org) or ""
    form = build_form(commodity if commodity in SPECS else ALPACA_FIBRE)
    form.delivered_at.data = utc_now().astimezone(zone()).replace(tzinfo=None)
    form.producer.data = known_producer(request.args.get("producer"))
    form.q.data = request.args.get("q", "")[:100]
    form.route.data = request.args.get("route", "")
    return _page(form)


@blueprint.post("/lots/new")
@permission_required(Permission.LOTS_REGISTER)
def register_submit() -> Response | str | tuple[str, int]:
    """Search a producer when that was asked, otherwise register the delivery and show what became of it."""
    commodity = request.form.get("commodity", "")
    form = build_form(commodity if commodity in SPECS else ALPACA_FIBRE)
    step = request.form.get("step")
    if step == FIND or _only_searched(form):
        form.new_name.data = ""
        return _page(form)
    if step == BAG:
        form.lines.append(BagLine(position=len(form.lines) + 2))
        return _page(form)
    if step == PAUSE:
        return _pause(form)
    is_filled_in, is_named = form.validate_on_submit(), _producer_is_named(form)
    if is_filled_in and is_named:
        try:
            lot_id = _register(form)
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            return redirect(url_for("lots.registered", lot_id=lot_id))
    return _page(form), 422


@blueprint.get("/lots/producers")
@permission_required(Permission.LOTS_REGISTER)
def producer_options() -> str:
    """Give the producers that a text finds, as a part of the registration screen."""
    form = build_form(ALPACA_FIBRE)
    form.q.data = request.args.get("q", "")[:100]
    found = search(form.q.data)
    form.producer.choices = options({one.id: producer_label(one) for one in found})
    return render_template("lots/_producers.html", form=form, searched=is_search(form.q.data))


@blueprint.get("/lots/<uuid:lot_id>/registered")
@permission_required(Permission.LOTS_REGISTER)
def registered(lot_id: UUID) -> str:
    """Show the clerk what became of a delivery: number, class with its reason, claim, net in words."""
    lot = queries.get_lot_for(db.session, g.actor, lot_id)
    grades = queries.grades_of(db.session, lot.id)
    reasons, warnings = reasons_of(grades[0].reasons if grades else [])
    producer_ids = {lot.producer_id} if lot.producer_id else set()
    names = names_of(db.session, g.actor.org, producer_ids)
    certificate = queries.certificate_of(db.session, lot)
    return render_template(
        "lots/registered.html",
        lot=lot,
        reasons=reasons,
        warnings=warnings,
        sentence=sentence_of(grades[0].reasons) if grades else None,
        bags=bags_of(db.session, lot.id) if lot.bag_count else [],
        producer=names.get(lot.producer_id) if lot.producer_id else None,
        certificate=certificate,
        claim_label=CLAIM_LABELS[Claim(lot.claim)],
        in_words=amount_in_words(lot.quantity, lot.unit, current_language()),
    )


def _page(form: RegistrationForm) -> str:
    offer_producers(form)
    today = local_date(utc_now(), timezone_name())
    return render_template(
        "lots/register.html",
        form=form,
        spec=form.spec,
        searched=is_search(form.q.data),
        figures=queries.figures_of_day(db.session, g.actor, today),
        weighings=count_open_weighings(db.session, g.actor),
        colour_codes=_colour_codes(form.spec, today),
        tares=container_tares() if form.container.choices else {},
    )


def _colour_codes(spec: CommoditySpec, on: date) -> Mapping[str, str]:
    """Return what stands on the tiles of the colours: the standard letters, then the organisation's own codes."""
    if "colour" not in spec.by_key:
        return COLOUR_CODES
    own = own_colour_codes(db.session, g.actor.org, on)
    return {
        key: f"{letters} · {own[key]}" if key in own else letters for key, letters in COLOUR_CODES.items()
    }


def _only_searched(form: RegistrationForm) -> bool:
    """Tell whether Enter was pressed in the search field of a form that is still empty."""
    amount = form.gross if form.spec.is_tared else form.net
    is_empty = not (amount.data or getattr(amount, "typed", "") or form.producer.data or form.new_name.data)
    return is_empty and is_search(form.q.data)


def _producer_is_named(form: RegistrationForm) -> bool:
    if form.producer.data or form.wants_new_producer:
        return True
    form.producer.errors = [gettext(N_("Choose the producer, or register a new one."))]
    return False


def _register(form: RegistrationForm) -> UUID:
    """Register the delivery; a new producer and the first delivery are stored together or not at all."""
    if not form.wants_new_producer:
        delivery = form.delivery(timezone_name(), chosen_producer(form))
        _refuse_unread_lines(form)
        return take_in(g.actor, delivery).result.id
    with atomic() as session:
        delivery = form.delivery(timezone_name(), _new_producer(session, form))
        _refuse_unread_lines(form)
        return services.register_lot(session, actor=g.actor, now=utc_now(), delivery=delivery).lot.id


def _new_producer(session: Session, form: RegistrationForm) -> UUID:
    return register_producer(
        session,
        actor=g.actor,
        now=utc_now(),
        id=form.new_producer_id.value,
        full_name=form.new_name.data or "",
        sex=form.new_sex.data or "not_stated",
        member_code=form.new_code.data or None,
    ).id


def _refuse_unread_lines(form: RegistrationForm) -> None:
    """Refuse a delivery in whose further bags something could not be read; the lines say what."""
    if form.has_line_errors:
        raise ValidationFailed({})


def _pause(form: RegistrationForm) -> Response | tuple[str, int]:
    """Keep what was weighed so far as an open weighing; the rest is asked when it is closed."""
    if not _producer_is_named(form):
        return _page(form), 422
    bags = [bag for bag in form.bags() or (form.single_bag(),) if bag.gross_g or bag.volume_ml]
    try:
        _refuse_unread_lines(form)
        with atomic() as session:
            producer_id = _new_producer(session, form) if form.wants_new_producer else chosen_producer(form)
            weighing = NewWeighing(
                id=form.id.value,
                producer_id=producer_id,
                commodity=form.spec.key,
                entered={"route": form.route.data or None, "attributes": dict(form.attributes())},
            )
            row = start_weighing(session, actor=g.actor, now=utc_now(), weighing=weighing)
            for place, bag in enumerate(bags, 1):
                add_bag(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    weighing_id=row.id,
                    bag_id=UUID(int=form.id.value.int ^ place),  # the same on a double submit
                    bag=bag,
                )
    except DomainError as refused:
        form.take_refusal(refused)
        return _page(form), 422
    return redirect(url_for("lots.weighing_show", weighing_id=form.id.value))
