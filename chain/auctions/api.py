"""JSON resources of auctions: announce, list, register, bid, follow, pause, cancel, replay."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import marshmallow as ma
import msgspec
from flask import Response, g, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from chain.accounts.rules import Permission
from chain.auctions.clock import api as clock_api
from chain.auctions.front import RECEIVED, REFUSED
from chain.auctions.intake import close_what_is_due, submit
from chain.auctions.models import Auction, AuctionBidder
from chain.auctions.queries.auctions import get_auction_for, may_watch
from chain.auctions.queries.lists import list_auctions
from chain.auctions.queries.replay import replay_auction
from chain.auctions.queries.state import auction_state, bids_after, state_version
from chain.auctions.rules import DEFAULT_STEPS, AuctionState, Kind
from chain.auctions.schemas import (
    AuctionArgs,
    AuctionLogSchema,
    AuctionReasonSchema,
    AuctionRegisteredSchema,
    AuctionRegistrationSchema,
    AuctionReplaySchema,
    AuctionSchema,
    AuctionStateSchema,
    BidAnswerSchema,
    BidItem,
    LogArgs,
    MaximumItem,
    NewAuctionSchema,
    NewLiveBidSchema,
    NewMaximumSchema,
)
from chain.auctions.services.bidding import Ask
from chain.auctions.services.opening import open_auction, register_bidder
from chain.auctions.services.stopping import cancel_auction, pause_auction, resume_auction
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import NotFound, ValidationFailed
from chain.core.i18n import N_, Message
from chain.core.ids import parse_id
from chain.web.access import permission_required, sign_in_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema
from chain.web.errors import flatten
from chain.web.i18n import gettext

auctions = ApiBlueprint("auctions", __name__, url="/auctions", description="Live auctions.")
lots = ApiBlueprint(
    "auction_lots", __name__, url="/auction-lots", description="Lots under auction: bids and their log."
)
blueprints = [auctions, lots, *clock_api.blueprints]

NOT_A_BID = N_("Send an object with the fields of one bid.")
Item = TypeVar("Item", BidItem, MaximumItem)
_bid_decoder = msgspec.json.Decoder(BidItem)
_maximum_decoder = msgspec.json.Decoder(MaximumItem)
_encode = msgspec.json.Encoder().encode


@auctions.get("")
@auctions.arguments(AuctionArgs, location="query")
@auctions.response(200, page_schema(AuctionSchema))
@sign_in_required
def auction_list(args: dict[str, Any]) -> dict[str, Any]:
    """List auctions: a seller's own, or for a buyer those that it may see."""
    close_what_is_due()
    state = AuctionState(args["state"]) if args["state"] else None
    found = list_auctions(db.session, g.actor, page_request(args), state=state)
    return page_answer(found, lambda row: row.auction)


@auctions.post("")
@auctions.arguments(NewAuctionSchema)
@auctions.response(201, AuctionSchema)
@auctions.alt_response(200, schema=AuctionSchema, description="The same auction was announced before.")
@permission_required(Permission.TENDERS_WRITE)
def auction_open(data: dict[str, Any]) -> tuple[Auction, int]:
    """Announce an auction of own lots with a confirmed class."""
    data["steps"] = data["steps"] or DEFAULT_STEPS
    with atomic() as session:
        is_known = session.get(Auction, data["id"]) is not None
        auction = open_auction(session, actor=g.actor, now=utc_now(), **data)
    return auction, 200 if is_known else 201


@auctions.get("/<uuid:auction_id>")
@auctions.response(200, AuctionSchema)
@sign_in_required
def auction_detail(auction_id: UUID) -> Auction:
    """Return the terms of an auction."""
    close_what_is_due(auction_id)
    return get_auction_for(db.session, g.actor, auction_id)


@auctions.get("/<uuid:auction_id>/state")
@auctions.response(200, AuctionStateSchema)
@auctions.alt_response(304, success=True, description="Nothing moved since the version of If-None-Match.")
@sign_in_required
def auction_now(auction_id: UUID) -> Any:
    """Return how the lots stand. Send the ETag of the last answer as If-None-Match: 304 says that nothing moved."""
    close_what_is_due(auction_id)
    now = utc_now()
    version = state_version(db.session, g.actor, auction_id, now=now)
    if version in request.if_none_match:
        return Response(status=304, headers={"ETag": f'"{version}"'})
    found = auction_state(db.session, g.actor, auction_id, now=now)
    return found, 200, {"ETag": f'"{found["version"]}"'}


@auctions.post("/<uuid:auction_id>/registration")
@auctions.arguments(AuctionRegistrationSchema)
@auctions.response(200, AuctionRegisteredSchema)
@permission_required(Permission.BIDS_PLACE)
def auction_register(data: dict[str, Any], auction_id: UUID) -> AuctionBidder:
    """Register for an auction, with a ceiling where it asks for one; again answers the same."""
    with atomic() as session:
        return register_bidder(session, actor=g.actor, now=utc_now(), auction_id=auction_id, **data)


