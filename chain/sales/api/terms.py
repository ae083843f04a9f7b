"""JSON resources: the association's rule about awards, and the terms of its sales."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.sales.rules import AwardRule
from chain.sales.schemas import MarketRuleSchema, SaleTermsSchema
from chain.sales.services.awards import rule_of
from chain.sales.services.market_rules import set_market_rule
from chain.sales.services.terms import set_event_terms, set_terms, terms_of_seller
from chain.sales.terms import Terms
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint

SECONDS = 3600
blueprint = ApiBlueprint(
    "market_terms", __name__, url="/market", description="Rule about awards and terms of sale."
)


def _rule(rule: AwardRule) -> dict[str, Any]:
    return {
        "confirmations_needed": rule.confirmations_needed,
        "confirm_hours": int(rule.confirm_within.total_seconds() // SECONDS),
        "silence": rule.silence.value,
    }


@blueprint.get("/rule")
@blueprint.response(200, MarketRuleSchema)
@permission_required(Permission.SALES_READ)
def rule_detail() -> dict[str, Any]:
    """Return how the association answers awards."""
    return _rule(rule_of(db.session, g.actor.org))


@blueprint.put("/rule")
@blueprint.arguments(MarketRuleSchema)
@blueprint.response(200, MarketRuleSchema)
@permission_required(Permission.ORGANISATION_MANAGE)
def rule_set(data: dict[str, Any]) -> dict[str, Any]:
    """Set the rule for new awards; those that wait keep theirs."""
    with atomic() as session:
        return _rule(set_market_rule(session, actor=g.actor, now=utc_now(), **data))


@blueprint.get("/terms")
@blueprint.response(200, SaleTermsSchema)
@permission_required(Permission.TENDERS_READ)
def terms_detail() -> Terms:
    """Return the terms that the organisation's sales have."""
    return terms_of_seller(db.session, g.actor.org)


@blueprint.put("/terms")
@blueprint.arguments(SaleTermsSchema)
@blueprint.response(200, SaleTermsSchema)
@permission_required(Permission.TENDERS_WRITE)
def terms_set(data: Terms) -> Terms:
    """Set the terms of the organisation's sales."""
    with atomic() as session:
        return set_terms(session, actor=g.actor, now=utc_now(), terms=data)


@blueprint.put("/terms/<string:method>/<uuid:event_id>")
@blueprint.arguments(SaleTermsSchema)
@blueprint.response(200, SaleTermsSchema)
@permission_required(Permission.TENDERS_WRITE)
def event_terms_set(data: Terms, method: str, event_id: UUID) -> Terms:
    """Set the terms of one event (tender, auction, clock, offer); its log tells bidders of the change."""
    with atomic() as session:
        return set_event_terms(
            session, actor=g.actor, now=utc_now(), method=method, event_id=event_id, terms=data
        )
