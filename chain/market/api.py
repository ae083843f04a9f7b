"""JSON resources of the market: tenders, bids, matches of a demand."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import g, jsonify

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db, run_atomic
from chain.core.errors import NotFound
from chain.core.paging import slice_rows
from chain.market import lot_api, services
from chain.market.models import Bid, Tender
from chain.market.queries.bids import (
    LoggedBid,
    TenderAward,
    bid_log,
    find_bid_by_key,
    get_bid_for,
    list_own_bids,
    own_bids,
    tender_awards,
)
from chain.market.queries.lots import LotFilter, tender_lots
from chain.market.queries.matches import Match, demand_matches
from chain.market.queries.sealed import offer_of
from chain.market.queries.tenders import TenderView, board, get_tender_for, is_buyer, list_tenders
from chain.market.rules import TenderState
from chain.market.schemas import (
    BidHeaders,
    BidSchema,
    BoardArgs,
    MatchSchema,
    NewBidSchema,
    NewTenderSchema,
    OwnBidArgs,
    OwnBidSchema,
    ReasonSchema,
    TenderAwardSchema,
    TenderAwardsSchema,
    TenderLotSchema,
    TenderSchema,
    offer_data,
    offer_from,
)
from chain.sales.schemas import SaleSchema
from chain.web.access import permission_required, sign_in_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema
from chain.web.i18n import gettext

tenders = ApiBlueprint("tenders", __name__, url="/tenders", description="Sealed tenders and their bids.")
bids = ApiBlueprint("bids", __name__, url="/bids", description="Bids.")
matches = ApiBlueprint("matches", __name__, url="/demands", description="Lots on offer for a demand.")
blueprints = [tenders, bids, matches, *lot_api.blueprints]


BID_SORT: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    "placed_at": lambda one: one["placed_at"],
    "price": lambda one: one["price_minor_per_unit"] or 0,
}


AWARD_SORT: Mapping[str, Callable[[TenderAward], Any]] = {
    "proceeds": lambda one: one.award.proceeds_minor,
    "quantity": lambda one: one.award.quantity,
}


def _tender(tender_id: UUID) -> TenderView:
    return get_tender_for(db.session, g.actor, tender_id, now=utc_now())


@tenders.get("")
@tenders.arguments(BoardArgs, location="query")
@tenders.response(200, page_schema(TenderSchema))
@sign_in_required
def tender_list(args: dict[str, Any]) -> dict[str, Any]:
    """List tenders: a seller's own, or for a buyer those on the board, filtered by their lots."""
    request = page_request(args)
    if is_buyer(g.actor):
        names = LotFilter.__dataclass_fields__
        filters = LotFilter(**{name: value for name, value in args.items() if name in names})
        found = board(db.session, g.actor, filters, request, now=utc_now())
        return page_answer(found, lambda row: row.tender)
    if not g.actor.may(Permission.TENDERS_READ):
        raise NotFound
    state = TenderState(args["state"]) if args["state"] else None
    return page_answer(list_tenders(db.session, g.actor, request, state=state))


@tenders.post("")
@tenders.arguments(NewTenderSchema)
@tenders.response(201, TenderSchema)
@tenders.alt_response(200, schema=TenderSchema, description="The same tender was opened before.")
@permission_required(Permission.TENDERS_WRITE)
def tender_open(data: dict[str, Any]) -> tuple[TenderView, int]:
    """Offer lots in a sealed tender."""
    reserves = {one["lot_id"]: one["reserve_minor_per_unit"] for one in data.pop("lot_reserves")}
    with atomic() as session:
        is_known = session.get(Tender, data["id"]) is not None
        services.open_tender(session, actor=g.actor, now=utc_now(), lot_reserves=reserves, **data)
    return _tender(data["id"]), 200 if is_known else 201


