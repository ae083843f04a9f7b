"""Pages of sales, for both sides."""

from uuid import UUID

from flask import g, render_template, url_for

from chain.accounts.rules import OrganisationKind, Permission
from chain.core.db import db
from chain.core.paging import PageRequest
from chain.custody.queries.dispatches import dispatches_of_sale
from chain.custody.rules.words import DISPATCH_STATE_LABELS
from chain.market.queries.lots import unsent_lots
from chain.market.views import blueprint
from chain.market.views.tenders import page_number
from chain.sales.queries.sales import SaleRow, get_sale_row_for, list_sales, sale_lots
from chain.web.access import permission_required

#: Lots that one address may name; a larger sale leaves in several loads anyway.
LOTS_OF_A_LOAD = 100


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
    """Show a sale with its lots and loads; producers only to the seller."""
    row = get_sale_row_for(db.session, g.actor, sale_id)
    return render_template(
        "market/sale.html",
        row=row,
        sale=row.sale,
        page=sale_lots(db.session, g.actor, row.sale, PageRequest(page_number())),
        dispatches=dispatches_of_sale(db.session, row.sale.id),
        dispatch_labels=DISPATCH_STATE_LABELS,
        dispatch_url=_dispatch_url(row),
    )


def _dispatch_url(row: SaleRow) -> str | None:
    """Return the address of the dispatch form with the lots that have not left; None: nothing to send or not allowed."""
    if not row.is_own or not g.actor.may(Permission.DISPATCHES_WRITE):
        return None
    lots = unsent_lots(db.session, row.sale.id, LOTS_OF_A_LOAD)
    if not lots:
        return None
    return url_for("custody.dispatch_form", sale=row.sale.id, to=row.sale.buyer_id, lot=list(lots))
