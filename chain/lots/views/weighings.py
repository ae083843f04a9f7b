"""Weighings in several goes: the open ones, one of them with its next bag, closing and giving up; and the sheet of a route."""

from datetime import date, datetime
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import local_date, local_moment, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound, ValidationFailed
from chain.core.i18n import N_
from chain.lots.bag_lines import container_id
from chain.lots.forms import RegistrationForm
from chain.lots.models import OpenWeighing
from chain.lots.paper_forms import FIELD_OF, BagForm, ReasonForm
from chain.lots.queries.equipment import collection_routes, container_types, get_route_for
from chain.lots.queries.weighings import get_weighing_for, open_weighings, route_sheet
from chain.lots.rules import Delivery
from chain.lots.services.weighings import (
    OPEN,
    add_bag,
    close_weighing,
    discard_weighing,
    weighed_bags,
)
from chain.lots.views import blueprint
from chain.lots.views.registration_form import build_form, container_choices, zone
from chain.producers.queries import names_of
from chain.web.access import permission_required
from chain.web.formats import timezone_name
from chain.web.i18n import gettext

BAG, CLOSE, DISCARD = "bag", "close", "discard"


@blueprint.get("/weighings")
@permission_required(Permission.LOTS_REGISTER)
def weighing_list() -> str:
    """List what is being weighed."""
    return render_template("lots/weighings.html", weighings=open_weighings(db.session, g.actor))


@blueprint.get("/weighings/<uuid:weighing_id>")
@permission_required(Permission.LOTS_REGISTER)
def weighing_show(weighing_id: UUID) -> str | Response:
    """Show a weighing: its bags, the next one, and what is asked when it is closed."""
    row = get_weighing_for(db.session, g.actor, weighing_id)
    if row.state != OPEN:
        return _closed(row)
    closing = _closing_form(row)
    closing.delivered_at.data = row.started_at.astimezone(zone()).replace(tzinfo=None)
    closing.route.data = row.entered.get("route") or ""
    for name, typed in (row.entered.get("attributes") or {}).items():
        if name in closing:
            closing[name].data = typed
    return _page(row, BagForm(), closing, ReasonForm())


@blueprint.post("/weighings/<uuid:weighing_id>")
@permission_required(Permission.LOTS_REGISTER)
def weighing_submit(weighing_id: UUID) -> Response | tuple[str, int]:
    """Add a bag, close the weighing, or give it up."""
    row = get_weighing_for(db.session, g.actor, weighing_id)
    step = request.form.get("step")
    bag_form, closing, reason = BagForm(), _closing_form(row), ReasonForm()
    bag_form.for_product(row.commodity, container_choices())
    try:
        if step == BAG and bag_form.validate_on_submit():
            _add(row, bag_form)
            return redirect(url_for("lots.weighing_show", weighing_id=weighing_id))
        if step == CLOSE and closing.validate_on_submit():
            return redirect(url_for("lots.registered", lot_id=_close(row, closing)))
        if step == DISCARD and reason.validate_on_submit():
            with atomic() as session:
                discard_weighing(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    weighing_id=weighing_id,
                    reason=reason.reason.data or "",
                )
            flash(gettext(N_("The weighing was given up.")), "success")
            return redirect(url_for("lots.weighing_list"))
    except NotFound:
        raise
    except DomainError as refused:
        form = {BAG: bag_form, CLOSE: closing}.get(step or "", reason)
        form.take_refusal(_renamed(refused) if form is bag_form else refused)
    return _page(row, bag_form, closing, reason), 422


def _add(row: OpenWeighing, form: BagForm) -> None:
    with atomic() as session:
        add_bag(
            session,
            actor=g.actor,
            now=utc_now(),
            weighing_id=row.id,
            bag_id=form.id.value,
            bag=form.bag(),
        )


def _close(row: OpenWeighing, form: RegistrationForm) -> UUID:
    moment = form.delivered_at.data
    assert isinstance(moment, datetime)  # noqa: S101 - validated: the field is required
    chosen = getattr(form, "grade_class", None)
    delivery = Delivery(
        id=row.id,
        commodity=row.commodity,
        producer_id=row.producer_id,
        delivered_at=local_moment(moment, timezone_name()),
        attributes=form.attributes(),
        chosen_key=(chosen.data or None) if chosen is not None else None,
        route_id=container_id(form.route.data),
    )
    with atomic() as session:
        closed = close_weighing(session, actor=g.actor, now=utc_now(), weighing_id=row.id, delivery=delivery)
    return closed.lot.id


def _renamed(error: DomainError) -> DomainError:
    """Return a refusal with the names of the form's fields."""
    if not error.errors:
        return error
    return ValidationFailed({FIELD_OF.get(name, name): found for name, found in error.errors.items()})


def _closing_form(row: OpenWeighing) -> RegistrationForm:
    """Return the registration form of the product without what the weighing knows already."""
    form = build_form(row.commodity)
    form.lines = []
    for name in (
        "gross",
        "tare",
        "net",
        "producer",
        "q",
        "new_name",
        "new_sex",
        "new_code",
        "container",
        "code",
    ):
        if name in form:
            delattr(form, name)
    return form


def _closed(row: OpenWeighing) -> Response:
    if row.state == "closed":
        return redirect(url_for("lots.show", lot_id=row.id))
    raise NotFound


def _page(row: OpenWeighing, bag_form: BagForm, closing: RegistrationForm, reason: ReasonForm) -> str:
    if "gross" in bag_form and "litres" in bag_form:
        bag_form.for_product(row.commodity, container_choices())
    bags = weighed_bags(row)
    names = names_of(db.session, g.actor.org, {row.producer_id})
    return render_template(
        "lots/weighing.html",
        row=row,
        bags=bags,
        net=sum(bag.net for bag in bags),
        producer=names.get(row.producer_id),
        bag_form=bag_form,
        form=closing,
        reason=reason,
        spec=closing.spec,
        kinds={one.id: one.name for one in container_types(db.session, g.actor.org)},
    )


@blueprint.get("/route-sheets")
@permission_required(Permission.LOTS_READ)
def route_sheets() -> str:
    """Choose a route and a day, and show who poured what, can by can."""
    routes = collection_routes(db.session, g.actor.org)
    day = _day(request.args.get("day")) or local_date(utc_now(), timezone_name())
    wanted = container_id(request.args.get("route")) or (routes[0].id if routes else None)
    route = get_route_for(db.session, g.actor, wanted) if wanted else None
    sheet = route_sheet(db.session, route, day, timezone_name()) if route else None
    return render_template("lots/route_sheet.html", routes=routes, day=day, sheet=sheet)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
