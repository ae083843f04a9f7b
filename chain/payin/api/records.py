"""JSON resource: how buyers keep their contracts."""

from typing import Any

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.paging import slice_rows
from chain.payin.queries.records import BuyerRecord, buyer_records
from chain.payin.schemas import BuyerRecordSchema
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

blueprint = ApiBlueprint(
    "buyer_records", __name__, url="/buyer-records", description="How buyers keep their contracts."
)


@blueprint.get("")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(BuyerRecordSchema))
@permission_required(Permission.SALES_READ)
def buyer_record_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the days from delivery to money and the sales that ended early, for each buyer by name."""
    found = buyer_records(db.session)
    return page_answer(slice_rows(found, page_request(args), {"name": lambda one: one.name}), _answer)


def _answer(one: BuyerRecord) -> dict[str, Any]:
    return {
        "buyer_id": one.buyer_id,
        "name": one.name,
        "payments": one.payments,
        "median_days": None if one.median_days is None else str(one.median_days),
        "sales": one.counts.sales,
        "cancelled": one.counts.cancelled,
        "buyer_defaults": one.counts.buyer_defaults,
        "seller_defaults": one.counts.seller_defaults,
    }