@tenders.get("/<uuid:tender_id>")
@tenders.response(200, TenderSchema)
@sign_in_required
def tender_detail(tender_id: UUID) -> TenderView:
    """Return a tender: whole to its seller, its public facts to buyers."""
    return _tender(tender_id)


@tenders.get("/<uuid:tender_id>/lots")
@tenders.arguments(PageArgs, location="query")
@tenders.response(200, page_schema(TenderLotSchema))
@sign_in_required
def tender_lot_list(args: dict[str, Any], tender_id: UUID) -> dict[str, Any]:
    """List the lots of a tender."""
    tender = _tender(tender_id)
    return page_answer(tender_lots(db.session, tender.id, page_request(args)))


@tenders.post("/<uuid:tender_id>/close")
@tenders.response(200, TenderSchema)
@permission_required(Permission.TENDERS_READ)
def tender_close(tender_id: UUID) -> TenderView:
    """Open the bids after the deadline, should the worker not have done it."""
    with atomic() as session:
        services.close_tender(session, actor=g.actor, now=utc_now(), tender_id=tender_id)
    return _tender(tender_id)


@tenders.post("/<uuid:tender_id>/accept")
@tenders.response(200, SaleSchema)
@tenders.alt_response(
    202, schema=TenderAwardsSchema, description="Confirmed; more officers must confirm before it is a sale."
)
@permission_required(Permission.AWARDS_ACCEPT)
def award_accept(tender_id: UUID) -> Any:
    """Confirm the awards of a tender. The last officer who is needed makes the sale: of several, the first is answered."""
    with atomic() as session:
        sale = services.accept_award(session, actor=g.actor, now=utc_now(), tender_id=tender_id)
        if sale is not None:
            return sale
    tender = _tender(tender_id)
    waiting = {"state": tender.state, "awards": tender_awards(db.session, tender)}
    answer = jsonify(TenderAwardsSchema().dump(waiting))
    answer.status_code = 202
    return answer


@tenders.get("/<uuid:tender_id>/awards")
@tenders.arguments(PageArgs, location="query")
@tenders.response(200, page_schema(TenderAwardSchema))
@permission_required(Permission.TENDERS_READ)
def award_list(args: dict[str, Any], tender_id: UUID) -> dict[str, Any]:
    """List what each buyer gets of an own tender, and how many officers have confirmed it."""
    awards = tender_awards(db.session, _tender(tender_id))
    return page_answer(slice_rows(awards, page_request(args), AWARD_SORT))


@tenders.post("/<uuid:tender_id>/decline")
@tenders.arguments(ReasonSchema)
@tenders.response(200, TenderSchema)
@permission_required(Permission.AWARDS_ACCEPT)
def award_decline(data: dict[str, Any], tender_id: UUID) -> TenderView:
    """Decline the winning bid, with a reason."""
    with atomic() as session:
        services.decline_award(
            session, actor=g.actor, now=utc_now(), tender_id=tender_id, reason=data["reason"] or ""
        )
    return _tender(tender_id)


@tenders.post("/<uuid:tender_id>/cancel")
@tenders.arguments(ReasonSchema)
@tenders.response(200, TenderSchema)
@permission_required(Permission.TENDERS_WRITE)
def tender_cancel(data: dict[str, Any], tender_id: UUID) -> TenderView:
    """Withdraw a tender before its deadline; with a reason once somebody has bid."""
    with atomic() as session:
        services.cancel_tender(
            session, actor=g.actor, now=utc_now(), tender_id=tender_id, reason=data["reason"]
        )
    return _tender(tender_id)


@tenders.get("/<uuid:tender_id>/bids")
@tenders.arguments(PageArgs, location="query")
@tenders.response(200, page_schema(BidSchema))
@sign_in_required
def tender_bids(args: dict[str, Any], tender_id: UUID) -> dict[str, Any]:
    """List bids: a buyer's own, the last one first; for the seller all of them in order, once they were opened."""
    tender = _tender(tender_id)
    if tender.is_own:
        found = [_logged_bid(tender.id, bid) for bid in bid_log(db.session, tender)]
        return page_answer(slice_rows(found, page_request(args), BID_SORT))
    if not g.actor.may(Permission.BIDS_PLACE):
        raise NotFound
    own = [_own_bid(bid) for bid in own_bids(db.session, g.actor, tender.id)]
    return page_answer(slice_rows(own, page_request(args), BID_SORT))


