"""The form of the registration screen as its pages share it: fields of a product, producers, containers, routes, bags."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import g, request

from chain.core.clock import local_date, utc_now
from chain.core.db import db
from chain.core.errors import InvalidId, NotFound
from chain.core.i18n import N_
from chain.core.paging import PageRequest
from chain.grading.queries import scheme_in_force
from chain.lots.attributes import COLOURS
from chain.lots.bag_lines import read_lines
from chain.lots.forms import RegistrationForm, options, registration_form
from chain.lots.grades import class_names
from chain.lots.labels import amount, name_language
from chain.lots.queries.equipment import collection_routes, container_types
from chain.producers.queries import ProducerRow, get_producer_for, names_of, search_producers
from chain.web.formats import timezone_name
from chain.web.forms import option
from chain.web.i18n import gettext

#: Producers that a search offers; more words narrow it down.
MAX_FOUND = 8
FEW_LETTERS = 2


def zone() -> ZoneInfo:
    """Return the time zone of the centre."""
    return ZoneInfo(timezone_name())


def build_form(commodity: str) -> RegistrationForm:
    """Return the form of a product with its choices and, when it was sent, its further bags."""
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
    form.container.choices = container_choices()
    form.route.choices = route_choices()
    if request.method == "POST":
        form.lines = read_lines(request.form)
    return form


def container_choices() -> list[Any]:
    """Return the kinds of containers in use with their tares; nothing for a house that has none."""
    kinds = container_types(db.session, g.actor.org)
    if not kinds:
        return []
    named = [
        option(one.id, one.name if one.tare_g is None else f"{one.name} ({amount(one.tare_g, 'g')})")
        for one in kinds
    ]
    return [option("", gettext(N_("Not recorded"))), *named]


def container_tares() -> dict[str, int]:
    """Return the tares by the value of the choice, for the page's own sum."""
    return {str(one.id): one.tare_g for one in container_types(db.session, g.actor.org) if one.tare_g}


def route_choices() -> list[Any]:
    """Return the routes in use; nothing for a house that has none."""
    routes = collection_routes(db.session, g.actor.org)
    if not routes:
        return []
    return [
        option("", gettext(N_("No route"))),
        *(option(one.id, f"{one.code} · {one.name}") for one in routes),
    ]


def offer_producers(form: RegistrationForm) -> None:
    """Offer the producers that the search finds, and keep the chosen one among them."""
    found = search(form.q.data)
    choices = {str(one.id): producer_label(one) for one in found}
    chosen = known_producer(form.producer.data)
    if chosen is not None and chosen not in choices:
        key = UUID(chosen)
        name = names_of(db.session, g.actor.org, {key}).get(key)
        label = f"{name.full_name} · {name.member_code}" if name else chosen
        choices = {chosen: label, **choices}
    form.producer.choices = options(choices)
    form.producer.data = chosen


def is_search(text: str | None) -> bool:
    """Tell whether a text is long enough to look for."""
    return len((text or "").strip()) >= FEW_LETTERS


def search(text: str | None) -> Sequence[ProducerRow]:
    """Return the producers that a text finds."""
    if not is_search(text):
        return []
    return search_producers(db.session, g.actor, text, PageRequest(page_size=MAX_FOUND)).items


def producer_label(row: ProducerRow) -> str:
    """Return a producer as the choices name them."""
    place = f" · {row.community}" if row.community else ""
    return f"{row.full_name} · {row.member_code}{place}"


def known_producer(typed: str | None) -> str | None:
    """Return the id of a producer of this organisation as text; anything else is nobody."""
    if not typed:
        return None
    try:
        return str(get_producer_for(db.session, g.actor, UUID(typed)).id)
    except (ValueError, NotFound):
        return None


def chosen_producer(form: RegistrationForm) -> UUID:
    """Return the chosen producer's id.

    Raises:
        InvalidId: the page was tampered with.
    """
    try:
        return UUID(form.producer.data)
    except ValueError:
        raise InvalidId(value=str(form.producer.data)[:60]) from None
