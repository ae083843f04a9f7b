"""JSON resources of matching."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import NotFound
from chain.lots.queries.wanted import WantedLots
from chain.matching.kept import to_messages
from chain.matching.models import FreightRate, MatchProposal
from chain.matching.proposing import ProposalState
from chain.matching.queries.freight import list_freight
from chain.matching.queries.offers import list_offers
from chain.matching.queries.pools import PoolRow, list_pools, pool_row
from chain.matching.queries.proposals import (
    LineView,
    get_proposal_for,
    list_proposals,
    proposal_lines,
)
from chain.matching.queries.runs import MissRow, RunRow, get_run_for, list_runs, run_misses
from chain.matching.schemas import (
    FreightSchema,
    MatchLineSchema,
    MatchMissSchema,
    MatchOfferSchema,
    MatchPoolSchema,
    MatchProposalSchema,
    MatchRunSchema,
    NewFreightSchema,
    NewMatchPoolSchema,
    NewMatchRunSchema,
    OfferedSchema,
    OfferLotsSchema,
    PoolPartSchema,
    ProposalArgs,
    RefuseProposalSchema,
    WithdrawLotsSchema,
    WithdrawnSchema,
)
from chain.matching.services.freight import enter_freight
from chain.matching.services.offers import Offered, OfferTerms, offer_lots, withdraw_lots
from chain.matching.services.pools import Part, close_pool, join_pool, leave_pool, open_pool, part_in_pool
from chain.matching.services.proposals import accept_proposal, refuse_proposal
from chain.matching.services.runs import make_run, require_runner
from chain.web.access import permission_required, sign_in_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema
from chain.web.i18n import gettext

freight = ApiBlueprint("freight", __name__, url="/freight", description="What the way to a partner costs.")
offers = ApiBlueprint("match_offers", __name__, url="/match-offers", description="Lots offered to matching.")
runs = ApiBlueprint("match_runs", __name__, url="/match-runs", description="Matches of lots and demands.")
proposals = ApiBlueprint(
    "match_proposals", __name__, url="/match-proposals", description="Proposals that both sides answer."
)
pools = ApiBlueprint(
    "match_pools", __name__, url="/match-pools", description="Associations matched together."
)
blueprints = [freight, offers, runs, proposals, pools]


def _require_side() -> None:
    """Let in whoever sells or buys."""
    if not (g.actor.may(Permission.TENDERS_READ) or g.actor.may(Permission.BIDS_PLACE)):
        raise NotFound


@freight.get("")
@freight.arguments(PageArgs, location="query")
@freight.response(200, page_schema(FreightSchema))
@sign_in_required
def freight_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the notes of the ways that begin or end at the organisation. Sort by valid_from, price or entered_at."""
    _require_side()
    return page_answer(list_freight(db.session, g.actor, page_request(args)))


@freight.post("")
@freight.arguments(NewFreightSchema)
@freight.response(201, FreightSchema)
@freight.alt_response(200, schema=FreightSchema, description="The same note came before.", success=True)
@sign_in_required
def freight_enter(data: dict[str, Any]) -> tuple[FreightRate, int]:
    """Write down what the way to a partner costs from a day on."""
    with atomic() as session:
        rate, is_new = enter_freight(session, actor=g.actor, now=utc_now(), **data)
    return rate, 201 if is_new else 200


@offers.get("")
@offers.arguments(PageArgs, location="query")
@offers.response(200, page_schema(MatchOfferSchema))
@permission_required(Permission.TENDERS_READ)
def offer_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the own lots that are offered to matching. Sort by number, quantity, micron, grade, reserve or valid_to."""
    return page_answer(list_offers(db.session, g.actor, WantedLots(), page_request(args)))


@offers.post("")
@offers.arguments(OfferLotsSchema)
@offers.response(200, OfferedSchema)
@permission_required(Permission.TENDERS_WRITE)
def offer_make(data: dict[str, Any]) -> Offered:
    """Offer own lots to matching; the same lots on the same terms again change nothing."""
    terms = OfferTerms(data["reserve_minor_per_unit"], data["is_divisible"], data["valid_to"])
    with atomic() as session:
        return offer_lots(session, actor=g.actor, now=utc_now(), lot_ids=data["lot_ids"], terms=terms)


@offers.post("/withdraw")
@offers.arguments(WithdrawLotsSchema)
@offers.response(200, WithdrawnSchema)
@permission_required(Permission.TENDERS_WRITE)
def offer_withdraw(data: dict[str, Any]) -> dict[str, int]:
    """Take own lots back from matching."""
    with atomic() as session:
        count = withdraw_lots(session, actor=g.actor, now=utc_now(), lot_ids=data["lot_ids"])
    return {"withdrawn": count}


@runs.get("")
@runs.arguments(PageArgs, location="query")
@runs.response(200, page_schema(MatchRunSchema))
@permission_required(Permission.TENDERS_READ)
def run_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the matches in which own lots took part, the newest first. Sort by number, created_at or value."""
    return page_answer(list_runs(db.session, g.actor, page_request(args)))


