"""JSON resource: sales whose buyers pay before the goods leave."""

from typing import Any

from flask import g

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.payin.queries.secured import list_secured
from chain.payin.schemas import SecuredQuery, SecuredSaleSchema
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema

blueprint = ApiBlueprint(
    "secured_sales",
    __name__,
    url="/secured-sales",
    description="Sales whose buyers pay before the goods leave, and what is held for them.",
)


@blueprint.get("")
@blueprint.arguments(SecuredQuery, location="query")
@blueprint.response(200, page_schema(SecuredSaleSchema))
@permission_required(Permission.INVOICES_READ)
def secured_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the secured sales of the own organisation, the latest first."""
    return page_answer(list_secured(db.session, g.actor, page_request(args), only_open=args["open"]))
