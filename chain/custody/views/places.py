"""Pages of places, container types, routes and what the organisation decides for its custody."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.custody import services
from chain.custody.errors import ContainersOut, SiteInUse
from chain.custody.forms import ContainerForm, RouteForm, SettingsForm, SiteForm, basis_points
from chain.custody.queries.places import (
    get_container_type_for,
    get_route_for,
    get_site_for,
    list_container_types,
    list_routes,
    list_sites,
)
from chain.custody.queries.settings import settings_of
from chain.custody.rules.words import TANK_LIMITS, SiteKind
from chain.custody.services import places
from chain.custody.views import blueprint
from chain.custody.views.parts import Answer, pass_on_or_take
from chain.web.access import permission_required
from chain.web.i18n import gettext


@blueprint.get("/stock/places")
@permission_required(Permission.SITES_MANAGE)
def place_list() -> str:
    """Show places, container types, routes and settings."""
    return render_template(
        "custody/places.html",
        sites=list_sites(db.session, g.actor, archived=True),
        types=list_container_types(db.session, g.actor, archived=True),
        routes=list_routes(db.session, g.actor, archived=True),
        settings=settings_of(db.session, g.actor.org),
    )


def _done(text: str) -> Answer:
    flash(text, "success")
    return redirect(url_for("custody.place_list"))


@blueprint.get("/stock/places/sites/new")
@permission_required(Permission.SITES_MANAGE)
def site_form() -> str:
    """Show the form for a new place: `?kind=tank` fills in the confirmed limits of the country, where there are any."""
    form, kind = SiteForm(), request.args.get("kind")
    form.offer()
    form.suggest(SiteKind(kind) if kind in set(SiteKind) else None, g.organisation.country)
    return _site_page(form, None)


def _site_page(form: SiteForm, site_id: UUID | None) -> str:
    return render_template(
        "custody/site_form.html", form=form, site_id=site_id, limits=TANK_LIMITS.get(g.organisation.country)
    )


@blueprint.post("/stock/places/sites/new")
@permission_required(Permission.SITES_MANAGE)
def site_submit() -> Answer:
    """Add the place."""
    form = SiteForm()
    form.offer()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                places.keep_site(
                    session, actor=g.actor, now=utc_now(), site_id=form.id.value, facts=form.facts()
                )
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            return _done(N_("The place is in the list."))
    return _site_page(form, None), 422


@blueprint.get("/stock/places/sites/<uuid:site_id>")
@permission_required(Permission.SITES_MANAGE)
def site_edit(site_id: UUID) -> str:
    """Show a place, to be changed."""
    form = SiteForm()
    form.offer()
    form.show(get_site_for(db.session, g.actor, site_id))
    return _site_page(form, site_id)


@blueprint.post("/stock/places/sites/<uuid:site_id>")
@permission_required(Permission.SITES_MANAGE)
def site_change(site_id: UUID) -> Answer:
    """Change the place."""
    get_site_for(db.session, g.actor, site_id)
    form = SiteForm()
    form.offer()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                places.change_site(session, actor=g.actor, now=utc_now(), site_id=site_id, facts=form.facts())
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            return _done(N_("The changes are saved."))
    return _site_page(form, site_id), 422


@blueprint.get("/stock/places/containers/new")
@permission_required(Permission.SITES_MANAGE)
def container_form() -> str:
    """Show the form for a new container type."""
    form = ContainerForm()
    form.offer()
    return render_template("custody/container_form.html", form=form, type_id=None)


@blueprint.post("/stock/places/containers/new")
@permission_required(Permission.SITES_MANAGE)
def container_submit() -> Answer:
    """Add the container type."""
    form = ContainerForm()
    form.offer()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                places.keep_container_type(
                    session, actor=g.actor, now=utc_now(), type_id=form.id.value, facts=form.facts()
                )
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            return _done(N_("The container is in the list."))
    return render_template("custody/container_form.html", form=form, type_id=None), 422


@blueprint.get("/stock/places/containers/<uuid:type_id>")
@permission_required(Permission.SITES_MANAGE)
def container_edit(type_id: UUID) -> str:
    """Show a container type, to be changed."""
    form = ContainerForm()
    form.offer()
    form.show(get_container_type_for(db.session, g.actor, type_id))
    return render_template("custody/container_form.html", form=form, type_id=type_id)


@blueprint.post("/stock/places/containers/<uuid:type_id>")
@permission_required(Permission.SITES_MANAGE)
def container_change(type_id: UUID) -> Answer:
    """Change the container type."""
    get_container_type_for(db.session, g.actor, type_id)
    form = ContainerForm()
    form.offer()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                places.change_container_type(
                    session, actor=g.actor, now=utc_now(), type_id=type_id, facts=form.facts()
                )
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            return _done(N_("The changes are saved."))
    return render_template("custody/container_form.html", form=form, type_id=type_id), 422


@blueprint.get("/stock/places/routes/new")
@permission_required(Permission.SITES_MANAGE)
def route_form() -> str:
    """Show the form for a new route."""
    return render_template("custody/route_form.html", form=RouteForm(), route_id=None)


@blueprint.post("/stock/places/routes/new")
@permission_required(Permission.SITES_MANAGE)
def route_submit() -> Answer:
    """Add the route."""
    form = RouteForm()
    facts = form.facts() if form.validate_on_submit() else None
    if facts is not None:
        try:
            with atomic() as session:
                places.keep_route(session, actor=g.actor, now=utc_now(), route_id=form.id.value, facts=facts)
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            return _done(N_("The route is in the list."))
    return render_template("custody/route_form.html", form=form, route_id=None), 422


@blueprint.get("/stock/places/routes/<uuid:route_id>")
@permission_required(Permission.SITES_MANAGE)
def route_edit(route_id: UUID) -> str:
    """Show a route, to be changed."""
    form = RouteForm()
    form.show(get_route_for(db.session, g.actor, route_id))
    return render_template("custody/route_form.html", form=form, route_id=route_id)


@blueprint.post("/stock/places/routes/<uuid:route_id>")
@permission_required(Permission.SITES_MANAGE)
def route_change(route_id: UUID) -> Answer:
    """Change the route."""
    get_route_for(db.session, g.actor, route_id)
    form = RouteForm()
    facts = form.facts() if form.validate_on_submit() else None
    if facts is not None:
        try:
            with atomic() as session:
                places.change_route(session, actor=g.actor, now=utc_now(), route_id=route_id, facts=facts)
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            return _done(N_("The changes are saved."))
    return render_template("custody/route_form.html", form=form, route_id=route_id), 422


#: By what the address calls them: archiving, taking back, and the name of the id.
_ARCHIVERS: dict[str, tuple[Callable[..., Any], Callable[..., Any], str]] = {
    "sites": (places.archive_site, places.restore_site, "site_id"),
    "containers": (places.archive_container_type, places.restore_container_type, "type_id"),
    "routes": (places.archive_route, places.restore_route, "route_id"),
}


@blueprint.post("/stock/places/<any(sites, containers, routes):what>/<uuid:row_id>/archive")
@permission_required(Permission.SITES_MANAGE)
def place_archive(what: str, row_id: UUID) -> Answer:
    """Take something out of the lists."""
    archive, _, name = _ARCHIVERS[what]
    return _switch(archive, {name: row_id}, N_("It is archived. What points at it stays."))


@blueprint.post("/stock/places/<any(sites, containers, routes):what>/<uuid:row_id>/restore")
@permission_required(Permission.SITES_MANAGE)
def place_restore(what: str, row_id: UUID) -> Answer:
    """Take something back into the lists."""
    _, restore, name = _ARCHIVERS[what]
    return _switch(restore, {name: row_id}, N_("It is in the list again."))


def _switch(command: Callable[..., Any], named: dict[str, UUID], text: str) -> Answer:
    try:
        with atomic() as session:
            command(session, actor=g.actor, now=utc_now(), **named)
    except (SiteInUse, ContainersOut) as refused:
        flash(gettext(refused.message), "error")
        return redirect(url_for("custody.place_list"))
    return _done(text)


@blueprint.get("/stock/places/settings")
@permission_required(Permission.SITES_MANAGE)
def settings_form() -> str:
    """Show what the organisation decided."""
    form, found = SettingsForm(), settings_of(db.session, g.actor.org)
    form.tolerance_bp.data = Decimal(found.tolerance_bp) / 100
    form.loss_rule.data = found.loss_rule
    return render_template("custody/settings.html", form=form, settings=found)


@blueprint.post("/stock/places/settings")
@permission_required(Permission.SITES_MANAGE)
def settings_submit() -> Answer:
    """Set what the organisation decided."""
    form = SettingsForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.change_settings(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    tolerance_bp=basis_points(form.tolerance_bp.data) or 0,
                    loss_rule=form.loss_rule.data,
                )
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            return _done(N_("The changes are saved."))
    found = settings_of(db.session, g.actor.org)
    return render_template("custody/settings.html", form=form, settings=found), 422
