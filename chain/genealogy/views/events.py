"""The list of operations, one operation, and undoing it."""

from datetime import date, datetime
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import db, run_atomic
from chain.core.errors import DomainError, Kind, NotFound
from chain.core.i18n import N_
from chain.genealogy import services
from chain.genealogy.forms import UndoForm
from chain.genealogy.queries.events import EventFilters, get_event_row, lines_of, list_events
from chain.genealogy.queries.pages import made_lots
from chain.genealogy.queries.recipes import get_recipe_for
from chain.genealogy.rules import Undo
from chain.genealogy.views import blueprint
from chain.genealogy.views.panel import is_usable
from chain.genealogy.views.parts import Answer, asked_lot, id_of
from chain.genealogy.words import KIND_LABELS, EventKind
from chain.lots.no_norm import has_norm
from chain.lots.queries import site_names
from chain.producers.queries import names_of
from chain.web.access import permission_required
from chain.web.i18n import gettext
from chain.web.lists import page_wanted


@blueprint.get("")
@permission_required(Permission.LOTS_READ)
def event_list() -> str:
    """Show the operations, the latest first: `?kind=`, `?from_day=`, `?to_day=`, `?site=` narrow the list."""
    filters = EventFilters(
        kind=request.args.get("kind") if request.args.get("kind") in set(EventKind) else None,
        from_day=_day(request.args.get("from_day")),
        to_day=_day(request.args.get("to_day")),
        site_id=id_of(request.args.get("site")),
    )
    sites = site_names(db.session, g.actor)
    every = ("", gettext(N_("All")))
    return render_template(
        "genealogy/events.html",
        page=list_events(db.session, g.actor, filters, page_wanted()),
        filters=filters,
        kinds=[every, *((one.value, gettext(label)) for one, label in KIND_LABELS.items())],
        sites=[every, *((str(key), name) for key, name in sites.items())],
        site_names=sites,
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


@blueprint.get("/new")
@permission_required(Permission.LOTS_TRANSFORM)
def operation_choose() -> str:
    """Choose what to do, with `?lot_id=` for one lot."""
    lot = asked_lot()
    return render_template(
        "genealogy/choose.html",
        lot=lot,
        is_usable=lot is None or is_usable(lot),
        may_sort=lot is None or (has_norm(lot.commodity) and lot.unit == "g"),
    )


@blueprint.get("/events/<uuid:event_id>")
@permission_required(Permission.LOTS_READ)
def event_detail(event_id: UUID) -> str:
    """Show an operation: what it used, made, lost and gained, and what undid it."""
    return _detail(event_id, UndoForm(formdata=None))


def _detail(event_id: UUID, form: UndoForm) -> str:
    session = db.session
    event = get_event_row(session, g.actor, event_id)
    page = lines_of(session, g.actor, event_id, page_wanted())
    made = made_lots(session, g.actor, event_id)
    others = {
        key: get_event_row(session, g.actor, key) for key in (event.reverses_id, event.reversed_by_id) if key
    }
    return render_template(
        "genealogy/event.html",
        event=event,
        page=page,
        made=made,
        reverses=others.get(event.reverses_id) if event.reverses_id else None,
        reversed_by=others.get(event.reversed_by_id) if event.reversed_by_id else None,
        names=names_of(session, g.actor.org, {one.producer_id for one in page.items if one.producer_id}),
        site_names=site_names(session, g.actor),
        recipe=get_recipe_for(session, g.actor, event.recipe_id) if event.recipe_id else None,
        form=form,
        may_undo=g.actor.may(Permission.LOTS_TRANSFORM)
        and event.kind != EventKind.UNDO
        and event.reversed_by_id is None
        and all(is_usable(lot) for lot in made),
    )


@blueprint.post("/events/<uuid:event_id>/undo")
@permission_required(Permission.LOTS_TRANSFORM)
def event_undo(event_id: UUID) -> Answer:
    """Undo an operation with its reason."""
    form = UndoForm()
    if form.validate_on_submit():
        now = utc_now()
        event = Undo(
            id=form.id.value,
            happened_at=_known_moment(form.id.value) or now,
            event_id=event_id,
            reason=form.reason.data,
        )
        try:
            stored = run_atomic(
                lambda session: services.undo_event(session, actor=g.actor, now=now, event=event).id
            )
        except DomainError as refused:
            if refused.kind in {Kind.NOT_FOUND, Kind.FORBIDDEN}:
                raise
            form.take_refusal(refused)
        else:
            flash(N_("The operation is undone."), "success")
            return redirect(url_for("genealogy.event_detail", event_id=stored))
    return _detail(event_id, form), 422


def _known_moment(event_id: UUID) -> datetime | None:
    """Return when an undoing happened that this form already carried out, so that a second click says the same."""
    try:
        return get_event_row(db.session, g.actor, event_id).happened_at
    except NotFound:
        return None