@runs.post("")
@runs.arguments(NewMatchRunSchema)
@runs.response(201, MatchRunSchema)
@runs.alt_response(200, schema=MatchRunSchema, description="The same match was run before.", success=True)
@sign_in_required
def run_make(data: dict[str, Any]) -> tuple[RunRow, int]:
    """Run a match and make its proposals."""
    require_runner(g.actor, data["pool_id"])
    with atomic() as session:
        run, is_new = make_run(session, actor=g.actor, now=utc_now(), **data)
    return get_run_for(db.session, g.actor, run.id), 201 if is_new else 200


@runs.get("/<uuid:run_id>")
@runs.response(200, MatchRunSchema)
@permission_required(Permission.TENDERS_READ)
def run_detail(run_id: UUID) -> RunRow:
    """Return a match."""
    return get_run_for(db.session, g.actor, run_id)


@runs.get("/<uuid:run_id>/misses")
@runs.arguments(PageArgs, location="query")
@runs.response(200, page_schema(MatchMissSchema))
@permission_required(Permission.TENDERS_READ)
def miss_list(args: dict[str, Any], run_id: UUID) -> dict[str, Any]:
    """List the own lots without a place and what they missed by least. Sort by number, quantity or condition."""
    get_run_for(db.session, g.actor, run_id)
    return page_answer(run_misses(db.session, g.actor, run_id, page_request(args)), _miss)


def _miss(row: MissRow) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in MissRow.__dataclass_fields__}
    return {**shown, "reasons": [gettext(one) for one in to_messages(row.reasons)]}


@proposals.get("")
@proposals.arguments(ProposalArgs, location="query")
@proposals.response(200, page_schema(MatchProposalSchema))
@sign_in_required
def proposal_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the own proposals, those that wait first. Sort by number, amount, quantity, expires_at or made_at."""
    _require_side()
    state = ProposalState(args["state"]) if args["state"] else None
    found = list_proposals(db.session, g.actor, page_request(args), state=state, run_id=args["run_id"])
    return page_answer(found, lambda view: _proposal(view.proposal))


def _proposal(proposal: MatchProposal) -> dict[str, Any]:
    shown = {name: getattr(proposal, name, None) for name in MatchProposalSchema().fields}
    return {**shown, "seller_id": proposal.organisation_id}


@proposals.get("/<uuid:proposal_id>")
@proposals.response(200, MatchProposalSchema)
@sign_in_required
def proposal_detail(proposal_id: UUID) -> dict[str, Any]:
    """Return a proposal of which the organisation is the seller or the buyer."""
    return _proposal(get_proposal_for(db.session, g.actor, proposal_id))


@proposals.get("/<uuid:proposal_id>/lines")
@proposals.arguments(PageArgs, location="query")
@proposals.response(200, page_schema(MatchLineSchema))
@sign_in_required
def line_list(args: dict[str, Any], proposal_id: UUID) -> dict[str, Any]:
    """List the lots of a proposal and why each is in it. Sort by position, number, quantity, price or micron."""
    get_proposal_for(db.session, g.actor, proposal_id)
    return page_answer(proposal_lines(db.session, proposal_id, page_request(args)), _line)


def _line(row: LineView) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in LineView.__dataclass_fields__}
    return {**shown, "explanation": [gettext(one) for one in to_messages(row.explanation)]}


@proposals.post("/<uuid:proposal_id>/accept")
@proposals.response(200, MatchProposalSchema)
@sign_in_required
def proposal_accept(proposal_id: UUID) -> dict[str, Any]:
    """Accept for the own side; the second side's acceptance reserves the lots."""
    with atomic() as session:
        return _proposal(accept_proposal(session, actor=g.actor, now=utc_now(), proposal_id=proposal_id))


