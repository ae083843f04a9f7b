"""JSON resources: dispatches of the sender, arrivals of the receiver."""

from typing import Any
from uuid import UUID

from flask import g
from sqlalchemy.orm import Session

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import NotFound
from chain.custody import services
from chain.custody.api.parts import REPEATED, blueprint, status_of, today
from chain.custody.models import Dispatch
from chain.custody.queries.dispatches import (
    dispatch_lines,
    get_dispatch_for,
    is_late,
    list_dispatches,
)
from chain.custody.schemas import (
    ArrivalSchema,
    DispatchArgs,
    DispatchDetailSchema,
    DispatchSchema,
    NewDispatchSchema,
    NoteSchema,
    ResolutionSchema,
)
from chain.custody.services import Arrival, NewDispatch
from chain.custody.sold import buyers_of
from chain.web.access import permission_required
from chain.web.api import page_answer, page_request, page_schema

FIELDS = tuple(DispatchSchema().fields)


def _answer(session: Session, row: Dispatch) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in FIELDS}, "lines": dispatch_lines(session, row.id)}


@blueprint.get("/dispatches")
@blueprint.arguments(DispatchArgs, location="query")
@blueprint.response(200, page_schema(DispatchSchema))
@permission_required(Permission.LOTS_READ)
def dispatch_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the own dispatches, the newest first; `late`: those that should have arrived."""
    page = list_dispatches(
        db.session,
        g.actor,
        page_request(args),
        state=args["state"],
        late=is_late(utc_now(), today()) if args["late"] else None,
    )
    return page_answer(page, lambda row: row.dispatch)


@blueprint.post("/dispatches")
@blueprint.arguments(NewDispatchSchema)
@blueprint.response(201, DispatchDetailSchema)
@blueprint.alt_response(200, schema=DispatchDetailSchema, description=REPEATED, success=True)
@permission_required(Permission.DISPATCHES_WRITE)
def dispatch_send(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Let lots leave under a waybill."""
    wanted = NewDispatch(**data)
    with atomic() as session:
        status = status_of(session, Dispatch, wanted.id)
        sold_to = buyers_of(session, g.actor, wanted.lot_ids)
        row = services.dispatch_lots(session, actor=g.actor, now=utc_now(), dispatch=wanted, sold_to=sold_to)
        return _answer(session, row), status


@blueprint.get("/dispatches/<uuid:dispatch_id>")
@blueprint.response(200, DispatchDetailSchema)
@permission_required(Permission.LOTS_READ)
def dispatch_detail(dispatch_id: UUID) -> dict[str, Any]:
    """Return an own dispatch with both weights of each lot."""
    row = get_dispatch_for(db.session, g.actor, dispatch_id)
    if row.organisation_id != g.actor.organisation_id:
        raise NotFound
    return _answer(db.session, row)


@blueprint.post("/dispatches/<uuid:dispatch_id>/arrival")
@blueprint.arguments(ArrivalSchema)
@blueprint.response(200, DispatchDetailSchema)
@permission_required(Permission.DISPATCHES_WRITE)
def dispatch_arrive(data: dict[str, Any], dispatch_id: UUID) -> dict[str, Any]:
    """Record what arrived at an own place, or what the signed paper of a receiver says."""
    row = get_dispatch_for(db.session, g.actor, dispatch_id)
    if row.organisation_id != g.actor.organisation_id:
        raise NotFound
    return _arrive(data, dispatch_id)


@blueprint.post("/dispatches/<uuid:dispatch_id>/resolve")
@blueprint.arguments(ResolutionSchema)
@blueprint.response(200, DispatchDetailSchema)
@permission_required(Permission.DISPATCHES_WRITE)
def dispatch_resolve(data: dict[str, Any], dispatch_id: UUID) -> dict[str, Any]:
    """End a dispute with what was agreed."""
    with atomic() as session:
        row = services.resolve_dispute(
            session,
            actor=g.actor,
            now=utc_now(),
            dispatch_id=dispatch_id,
            note=data["note"],
            agreed=_weights(data["agreed"]),
        )
        return _answer(session, row)


@blueprint.post("/dispatches/<uuid:dispatch_id>/cancel")
@blueprint.arguments(NoteSchema)
@blueprint.response(200, DispatchDetailSchema)
@permission_required(Permission.DISPATCHES_WRITE)
def dispatch_cancel(data: dict[str, Any], dispatch_id: UUID) -> dict[str, Any]:
    """Call a dispatch back before it arrives."""
    with atomic() as session:
        row = services.cancel_dispatch(
            session, actor=g.actor, now=utc_now(), dispatch_id=dispatch_id, note=data["note"]
        )
        return _answer(session, row)


@blueprint.get("/arrivals")
@blueprint.arguments(DispatchArgs, location="query")
@blueprint.response(200, page_schema(DispatchSchema))
@permission_required(Permission.ARRIVALS_CONFIRM)
def arrival_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the dispatches that are addressed to the organisation, the newest first."""
    page = list_dispatches(
        db.session,
        g.actor,
        page_request(args),
        incoming=True,
        state=args["state"],
        late=is_late(utc_now(), today()) if args["late"] else None,
    )
    return page_answer(page, lambda row: row.dispatch)


@blueprint.get("/arrivals/<uuid:dispatch_id>")
@blueprint.response(200, DispatchDetailSchema)
@permission_required(Permission.ARRIVALS_CONFIRM)
def arrival_detail(dispatch_id: UUID) -> dict[str, Any]:
    """Return a dispatch that is addressed to the organisation."""
    return _answer(db.session, _addressed(dispatch_id))


@blueprint.post("/arrivals/<uuid:dispatch_id>")
@blueprint.arguments(ArrivalSchema)
@blueprint.response(200, DispatchDetailSchema)
@permission_required(Permission.ARRIVALS_CONFIRM)
def arrival_record(data: dict[str, Any], dispatch_id: UUID) -> dict[str, Any]:
    """Record what arrived, as the receiver weighed it; beyond the tolerance the dispatch is in dispute."""
    _addressed(dispatch_id)
    return _arrive(data, dispatch_id)


def _addressed(dispatch_id: UUID) -> Dispatch:
    row = get_dispatch_for(db.session, g.actor, dispatch_id)
    if row.to_organisation_id != g.actor.organisation_id:
        raise NotFound
    return row


def _arrive(data: dict[str, Any], dispatch_id: UUID) -> dict[str, Any]:
    arrival = Arrival(
        dispatch_id=dispatch_id,
        quantities=_weights(data["quantities"]),
        totals=data["totals"],
        note=data["note"],
    )
    with atomic() as session:
        row = services.record_arrival(session, actor=g.actor, now=utc_now(), arrival=arrival)
        return _answer(session, row)


def _weights(items: list[dict[str, Any]] | None) -> dict[UUID, int] | None:
    return None if items is None else {one["lot_id"]: one["quantity"] for one in items}
