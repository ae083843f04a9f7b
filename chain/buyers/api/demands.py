"""JSON resources of standing demands."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import OrganisationKind, Permission
from chain.buyers import queries
from chain.buyers.gap_queries import GapRow, demand_gaps_for, list_gaps
from chain.buyers.models import Demand
from chain.buyers.periods import Gap
from chain.buyers.pricing import Premium, PriceRow
from chain.buyers.rules import UNITS, Terms
from chain.buyers.schemas import (
    DemandArgs,
    DemandChangeSchema,
    DemandGapListSchema,
    DemandGapRowSchema,
    DemandSchema,
)
from chain.buyers.services.demands import change_demand, open_demand, withdraw_demand
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema
from chain.web.formats import timezone_name

demands = ApiBlueprint("demands", __name__, url="/demands", description="What buyers stand ready to buy.")

TERMS_FIELDS = (
    "title",
    "commodity",
    "micron_min_tenths",
    "micron_max_tenths",
    "claim",
    "min_quantity",
    "max_quantity",
    "price_minor_per_unit",
    "valid_from",
    "valid_to",
    "note",
    "period",
    "freight",
)
LIST_FIELDS = ("grades", "colours", "centres", "private_to", "price_grid", "premiums")
SHOWN = (*TERMS_FIELDS, *LIST_FIELDS, "id", "version", "currency", "state", "organisation_id", "created_at")


@demands.get("")
@demands.arguments(DemandArgs, location="query")
@demands.response(200, page_schema(DemandSchema))
@permission_required(Permission.DEMANDS_READ)
def demand_list(args: dict[str, Any]) -> dict[str, Any]:
    """List a buyer's own demands or, for sellers, the open ones of all buyers.

    Sort by valid_to, title, price or created_at.
    """
    wanted, commodity = page_request(args), args["commodity"]
    if g.actor.organisation_kind is OrganisationKind.BUYER:
        page = queries.list_own_demands(db.session, g.actor, wanted, commodity=commodity)
    else:
        page = queries.list_open_demands(db.session, g.actor, wanted, today=_today(), commodity=commodity)
    return page_answer(page, lambda row: demand_answer(row.demand))


@demands.post("")
@demands.arguments(DemandSchema)
@demands.response(201, DemandSchema)
@demands.alt_response(200, schema=DemandSchema, description="The same command came before.", success=True)
@permission_required(Permission.DEMANDS_WRITE)
def demand_open(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Open a standing demand, in the buyer's currency."""
    with atomic() as session:
        demand, is_new = open_demand(
            session, actor=g.actor, now=utc_now(), demand_id=data["id"], terms=_terms(data)
        )
        answer = demand_answer(demand)
    return answer, 201 if is_new else 200


@demands.get("/gaps")
@demands.arguments(DemandArgs, location="query")
@demands.response(200, page_schema(DemandGapRowSchema))
@permission_required(Permission.DEMANDS_READ)
def gap_list(args: dict[str, Any]) -> dict[str, Any]:
    """List what the demands of today still lack in the running period: a buyer's own, for sellers those they may fill."""
    page = list_gaps(db.session, g.actor, page_request(args), today=_today(), commodity=args["commodity"])
    return page_answer(page, _gap_row)


@demands.get("/<uuid:demand_id>")
@demands.response(200, DemandSchema)
@permission_required(Permission.DEMANDS_READ)
def demand_detail(demand_id: UUID) -> dict[str, Any]:
    """Return a demand."""
    return demand_answer(queries.get_demand_for(db.session, g.actor, demand_id, today=_today()))


@demands.post("/<uuid:demand_id>/change")
@demands.arguments(DemandChangeSchema)
@demands.response(200, DemandSchema)
@permission_required(Permission.DEMANDS_WRITE)
def demand_change(data: dict[str, Any], demand_id: UUID) -> dict[str, Any]:
    """Change the terms of an open demand: a new version. The product stays as it was."""
    with atomic() as session:
        return demand_answer(
            change_demand(
                session,
                actor=g.actor,
                now=utc_now(),
                demand_id=demand_id,
                version=data["version"],
                terms=_terms(data),
            )
        )


@demands.get("/<uuid:demand_id>/gaps")
@demands.response(200, DemandGapListSchema)
@permission_required(Permission.DEMANDS_READ)
def demand_gap_list(demand_id: UUID) -> dict[str, Any]:
    """Return what each period of a demand asks and lacks."""
    return {"items": [_gap(one) for one in demand_gaps_for(db.session, g.actor, demand_id, today=_today())]}


@demands.post("/<uuid:demand_id>/withdraw")
@demands.response(200, DemandSchema)
@permission_required(Permission.DEMANDS_WRITE)
def demand_withdraw(demand_id: UUID) -> dict[str, Any]:
    """Withdraw a demand; a withdrawn one stays as it is."""
    with atomic() as session:
        return demand_answer(withdraw_demand(session, actor=g.actor, now=utc_now(), demand_id=demand_id))


def _today() -> date:
    return local_date(utc_now(), timezone_name())


def _terms(data: dict[str, Any]) -> Terms:
    facts: dict[str, Any] = {name: data[name] for name in TERMS_FIELDS}
    return Terms(
        **facts,
        currency=g.currency,
        grades=tuple(data["grades"]),
        colours=tuple(data["colours"]),
        centres=tuple(str(one) for one in data["centres"]),
        private_to=tuple(str(one) for one in data["private_to"]),
        price_grid=tuple(PriceRow(**row) for row in data["price_grid"]),
        premiums=tuple(Premium(**row) for row in data["premiums"]),
    )


def _gap(one: Gap) -> dict[str, Any]:
    numbers = {name: getattr(one, name) for name in ("least", "most", "covered", "missing", "room")}
    return {"first_day": one.span.first, "last_day": one.span.last, **numbers}


def _gap_row(row: GapRow) -> dict[str, Any]:
    demand = row.demand
    return {
        "demand_id": demand.id,
        "title": demand.title,
        "buyer": row.buyer_name,
        "commodity": demand.commodity,
        "unit": UNITS[demand.commodity],
        **_gap(row.gap),
    }


def demand_answer(demand: Demand) -> dict[str, Any]:
    """Return a demand with the unit of its quantities."""
    shown = {**{name: getattr(demand, name) for name in SHOWN}, "unit": UNITS[demand.commodity]}
    if demand.organisation_id != g.actor.organisation_id:
        shown["private_to"] = []  # whom else it is for is the buyer's business
    return shown
