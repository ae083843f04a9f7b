"""Pages of sales, for both sides."""

from uuid import UUID

from flask import g, render_template

from chain.accounts.rules import OrganisationKind, Permission
from chain.core.db import db
from chain.core.paging import PageRequest
from chain.market.queries.sales import get_sale_row_for, list_sales, sale_lots
from chain.market.views import blueprint
from chain.market.views.tenders import page_number
from chain.web.access import permission_required


@blueprint.get("/sales")
@permission_required(Permission.SALES_READ)
def sale_list() -> str:
    """Show the sales of the own organisation, as seller or as buyer."""
    page = list_sales(db.session, g.actor, PageRequest(page_number()))
    return render_template(
        "market/sales.html", page=page, is_buyer=g.actor.organisation_kind is OrganisationKind.BUYER
    )


@blueprint.get("/sales/<uuid:sale_id>")
@permission_required(Permission.SALES_READ)
def sale_detail(sale_id: UUID) -> str:
    """Show a sale with its lots; producers only to the seller."""
    row = get_sale_row_for(db.session, g.actor, sale_id)
    lots = sale_lots(db.session, g.actor, row.sale, PageRequest(page_number()))
    return render_template("market/sale.html", row=row, sale=row.sale, page=lots)
