"""JSON resources: places, container types, routes, settings."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.paging import slice_rows
from chain.custody import services
from chain.custody.api.parts import REPEATED, blueprint
from chain.custody.queries import places as queries
from chain.custody.queries.settings import settings_of
from chain.custody.schemas import (
    ContainerTypeFactsSchema,
    ContainerTypeSchema,
    RouteFactsSchema,
    RouteSchema,
    SettingsSchema,
    SiteFactsSchema,
    SiteSchema,
)
from chain.custody.services import places
from chain.custody.services.places import ContainerFacts, RouteFacts, SiteFacts
from chain.web.access import permission_required
from chain.web.api import PageArgs, page_answer, page_request, page_schema


@blueprint.get("/sites")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(SiteSchema))
@permission_required(Permission.LOTS_READ)
def site_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the places by code, archived ones included."""
    rows = queries.list_sites(db.session, g.actor, archived=True)
    return page_answer(slice_rows(rows, page_request(args), {"code": lambda one: one.code}))


@blueprint.post("/sites")
@blueprint.arguments(SiteSchema)
@blueprint.response(201, SiteSchema)
@blueprint.alt_response(200, schema=SiteSchema, description=REPEATED, success=True)
@permission_required(Permission.SITES_MANAGE)
def site_keep(data: dict[str, Any]) -> tuple[Any, int]:
    """Add a place."""
    return _keep(places.keep_site, data, SiteFacts, "site_id")


@blueprint.get("/sites/<uuid:site_id>")
@blueprint.response(200, SiteSchema)
@permission_required(Permission.LOTS_READ)
def site_detail(site_id: UUID) -> Any:
    """Return a place."""
    return queries.get_site_for(db.session, g.actor, site_id)


@blueprint.put("/sites/<uuid:site_id>")
@blueprint.arguments(SiteFactsSchema)
@blueprint.response(200, SiteSchema)
@permission_required(Permission.SITES_MANAGE)
def site_change(data: dict[str, Any], site_id: UUID) -> Any:
    """Change a place."""
    with atomic() as session:
        facts = SiteFacts(**data)
        return places.change_site(session, actor=g.actor, now=utc_now(), site_id=site_id, facts=facts)


@blueprint.post("/sites/<uuid:site_id>/archive")
@blueprint.response(200, SiteSchema)
@permission_required(Permission.SITES_MANAGE)
def site_archive(site_id: UUID) -> Any:
    """Take a place out of the lists."""
    return _switch(places.archive_site, site_id=site_id)


@blueprint.post("/sites/<uuid:site_id>/restore")
@blueprint.response(200, SiteSchema)
@permission_required(Permission.SITES_MANAGE)
def site_restore(site_id: UUID) -> Any:
    """Take a place back into the lists."""
    return _switch(places.restore_site, site_id=site_id)


