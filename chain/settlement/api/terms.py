"""Prices, fees and advances as resources."""

from typing import Any

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.settlement.models import Advance, DeductionRule, PeriodPrice
from chain.settlement.queries import terms as queries
from chain.settlement.schemas import AdvanceArgs, AdvanceSchema, FeeSchema, PriceSchema
from chain.settlement.services.advances import give_advance
from chain.settlement.services.deductions import set_deduction
from chain.settlement.services.prices import set_price
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

prices = ApiBlueprint(
    "period_prices", __name__, url="/period-prices", description="What is paid per kilogram or litre."
)
deductions = ApiBlueprint("deductions", __name__, url="/deductions", description="Fees on every payment.")
advances = ApiBlueprint("advances", __name__, url="/advances", description="Money given before a payment.")

KNOWN = "The same id with the same content came before."


@prices.get("")
@prices.arguments(PageArgs, location="query")
@prices.response(200, page_schema(PriceSchema))
@permission_required(Permission.RUNS_READ)
def price_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the prices; sort by valid_from."""
    return page_answer(queries.list_prices(db.session, g.actor, page_request(args)))


@prices.post("")
@prices.arguments(PriceSchema)
@prices.response(201, PriceSchema)
@prices.alt_response(200, schema=PriceSchema, description=KNOWN)
@permission_required(Permission.PRICES_WRITE)
def price_set(data: dict[str, Any]) -> tuple[PeriodPrice, int]:
    """Set a price for a span of days."""
    with atomic() as session:
        is_known = session.get(PeriodPrice, data["id"]) is not None
        price = set_price(session, actor=g.actor, now=utc_now(), price_id=data.pop("id"), **data)
    return price, 200 if is_known else 201


@deductions.get("")
@deductions.arguments(PageArgs, location="query")
@deductions.response(200, page_schema(FeeSchema))
@permission_required(Permission.RUNS_READ)
def deduction_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the fees; sort by valid_from or name."""
    return page_answer(queries.list_deductions(db.session, g.actor, page_request(args)))


@deductions.post("")
@deductions.arguments(FeeSchema)
@deductions.response(201, FeeSchema)
@deductions.alt_response(200, schema=FeeSchema, description=KNOWN)
@permission_required(Permission.DEDUCTIONS_WRITE)
def deduction_set(data: dict[str, Any]) -> tuple[DeductionRule, int]:
    """Set a fee with the decision behind it."""
    with atomic() as session:
        is_known = session.get(DeductionRule, data["id"]) is not None
        rule = set_deduction(session, actor=g.actor, now=utc_now(), rule_id=data.pop("id"), **data)
    return rule, 200 if is_known else 201


@advances.get("")
@advances.arguments(AdvanceArgs, location="query")
@advances.response(200, page_schema(AdvanceSchema))
@permission_required(Permission.RUNS_READ)
def advance_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the advances, all or those still open; sort by given_on or amount."""
    page = queries.list_advances(db.session, g.actor, page_request(args), only_open=args["open"])
    return page_answer(page, lambda row: row.advance)


@advances.post("")
@advances.arguments(AdvanceSchema)
@advances.response(201, AdvanceSchema)
@advances.alt_response(200, schema=AdvanceSchema, description=KNOWN)
@permission_required(Permission.ADVANCES_WRITE)
def advance_give(data: dict[str, Any]) -> tuple[Advance, int]:
    """Record an advance and post it."""
    with atomic() as session:
        is_known = session.get(Advance, data["id"]) is not None
        advance = give_advance(session, actor=g.actor, now=utc_now(), advance_id=data.pop("id"), **data)
    return advance, 200 if is_known else 201
