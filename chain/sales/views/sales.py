"""Pages of sales, for both sides: list, file, one sale with its deliveries and changes."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, g, render_template, request, url_for

from chain.accounts.queries import get_organisation
from chain.accounts.rules import OrganisationKind, Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import db
from chain.core.i18n import N_
from chain.core.money import CURRENCIES
from chain.custody.queries.dispatches import dispatches_of_sale
from chain.lots.products import PRODUCT_LABELS
from chain.sales.adjusting import FULFILMENT_LABELS, EndState
from chain.sales.methods import EventName, registered_methods
from chain.sales.models import Sale, SaleContract
from chain.sales.queries.due import dues_of
from chain.sales.queries.findings import adjustment_rows, claims_of, endings_of
from chain.sales.queries.fulfilment import delivered_of, kept_quantity
from chain.sales.queries.lots import unsent_lots
from chain.sales.queries.sales import SaleRow, all_sales, get_sale_row_for, list_sales, sale_lots
from chain.sales.rules import METHOD_LABELS, SALE_STATE_LABELS, Method, SaleState
from chain.sales.services.awards import rule_of
from chain.sales.terms import default_from, read_terms
from chain.sales.views import blueprint
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.i18n import gettext
from chain.web.lists import page_wanted

#: Lots that one address may name; a larger sale leaves in several loads anyway.
LOTS_OF_A_LOAD = 100
HEADER = (
    N_("Number"), N_("Agreed"), N_("Seller"), N_("Buyer"), N_("Way of selling"), N_("Product"), N_("Quantity"), N_("Unit"),
    N_("Currency"), N_("Proceeds"), N_("State"), N_("Fulfilment"),
)  # fmt: skip


def _state() -> SaleState | None:
    word = request.args.get("state", "")
    return SaleState(word) if word in set(SaleState) else None


@blueprint.get("/sales")
@permission_required(Permission.SALES_READ)
def sale_list() -> str:
    """Show the sales of the own organisation, as seller or as buyer."""
    return render_template(
        "sales/sales.html",
        page=list_sales(db.session, g.actor, page_wanted(), state=_state()),
        state=_state(),
        states=SALE_STATE_LABELS,
        is_buyer=g.actor.organisation_kind is OrganisationKind.BUYER,
    )


@blueprint.get("/sales.csv")
@permission_required(Permission.SALES_READ)
def sale_file() -> Response:
    """Return the sales of the own organisation as a file."""
    rows = _cells(all_sales(db.session, g.actor, state=_state()))
    return csv_response("ventas.csv", [gettext(one) for one in HEADER], rows)


def _cells(rows: Sequence[SaleRow]) -> Iterator[tuple[object, ...]]:
    for row in rows:
        sale = row.sale
        places = CURRENCIES[sale.currency]
        yield (
            sale.number,
            sale.agreed_at.isoformat(),
            row.seller_name,
            row.buyer_name,
            gettext(METHOD_LABELS[Method(sale.method)]),
            gettext(PRODUCT_LABELS[sale.commodity]),
            f"{sale.quantity // 1000}.{sale.quantity % 1000:03}",
            "kg" if sale.unit == "g" else "l",
            sale.currency,
            f"{sale.proceeds_minor / 10**places:.{places}f}",
            gettext(SALE_STATE_LABELS[SaleState(sale.state)]),
            gettext(FULFILMENT_LABELS[row.fulfilment]),
        )


@blueprint.get("/sales/<uuid:sale_id>")
@permission_required(Permission.SALES_READ)
def sale_detail(sale_id: UUID) -> str:
    """Show a sale with its lots, loads, findings and changes; producers only to the seller."""
    row = get_sale_row_for(db.session, g.actor, sale_id)
    sale, terms = row.sale, read_terms(row.sale.terms)
    zone = get_organisation(db.session, sale.organisation_id).timezone
    today = local_date(utc_now(), zone)
    delivered, periods = delivered_of(db.session, sale, terms, zone=zone, today=today)
    dues = dues_of(db.session, sale)
    endings = endings_of(db.session, sale.id)
    return render_template(
        "sales/sale.html",
        row=row,
        sale=sale,
        terms=terms,
        event=_event(sale),
        page=sale_lots(db.session, g.actor, sale, page_wanted()),
        dispatches=dispatches_of_sale(db.session, sale.id),
        dispatch_url=_dispatch_url(row),
        delivered=delivered,
        periods=periods,
        kept=kept_quantity(db.session, sale.id),
        due_minor=sum(one.due_minor for one in dues),
        due_books=sum(one.book_minor for one in dues),
        adjustments=adjustment_rows(db.session, sale.id),
        claims=claims_of(db.session, sale.id),
        endings=endings,
        asked=next((one for one in endings if one.state == EndState.ASKED), None),
        has_contract=db.session.get(SaleContract, sale.id) is not None,
        **_may(row, terms, zone, today),
    )


def _event(sale: Sale) -> EventName | None:
    hooks = registered_methods().get(sale.method)
    if hooks is None or sale.event_id is None:
        return None
    return hooks.names(db.session, frozenset({sale.event_id})).get(sale.event_id)


def _may(row: SaleRow, terms: Any, zone: str, today: date) -> dict[str, object]:
    """Return what this reader may do with the sale now."""
    sale = row.sale
    may_end = g.actor.may(Permission.AWARDS_ACCEPT if row.is_own else Permission.BIDS_PLACE)
    goes_on = sale.ended is None and sale.state == SaleState.AGREED
    first = default_from(terms, local_date(sale.agreed_at, zone))
    return {
        "may_end": may_end and goes_on and row.fulfilment.value != "delivered",
        "default_from": first,
        "may_default": today >= first,
        "may_claim": not row.is_own and goes_on and g.actor.may(Permission.ARRIVALS_CONFIRM),
        "may_answer": row.is_own and g.actor.may(Permission.AWARDS_ACCEPT),
        "officers": rule_of(db.session, sale.organisation_id).confirmations_needed,
    }


def _dispatch_url(row: SaleRow) -> str | None:
    """Return the address of the dispatch form with the lots that have not left; None: nothing to send or not allowed."""
    if not row.is_own or not g.actor.may(Permission.DISPATCHES_WRITE):
        return None
    lots = unsent_lots(db.session, row.sale.id, LOTS_OF_A_LOAD)
    if not lots:
        return None
    return url_for("custody.dispatch_form", sale=row.sale.id, to=row.sale.buyer_id, lot=list(lots))