@blueprint.get("/container-types")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(ContainerTypeSchema))
@permission_required(Permission.LOTS_READ)
def container_type_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the container types by name, archived ones included."""
    rows = queries.list_container_types(db.session, g.actor, archived=True)
    return page_answer(slice_rows(rows, page_request(args), {"name": lambda one: one.name}))


@blueprint.post("/container-types")
@blueprint.arguments(ContainerTypeSchema)
@blueprint.response(201, ContainerTypeSchema)
@blueprint.alt_response(200, schema=ContainerTypeSchema, description=REPEATED, success=True)
@permission_required(Permission.SITES_MANAGE)
def container_type_keep(data: dict[str, Any]) -> tuple[Any, int]:
    """Add a container type."""
    return _keep(places.keep_container_type, data, ContainerFacts, "type_id")


@blueprint.put("/container-types/<uuid:type_id>")
@blueprint.arguments(ContainerTypeFactsSchema)
@blueprint.response(200, ContainerTypeSchema)
@permission_required(Permission.SITES_MANAGE)
def container_type_change(data: dict[str, Any], type_id: UUID) -> Any:
    """Change a container type; earlier weighings keep their tare."""
    with atomic() as session:
        facts = ContainerFacts(**data)
        return places.change_container_type(
            session, actor=g.actor, now=utc_now(), type_id=type_id, facts=facts
        )


@blueprint.post("/container-types/<uuid:type_id>/archive")
@blueprint.response(200, ContainerTypeSchema)
@permission_required(Permission.SITES_MANAGE)
def container_type_archive(type_id: UUID) -> Any:
    """Take a container type out of the lists."""
    return _switch(places.archive_container_type, type_id=type_id)


@blueprint.post("/container-types/<uuid:type_id>/restore")
@blueprint.response(200, ContainerTypeSchema)
@permission_required(Permission.SITES_MANAGE)
def container_type_restore(type_id: UUID) -> Any:
    """Take a container type back into the lists."""
    return _switch(places.restore_container_type, type_id=type_id)


@blueprint.get("/routes")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(RouteSchema))
@permission_required(Permission.LOTS_READ)
def route_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the routes by code, archived ones included."""
    rows = queries.list_routes(db.session, g.actor, archived=True)
    return page_answer(slice_rows(rows, page_request(args), {"code": lambda one: one.code}))


@blueprint.post("/routes")
@blueprint.arguments(RouteSchema)
@blueprint.response(201, RouteSchema)
@blueprint.alt_response(200, schema=RouteSchema, description=REPEATED, success=True)
@permission_required(Permission.SITES_MANAGE)
def route_keep(data: dict[str, Any]) -> tuple[Any, int]:
    """Add a route."""
    return _keep(places.keep_route, data, RouteFacts, "route_id")


@blueprint.put("/routes/<uuid:route_id>")
@blueprint.arguments(RouteFactsSchema)
@blueprint.response(200, RouteSchema)
@permission_required(Permission.SITES_MANAGE)
def route_change(data: dict[str, Any], route_id: UUID) -> Any:
    """Change a route."""
    with atomic() as session:
        facts = RouteFacts(**data)
        return places.change_route(session, actor=g.actor, now=utc_now(), route_id=route_id, facts=facts)


@blueprint.post("/routes/<uuid:route_id>/archive")
@blueprint.response(200, RouteSchema)
@permission_required(Permission.SITES_MANAGE)
def route_archive(route_id: UUID) -> Any:
    """Take a route out of the lists."""
    return _switch(places.archive_route, route_id=route_id)


@blueprint.post("/routes/<uuid:route_id>/restore")
@blueprint.response(200, RouteSchema)
@permission_required(Permission.SITES_MANAGE)
def route_restore(route_id: UUID) -> Any:
    """Take a route back into the lists."""
    return _switch(places.restore_route, route_id=route_id)


@blueprint.get("/settings")
@blueprint.response(200, SettingsSchema)
@permission_required(Permission.LOTS_READ)
def settings_detail() -> Any:
    """Return the tolerance of weights on arrival and the rule on losses."""
    return settings_of(db.session, g.actor.org)


@blueprint.put("/settings")
@blueprint.arguments(SettingsSchema)
@blueprint.response(200, SettingsSchema)
@permission_required(Permission.SITES_MANAGE)
def settings_change(data: dict[str, Any]) -> Any:
    """Set the tolerance of coming dispatches and the rule on losses."""
    with atomic() as session:
        services.change_settings(session, actor=g.actor, now=utc_now(), **data)
        return settings_of(session, g.actor.org)


def _keep(
    command: Callable[..., tuple[Any, bool]], data: dict[str, Any], facts: type[Any], name: str
) -> tuple[Any, int]:
    row_id = data.pop("id")
    with atomic() as session:
        row, is_new = command(session, actor=g.actor, now=utc_now(), **{name: row_id}, facts=facts(**data))
    return row, 201 if is_new else 200


def _switch(command: Callable[..., Any], **named: UUID) -> Any:
    with atomic() as session:
        return command(session, actor=g.actor, now=utc_now(), **named)
