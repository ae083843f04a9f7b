"""JSON resources: stock, holds, counts."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import g
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Permission
from chain.core.clock import local_moment, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, IdempotencyConflict
from chain.custody import services
from chain.custody.api.parts import REPEATED, blueprint, status_of, today
from chain.custody.models import LotHold, StockCount, StockCountEntry
from chain.custody.queries.counts import count_lines, get_count_for, list_counts
from chain.custody.queries.holds import list_holds
from chain.custody.queries.stock import StockFilter, stock_lots, stock_totals, stock_totals_on
from chain.custody.schemas import (
    CountDetailSchema,
    CountEntriesSchema,
    CountEntryResultsSchema,
    CountSchema,
    HoldArgs,
    HoldSchema,
    HoldsSchema,
    NewCountSchema,
    NewHoldSchema,
    NoteSchema,
    StockArgs,
    StockLotArgs,
    StockLotSchema,
    StockSchema,
)
from chain.custody.services import NewCount, NewEntry, NewHold
from chain.web.access import permission_required
from chain.web.api import PageArgs, page_answer, page_request, page_schema
from chain.web.formats import timezone_name
from chain.web.i18n import gettext

COUNT_FIELDS = ("id", "number", "site_id", "commodity", "state", "note", "opened_at", "closed_at")


@blueprint.get("/stock")
@blueprint.arguments(StockArgs, location="query")
@blueprint.response(200, StockSchema)
@permission_required(Permission.LOTS_READ)
def stock(args: dict[str, Any]) -> dict[str, Any]:
    """Sum the stock up by product, class and place, or at the end of an earlier day by product and class."""
    wanted = StockFilter(commodity=args["commodity"], site_id=args["site_id"])
    day = args["day"]
    if day is None or day >= today():
        return {"items": stock_totals(db.session, g.actor, wanted)}
    end = local_moment(datetime.combine(day + timedelta(days=1), time()), timezone_name())
    return {"items": stock_totals_on(db.session, g.actor, wanted, end.astimezone(UTC))}


@blueprint.get("/stock/lots")
@blueprint.arguments(StockLotArgs, location="query")
@blueprint.response(200, page_schema(StockLotSchema))
@permission_required(Permission.LOTS_READ)
def stock_lot_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the lots in stock; sort by number, quantity, delivered_at or site."""
    wanted = StockFilter(commodity=args["commodity"], site_id=args["site_id"], held=args["held"])
    return page_answer(stock_lots(db.session, g.actor, wanted, page_request(args)))


@blueprint.get("/holds")
@blueprint.arguments(HoldArgs, location="query")
@blueprint.response(200, page_schema(HoldSchema))
@permission_required(Permission.LOTS_READ)
def hold_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the holds, the latest first: those that stand, or all."""
    page = list_holds(
        db.session, g.actor, page_request(args), standing=args["standing"], reason=args["reason"]
    )
    return page_answer(page, lambda row: row.hold)


@blueprint.post("/holds")
@blueprint.arguments(NewHoldSchema)
@blueprint.response(201, HoldsSchema)
@blueprint.alt_response(200, schema=HoldsSchema, description=REPEATED, success=True)
@permission_required(Permission.HOLDS_WRITE)
def hold_place(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Hold lots; a pledge issues a storage receipt with the same id."""
    with atomic() as session:
        known = session.scalar(select(LotHold.id).where(LotHold.group_id == data["id"]).limit(1))
        holds = services.hold_lots(session, actor=g.actor, now=utc_now(), hold=NewHold(**data))
    return {"items": holds}, 201 if known is None else 200


@blueprint.post("/holds/<uuid:hold_id>/release")
@blueprint.arguments(NoteSchema)
@blueprint.response(200, HoldSchema)
@permission_required(Permission.HOLDS_WRITE)
def hold_release(data: dict[str, Any], hold_id: UUID) -> Any:
    """Release one hold of a lot; it stays held while another one stands."""
    with atomic() as session:
        return services.release_lot(session, actor=g.actor, now=utc_now(), hold_id=hold_id, note=data["note"])


@blueprint.get("/counts")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(CountSchema))
@permission_required(Permission.LOTS_READ)
def count_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the count sheets, the newest first."""
    return page_answer(list_counts(db.session, g.actor, page_request(args)), lambda row: row.count)


@blueprint.post("/counts")
@blueprint.arguments(NewCountSchema)
@blueprint.response(201, CountDetailSchema)
@blueprint.alt_response(200, schema=CountDetailSchema, description=REPEATED, success=True)
@permission_required(Permission.STOCK_WRITE)
def count_open(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Open a count sheet with the lots that should be there now."""
    with atomic() as session:
        status = status_of(session, StockCount, data["id"])
        count = services.open_count(session, actor=g.actor, now=utc_now(), count=NewCount(**data))
        return _count(session, count), status


@blueprint.get("/counts/<uuid:count_id>")
@blueprint.response(200, CountDetailSchema)
@permission_required(Permission.LOTS_READ)
def count_detail(count_id: UUID) -> dict[str, Any]:
    """Return a count sheet with its lines and differences."""
    return _count(db.session, get_count_for(db.session, g.actor, count_id))


@blueprint.post("/counts/<uuid:count_id>/entries")
@blueprint.arguments(CountEntriesSchema)
@blueprint.response(200, CountEntryResultsSchema)
@permission_required(Permission.STOCK_WRITE)
def count_entries(data: dict[str, Any], count_id: UUID) -> dict[str, Any]:
    """Add looks at lots, one result each: a device that had no signal may send them late and again."""
    with atomic() as session:
        get_count_for(session, g.actor, count_id)
        return {"items": [_look(session, NewEntry(count_id=count_id, **one)) for one in data["items"]]}


def _look(session: Session, entry: NewEntry) -> dict[str, Any]:
    known = session.get(StockCountEntry, entry.id) is not None
    try:
        with session.begin_nested():
            services.record_count(session, actor=g.actor, now=utc_now(), entry=entry)
    except IdempotencyConflict as refused:
        return _refusal(entry, "conflict", refused)
    except DomainError as refused:
        return _refusal(entry, "rejected", refused)
    return {"id": entry.id, "status": "duplicate" if known else "stored", "code": None, "message": None}


def _refusal(entry: NewEntry, status: str, refused: DomainError) -> dict[str, Any]:
    return {"id": entry.id, "status": status, "code": refused.code, "message": gettext(refused.message)}


@blueprint.post("/counts/<uuid:count_id>/close")
@blueprint.response(200, CountDetailSchema)
@permission_required(Permission.STOCK_WRITE)
def count_close(count_id: UUID) -> dict[str, Any]:
    """Close a sheet. The stock does not change."""
    with atomic() as session:
        count = services.close_count(session, actor=g.actor, now=utc_now(), count_id=count_id)
        return _count(session, count)


@blueprint.post("/counts/<uuid:count_id>/discard")
@blueprint.response(200, CountDetailSchema)
@permission_required(Permission.STOCK_WRITE)
def count_discard(count_id: UUID) -> dict[str, Any]:
    """Give a sheet up."""
    with atomic() as session:
        count = services.discard_count(session, actor=g.actor, now=utc_now(), count_id=count_id)
        return _count(session, count)


def _count(session: Session, count: StockCount) -> dict[str, Any]:
    return {
        **{name: getattr(count, name) for name in COUNT_FIELDS},
        "lines": count_lines(session, count.id),
    }
