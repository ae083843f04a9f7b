"""JSON resources of the market manager: events, their logs, replays and excluded bidders."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import g
from marshmallow import fields, validate

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.paging import slice_rows
from chain.sales.models import BidderExclusion
from chain.sales.queries.events import (
    EventRow,
    LogLine,
    event_log,
    get_event_for,
    list_events,
    replay_event,
)
from chain.sales.queries.exclusions import ExclusionRow, list_exclusions
from chain.sales.rules import MAX_NOTE
from chain.sales.services.exclusions import exclude_bidder, readmit_bidder
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, ClientId, PageArgs, Schema, page_answer, page_request, page_schema
from chain.web.i18n import gettext

events = ApiBlueprint("market-events", __name__, url="/market-events", description="Public logs of events.")
exclusions = ApiBlueprint("exclusions", __name__, url="/exclusions", description="Excluded bidders.")


class MarketEventSchema(Schema):
    """An event that has a public log."""

    event_id = fields.UUID()
    kind = fields.String(attribute="event_kind")
    title = fields.String(allow_none=True)
    number = fields.Integer(allow_none=True)
    entries = fields.Integer()
    first_at = fields.AwareDateTime()
    last_at = fields.AwareDateTime()


class LogLineSchema(Schema):
    """A line of a public log; bidders stand under a number."""

    sequence = fields.Integer()
    kind = fields.String()
    at = fields.AwareDateTime()
    bidder = fields.Integer(attribute="alias", allow_none=True)
    bidder_mark = fields.String(
        allow_none=True, metadata={"description": "Stands for the bidder in the hash."}
    )
    user_mark = fields.String(allow_none=True, metadata={"description": "Stands for the person in the hash."})
    data = fields.Dict()
    previous_hash = fields.String()
    hash = fields.String()


class ReplaySchema(Schema):
    """What the log gives when the rules are run over it again."""

    agrees = fields.Boolean()
    entries = fields.Integer()
    found = fields.List(fields.String())


class NewExclusionSchema(Schema):
    """A bidder to exclude, from one event or, without one, from the whole market."""

    id = ClientId(required=True)
    buyer_id = fields.UUID(required=True)
    event_id = fields.UUID(load_default=None, allow_none=True)
    reason = fields.String(required=True, validate=validate.Length(max=MAX_NOTE))


class LiftSchema(Schema):
    """Why an exclusion is lifted."""

    reason = fields.String(required=True, validate=validate.Length(max=MAX_NOTE))


class ExclusionSchema(Schema):
    """An excluded bidder."""

    id = fields.UUID()
    buyer_id = fields.UUID()
    event_id = fields.UUID(allow_none=True)
    event_kind = fields.String(allow_none=True)
    reason = fields.String()
    excluded_at = fields.AwareDateTime()
    lifted_at = fields.AwareDateTime(allow_none=True)
    lift_reason = fields.String(allow_none=True)


LOG_SORT: dict[str, Callable[[LogLine], Any]] = {
    "sequence": lambda line: line.sequence,
    "at": lambda line: line.at,
    "kind": lambda line: line.kind,
}


def _event(row: EventRow) -> dict[str, Any]:
    shown = {
        name: getattr(row, name) for name in ("event_id", "event_kind", "entries", "first_at", "last_at")
    }
    return {**shown, "title": row.name and row.name.title, "number": row.name and row.name.number}


@events.get("")
@events.arguments(PageArgs, location="query")
@events.response(200, page_schema(MarketEventSchema))
@permission_required(Permission.TENDERS_READ)
def market_event_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the events of the own market that have a log, the latest first."""
    return page_answer(list_events(db.session, g.actor, page_request(args)), _event)


@events.get("/<uuid:event_id>/log")
@events.arguments(PageArgs, location="query")
@events.response(200, page_schema(LogLineSchema))
@permission_required(Permission.TENDERS_READ)
def market_event_log(args: dict[str, Any], event_id: UUID) -> dict[str, Any]:
    """List the lines of an event's public log, in their order."""
    event = get_event_for(db.session, g.actor, event_id)
    return page_answer(slice_rows(event_log(db.session, g.actor, event), page_request(args), LOG_SORT))


@events.get("/<uuid:event_id>/replay")
@events.response(200, ReplaySchema)
@permission_required(Permission.TENDERS_READ)
def market_event_replay(event_id: UUID) -> dict[str, Any]:
    """Run an event's log through the rules again and say whether the result is the same."""
    event = get_event_for(db.session, g.actor, event_id)
    replayed = replay_event(db.session, event_id, event.event_kind)
    return {
        "agrees": replayed.agrees,
        "entries": replayed.entries,
        "found": [gettext(line) for line in replayed.lines],
    }


@exclusions.get("")
@exclusions.arguments(PageArgs, location="query")
@exclusions.response(200, page_schema(ExclusionSchema))
@permission_required(Permission.TENDERS_READ)
def exclusion_list(args: dict[str, Any]) -> dict[str, Any]:
    """List who is or was excluded from the own market, and why."""

    def shown(row: ExclusionRow) -> BidderExclusion:
        return row.exclusion

    return page_answer(list_exclusions(db.session, g.actor, page_request(args)), shown)


@exclusions.post("")
@exclusions.arguments(NewExclusionSchema)
@exclusions.response(201, ExclusionSchema)
@exclusions.alt_response(200, schema=ExclusionSchema, description="The same exclusion was made before.")
@permission_required(Permission.MARKET_MANAGE)
def exclusion_make(data: dict[str, Any]) -> tuple[BidderExclusion, int]:
    """Exclude a bidder, with a reason that stands in the public log."""
    with atomic() as session:
        is_known = session.get(BidderExclusion, data["id"]) is not None
        row = exclude_bidder(session, actor=g.actor, now=utc_now(), **data)
    return row, 200 if is_known else 201


@exclusions.post("/<uuid:exclusion_id>/lift")
@exclusions.arguments(LiftSchema)
@exclusions.response(200, ExclusionSchema)
@permission_required(Permission.MARKET_MANAGE)
def exclusion_lift(data: dict[str, Any], exclusion_id: UUID) -> BidderExclusion:
    """Lift an exclusion, with a reason."""
    with atomic() as session:
        return readmit_bidder(
            session, actor=g.actor, now=utc_now(), exclusion_id=exclusion_id, reason=data["reason"]
        )
