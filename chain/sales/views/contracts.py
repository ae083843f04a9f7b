"""The contract of a sale as PDF, and the page behind its QR code."""

from uuid import UUID

from flask import Response, g, make_response, render_template, request

from chain.accounts.models import Organisation
from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.errors import NotFound
from chain.sales.contract_papers import SHORT_HASH, contract_pdf
from chain.sales.models import Sale, SaleContract
from chain.sales.queries.sales import get_sale_for
from chain.sales.views import blueprint
from chain.web.access import permission_required
from chain.web.i18n import current_language
from chain.web.pdf import pdf_answer


@blueprint.get("/sales/<uuid:sale_id>/contract.pdf")
@permission_required(Permission.SALES_READ)
def contract(sale_id: UUID) -> Response:
    """Return the contract of a sale, in Spanish or English (`?language=en`)."""
    sale = get_sale_for(db.session, g.actor, sale_id)
    row = db.session.get(SaleContract, sale.id)
    if row is None:
        raise NotFound
    wanted = request.args.get("language", current_language())
    language = "en" if wanted == "en" else "es"
    return pdf_answer(contract_pdf(row, language), f"contrato-{sale.number}-{language}")


@blueprint.get("/K/<uuid:sale_id>")
def contract_check(sale_id: UUID) -> Response:
    """Tell whoever holds a contract whether it is genuine: seller, number, day, goods and hash; no price and no buyer.

    The address holds 74 random bits, so there is nothing to find by trying.
    """
    row = db.session.get(SaleContract, sale_id)
    sale = db.session.get(Sale, sale_id) if row else None
    page = render_template(
        "sales/check.html",
        contract=row,
        sale=sale,
        seller=db.session.get_one(Organisation, sale.organisation_id).name if sale else None,
        short_hash=row.content_hash[:SHORT_HASH] if row else None,
    )
    response = make_response(page, 200 if row else 404)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
