"""JSON resources: sales, what is due for them, their lots and contracts."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import db
from chain.core.errors import NotFound
from chain.sales.models import Sale, SaleContract
from chain.sales.queries.due import adjustments_of, dues_of
from chain.sales.queries.fulfilment import PeriodDelivered, delivered_of, kept_quantity
from chain.sales.queries.sales import SaleRow, get_sale_for, get_sale_row_for, list_sales, sale_lots
from chain.sales.rules import SaleState
from chain.sales.schemas import (
    ListedSaleSchema,
    SaleArgs,
    SaleContractSchema,
    SaleDueSchema,
    SaleLotSchema,
    SaleSchema,
)
from chain.sales.terms import read_terms
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

blueprint = ApiBlueprint("sales", __name__, url="/sales", description="Sales, for the seller and the buyer.")
FIELDS = tuple(name for name in SaleSchema().fields if name != "seller_id")


def _listed(row: SaleRow) -> dict[str, Any]:
    values = {name: getattr(row.sale, name) for name in FIELDS}
    return {**values, "organisation_id": row.sale.organisation_id, "fulfilment": row.fulfilment.value}


@blueprint.get("")
@blueprint.arguments(SaleArgs, location="query")
@blueprint.response(200, page_schema(ListedSaleSchema))
@permission_required(Permission.SALES_READ)
def sale_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the sales of the organisation, as seller or as buyer."""
    state = SaleState(args["state"]) if args["state"] else None
    return page_answer(list_sales(db.session, g.actor, page_request(args), state=state), _listed)


@blueprint.get("/<uuid:sale_id>")
@blueprint.response(200, SaleSchema)
@permission_required(Permission.SALES_READ)
def sale_detail(sale_id: UUID) -> Sale:
    """Return a sale."""
    return get_sale_for(db.session, g.actor, sale_id)


@blueprint.get("/<uuid:sale_id>/lots")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(SaleLotSchema))
@permission_required(Permission.SALES_READ)
def sale_lot_list(args: dict[str, Any], sale_id: UUID) -> dict[str, Any]:
    """List the lots of a sale with their parts of the proceeds."""
    sale = get_sale_for(db.session, g.actor, sale_id)
    return page_answer(sale_lots(db.session, g.actor, sale, page_request(args)))


@blueprint.get("/<uuid:sale_id>/due")
@blueprint.response(200, SaleDueSchema)
@permission_required(Permission.SALES_READ)
def sale_due(sale_id: UUID) -> dict[str, Any]:
    """Return what is due for a sale: agreed, changed, in the books; what was sent, arrived and accepted."""
    row = get_sale_row_for(db.session, g.actor, sale_id)
    sale = row.sale
    zone = get_organisation(db.session, sale.organisation_id).timezone
    delivered, periods = delivered_of(
        db.session, sale, read_terms(sale.terms), zone=zone, today=local_date(utc_now(), zone)
    )
    dues = dues_of(db.session, sale)
    return {
        "currency": sale.currency,
        "agreed_minor": sum(one.agreed_minor for one in dues),
        "change_minor": sum(one.change_minor for one in dues),
        "due_minor": sum(one.due_minor for one in dues),
        "book_currency": sale.book_currency,
        "book_minor": sum(one.book_minor for one in dues),
        "fulfilment": row.fulfilment.value,
        "ordered": kept_quantity(db.session, sale.id),
        "sent": delivered.sent,
        "arrived": delivered.arrived,
        "accepted": delivered.accepted,
        "periods": [_period(one) for one in periods],
        "adjustments": adjustments_of(db.session, sale.id),
    }


def _period(one: PeriodDelivered) -> dict[str, Any]:
    return {
        "first": one.period.first,
        "last": one.period.last,
        "least": one.period.least,
        "most": one.period.most,
        "sent": one.delivered.sent,
        "arrived": one.delivered.arrived,
        "accepted": one.delivered.accepted,
        "is_short": one.is_short,
        "is_above": one.is_above,
    }


@blueprint.get("/<uuid:sale_id>/contract")
@blueprint.response(200, SaleContractSchema)
@permission_required(Permission.SALES_READ)
def sale_contract(sale_id: UUID) -> SaleContract:
    """Return what the contract of a sale says; sales from before the contracts have none."""
    sale = get_sale_for(db.session, g.actor, sale_id)
    found = db.session.get(SaleContract, sale.id)
    if found is None:
        raise NotFound
    return found
