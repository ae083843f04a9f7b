"""JSON resources of the two-round clock."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.auctions.clock import services
from chain.auctions.clock.models import Clock, ClockRequest
from chain.auctions.clock.queries import (
    alias_numbers,
    allotments,
    clock_log,
    get_clock_for,
    is_buyer,
    last_told_line,
    list_clocks,
    own_wishes,
    product_rows,
)
from chain.auctions.clock.rules import FIRST, SECOND, ClockState, Wish
from chain.auctions.clock.schemas import (
    ClockArgs,
    ClockLineSchema,
    ClockReasonSchema,
    ClockReplaySchema,
    ClockRequestSchema,
    ClockSchema,
    NewClockRequestSchema,
    NewClockSchema,
    WholeClockSchema,
)
from chain.auctions.clock.services import NewProduct
from chain.core.clock import utc_now
from chain.core.db import atomic, db, run_atomic
from chain.core.errors import NotFound
from chain.core.paging import slice_rows
from chain.web.access import permission_required, sign_in_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema
from chain.web.i18n import gettext

clocks = ApiBlueprint(
    "clocks", __name__, url="/clocks", description="Two-round clocks: a campaign's products for few buyers."
)
blueprints = [clocks]


def _whole(clock_id: UUID) -> dict[str, Any]:
    clock = get_clock_for(db.session, g.actor, clock_id)
    aliases = alias_numbers(db.session, clock_id)
    return {
        **asdict(clock),
        "products": [row.product for row in product_rows(db.session, clock_id)],
        "allotments": [
            {
                "product_id": row.product_id,
                "bidder": aliases[row.buyer_id],
                "buyer_id": row.buyer_id if clock.is_own or row.buyer_id == g.actor.org else None,
                "round": row.round,
                "kilograms": row.kilograms,
                "price_minor": row.price_minor,
            }
            for row in allotments(db.session, clock_id)
        ],
    }


@clocks.get("")
@clocks.arguments(ClockArgs, location="query")
@clocks.response(200, page_schema(ClockSchema))
@permission_required(Permission.BOARD_READ)
def clock_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the clocks that the reader may see: a seller's own, for a buyer all of them."""
    state = ClockState(args["state"]) if args["state"] else None
    return page_answer(list_clocks(db.session, g.actor, page_request(args), state=state))


@clocks.post("")
@clocks.arguments(NewClockSchema)
@clocks.response(201, WholeClockSchema)
@clocks.alt_response(200, schema=WholeClockSchema, description="The same clock was opened before.")
@permission_required(Permission.TENDERS_WRITE)
def clock_open(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Offer the lots of a campaign in two rounds."""
    products = [NewProduct(tuple(one["lot_ids"]), one["price_minor"]) for one in data.pop("products")]
    with atomic() as session:
        is_known = session.get(Clock, data["id"]) is not None
        services.open_clock(session, actor=g.actor, now=utc_now(), products=products, **data)
    return _whole(data["id"]), 200 if is_known else 201


@clocks.get("/<uuid:clock_id>")
@clocks.response(200, WholeClockSchema)
@sign_in_required
def clock_detail(clock_id: UUID) -> dict[str, Any]:
    """Return a clock with its products and, after the end, who got what."""
    return _whole(clock_id)


def _request(row: ClockRequest, wishes: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "round": row.round,
        "placed_at": row.placed_at,
        "commitment": row.commitment,
        "wishes": wishes,
    }


@clocks.get("/<uuid:clock_id>/requests")
@clocks.arguments(PageArgs, location="query")
@clocks.response(200, page_schema(ClockRequestSchema))
@permission_required(Permission.BIDS_PLACE)
def clock_requests(args: dict[str, Any], clock_id: UUID) -> dict[str, Any]:
    """List the own request that counts in each round."""
    clock = get_clock_for(db.session, g.actor, clock_id)
    if clock.is_own or not is_buyer(g.actor):
        raise NotFound
    found = []
    for number in (FIRST, SECOND):
        row, wishes = own_wishes(db.session, g.actor, clock.id, number)
        if row is not None:
            found.append(_request(row, list(wishes.values())))
    return page_answer(slice_rows(found, page_request(args), {"round": lambda one: one["round"]}))


@clocks.post("/<uuid:clock_id>/requests")
@clocks.arguments(NewClockRequestSchema)
@clocks.response(201, ClockRequestSchema)
@clocks.alt_response(200, schema=ClockRequestSchema, description="The same request was sent before.")
@permission_required(Permission.BIDS_PLACE)
def clock_ask(data: dict[str, Any], clock_id: UUID) -> tuple[dict[str, Any], int]:
    """Ask for kilograms in the round that is open, or replace the own last request of it."""
    wishes = [Wish(**one) for one in data["wishes"]]
    now = utc_now()

    def unit(session: Any) -> tuple[dict[str, Any], int]:
        is_known = session.get(ClockRequest, data["id"]) is not None
        row = services.place_request(
            session,
            actor=g.actor,
            now=now,
            clock_id=clock_id,
            id=data["id"],
            wishes=wishes,
            round_number=data["round"],
        )
        return _request(row, wishes), 200 if is_known else 201

    return run_atomic(unit)


@clocks.post("/<uuid:clock_id>/close")
@clocks.response(200, WholeClockSchema)
@permission_required(Permission.TENDERS_WRITE)
def clock_close(clock_id: UUID) -> dict[str, Any]:
    """Open the requests after the hour of the round, should the worker not have done it."""
    with atomic() as session:
        services.close_round(session, actor=g.actor, now=utc_now(), clock_id=clock_id)
    return _whole(clock_id)


@clocks.post("/<uuid:clock_id>/cancel")
@clocks.arguments(ClockReasonSchema)
@clocks.response(200, WholeClockSchema)
@permission_required(Permission.TENDERS_READ)
def clock_cancel(data: dict[str, Any], clock_id: UUID) -> dict[str, Any]:
    """Withdraw a clock while a round is open; with a reason once somebody has asked."""
    with atomic() as session:
        services.cancel_clock(session, actor=g.actor, now=utc_now(), clock_id=clock_id, reason=data["reason"])
    return _whole(clock_id)


@clocks.get("/<uuid:clock_id>/log")
@clocks.arguments(PageArgs, location="query")
@clocks.response(200, page_schema(ClockLineSchema))
@sign_in_required
def clock_lines(args: dict[str, Any], clock_id: UUID) -> dict[str, Any]:
    """List the public log. Who asked in a round that is open is told to nobody but the asker."""
    clock = get_clock_for(db.session, g.actor, clock_id)
    return page_answer(clock_log(db.session, g.actor, clock, page_request(args)))


@clocks.get("/<uuid:clock_id>/replay")
@clocks.response(200, ClockReplaySchema)
@sign_in_required
def clock_replay(clock_id: UUID) -> dict[str, Any]:
    """Run the log through the rules again and say whether it gives the same result; lines of an open round are not counted."""
    clock = get_clock_for(db.session, g.actor, clock_id)
    told = services.replay_clock(db.session, clock.id)
    last = last_told_line(db.session, clock.id)
    return {
        "agrees": told.agrees,
        "entries": told.entries if last is None else last,
        "lines": [gettext(line) for line in told.lines],
    }
