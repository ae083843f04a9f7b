"""JSON resources: lent containers, tanks, the gate."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.custody import services
from chain.custody.api.parts import REPEATED, blueprint, status_of, today
from chain.custody.models import ContainerMovement, GateVisit, TankReading
from chain.custody.queries.containers import list_debts, list_movements
from chain.custody.queries.gate import visits_of
from chain.custody.queries.places import get_site_for
from chain.custody.queries.tanks import Tank, list_readings, watched_tanks
from chain.custody.schemas import (
    DayArgs,
    DebtSchema,
    MovementArgs,
    MovementSchema,
    ReadingSchema,
    TanksSchema,
    VisitSchema,
    VisitsSchema,
)
from chain.custody.services import NewMovement, NewReading, NewVisit
from chain.web.access import permission_required
from chain.web.api import PageArgs, page_answer, page_request, page_schema
from chain.web.i18n import gettext


@blueprint.get("/containers/balances")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(DebtSchema))
@permission_required(Permission.PRODUCERS_READ)
def container_balance_list(args: dict[str, Any]) -> dict[str, Any]:
    """List who has containers of the organisation, those with the most first."""
    return page_answer(list_debts(db.session, g.actor, page_request(args)))


@blueprint.get("/containers/movements")
@blueprint.arguments(MovementArgs, location="query")
@blueprint.response(200, page_schema(MovementSchema))
@permission_required(Permission.PRODUCERS_READ)
def movement_list(args: dict[str, Any]) -> dict[str, Any]:
    """List movements of containers, the latest first; `count` as the balance takes it."""
    page = list_movements(db.session, g.actor, page_request(args), producer_id=args["producer_id"])
    return page_answer(page)


@blueprint.post("/containers/movements")
@blueprint.arguments(MovementSchema)
@blueprint.response(201, MovementSchema)
@blueprint.alt_response(200, schema=MovementSchema, description=REPEATED, success=True)
@permission_required(Permission.STOCK_WRITE)
def movement_record(data: dict[str, Any]) -> tuple[Any, int]:
    """Record containers lent, returned, lost or corrected; the answer holds the signed count."""
    with atomic() as session:
        status = status_of(session, ContainerMovement, data["id"])
        row = services.move_containers(session, actor=g.actor, now=utc_now(), movement=NewMovement(**data))
    return row, status


@blueprint.get("/tanks")
@blueprint.response(200, TanksSchema)
@permission_required(Permission.LOTS_READ)
def tank_list() -> dict[str, Any]:
    """List the tanks and cold stores with their contents and what threatens them."""
    return {"items": [_tank(tank) for tank in watched_tanks(db.session, g.actor, utc_now())]}


def _tank(tank: Tank) -> dict[str, Any]:
    site, latest = tank.site, tank.latest
    return {
        "site_id": site.id,
        "code": site.code,
        "name": site.name,
        "kind": site.kind,
        "capacity": site.capacity,
        "lots": tank.contents.lots,
        "quantity": tank.quantity,
        "oldest_at": tank.contents.oldest_at,
        "celsius_tenths": latest.celsius_tenths if latest else None,
        "measured_at": latest.measured_at if latest else None,
        "alerts": [
            {"kind": one.kind.value, "level": one.level.value, "message": gettext(one.message)}
            for one in tank.alerts
        ],
    }


@blueprint.get("/tanks/<uuid:site_id>/readings")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(ReadingSchema))
@permission_required(Permission.LOTS_READ)
def reading_list(args: dict[str, Any], site_id: UUID) -> dict[str, Any]:
    """List the temperatures of a place, the latest first."""
    get_site_for(db.session, g.actor, site_id)
    return page_answer(list_readings(db.session, g.actor, site_id, page_request(args)))


@blueprint.post("/tanks/<uuid:site_id>/readings")
@blueprint.arguments(ReadingSchema)
@blueprint.response(201, ReadingSchema)
@blueprint.alt_response(200, schema=ReadingSchema, description=REPEATED, success=True)
@permission_required(Permission.STOCK_WRITE)
def reading_record(data: dict[str, Any], site_id: UUID) -> tuple[Any, int]:
    """Keep a temperature, as a thermometer sends it."""
    with atomic() as session:
        status = status_of(session, TankReading, data["id"])
        row = services.read_tank(
            session, actor=g.actor, now=utc_now(), reading=NewReading(site_id=site_id, **data)
        )
    return row, status


@blueprint.get("/gate")
@blueprint.arguments(DayArgs, location="query")
@blueprint.response(200, VisitsSchema)
@permission_required(Permission.LOTS_READ)
def gate_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the visits of a day by ticket."""
    return {"items": visits_of(db.session, g.actor, args["day"] or today())}


@blueprint.post("/gate")
@blueprint.arguments(VisitSchema)
@blueprint.response(201, VisitSchema)
@blueprint.alt_response(200, schema=VisitSchema, description=REPEATED, success=True)
@permission_required(Permission.STOCK_WRITE)
def gate_arrive(data: dict[str, Any]) -> tuple[Any, int]:
    """Give the next ticket of the day."""
    with atomic() as session:
        status = status_of(session, GateVisit, data["id"])
        row = services.register_arrival_at_gate(session, actor=g.actor, now=utc_now(), visit=NewVisit(**data))
    return row, status


@blueprint.post("/gate/<uuid:visit_id>/serve")
@blueprint.response(200, VisitSchema)
@permission_required(Permission.STOCK_WRITE)
def gate_serve(visit_id: UUID) -> Any:
    """Call a ticket."""
    with atomic() as session:
        return services.serve_visit(session, actor=g.actor, now=utc_now(), visit_id=visit_id)


@blueprint.post("/gate/<uuid:visit_id>/leave")
@blueprint.response(200, VisitSchema)
@permission_required(Permission.STOCK_WRITE)
def gate_leave(visit_id: UUID) -> Any:
    """Record that a visitor left."""
    with atomic() as session:
        return services.leave_gate(session, actor=g.actor, now=utc_now(), visit_id=visit_id)