@proposals.post("/<uuid:proposal_id>/refuse")
@proposals.arguments(RefuseProposalSchema)
@proposals.response(200, MatchProposalSchema)
@sign_in_required
def proposal_refuse(data: dict[str, Any], proposal_id: UUID) -> dict[str, Any]:
    """Refuse for the own side, with a reason."""
    with atomic() as session:
        found = refuse_proposal(
            session, actor=g.actor, now=utc_now(), proposal_id=proposal_id, reason=data["reason"]
        )
        return _proposal(found)


@pools.get("")
@pools.arguments(PageArgs, location="query")
@pools.response(200, page_schema(MatchPoolSchema))
@permission_required(Permission.TENDERS_READ)
def pool_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the pools that the organisation leads or was asked into. Sort by title or created_at."""
    return page_answer(list_pools(db.session, g.actor, page_request(args)), _pool)


def _pool(row: PoolRow) -> dict[str, Any]:
    pool = row.pool
    return {
        "id": pool.id,
        "leader_id": pool.organisation_id,
        "title": pool.title,
        "currency": pool.currency,
        "state": pool.state,
        "joined": row.joined,
        "own_state": row.own_state,
        "created_at": pool.created_at,
    }


@pools.post("")
@pools.arguments(NewMatchPoolSchema)
@pools.response(201, MatchPoolSchema)
@pools.alt_response(200, schema=MatchPoolSchema, description="The same pool was opened before.", success=True)
@permission_required(Permission.TENDERS_READ)
def pool_open(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Open a pool and ask associations into it."""
    with atomic() as session:
        pool, is_new = open_pool(session, actor=g.actor, now=utc_now(), **data)
    return _pool(pool_row(db.session, g.actor, pool.id)), 201 if is_new else 200


@pools.get("/<uuid:pool_id>")
@pools.response(200, MatchPoolSchema)
@permission_required(Permission.TENDERS_READ)
def pool_detail(pool_id: UUID) -> dict[str, Any]:
    """Return a pool."""
    return _pool(pool_row(db.session, g.actor, pool_id))


@pools.get("/<uuid:pool_id>/part")
@pools.response(200, PoolPartSchema)
@permission_required(Permission.TENDERS_READ)
def pool_part(pool_id: UUID) -> Part:
    """Return what the own association would get today, alone and in the pool."""
    return part_in_pool(db.session, actor=g.actor, now=utc_now(), pool_id=pool_id)


@pools.post("/<uuid:pool_id>/join")
@pools.response(200, MatchPoolSchema)
@permission_required(Permission.AWARDS_ACCEPT)
def pool_join(pool_id: UUID) -> dict[str, Any]:
    """Join a pool; what the association would get at this moment is kept with it."""
    part = part_in_pool(db.session, actor=g.actor, now=utc_now(), pool_id=pool_id)
    with atomic() as session:
        join_pool(session, actor=g.actor, now=utc_now(), pool_id=pool_id, part=part)
    return _pool(pool_row(db.session, g.actor, pool_id))


@pools.post("/<uuid:pool_id>/leave")
@pools.response(200, MatchPoolSchema)
@permission_required(Permission.AWARDS_ACCEPT)
def pool_leave(pool_id: UUID) -> dict[str, Any]:
    """Leave a pool, or say no to it."""
    with atomic() as session:
        leave_pool(session, actor=g.actor, now=utc_now(), pool_id=pool_id)
    return _pool(pool_row(db.session, g.actor, pool_id))


@pools.post("/<uuid:pool_id>/close")
@pools.response(200, MatchPoolSchema)
@permission_required(Permission.TENDERS_READ)
def pool_close(pool_id: UUID) -> dict[str, Any]:
    """Close a pool that the organisation leads."""
    with atomic() as session:
        close_pool(session, actor=g.actor, now=utc_now(), pool_id=pool_id)
    return _pool(pool_row(db.session, g.actor, pool_id))
