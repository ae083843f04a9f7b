"""The registration screen: find or register the producer, weigh, measure, see the class."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.certification.rules import CLAIM_LABELS, Claim
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, InvalidId, NotFound
from chain.core.i18n import N_
from chain.core.paging import PageRequest
from chain.grading.queries import scheme_in_force
from chain.grading.scheme import ALPACA_FIBRE
from chain.lots import queries, services
from chain.lots.attributes import COLOURS, SPECS
from chain.lots.forms import RegistrationForm, options, registration_form
from chain.lots.grades import class_names, reasons_of
from chain.lots.intake import take_in
from chain.lots.labels import label_helpers, name_language
from chain.lots.views import blueprint
from chain.lots.words import amount_in_words
from chain.producers.queries import ProducerRow, get_producer_for, names_of, search_producers
from chain.producers.services import register_producer
from chain.web.access import permission_required
from chain.web.formats import timezone_name
from chain.web.i18n import current_language, gettext

#: Producers that a search offers; more words narrow it down.
MAX_FOUND = 8
FIND, SAVE = "find", "save"
FEW_LETTERS = 2


@blueprint.context_processor
def helpers() -> dict[str, Any]:
    """Give the templates of this area their words."""
    return label_helpers()


@blueprint.get("/lots/new")
@permission_required(Permission.LOTS_REGISTER)
def register_form() -> str:
    """Show the screen for a product: `?commodity=`, with a producer chosen before: `&producer=`."""
    commodity = request.args.get("commodity") or queries.latest_commodity(db.session, g.actor.org) or ""
    form = _form(commodity if commodity in SPECS else ALPACA_FIBRE)
    form.delivered_at.data = utc_now().astimezone(_zone()).replace(tzinfo=None)
    form.producer.data = _known_producer(request.args.get("producer"))
    form.q.data = request.args.get("q", "")[:100]
    return _page(form)


@blueprint.post("/lots/new")
@permission_required(Permission.LOTS_REGISTER)
def register_submit() -> Response | str | tuple[str, int]:
    """Search a producer when that was asked, otherwise register the delivery and show what became of it."""
    commodity = request.form.get("commodity", "")
    form = _form(commodity if commodity in SPECS else ALPACA_FIBRE)
    if request.form.get("step") == FIND or _only_searched(form):
        form.new_name.data = ""
        return _page(form)
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
    form = _form(ALPACA_FIBRE)
    form.q.data = request.args.get("q", "")[:100]
    found = _search(form.q.data)
    form.producer.choices = options({one.id: _producer_label(one) for one in found})
    return render_template("lots/_producers.html", form=form, searched=_is_search(form.q.data))


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
        producer=names.get(lot.producer_id) if lot.producer_id else None,
        certificate=certificate,
        claim_label=CLAIM_LABELS[Claim(lot.claim)],
        in_words=amount_in_words(lot.quantity, lot.unit, current_language()),
    )


def _zone() -> ZoneInfo:
    return ZoneInfo(timezone_name())


def _form(commodity: str) -> RegistrationForm:
    form = registration_form(commodity)()
    language = name_language()
    for one in form.spec.attributes:
        if one.key == "colour":
            form.colour.choices = options(
                {key: item.names[language].capitalize() for key, item in COLOURS.items()}
            )
    if form.spec.is_class_chosen:
        today = local_date(utc_now(), timezone_name())
        scheme = scheme_in_force(db.session, g.actor.org, commodity, today)
        names = class_names(scheme.key, scheme.edition)
        known = {key: one[language] for key, one in names.items()}
        form.grade_class.choices = options({"": N_("Decide later"), **known})
    form.producer.choices = []
    return form


def _page(form: RegistrationForm) -> str:
    found = _search(form.q.data)
    choices = {str(one.id): _producer_label(one) for one in found}
    chosen = _known_producer(form.producer.data)
    if chosen is not None and chosen not in choices:
        key = UUID(chosen)
        name = names_of(db.session, g.actor.org, {key}).get(key)
        label = f"{name.full_name} · {name.member_code}" if name else chosen
        choices = {chosen: label, **choices}
    form.producer.choices = options(choices)
    form.producer.data = chosen
    today = local_date(utc_now(), timezone_name())
    return render_template(
        "lots/register.html",
        form=form,
        spec=form.spec,
        searched=_is_search(form.q.data),
        figures=queries.figures_of_day(db.session, g.actor, today),
    )


def _is_search(text: str | None) -> bool:
    return len((text or "").strip()) >= FEW_LETTERS


def _search(text: str | None) -> Sequence[ProducerRow]:
    if not _is_search(text):
        return []
    return search_producers(db.session, g.actor, text, PageRequest(page_size=MAX_FOUND)).items


def _producer_label(row: ProducerRow) -> str:
    place = f" · {row.community}" if row.community else ""
    return f"{row.full_name} · {row.member_code}{place}"


def _known_producer(typed: str | None) -> str | None:
    """Return the id of a producer of this organisation as text; anything else is nobody."""
    if not typed:
        return None
    try:
        return str(get_producer_for(db.session, g.actor, UUID(typed)).id)
    except (ValueError, NotFound):
        return None


def _only_searched(form: RegistrationForm) -> bool:
    """Tell whether Enter was pressed in the search field of a form that is still empty."""
    amount = form.gross if form.spec.is_tared else form.net
    is_empty = not (amount.data or getattr(amount, "typed", "") or form.producer.data or form.new_name.data)
    return is_empty and _is_search(form.q.data)


def _producer_is_named(form: RegistrationForm) -> bool:
    if form.producer.data or form.wants_new_producer:
        return True
    form.producer.errors = [gettext(N_("Choose the producer, or register a new one."))]
    return False


def _register(form: RegistrationForm) -> UUID:
    """Register the delivery; a new producer and the first delivery are stored together or not at all."""
    if not form.wants_new_producer:
        return take_in(g.actor, form.delivery(timezone_name(), _chosen_producer(form))).result.id
    with atomic() as session:
        made = register_producer(
            session,
            actor=g.actor,
            now=utc_now(),
            id=form.new_producer_id.value,
            full_name=form.new_name.data or "",
            sex=form.new_sex.data or "not_stated",
            member_code=form.new_code.data or None,
        )
        delivery = form.delivery(timezone_name(), made.id)
        return services.register_lot(session, actor=g.actor, now=utc_now(), delivery=delivery).lot.id


def _chosen_producer(form: RegistrationForm) -> UUID:
    try:
        return UUID(form.producer.data)
    except ValueError:
        raise InvalidId(value=str(form.producer.data)[:60]) from None