def _logged_bid(tender_id: UUID, bid: LoggedBid) -> dict[str, Any]:
    """Return a bid of the opened log."""
    return {
        "id": bid.id,
        "tender_id": tender_id,
        "organisation_id": bid.buyer_id,
        "sequence": bid.sequence,
        "placed_at": bid.placed_at,
        "commitment": bid.commitment,
        "standing": bid.standing.value,
        **offer_data(bid.offer),
    }


def _own_bid(bid: Bid) -> dict[str, Any]:
    """Return a bid as its bidder sees it: without its place in the log, which tells how many others have bid."""
    return {
        "id": bid.id,
        "tender_id": bid.tender_id,
        "organisation_id": bid.organisation_id,
        "sequence": None,
        "placed_at": bid.placed_at,
        "commitment": bid.commitment,
        "standing": None,
        **offer_data(offer_of(bid)),
    }


@tenders.post("/<uuid:tender_id>/bids")
@tenders.arguments(NewBidSchema)
@tenders.arguments(BidHeaders, location="headers")
@tenders.response(201, BidSchema)
@tenders.alt_response(200, schema=BidSchema, description="The same bid was placed before.")
@permission_required(Permission.BIDS_PLACE)
def bid_place(data: dict[str, Any], headers: dict[str, Any], tender_id: UUID) -> tuple[dict[str, Any], int]:
    """Place a bid, or replace the own last one."""
    key = headers["idempotency_key"] or str(data["id"])
    now = utc_now()

    def unit(session: Any) -> tuple[dict[str, Any], int]:
        is_known = find_bid_by_key(session, g.actor, key) is not None
        bid = services.place_bid(
            session,
            actor=g.actor,
            now=now,
            tender_id=tender_id,
            id=data["id"],
            idempotency_key=key,
            offer=offer_from(data),
        )
        return _own_bid(bid), 200 if is_known else 201

    return run_atomic(unit)


@bids.get("")
@bids.arguments(OwnBidArgs, location="query")
@bids.response(200, page_schema(OwnBidSchema))
@permission_required(Permission.BIDS_PLACE)
def own_bid_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the last own bid in each tender and what became of it, the latest deadline first."""
    state = TenderState(args["state"]) if args["state"] else None
    return page_answer(list_own_bids(db.session, g.actor, page_request(args), state=state))


@bids.get("/<uuid:bid_id>")
@bids.response(200, BidSchema)
@sign_in_required
def bid_detail(bid_id: UUID) -> dict[str, Any]:
    """Return an own bid, or one on an own tender once the bids were opened."""
    bid = get_bid_for(db.session, g.actor, bid_id)
    shown = _own_bid(bid)
    return shown if bid.organisation_id == g.actor.org else shown | {"sequence": bid.sequence}


@matches.get("/<uuid:demand_id>/matches")
@matches.arguments(PageArgs, location="query")
@matches.response(200, page_schema(MatchSchema))
@permission_required(Permission.DEMANDS_READ)
def match_list(args: dict[str, Any], demand_id: UUID) -> dict[str, Any]:
    """List lots on offer: those that meet the demand first, then near misses with what they lack."""
    found = demand_matches(db.session, g.actor, demand_id, page_request(args), now=utc_now())
    return page_answer(found.page, _match)


def _match(match: Match) -> dict[str, Any]:
    shown = {name: getattr(match, name) for name in Match.__dataclass_fields__}
    return {**shown, "unmet": [gettext(message) for message in match.unmet]}