@auctions.post("/<uuid:auction_id>/pause")
@auctions.arguments(AuctionReasonSchema)
@auctions.response(200, AuctionSchema)
@permission_required(Permission.MARKET_MANAGE)
def auction_pause(data: dict[str, Any], auction_id: UUID) -> Auction:
    """Stop the clock, with a reason."""
    with atomic() as session:
        return pause_auction(session, actor=g.actor, now=utc_now(), auction_id=auction_id, **data)


@auctions.post("/<uuid:auction_id>/resume")
@auctions.response(200, AuctionSchema)
@permission_required(Permission.MARKET_MANAGE)
def auction_resume(auction_id: UUID) -> Auction:
    """Let the clock go on; the time that it stood still is given back."""
    with atomic() as session:
        return resume_auction(session, actor=g.actor, now=utc_now(), auction_id=auction_id)


@auctions.post("/<uuid:auction_id>/cancel")
@auctions.arguments(AuctionReasonSchema)
@auctions.response(200, AuctionSchema)
@sign_in_required
def auction_cancel(data: dict[str, Any], auction_id: UUID) -> Auction:
    """Cancel an auction, with a reason: the seller before the first bid, the market manager until the end."""
    with atomic() as session:
        return cancel_auction(session, actor=g.actor, now=utc_now(), auction_id=auction_id, **data)


@auctions.get("/<uuid:auction_id>/replay")
@auctions.response(200, AuctionReplaySchema)
@sign_in_required
def auction_replay(auction_id: UUID) -> dict[str, Any]:
    """Run the logs through the rules again and compare; for the seller's people."""
    if not may_watch(g.actor):
        raise NotFound
    get_auction_for(db.session, g.actor, auction_id)
    found = replay_auction(db.session, auction_id)
    return {
        "agrees": found.agrees,
        "entries": found.entries,
        "lines": [gettext(line) for line in found.lines],
    }


@lots.get("/<uuid:auction_lot_id>/log")
@lots.arguments(LogArgs, location="query")
@lots.response(200, AuctionLogSchema)
@sign_in_required
def lot_log(args: dict[str, Any], auction_lot_id: UUID) -> dict[str, Any]:
    """Return the log of a lot from a line on, in its order; what was missed while the line was down."""
    found = bids_after(db.session, g.actor, auction_lot_id, args["after"], limit=args["limit"])
    return {"items": found}


@lots.post("/<uuid:auction_lot_id>/bids")
@lots.doc(requestBody={"required": True, "content": {"application/json": {"schema": NewLiveBidSchema}}})
@lots.alt_response(200, schema=BidAnswerSchema, description="What became of the bid.")
@permission_required(Permission.BIDS_PLACE)
def lot_bid(auction_lot_id: UUID) -> Response:
    """Bid an open price. The answer says winning, outbid, too_low, stale, closed, not_open or duplicate."""
    received = _received()
    item = _read(_bid_decoder, NewLiveBidSchema)
    return _decided(
        Ask(
            g.actor,
            auction_lot_id,
            parse_id(item.id),
            Kind.BID,
            item.price_minor,
            item.seen_minor,
            received,
            str(item.id),
        )
    )


@lots.post("/<uuid:auction_lot_id>/maximum")
@lots.doc(requestBody={"required": True, "content": {"application/json": {"schema": NewMaximumSchema}}})
@lots.alt_response(200, schema=BidAnswerSchema, description="What became of it.")
@permission_required(Permission.BIDS_PLACE)
def lot_maximum(auction_lot_id: UUID) -> Response:
    """Let the server bid up to a figure that nobody can read before the lot has closed."""
    received = _received()
    item = _read(_maximum_decoder, NewMaximumSchema)
    return _decided(
        Ask(
            g.actor,
            auction_lot_id,
            parse_id(item.id),
            Kind.MAXIMUM,
            item.maximum_minor,
            item.seen_minor,
            received,
            str(item.id),
        )
    )


def _received() -> datetime:
    """Return when the request came; raise the refusal that the bid has met already in front (`chain.auctions.front`)."""
    refused: BaseException | None = request.environ.get(REFUSED)
    if refused is not None:
        raise refused
    received: datetime | None = request.environ.get(RECEIVED)
    return received or utc_now()


def _decided(ask: Ask) -> Response:
    return Response(_encode(submit(ask)), content_type="application/json")


def _read(decoder: "msgspec.json.Decoder[Item]", schema: type[ma.Schema]) -> Item:
    """Read a body: msgspec when it is well-formed, marshmallow for the texts when it is not."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    body = request.get_data()
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as problem:
        errors = _problems_of(body, schema(), str(problem))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest from error
    raise ValidationFailed({name: [Message(one) for one in texts] for name, texts in errors.items()})


def _problems_of(body: bytes, schema: ma.Schema, problem: str) -> Mapping[str, list[str]]:
    try:
        item = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest from error
    if not isinstance(item, Mapping):
        return {"body": [NOT_A_BID]}
    return flatten(schema.validate(item)) or {"body": [problem]}
